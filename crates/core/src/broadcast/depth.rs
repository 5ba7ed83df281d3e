//! How deep the tree is that words take: each node takes them over the link on which those of the
//! root come over the fewest.
//!
//! ```text
//! what the root told came over 5 links, from A ---> B has it too, and had it over 2
//! words come from B from now on, no more than names from A
//! all other neighbors are told that it is here over 3 links: some of them come nearer by that
//! ```
//! So one word of the root is enough for a tree that is as deep as the room is wide, and where it
//! is already nothing is told. Words of others change none of it: no two pull it different ways.

use lacis_wire::gossip::NamedGossip;
use lacis_wire::{NodeId, limits};

use super::Broadcast;
use crate::time::Timestamp;

impl Broadcast {
    /// A neighbor has something that is here, too. If the root told it and it would have come over
    /// fewer links from there, words come from that one from now on; says so, and gives the one
    /// over whom they came so far, if they still do.
    pub(super) fn come_nearer(
        &mut self,
        (now, me): (Timestamp, NodeId),
        from: NodeId,
        name: &NamedGossip,
    ) -> Option<Option<NodeId>> {
        if !self.is_root(me, name.node) {
            return None;
        }
        let kept = self.kept.iter_mut().rev().find(|kept| kept.name == name.name())?;
        let (hops, longer) = (name.hops.saturating_add(1), kept.from?);
        if hops >= kept.hops {
            return None;
        }
        let is_lazy = self.branches.get(&longer).is_none_or(|it| it.is_lazy);
        let branch = self.branches.get_mut(&from)?;
        // What it told before was on its way then.
        if longer != from && (!is_lazy || branch.is_lazy) {
            // Whoever lies about it delays a word a minute.
            if is_lazy || now < branch.rests_until {
                return None;
            }
            (branch.is_lazy, branch.rests_until) = (false, now + limits::NAMES_REST);
            self.branches.get_mut(&longer)?.is_lazy = true;
        }
        (kept.from, kept.hops) = (Some(from), hops);
        for (_, branch) in self.branches.iter_mut().filter(|(node, _)| **node != from) {
            branch.names.retain(|told| told.name() != name.name());
            if branch.names.len() < limits::WORDS_WANTED_MAX {
                branch.names.push(name.name().over(hops));
            }
        }
        self.names_at.get_or_insert(now + limits::ANNOUNCE_AFTER);
        (longer != from).then_some(Some(longer).filter(|_| !is_lazy))
    }
}
