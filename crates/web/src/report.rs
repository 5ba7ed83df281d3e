//! What a node knows about itself, as a plain object.

use std::time::Duration;

use lacis_core::{RemoteReport, Report};
use wasm_bindgen::JsValue;

use crate::event::{member_state, room_state, server_state};
use crate::object::{Building, list};

/// The report of a node that holds so many sockets and connections.
pub(crate) fn report(report: Report, (sockets, connections): (usize, usize)) -> JsValue {
    let spare = usize::from(report.spare);
    let servers = report.servers.into_iter().map(|server| {
        Building::told("url", &server.url)
            .with("state", server_state(server.state))
            .with("code", server.trouble.map(|code| code.as_str()))
            .done()
    });
    let rooms = report.rooms.into_iter().map(|room| {
        Building::told("state", room_state(room.state)).with("room", room.room.0).done()
    });
    Building::new()
        .with("servers", list(servers))
        .with("rooms", list(rooms))
        .with("remotes", list(report.remotes.into_iter().map(member)))
        .with("sockets", sockets)
        // Those for a member, and those made ahead of need.
        .with("connections", connections - spare.min(connections))
        .with("spareConnections", spare)
        .done()
}

fn member(member: RemoteReport) -> JsValue {
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    Building::told("node", &member.node.to_text())
        .with("peer", member.peer.map(|peer| peer.to_text()))
        .with("state", member_state(member.state))
        .with("rooms", list(member.rooms.into_iter().map(|room| room.0)))
        .with("failures", member.failures)
        .with("waitingBytes", member.waiting_bytes)
        .with("rttMs", member.link.and_then(|link| link.rtt).map(millis))
        .with("relayed", member.link.and_then(|link| link.relayed))
        .with("restarts", member.link.map(|link| link.restarts))
        .with("silentMs", member.link.map(|link| millis(link.silent)))
        .done()
}
