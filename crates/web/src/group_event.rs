//! What is heard of groups, as plain JavaScript objects.

use lacis_core::{GroupEvent, GroupMember, GroupSync, KeptGroup, Preview, Record, SyncPhase};
use lacis_wire::body::{Attribute, Value};
use lacis_wire::codec::encode;
use lacis_wire::{Code, Millis};
use serde::Serialize;
use serde_bytes::ByteBuf;

use crate::membership::JsInvitation;
use crate::properties::JsProperties;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsRecord {
    id: String,
    kind: String,
    version: f64,
    creator: String,
    modifier: Option<String>,
    created: f64,
    modified: f64,
    expires: Option<f64>,
    deleted: bool,
    header: ByteBuf,
    data: Option<ByteBuf>,
    attributes: Vec<JsAttribute>,
}

#[derive(Serialize)]
struct JsAttribute {
    name: String,
    kind: &'static str,
    number: Option<f64>,
    text: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsMember {
    peer: String,
    roles: u8,
    until: Option<f64>,
    present: bool,
}

#[derive(Serialize)]
pub(crate) struct JsSync {
    state: &'static str,
    at: Option<f64>,
}

impl From<GroupSync> for JsSync {
    fn from(sync: GroupSync) -> Self {
        let state = match sync.phase {
            SyncPhase::Alone => "alone",
            SyncPhase::Fetching => "syncing",
            SyncPhase::Whole => "synced",
        };
        Self { state, at: sync.at.map(|at| number(at.0)) }
    }
}

#[derive(Serialize)]
pub(crate) struct JsGroup {
    id: String,
    name: String,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum JsGroupEvent {
    Full(JsFullEvent),
    Plain(JsPlainEvent),
}

/// What says more than a word or two.
#[derive(Serialize)]
#[serde(tag = "about", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum JsFullEvent {
    Record {
        record: JsRecord,
        is_new: bool,
        is_own: bool,
        from: Option<String>,
        /// The searches that it fits, by the numbers of `watch_records`.
        watches: Vec<u32>,
    },
    Member {
        member: JsMember,
    },
    Properties {
        properties: JsProperties,
    },
    Read {
        ticket: u32,
        record: JsRecord,
    },
    Preview {
        ticket: u32,
        properties: JsProperties,
        invitation: JsInvitation,
        used: u32,
    },
    Found {
        ticket: u32,
        records: Vec<JsRecord>,
    },
    Synced {
        kinds: Vec<String>,
        all: bool,
    },
    Approve {
        number: u32,
        record: JsRecord,
    },
    Exported {
        ticket: u32,
        part: ByteBuf,
    },
}

/// All others in one form: to write each in its own takes a page longer to load.
#[derive(Serialize)]
pub(crate) struct JsPlainEvent {
    about: &'static str,
    /// A record or a member.
    id: Option<String>,
    /// A type, or another record.
    text: Option<String>,
    code: Option<&'static str>,
    count: Option<f64>,
}

impl From<KeptGroup> for JsGroup {
    fn from(kept: KeptGroup) -> Self {
        Self { id: kept.id.to_text(), name: kept.name }
    }
}

impl From<GroupMember> for JsMember {
    fn from(member: GroupMember) -> Self {
        Self {
            peer: member.peer.to_text(),
            roles: member.roles.map_or(0, |roles| roles.bits()),
            until: end(member.until),
            present: member.present,
        }
    }
}

impl From<Record> for JsRecord {
    fn from(record: Record) -> Self {
        let header = &record.header;
        let (attributes, data) = match record.body {
            Some(body) => (body.attributes, Some(ByteBuf::from(body.data))),
            None => (Vec::new(), None),
        };
        Self {
            id: header.id.to_text(),
            kind: header.kind.to_string(),
            version: number(header.version),
            creator: header.creator.to_text(),
            modifier: header.modifier.map(|peer| peer.to_text()),
            created: number(header.created.0),
            modified: number(header.modified.0),
            expires: end(header.expires),
            deleted: header.is_deleted(),
            header: ByteBuf::from(encode(header)),
            data,
            attributes: attributes.into_iter().map(JsAttribute::from).collect(),
        }
    }
}

impl From<Attribute> for JsAttribute {
    fn from(attribute: Attribute) -> Self {
        let (kind, value, text) = match attribute.value {
            Value::Int(value) => ("int", Some(float(value)), None),
            Value::Date(at) => ("date", Some(number(at.0)), None),
            Value::Text(text) => ("text", None, Some(text)),
        };
        Self { name: attribute.name, kind, number: value, text }
    }
}

impl From<GroupEvent> for JsGroupEvent {
    fn from(event: GroupEvent) -> Self {
        Self::Full(match event {
            GroupEvent::Record { record, is_new, is_own, from, watches } => {
                let from = from.map(|peer| peer.to_text());
                JsFullEvent::Record { record: record.into(), is_new, is_own, from, watches }
            }
            GroupEvent::Member(member) => JsFullEvent::Member { member: member.into() },
            GroupEvent::Properties(properties) => {
                JsFullEvent::Properties { properties: properties.into() }
            }
            GroupEvent::Read { ticket, record } => {
                JsFullEvent::Read { ticket, record: record.into() }
            }
            GroupEvent::Preview { ticket, preview } => {
                let Preview { properties, invitation, used } = preview;
                let (properties, invitation) = (properties.into(), invitation.into());
                JsFullEvent::Preview { ticket, properties, invitation, used }
            }
            GroupEvent::Found { ticket, records } => JsFullEvent::Found {
                ticket,
                records: records.into_iter().map(JsRecord::from).collect(),
            },
            GroupEvent::Synced { kinds, all } => {
                JsFullEvent::Synced { kinds: kinds.iter().map(ToString::to_string).collect(), all }
            }
            GroupEvent::Approve { number, record } => {
                JsFullEvent::Approve { number, record: record.into() }
            }
            GroupEvent::Exported { ticket, part } => {
                JsFullEvent::Exported { ticket, part: ByteBuf::from(part) }
            }
            event => return Self::Plain(plain(event)),
        })
    }
}

fn plain(event: GroupEvent) -> JsPlainEvent {
    let (mut id, mut text, mut code, mut count) = (None, None, None, None);
    let about = match event {
        GroupEvent::Gone { id: record, kind } => {
            (id, text) = (Some(record.to_text()), Some(kind.to_string()));
            "gone"
        }
        GroupEvent::Unlocked => "unlocked",
        GroupEvent::Invitations => "invitations",
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
    JsPlainEvent { about, id, text, code: code.map(Code::as_str), count }
}

/// A time, or nothing for never.
pub(crate) fn end(at: Millis) -> Option<f64> {
    (at != Millis::MAX).then(|| number(at.0))
}

/// Times and versions stay below the largest integer that a JavaScript number holds exactly, unless
/// somebody writes nonsense; nonsense may be rounded.
#[expect(clippy::cast_precision_loss, reason = "see above")]
pub(crate) const fn number(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "as for times")]
pub(crate) const fn float(value: i64) -> f64 {
    value as f64
}

/// A time as JavaScript counts it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
pub(crate) fn millis_of(at: f64) -> Option<Millis> {
    let fine = (0.0..=9_007_199_254_740_991.0).contains(&at);
    fine.then_some(Millis(at as u64))
}
