//! Links that are of no use: in a group's room, with somebody who has not shown to be a member.
//!
//! Whoever knows where a group meets can link to its members, also when it was shut out, or read an
//! old invitation. A member shows its membership in the first frames; who does not is a stranger.
//! Strangers' links end soon, a few of them may stand for that long, and they are the first to make
//! place when another link is wanted. So are attempts of theirs that do not get done.

use alloc::vec::Vec;

use lacis_wire::proof::Role;
use lacis_wire::{Code, NodeId, limits};

use crate::node::Node;
use crate::remote::{Remote, Standing};
use crate::rule::Rule;
use crate::shared::Shared;
use crate::table::{TableExt, in_order};
use crate::time::{Earliest, Timer, Timestamp};

impl Remote {
    /// Whether it is in a room that is not a group's, as far as it has shown.
    fn is_company(&self, shared: &Shared) -> bool {
        let mut shown = self.rooms.iter().filter(|(_, standing)| **standing != Standing::Named);
        shown.any(|(room, _)| shared.rooms.get(room).is_none_or(|room| room.admitted.is_none()))
    }

    /// Since when an attempt of its own waits in a group's room, and nothing else is known of it.
    fn knocks_since(&self, shared: &Shared) -> Option<Timestamp> {
        let of_group = |room| shared.rooms.get(room).is_some_and(|room| room.admitted.is_some());
        let knocks = self.link.is_none()
            && self.lost_at.is_none()
            && self.attempts.iter().all(|own| own.role == Role::Answerer && of_group(&own.room));
        self.attempts.first().filter(|_| knocks).map(|own| own.begun)
    }
}

impl Node {
    /// Takes note of who is a stranger now.
    pub(crate) fn note_strangers(&mut self) {
        let now = self.shared.io.now;
        for remote in self.remotes.values_mut() {
            let useful = remote.is_company(&self.shared)
                || self.groups.open.values().any(|group| group.keeps(remote.node));
            if let Some(link) = &mut remote.link {
                link.stranger_since =
                    if useful { None } else { Some(link.stranger_since.unwrap_or(now)) };
            }
        }
    }

    /// The links with strangers and when each of them ends, the latest link first.
    fn strangers(&self) -> Vec<(Timestamp, NodeId)> {
        let since = |remote: &Remote| Some((remote.link.as_ref()?.stranger_since?, remote.node));
        let strangers = in_order(self.remotes.values().filter_map(since));
        let ends = strangers.into_iter().rev().enumerate().map(|(place, (since, node))| {
            let few = place < limits::STRANGERS_MAX;
            let time = if few { limits::STRANGER_DEADLINE } else { limits::STRANGER_GRACE };
            (since + time, node)
        });
        ends.collect()
    }

    pub(crate) fn stranger_deadlines(&self, earliest: &mut Earliest) {
        let first = self.strangers().into_iter().map(|(end, _)| end).min();
        earliest.see(first, Timer::Stranger);
    }

    /// Ends links with strangers whose time is over.
    pub(crate) fn end_strangers(&mut self) {
        let now = self.shared.io.now;
        for (end, node) in self.strangers() {
            if now >= end && Rule::StrangersEnd.holds() {
                self.with_remote(node, |remote, shared| remote.dismiss(shared, Code::NotMember));
            }
        }
    }

    /// The stranger that has been there for longest, if that is long enough to make place.
    fn oldest_stranger(&self) -> Option<NodeId> {
        let linked = |remote: &Remote| remote.link.as_ref()?.stranger_since;
        let since = |remote: &Remote| {
            let since = linked(remote).or_else(|| remote.knocks_since(&self.shared))?;
            Some((since, remote.node))
        };
        let (since, node) = self.remotes.values().filter_map(since).min()?;
        (self.shared.io.now >= since + limits::STRANGER_GRACE).then_some(node)
    }

    /// Whether there is place for one more connection, or can be made.
    pub(crate) fn has_place(&self) -> bool {
        !self.is_busy() || self.oldest_stranger().is_some()
    }

    /// Makes place for one more connection if there is none. Says whether there is place now.
    pub(crate) fn make_place(&mut self) -> bool {
        if self.is_busy()
            && let Some(node) = self.oldest_stranger()
        {
            self.with_remote(node, |remote, shared| remote.dismiss(shared, Code::Busy));
        }
        !self.is_busy()
    }

    /// Makes place for one more node to keep track of: one with which nothing is under way is
    /// forgotten, the one that failed most often first. The next answer of a server names it again.
    pub(crate) fn place_for(&mut self, node: NodeId) -> bool {
        if self.remotes.contains_key(&node) || self.remotes.len() < limits::REMOTES_MAX {
            return true;
        }
        let is_idle = |remote: &&Remote| {
            remote.link.is_none() && remote.attempts.is_empty() && remote.lost_at.is_none()
        };
        let idle = self.remotes.values().filter(is_idle).max_by_key(|remote| remote.failures);
        let Some(idle) = idle.map(|remote| remote.node) else { return false };
        self.with_remote(idle, |remote, _| remote.gone = Some(Code::Busy));
        true
    }
}
