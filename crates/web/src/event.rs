//! Events as plain JavaScript objects, but for those that [`crate::listener`] tells without one.

use lacis_core::{Event, MemberState, RoomState, ServerState};
use serde::Serialize;
use serde_bytes::ByteBuf;
use wasm_bindgen::JsValue;

use crate::error;
use crate::group_event::{JsGroup, JsGroupEvent};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum JsEvent {
    Response {
        ticket: u32,
        data: ByteBuf,
    },
    Server {
        url: String,
        state: &'static str,
        code: Option<&'static str>,
        retry_ms: Option<f64>,
    },
    Room {
        room: u32,
        state: &'static str,
    },
    Member {
        room: u32,
        node: String,
        peer: Option<String>,
        state: &'static str,
        rtt_ms: Option<f64>,
    },
    MemberLeft {
        room: u32,
        node: String,
        code: &'static str,
    },
    ConnectFailed {
        room: u32,
        node: String,
        code: &'static str,
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
    FileEnd {
        stream: u32,
    },
    StreamFailed {
        stream: u32,
        code: &'static str,
    },
    Drained {
        stream: u32,
        sent: f64,
        acknowledged: f64,
    },
    Warning {
        code: &'static str,
        node: Option<String>,
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

/// A plain object with the same content.
pub(crate) fn to_js(event: Event) -> Result<JsValue, JsValue> {
    error::to_js(&translate(event))
}

fn translate(event: Event) -> JsEvent {
    match event {
        Event::Response { ticket, payload } => {
            JsEvent::Response { ticket, data: ByteBuf::from(payload) }
        }
        Event::Server { url, state, code, retry } => JsEvent::Server {
            url,
            state: server_state(state),
            code: code.map(|code| code.as_str()),
            retry_ms: retry.map(|delay| delay.as_secs_f64() * 1000.0),
        },
        Event::Room { room, state } => JsEvent::Room { room: room.0, state: room_state(state) },
        Event::Member { room, node, peer, state, rtt } => JsEvent::Member {
            room: room.0,
            node: node.to_text(),
            peer: peer.map(|peer| peer.to_text()),
            state: member_state(state),
            rtt_ms: rtt.map(|rtt| rtt.as_secs_f64() * 1000.0),
        },
        Event::MemberLeft { room, node, code } => {
            JsEvent::MemberLeft { room: room.0, node: node.to_text(), code: code.as_str() }
        }
        Event::ConnectFailed { room, node, code } => {
            JsEvent::ConnectFailed { room: room.0, node: node.to_text(), code: code.as_str() }
        }
        Event::Request { request, room, node, label, payload } => JsEvent::Request {
            request: request.0,
            room: room.0,
            node: node.to_text(),
            label,
            data: ByteBuf::from(payload),
        },
        Event::Group { group, event } => JsEvent::Group { group: group.0, event: (*event).into() },
        Event::Groups { ticket, groups } => {
            JsEvent::Groups { ticket, groups: groups.into_iter().map(JsGroup::from).collect() }
        }
        Event::Warning { code, node } => {
            JsEvent::Warning { code: code.as_str(), node: node.map(|node| node.to_text()) }
        }
        event => translate_file(event),
    }
}

fn translate_file(event: Event) -> JsEvent {
    match event {
        Event::File { stream, room, node, name, media_type, size } => JsEvent::File {
            stream: stream.0,
            room: room.0,
            node: node.to_text(),
            name,
            media_type,
            size: number(size),
        },
        Event::FileEnd { stream } => JsEvent::FileEnd { stream: stream.0 },
        Event::StreamFailed { stream, code } => {
            JsEvent::StreamFailed { stream: stream.0, code: code.as_str() }
        }
        Event::Progress { stream, sent, taken } => {
            JsEvent::Drained { stream: stream.0, sent: number(sent), acknowledged: number(taken) }
        }
        // Every other event is translated before this is reached.
        _ => JsEvent::Warning { code: lacis_wire::Code::Internal.as_str(), node: None },
    }
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
