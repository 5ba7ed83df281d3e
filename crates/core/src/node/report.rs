//! What a node knows about itself, for people who ask why something does not work.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::{Code, NodeId, PeerId};

use super::Node;
use crate::broadcast::Broadcast;
use crate::event::{GroupReport, RemoteState, RoomState, ServerState};
use crate::group::Group;
use crate::ids::RoomId;
use crate::io::Path;
use crate::signaling::Route;

/// The state of a node.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its signaling servers.
    pub servers: Vec<ServerReport>,
    /// Its rooms.
    pub rooms: Vec<RoomReport>,
    /// Its open groups.
    pub groups: Vec<GroupReport>,
    /// The remotes it knows.
    pub remotes: Vec<RemoteReport>,
    /// Whether a connection made ahead of need waits to be used.
    pub spare: bool,
    /// Links and attempts that there may be.
    pub links_max: usize,
}

/// The state of the session with a signaling server.
#[derive(Clone, Debug)]
pub struct ServerReport {
    /// Its address.
    pub url: String,
    /// What it is now.
    pub state: ServerState,
    /// What went wrong last.
    pub trouble: Option<Code>,
    /// Time until it is dialled again; `None` if it is open, or being dialled.
    pub retry: Option<Duration>,
}

/// The state of a room.
#[derive(Clone, Debug)]
pub struct RoomReport {
    /// Which.
    pub room: RoomId,
    /// Whether servers know that we are in it.
    pub state: RoomState,
    /// Others who are known to be in it, linked or not.
    pub known: usize,
    /// Linked remotes to whom only names of words go, since these come over another link first.
    pub lazy: Vec<NodeId>,
}

/// The state of a remote.
#[derive(Clone, Debug)]
pub struct RemoteReport {
    /// Its running instance.
    pub node: NodeId,
    /// Its identity, once it has introduced itself.
    pub peer: Option<PeerId>,
    /// How it is reached.
    pub state: RemoteState,
    /// The rooms shared with it.
    pub rooms: Vec<RoomId>,
    /// How setup messages travel to it, if any have.
    pub route: Option<Route>,
    /// Attempts that failed since the last link.
    pub failures: u32,
    /// Why the last of them did.
    pub failed: Option<Code>,
    /// Time until a link is offered again, if one is wanted and none is being made.
    pub retry: Option<Duration>,
    /// Bytes of messages that wait for it.
    pub waiting_bytes: usize,
    /// Bytes of files that are kept until it has them.
    pub file_bytes: usize,
    /// Bytes of messages from it that are not whole yet.
    pub gathered_bytes: usize,
    /// The link, if there is one.
    pub link: Option<LinkReport>,
}

/// The state of a link.
#[derive(Clone, Copy, Debug)]
pub struct LinkReport {
    /// Last round trip measured.
    pub rtt: Option<Duration>,
    /// How packets travel, if that is known.
    pub path: Option<Path>,
    /// ICE restarts so far.
    pub restarts: u32,
    /// Time since anything was heard.
    pub silent: Duration,
}

impl Node {
    /// Describes the present state.
    #[must_use]
    pub fn report(&self) -> Report {
        let now = self.cx.now;
        let known = self.signaling.servers.iter();
        let known = known.filter(|server| server.state() != ServerState::Closed);
        let servers = known.map(|server| ServerReport {
            url: server.url.clone(),
            state: server.state(),
            trouble: server.trouble,
            retry: server.retry_at().map(|at| at.since(now)),
        });
        let rooms = self.signaling.main_rooms().map(|(room, known)| RoomReport {
            room,
            state: known.state(),
            known: self.known_in(room),
            lazy: self.broadcasts.get(&room).into_iter().flat_map(Broadcast::lazy).collect(),
        });
        let remotes = self.remotes.values().map(|remote| RemoteReport {
            node: remote.node(),
            peer: remote.connection.peer,
            state: remote.connection.state(),
            rooms: remote.rooms.iter().map(|(room, _)| room).collect(),
            route: remote.connection.route(),
            failures: remote.connection.failures(),
            failed: remote.connection.failed,
            retry: remote.connection.wants_link().map(|at| at.since(now)),
            waiting_bytes: remote.session.messages.waiting_bytes(),
            file_bytes: remote.session.streams.kept_bytes(),
            gathered_bytes: remote.session.streams.gathered(),
            link: remote.connection.link().map(|link| LinkReport {
                rtt: link.rtt,
                path: link.path,
                restarts: link.restarts(),
                silent: now.since(link.heard),
            }),
        });
        Report {
            servers: servers.collect(),
            rooms: rooms.collect(),
            groups: self.groups.open.values().map(Group::report).collect(),
            remotes: remotes.collect(),
            spare: self.pool.spares.is_some(),
            links_max: self.pool.links_max,
        }
    }
}
