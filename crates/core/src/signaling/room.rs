//! A room this node joined: its keys, and which servers know that we are in it.
//!
//! A group is one room to the application, and to those who are linked: that of its door. Where its
//! members meet is a room behind that one, which is announced and seals, and no more (`places.rs`).

use alloc::vec::Vec;

use lacis_wire::room::RoomKeys;
use lacis_wire::signal::ClientFrame;
use lacis_wire::{NodeId, PeerId, limits};

use super::Server;
use crate::cx::Cx;
use crate::event::RoomState;
use crate::ids::{RoomId, Ticket};
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
    /// How many of them come first and are not those where a group met before.
    pub(crate) current: usize,
    /// When each of those servers last answered a join; at most [`limits::SESSIONS_MAX`].
    announced: Table<usize, Timestamp>,
    /// Servers that refused it, at most [`limits::SESSIONS_MAX`]: how often in a row, and when they
    /// are asked again.
    refused: Table<usize, (u32, Timestamp)>,
    /// Of one behind another that one's.
    state: RoomState,
    /// Of a group's room: those who have shown that they are members.
    pub(crate) admitted: Option<Vec<NodeId>>,
    /// Of a group's room: those who were shut out. They are not told that we are there.
    pub(crate) barred: Vec<PeerId>,
    /// Of a group's room: whether this node is none of them.
    pub(crate) is_newcomer: bool,
    /// When to ask again who is there, because somebody had no place for a link.
    again_at: Option<Timestamp>,
    /// How often that was so in a row.
    asked_again: u32,
    /// The join that waits for the first answer, and until when.
    pub(crate) joining: Option<(Ticket, Timestamp)>,
}

/// A room that was left lately: who does not know that yet is told.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) id: RoomId,
    pub(super) keys: RoomKeys,
    pub(super) servers: Vec<usize>,
    /// Until then an offer may be on its way.
    pub(super) until: Timestamp,
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
            current: usize::MAX,
            announced: Table::new(),
            refused: Table::new(),
            state,
            admitted: None,
            barred: Vec::new(),
            is_newcomer: false,
            again_at: None,
            asked_again: 0,
            joining: None,
        }
    }

    /// The topic of a group, behind its door; it is not announced yet.
    pub(crate) fn behind(&self, keys: RoomKeys) -> Self {
        let (is_quiet, state, current) = (true, self.state, self.current);
        Self { is_quiet, state, current, ..Self::new(self.main, keys, self.servers.clone()) }
    }

    /// Announces the room at one server and asks who else is there.
    pub(crate) fn announce(&self, cx: &mut Cx, index: usize, server: &Server) {
        if self.servers.contains(&index) && !self.is_quiet {
            let want = u8::try_from(limits::SAMPLE_MAX).unwrap_or(u8::MAX);
            server.transmit(cx, &ClientFrame::Join { topic: self.keys.topic, want });
        }
    }

    /// Announces the room wherever its members meet.
    pub(crate) fn announce_all(&self, cx: &mut Cx, servers: &[Server]) {
        for (index, server) in servers.iter().enumerate() {
            self.announce(cx, index, server);
        }
    }

    /// Announces it at these servers and at no others.
    pub(super) fn move_to(&mut self, cx: &mut Cx, servers: &mut [Server], places: &[usize]) {
        let before = core::mem::replace(&mut self.servers, places.to_vec());
        for (index, server) in servers.iter_mut().enumerate() {
            match (before.contains(&index), places.contains(&index)) {
                (true, false) => {
                    if !self.is_quiet {
                        server.leave(cx, self.keys.topic);
                    }
                    self.on_server_lost(index);
                }
                (false, true) => self.announce(cx, index, server),
                _ => {}
            }
        }
    }

    /// Takes it back that we are in it.
    pub(crate) fn withdraw(&mut self, cx: &mut Cx, servers: &mut [Server]) {
        if self.is_quiet {
            return;
        }
        for (_, server) in
            servers.iter_mut().enumerate().filter(|(at, _)| self.servers.contains(at))
        {
            server.leave(cx, self.keys.topic);
        }
        self.is_quiet = true;
        (self.announced, self.refused) = (Table::new(), Table::new());
    }

    /// Announces it, or no longer.
    pub(crate) fn set_quiet(&mut self, cx: &mut Cx, servers: &mut [Server], is_quiet: bool) {
        if is_quiet {
            self.withdraw(cx, servers);
            self.until = Some(cx.now + limits::TOPIC_GRACE);
        } else {
            (self.is_quiet, self.until) = (false, None);
            self.announce_all(cx, servers);
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
    pub(crate) fn on_joined(&mut self, cx: &Cx, index: usize) {
        self.announced.insert(index, cx.now);
        self.refused.remove(&index);
    }

    /// Somebody in it has no place for a link. Soon it is asked who else is there.
    pub(crate) fn ask_again(&mut self, cx: &mut Cx) {
        if self.again_at.is_none() {
            let wait = cx.backoff(self.asked_again, limits::ASK_AGAIN_MIN, limits::TOPIC_REFRESH);
            self.again_at = Some(cx.now + wait);
        }
    }

    /// Whether it is time to ask again who is there.
    pub(crate) fn may_ask_again(&self, now: Timestamp) -> bool {
        self.again_at.is_some_and(|at| now >= at)
    }

    /// Whether it is to be asked again now who is there, if too few are linked.
    pub(crate) fn is_asked_again(&mut self, now: Timestamp, lacks: bool) -> bool {
        let is_due = self.again_at.take_if(|at| now >= *at).is_some();
        self.asked_again = match (is_due, lacks) {
            (true, true) => self.asked_again.saturating_add(1),
            (true, false) => 0,
            (false, _) => self.asked_again,
        };
        is_due && lacks
    }

    /// A server does not take the room now. It is asked again later, and less and less often.
    pub(crate) fn on_refused(&mut self, cx: &mut Cx, index: usize) {
        let times = self.refused.get(&index).map_or(0, |(times, _)| *times);
        let wait = cx.backoff(times, limits::REDIAL_MIN, limits::REDIAL_MAX);
        self.refused.insert(index, (times.saturating_add(1), cx.now + wait));
        self.announced.remove(&index);
    }

    /// A server is lost.
    pub(crate) fn on_server_lost(&mut self, index: usize) {
        self.announced.remove(&index);
        self.refused.remove(&index);
    }

    /// Whether a server has it or, so that nobody is told of a room that moves, is asked to.
    pub(super) fn is_open(&self, servers: &[Server]) -> bool {
        let asked = |index: &usize| {
            !self.refused.contains_key(index)
                && servers.get(*index).is_some_and(|server| server.socket().is_some())
        };
        let moves =
            self.state == RoomState::Open && !self.is_quiet && self.servers.iter().any(asked);
        moves || !self.announced.is_empty()
    }

    /// Takes note of whether it is open; says whether that is news.
    pub(super) fn set_state(&mut self, is_open: bool) -> bool {
        let state = match (is_open, self.state) {
            (true, _) => RoomState::Open,
            (false, RoomState::Connecting) => RoomState::Connecting,
            (false, _) => RoomState::Offline,
        };
        core::mem::replace(&mut self.state, state) != state
    }

    /// Announces the room again where that is due.
    pub(crate) fn refresh(&mut self, cx: &mut Cx, servers: &[Server]) {
        let now = cx.now;
        for (index, server) in servers.iter().enumerate() {
            if let Some(at) = self.announced.get_mut(&index)
                && now >= *at + limits::TOPIC_REFRESH
            {
                // The answer sets the true time; until then this keeps us from asking twice.
                *at = now;
                self.announce(cx, index, server);
            }
            if let Some((_, at)) = self.refused.get_mut(&index)
                && now >= *at
            {
                // As above: it sets another time when it refuses again.
                *at = now + limits::REDIAL_MAX;
                self.announce(cx, index, server);
            }
        }
    }

    pub(crate) fn deadlines(&self, earliest: &mut Earliest) {
        let oldest = self.announced.values().min().map(|at| *at + limits::TOPIC_REFRESH);
        earliest.see(oldest, Timer::Refresh);
        earliest.see(self.refused.values().map(|(_, at)| *at).min(), Timer::Refresh);
        earliest.see(self.joining.map(|(_, deadline)| deadline), Timer::Join);
        earliest.see(self.until, Timer::Refresh);
        earliest.see(self.again_at, Timer::Refresh);
    }

    /// Whether no server tells who else is in it.
    pub(crate) fn is_alone(&self) -> bool {
        self.state != RoomState::Open
    }

    pub(crate) const fn state(&self) -> RoomState {
        self.state
    }
}
