//! The node as JavaScript holds it. The TypeScript wrapper in `www/src` is the public face; this
//! surface is its private affair.

mod group;
mod membership;
mod records;
mod store;

use std::rc::Rc;

use lacis_core::{Node, Priority, RequestId, RoomId, StreamId, Until};
use lacis_wire::Code;
use lacis_wire::room::RoomLink;
use wasm_bindgen::prelude::*;

use crate::browser::Browser;
use crate::listener::{JsListener, Listener};
use crate::number::{byte_count, id, millis};
use crate::parse::{Receiver, node_id, receiver};
use crate::{error, host, options};

/// A node. Tickets are numbers chosen by the caller; each is settled by exactly one event. So are
/// the numbers of rooms, groups and files that are sent, none of which is used twice.
#[wasm_bindgen]
pub struct WebNode {
    browser: Rc<Browser>,
}

impl std::fmt::Debug for WebNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebNode").finish_non_exhaustive()
    }
}

#[wasm_bindgen]
impl WebNode {
    /// Makes a node and begins to dial its servers; the first events come before this returns.
    ///
    /// # Errors
    /// `invalid-argument` when the options are not of their form.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, listener: JsListener) -> Result<Self, JsValue> {
        let config = options::config(&options)?;
        let seed = host::random()?;
        let node = Node::new(config, seed, host::now())
            .map_err(|_| error::coded(Code::InvalidArgument))?;
        let browser = Browser::new(node, Listener::new(listener));
        browser.with(|_, _| ());
        Ok(Self { browser })
    }

    /// The identity.
    #[must_use]
    pub fn peer_id(&self) -> String {
        self.browser.look(|node| node.peer_id().to_text())
    }

    /// This running instance.
    #[must_use]
    pub fn node_id(&self) -> String {
        self.browser.look(|node| node.node_id().to_text())
    }

    /// Joins a room under a new number.
    ///
    /// # Errors
    /// A link error, `already-joined`, `too-many-rooms`, `invalid-argument` or `closed`.
    pub fn join(&self, ticket: u32, room: u32, link: &str, timeout_ms: f64) -> Result<(), JsValue> {
        let link = RoomLink::parse(link).map_err(error::link)?;
        let (room, patience) = (RoomId(room), millis(timeout_ms));
        let joined = self.browser.with(|node, now| node.join(now, ticket, room, &link, patience));
        joined.map_err(error::coded)
    }

    /// Leaves a room.
    pub fn leave(&self, room: u32) {
        self.browser.with(|node, now| node.leave(now, RoomId(room)));
    }

    /// Writes an offer that people carry to somebody in the room, or the answer to one.
    ///
    /// # Errors
    /// The reason it was not taken; the tickets are not used then.
    pub fn pair(
        &self,
        written: u32,
        linked: u32,
        room: u32,
        offer: Option<String>,
    ) -> Result<(), JsValue> {
        let room = RoomId(room);
        let paired =
            self.browser.with(|node, now| node.pair(now, written, linked, room, offer.as_deref()));
        paired.map_err(error::coded)
    }

    /// Takes the answer to an offer that was carried.
    ///
    /// # Errors
    /// The reason it was not taken; the right one may follow.
    pub fn complete_pairing(&self, linked: u32, answer: &str) -> Result<(), JsValue> {
        let paired = self.browser.with(|node, now| node.complete_pairing(now, linked, answer));
        paired.map_err(error::coded)
    }

    /// Sends a message to one node, or to each node of an identity.
    ///
    /// # Errors
    /// The reason it was not taken; the ticket is not used then.
    #[expect(clippy::too_many_arguments, reason = "an object would cost more than it tells")]
    pub fn send(
        &self,
        ticket: u32,
        room: u32,
        to: &str,
        label: &str,
        data: Vec<u8>,
        priority: u8,
        until: u8,
    ) -> Result<(), JsValue> {
        let room = RoomId(room);
        let priority = match priority {
            1 => Priority::Interactive,
            2 => Priority::Bulk,
            _ => Priority::Automatic,
        };
        let until = if until == 1 { Until::Delivered } else { Until::Accepted };
        let to = receiver(to)?;
        let sent = self.browser.with(|node, now| match to {
            Receiver::Node(to) => node.send(now, ticket, room, to, label, data, priority, until),
            Receiver::Peer(to) => {
                node.send_to_peer(now, ticket, room, to, label, data, priority, until)
            }
        });
        sent.map_err(error::coded)
    }

    /// Sends a message to everybody: 0 ephemeral, 1 reliable.
    ///
    /// # Errors
    /// The reason it was not taken; the ticket is not used then.
    pub fn broadcast(
        &self,
        ticket: u32,
        room: u32,
        label: &str,
        data: Vec<u8>,
        mode: u8,
    ) -> Result<(), JsValue> {
        let room = RoomId(room);
        let sent = self.browser.with(|node, now| match mode {
            0 => node.broadcast_ephemeral(now, ticket, room, label, &data),
            _ => node.broadcast(now, ticket, room, label, data),
        });
        sent.map_err(error::coded)
    }

    /// Says something of this node in a room or a group; what is empty says nothing any more.
    ///
    /// # Errors
    /// `not-in-room`, `too-large` or `closed`.
    pub fn set_presence(&self, room: u32, value: Vec<u8>) -> Result<(), JsValue> {
        let value = Some(value).filter(|value| !value.is_empty());
        let said = self.browser.with(|node, now| node.set_presence(now, RoomId(room), value));
        said.map_err(error::coded)
    }

    /// Asks a member something.
    ///
    /// # Errors
    /// The reason it was not taken; the ticket is not used then.
    pub fn request(
        &self,
        ticket: u32,
        room: u32,
        node: &str,
        label: &str,
        data: Vec<u8>,
        timeout_ms: f64,
    ) -> Result<(), JsValue> {
        let (to, patience) = (node_id(node)?, millis(timeout_ms));
        let asked = self
            .browser
            .with(|node, now| node.request(now, ticket, RoomId(room), to, label, data, patience));
        asked.map_err(error::coded)
    }

    /// Answers a request, or refuses it with a code.
    ///
    /// # Errors
    /// `invalid-argument` for a code that does not exist.
    pub fn respond(&self, request: f64, data: Vec<u8>, code: &str) -> Result<(), JsValue> {
        let answer = if code.is_empty() { Ok(data) } else { Err(error::parse(code)?) };
        self.browser.with(|node, now| node.respond(now, RequestId(id(request)), answer));
        Ok(())
    }

    /// Offers a file under a new number.
    ///
    /// # Errors
    /// The reason it was not taken; the ticket is not used then.
    #[expect(clippy::too_many_arguments, reason = "an object would cost more than it tells")]
    pub fn open_file(
        &self,
        ticket: u32,
        stream: f64,
        room: u32,
        node: &str,
        name: &str,
        media_type: &str,
        size: f64,
    ) -> Result<(), JsValue> {
        let (to, size) = (node_id(node)?, byte_count(size)?);
        let (stream, room) = (StreamId(id(stream)), RoomId(room));
        let opened = self.browser.with(|node, now| {
            node.open_file(now, ticket, stream, room, to, name, media_type, size)
        });
        opened.map_err(error::coded)
    }

    /// Writes the next bytes of a file.
    ///
    /// # Errors
    /// `stream-unknown`, `too-large` or `invalid-argument`; the ticket is not used then.
    pub fn write(&self, ticket: u32, stream: f64, chunk: Vec<u8>) -> Result<(), JsValue> {
        let written =
            self.browser.with(|node, now| node.write(now, ticket, StreamId(id(stream)), chunk));
        written.map_err(error::coded)
    }

    /// Says that a file was written whole.
    ///
    /// # Errors
    /// `stream-unknown` or `invalid-argument`; the ticket is not used then.
    pub fn finish(&self, ticket: u32, stream: f64) -> Result<(), JsValue> {
        let finished =
            self.browser.with(|node, now| node.finish(now, ticket, StreamId(id(stream))));
        finished.map_err(error::coded)
    }

    /// Accepts a file.
    ///
    /// # Errors
    /// `stream-unknown` when its sender has given it up, or `invalid-argument` the second time.
    pub fn accept_file(&self, stream: f64) -> Result<(), JsValue> {
        let accepted = self.browser.with(|node, now| node.accept_file(now, StreamId(id(stream))));
        accepted.map_err(error::coded)
    }

    /// Says that bytes of a file were taken.
    ///
    /// # Errors
    /// `invalid-argument` for a count that is none.
    pub fn grant(&self, stream: f64, count: f64) -> Result<(), JsValue> {
        let count = byte_count(count)?;
        self.browser.with(|node, now| node.grant(now, StreamId(id(stream)), count));
        Ok(())
    }

    /// Ends a file in either direction.
    ///
    /// # Errors
    /// `invalid-argument` for a code that does not exist.
    pub fn cancel_stream(&self, stream: f64, code: &str) -> Result<(), JsValue> {
        let code = error::parse(code)?;
        self.browser.with(|node, now| node.cancel_stream(now, StreamId(id(stream)), code));
        Ok(())
    }

    /// Gives up waiting for a ticket.
    pub fn cancel(&self, ticket: u32) {
        self.browser.with(|node, now| node.cancel(now, ticket));
    }

    /// Something happens to the page: it is visible or online again (0), put aside (1), back
    /// (2), or closed (3).
    pub fn page(&self, change: u8) {
        match change {
            0 => self.browser.with(Node::wake),
            1 => self.browser.suspend(),
            2 => self.browser.resume(),
            _ => self.browser.with(Node::leave_now),
        }
    }

    /// What the node knows about itself.
    pub fn diagnose(&self) -> JsValue {
        let report = self.browser.look(Node::report);
        crate::report::report(report, self.browser.holds())
    }

    /// Leaves cleanly.
    pub fn close(&self, ticket: u32) {
        self.browser.with(|node, now| node.close(now, ticket));
    }
}
