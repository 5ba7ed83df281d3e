//! A room this node joined: its keys, and which servers know that we are in it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::room::RoomKeys;
use lacis_wire::signal::ClientFrame;
use lacis_wire::{NodeId, limits};

use crate::io::{Event, RoomId, RoomState, Ticket};
use crate::server::Server;
use crate::shared::Io;
use crate::table::Table;
use crate::time::{Earliest, Timer, Timestamp};

/// A room this node joined.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) keys: RoomKeys,
    /// Where members of this room meet, as indices of the node's servers.
    pub(crate) servers: Vec<usize>,
    /// When each of those servers last answered a join.
    announced: Table<usize, Timestamp>,
    /// Servers that refused it: how often in a row, and when they are asked again.
    refused: Table<usize, (u32, Timestamp)>,
    state: RoomState,
    /// Of a group's room: those who have shown that they are members.
    pub(crate) admitted: Option<Vec<NodeId>>,
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
    pub(crate) fn new(keys: RoomKeys, servers: Vec<usize>) -> Self {
        let state = RoomState::Connecting;
        Self {
            keys,
            servers,
            announced: Table::new(),
            refused: Table::new(),
            state,
            admitted: None,
            joining: None,
        }
    }

    /// Announces the room at one server and asks who else is there.
    pub(crate) fn announce(&self, io: &mut Io, index: usize, server: &Server) {
        if self.servers.contains(&index) {
            let want = u8::try_from(limits::SAMPLE_MAX).unwrap_or(u8::MAX);
            server.transmit(io, &ClientFrame::Join { topic: self.keys.topic, want });
        }
    }

    /// Whether a server says that we are in it.
    pub(crate) fn is_announced(&self, index: usize) -> bool {
        self.announced.contains_key(&index)
    }

    /// A server answered; gives the ticket of the join that waited for it.
    pub(crate) fn on_joined(&mut self, io: &mut Io, id: RoomId, index: usize) -> Option<Ticket> {
        self.announced.insert(index, io.now);
        self.refused.remove(&index);
        self.update(io, id);
        self.joining.take().map(|(ticket, _)| ticket)
    }

    /// A server does not take the room now. It is asked again later, and less and less often.
    pub(crate) fn on_refused(&mut self, io: &mut Io, id: RoomId, index: usize) {
        let times = self.refused.get(&index).map_or(0, |(times, _)| *times);
        let wait = io.backoff(times, limits::REDIAL_MIN, limits::REDIAL_MAX);
        self.refused.insert(index, (times.saturating_add(1), io.now + wait));
        self.announced.remove(&index);
        self.update(io, id);
    }

    /// A server is lost.
    pub(crate) fn on_server_lost(&mut self, io: &mut Io, id: RoomId, index: usize) {
        self.announced.remove(&index);
        self.refused.remove(&index);
        self.update(io, id);
    }

    fn update(&mut self, io: &mut Io, id: RoomId) {
        let state = match (self.announced.is_empty(), self.state) {
            (false, _) => RoomState::Open,
            (true, RoomState::Connecting) => RoomState::Connecting,
            (true, _) => RoomState::Offline,
        };
        if state != self.state {
            self.state = state;
            io.event(Event::Room { room: id, state });
        }
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
    }

    pub(crate) const fn state(&self) -> RoomState {
        self.state
    }
}
