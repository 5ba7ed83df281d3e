//! Links that are of no use: in a group's room, with somebody who has not shown to be a member.
//!
//! Whoever knows where a group meets can link to its members, also when it was shut out, or read an
//! old invitation. A member shows its membership in the first frames; who does not is a stranger.
//! Strangers' links end soon, a few of them may stand for that long, and they are the first to make
//! place when another link is wanted. So are attempts of others in any room that do not get done.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::{Code, NodeId, limits};

use super::Node;
use crate::meter::{self, Cost};
use crate::remote::Remote;
use crate::rule::Rule;
use crate::table::{TableExt, in_order};
use crate::time::{Timer, Timestamp};

/// Links that are left in each room by one that makes place.
const LEAST_LEFT: usize = limits::NEIGHBORS - 1;

/// Whoever is in a room is named again within this, unless that is a large one: servers forget
/// those who do not come back to them.
const NAMED_LIFE: Duration = limits::TOPIC_TTL.saturating_mul(2);

impl Node {
    /// Takes note of who is a stranger now.
    pub(crate) fn note_strangers(&mut self) {
        let now = self.cx.now;
        meter::count(Cost::Remote, self.remotes.len());
        for remote in self.remotes.values_mut() {
            let useful = remote.is_company(&self.signaling)
                || self.groups.open.values().any(|group| group.keeps(remote.node()));
            if let Some(link) = remote.connection.link_mut() {
                link.stranger_since =
                    if useful { None } else { Some(link.stranger_since.unwrap_or(now)) };
            }
        }
    }

    /// The links with strangers and when each of them ends, the latest link first.
    fn strangers(&self) -> Vec<(Timestamp, NodeId)> {
        let since =
            |remote: &Remote| Some((remote.connection.link()?.stranger_since?, remote.node()));
        let strangers = in_order(self.remotes.values().filter_map(since));
        let ends = strangers.into_iter().rev().enumerate().map(|(place, (since, node))| {
            let few = place < limits::STRANGERS_MAX;
            let time = if few { limits::STRANGER_DEADLINE } else { limits::STRANGER_GRACE };
            (since + time, node)
        });
        ends.collect()
    }

    pub(super) fn stranger_deadline(&self) -> Option<(Timestamp, Timer)> {
        let first = self.strangers().into_iter().map(|(end, _)| end).min();
        first.map(|at| (at, Timer::Stranger))
    }

    /// Ends links with strangers whose time is over.
    pub(crate) fn end_strangers(&mut self) {
        let now = self.cx.now;
        for (end, node) in self.strangers() {
            if now >= end && Rule::StrangersEnd.holds() {
                self.with_remote(node, |remote, env| {
                    remote.connection.dismiss(env, Code::NotMember)
                });
            }
        }
    }

    /// Forgets nodes that were named once, with which nothing is under way, and of which nobody
    /// says any more that they are there. Of a large room they are those that it never linked with.
    pub(crate) fn forget_unnamed(&mut self) {
        let now = self.cx.now;
        let is_here = |remote: &Remote| {
            let mut rooms = remote.rooms.iter().filter_map(|(room, _)| self.broadcasts.get(&room));
            rooms.any(|broadcast| broadcast.is_here(remote.node()))
        };
        let is_over = |remote: &&Remote| {
            remote.connection.is_idle()
                && remote.session.is_idle()
                && now >= remote.connection.named_at + NAMED_LIFE
                && !is_here(remote)
        };
        let over = self.remotes.values().filter(is_over).map(Remote::node).collect::<Vec<_>>();
        for node in over {
            self.with_remote(node, |remote, env| remote.connection.close(env, Code::Left));
        }
    }

    /// The stranger that can make place first, linked or not, and when.
    fn first_stranger(&self) -> Option<(Timestamp, NodeId)> {
        let linked = |remote: &Remote| {
            let link = remote.connection.link().filter(|link| !link.is_relayed())?;
            Some(link.stranger_since? + limits::STRANGER_GRACE)
        };
        let until = |remote: &Remote| {
            let until = linked(remote).or_else(|| remote.knocks_until(&self.signaling))?;
            Some((until, remote.node()))
        };
        self.remotes.values().filter_map(until).min()
    }

    /// When a stranger can make place.
    pub(super) fn place_at(&self) -> Option<Timestamp> {
        self.first_stranger().map(|(until, _)| until)
    }

    /// The stranger that can make place now.
    fn oldest_stranger(&self) -> Option<NodeId> {
        let (until, node) = self.first_stranger()?;
        (self.cx.now >= until).then_some(node)
    }

    /// Whether there is place for one more connection, or can be made.
    pub(crate) fn has_place(&self) -> bool {
        !self.is_busy()
            || self.oldest_stranger().is_some()
            || !self.dispensable(LEAST_LEFT, true).is_empty()
    }

    /// Makes place for one more connection if there is none. Says whether there is place now.
    pub(crate) fn make_place(&mut self) -> bool {
        if self.is_busy()
            && let Some(node) =
                self.oldest_stranger().or_else(|| self.pick_dispensable(LEAST_LEFT, true))
        {
            self.with_remote(node, |remote, env| remote.connection.dismiss(env, Code::Busy));
        }
        !self.is_busy()
    }

    /// Makes place for one more node to keep track of: one with which nothing is under way is
    /// forgotten, the one that failed most often first, and before those for whom something waits.
    /// The next answer of a server names it again.
    pub(crate) fn place_for(&mut self, node: NodeId) -> bool {
        if self.remotes.contains_key(&node) || self.remotes.len() < limits::REMOTES_MAX {
            return true;
        }
        let idle = self.remotes.values().filter(|remote| remote.connection.is_idle());
        let idle =
            idle.max_by_key(|remote| (remote.session.is_idle(), remote.connection.failures()));
        let Some(idle) = idle.map(Remote::node) else { return false };
        self.with_remote(idle, |remote, env| remote.connection.close(env, Code::Busy));
        true
    }
}
