//! Signaling frames: what a node and a signaling server say to each other, one per binary WebSocket
//! message. The server sees topics, node ids and sealed payloads, and nothing of their meaning.

use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, demand};
use crate::ids::{NodeId, Topic};
use crate::limits;
use crate::version::VersionRange;

pub use crate::ice::IceServer;

/// From a node to the server.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub enum ClientFrame<'a> {
    /// Opens the session; must come first.
    #[n(0)]
    Hello {
        /// Versions the client speaks.
        #[n(0)]
        versions: VersionRange,
        /// The mailbox to open.
        #[n(1)]
        node: NodeId,
        /// Known to this client and this server only: whoever shows it again takes the mailbox over
        /// from a connection that is half dead.
        #[cbor(n(2), bytes)]
        secret: [u8; 16],
    },
    /// Announces the node under a topic, or refreshes that, and asks for others.
    #[n(1)]
    Join {
        /// Where to meet.
        #[n(0)]
        topic: Topic,
        /// How many others to name at most.
        #[n(1)]
        want: u8,
    },
    /// Withdraws the announcement.
    #[n(2)]
    Leave {
        /// The topic left.
        #[n(0)]
        topic: Topic,
    },
    /// Puts a sealed payload into the mailbox of another node.
    #[n(3)]
    Send {
        /// Whose mailbox.
        #[n(0)]
        to: NodeId,
        /// Named again when the payload could not be delivered.
        #[n(1)]
        seq: u32,
        /// Opaque to the server.
        #[cbor(b(2), bytes)]
        payload: &'a [u8],
    },
    /// Asks for a sign of life.
    #[n(4)]
    Ping {
        /// Comes back in the answer.
        #[n(0)]
        nonce: u32,
    },
    /// Renews the announcements of an earlier session, in place of their `Join`s.
    #[n(5)]
    Resume {
        /// From that session's [`ServerFrame::Resume`].
        #[cbor(b(0), bytes)]
        token: &'a [u8],
    },
}

/// From the server to a node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub enum ServerFrame<'a> {
    /// Answers `Hello`.
    #[n(0)]
    Welcome {
        /// The version from now on.
        #[n(0)]
        version: u16,
        /// ICE servers to use, if the server offers any.
        #[n(1)]
        ice_servers: Vec<IceServer>,
    },
    /// Answers `Join` with a random sample of the other members.
    #[n(1)]
    Joined {
        /// The topic joined.
        #[n(0)]
        topic: Topic,
        /// Others who announced it, without the asker.
        #[n(1)]
        members: Vec<NodeId>,
    },
    /// A payload from another node's `Send`.
    #[n(2)]
    Deliver {
        /// The sender's mailbox, as the server says.
        #[n(0)]
        from: NodeId,
        /// Opaque to the server.
        #[cbor(b(1), bytes)]
        payload: &'a [u8],
    },
    /// A `Send` that reached nobody.
    #[n(3)]
    Undelivered {
        /// The mailbox named.
        #[n(0)]
        to: NodeId,
        /// The number of the `Send`.
        #[n(1)]
        seq: u32,
        /// Why.
        #[n(2)]
        reason: Undelivered,
    },
    /// A `Join` that was not carried out; the session goes on.
    #[n(4)]
    Refused {
        /// The topic asked for.
        #[n(0)]
        topic: Topic,
        /// Why.
        #[n(1)]
        reason: Refusal,
    },
    /// The last frame before the server closes the connection.
    #[n(5)]
    Bye {
        /// Why.
        #[n(0)]
        reason: ByeReason,
        /// Time to wait before the next dial.
        #[n(1)]
        retry_after_ms: u32,
    },
    /// Answers `Ping`.
    #[n(6)]
    Pong {
        /// The nonce asked with.
        #[n(0)]
        nonce: u32,
    },
    /// ICE servers to use beside those of `Welcome`, in place of the last such list.
    #[n(7)]
    IceServers {
        /// STUN and TURN servers.
        #[n(0)]
        servers: Vec<IceServer>,
        /// For how long their credentials are good.
        #[n(1)]
        lifetime_ms: u32,
    },
    /// The session is about to end; its announcements can be renewed with this.
    #[n(8)]
    Resume {
        /// Opaque to the node.
        #[cbor(b(0), bytes)]
        token: &'a [u8],
    },
    /// The token of a `Resume` is not taken: the node has to join anew.
    #[n(9)]
    NotResumed {},
}

/// Why a payload was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Undelivered {
    /// Nobody has that mailbox here.
    #[n(0)]
    Unknown,
    /// The receiver does not read fast enough.
    #[n(1)]
    Full,
    /// The sender sends too much.
    #[n(2)]
    RateLimited,
}

/// Why a join was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Refusal {
    /// The connection announced as many topics as it may.
    #[n(0)]
    TooManyTopics,
    /// The server holds as many topics, or members of this one, as it may.
    #[n(1)]
    ServerFull,
    /// Too many joins.
    #[n(2)]
    RateLimited,
}

/// Why the server ends a session. The WebSocket close code is 4000 plus the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ByeReason {
    /// The server shuts down.
    #[n(0)]
    Shutdown,
    /// A frame was malformed, too large or out of order.
    #[n(1)]
    Protocol,
    /// No common version.
    #[n(2)]
    Version,
    /// The mailbox belongs to another connection.
    #[n(3)]
    NodeTaken,
    /// Too many frames or bytes.
    #[n(4)]
    RateLimited,
    /// The client does not read.
    #[n(5)]
    SlowReader,
    /// No sign of life, or no `Hello` in time.
    #[n(6)]
    Timeout,
    /// No place for another connection.
    #[n(7)]
    Full,
    /// The same node opened a newer connection.
    #[n(8)]
    Replaced,
    /// The server does not serve pages of this origin.
    #[n(9)]
    Origin,
    /// The server asks for a token, and there was none or it is not good (any more).
    #[n(10)]
    Unauthorized,
}

impl ByeReason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Shutdown,
        Self::Protocol,
        Self::Version,
        Self::NodeTaken,
        Self::RateLimited,
        Self::SlowReader,
        Self::Timeout,
        Self::Full,
        Self::Replaced,
        Self::Origin,
        Self::Unauthorized,
    ];

    /// The WebSocket close code.
    #[must_use]
    pub const fn close_code(self) -> u16 {
        4000 + match self {
            Self::Shutdown => 0,
            Self::Protocol => 1,
            Self::Version => 2,
            Self::NodeTaken => 3,
            Self::RateLimited => 4,
            Self::SlowReader => 5,
            Self::Timeout => 6,
            Self::Full => 7,
            Self::Replaced => 8,
            Self::Origin => 9,
            Self::Unauthorized => 10,
        }
    }

    /// Reads a WebSocket close code.
    #[must_use]
    pub fn from_close_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.close_code() == code)
    }
}

impl Frame for ClientFrame<'_> {
    const BYTES_MAX: usize = limits::SIGNAL_FRAME_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Self::Join { want, .. } => demand(usize::from(*want) <= limits::SAMPLE_MAX, "want"),
            Self::Send { payload, .. } => {
                demand(payload.len() <= limits::SIGNAL_PAYLOAD_BYTES, "payload")
            }
            Self::Resume { token } => demand(token.len() <= limits::RESUME_TOKEN_BYTES, "token"),
            Self::Hello { .. } | Self::Leave { .. } | Self::Ping { .. } => Ok(()),
        }
    }
}

impl Frame for ServerFrame<'_> {
    const BYTES_MAX: usize = limits::SIGNAL_FRAME_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Self::Welcome { ice_servers, .. } => IceServer::check_all(ice_servers),
            Self::IceServers { servers, .. } => IceServer::check_all(servers),
            Self::Resume { token } => demand(token.len() <= limits::RESUME_TOKEN_BYTES, "token"),
            Self::Joined { members, .. } => demand(members.len() <= limits::SAMPLE_MAX, "members"),
            Self::Deliver { payload, .. } => {
                demand(payload.len() <= limits::SIGNAL_PAYLOAD_BYTES, "payload")
            }
            Self::Undelivered { .. }
            | Self::Refused { .. }
            | Self::Bye { .. }
            | Self::NotResumed {}
            | Self::Pong { .. } => Ok(()),
        }
    }
}
