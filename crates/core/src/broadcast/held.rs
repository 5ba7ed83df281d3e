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
    /// For how long it waits.
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
    /// Whether it waits in that way, and came from that neighbor, if it is asked for one.
    fn is(&self, is_ahead: bool, from: Option<NodeId>) -> bool {
        self.is_ahead == is_ahead && from.is_none_or(|from| self.from == from)
    }

    pub(super) fn is_named(&self, name: &GossipName) -> bool {
        self.said.name == *name
    }
}

impl Broadcast {
    /// Keeps gossip until it is known whether whoever told it is a member. Of too much the oldest
    /// goes; if it is too much of one neighbor, the oldest of that one.
    pub(crate) fn hold(&mut self, now: Timestamp, (from, said): (NodeId, Said), bytes: Vec<u8>) {
        if self.held.iter().any(|it| it.said == said) {
            return;
        }
        for (of, part) in [(Some(from), 4), (None, 1)] {
            while self.is_over((false, of), bytes.len(), part) {
                let is_one = |it: &Held| it.is(false, of);
                let Some(oldest) = self.held.iter().position(is_one) else { return };
                self.held.remove(oldest);
            }
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
        self.on_ahead(&said.name);
        if !self.held.iter().any(|it| it.said == said) {
            let until = now + limits::AHEAD_LIFE;
            self.held.push(Held { from, said, bytes, is_ahead: true, until });
        }
        let is_over = self.is_over((true, None), 0, 1);
        if is_over {
            self.hurry(said.name.node, u64::MAX);
        }
        is_over
    }

    /// Whether with so many bytes more too much of a sort would be kept, or more than that part of
    /// it of one neighbor.
    fn is_over(&self, sort: (bool, Option<NodeId>), more: usize, part: usize) -> bool {
        let (mut count, mut bytes) = (0, more);
        for it in self.held.iter().filter(|it| it.is(sort.0, sort.1)) {
            count += 1;
            bytes += it.bytes.len();
        }
        count >= limits::HELD_GOSSIP_MAX / part || bytes > limits::HELD_GOSSIP_BYTES / part
    }

    /// When something has waited for long enough for what was told before it.
    pub(super) fn ahead_deadline(&self) -> Option<Timestamp> {
        self.held.iter().filter(|it| it.is_ahead).map(|it| it.until).min()
    }

    /// What has waited for long enough waits no more. Gives who told it.
    pub(super) fn ahead_due(&mut self, now: Timestamp) -> Vec<NodeId> {
        let is_due = |it: &&Held| it.is_ahead && now >= it.until;
        let due = self.held.iter().filter(is_due).map(|it| it.said.name).collect::<Vec<_>>();
        for name in &due {
            self.hurry(name.node, name.number);
        }
        due.into_iter().map(|name| name.node).collect()
    }

    /// What an origin told and does not wait for anything that it told before, in order.
    pub(crate) fn take_released(
        &mut self,
        now: Timestamp,
        origin: NodeId,
    ) -> Vec<(NodeId, Vec<u8>)> {
        let first = self.first_wanted(origin);
        self.take_ready(now, true, &|said| said.name.node == origin && said.name.number <= first)
    }

    /// What identities told that are known now, in order.
    pub(crate) fn take_known(
        &mut self,
        now: Timestamp,
        is_known: &dyn Fn(&PeerId) -> bool,
    ) -> Vec<(NodeId, Vec<u8>)> {
        self.take_ready(now, false, &|said| is_known(&said.peer))
    }

    fn take_ready(
        &mut self,
        now: Timestamp,
        is_ahead: bool,
        is_ready: &dyn Fn(&Said) -> bool,
    ) -> Vec<(NodeId, Vec<u8>)> {
        self.held.retain(|it| it.is_ahead || now < it.until);
        let ready = |it: &mut Held| it.is_ahead == is_ahead && is_ready(&it.said);
        let ready = self.held.extract_if(.., ready).map(|it| (it.said.name, it.from, it.bytes));
        in_order(ready).into_iter().map(|(_, from, bytes)| (from, bytes)).collect()
    }
}
