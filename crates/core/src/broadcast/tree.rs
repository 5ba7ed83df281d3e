//! How words travel in a room of many: whole over some links, by their names over the others.
//!
//! ```text
//! the links that bring words first are a tree, over which they travel whole
//! over every other one their names follow a little later: who lacks a word then asks for it
//! a word that is here already ---> both ends send no more than names from now on
//! a name that is not here -------> it is asked for, and the link carries words again
//! ```
//! Source: J. Leitao, J. Pereira, L. Rodrigues, Epidemic Broadcast Trees, 2007. Every link carries
//! the words of one origin in order, or their names; so whoever gets a word knows which of those
//! before it are still missing, and waits for them before it hears it and passes it on.

use alloc::vec::Vec;

use lacis_wire::gossip::{GossipName, NamedGossip};
use lacis_wire::{NodeId, limits};

use super::{Broadcast, Told};
use crate::table::TableExt;
use crate::time::Timestamp;

/// How words travel over a link.
#[derive(Debug, Default)]
pub(super) struct Branch {
    /// Whether only their names do, from here.
    pub(super) is_lazy: bool,
    /// Names that follow, at most [`limits::WORDS_WANTED_MAX`].
    pub(super) names: Vec<NamedGossip>,
    /// Until then the other side is not told again that what it sends is here.
    spared_until: Timestamp,
    /// Until then nothing waits for what it names: it did not send what it had named.
    unheeded_until: Timestamp,
    /// Until then it does not take the place of another one because it is shorter.
    pub(super) rests_until: Timestamp,
    /// Whether its queue took no more of late: nothing is told over it before what is owed.
    pub(super) is_full: bool,
}

/// A word that neighbors have, and that is not here.
#[derive(Debug)]
pub(super) struct Want {
    name: GossipName,
    /// Who is asked for it.
    asked: NodeId,
    /// Who else has it, at most [`limits::NEIGHBORS_MAX`].
    others: Vec<NodeId>,
    /// Until then it is waited for. None if it has come and waits for others itself.
    until: Option<Timestamp>,
    /// Whether what its origin told later waits for it.
    is_first: bool,
}

/// Names for several neighbors.
pub(crate) type Names = Vec<(NodeId, Vec<NamedGossip>)>;

impl Broadcast {
    /// Whether words travel over a tree.
    pub(super) fn is_tree(&self) -> bool {
        self.members.len() >= limits::FLOODED_MAX
    }

    /// When names are to be told, or something that was asked for has not come.
    pub(super) fn tree_deadline(&self) -> Option<Timestamp> {
        let wanted = self.wants.iter().filter_map(|want| want.until).min();
        self.names_at.into_iter().chain(wanted).chain(self.ahead_deadline()).min()
    }

    /// These are the neighbors now. If a link is lost that carried words, the others do; gives
    /// those who are to be asked for that.
    pub(crate) fn meet(&mut self, now: Timestamp, neighbors: &[NodeId]) -> Vec<NodeId> {
        let lost = self.branches.take_where(|node, _| !neighbors.contains(node));
        for want in self.wants.iter_mut().filter(|want| !neighbors.contains(&want.asked)) {
            want.until = want.until.map(|_| now);
        }
        let is_tree = self.is_tree() && lost.iter().any(|(_, branch)| !branch.is_lazy);
        let mut asked = Vec::new();
        for (node, branch) in self.branches.iter_mut().filter(|_| is_tree) {
            if core::mem::take(&mut branch.is_lazy) {
                asked.push(*node);
            }
        }
        asked
    }

    /// Those to whom words do not go whole.
    pub(crate) fn lazy(&self) -> impl Iterator<Item = NodeId> {
        let is_lazy = |branch: &Branch| branch.is_lazy || branch.is_full;
        let branches = self.branches.iter().filter(move |(_, branch)| is_lazy(branch));
        branches.filter(|_| self.is_tree()).map(|(node, _)| *node)
    }

    /// Leaves those neighbors to whom a word goes whole, and the others are told its name later.
    /// Gives names that are told at once, so that each link carries all in order.
    pub(crate) fn divide(&mut self, now: Timestamp, told: &Told, nodes: &mut Vec<NodeId>) -> Names {
        let lazy: Vec<NodeId> = self.lazy().collect();
        for node in nodes.extract_if(.., |node| lazy.contains(node)) {
            if let Some(name) = told.name {
                self.announce(now, node, name.over(told.hops));
            }
        }
        let mut first = Vec::new();
        for node in nodes {
            let names =
                self.branches.get_mut(node).map(|branch| core::mem::take(&mut branch.names));
            first.extend(names.filter(|names| !names.is_empty()).map(|names| (*node, names)));
        }
        first
    }

    /// A neighbor is told a name, a little later.
    pub(super) fn announce(&mut self, now: Timestamp, node: NodeId, name: NamedGossip) {
        let Some(branch) = self.branches.get_mut(&node) else { return };
        // Of more than anybody would ask for the rest comes over other links.
        if branch.names.len() < limits::WORDS_WANTED_MAX {
            branch.names.push(name);
            self.names_at.get_or_insert(now + limits::ANNOUNCE_AFTER);
        }
    }

    /// Names whose time has come.
    pub(crate) fn names_due(&mut self, now: Timestamp) -> Names {
        if self.names_at.take_if(|at| now >= *at).is_none() {
            return Vec::new();
        }
        if self.branches.values().any(|branch| branch.is_full) {
            self.names_at = Some(now + limits::ASK_AGAIN_MIN);
        }
        let is_named = |branch: &Branch| !branch.is_full && !branch.names.is_empty();
        let named = self.branches.iter_mut().filter(|(_, branch)| is_named(branch));
        named.map(|(node, branch)| (*node, core::mem::take(&mut branch.names))).collect()
    }

    /// A neighbor sent something that was not here: the link carries words both ways, also if this
    /// side had told that names are enough and the other one never heard so.
    pub(super) fn on_first_copy(&mut self, from: NodeId) {
        if let Some(branch) = self.branches.get_mut(&from) {
            branch.is_lazy = false;
        }
    }

    /// Whether words come over another link than that with a neighbor.
    fn has_other(&self, node: NodeId) -> bool {
        self.branches.iter().any(|(other, branch)| *other != node && !branch.is_lazy)
    }

    /// What a neighbor sent is here already. Gives who is to be told that names are enough: never
    /// the last one over whose link words come, since not everything has a name.
    pub(crate) fn on_spare(
        &mut self,
        (now, me): (Timestamp, NodeId),
        from: NodeId,
        name: &NamedGossip,
    ) -> Option<NodeId> {
        if !self.is_tree() {
            return None;
        }
        if let Some(spared) = self.come_nearer((now, me), from, name) {
            return spared;
        }
        if !self.has_other(from) {
            return None;
        }
        let branch = self.branches.get_mut(&from)?;
        branch.is_lazy = true;
        // What is on its way was sent before it heard.
        let is_told = now >= branch.spared_until;
        if is_told {
            branch.spared_until = now + limits::ASK_AGAIN_MIN;
        }
        is_told.then_some(from)
    }

    /// A neighbor has words. Gives those that are lacking and it is asked for, if it is to send
    /// words from now on, and the neighbor who need not any more.
    pub(crate) fn on_names(
        &mut self,
        (now, me): (Timestamp, NodeId),
        from: NodeId,
        names: &[NamedGossip],
    ) -> (Option<Vec<NamedGossip>>, Option<NodeId>) {
        // Whoever has no other link over which words come keeps that one.
        let is_last = names.is_empty() && self.is_tree() && !self.has_other(from);
        let Some(branch) = self.branches.get_mut(&from) else { return (None, None) };
        if names.is_empty() {
            branch.is_lazy = !is_last;
            return (is_last.then(Vec::new), None);
        }
        // Who has it over more links comes nearer by hearing of it.
        let is_news = |told: &NamedGossip, name: &NamedGossip| {
            told.name() != name.name() || told.hops.saturating_add(1) < name.hops
        };
        branch.names.retain(|told| names.iter().all(|name| is_news(told, name)));
        let rests = self.branches.iter().filter(|(_, branch)| now < branch.unheeded_until);
        let unheeded: Vec<NodeId> = rests.map(|(node, _)| *node).collect();
        let is_heeded = !unheeded.contains(&from);
        let mut asked = Vec::new();
        let of_one = |want: &&Want| want.asked == from && want.until.is_some();
        let of_one = self.wants.iter().filter(of_one).count();
        let place = limits::WORDS_WANTED_OF_ONE.saturating_sub(of_one);
        let place = place.min(limits::WORDS_WANTED_MAX.saturating_sub(self.wants.len()));
        for name in names {
            let key = name.name();
            let is_held = || self.held.iter().any(|held| held.is_named(&key));
            if key.node == me || self.heard.contains(key.node, key.number) || is_held() {
                continue;
            }
            let until = Some(now + limits::WANT_PATIENCE);
            if let Some(want) = self.wants.iter_mut().find(|want| want.name == key) {
                let is_known = want.asked == from || want.others.contains(&from);
                if is_known || want.others.len() >= limits::NEIGHBORS_MAX {
                    continue;
                }
                if is_heeded && want.until.is_some() && unheeded.contains(&want.asked) {
                    let asked_first = core::mem::replace(&mut want.asked, from);
                    (want.until, want.is_first) = (until, true);
                    want.others.insert(0, asked_first);
                    asked.push(*name);
                } else {
                    want.others.push(from);
                }
            } else if asked.len() < place {
                let (others, is_first) = (Vec::new(), is_heeded);
                self.wants.push(Want { name: key, asked: from, others, until, is_first });
                asked.push(*name);
            }
        }
        let spared = names.iter().find_map(|name| self.come_nearer((now, me), from, name));
        let is_asked = !asked.is_empty() || spared.is_some();
        if is_asked && let Some(branch) = self.branches.get_mut(&from) {
            branch.is_lazy = false;
        }
        (is_asked.then_some(asked), spared.flatten())
    }

    /// A neighbor lacks words, and gets what is new whole from now on. Gives those that are kept
    /// and did not go to it.
    pub(crate) fn on_lacking(&mut self, from: NodeId, names: &[NamedGossip]) -> Vec<Vec<u8>> {
        let Some(branch) = self.branches.get_mut(&from) else { return Vec::new() };
        branch.is_lazy = false;
        let mut words = Vec::new();
        for kept in &mut self.kept {
            let is_lacking = names.iter().any(|name| name.name() == kept.name);
            if is_lacking && !kept.given.contains(&from) {
                kept.given.push(from);
                words.push(kept.bytes.to_vec());
            }
        }
        words
    }

    /// What was asked for and has not come is asked for elsewhere. Gives whom to ask, and origins
    /// of whom something is not waited for any more.
    pub(crate) fn wants_due(&mut self, now: Timestamp) -> (Names, Vec<NodeId>) {
        let (mut asked, mut over): (Names, Vec<NodeId>) = (Vec::new(), Vec::new());
        let is_due = |want: &mut Want| want.until.is_some_and(|until| now >= until);
        for mut want in self.wants.extract_if(.., is_due).collect::<Vec<_>>() {
            if let Some(branch) = self.branches.get_mut(&want.asked) {
                branch.unheeded_until = now + limits::NAMES_REST;
            }
            let Some(next) = want.others.pop() else {
                over.push(want.name.node);
                continue;
            };
            (want.asked, want.until) = (next, Some(now + limits::WANT_PATIENCE));
            match asked.iter_mut().find(|(node, _)| *node == next) {
                Some((_, names)) => names.push(want.name.over(0)),
                None => asked.push((next, Vec::from([want.name.over(0)]))),
            }
            self.wants.push(want);
        }
        over.extend(self.ahead_due(now));
        (asked, over)
    }

    /// Whether a word of the same origin that was told before is asked for.
    pub(super) fn is_ahead(&self, name: &GossipName) -> bool {
        self.first_wanted(name.node) < name.number
    }

    /// The lowest number of an origin that is asked for and waited for.
    pub(super) fn first_wanted(&self, origin: NodeId) -> u64 {
        let wanted = self.wants.iter().filter(|want| want.name.node == origin && want.is_first);
        wanted.map(|want| want.name.number).min().unwrap_or(u64::MAX)
    }

    /// A word has come and waits for others: nobody is asked for it any more.
    pub(super) fn on_ahead(&mut self, name: &GossipName) {
        for want in self.wants.iter_mut().filter(|want| want.name == *name) {
            (want.until, want.is_first) = (None, false);
        }
    }

    /// What an origin told does not wait any more for what it told before that number.
    pub(super) fn hurry(&mut self, origin: NodeId, number: u64) {
        let name = |want: &Want| want.name.node == origin && want.name.number < number;
        for want in self.wants.iter_mut().filter(|want| name(want)) {
            want.is_first = false;
        }
    }

    /// A word has come; gives those neighbors who have it.
    pub(super) fn on_come(&mut self, name: &GossipName) -> Vec<NodeId> {
        let found = self.wants.iter().position(|want| want.name == *name);
        let want = found.map(|place| self.wants.swap_remove(place));
        want.map_or_else(Vec::new, |want| {
            let mut nodes = want.others;
            nodes.push(want.asked);
            nodes
        })
    }
}
