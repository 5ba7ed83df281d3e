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
    /// Whether it waits for its turn alone: then it is not dropped.
    is_ahead: bool,
    until: Timestamp,
}

/// Which gossip it is, wherever it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(super) peer: PeerId,
    pub(super) name: GossipName,
}

impl Said {
    /// Who told it.
    pub(crate) const fn origin(&self) -> NodeId {
        self.name.node
    }
}

impl Held {
    /// Whether it is of that name.
    pub(super) fn is(&self, name: &GossipName) -> bool {
        self.said.name == *name
    }
}

impl Broadcast {
    /// Keeps gossip until it is known whether whoever told it is a member. Of too much the oldest
    /// goes.
    pub(crate) fn hold(&mut self, now: Timestamp, (from, said): (NodeId, Said), bytes: Vec<u8>) {
        let bound = limits::HELD_GOSSIP_BYTES.saturating_sub(bytes.len());
        if self.held.iter().any(|it| it.said == said) {
            return;
        }
        while self.is_over(bound) {
            let Some(oldest) = self.held.iter().position(|it| !it.is_ahead) else { return };
            self.held.remove(oldest);
        }
        let until = now + limits::HELD_GOSSIP_LIFE;
        self.held.push(Held { from, said, bytes, is_ahead: false, until });
    }

    /// Keeps gossip until what its origin told before has come. If that is too much, nothing is
    /// waited for any more; says so.
    pub(crate) fn hold_ahead(
        &mut self,
        now: Timestamp,
        (from, said): (NodeId, Said),
        bytes: Vec<u8>,
    ) -> bool {
        if !self.held.iter().any(|it| it.said == said) {
            let until = now + limits::HELD_GOSSIP_LIFE;
            self.held.push(Held { from, said, bytes, is_ahead: true, until });
        }
        let is_over = self.is_over(limits::HELD_GOSSIP_BYTES);
        if is_over {
            self.wants.retain(|want| want.origin() != said.name.node);
        }
        is_over
    }

    /// Whether more is kept than may be, with so many bytes.
    fn is_over(&self, bytes: usize) -> bool {
        let held = self.held.iter().map(|it| it.bytes.len()).sum::<usize>();
        self.held.len() >= limits::HELD_GOSSIP_MAX || held > bytes
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
