//! Words told lately, for neighbors who turn out to lack them.

use alloc::vec::Vec;

use lacis_wire::gossip::GossipName;
use lacis_wire::{NodeId, limits};

use super::{Broadcast, Told};
use crate::time::Timestamp;

/// A word that was passed on.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) name: GossipName,
    pub(super) bytes: Vec<u8>,
    /// Neighbors who got it from here: nobody gets it twice.
    pub(super) given: Vec<NodeId>,
    /// Neighbors whose queues had no place for it.
    owed: Vec<NodeId>,
    /// Who passed it on to this node, and over how many links it came.
    pub(super) from: Option<NodeId>,
    pub(super) hops: u8,
    since: Timestamp,
}

impl Broadcast {
    /// Keeps a word that was passed on to some neighbors.
    pub(crate) fn keep(&mut self, now: Timestamp, told: &Told, given: Vec<NodeId>) {
        let Some(name) = told.name.filter(|_| self.is_tree()) else { return };
        let (bytes, from, hops) = (told.bytes.clone(), told.from, told.hops);
        self.kept_bytes += bytes.len();
        self.kept.push_back(Kept { name, bytes, given, owed: Vec::new(), from, hops, since: now });
        while self.kept.len() > limits::WORDS_KEPT || self.kept_bytes > limits::WORDS_KEPT_BYTES {
            self.drop_kept();
        }
    }

    /// A new neighbor is told the names of what it may have missed while it had other ones.
    pub(super) fn name_kept(&mut self, now: Timestamp, node: NodeId) {
        let Some(known_since) = self.members.get(&node).map(|it| it.since) else { return };
        let may_lack = |kept: &&Kept| {
            let has_it = kept.from == Some(node) || kept.name.node == node;
            kept.since >= known_since && !has_it && !kept.given.contains(&node)
        };
        let named = self.kept.iter().rev().filter(may_lack).take(limits::GOSSIP_NAMES_MAX);
        for name in named.map(|kept| kept.name.over(kept.hops)).collect::<Vec<_>>() {
            self.announce(now, node, name);
        }
    }

    /// A neighbor whose queue is full did not get a word: it gets it once there is place.
    pub(crate) fn not_given(&mut self, now: Timestamp, node: NodeId, bytes: &[u8]) {
        let found = self.kept.iter_mut().rev().find(|kept| kept.bytes == bytes);
        let (Some(kept), Some(branch)) = (found, self.branches.get_mut(&node)) else { return };
        kept.given.retain(|given| *given != node);
        kept.owed.push(node);
        branch.is_full = true;
        self.names_at.get_or_insert(now + limits::ASK_AGAIN_MIN);
    }

    /// Words for neighbors whose queues had no place: it is time to try again.
    pub(crate) fn owed(&mut self, now: Timestamp) -> Vec<(NodeId, Vec<Vec<u8>>)> {
        let mut all = Vec::new();
        let is_due = self.names_at.is_some_and(|at| now >= at);
        for (node, branch) in self.branches.iter_mut().filter(|_| is_due) {
            if !core::mem::take(&mut branch.is_full) {
                continue;
            }
            let mut words = Vec::new();
            for kept in &mut self.kept {
                if kept.owed.extract_if(.., |owed| owed == node).count() > 0 {
                    kept.given.push(*node);
                    words.push(kept.bytes.clone());
                }
            }
            all.push((*node, words));
        }
        all
    }

    /// Forgets what was passed on too long ago for anybody to ask for it.
    pub(super) fn expire_kept(&mut self, now: Timestamp) {
        let is_owed =
            |it: &Self, kept: &Kept| kept.owed.iter().any(|node| it.branches.contains_key(node));
        let is_old = |kept: &Kept| now >= kept.since + limits::HELD_GOSSIP_LIFE;
        while self.kept.front().is_some_and(|kept| is_old(kept) && !is_owed(self, kept)) {
            self.drop_kept();
        }
    }

    fn drop_kept(&mut self) {
        let kept = self.kept.pop_front();
        self.kept_bytes -= kept.map_or(self.kept_bytes, |kept| kept.bytes.len());
    }
}
