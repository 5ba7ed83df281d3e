//! What goes into the hub and what comes out.

use bytes::Bytes;
use lacis_wire::signal::ByeReason;

use super::ids::{AddressKey, ConnId};
use super::messages::{Command, Event};

/// What happened outside.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A connection is open.
    Opened {
        /// A number not used before.
        conn: ConnId,
        /// Where it comes from.
        address: AddressKey,
        /// The wide network around that, if one subscriber may have many addresses in it: all of
        /// these together count as a few.
        network: Option<AddressKey>,
    },
    /// A binary message came in.
    Frame {
        /// From which connection.
        conn: ConnId,
        /// The whole message.
        bytes: &'a [u8],
    },
    /// Something came in that is no frame: a text message, a message too large to be read, a
    /// violation of the transport's own rules.
    Malformed {
        /// From which connection.
        conn: ConnId,
    },
    /// The transport saw a sign of life that is no frame: a ping or pong of its own.
    Alive {
        /// From which connection.
        conn: ConnId,
    },
    /// Frames of [`Output::Send`] have left for the network, or for a buffer of bounded size.
    Written {
        /// To which connection.
        conn: ConnId,
        /// How many, in the order in which they were handed out.
        frames: usize,
    },
    /// The connection is gone.
    Closed {
        /// Which one.
        conn: ConnId,
    },
    /// A connection that is not let in, for a reason that the hub cannot see.
    Refused {
        /// A number not used before.
        conn: ConnId,
        /// Why.
        reason: ByeReason,
    },
    /// From the servers that act as one with this one.
    Event(&'a Event),
    /// The server is about to end: everybody is told, nobody gets in any more.
    Shutdown,
}

/// What is to be done outside, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send a binary message.
    Send {
        /// To which connection.
        conn: ConnId,
        /// The whole message.
        frame: Bytes,
    },
    /// Send a ping of the transport, whose answer is [`Input::Alive`].
    Ping {
        /// To which connection.
        conn: ConnId,
    },
    /// Have something done at the servers that act as one with this one. There is none of these
    /// before [`Event::Linked`], and after [`Event::Unlinked`].
    Tell(Command),
    /// Close the connection with [`ByeReason::close_code`]. The frame before it, for the same
    /// connection, is `Bye`; of those that still wait before that one, the transport may drop any:
    /// their senders are told that they may not have arrived. The hub has forgotten the connection
    /// already.
    Close {
        /// Which one.
        conn: ConnId,
        /// Why.
        reason: ByeReason,
    },
}
