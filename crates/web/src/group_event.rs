//! What is heard of groups, as plain JavaScript objects.

use lacis_core::{
    GroupEvent, GroupMember, GroupSync, InvitationInfo, KeptGroup, Preview, Record, SyncPhase,
};
use lacis_wire::body::{Attribute, Value};
use lacis_wire::export::framed;
use lacis_wire::system::OpenInvitation;
use lacis_wire::{Code, Millis, PeerId};
use wasm_bindgen::JsValue;

use crate::number::{end, float, number};
use crate::object::{Building, bytes, list};
use crate::properties;

/// Where a node stands with what others hold.
pub(crate) fn sync(sync: GroupSync) -> JsValue {
    let state = match sync.phase {
        SyncPhase::Alone => "alone",
        SyncPhase::Fetching => "syncing",
        SyncPhase::Whole => "synced",
    };
    Building::told("state", state).with("at", sync.at.map(|at| number(at.0))).done()
}

/// What an invitation offers.
pub(crate) fn preview(preview: Preview) -> JsValue {
    let Preview { properties, invitation: offered, used } = preview;
    Building::new()
        .with("properties", properties::object(properties))
        .with("invitation", invitation(offered))
        .with("used", used)
        .done()
}

/// A group that is stored.
pub(crate) fn kept(kept: KeptGroup) -> JsValue {
    Building::new().with("id", kept.id.to_text()).with("name", kept.name).done()
}

/// A member.
pub(crate) fn member(member: GroupMember) -> JsValue {
    Building::new()
        .with("peer", member.peer.to_text())
        .with("roles", member.roles.map_or(0, |roles| roles.bits()))
        .with("until", end(member.until))
        .with("present", member.present)
        .done()
}

/// An open invitation. No end, and no lifetime of memberships, is one without end.
pub(crate) fn invitation(info: InvitationInfo) -> JsValue {
    let says = info.says;
    Building::new()
        .with("id", info.id.to_text())
        .with("issuer", info.issuer.to_text())
        .with("roles", says.roles.bits())
        .with("expires", end(says.not_after))
        .with("memberForMs", end(Millis(says.member_for)))
        .with("uses", says.uses)
        .with("usedBy", list(info.used_by.iter().map(PeerId::to_text)))
        .with("exact", says.flags & OpenInvitation::EXACT != 0)
        .done()
}

pub(crate) fn attribute(attribute: Attribute) -> JsValue {
    let (kind, value, text) = match attribute.value {
        Value::Int(value) => ("int", Some(float(value)), None),
        Value::Date(at) => ("date", Some(number(at.0)), None),
        Value::Text(text) => ("text", None, Some(text)),
    };
    Building::told("kind", kind)
        .with("name", attribute.name)
        .with("number", value)
        .with("text", text)
        .done()
}

/// What happened in a group, but for a record that is new, which [`crate::listener`] tells.
pub(crate) fn group_event(event: GroupEvent, record: &dyn Fn(Record) -> JsValue) -> JsValue {
    let told = |about| Building::told("about", about);
    let object = match event {
        GroupEvent::Member(changed) => told("member").with("member", member(changed)),
        GroupEvent::Properties(said) => {
            told("properties").with("properties", properties::object(said))
        }
        GroupEvent::Found { ticket, records } => told("found")
            .with("ticket", ticket)
            .with("records", list(records.into_iter().map(record))),
        GroupEvent::Synced { kinds, all } => told("synced")
            .with("kinds", list(kinds.iter().map(ToString::to_string)))
            .with("all", all),
        GroupEvent::Approve { number, record: asked } => {
            told("approve").with("number", number).with("record", record(asked))
        }
        GroupEvent::Exported { ticket, part } => {
            told("exported").with("ticket", ticket).with("bytes", bytes(&framed(&part)))
        }
        event => return plain(event),
    };
    object.done()
}

/// What says no more than a word or two, in one form.
fn plain(event: GroupEvent) -> JsValue {
    let (mut id, mut text, mut code, mut count) = (None, None, None, None);
    let about = match event {
        GroupEvent::Gone { id: record, kind } => {
            (id, text) = (Some(record.to_text()), Some(kind.to_string()));
            "gone"
        }
        GroupEvent::Unlocked => "unlocked",
        GroupEvent::Invitations => "invitations",
        GroupEvent::Servers => "servers",
        GroupEvent::KeyOld => "key-old",
        GroupEvent::KeyRenewed => "key-renewed",
        GroupEvent::KeyFailed { code: why } => {
            code = Some(why);
            "key-failed"
        }
        GroupEvent::SetAside { author, count: versions } => {
            (id, count) = (Some(author.to_text()), Some(versions as f64));
            "set-aside"
        }
        GroupEvent::Clock { ahead } => {
            count = ahead.map(float);
            "clock"
        }
        GroupEvent::Rewritten { old, new } => {
            (id, text) = (Some(old.to_text()), Some(new.to_text()));
            "rewritten"
        }
        GroupEvent::Rejected { id: record, code: why } => {
            (id, code) = (Some(record.to_text()), Some(why));
            "rejected"
        }
        GroupEvent::Closed { code: why } => {
            code = Some(why);
            "closed"
        }
        GroupEvent::UpdateNeeded => "update-needed",
        GroupEvent::Unsaved { code: why } => {
            code = Some(why);
            "unsaved"
        }
        GroupEvent::Saved => "saved",
        GroupEvent::Damaged { count: records } => {
            count = Some(records as f64);
            "damaged"
        }
        GroupEvent::Refused { code: why } => {
            code = Some(why);
            "refused"
        }
        // The others are told in full.
        _ => "sync",
    };
    Building::told("about", about)
        .with("id", id)
        .with("text", text)
        .with("code", code.map(Code::as_str))
        .with("count", count)
        .done()
}
