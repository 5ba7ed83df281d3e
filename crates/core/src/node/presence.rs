//! What this node says of itself in its rooms and groups, and hears of others.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::link::Kind;
use lacis_wire::{Code, NodeId, PeerId, codec, limits, presence};

use super::Node;
use crate::error::SendError;
use crate::event::Event;
use crate::ids::RoomId;
use crate::io::Priority;
use crate::presence::Presence;
use crate::session::Outgoing;
use crate::time::{Earliest, Timer, Timestamp};

impl Node {
    /// Says something of this node to everybody who is in a room, or comes, until it is changed; or
    /// nothing any more. It is stored nowhere, and others hear it as [`Event::Presence`]. In a group
    /// it may be said before that is connected, and again after.
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
        if let Some(presence) = self.note_presence(room) {
            presence.set(now, value);
        }
        self.say_presence(room);
        Ok(())
    }

    fn presence_in(&mut self, room: RoomId) -> Option<&mut Presence> {
        self.changes.timers.presence = true;
        self.presences.iter_mut().find(|presence| presence.room == room)
    }

    /// Begins to keep track of a room, unless it is kept track of.
    fn note_presence(&mut self, room: RoomId) -> Option<&mut Presence> {
        if self.presences.iter().all(|presence| presence.room != room) {
            self.presences.push(Presence::new(room));
        }
        self.presence_in(room)
    }

    /// For how long what is said in a room holds.
    fn presence_lifetime(&self, room: RoomId) -> Duration {
        let properties = self.groups.open.get(&room).and_then(|group| group.properties());
        let said = properties.map(|it| Duration::from_millis(it.presence_lifetime));
        let (least, most) = (limits::PRESENCE_LIFETIME_MIN, limits::PRESENCE_LIFETIME_MAX);
        said.unwrap_or(limits::PRESENCE_LIFETIME).clamp(least, most)
    }

    /// Says to all what is due. Nobody hears somebody in a group who is no member.
    fn say_presence(&mut self, room: RoomId) {
        let lifetime = self.presence_lifetime(room);
        let group = self.groups.open.get(&room);
        let is_heard = self.signaling.rooms.contains_key(&room)
            && group.is_none_or(|group| group.speaks(&self.cx));
        let now = self.cx.now;
        let Some(presence) = self.presence_in(room) else { return };
        if !presence.is_due(now) {
            return;
        }
        if !is_heard {
            return presence.rest();
        }
        let words = Arc::unwrap_or_clone(presence.words(lifetime));
        let message = self.addressed(room, presence::LABEL, words);
        let present = self.present(room);
        self.tell_presence(&present, &message);
        if let Some(presence) = self.presence_in(room) {
            presence.on_said(now, lifetime, present);
        }
    }

    fn tell_presence(&mut self, nodes: &[NodeId], message: &Outgoing) {
        for node in nodes {
            self.with_remote(*node, |remote, env| {
                // Whose queue is full hears it when it is said again.
                let _ = remote.send(env.cx, message.clone(), Priority::Automatic);
            });
        }
    }

    /// Tells newcomers with a link what this node says of itself.
    pub(super) fn greet_with_presence(&mut self) {
        for at in 0..self.presences.len() {
            let presence = self.presences.get(at).filter(|presence| presence.speaks());
            let Some(room) = presence.map(|presence| presence.room) else { continue };
            let group = self.groups.open.get(&room);
            let present = self.present(room);
            if present.is_empty() || !group.is_none_or(|group| group.speaks(&self.cx)) {
                continue;
            }
            let (now, lifetime) = (self.cx.now, self.presence_lifetime(room));
            let Some(presence) = self.presence_in(room) else { continue };
            let new = presence.greet(now, lifetime, &present);
            let (kind, label) = (Kind::Direct, presence::LABEL.into());
            let payload = presence.words(lifetime);
            self.tell_presence(&new, &Outgoing { room, kind, label, payload, ticket: None });
        }
    }

    /// Somebody has come to a large room, without a link.
    pub(super) fn on_far_newcomer(&mut self, room: RoomId) {
        let presence = self.presences.iter_mut().find(|presence| presence.room == room);
        if let Some(presence) = presence {
            presence.on_far(&mut self.cx);
            self.changes.timers.presence = true;
        }
    }

    /// A node in a room says something of itself.
    pub(super) fn on_presence(&mut self, room: RoomId, node: NodeId, peer: PeerId, words: &[u8]) {
        let Ok(said) = codec::decode::<presence::Presence<'_>>(words) else {
            return self.cx.warn(Code::Protocol, node);
        };
        let Some(value) = said.value else { return self.forget_presence(room, node) };
        let now = self.cx.now;
        let presence = self.note_presence(room);
        if presence.is_some_and(|it| it.hear(now, (node, peer), said.lifetime_ms)) {
            let value = Some(value.to_vec());
            self.cx.event(Event::Presence { room, node, peer, value });
        }
    }

    fn forget_presence(&mut self, room: RoomId, node: NodeId) {
        let known = self.presence_in(room).and_then(|presence| presence.forget(node));
        if let Some(peer) = known {
            self.cx.event(Event::Presence { room, node, peer, value: None });
        }
    }

    fn end_presences(&mut self, room: RoomId, over: Vec<(NodeId, PeerId)>) {
        for (node, peer) in over {
            self.cx.event(Event::Presence { room, node, peer, value: None });
        }
    }

    /// Tells the application that a remote has left, and before that that what it said is over.
    pub(super) fn tell_left(&mut self, room: RoomId, node: NodeId, code: Code) {
        if let Some(presence) = self.presence_in(room) {
            presence.on_left(node);
        }
        self.forget_presence(room, node);
        self.cx.event(Event::RemoteLeft { room, node, code });
    }

    /// This node is not in a room any more. What it says in a group, it says again when it is back.
    pub(super) fn leave_presence(&mut self, room: RoomId) {
        let Some(presence) = self.presence_in(room) else { return };
        let over = presence.leave();
        self.end_presences(room, over);
        if !self.groups.open.contains_key(&room) {
            self.presences.retain(|presence| presence.room != room);
        }
    }

    /// Does what is due.
    pub(super) fn presence_timeout(&mut self) {
        for at in 0..self.presences.len() {
            let Some(presence) = self.presences.get_mut(at) else { break };
            let (room, over) = (presence.room, presence.expire(&self.cx));
            self.end_presences(room, over);
            self.say_presence(room);
        }
    }

    pub(super) fn presence_deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut earliest = Earliest::default();
        if self.closing.is_none() && !self.cx.is_suspended() {
            let next = self.presences.iter().filter_map(|it| it.deadline(&self.cx)).min();
            earliest.see(next, Timer::Presence);
        }
        earliest.get()
    }
}
