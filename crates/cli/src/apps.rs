//! What the applications of the pages write, so that people meet whatever they use.

use lacis_native::{Content, Group, Header, PeerId, Record, RecordType, Search};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::plain_line;

pub(crate) const APP: &str = "app";
pub(crate) const PROFILE: &str = "profile";
pub(crate) const LINE: &str = "chat.line";
pub(crate) const FILE: &str = "chat.file";
pub(crate) const ISSUE: &str = "letter.issue";

/// More than that of a line is not shown by pages.
pub(crate) const LINE_CHARS: usize = 8_000;
/// The longest text of an issue.
pub(crate) const ISSUE_BYTES: usize = 200_000;
/// The longest name of a person or a group that is shown.
pub(crate) const NAME_CHARS: usize = 60;
/// The longest title that is shown.
pub(crate) const TITLE_CHARS: usize = 200;

/// A value as the data of a record.
pub(crate) fn content(value: &Value) -> Content {
    Content { data: value.to_string().into_bytes(), ..Content::default() }
}

/// The value in a record; nothing if it is not JSON, or cannot be read.
pub(crate) fn value_of(record: &Record) -> Option<Value> {
    let body = record.body.as_ref()?;
    serde_json::from_slice(&body.data).ok()
}

/// All records of one type.
pub(crate) fn search(kind: &str) -> Search {
    // Types of ours are well formed.
    Search { kind: RecordType::new(kind).ok(), filter: None }
}

/// Who made the version that stands there.
pub(crate) fn author(header: &Header) -> PeerId {
    header.modifier.unwrap_or(header.creator)
}

/// Writes what others see of this identity, unless it stands there already.
pub(crate) async fn introduce(group: &Group, me: PeerId, name: &str) -> Result<(), Failure> {
    let all = group.query(search(PROFILE)).await?;
    let own = all.into_iter().find(|it| it.header.creator == me && it.body.is_some());
    let held = own.as_ref().and_then(value_of);
    if held.as_ref().and_then(|it| it.get("name")).and_then(Value::as_str) == Some(name) {
        return Ok(());
    }
    // Colour and picture are chosen by pages, and stay.
    let mut wanted = held.filter(Value::is_object).unwrap_or_else(|| json!({}));
    if let Some(fields) = wanted.as_object_mut() {
        fields.insert("name".into(), name.into());
    }
    match own {
        Some(own) => group.update(&own.header, content(&wanted)).await?,
        None => group.add(PROFILE, content(&wanted)).await.map(drop)?,
    }
    Ok(())
}

/// The name that a profile gives its author; only a person itself says who it is.
pub(crate) fn name_in(record: &Record) -> Option<(PeerId, String)> {
    let is_own = author(&record.header) == record.header.creator;
    let value = value_of(record).filter(|_| is_own)?;
    let name = plain_line(value.get("name")?.as_str()?, NAME_CHARS);
    (!name.is_empty()).then_some((record.header.creator, name))
}
