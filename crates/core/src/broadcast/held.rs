//! What somebody told who is not known to be a member yet, and waits for what makes it one, or what
//! waits for something that was told before.

use alloc::vec::Vec;

use lacis_wire::gossip::GossipName;
use lacis_wire::{NodeId, PeerId, limits};

use super::Broadcast;
use crate::table::in_order;
use crate::time::Timestamp;

/// Gossip that waits for something.
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
    pub(super) name: GossipName,
}

impl Held {
    /// Whether it is of that name.
    pub(super) fn is(&self, name: &GossipName) -> bool {
        self.said.name == *name
    }
}

impl Broadcast {
    /// Keeps gossip until it is known whether whoever told it is a member, or what it told before
    /// has come. Of too much the oldest goes.
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

    /// What an origin told and does not wait for anything that it told before, in order.
    pub(crate) fn take_released(
        &mut self,
        now: Timestamp,
        origin: NodeId,
    ) -> Vec<(NodeId, Vec<u8>)> {
        let first = self.first_wanted(origin);
        self.take_held(now, &|_, name| name.node == origin && name.number <= first)
    }

    /// What is kept so and may be heard now, in order: of that origin, or of those identities.
    pub(crate) fn take_held(
        &mut self,
        now: Timestamp,
        may_be_heard: &dyn Fn(&PeerId, &GossipName) -> bool,
    ) -> Vec<(NodeId, Vec<u8>)> {
        self.held.retain(|it| now < it.until);
        let ready = |it: &mut Held| may_be_heard(&it.said.peer, &it.said.name);
        let ready = self.held.extract_if(.., ready).map(|it| (it.said.name, it.from, it.bytes));
        in_order(ready).into_iter().map(|(_, from, bytes)| (from, bytes)).collect()
    }
}
