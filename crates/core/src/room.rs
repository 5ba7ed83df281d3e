//! A room this node joined: its keys, and which servers know that we are in it.
//!
//! A group is one room to the application, and to those who are linked: that of its door. Where its
//! members meet is a room behind that one, which is announced and seals, and no more (`places.rs`).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::room::RoomKeys;
use lacis_wire::signal::ClientFrame;
use lacis_wire::{NodeId, PeerId, limits};

use crate::io::{Event, RoomId, RoomState, Ticket};
use crate::server::Server;
use crate::shared::{Io, Shared};
use crate::table::Table;
use crate::time::{Earliest, Timer, Timestamp};

/// A room this node joined.
#[derive(Debug)]
pub(crate) struct Room {
    /// The one that the application knows: itself, or that of the group whose members meet here.
    pub(crate) main: RoomId,
    pub(crate) keys: RoomKeys,
    /// Whether it is not announced.
    pub(crate) is_quiet: bool,
    /// Since it is not: until when those may offer in it whom we do not know.
    pub(crate) until: Option<Timestamp>,
    /// Where members of this room meet, as indices of the node's servers.
    pub(crate) servers: Vec<usize>,
    /// When each of those servers last answered a join.
    announced: Table<usize, Timestamp>,
    /// Servers that refused it: how often in a row, and when they are asked again.
    refused: Table<usize, (u32, Timestamp)>,
    /// Of one behind another that one's.
    state: RoomState,
    /// Of a group's room: those who have shown that they are members.
    pub(crate) admitted: Option<Vec<NodeId>>,
    /// Of a group's room: those who were shut out. They are not told that we are there.
    pub(crate) barred: Vec<PeerId>,
    /// The join that waits for the first answer, and until when.
    pub(crate) joining: Option<(Ticket, Timestamp)>,
}

/// A room that was left lately: who does not know that yet is told.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) id: RoomId,
    pub(crate) keys: RoomKeys,
    /// Until then an offer may be on its way.
    until: Timestamp,
}

/// The rooms that were left lately, at most as many as there may be.
#[derive(Debug, Default)]
pub(crate) struct LeftRooms(VecDeque<Left>);

impl LeftRooms {
    /// Remembers a room; one that was left long ago makes place.
    pub(crate) fn insert(&mut self, now: Timestamp, id: RoomId, keys: RoomKeys) {
        self.0.retain(|left| now < left.until);
        if self.0.len() >= limits::ROOMS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Left { id, keys, until: now + limits::ATTEMPT_DEADLINE_MAX });
    }

    /// Forgets a room, because it is joined again.
    pub(crate) fn remove(&mut self, keys: &RoomKeys) {
        self.0.retain(|left| left.keys != *keys);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Left> {
        self.0.iter()
    }
}

impl Room {
    pub(crate) fn new(main: RoomId, keys: RoomKeys, servers: Vec<usize>) -> Self {
        let state = RoomState::Connecting;
        Self {
            main,
            keys,
            is_quiet: false,
            until: None,
            servers,
            announced: Table::new(),
            refused: Table::new(),
            state,
            admitted: None,
            barred: Vec::new(),
            joining: None,
        }
    }

    /// The topic of a group, behind its door; it is not announced yet.
    pub(crate) fn behind(&self, keys: RoomKeys) -> Self {
        let (is_quiet, state) = (true, self.state);
        Self { is_quiet, state, ..Self::new(self.main, keys, self.servers.clone()) }
    }

    /// Announces the room at one server and asks who else is there.
    pub(crate) fn announce(&self, io: &mut Io, index: usize, server: &Server) {
        if self.servers.contains(&index) && !self.is_quiet {
            let want = u8::try_from(limits::SAMPLE_MAX).unwrap_or(u8::MAX);
            server.transmit(io, &ClientFrame::Join { topic: self.keys.topic, want });
        }
    }

    /// Announces the room wherever its members meet.
    pub(crate) fn announce_all(&self, io: &mut Io, servers: &[Server]) {
        for (index, server) in servers.iter().enumerate() {
            self.announce(io, index, server);
        }
    }

    /// Takes it back that we are in it.
    pub(crate) fn withdraw(&mut self, io: &mut Io, servers: &mut [Server]) {
        if self.is_quiet {
            return;
        }
        for server in servers {
            server.leave(io, self.keys.topic);
        }
        self.is_quiet = true;
        (self.announced, self.refused) = (Table::new(), Table::new());
    }

    /// Announces it, or no longer.
    pub(crate) fn set_quiet(&mut self, io: &mut Io, servers: &mut [Server], is_quiet: bool) {
        if is_quiet {
            self.withdraw(io, servers);
            self.until = Some(io.now + limits::TOPIC_GRACE);
        } else {
            (self.is_quiet, self.until) = (false, None);
            self.announce_all(io, servers);
        }
    }

    /// Whether somebody may have heard at a server that we are in it.
    pub(crate) fn hears_all(&self) -> bool {
        !self.is_quiet || self.until.is_some()
    }

    /// Whether a server says that we are in it.
    pub(crate) fn is_announced(&self, index: usize) -> bool {
        self.announced.contains_key(&index)
    }

    /// A server answered.
    pub(crate) fn on_joined(&mut self, io: &Io, index: usize) {
        self.announced.insert(index, io.now);
        self.refused.remove(&index);
    }

    /// A server does not take the room now. It is asked again later, and less and less often.
    pub(crate) fn on_refused(&mut self, io: &mut Io, index: usize) {
        let times = self.refused.get(&index).map_or(0, |(times, _)| *times);
        let wait = io.backoff(times, limits::REDIAL_MIN, limits::REDIAL_MAX);
        self.refused.insert(index, (times.saturating_add(1), io.now + wait));
        self.announced.remove(&index);
    }

    /// A server is lost.
    pub(crate) fn on_server_lost(&mut self, index: usize) {
        self.announced.remove(&index);
        self.refused.remove(&index);
    }

    /// Whether a server has it or, so that nobody is told of a room that moves, is asked to.
    fn is_open(&self, servers: &[Server]) -> bool {
        let asked = |index: &usize| {
            !self.refused.contains_key(index)
                && servers.get(*index).is_some_and(|server| server.socket().is_some())
        };
        let moves =
            self.state == RoomState::Open && !self.is_quiet && self.servers.iter().any(asked);
        moves || !self.announced.is_empty()
    }

    /// Takes note of whether it is open; says whether that is news.
    fn set_state(&mut self, is_open: bool) -> bool {
        let state = match (is_open, self.state) {
            (true, _) => RoomState::Open,
            (false, RoomState::Connecting) => RoomState::Connecting,
            (false, _) => RoomState::Offline,
        };
        core::mem::replace(&mut self.state, state) != state
    }

    /// Announces the room again where that is due.
    pub(crate) fn refresh(&mut self, io: &mut Io, servers: &[Server]) {
        let now = io.now;
        for (index, server) in servers.iter().enumerate() {
            if let Some(at) = self.announced.get_mut(&index)
                && now >= *at + limits::TOPIC_REFRESH
            {
                // The answer sets the true time; until then this keeps us from asking twice.
                *at = now;
                self.announce(io, index, server);
            }
            if let Some((_, at)) = self.refused.get_mut(&index)
                && now >= *at
            {
                // As above: it sets another time when it refuses again.
                *at = now + limits::REDIAL_MAX;
                self.announce(io, index, server);
            }
        }
    }

    pub(crate) fn deadlines(&self, earliest: &mut Earliest) {
        let oldest = self.announced.values().min().map(|at| *at + limits::TOPIC_REFRESH);
        earliest.see(oldest, Timer::Refresh);
        earliest.see(self.refused.values().map(|(_, at)| *at).min(), Timer::Refresh);
        earliest.see(self.joining.map(|(_, deadline)| deadline), Timer::Join);
        earliest.see(self.until, Timer::Refresh);
    }

    pub(crate) const fn state(&self) -> RoomState {
        self.state
    }
}

impl Shared {
    /// Leaves a room; gives the join that waited for an answer, if there was one.
    pub(crate) fn drop_room(&mut self, id: RoomId) -> Option<Option<(Ticket, Timestamp)>> {
        let mut room = self.rooms.remove(&id)?;
        room.withdraw(&mut self.io, &mut self.servers);
        self.left_rooms.insert(self.io.now, id, room.keys);
        Some(room.joining)
    }

    /// The room that the application knows, of one that may stand behind it.
    pub(crate) fn main(&self, room: RoomId) -> RoomId {
        self.rooms.get(&room).map_or(room, |known| known.main)
    }

    /// The rooms that the application knows.
    pub(crate) fn main_rooms(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.rooms.iter().filter(|(id, room)| room.main == **id).map(|(id, room)| (*id, room))
    }

    /// Tells the application which rooms are open now, and which are not any more.
    pub(crate) fn tell_rooms(&mut self) {
        let mut open = Vec::new();
        for room in self.rooms.values() {
            if room.is_open(&self.servers) {
                open.push(room.main);
            }
        }
        for (id, room) in &mut self.rooms {
            let is_open = open.contains(&room.main);
            if room.set_state(is_open) && room.main == *id {
                self.io.event(Event::Room { room: *id, state: room.state });
            }
        }
    }
}
