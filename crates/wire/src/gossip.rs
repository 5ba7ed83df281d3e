//! Gossip: what one member tells everybody in a room, passed on from neighbor to neighbor.
//!
//! Whoever passes it on is not trusted with it: its origin signs it, for that room alone, and says
//! when it told it, so that it is not told again to those who come later. The node id follows from
//! the key that signs, so nobody speaks in the name of another node.

use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, demand};
use crate::ids::{NodeId, PeerId, Topic};
use crate::limits;
use crate::link::label_ok;
use crate::pen::Pen;
use crate::signature;
use crate::time::Millis;

pub use crate::naming::{GossipName, NamedGossip};

const DOMAIN: &str = "lacis 2026 gossip 1";

/// Something told to everybody in a room.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Gossip<'a> {
    /// The identity that tells it.
    #[n(0)]
    pub peer: PeerId,
    /// Binds its node id to the identity: see [`NodeId::derive`].
    #[cbor(n(1), bytes)]
    pub salt: [u8; 16],
    /// Greater than that of whatever this node has told in this room before.
    #[n(2)]
    pub number: u64,
    /// When it tells it, by its own clock.
    #[n(3)]
    pub at: Millis,
    /// What it tells.
    #[cbor(b(4))]
    pub news: News<'a>,
    /// Signature of the identity over everything before, and the topic of the room.
    #[cbor(n(5), bytes)]
    pub signature: [u8; 64],
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum News<'a> {
    /// That the origin is in the room; said again as long as it is.
    #[n(0)]
    Here,
    /// That it leaves.
    #[n(1)]
    Gone,
    /// A message to everybody.
    #[n(2)]
    Message {
        /// The application's name for this sort of message.
        #[cbor(b(0))]
        label: &'a str,
        /// The application's bytes.
        #[cbor(b(1), bytes)]
        payload: &'a [u8],
    },
    /// A message to everybody that may be lost.
    #[n(3)]
    Ephemeral {
        /// The application's name for this sort of message.
        #[cbor(b(0))]
        label: &'a str,
        /// The application's bytes.
        #[cbor(b(1), bytes)]
        payload: &'a [u8],
    },
    /// As [`News::Here`], of a room in which everybody can be linked: it is told because no server
    /// tells who is there.
    #[n(4)]
    Alone,
}

impl<'a> Gossip<'a> {
    /// What a node tells, not signed yet.
    #[must_use]
    pub const fn unsigned(
        (peer, salt): (PeerId, [u8; 16]),
        (number, at): (u64, Millis),
        news: News<'a>,
    ) -> Self {
        Self { peer, salt, number, at, news, signature: [0; 64] }
    }

    /// Signs it for a room.
    #[must_use]
    pub fn signed(mut self, pen: &Pen, topic: &Topic) -> Self {
        self.signature = pen.sign(&self.message(topic));
        self
    }

    /// The node that tells it.
    #[must_use]
    pub fn node(&self) -> NodeId {
        NodeId::derive(&self.peer, &self.salt)
    }

    /// Whether the identity told this, in that room.
    #[must_use]
    pub fn verify(&self, topic: &Topic) -> bool {
        signature::verify(&self.peer, &self.message(topic), &self.signature)
    }

    fn message(&self, topic: &Topic) -> Vec<u8> {
        let mut message = signature::message(DOMAIN, None, self);
        message.extend_from_slice(topic.as_bytes());
        message
    }
}

/// Gossip as it is passed on from one neighbor to the next.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Passed<'a> {
    /// How long it has been on its way, in milliseconds, as far as those know who passed it on.
    #[n(0)]
    pub age_ms: u64,
    /// A [`Gossip`], as its origin wrote it.
    #[cbor(b(1), bytes)]
    pub gossip: &'a [u8],
    /// Of what does not go to all: over how many more links it goes, one after the other.
    #[n(2)]
    pub walk: Option<u8>,
    /// Of what goes to all: over how many links it came to whoever passes it on. None of the first.
    #[n(3)]
    pub hops: Option<u8>,
}

impl Frame for Passed<'_> {
    const BYTES_MAX: usize = limits::MESSAGE_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(self.gossip.len() <= limits::GOSSIP_BYTES, "gossip")
    }
}

impl Frame for Gossip<'_> {
    const BYTES_MAX: usize = limits::GOSSIP_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        match &self.news {
            News::Here | News::Alone | News::Gone => Ok(()),
            News::Message { label, payload } => {
                demand(label_ok(label), "label")?;
                demand(payload.len() <= limits::GOSSIP_PAYLOAD_BYTES, "payload")
            }
            News::Ephemeral { label, payload } => {
                demand(label_ok(label), "label")?;
                demand(payload.len() <= limits::EPHEMERAL_BYTES, "payload")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Gossip, News};
    use crate::codec::{decode, encode};
    use crate::ids::Topic;
    use crate::pen::Pen;
    use crate::proof::{peer_id, signing_key};
    use crate::time::Millis;

    fn told() -> (Gossip<'static>, Topic) {
        let key = signing_key(&[1; 32]);
        let topic = Topic([2; 32]);
        let news = News::Message { label: "chat", payload: b"hello" };
        let gossip = Gossip::unsigned((peer_id(&key), [3; 16]), (1, Millis(5)), news);
        (gossip.signed(&Pen::new(&key), &topic), topic)
    }

    #[test]
    fn what_was_told_is_read_and_verified() {
        let (gossip, topic) = told();
        let bytes = encode(&gossip);
        let read: Gossip<'_> = decode(&bytes).expect("its own encoding");
        assert_eq!(read, gossip);
        assert!(read.verify(&topic));
    }

    #[test]
    fn it_holds_for_its_room_number_time_words_and_node_alone() {
        let (gossip, topic) = told();
        assert!(!gossip.verify(&Topic([4; 32])));
        assert!(!Gossip { number: 2, ..gossip.clone() }.verify(&topic));
        assert!(!Gossip { at: Millis(6), ..gossip.clone() }.verify(&topic));
        assert!(!Gossip { news: News::Gone, ..gossip.clone() }.verify(&topic));
        assert!(!Gossip { salt: [5; 16], ..gossip }.verify(&topic));
    }
}
