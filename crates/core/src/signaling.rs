//! How nodes that are not linked yet reach each other: servers, the rooms that are announced there,
//! and texts that people carry.

mod goodbye;
mod pairing;
mod places;
mod room;
mod route;
mod server;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, IceServer};
use lacis_wire::{NodeId, Topic, codec, limits, seal};

use crate::cx::Cx;
use crate::event::{Event, ServerState};
use crate::ids::{RoomId, SocketId, Ticket};
use crate::table::{Table, TableExt};
use crate::time::Timestamp;

pub(crate) use pairing::Pairing;
use room::Left;
pub(crate) use room::Room;
pub use route::Route;
pub(crate) use server::Server;

/// Servers, rooms and pairings.
#[derive(Debug)]
pub(crate) struct Signaling {
    pub(crate) servers: Vec<Server>,
    /// At most 256: as many as a node may be in, and of each group the topics where its members
    /// meet now and met before.
    pub(crate) rooms: Table<RoomId, Room>,
    /// Rooms that were left lately, at most as many as there may be.
    left: VecDeque<Left>,
    /// Links that are set up by hand.
    pairings: Vec<Pairing>,
    /// The rooms, as the application knows them, in which there are links over which members hand
    /// on what no server takes; at most [`limits::ROOMS_MAX`].
    pub(crate) carries: Vec<RoomId>,
    /// Sealed setup messages for members to hand on: whom each is for, and the room.
    pub(crate) carried: Vec<(RoomId, NodeId, Vec<u8>)>,
    /// Whether a server is open, as it was told last; of a node that is closed nothing is told.
    pub(crate) online: Option<bool>,
}

const _: () = assert!(limits::ROOMS_MAX * (limits::OLD_TOPICS_MAX + 3) <= 256);

impl Signaling {
    /// Begins to dial the servers of the configuration.
    pub(crate) fn new(cx: &mut Cx) -> Self {
        let urls = cx.config.servers.clone();
        let servers = urls.into_iter().map(|url| Server::new(cx, url)).collect();
        Self {
            servers,
            rooms: Table::new(),
            left: VecDeque::new(),
            pairings: Vec::new(),
            carries: Vec::new(),
            carried: Vec::new(),
            online: None,
        }
    }

    /// Seals a setup message and puts it into the mailbox of `to`, by its route if that is open, or
    /// through any open server of the room, or else leaves it to members. Says whether there was a
    /// way.
    pub(crate) fn send(
        &mut self,
        cx: &mut Cx,
        route: &mut Option<Route>,
        room: RoomId,
        to: NodeId,
        setup: &Setup,
    ) -> bool {
        if *route == Some(Route::Manual) {
            if self.collect(cx.now, to, setup) {
                return true;
            }
            // It is linked by now; what is left to say goes through any server of the room.
            *route = None;
        }
        let joined = self.rooms.get(&room).map(|room| &room.keys);
        let left = || self.left.iter().find(|left| left.id == room).map(|left| &left.keys);
        let (Some(way), Some(keys)) = (self.way(*route, room), joined.or_else(left)) else {
            return false;
        };
        *route = Some(way);
        let nonce = cx.random();
        let payload = seal::seal(keys, cx.me.node, to, nonce, &codec::encode(setup));
        match way.server().and_then(|index| self.servers.get(index)) {
            Some(server) => {
                let seq = cx.nonce();
                server.transmit(cx, &ClientFrame::Send { to, seq, payload: &payload });
            }
            None => self.carried.push((room, to, payload)),
        }
        true
    }

    /// The way that is open now for what went one way so far. No server but those of the room
    /// learns that two of it talk.
    fn way(&self, route: Option<Route>, room: RoomId) -> Option<Route> {
        let members = self.members_of(room);
        if route == Some(Route::Mesh) && members.is_some() {
            return members;
        }
        let open = |index: &usize| self.servers.get(*index).is_some_and(|s| s.socket().is_some());
        let places = self.places_of(room);
        let usual = route.and_then(Route::server).filter(|index| places.contains(index));
        let chosen = usual.filter(open).or_else(|| places.iter().copied().find(open));
        chosen.map(Route::Server).or(members)
    }

    /// The servers of a room, those where it meets now first; also of one that was left lately.
    fn places_of(&self, room: RoomId) -> &[usize] {
        let left = || self.left.iter().find(|left| left.id == room).map(|left| &left.servers);
        self.rooms.get(&room).map(|room| &room.servers).or_else(left).map_or(&[], Vec::as_slice)
    }

    /// The way over members, if there are any in that room.
    pub(crate) fn members_of(&self, room: RoomId) -> Option<Route> {
        self.carries.contains(&self.main(room)).then_some(Route::Mesh)
    }

    /// Whether somebody in a room can be reached now.
    pub(crate) fn reaches(&self, room: RoomId) -> bool {
        self.way(None, room).is_some()
    }

    /// Whether every server where a room meets now is one of these.
    pub(crate) fn are_all(&self, room: Option<RoomId>, known: &[usize]) -> bool {
        let Some(room) = room.and_then(|id| self.rooms.get(&id)) else { return false };
        room.servers.iter().take(room.current).all(|index| known.contains(index))
    }

    /// The ICE servers a new link uses.
    pub(crate) fn ice_servers(&self, cx: &Cx) -> Vec<IceServer> {
        if let Some(own) = &cx.config.ice_servers {
            return own.clone();
        }
        let now = cx.now;
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

    /// An open server at which a room meets, beside these.
    pub(crate) fn open_beside(&self, room: Option<RoomId>, known: &[usize]) -> Option<usize> {
        let open = |index: &usize| self.servers.get(*index).is_some_and(|s| s.socket().is_some());
        let mut places = self.places_of(room?).iter().copied();
        places.find(|index| open(index) && !known.contains(index))
    }

    /// Whether a relay is among the ICE servers.
    pub(crate) fn knows_relays(&self, cx: &Cx) -> bool {
        let mut servers = self.ice_servers(cx).into_iter();
        servers.any(|server| server.urls.iter().any(|url| url.starts_with("turn")))
    }

    /// The server whose session a socket is.
    pub(crate) fn server_of(&self, socket: SocketId) -> Option<usize> {
        self.servers.iter().position(|server| server.owns(socket))
    }

    /// Whether any server can be reached, or members may.
    pub(crate) fn is_reachable(&self) -> bool {
        !self.carries.is_empty() || self.servers.iter().any(|server| server.socket().is_some())
    }

    /// The room in which something is sealed, as the application knows it.
    pub(crate) fn room_of(&self, sealed: &[u8]) -> Option<RoomId> {
        let is_that = |(_, room): &(&RoomId, &Room)| seal::matches_topic(sealed, &room.keys.topic);
        self.rooms.iter().find(is_that).map(|(_, room)| room.main)
    }

    /// A session with a server is over.
    pub(crate) fn on_server_lost(&mut self, cx: &mut Cx, index: usize) {
        self.rooms.values_mut().for_each(|room| room.on_server_lost(index));
        self.tell_rooms(cx);
    }

    /// Forgets that a room was left, because it is joined again.
    pub(crate) fn rejoin(&mut self, keys: &lacis_wire::room::RoomKeys) {
        self.left.retain(|left| left.keys != *keys);
    }

    /// Leaves a room; gives the join that waited for an answer, if there was one.
    pub(crate) fn drop_room(
        &mut self,
        cx: &mut Cx,
        id: RoomId,
    ) -> Option<Option<(Ticket, Timestamp)>> {
        let mut room = self.rooms.remove(&id)?;
        room.withdraw(cx, &mut self.servers);
        let now = cx.now;
        self.left.retain(|left| now < left.until);
        if self.left.len() >= limits::ROOMS_MAX {
            self.left.pop_front();
        }
        let until = now + limits::ATTEMPT_DEADLINE_MAX;
        self.left.push_back(Left { id, keys: room.keys, servers: room.servers, until });
        Some(room.joining)
    }

    /// Opens an offer in a room that was left lately: who makes it is told, and need not wait.
    pub(crate) fn open_left(
        &self,
        from: NodeId,
        me: NodeId,
        payload: &[u8],
    ) -> Option<(RoomId, Setup)> {
        self.left.iter().find_map(|left| {
            let plain = seal::open(&left.keys, from, me, payload).ok()?;
            Some((left.id, codec::decode::<Setup>(&plain).ok()?))
        })
    }

    /// The room that the application knows, of one that may stand behind it.
    pub(crate) fn main(&self, room: RoomId) -> RoomId {
        self.rooms.get(&room).map_or(room, |known| known.main)
    }

    /// The topic of a room, or of one behind it.
    pub(crate) fn topic(&self, room: RoomId) -> Topic {
        self.rooms.get(&room).map_or(Topic([0; 32]), |known| known.keys.topic)
    }

    /// The rooms that the application knows.
    pub(crate) fn main_rooms(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.rooms.iter().filter(|(id, room)| room.main == **id).map(|(id, room)| (*id, room))
    }

    /// Whether what a node says in a room, and that it is there, is of any concern.
    pub(crate) fn lets_in(&self, room: RoomId, node: NodeId) -> bool {
        let admitted = self.rooms.get(&room).and_then(|room| room.admitted.as_ref());
        admitted.is_none_or(|admitted| admitted.contains(&node))
    }

    /// Whether a room is that of a group of which this node is no member yet, or no longer.
    pub(crate) fn is_newcomer(&self, room: RoomId) -> bool {
        self.rooms.get(&self.main(room)).is_some_and(|room| room.is_newcomer)
    }

    /// Whether a room is a group's.
    pub(crate) fn is_of_group(&self, room: RoomId) -> bool {
        self.rooms.get(&room).is_some_and(|room| room.admitted.is_some())
    }

    /// Tells whether any server is open, if that is news.
    pub(crate) fn tell_online(&mut self, cx: &mut Cx) {
        let mut online = self.online.map(|_| false);
        for server in &self.servers {
            match server.state() {
                ServerState::Open => online = Some(true),
                ServerState::Waiting => online = online.or(Some(false)),
                ServerState::Dialing | ServerState::Closed => {}
            }
        }
        if self.online != online {
            self.online = online;
            let online = online == Some(true);
            cx.event(Event::Online { online });
        }
    }

    /// Tells the application which rooms are open now, and which are not any more.
    pub(crate) fn tell_rooms(&mut self, cx: &mut Cx) {
        self.tell_online(cx);
        let mut open = Vec::new();
        for room in self.rooms.values() {
            if room.is_open(&self.servers) {
                open.push(room.main);
            }
        }
        for (id, room) in &mut self.rooms {
            let is_open = open.contains(&room.main);
            if room.set_state(is_open) && room.main == *id {
                cx.event(Event::Room { room: *id, state: room.state() });
            }
        }
    }
}
