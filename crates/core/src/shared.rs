//! What all parts of a node use: time, randomness, counters, the queue of outputs, keys.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use chacha20::ChaCha20Rng;
use lacis_wire::pen::Pen;
use lacis_wire::proof::IdentityKey;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, IceServer};
use lacis_wire::{AttemptId, Code, Millis, NodeId, PeerId, codec, limits, seal};
use rand_core::Rng;

use crate::config::Config;
use crate::io::{Event, LinkAction, LinkId, OpId, Output, RequestId, RoomId, SocketId, StreamId};
use crate::pairing::Pairing;
use crate::patience::Patience;
use crate::room::{LeftRooms, Room};
use crate::route::Route;
use crate::server::Server;
use crate::spare::Spare;
use crate::start::Starting;
use crate::store::Vault;
use crate::table::Table;
use crate::tickets::Tickets;
use crate::time::Timestamp;
use crate::wall::WallClock;

/// Time, randomness, counters and the queue of outputs.
#[derive(Debug)]
pub(crate) struct Io {
    pub(crate) now: Timestamp,
    pub(crate) outputs: VecDeque<Output>,
    rng: ChaCha20Rng,
    counter: u32,
}

impl Io {
    pub(crate) const fn new(now: Timestamp, rng: ChaCha20Rng) -> Self {
        Self { now, outputs: VecDeque::new(), rng, counter: 0 }
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(crate) fn link(&mut self, id: LinkId, action: LinkAction) {
        self.outputs.push_back(Output::Link(id, action));
    }

    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) const fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    pub(crate) fn random_u64(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Between half of `delay` and all of it, so that many who fail together do not return
    /// together.
    pub(crate) fn jitter(&mut self, delay: Duration) -> Duration {
        let half = delay / 2;
        let micros = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_micros(self.rng.next_u64() % micros)
    }

    /// Exponential backoff with jitter.
    pub(crate) fn backoff(&mut self, failures: u32, min: Duration, max: Duration) -> Duration {
        let factor = 1_u32 << failures.min(10);
        self.jitter((min * factor).min(max))
    }

    fn count(&mut self) -> u32 {
        self.counter = self.counter.wrapping_add(1);
        self.counter
    }

    pub(crate) fn socket_id(&mut self) -> SocketId {
        SocketId(self.count())
    }

    pub(crate) fn link_id(&mut self) -> LinkId {
        LinkId(self.count())
    }

    pub(crate) fn op_id(&mut self) -> OpId {
        OpId(self.count())
    }

    pub(crate) fn room_id(&mut self) -> RoomId {
        RoomId(self.count())
    }

    pub(crate) fn stream_id(&mut self) -> StreamId {
        StreamId(self.count())
    }

    pub(crate) fn request_id(&mut self) -> RequestId {
        RequestId(self.count())
    }

    pub(crate) fn nonce(&mut self) -> u32 {
        self.count()
    }
}

/// Everything that remotes share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) io: Io,
    pub(crate) config: Config,
    pub(crate) key: IdentityKey,
    /// The same key, for what is signed often.
    pub(crate) pen: Pen,
    pub(crate) peer: PeerId,
    pub(crate) node: NodeId,
    /// Binds the node id to the identity.
    pub(crate) salt: [u8; 16],
    pub(crate) servers: Vec<Server>,
    pub(crate) rooms: Table<RoomId, Room>,
    pub(crate) left_rooms: LeftRooms,
    pub(crate) tickets: Tickets,
    pub(crate) seen: Seen,
    pub(crate) patience: Patience,
    pub(crate) starting: Starting,
    /// Nodes that have just said which start of which store they are.
    pub(crate) started: Vec<NodeId>,
    /// Links that are set up by hand.
    pub(crate) pairings: Vec<Pairing>,
    pub(crate) spare: Option<Spare>,
    pub(crate) spare_due: Option<Timestamp>,
    pub(crate) vault: Vault,
    pub(crate) clock: WallClock,
    /// Whether a link was lost since the bounds of such remotes were looked at.
    pub(crate) link_lost: bool,
    /// Since when the page is put aside, if it is: nothing is connected then.
    pub(crate) suspended_at: Option<Timestamp>,
    /// Frames about groups that came and wait for their group.
    pub(crate) group_frames: Vec<(RoomId, NodeId, Vec<u8>)>,
    /// Who became a member in a group's room, as far as this node knows, or ceased to be one.
    pub(crate) admissions: Vec<(RoomId, NodeId, bool)>,
    /// Until then silence is our own fault: this node was not called for a while.
    pub(crate) stalled_until: Timestamp,
}

impl Shared {
    /// Seals a setup message and puts it into the mailbox of `to`, by its route if that is open, or
    /// through any open server. Says whether there was one.
    pub(crate) fn signal(
        &mut self,
        route: &mut Option<Route>,
        room: RoomId,
        to: NodeId,
        setup: &Setup,
    ) -> bool {
        if *route == Some(Route::Manual) {
            if self.collect(to, setup) {
                return true;
            }
            // It is linked by now; what is left to say goes through any server there may be.
            *route = None;
        }
        let open = |server: &usize| self.servers.get(*server).is_some_and(|s| s.socket().is_some());
        let usual = route.and_then(Route::server);
        let chosen = usual.filter(open).or_else(|| (0..self.servers.len()).find(open));
        let joined = self.rooms.get(&room).map(|room| &room.keys);
        let left = || self.left_rooms.iter().find(|left| left.id == room).map(|left| &left.keys);
        let (Some(index), Some(keys)) = (chosen, joined.or_else(left)) else { return false };
        *route = Some(Route::Server(index));
        let nonce = self.io.random();
        let payload = seal::seal(keys, self.node, to, nonce, &codec::encode(setup));
        let seq = self.io.nonce();
        if let Some(server) = self.servers.get(index) {
            server.transmit(&mut self.io, &ClientFrame::Send { to, seq, payload: &payload });
        }
        true
    }

    /// The ICE servers a new link uses.
    pub(crate) fn ice_servers(&self) -> Vec<IceServer> {
        if let Some(own) = &self.config.ice_servers {
            return own.clone();
        }
        let now = self.io.now;
        let named: Vec<Vec<&IceServer>> =
            self.servers.iter().map(|server| server.ice_servers(now).collect()).collect();
        let longest = named.iter().map(Vec::len).max().unwrap_or(0);
        // In turn, so that no server takes the places of the others.
        let in_turn = (0..longest).flat_map(|rank| named.iter().filter_map(move |it| it.get(rank)));
        let mut all: Vec<IceServer> = Vec::new();
        for server in in_turn {
            if !all.contains(server) && all.len() < limits::ICE_SERVERS_MAX {
                all.push((*server).clone());
            }
        }
        all
    }

    /// How a new connection is made.
    pub(crate) const fn create_action(&self, ice_servers: Vec<IceServer>) -> LinkAction {
        LinkAction::Create { ice_servers, relay_only: self.config.relay_only }
    }

    /// Our own clock: the last reading, counted on.
    pub(crate) fn wall(&self) -> Millis {
        self.clock.at(self.io.now)
    }

    /// Something is odd about what a node sends.
    pub(crate) fn warn(&mut self, code: Code, node: NodeId) {
        self.io.event(Event::Warning { code, node: Some(node) });
    }

    /// Says whether a node may take part in a group's room.
    pub(crate) fn admit(&mut self, room: RoomId, node: NodeId, is_member: bool) {
        self.admissions.push((room, node, is_member));
    }

    /// Whether what a node says in a room, and that it is there, is of any concern.
    pub(crate) fn lets_in(&self, room: RoomId, node: NodeId) -> bool {
        let admitted = self.rooms.get(&room).and_then(|room| room.admitted.as_ref());
        admitted.is_none_or(|admitted| admitted.contains(&node))
    }

    /// Settles one part of what a ticket waits for.
    pub(crate) fn settle(&mut self, ticket: crate::Ticket, result: Result<(), Code>) {
        if let Some(result) = self.tickets.settle(ticket, result) {
            self.io.event(Event::Settled { ticket, result });
        }
    }
}

/// Attempts seen, so that an offer played again is recognised; bounded, oldest forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    order: VecDeque<(NodeId, AttemptId)>,
}

impl Seen {
    pub(crate) fn contains(&self, node: NodeId, attempt: AttemptId) -> bool {
        self.order.contains(&(node, attempt))
    }

    /// Remembers an attempt; says whether it is new.
    pub(crate) fn insert(&mut self, node: NodeId, attempt: AttemptId) -> bool {
        if self.contains(node, attempt) {
            return false;
        }
        self.order.push_back((node, attempt));
        if self.order.len() > limits::ATTEMPTS_REMEMBERED {
            self.order.pop_front();
        }
        true
    }
}
