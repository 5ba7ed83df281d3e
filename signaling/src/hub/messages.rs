//! What servers that act as one have to say to each other.

use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;
use lacis_wire::signal::Undelivered;
use lacis_wire::{NodeId, Topic};

use super::ids::{ConnId, LookupId, ServerId};

/// Shows that a claim of a mailbox is by its owner, and gives the owner's secret away to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof(pub [u8; 32]);

/// Who is to hear that a payload was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The sender's connection, at the server that it sent to.
    pub conn: ConnId,
    /// The sender's own number for the payload.
    pub seq: u32,
}

/// What a hub has done at the others, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The mailbox is here from now on: pass payloads for it, and tell all that have it too.
    Claim {
        /// Whose.
        node: NodeId,
        /// Goes to the others.
        proof: Proof,
    },
    /// It is here no more.
    Release {
        /// Whose.
        node: NodeId,
    },
    /// A node is announced here for so long, unless renewed.
    Announce {
        /// Where.
        topic: Topic,
        /// Who.
        node: NodeId,
        /// Life of the announcement.
        ttl: Duration,
        /// Whether to answer with [`Event::Found`], and how many to name at most.
        sample: Option<(LookupId, usize)>,
    },
    /// It is announced here no more.
    Withdraw {
        /// Where.
        topic: Topic,
        /// Who.
        node: NodeId,
    },
    /// Puts a payload into a mailbox, wherever it is, or answers with [`Event::Returned`].
    Pass {
        /// The sender.
        from: NodeId,
        /// Whose mailbox.
        to: NodeId,
        /// Opaque.
        payload: Bytes,
        /// Not there if nobody waits for an answer.
        origin: Option<Origin>,
    },
    /// Tells a server whose client claims a mailbox that it is somebody else's.
    Contest {
        /// The server.
        to: ServerId,
        /// The mailbox.
        node: NodeId,
        /// From the claim.
        proof: Proof,
    },
    /// Tells a server that a payload of its client was not delivered.
    Return {
        /// The server.
        to: ServerId,
        /// For whom the payload was.
        node: NodeId,
        /// Who is to hear.
        origin: Origin,
        /// Why.
        reason: Undelivered,
    },
}

/// What the backplane and the other servers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The backplane is there, and knows nothing of this server yet.
    Linked,
    /// It is not there; what was asked of it may not be done.
    Unlinked,
    /// Some that are announced at a topic, at any server. May name the asker, and one twice.
    Found {
        /// The question.
        lookup: LookupId,
        /// The answer.
        nodes: Vec<NodeId>,
    },
    /// Another server has this mailbox now.
    Claimed {
        /// Whose.
        node: NodeId,
        /// By its owner?
        proof: Proof,
        /// The server.
        by: ServerId,
    },
    /// A mailbox that was claimed here is somebody else's.
    Contested {
        /// Whose.
        node: NodeId,
        /// From the claim.
        proof: Proof,
    },
    /// A payload for a mailbox here.
    Passed {
        /// The sender.
        from: NodeId,
        /// Whose mailbox.
        to: NodeId,
        /// Opaque.
        payload: Bytes,
        /// The sender's server.
        by: ServerId,
        /// Who is to hear when it cannot be delivered.
        origin: Option<Origin>,
    },
    /// A payload from here was not delivered.
    Returned {
        /// For whom it was.
        node: NodeId,
        /// Who is to hear.
        origin: Origin,
        /// Why.
        reason: Undelivered,
    },
}
