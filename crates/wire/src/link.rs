//! Link frames: what two nodes say to each other over data channels, one per message.
//!
//! Three channels are negotiated in advance, so none needs an opening handshake:
//! [`Channel::Control`] carries what must not wait (proofs, interactive messages, acknowledgements,
//! credit), [`Channel::Bulk`] carries streams, [`Channel::Ephemeral`] carries what may be lost.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

pub use crate::channel::Channel;
use crate::code::Code;
use crate::codec::{DecodeError, Frame, demand};
use crate::ids::{AttemptId, NodeId, RoomTag};
use crate::limits;
use crate::naming::NamedGossip;

/// What a payload belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Envelope<'a> {
    /// The room, as the sender names it on this link.
    #[n(0)]
    pub room: RoomTag,
    /// What the payload is for.
    #[n(1)]
    pub kind: Kind,
    /// The application's name for this sort of message.
    #[cbor(b(2))]
    pub label: &'a str,
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub enum Kind {
    /// To this member only.
    #[n(0)]
    Direct,
    /// To every member.
    #[n(1)]
    Broadcast,
    /// A question; the answer names the same number.
    #[n(2)]
    Request {
        /// Chosen by the asker, unique among its open requests to this member.
        #[n(0)]
        id: u32,
    },
    /// The answer to a question.
    #[n(3)]
    Response {
        /// The number asked with.
        #[n(0)]
        id: u32,
        /// Why there is no answer, if there is none.
        #[n(1)]
        refused: Option<Code>,
    },
    /// A [`crate::gossip::Gossip`], to be passed on. Its own label counts, that of the envelope is
    /// [`GOSSIP_LABEL`].
    #[n(4)]
    Gossip,
}

/// The label of every envelope with gossip.
pub const GOSSIP_LABEL: &str = "gossip";

/// What a stream carries.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub enum Body {
    /// A message too large for one frame; handed over when complete.
    #[n(0)]
    Message,
    /// A file; handed over piece by piece, once the application accepted it.
    #[n(1)]
    File {
        /// Name, without any path.
        #[n(0)]
        name: String,
        /// Media type, may be empty.
        #[n(1)]
        media_type: String,
    },
}

/// A frame on one of the channels. The comment of each says on which.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub enum LinkFrame<'a> {
    /// Control, first of all: the offerer's proof of identity (see [`crate::proof`]).
    #[n(0)]
    Proof {
        /// Ed25519 over the transcript.
        #[cbor(n(0), bytes)]
        signature: [u8; 64],
    },
    /// Control: every room the sender is in and whose key it can prove; replaces the last list.
    #[n(1)]
    Rooms {
        /// One proof a room.
        #[n(0)]
        tags: Vec<RoomTag>,
    },
    /// Control: asks for a sign of life.
    #[n(2)]
    Ping {
        /// Comes back.
        #[n(0)]
        nonce: u32,
    },
    /// Control: answers a ping.
    #[n(3)]
    Pong {
        /// The nonce asked with.
        #[n(0)]
        nonce: u32,
    },
    /// Control: an interactive message.
    #[n(4)]
    Message {
        /// Counts interactive messages to this node, from 1, across links.
        #[n(0)]
        seq: u64,
        /// The highest number received in return.
        #[n(1)]
        ack: u64,
        /// What it belongs to.
        #[cbor(b(2))]
        envelope: Envelope<'a>,
        /// The application's bytes.
        #[cbor(b(3), bytes)]
        payload: &'a [u8],
    },
    /// Control: acknowledges when no message travels back.
    #[n(5)]
    Ack {
        /// The highest number received.
        #[n(0)]
        upto: u64,
    },
    /// Bulk: opens a stream of exactly `size` bytes, or names one of an earlier link again. The
    /// node with the smaller id numbers its streams evenly, the other oddly.
    #[n(6)]
    Open {
        /// The stream's number.
        #[n(0)]
        stream: u32,
        /// What it belongs to.
        #[cbor(b(1))]
        envelope: Envelope<'a>,
        /// What it carries.
        #[n(2)]
        body: Body,
        /// Bytes that will follow.
        #[n(3)]
        size: u64,
    },
    /// Bulk: the next bytes of a stream.
    #[n(7)]
    Chunk {
        /// The stream's number.
        #[n(0)]
        stream: u32,
        /// At most [`limits::FRAME_BYTES`] less the header.
        #[cbor(b(1), bytes)]
        data: &'a [u8],
    },
    /// Control: how far a stream is and its sender may go, counted from its beginning. The first on
    /// a link says from where the stream goes on there.
    #[n(8)]
    Credit {
        /// The stream's number.
        #[n(0)]
        stream: u32,
        /// Bytes received so far, without a gap.
        #[n(1)]
        received: u64,
        /// Bytes that may be sent in all.
        #[n(2)]
        upto: u64,
        /// Bytes the application has taken so far.
        #[n(3)]
        taken: u64,
    },
    /// Control: every byte of a stream arrived.
    #[n(9)]
    Done {
        /// The stream's number.
        #[n(0)]
        stream: u32,
    },
    /// Control: a stream ends early; either side may say so.
    #[n(10)]
    Reset {
        /// The stream's number.
        #[n(0)]
        stream: u32,
        /// Why.
        #[n(1)]
        code: Code,
    },
    /// Ephemeral: a message that may be lost.
    #[n(11)]
    Ephemeral {
        /// What it belongs to.
        #[cbor(b(0))]
        envelope: Envelope<'a>,
        /// The application's bytes.
        #[cbor(b(1), bytes)]
        payload: &'a [u8],
    },
    /// Control: the link ends on purpose.
    #[n(12)]
    Bye {
        /// Why.
        #[n(0)]
        code: Code,
    },
    /// Control or bulk: a part of a [`crate::group::GroupFrame`]. Parts follow each other on their
    /// channel; what comes in one piece may go ahead of others on control.
    #[n(13)]
    Group {
        /// The group, as the sender names its meeting place on this link.
        #[n(0)]
        room: RoomTag,
        /// Whether the next part belongs to the same frame.
        #[n(1)]
        more: bool,
        /// The part. An empty one is the last, and takes back what came of its frame.
        #[cbor(b(2), bytes)]
        data: &'a [u8],
    },
    /// Control: which start of which store the sender is, as soon as it knows.
    #[n(14)]
    Start {
        /// Random, and kept in the store.
        #[cbor(n(0), bytes)]
        store: [u8; 16],
        /// Counts the starts of that store by this identity, from 1.
        #[n(1)]
        number: u64,
    },
    /// Control: gossip that the sender has, or lacks. Who lacks some wants more pushed from now on;
    /// an empty list of what one has says that what is pushed comes over another link as soon.
    #[n(15)]
    Names {
        /// The room, as the sender names it on this link.
        #[n(0)]
        room: RoomTag,
        /// Whether the sender lacks it.
        #[n(1)]
        lacks: bool,
        /// At most [`limits::GOSSIP_NAMES_MAX`].
        #[n(2)]
        names: Vec<NamedGossip>,
    },
    /// Control: a sealed setup message that members hand on from one to the next, where no server
    /// brings two together.
    #[n(16)]
    Carry {
        /// Who has sealed it.
        #[n(0)]
        from: NodeId,
        /// Whom it is for.
        #[n(1)]
        to: NodeId,
        /// How often it may be handed on after this, at most [`limits::CARRY_HOPS`].
        #[n(2)]
        hops: u8,
        /// What a server would deliver; see [`crate::seal`].
        #[cbor(b(3), bytes)]
        payload: &'a [u8],
    },
    /// Control: what one node says to another over a neighbor of both.
    #[n(17)]
    Relay {
        /// Who has sealed it.
        #[n(0)]
        from: NodeId,
        /// Whom it is for.
        #[n(1)]
        to: NodeId,
        /// The attempt by which the two have agreed on this.
        #[n(2)]
        attempt: AttemptId,
        /// Sealed bytes that `from` has taken of what `to` sent.
        #[n(3)]
        taken: u64,
        /// One message; see [`crate::relay`]. None in one that only tells what was taken.
        #[cbor(b(4), bytes)]
        sealed: &'a [u8],
    },
    /// Control: that ends, because one of the two or the neighbor between them ends it.
    #[n(18)]
    RelayEnd {
        /// Who ends it, or with whom the receiver is not linked any more.
        #[n(0)]
        from: NodeId,
        /// Who is told.
        #[n(1)]
        to: NodeId,
        /// The attempt.
        #[n(2)]
        attempt: AttemptId,
    },
}

impl Frame for LinkFrame<'_> {
    const BYTES_MAX: usize = limits::FRAME_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Self::Rooms { tags } => demand(tags.len() <= limits::ROOMS_MAX, "tags"),
            Self::Message { seq, envelope, payload, .. } => {
                demand(*seq > 0, "seq")?;
                demand(payload.len() <= limits::INTERACTIVE_BYTES, "payload")?;
                envelope.check()
            }
            Self::Open { envelope, body, size, .. } => {
                body.check(*size)?;
                envelope.check()
            }
            Self::Chunk { data, .. } => demand(!data.is_empty(), "data"),
            Self::Group { more, data, .. } => demand(!(*more && data.is_empty()), "data"),
            Self::Ephemeral { envelope, payload } => {
                let most = match envelope.kind {
                    Kind::Gossip => limits::EPHEMERAL_BYTES + limits::GOSSIP_WRAPPING_BYTES,
                    _ => limits::EPHEMERAL_BYTES,
                };
                demand(payload.len() <= most, "payload")?;
                envelope.check()
            }
            Self::Proof { .. }
            | Self::Ping { .. }
            | Self::Pong { .. }
            | Self::Ack { .. }
            | Self::Credit { .. }
            | Self::Done { .. }
            | Self::Reset { .. }
            | Self::Bye { .. } => Ok(()),
            Self::Start { number, .. } => demand(*number > 0, "number"),
            Self::Carry { from, to, hops, payload } => {
                demand(from != to, "to")?;
                demand(*hops <= limits::CARRY_HOPS, "hops")?;
                demand(payload.len() <= limits::SIGNAL_PAYLOAD_BYTES, "payload")
            }
            Self::Relay { from, to, sealed, .. } => {
                demand(from != to, "to")?;
                demand(sealed.len() <= limits::RELAY_BYTES, "sealed")
            }
            Self::RelayEnd { from, to, .. } => demand(from != to, "to"),
            Self::Names { names, .. } => demand(names.len() <= limits::GOSSIP_NAMES_MAX, "names"),
        }
    }
}

impl Envelope<'_> {
    fn check(&self) -> Result<(), DecodeError> {
        demand(label_ok(self.label), "label")
    }
}

impl Body {
    fn check(&self, size: u64) -> Result<(), DecodeError> {
        match self {
            Self::Message => demand(size <= limits::MESSAGE_BYTES as u64, "size"),
            Self::File { name, media_type } => {
                demand(size <= limits::FILE_BYTES, "size")?;
                demand(file_ok(name, media_type), "file")
            }
        }
    }
}

/// Whether a text may be a label: 1 to 64 bytes without control characters.
#[must_use]
pub fn label_ok(label: &str) -> bool {
    (1..=limits::LABEL_BYTES).contains(&label.len()) && !label.chars().any(char::is_control)
}

/// Whether a file may be called so: bounded, and nothing that a file system could take for a path.
#[must_use]
pub fn file_ok(name: &str, media_type: &str) -> bool {
    let harmless = |c: char| !c.is_control() && c != '/' && c != '\\';
    (1..=limits::FILE_NAME_BYTES).contains(&name.len())
        && name.chars().all(harmless)
        && name != "."
        && name != ".."
        && media_type.len() <= limits::MEDIA_TYPE_BYTES
        && !media_type.chars().any(char::is_control)
}
