//! What a driver needs of its platform.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::DerefMut;

use lacis_core::{
    Event, Input, LinkAction, LinkId, OpId, Output, SocketId, StoreChange, StoreRequest, Timestamp,
};
use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;
use lacis_wire::{Code, Millis};

use super::Driver;

/// What one node runs on: a browser tab, a native program, a simulated one.
///
/// It does what it is told and tells what happens, and decides nothing. What an operation leads to
/// later is handed to [`Driver::input`], from the platform's own event loop; what it leads
/// to at once, it returns.
pub trait Platform {
    /// The driver that works for this platform. It is given back before the platform is asked for
    /// anything else.
    fn driver(&mut self) -> impl DerefMut<Target = Driver>;

    /// Time since some beginning; monotonic.
    fn now(&mut self) -> Timestamp;

    /// What the clock on the wall says.
    fn wall(&mut self) -> Millis;

    /// Sets the one timer, in the place of any that was set before: at that time, or a little
    /// later, [`Driver::timeout`] is called, once.
    fn arm(&mut self, at: Timestamp);

    /// Opens a WebSocket to that address. Tells [`Input::SocketOpened`] and what follows.
    ///
    /// # Errors
    /// The WebSocket close code, if there is one: there is no such socket, and nothing more is told
    /// of it.
    fn dial(&mut self, socket: SocketId, url: String) -> Result<(), Option<u16>>;

    /// Sends a binary message. What a closing socket does not take is lost; its end is told.
    fn transmit(&mut self, socket: SocketId, bytes: Vec<u8>);

    /// Closes the WebSocket; nothing more is told of it.
    fn hang_up(&mut self, socket: SocketId);

    /// Makes a connection object and its three negotiated channels.
    ///
    /// # Errors
    /// Why there is no such connection; nothing more is told of it.
    fn create(
        &mut self,
        link: LinkId,
        ice_servers: Vec<IceServer>,
        relay_only: bool,
    ) -> Result<(), Code>;

    /// Begins whatever else is to be done with a connection: offer, accept, set the answer, add a
    /// candidate, inspect. Those that change a description or add a candidate are done one after
    /// the other, and each tells its own end. Of a connection that was refused nothing comes.
    fn operate(&mut self, link: LinkId, action: LinkAction);

    /// Sends a message on a channel. Gives the bytes that the channel buffers now, this message
    /// among them; nothing if the channel is closed.
    fn send(&mut self, link: LinkId, channel: Channel, bytes: Vec<u8>) -> Option<usize>;

    /// Closes and forgets a connection, but lets what was just sent leave first. Nothing more is
    /// told of it.
    fn close(&mut self, link: LinkId);

    /// Asks the store, which answers with [`Input::Store`], in any order.
    ///
    /// # Errors
    /// Why it cannot even be asked; no answer follows.
    fn store(&mut self, op: OpId, request: StoreRequest) -> Result<(), Code>;

    /// Gives the store the first changes of a write that follows under the same number; should it
    /// not take them, that write fails. Only a platform that calls [`lacis_core::Node::gather`] is
    /// asked.
    fn store_part(&mut self, _op: OpId, _changes: Vec<StoreChange>) {}

    /// Tells the application, which may call the node from within.
    fn tell(&mut self, event: Event);

    /// Sees what passes between node and platform, before it does. For traces and tests.
    fn sees(&mut self, _seen: Seen<'_>) {}
}

/// A platform that is lent is one, too.
impl<P: Platform> Platform for &mut P {
    fn driver(&mut self) -> impl DerefMut<Target = Driver> {
        (**self).driver()
    }

    fn now(&mut self) -> Timestamp {
        (**self).now()
    }

    fn wall(&mut self) -> Millis {
        (**self).wall()
    }

    fn arm(&mut self, at: Timestamp) {
        (**self).arm(at);
    }

    fn dial(&mut self, socket: SocketId, url: String) -> Result<(), Option<u16>> {
        (**self).dial(socket, url)
    }

    fn transmit(&mut self, socket: SocketId, bytes: Vec<u8>) {
        (**self).transmit(socket, bytes);
    }

    fn hang_up(&mut self, socket: SocketId) {
        (**self).hang_up(socket);
    }

    fn create(
        &mut self,
        link: LinkId,
        ice_servers: Vec<IceServer>,
        relay_only: bool,
    ) -> Result<(), Code> {
        (**self).create(link, ice_servers, relay_only)
    }

    fn operate(&mut self, link: LinkId, action: LinkAction) {
        (**self).operate(link, action);
    }

    fn send(&mut self, link: LinkId, channel: Channel, bytes: Vec<u8>) -> Option<usize> {
        (**self).send(link, channel, bytes)
    }

    fn close(&mut self, link: LinkId) {
        (**self).close(link);
    }

    fn store(&mut self, op: OpId, request: StoreRequest) -> Result<(), Code> {
        (**self).store(op, request)
    }

    fn store_part(&mut self, op: OpId, changes: Vec<StoreChange>) {
        (**self).store_part(op, changes);
    }

    fn tell(&mut self, event: Event) {
        (**self).tell(event);
    }

    fn sees(&mut self, seen: Seen<'_>) {
        (**self).sees(seen);
    }
}

/// What passes between a node and its platform.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// What the node is told.
    Input(&'a Input<'a>),
    /// What the node wants.
    Output(&'a Output),
    /// The timer fired.
    Timeout,
}
