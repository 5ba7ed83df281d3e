//! What a node knows about itself, as a plain object.

use std::time::Duration;

use lacis_core::Report;
use serde::Serialize;

use crate::event::{member_state, room_state, server_state};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsReport {
    servers: Vec<JsServer>,
    rooms: Vec<JsRoom>,
    members: Vec<JsMember>,
    sockets: usize,
    /// Connections for a member.
    connections: usize,
    /// Connections made ahead of need.
    spare_connections: usize,
}

#[derive(Serialize)]
struct JsServer {
    url: String,
    state: &'static str,
    code: Option<&'static str>,
}

#[derive(Serialize)]
struct JsRoom {
    room: u32,
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsMember {
    node: String,
    peer: Option<String>,
    state: &'static str,
    rooms: Vec<u32>,
    failures: u32,
    waiting_bytes: usize,
    rtt_ms: Option<f64>,
    relayed: Option<bool>,
    restarts: Option<u32>,
    silent_ms: Option<f64>,
}

impl JsReport {
    pub(crate) fn new(report: Report, (sockets, connections): (usize, usize)) -> Self {
        let spare = usize::from(report.spare);
        let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let servers = report.servers.into_iter().map(|server| JsServer {
            url: server.url,
            state: server_state(server.state),
            code: server.trouble.map(|code| code.as_str()),
        });
        let rooms = report.rooms.into_iter();
        let members = report.members.into_iter().map(|member| JsMember {
            node: member.node.to_text(),
            peer: member.peer.map(|peer| peer.to_text()),
            state: member_state(member.state),
            rooms: member.rooms.into_iter().map(|room| room.0).collect(),
            failures: member.failures,
            waiting_bytes: member.waiting_bytes,
            rtt_ms: member.link.and_then(|link| link.rtt).map(millis),
            relayed: member.link.and_then(|link| link.relayed),
            restarts: member.link.map(|link| link.restarts),
            silent_ms: member.link.map(|link| millis(link.silent)),
        });
        Self {
            servers: servers.collect(),
            rooms: rooms
                .map(|room| JsRoom { room: room.room.0, state: room_state(room.state) })
                .collect(),
            members: members.collect(),
            sockets,
            connections: connections - spare.min(connections),
            spare_connections: spare,
        }
    }
}
