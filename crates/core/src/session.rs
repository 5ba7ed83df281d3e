//! What is said to and heard from one remote node, whatever becomes of the links to it.

mod messages;
mod rooms;
mod streams;

use alloc::vec::Vec;

use lacis_wire::link::Channel;
use lacis_wire::{Code, NodeId};

use crate::connect::Link;
use crate::cx::Cx;
use crate::ids::RoomId;
use crate::time::Earliest;

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

    /// Sends what waits, as far as the link takes it.
    pub(crate) fn pump(&mut self, cx: &mut Cx, link: &mut Link, rooms: &SharedRooms) {
        self.pump_messages(cx, link, rooms);
        self.pump_streams(cx, link, rooms);
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
        self.on_message_timeout(cx, link.as_deref_mut());
        self.streams.on_timeout(cx, link);
    }

    pub(crate) fn deadlines(&self, is_linked: bool, earliest: &mut Earliest) {
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
