//! What servers say, and what it means for rooms and remotes.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::setup::Setup;
use lacis_wire::signal::{Refusal, ServerFrame, Undelivered};
use lacis_wire::{AttemptId, Code, NodeId, Topic, codec, limits, seal};

use super::Node;
use crate::connect::{Offer, Seen};
use crate::event::Event;
use crate::ids::{RoomId, SocketId};
use crate::io::Output;
use crate::remote::Remote;
use crate::signaling::{Room, Route, Signaling};
use crate::table::TableExt;

impl Node {
    pub(super) fn on_socket_opened(&mut self, socket: SocketId) {
        self.changes.signaling = true;
        self.changes.connections = true;
        let Some(index) = self.signaling.server_of(socket) else { return };
        let Self { cx, signaling, .. } = self;
        let Signaling { servers, rooms, .. } = signaling;
        let Some(server) = servers.get_mut(index) else { return };
        let renewed = server.on_opened(cx);
        for room in rooms.values().filter(|room| !renewed.contains(&room.keys.topic)) {
            room.announce(cx, index, server);
        }
        self.pool.spares.on_asked(&mut self.cx, &self.signaling);
    }

    pub(super) fn lose_server(&mut self, index: usize, close_code: Option<u16>) {
        if let Some(server) = self.signaling.servers.get_mut(index) {
            server.lose(&mut self.cx, close_code);
            self.forget_server(index);
        }
    }

    pub(super) fn forget_server(&mut self, index: usize) {
        self.changes.signaling = true;
        self.changes.connections = true;
        self.signaling.on_server_lost(&mut self.cx, index);
    }

    pub(super) fn on_socket_frame(&mut self, socket: SocketId, bytes: &[u8]) {
        self.changes.signaling = true;
        self.changes.connections = true;
        let Some(index) = self.signaling.server_of(socket) else { return };
        let now = self.cx.now;
        let frame = codec::decode::<ServerFrame<'_>>(bytes);
        if let Some(server) = self.signaling.servers.get_mut(index) {
            server.on_heard(now);
        }
        match frame {
            Ok(frame) => self.on_server_frame(socket, index, frame),
            Err(_) => self.drop_server(socket, index),
        }
    }

    /// The server breaks the protocol, or speaks another version.
    fn drop_server(&mut self, socket: SocketId, index: usize) {
        self.cx.outputs.push_back(Output::HangUp(socket));
        self.lose_server(index, None);
    }

    fn on_server_frame(&mut self, socket: SocketId, index: usize, frame: ServerFrame<'_>) {
        let Self { cx, signaling, .. } = self;
        let Signaling { servers, rooms, .. } = signaling;
        let Some(server) = servers.get_mut(index) else { return };
        match frame {
            ServerFrame::Welcome { version, ice_servers } => {
                if !server.on_welcome(cx, version, ice_servers) {
                    self.drop_server(socket, index);
                }
            }
            ServerFrame::Joined { topic, members } => {
                server.trouble = None;
                // It may have been withdrawn while the answer was on its way.
                let is_that = |(_, room): &(&RoomId, &Room)| {
                    room.keys.topic == topic && !room.is_quiet && room.servers.contains(&index)
                };
                let room = rooms.iter().find(is_that);
                if let Some(id) = room.map(|(id, _)| *id) {
                    self.on_joined(index, id, members);
                }
            }
            ServerFrame::Deliver { from, payload } => {
                self.on_deliver(Route::Server(index), None, from, payload);
            }
            ServerFrame::Undelivered { to, reason: Undelivered::Unknown, .. } => {
                self.with_remote(to, |remote, env| remote.connection.on_undelivered(env, index));
            }
            ServerFrame::Undelivered { reason, to, .. } => {
                let code = match reason {
                    Undelivered::RateLimited => Code::RateLimited,
                    Undelivered::Full | Undelivered::Unknown => Code::WouldBlock,
                };
                cx.event(Event::Warning { code, node: Some(to) });
            }
            ServerFrame::Refused { reason, topic } => self.on_refused(index, reason, topic),
            ServerFrame::Bye { reason, retry_after_ms } => {
                server.on_bye(reason, Duration::from_millis(u64::from(retry_after_ms)));
            }
            ServerFrame::IceServers { servers, lifetime_ms } => {
                server.on_relays(cx, &servers, lifetime_ms);
            }
            ServerFrame::Resume { token } => {
                let announced = rooms.values().filter(|room| room.is_announced(index));
                server.on_resume(token, announced.map(|room| room.keys.topic).collect());
            }
            ServerFrame::NotResumed {} => {
                for room in rooms.values().filter(|room| !room.is_announced(index)) {
                    room.announce(cx, index, server);
                }
            }
            ServerFrame::Pong { .. } => {}
        }
    }

    /// A server does not take a topic.
    fn on_refused(&mut self, index: usize, reason: Refusal, topic: Topic) {
        let Self { cx, signaling, .. } = self;
        let Signaling { servers, rooms, .. } = signaling;
        let Some(server) = servers.get_mut(index) else { return };
        let code = match reason {
            Refusal::TooManyTopics => Code::TooManyRooms,
            Refusal::ServerFull => Code::ServerFull,
            Refusal::RateLimited => Code::RateLimited,
        };
        server.trouble = Some(code);
        cx.event(Event::Warning { code, node: None });
        for room in rooms.values_mut() {
            if room.keys.topic == topic && !room.is_quiet {
                room.on_refused(cx, index);
            }
        }
        self.signaling.tell_rooms(&mut self.cx);
    }

    fn on_joined(&mut self, index: usize, id: RoomId, nodes: Vec<NodeId>) {
        let Self { cx, signaling, .. } = self;
        let Some(room) = signaling.rooms.get_mut(&id) else { return };
        room.on_joined(cx, index);
        let main = room.main;
        let joining = signaling.rooms.get_mut(&main).and_then(|room| room.joining.take());
        self.signaling.tell_rooms(&mut self.cx);
        if let Some((ticket, _)) = joining {
            self.cx.settle(ticket, Ok(()));
        }
        // Where few are announced, nobody else hears of those.
        let of_all = if nodes.len() < limits::BRIDGES { usize::MAX } else { limits::BRIDGES };
        for node in nodes {
            self.discover(Route::Server(index), id, node);
            let (at, broadcast) = ((self.cx.now, self.cx.me.node), self.broadcasts.get(&main));
            if broadcast.is_some_and(|it| it.is_strange(at, node)) {
                self.bridge(main, node, of_all);
            }
        }
        self.pool.spares.retire_offer(self.cx.now);
    }

    /// A server names a node that is in one of our rooms, or members have told of it.
    pub(super) fn discover(&mut self, route: Route, room: RoomId, node: NodeId) {
        if node == self.cx.me.node || self.closing.is_some() || !self.place_for(node) {
            return;
        }
        let main = self.signaling.main(room);
        let cx = &mut self.cx;
        let remote = self.remotes.entry(node).or_insert_with(|| Remote::new(cx, node));
        let present =
            self.broadcasts.get(&main).is_some_and(|it| it.is_large() && it.is_here(node));
        if present && !remote.present.contains(&main) {
            remote.present.push(main);
        }
        // On a link the other side itself tells which rooms it is in, and at once.
        if !remote.connection.is_linked() {
            remote.rooms.claim(main);
        }
        self.with_remote(node, |remote, env| remote.connection.on_named(env, route, room));
    }

    /// A server delivers a sealed payload, or a neighbor hands one over.
    pub(super) fn on_deliver(
        &mut self,
        route: Route,
        by: Option<NodeId>,
        from: NodeId,
        payload: &[u8],
    ) {
        let me = self.cx.me.node;
        // A server that sends back what we sent.
        if from == me {
            return;
        }
        let mut forged = false;
        let mut opened = None;
        for (&id, room) in &self.signaling.rooms {
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
                self.say_left(route, from, payload);
            }
            return;
        };
        match codec::decode::<Setup>(&plain) {
            Ok(setup) => self.on_setup((route, by), room, from, setup),
            Err(_) => self.cx.event(Event::Warning { code: Code::Protocol, node: Some(from) }),
        }
    }

    /// An offer in a room that was left: who makes it is told, and need not wait.
    fn say_left(&mut self, route: Route, from: NodeId, payload: &[u8]) {
        let me = self.cx.me.node;
        let opened = self.signaling.open_left(from, me, payload);
        if let Some((room, Setup::Offer { attempt, .. })) = opened {
            self.refuse_offer(route, room, from, attempt, Code::Left);
        }
    }

    pub(super) fn refuse_offer(
        &mut self,
        route: Route,
        room: RoomId,
        to: NodeId,
        attempt: AttemptId,
        code: Code,
    ) {
        // What members hand over counts for nothing.
        if route != Route::Mesh {
            let refusal = Setup::Refuse { attempt, code };
            self.signaling.send(&mut self.cx, &mut Some(route), room, to, &refusal);
        }
    }

    /// Somebody changed a sealed message, or seals without the key. An attempt goes on, because
    /// anybody may send garbage in anybody's name; but if it fails, that is why.
    fn on_tampered(&mut self, from: NodeId) {
        let is_news = self.remotes.get_mut(&from).is_none_or(|it| it.connection.on_tampered());
        if is_news {
            self.cx.warn(Code::SignalTampered, from);
        }
    }

    fn on_setup(
        &mut self,
        (route, handed_by): (Route, Option<NodeId>),
        room: RoomId,
        from: NodeId,
        setup: Setup,
    ) {
        let print = Seen::print(&setup);
        let Setup::Offer { attempt, introduction, versions, description, newcomer } = setup else {
            let way = (route, handed_by);
            self.with_remote(from, |remote, env| remote.on_setup(env, way, room, setup));
            return;
        };
        let is_newcomer = newcomer == Some(true);
        let known = self.remotes.contains_key(&from);
        let place = self.signaling.rooms.get(&room);
        if !known && place.is_some_and(|place| !place.hears_all()) {
            // Only whoever remembers us can have come here, or was told by a server that lies.
        } else if self.closing.is_some() {
            self.refuse_offer(route, room, from, attempt, Code::Closed);
        } else {
            let offer = Offer {
                room,
                route,
                handed_by,
                print,
                attempt,
                introduction,
                versions,
                description,
                is_newcomer,
                by: None,
            };
            self.on_offer(from, offer);
        }
    }
}
