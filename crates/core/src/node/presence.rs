//! What this node says of itself in its rooms and groups, and hears of others.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::link::Kind;
use lacis_wire::{Code, NodeId, PeerId, limits, presence};

use super::Node;
use crate::broadcast::Broadcast;
use crate::error::SendError;
use crate::event::Event;
use crate::ids::RoomId;
use crate::io::Priority;
use crate::presence::Presence;
use crate::session::Outgoing;
use crate::time::{Earliest, Timer, Timestamp};

const USUAL_MS: u64 = limits::PRESENCE_LIFETIME.as_secs() * 1_000;
const LEAST_MS: u64 = limits::PRESENCE_LIFETIME_MIN.as_secs() * 1_000;
const SHOWN: u64 = limits::SHOWN_MAX as u64;
const MOST_MS: u64 = limits::PRESENCE_LIFETIME_MAX.as_secs() * 1_000;

/// What is said in a room, if it is kept track of.
fn find(all: &mut [Presence], room: RoomId) -> Option<&mut Presence> {
    all.iter_mut().find(|presence| presence.room == room)
}

impl Node {
    /// Says something of this node to everybody who is in a room, or comes, until it is changed; or
    /// nothing any more. It is stored nowhere, and others hear it as [`Event::Presence`]. In a
    /// group it may be said before that is connected, and again after.
    ///
    /// # Errors
    /// [`SendError::NotInRoom`] if neither a room of that number was joined nor a group opened,
    /// [`SendError::TooLarge`] beyond [`limits::PRESENCE_BYTES`], [`SendError::Closed`].
    pub fn set_presence(
        &mut self,
        now: Timestamp,
        room: RoomId,
        value: Option<Vec<u8>>,
    ) -> Result<(), SendError> {
        self.set_time(now);
        if self.closing.is_some() {
            return Err(SendError::Closed);
        }
        let is_open = self.groups.open.contains_key(&room);
        if !is_open && !self.signaling.rooms.contains_key(&room) {
            return Err(SendError::NotInRoom);
        }
        if value.as_ref().is_some_and(|value| value.len() > limits::PRESENCE_BYTES) {
            return Err(SendError::TooLarge);
        }
        self.presence_in(room).set(now, value);
        self.say_presence(room);
        Ok(())
    }

    /// What is said in a room that was joined, or a group that is open.
    fn presence_in(&mut self, room: RoomId) -> &mut Presence {
        self.changes.timers.presence = true;
        let known = self.presences.iter().position(|presence| presence.room == room);
        let at = known.unwrap_or_else(|| {
            self.presences.push(Presence::new(room));
            self.presences.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "it was found, or put there")]
        &mut self.presences[at]
    }

    /// Says in a room what is due: to all, or to those who have come.
    fn say_presence(&mut self, room: RoomId) {
        let now = self.cx.now;
        if !self.presence_in(room).speaks(now) {
            return;
        }
        let group = self.groups.open.get(&room);
        // Nobody hears somebody in a group who is no member.
        if !self.signaling.rooms.contains_key(&room)
            || group.is_some_and(|group| !group.speaks(&self.cx))
        {
            return self.presence_in(room).rest();
        }
        let said = group.and_then(|group| group.properties()).map(|it| it.presence_lifetime);
        let lifetime_ms = said.map_or(USUAL_MS, |ms| ms.clamp(LEAST_MS, MOST_MS));
        // However many they are, all hear as many of them at a time.
        let company = (self.company(room) as u64).max(SHOWN);
        let lifetime_ms = lifetime_ms.saturating_mul(company) / SHOWN;
        let lifetime_ms = u32::try_from(lifetime_ms.min(MOST_MS)).unwrap_or(u32::MAX);
        let present = self.present(room);
        let presence = self.presence_in(room);
        let words = presence.words(lifetime_ms);
        let (is_to_all, nodes) = presence.say(now, lifetime_ms, present);
        let (message, nodes) = if is_to_all {
            self.addressed(room, presence::LABEL, words)
        } else {
            let (kind, label, payload) = (Kind::Direct, presence::LABEL.into(), Arc::new(words));
            (Outgoing { room, kind, label, payload, ticket: None }, nodes)
        };
        for node in nodes {
            // Whose queue is full hears it when it is said again.
            let _ = self.hand(node, &message, Priority::Automatic);
        }
    }

    /// Says what is due in all rooms, and ends what others said and does not hold any more.
    pub(super) fn review_presence(&mut self) {
        for at in 0..self.presences.len() {
            let Some(presence) = self.presences.get_mut(at) else { break };
            presence.expire(&mut self.cx);
            let room = presence.room;
            self.say_presence(room);
        }
    }

    /// How many others are in a room of which not everybody is linked.
    fn company(&self, room: RoomId) -> usize {
        self.broadcasts.get(&room).map_or(0, Broadcast::company)
    }

    /// Somebody has come to a large room, without a link.
    pub(super) fn on_far_newcomer(&mut self, room: RoomId) {
        // In a larger room it hears when it is said again.
        if self.company(room) > limits::SHOWN_MAX {
            return;
        }
        self.changes.timers.presence = true;
        if let Some(presence) = find(&mut self.presences, room) {
            presence.on_far(&mut self.cx);
        }
    }

    /// A node in a room says something of itself.
    pub(super) fn on_presence(&mut self, room: RoomId, node: NodeId, peer: PeerId, words: &[u8]) {
        let Some(said) = presence::read(words) else {
            return self.cx.warn(Code::Protocol, node);
        };
        self.presence_in(room);
        if let Some(presence) = find(&mut self.presences, room) {
            presence.hear(&mut self.cx, (node, peer), said);
        }
    }

    /// What nodes with a link said of themselves.
    pub(super) fn hear_presence(&mut self) {
        while let Some((room, node, words)) = self.said.pop_front() {
            let peer = self.remotes.get(&node).and_then(|remote| remote.connection.peer);
            if let Some(peer) = peer {
                self.on_presence(room, node, peer, &words);
            }
        }
    }

    /// Tells the application that a remote has left, and before that that what it said is over.
    pub(super) fn tell_left(&mut self, room: RoomId, node: NodeId, code: Code) {
        // Should it come back, it is told anew.
        self.changes.presence = true;
        if let Some(presence) = find(&mut self.presences, room) {
            presence.end(&mut self.cx, Some(node), Timestamp::ZERO);
        }
        self.cx.event(Event::RemoteLeft { room, node, code });
    }

    /// This node is not in a room any more. What it says in a group, it says again when it is back.
    pub(super) fn leave_presence(&mut self, room: RoomId) {
        let Some(presence) = find(&mut self.presences, room) else { return };
        presence.end(&mut self.cx, None, Timestamp::from_micros(u64::MAX));
        presence.rest();
        let known = self.presences.iter().position(|presence| presence.room == room);
        if let Some(at) = known.filter(|_| !self.groups.open.contains_key(&room)) {
            self.presences.swap_remove(at);
        }
    }

    pub(super) fn presence_deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut earliest = Earliest::default();
        if self.closing.is_none() && !self.cx.is_suspended() {
            for presence in &self.presences {
                presence.deadlines(&self.cx, &mut earliest);
            }
        }
        earliest.get()
    }
}
