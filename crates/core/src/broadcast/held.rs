//! What somebody told who is not known to be a member yet: it waits for what makes it one.

use alloc::vec::Vec;

use lacis_wire::{NodeId, PeerId, limits};

use super::Broadcast;
use crate::time::Timestamp;

/// Gossip of somebody whose membership may be on its way.
#[derive(Debug)]
pub(super) struct Held {
    from: NodeId,
    said: Said,
    bytes: Vec<u8>,
    until: Timestamp,
}

/// Which gossip it is, wherever it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(super) peer: PeerId,
    pub(super) node: NodeId,
    pub(super) number: u64,
}

impl Broadcast {
    /// Keeps gossip until it is known whether whoever told it is a member. Of too much the oldest
    /// goes.
    pub(crate) fn hold(&mut self, now: Timestamp, (from, said): (NodeId, Said), bytes: Vec<u8>) {
        if bytes.len() > limits::HELD_GOSSIP_BYTES || self.held.iter().any(|it| it.said == said) {
            return;
        }
        let count = |held: &[Held]| held.iter().map(|it| it.bytes.len()).sum::<usize>();
        while self.held.len() >= limits::HELD_GOSSIP_MAX
            || count(&self.held) + bytes.len() > limits::HELD_GOSSIP_BYTES
        {
            self.held.remove(0);
        }
        self.held.push(Held { from, said, bytes, until: now + limits::HELD_GOSSIP_LIFE });
    }

    /// Of what is kept so, what was told by those of whom that is known now.
    pub(crate) fn take_held(
        &mut self,
        now: Timestamp,
        is_known: impl Fn(&PeerId) -> bool,
    ) -> Vec<(NodeId, Vec<u8>)> {
        self.held.retain(|it| now < it.until);
        let known = self.held.extract_if(.., |it| is_known(&it.said.peer));
        known.map(|it| (it.from, it.bytes)).collect()
    }
}
