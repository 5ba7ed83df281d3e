//! How neighbors name gossip instead of sending it.

use lacis_derive::{Decode, Encode};

use crate::ids::NodeId;

/// Which gossip it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GossipName {
    /// The node that tells it.
    pub node: NodeId,
    /// Its [`Gossip::number`].
    pub number: u64,
}

impl GossipName {
    /// As it is told by whoever got it over so many links.
    #[must_use]
    pub const fn over(self, hops: u8) -> NamedGossip {
        NamedGossip { node: self.node, number: self.number, hops }
    }
}

/// Gossip as neighbors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct NamedGossip {
    /// The node that tells it.
    #[n(0)]
    pub node: NodeId,
    /// Its [`Gossip::number`].
    #[n(1)]
    pub number: u64,
    /// Over how many links it came to whoever names it.
    #[n(2)]
    pub hops: u8,
}

impl NamedGossip {
    /// Which it is.
    #[must_use]
    pub const fn name(&self) -> GossipName {
        GossipName { node: self.node, number: self.number }
    }
}
