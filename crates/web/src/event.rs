//! Events as plain JavaScript objects, but for those that [`crate::listener`] tells without one.

use lacis_core::{Event, MemberState, RoomState, ServerState};
use lacis_wire::Code;
use serde::Serialize;
use serde_bytes::ByteBuf;
use wasm_bindgen::JsValue;

use crate::error;
use crate::group_event::{JsGroup, JsGroupEvent};

#[derive(Serialize)]
#[serde(untagged)]
enum JsEvent {
    Full(JsFullEvent),
    Plain(JsPlainEvent),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum JsFullEvent {
    Response {
        ticket: u32,
        data: ByteBuf,
    },
    Member {
        room: u32,
        node: String,
        peer: Option<String>,
        state: &'static str,
        rtt_ms: Option<f64>,
    },
    Request {
        request: u32,
        room: u32,
        node: String,
        label: String,
        data: ByteBuf,
    },
    File {
        stream: u32,
        room: u32,
        node: String,
        name: String,
        media_type: String,
        size: f64,
    },
    Drained {
        stream: u32,
        sent: f64,
        acknowledged: f64,
    },
    Group {
        group: u32,
        event: JsGroupEvent,
    },
    Groups {
        ticket: u32,
        groups: Vec<JsGroup>,
    },
}

/// What comes seldom, in one form: to write each in its own takes a page longer to load.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct JsPlainEvent {
    r#type: &'static str,
    room: Option<u32>,
    stream: Option<u32>,
    node: Option<String>,
    url: Option<String>,
    state: Option<&'static str>,
    code: Option<&'static str>,
    retry_ms: Option<f64>,
}

/// A plain object with the same content.
pub(crate) fn to_js(event: Event) -> Result<JsValue, JsValue> {
    error::to_js(&translate(event))
}

fn translate(event: Event) -> JsEvent {
    JsEvent::Full(match event {
        Event::Response { ticket, payload } => {
            JsFullEvent::Response { ticket, data: ByteBuf::from(payload) }
        }
        Event::Member { room, node, peer, state, rtt } => JsFullEvent::Member {
            room: room.0,
            node: node.to_text(),
            peer: peer.map(|peer| peer.to_text()),
            state: member_state(state),
            rtt_ms: rtt.map(|rtt| rtt.as_secs_f64() * 1000.0),
        },
        Event::Request { request, room, node, label, payload } => JsFullEvent::Request {
            request: request.0,
            room: room.0,
            node: node.to_text(),
            label,
            data: ByteBuf::from(payload),
        },
        Event::Group { group, event } => {
            JsFullEvent::Group { group: group.0, event: (*event).into() }
        }
        Event::Groups { ticket, groups } => {
            JsFullEvent::Groups { ticket, groups: groups.into_iter().map(JsGroup::from).collect() }
        }
        Event::File { stream, room, node, name, media_type, size } => JsFullEvent::File {
            stream: stream.0,
            room: room.0,
            node: node.to_text(),
            name,
            media_type,
            size: number(size),
        },
        Event::Progress { stream, sent, taken } => JsFullEvent::Drained {
            stream: stream.0,
            sent: number(sent),
            acknowledged: number(taken),
        },
        event => return JsEvent::Plain(plain(event)),
    })
}

fn plain(event: Event) -> JsPlainEvent {
    let mut told = JsPlainEvent::default();
    let code = match event {
        Event::Server { url, state, code, retry } => {
            told.r#type = "server";
            (told.url, told.state) = (Some(url), Some(server_state(state)));
            told.retry_ms = retry.map(|delay| delay.as_secs_f64() * 1000.0);
            code
        }
        Event::Room { room, state } => {
            told.r#type = "room";
            (told.room, told.state) = (Some(room.0), Some(room_state(state)));
            None
        }
        Event::MemberLeft { room, node, code } => {
            told.r#type = "member-left";
            (told.room, told.node) = (Some(room.0), Some(node.to_text()));
            Some(code)
        }
        Event::ConnectFailed { room, node, code } => {
            told.r#type = "connect-failed";
            (told.room, told.node) = (Some(room.0), Some(node.to_text()));
            Some(code)
        }
        Event::FileEnd { stream } => {
            told.r#type = "file-end";
            told.stream = Some(stream.0);
            None
        }
        Event::StreamFailed { stream, code } => {
            told.r#type = "stream-failed";
            told.stream = Some(stream.0);
            Some(code)
        }
        Event::Warning { code, node } => {
            told.r#type = "warning";
            told.node = node.map(|node| node.to_text());
            Some(code)
        }
        // Every other event is told in full, or in a call of its own.
        _ => {
            told.r#type = "warning";
            Some(Code::Internal)
        }
    };
    told.code = code.map(Code::as_str);
    told
}

/// Sizes stay far below the largest integer that a JavaScript number holds exactly.
#[expect(clippy::cast_precision_loss, reason = "limited to 2^40 by the wire format")]
const fn number(size: u64) -> f64 {
    size as f64
}

pub(crate) const fn server_state(state: ServerState) -> &'static str {
    match state {
        ServerState::Dialing => "dialing",
        ServerState::Open => "open",
        ServerState::Waiting => "waiting",
        ServerState::Closed => "closed",
    }
}

pub(crate) const fn room_state(state: RoomState) -> &'static str {
    match state {
        RoomState::Connecting => "connecting",
        RoomState::Open => "open",
        RoomState::Offline => "offline",
    }
}

pub(crate) const fn member_state(state: MemberState) -> &'static str {
    match state {
        MemberState::Connecting => "connecting",
        MemberState::Direct => "direct",
        MemberState::Relayed => "relayed",
        MemberState::Recovering => "recovering",
    }
}
