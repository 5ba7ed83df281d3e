//! What a node knows about itself, as a plain object.

use std::time::Duration;

use lacis_core::{
    CandidateKind, GroupReport, NeighborReport, RemoteReport, Report, RoomReport, Route,
    ServerReport,
};
use wasm_bindgen::JsValue;

use crate::event::{member_state, room_state, server_state};
use crate::object::{Building, list};

/// The report of a node that holds so many sockets and connections.
pub(crate) fn report(report: Report, (sockets, connections): (usize, usize)) -> JsValue {
    let spare = usize::from(report.spare);
    Building::new()
        .with("servers", list(report.servers.into_iter().map(server)))
        .with("rooms", list(report.rooms.into_iter().map(room)))
        .with("groups", list(report.groups.into_iter().map(group)))
        .with("remotes", list(report.remotes.into_iter().map(member)))
        .with("sockets", sockets)
        // Those for a member, and those made ahead of need.
        .with("connections", connections - spare.min(connections))
        .with("spareConnections", spare)
        .done()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn server(server: ServerReport) -> JsValue {
    Building::told("url", &server.url)
        .with("state", server_state(server.state))
        .with("code", server.trouble.map(|code| code.as_str()))
        .with("retryMs", server.retry.map(millis))
        .done()
}

fn room(room: RoomReport) -> JsValue {
    Building::told("state", room_state(room.state))
        .with("room", room.room.0)
        .with("known", room.known)
        .with("lazy", list(room.lazy.into_iter().map(|node| node.to_text())))
        .done()
}

fn group(group: GroupReport) -> JsValue {
    Building::new()
        .with("group", group.group.0)
        .with("held", group.held)
        .with("waiting", group.waiting)
        .with("aside", group.aside)
        .with("unsaved", group.unsaved.map(|code| code.as_str()))
        .with("neighbors", list(group.neighbors.into_iter().map(neighbor)))
        .done()
}

fn neighbor(neighbor: NeighborReport) -> JsValue {
    Building::told("node", &neighbor.node.to_text())
        .with("introduced", neighbor.is_introduced)
        .with("lazy", neighbor.is_lazy)
        .with("compared", neighbor.is_compared)
        .with("missing", neighbor.missing)
        .with("sending", neighbor.sending)
        .done()
}

fn member(member: RemoteReport) -> JsValue {
    let route = member.route.map(|route| match route {
        Route::Server(_) => "server",
        Route::Mesh => "mesh",
        Route::Manual => "manual",
    });
    let path = member.link.and_then(|link| link.path);
    Building::told("node", &member.node.to_text())
        .with("peer", member.peer.map(|peer| peer.to_text()))
        .with("state", member_state(member.state))
        .with("rooms", list(member.rooms.into_iter().map(|room| room.0)))
        .with("route", route)
        .with("failures", member.failures)
        .with("code", member.failed.map(|code| code.as_str()))
        .with("retryMs", member.retry.map(millis))
        .with("waitingBytes", member.waiting_bytes)
        .with("rttMs", member.link.and_then(|link| link.rtt).map(millis))
        .with("local", path.and_then(|path| path.local).map(CandidateKind::name))
        .with("remote", path.and_then(|path| path.remote).map(CandidateKind::name))
        .with("restarts", member.link.map(|link| link.restarts))
        .with("silentMs", member.link.map(|link| millis(link.silent)))
        .done()
}
