//! The node: it owns servers, rooms and remotes, routes what comes in, and says what it wants done.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use chacha20::ChaCha20Rng;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{Refusal, ServerFrame, Undelivered};
use lacis_wire::{AttemptId, Code, Millis, NodeId, PeerId, codec, limits, proof, seal};
use rand_core::{Rng, SeedableRng};

use crate::attempt::Answer;
use crate::closing::Closing;
use crate::config::{Config, ConfigError};
use crate::groups::Groups;
use crate::io::{Event, Input, LinkAction, LinkId, LinkInput, Output, RoomId, SocketId};
use crate::offers::{Offer, Place};
use crate::patience::Patience;
use crate::remote::{Remote, Standing};
use crate::room::{LeftRooms, Room};
use crate::route::Route;
use crate::server::Server;
use crate::shared::{Io, Seen, Shared};
use crate::start::Starting;
use crate::store::Vault;
use crate::table::{Table, TableExt};
use crate::tickets::Tickets;
use crate::time::{Earliest, Timer, Timestamp};
use crate::wall::WallClock;

/// One running instance of a peer.
#[derive(Debug)]
pub struct Node {
    pub(crate) shared: Shared,
    pub(crate) remotes: Table<NodeId, Remote>,
    pub(crate) closing: Option<Closing>,
    pub(crate) groups: Groups,
    /// When the driver was last asked to call, to notice that it came late.
    promised: Option<Timestamp>,
}

impl Node {
    /// Makes a node and begins to dial its servers. `seed` is its only randomness and must be fresh
    /// and secret; `now` is its only time.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn new(config: Config, seed: [u8; 32], now: Timestamp) -> Result<Self, ConfigError> {
        config.check()?;
        let mut rng = ChaCha20Rng::from_seed(seed);
        let key = proof::signing_key(&config.identity);
        let peer = proof::peer_id(&key);
        let vault = Vault::new(&config.identity);
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let mut io = Io::new(now, rng);
        let clock = WallClock::new(now, config.wall);
        let servers = config.servers.iter().map(|url| Server::new(&mut io, url.clone())).collect();
        let starting = match config.store {
            true => Starting::begin(&mut io, &peer),
            false => Starting::Unknown,
        };
        let shared = Shared {
            io,
            config,
            key,
            peer,
            node: NodeId::derive(&peer, &salt),
            salt,
            servers,
            rooms: Table::new(),
            left_rooms: LeftRooms::default(),
            tickets: Tickets::default(),
            seen: Seen::default(),
            patience: Patience::default(),
            starting,
            started: Vec::new(),
            pairings: Vec::new(),
            spare: None,
            spare_due: None,
            vault,
            clock,
            suspended_at: None,
            link_lost: false,
            group_frames: Vec::new(),
            admissions: Vec::new(),
            stalled_until: Timestamp::ZERO,
        };
        let groups = Groups::default();
        Ok(Self { shared, remotes: Table::new(), closing: None, groups, promised: None })
    }

    /// The identity.
    #[must_use]
    pub const fn peer_id(&self) -> PeerId {
        self.shared.peer
    }

    /// This running instance.
    #[must_use]
    pub const fn node_id(&self) -> NodeId {
        self.shared.node
    }

    /// The time of day, counted on from when it was read last.
    #[must_use]
    pub fn wall(&self) -> Millis {
        self.shared.wall()
    }

    /// Takes what happened. Never fails: hostile bytes end as an [`Output`].
    pub fn handle_input(&mut self, now: Timestamp, input: Input<'_>) {
        self.set_time(now);
        match input {
            Input::SocketOpened(socket) => self.on_socket_opened(socket),
            Input::SocketFrame(socket, bytes) => self.on_socket_frame(socket, &bytes),
            Input::SocketClosed(socket, code) => {
                if let Some(index) = self.server_of(socket) {
                    self.lose_server(index, code);
                }
            }
            Input::Link(id, input) => self.on_link(id, input),
            Input::Store(op, reply) => self.on_store(op, reply),
            // Most readings are what was expected, and cost next to nothing.
            Input::Wall(reading) if !self.on_wall(reading) => return,
            Input::Wall(_) => {}
        }
        self.bound_orphans();
        self.dial_remotes();
        self.tend_groups();
        self.closing_progress();
        self.shared.write_pairings();
        self.shared.renew_spare();
    }

    /// Does what is due. Early or repeated calls do nothing. A driver hands in [`Input::Wall`]
    /// before it calls this.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if let Some(promised) = self.promised
            && now.since(promised) > limits::STALL
        {
            self.shared.stalled_until = now + limits::STALL_GRACE;
        }
        self.set_time(now);
        self.shared.clock.on_timeout(now);
        for index in 0..self.shared.servers.len() {
            let Some(server) = self.shared.servers.get_mut(index) else { break };
            if server.on_timeout(&mut self.shared.io) {
                self.forget_server(index);
            }
        }
        self.rooms_timeout();
        self.groups_timeout();
        for node in self.remotes.keys().copied().collect::<Vec<_>>() {
            self.with_remote(node, Remote::on_timeout);
        }
        self.end_strangers();
        self.dial_remotes();
        self.tend_groups();
        self.shared.write_pairings();
        self.shared.renew_spare();
        self.closing_timeout();
    }

    /// The next thing to do. Drain this to `None` after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.shared.io.outputs.pop_front()?;
        if let Output::Link(id, LinkAction::Send(channel, bytes)) = &output {
            let mut remotes = self.remotes.values_mut();
            if let Some(link) = remotes.find_map(|remote| remote.slot(*id)) {
                link.on_taken(*channel, bytes.len());
            }
        }
        Some(output)
    }

    /// When to call [`Node::handle_timeout`] next, and why.
    pub fn poll_timeout(&mut self) -> Option<(Timestamp, Timer)> {
        let mut earliest = Earliest::default();
        for server in &self.shared.servers {
            server.deadlines(&mut earliest);
        }
        // Of a node that is suspended they stand still.
        let rooms = self.shared.rooms.values().filter(|_| self.shared.suspended_at.is_none());
        rooms.for_each(|room| room.deadlines(&mut earliest));
        let may_dial = self.may_dial();
        for remote in self.remotes.values() {
            remote.deadlines(&mut earliest);
            if may_dial && remote.wants_link() {
                earliest.see(remote.want, Timer::Retry);
            }
        }
        for group in self.groups.open.values() {
            group.deadlines(&self.shared, &mut earliest);
        }
        self.shared.pairing_deadlines(&mut earliest);
        earliest.see(self.shared.spare_deadline(), Timer::Spare);
        self.stranger_deadlines(&mut earliest);
        match &self.closing {
            Some(closing) => earliest.see(Some(closing.deadline), Timer::Close),
            None => earliest.see(Some(self.shared.clock.due()), Timer::Wall),
        }
        self.promised = earliest.get().map(|(at, _)| at);
        earliest.get()
    }

    pub(crate) fn set_time(&mut self, now: Timestamp) {
        self.shared.io.now = self.shared.io.now.max(now);
    }

    /// Takes a reading of the clock on the wall; says whether it is a jump.
    fn on_wall(&mut self, reading: Millis) -> bool {
        let jump = self.shared.clock.read(self.shared.io.now, reading);
        if let Some(expected) = jump {
            self.on_wall_jump(expected, reading);
        }
        jump.is_some()
    }

    /// The time of day is not what it should be by the monotonic clock: the machine slept, or
    /// somebody set its clock. Everything that waits for a time of day is looked at anew.
    fn on_wall_jump(&mut self, expected: Millis, reading: Millis) {
        let slept = Duration::from_millis(reading.0.saturating_sub(expected.0));
        if slept > limits::STALL {
            // After a sleep nothing that was open can be believed to be so.
            self.shared.stalled_until = self.shared.io.now + limits::STALL_GRACE;
            self.check_all();
        }
        for group in self.groups.open.values_mut() {
            group.wall_jumped(&mut self.shared);
        }
        self.groups_timeout();
    }

    /// Lets a remote act, and forgets it if it is gone after that.
    pub(crate) fn with_remote<T>(
        &mut self,
        node: NodeId,
        act: impl FnOnce(&mut Remote, &mut Shared) -> T,
    ) -> Option<T> {
        let remote = self.remotes.get_mut(&node)?;
        let result = act(remote, &mut self.shared);
        if let Some(code) = remote.gone
            && let Some(mut remote) = self.remotes.remove(&node)
        {
            remote.dissolve(&mut self.shared, code);
        }
        Some(result)
    }

    fn on_link(&mut self, id: LinkId, input: LinkInput<'_>) {
        if self.shared.on_spare_input(id, &input) {
            return;
        }
        let found = self.remotes.iter().find(|(_, remote)| remote.owns(id));
        if let Some(node) = found.map(|(node, _)| *node) {
            self.with_remote(node, |remote, shared| remote.on_link_input(shared, id, input));
            self.end_earlier_starts();
        }
        self.closing_progress();
    }

    /// Remotes whose link is lost may be more than there are links: what they all have begun to
    /// send is bounded together.
    fn bound_orphans(&mut self) {
        if !core::mem::take(&mut self.shared.link_lost) {
            return;
        }
        let orphans = self.remotes.iter().filter(|(_, remote)| remote.link.is_none());
        let mut orphans: Vec<_> = orphans
            .map(|(node, remote)| (remote.lost_at, *node, remote.streams.gathered()))
            .filter(|(_, _, bytes)| *bytes > 0)
            .collect();
        let mut bytes: usize = orphans.iter().map(|(_, _, bytes)| bytes).sum();
        while bytes > limits::ORPHAN_BYTES {
            let Some(first) = (0..orphans.len()).min_by_key(|at| orphans.get(*at)) else { break };
            let (_, node, freed) = orphans.swap_remove(first);
            bytes -= freed;
            self.with_remote(node, |remote, shared| remote.streams.end_messages(shared));
        }
    }

    fn server_of(&self, socket: SocketId) -> Option<usize> {
        self.shared.servers.iter().position(|server| server.owns(socket))
    }

    fn on_socket_opened(&mut self, socket: SocketId) {
        let Some(index) = self.server_of(socket) else { return };
        let Shared { servers, rooms, io, node, .. } = &mut self.shared;
        let Some(server) = servers.get_mut(index) else { return };
        let renewed = server.on_opened(io, *node);
        for room in rooms.values().filter(|room| !renewed.contains(&room.keys.topic)) {
            room.announce(io, index, server);
        }
    }

    fn lose_server(&mut self, index: usize, close_code: Option<u16>) {
        if let Some(server) = self.shared.servers.get_mut(index) {
            server.lose(&mut self.shared.io, close_code);
            self.forget_server(index);
        }
    }

    fn forget_server(&mut self, index: usize) {
        let rooms = &mut self.shared.rooms;
        rooms.values_mut().for_each(|room| room.on_server_lost(index));
        self.shared.tell_rooms();
    }

    fn on_socket_frame(&mut self, socket: SocketId, bytes: &[u8]) {
        let Some(index) = self.server_of(socket) else { return };
        let now = self.shared.io.now;
        let frame = codec::decode::<ServerFrame<'_>>(bytes);
        if let Some(server) = self.shared.servers.get_mut(index) {
            server.on_heard(now);
        }
        match frame {
            Ok(frame) => self.on_server_frame(socket, index, frame),
            Err(_) => self.drop_server(socket, index),
        }
    }

    /// The server breaks the protocol, or speaks another version.
    fn drop_server(&mut self, socket: SocketId, index: usize) {
        self.shared.io.outputs.push_back(Output::HangUp(socket));
        self.lose_server(index, None);
    }

    fn on_server_frame(&mut self, socket: SocketId, index: usize, frame: ServerFrame<'_>) {
        let Shared { servers, rooms, io, .. } = &mut self.shared;
        let Some(server) = servers.get_mut(index) else { return };
        match frame {
            ServerFrame::Welcome { version, ice_servers } => {
                if !server.on_welcome(io, version, ice_servers) {
                    self.drop_server(socket, index);
                }
            }
            ServerFrame::Joined { topic, members } => {
                server.trouble = None;
                // It may have been withdrawn while the answer was on its way.
                let is_that =
                    |(_, room): &(&RoomId, &Room)| room.keys.topic == topic && !room.is_quiet;
                let room = rooms.iter().find(is_that);
                if let Some(id) = room.map(|(id, _)| *id) {
                    self.on_joined(index, id, members);
                }
            }
            ServerFrame::Deliver { from, payload } => self.on_deliver(index, from, payload),
            ServerFrame::Undelivered { to, reason: Undelivered::Unknown, .. } => {
                self.with_remote(to, Remote::on_undelivered);
            }
            ServerFrame::Undelivered { reason, to, .. } => {
                let code = match reason {
                    Undelivered::RateLimited => Code::RateLimited,
                    Undelivered::Full | Undelivered::Unknown => Code::WouldBlock,
                };
                io.event(Event::Warning { code, node: Some(to) });
            }
            ServerFrame::Refused { reason, topic } => {
                let code = match reason {
                    Refusal::TooManyTopics => Code::TooManyRooms,
                    Refusal::ServerFull => Code::ServerFull,
                    Refusal::RateLimited => Code::RateLimited,
                };
                server.trouble = Some(code);
                io.event(Event::Warning { code, node: None });
                for room in rooms.values_mut() {
                    if room.keys.topic == topic && !room.is_quiet {
                        room.on_refused(io, index);
                    }
                }
                self.shared.tell_rooms();
            }
            ServerFrame::Bye { reason, retry_after_ms } => {
                server.on_bye(reason, Duration::from_millis(u64::from(retry_after_ms)));
            }
            ServerFrame::IceServers { servers, lifetime_ms } => {
                server.on_relays(io, &servers, lifetime_ms);
            }
            ServerFrame::Resume { token } => {
                let announced = rooms.values().filter(|room| room.is_announced(index));
                server.on_resume(token, announced.map(|room| room.keys.topic).collect());
            }
            ServerFrame::NotResumed {} => {
                for room in rooms.values().filter(|room| !room.is_announced(index)) {
                    room.announce(io, index, server);
                }
            }
            ServerFrame::Pong { .. } => {}
        }
    }

    fn on_joined(&mut self, index: usize, id: RoomId, nodes: Vec<NodeId>) {
        let Shared { rooms, io, .. } = &mut self.shared;
        let Some(room) = rooms.get_mut(&id) else { return };
        room.on_joined(io, index);
        let main = room.main;
        let joining = rooms.get_mut(&main).and_then(|room| room.joining.take());
        self.shared.tell_rooms();
        if let Some((ticket, _)) = joining {
            self.shared.settle(ticket, Ok(()));
        }
        for node in nodes {
            self.discover(index, id, node);
        }
        self.shared.retire_offer();
    }

    /// A server names a node that is in one of our rooms.
    fn discover(&mut self, index: usize, room: RoomId, node: NodeId) {
        if node == self.shared.node || self.closing.is_some() || !self.place_for(node) {
            return;
        }
        let shared = &mut self.shared;
        let main = shared.main(room);
        let remote = self.remotes.entry(node).or_insert_with(|| Remote::new(shared, node));
        // On a link the other side itself tells which rooms it is in, and at once.
        if remote.link.is_none() {
            remote.rooms.entry(main).or_insert(Standing::Named);
            (remote.route, remote.met) = (Some(Route::Server(index)), Some(room));
        }
        remote.absent = false;
        if remote.link.is_none() && remote.attempts.is_empty() {
            let now = shared.io.now;
            remote.want = Some(remote.want.map_or(now, |at| at.min(now)));
        }
    }

    fn on_deliver(&mut self, index: usize, from: NodeId, payload: &[u8]) {
        let me = self.shared.node;
        // A server that sends back what we sent.
        if from == me {
            return;
        }
        let mut forged = false;
        let mut opened = None;
        for (&id, room) in &self.shared.rooms {
            if seal::matches_topic(payload, &room.keys.topic) {
                match seal::open(&room.keys, from, me, payload) {
                    Ok(plain) => opened = Some((id, plain)),
                    Err(_) => forged = true,
                }
            }
        }
        let Some((room, plain)) = opened else {
            if forged {
                self.on_tampered(from);
            } else {
                self.say_left(index, from, payload);
            }
            return;
        };
        match codec::decode::<Setup>(&plain) {
            Ok(setup) => self.on_setup(Route::Server(index), room, from, setup),
            Err(_) => {
                self.shared.io.event(Event::Warning { code: Code::Protocol, node: Some(from) })
            }
        }
    }

    /// An offer in a room that was left: who makes it is told, and need not wait.
    fn say_left(&mut self, index: usize, from: NodeId, payload: &[u8]) {
        let me = self.shared.node;
        let opened = self.shared.left_rooms.iter().find_map(|left| {
            let plain = seal::open(&left.keys, from, me, payload).ok()?;
            Some((left.id, codec::decode::<Setup>(&plain).ok()?))
        });
        if let Some((room, Setup::Offer { attempt, .. })) = opened {
            self.refuse_offer(Route::Server(index), room, from, attempt, Code::Left);
        }
    }

    fn refuse_offer(
        &mut self,
        route: Route,
        room: RoomId,
        to: NodeId,
        attempt: AttemptId,
        code: Code,
    ) {
        let refusal = Setup::Refuse { attempt, code };
        self.shared.signal(&mut Some(route), room, to, &refusal);
    }

    /// Somebody changed a sealed message, or seals without the key. An attempt goes on, because
    /// anybody may send garbage in anybody's name; but if it fails, that is why.
    fn on_tampered(&mut self, from: NodeId) {
        if let Some(remote) = self.remotes.get_mut(&from) {
            if remote.tampered {
                return;
            }
            remote.tampered = true;
        }
        self.shared.io.event(Event::Warning { code: Code::SignalTampered, node: Some(from) });
    }

    fn on_setup(&mut self, route: Route, room: RoomId, from: NodeId, setup: Setup) {
        if let Setup::Offer { attempt, introduction, versions, description } = setup {
            let known = self.remotes.contains_key(&from);
            let place = self.shared.rooms.get(&room);
            if !known && place.is_some_and(|place| !place.hears_all()) {
                // Only whoever remembers us can have come here, or was told by a server that lies.
            } else if self.closing.is_some() {
                self.refuse_offer(route, room, from, attempt, Code::Closed);
            } else if self.place_for(from) {
                if !self.is_known(from) {
                    self.make_place();
                }
                let place = Place { is_busy: self.is_busy(), is_crowded: self.is_crowded() };
                let shared = &mut self.shared;
                self.remotes.entry(from).or_insert_with(|| Remote::new(shared, from));
                let offer = Offer { room, route, attempt, introduction, versions, description };
                self.with_remote(from, |remote, shared| {
                    remote.on_offer(shared, offer, place);
                    remote.forget_if_idle();
                });
            }
            return;
        }
        self.with_remote(from, |remote, shared| {
            if !remote.speaks_in(shared, setup.attempt(), room) {
                return;
            }
            match setup {
                Setup::Offer { .. } => {}
                Setup::Answer { attempt, introduction, version, description, signature } => {
                    let answer = Answer { attempt, introduction, version, description, signature };
                    remote.on_answer(shared, &answer, Some(route));
                }
                Setup::Candidates { attempt, list } => remote.on_candidates(shared, attempt, list),
                Setup::Restart { attempt, round, description } => {
                    remote.on_restart(shared, attempt, round, &description);
                }
                Setup::Restarted { attempt, round, description } => {
                    remote.on_restarted(shared, attempt, round, &description);
                }
                Setup::RestartWanted { attempt } => remote.on_restart_wanted(shared, attempt),
                Setup::Refuse { attempt, code } => remote.on_refuse(shared, attempt, code),
            }
        });
    }

    /// Whether there is a connection with that node, or one is being made.
    fn is_known(&self, node: NodeId) -> bool {
        let remote = self.remotes.get(&node);
        remote.is_some_and(|remote| remote.link.is_some() || !remote.attempts.is_empty())
    }

    fn connections(&self) -> (usize, usize) {
        let links = self.remotes.values().filter(|remote| remote.link.is_some()).count();
        let attempts = self.remotes.values().filter(|remote| !remote.attempts.is_empty()).count();
        (links, attempts)
    }

    /// Whether there is no place for a connection that somebody else wants. Attempts of others may
    /// exceed [`limits::ATTEMPTS_MAX`]: when a room meets all at once, refusing them would only
    /// delay what comes anyway.
    pub(crate) fn is_busy(&self) -> bool {
        let (links, attempts) = self.connections();
        links + attempts >= limits::LINKS_MAX
    }

    /// Whether there are as many attempts beside others as there may be.
    fn is_crowded(&self) -> bool {
        let beside = self.remotes.values().map(|remote| remote.attempts.len().saturating_sub(1));
        beside.sum::<usize>() >= limits::ATTEMPTS_BESIDE_MAX
    }

    fn may_dial(&self) -> bool {
        let (_, attempts) = self.connections();
        let served = self.shared.servers.iter().any(|server| server.socket().is_some());
        served && attempts < limits::ATTEMPTS_MAX && self.has_place() && self.closing.is_none()
    }

    /// Offers links to remotes that want one, as far as there is place.
    pub(crate) fn dial_remotes(&mut self) {
        let now = self.shared.io.now;
        let mut ready: VecDeque<NodeId> = self
            .remotes
            .values()
            .filter(|remote| remote.wants_link() && remote.want.is_some_and(|at| now >= at))
            .map(|remote| remote.node)
            .collect();
        while self.may_dial() {
            let Some(node) = ready.pop_front() else { break };
            self.make_place();
            self.with_remote(node, Remote::offer);
        }
    }
}
