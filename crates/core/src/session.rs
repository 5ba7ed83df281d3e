//! What is said to and heard from one remote node, whatever becomes of the links to it.

mod messages;
mod rooms;
mod streams;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use lacis_wire::link::Channel;
use lacis_wire::{Code, NodeId, limits};

use crate::connect::Link;
use crate::cx::Cx;
use crate::ids::{RoomId, Ticket};
use crate::time::{Earliest, Timer, Timestamp};

use messages::Messages;
pub(crate) use messages::Outgoing;
pub(crate) use rooms::{RoomProof, SharedRooms, Tags};
pub(crate) use streams::Streams;

/// Messages, requests and streams between this node and a remote one.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) node: NodeId,
    pub(crate) messages: Messages,
    pub(crate) streams: Streams,
    /// What came beside the application's messages, and was not looked at.
    aside: Vec<Aside>,
}

/// What comes as a message and is not for the application.
#[derive(Debug)]
pub(crate) enum Aside {
    /// Gossip that the remote passes on in a room.
    Gossip(RoomId, Vec<u8>),
    /// What the remote says of itself in a room.
    Presence(RoomId, Vec<u8>),
}

impl Session {
    pub(crate) fn new(node: NodeId) -> Self {
        Self { node, messages: Messages::default(), streams: Streams::default(), aside: Vec::new() }
    }

    /// A new link: what was not done goes on where the other side is.
    pub(crate) fn on_link(&mut self, cx: &mut Cx, link: &mut Link) {
        let is_known = self.messages.on_link(cx, link.remote_session);
        self.streams.on_link(cx, link, is_known);
    }

    /// Nothing of a room that is no longer shared may be sent.
    pub(crate) fn on_room_left(
        &mut self,
        cx: &mut Cx,
        link: Option<&mut Link>,
        room: RoomId,
        code: Code,
    ) {
        self.messages.on_room_left(cx, room, code);
        self.streams.on_room_left(cx, link, room, code);
    }

    /// The node is given up: whatever waits for it fails.
    pub(crate) fn on_gone(&mut self, cx: &mut Cx, code: Code) {
        self.messages.on_gone(cx, code);
        self.streams.on_gone(cx, code);
    }

    /// Does what is due.
    pub(crate) fn on_timeout(&mut self, cx: &mut Cx, mut link: Option<&mut Link>) {
        let over = self.on_message_timeout(cx, link.as_deref_mut());
        self.streams.drop_questions(cx, link.as_deref_mut(), &over);
        self.streams.on_timeout(cx, link);
    }

    /// Gives up waiting: what was not sent yet is not sent.
    pub(crate) fn cancel(&mut self, cx: &mut Cx, mut link: Option<&mut Link>, ticket: Ticket) {
        let over = self.messages.cancel(ticket);
        self.streams.drop_questions(cx, link.as_deref_mut(), &over);
        self.streams.cancel(cx, link, ticket);
    }

    /// Whether the other side leaves what was said to it unanswered, over a link that works all
    /// the while: it acknowledges nothing, or does not show that it hears words in a room in which
    /// some wait. What waits for it would wait for ever.
    pub(crate) fn is_unheard(&mut self, now: Timestamp, works: bool, rooms: &SharedRooms) -> bool {
        self.messages.is_unheard(now, works)
            || (works && self.held_until(rooms).is_some_and(|until| now >= until))
    }

    /// Until when words wait for the other side to show that it hears them.
    fn held_until(&self, rooms: &SharedRooms) -> Option<Timestamp> {
        let waiting = self.messages.waiting_since().chain(self.streams.waiting_since());
        // Whoever joins later has as long from the first word on.
        let held = waiting.filter_map(|(room, since)| Some(rooms.held_since(room)?.max(since)));
        Some(held.min()?.max(self.messages.works_since()) + limits::STREAM_IDLE)
    }

    pub(crate) fn deadlines(&self, is_linked: bool, rooms: &SharedRooms, earliest: &mut Earliest) {
        if is_linked && rooms.is_any_held() {
            earliest.see(self.held_until(rooms), Timer::Ack);
        }
        self.messages.deadlines(is_linked, earliest);
        self.streams.deadlines(is_linked, earliest);
    }

    /// What came beside the application's messages and was not looked at, in order.
    pub(crate) fn take_aside(&mut self) -> Vec<Aside> {
        core::mem::take(&mut self.aside)
    }

    /// Whether nothing is under way, in either direction.
    pub(crate) fn is_idle(&self) -> bool {
        self.messages.is_idle() && self.streams.is_idle()
    }

    /// Whether nothing waits to reach the other side.
    pub(crate) fn is_flushed(&self, link: &Link) -> bool {
        self.messages.is_empty() && link.channels.buffered(Channel::Control) == 0
    }
}
