//! What a group is called and how it behaves, as JavaScript writes and reads it.

use lacis_core::{Node, RoomId};
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, Millis, limits};
use wasm_bindgen::JsValue;

use crate::error;
use crate::number::{end, lifetime, millis_of, number};
use crate::object::{Building, list};
use crate::options::field;

/// Everything that is known of an open group beside its records and members.
pub(crate) fn info(node: &Node, group: RoomId) -> Result<JsValue, Code> {
    let (id, name) = node.group_info(group)?;
    let info = Building::new().with("id", id.to_text()).with("name", name.to_owned());
    let founder = node.group_founder(group)?.map(|peer| peer.to_text());
    let properties = node.group_properties(group)?.cloned().map(object);
    let info = info.with("founder", founder).with("properties", properties);
    Ok(info.with("servers", list(node.group_servers(group)?.iter().cloned())).done())
}

/// What the founder says. No lifetime is one without end.
pub(crate) fn object(properties: GroupProperties) -> JsValue {
    let lifetime = properties.member_lifetime;
    Building::new()
        .with("name", properties.name)
        .with("comment", properties.comment)
        .with("deferExpiry", properties.flags & GroupProperties::DEFER_EXPIRATION != 0)
        .with("memberLifetimeMs", end(Millis(lifetime)))
        .with("presenceLifetimeMs", number(properties.presence_lifetime))
        .with("budgetRecords", properties.budget_records)
        .with("budgetBytes", number(properties.budget_bytes))
        .done()
}

/// Reads the properties of a new group.
pub(crate) fn properties(given: &JsValue) -> Result<GroupProperties, JsValue> {
    let text = |name| -> Result<_, JsValue> {
        Ok(field(given, name)?.and_then(|value| value.as_string()).unwrap_or_default())
    };
    let span = |name| -> Result<_, JsValue> {
        let lifetime = field(given, name)?.and_then(|value| value.as_f64()).map(lifetime);
        let millis = lifetime.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
        Ok(millis.unwrap_or(u64::MAX))
    };
    let count = |name, usual: u64| -> Result<_, JsValue> {
        let given = field(given, name)?.and_then(|value| value.as_f64());
        given.map_or(Ok(usual), |given| {
            millis_of(given).map(|it| it.0).ok_or_else(|| error::coded(Code::InvalidArgument))
        })
    };
    let records = count("budgetRecords", limits::BUDGET_RECORDS.into())?;
    let defers = field(given, "deferExpiry")?.is_some_and(|value| value.is_truthy());
    Ok(GroupProperties {
        name: text("name")?,
        comment: text("comment")?,
        presence_lifetime: span("presenceLifetimeMs")?,
        flags: if defers { GroupProperties::DEFER_EXPIRATION } else { 0 },
        member_lifetime: span("memberLifetimeMs")?,
        // More than there may be is refused when the group is founded.
        budget_records: u32::try_from(records).unwrap_or(u32::MAX),
        budget_bytes: count("budgetBytes", limits::BUDGET_BYTES)?,
    })
}
