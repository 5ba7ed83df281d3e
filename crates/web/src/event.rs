//! Events as plain JavaScript objects, but for those that [`crate::listener`] tells without one.

use lacis_core::{Event, RemoteState, RoomId, RoomState, ServerState};
use lacis_wire::Code;
use wasm_bindgen::JsValue;

use crate::number::number;
use crate::object::{Building, bytes};

/// A plain object with the same content.
pub(crate) fn to_js(event: Event) -> JsValue {
    let told = |kind| Building::told("type", kind);
    let object = match event {
        Event::Remote { room, node, peer, state, rtt } => told("remote")
            .with("room", room.0)
            .with("node", node.to_text())
            .with("peer", peer.map(|peer| peer.to_text()))
            .with("state", member_state(state))
            .with("rttMs", rtt.map(|rtt| rtt.as_secs_f64() * 1000.0)),
        Event::Online { online } => told("online").with("online", online),
        Event::Request { request, room, node, label, payload } => told("request")
            .with("request", number(request.0))
            .with("room", room.0)
            .with("node", node.to_text())
            .with("label", label)
            .with("data", bytes(&payload)),
        Event::File { stream, room, node, name, media_type, size } => told("file")
            .with("stream", number(stream.0))
            .with("room", room.0)
            .with("node", node.to_text())
            .with("name", name)
            .with("mediaType", media_type)
            .with("size", number(size)),
        Event::Progress { stream, sent, taken } => told("drained")
            .with("stream", number(stream.0))
            .with("sent", number(sent))
            .with("acknowledged", number(taken)),
        event => return plain(event),
    };
    object.done()
}

/// The same of what was heard of a group.
pub(crate) fn of_group(group: RoomId, event: JsValue) -> JsValue {
    Building::told("type", "group").with("group", group.0).with("event", event).done()
}

/// What comes seldom, in one form.
fn plain(event: Event) -> JsValue {
    let (mut room, mut stream, mut node, mut url) = (None, None, None, None);
    let (mut state, mut retry, mut code) = (None, None, None);
    let kind = match event {
        Event::Server { url: of, state: is, code: why, retry: after } => {
            (url, state, code) = (Some(of), Some(server_state(is)), why);
            retry = after.map(|delay| delay.as_secs_f64() * 1000.0);
            "server"
        }
        Event::Room { room: of, state: is } => {
            (room, state) = (Some(of.0), Some(room_state(is)));
            "room"
        }
        Event::RemoteLeft { room: of, node: who, code: why } => {
            (room, node, code) = (Some(of.0), Some(who), Some(why));
            "remote-left"
        }
        Event::ConnectFailed { room: of, node: who, code: why } => {
            (room, node, code) = (Some(of.0), Some(who), Some(why));
            "connect-failed"
        }
        Event::FileEnd { stream: of } => {
            stream = Some(number(of.0));
            "file-end"
        }
        Event::StreamFailed { stream: of, code: why } => {
            (stream, code) = (Some(number(of.0)), Some(why));
            "stream-failed"
        }
        Event::Warning { code: why, node: who } => {
            (node, code) = (who, Some(why));
            "warning"
        }
        // Every other event is told in full, or in a call of its own.
        _ => {
            code = Some(Code::Internal);
            "warning"
        }
    };
    Building::told("type", kind)
        .with("room", room)
        .with("stream", stream)
        .with("node", node.map(|node| node.to_text()))
        .with("url", url)
        .with("state", state)
        .with("code", code.map(Code::as_str))
        .with("retryMs", retry)
        .done()
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

pub(crate) const fn member_state(state: RemoteState) -> &'static str {
    match state {
        RemoteState::Connecting => "connecting",
        RemoteState::Direct => "direct",
        RemoteState::Relayed => "relayed",
        RemoteState::Recovering => "recovering",
        RemoteState::Indirect => "indirect",
    }
}
