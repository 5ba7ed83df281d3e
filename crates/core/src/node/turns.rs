//! Links that take turns: who is in more small groups than there are places for links serves them
//! one after the other.
//!
//! In a group of two no link can be spared, so none makes place by the rules of `strangers.rs` and
//! `mesh.rs`. But one over which nothing is under way, and whose ends hold the same, can wait, and
//! a group without any link cannot.

use alloc::vec::Vec;

use lacis_wire::{Code, NodeId, limits};

use super::Node;
use crate::ids::RoomId;
use crate::overlay::Overlay;
use crate::remote::Remote;
use crate::time::Timestamp;

impl Node {
    /// Lets a node have more links than a page has: memory and processor are those of a program.
    /// At least [`limits::LINKS_MAX`] and at most [`limits::REMOTES_MAX`] links.
    pub fn allow_links(&mut self, count: usize) {
        self.pool.links_max = count.clamp(limits::LINKS_MAX, limits::REMOTES_MAX);
        self.changes.everything();
    }

    /// Makes place for a link in a room, if there is none. Says whether there is place now.
    pub(super) fn make_place_in(&mut self, room: RoomId) -> bool {
        self.make_place() || self.may_turn(&self.overlay(), self.signaling.main(room))
    }

    /// Whether a link that would be the first in a room may be set up beside all that there may
    /// be, of which one can wait: that one ends when the new one has proven itself, and nothing
    /// that somebody only says ends any. There is one such at a time.
    fn may_turn(&self, overlay: &Overlay, room: RoomId) -> bool {
        let standing = overlay.standing(room);
        standing.linked + standing.coming == 0
            && self.tally.links + self.tally.attempts == self.pool.links_max
            && self.turn_at().is_some_and(|at| self.cx.now >= at)
    }

    /// If there is no place for a link, gives one of these nodes that would be the first in a room
    /// and may be linked with beside all others; of several whoever has not failed to answer.
    pub(super) fn take_turn(&self, overlay: &Overlay, ready: &mut Vec<NodeId>) -> Option<NodeId> {
        if ready.is_empty() || self.has_place() {
            return None;
        }
        let failures = |node: &NodeId| {
            let remote = self.remotes.get(node)?;
            let mut rooms = remote.rooms.iter();
            let is_first = rooms.any(|(room, _)| self.may_turn(overlay, room));
            is_first.then_some(remote.connection.failures())
        };
        let turns = ready.iter().enumerate().filter_map(|(at, node)| Some((failures(node)?, at)));
        let (_, at) = turns.min()?;
        Some(ready.swap_remove(at))
    }

    /// If there is one link more than there may be, ends the one that can wait and stands for
    /// longest, or else the one that was one too many.
    pub(super) fn end_turn(&mut self) {
        if self.tally.links <= self.pool.links_max {
            return;
        }
        let first = self.patient().into_iter().min();
        let node = match first.filter(|(since, _)| self.cx.now >= *since + limits::TURN_LEAST) {
            Some((_, node)) => {
                self.pool.turned_at = Some(self.cx.now);
                Some(node)
            }
            None => {
                let links = self.remotes.values().filter(|it| it.connection.is_near());
                links.max_by_key(|it| it.connection.link().map(|it| it.since)).map(Remote::node)
            }
        };
        if let Some(node) = node {
            self.with_remote(node, |remote, env| remote.connection.dismiss(env, Code::Busy));
        }
    }

    /// When a link can make place by that, if one can.
    pub(super) fn turn_at(&self) -> Option<Timestamp> {
        let (since, _) = self.patient().into_iter().min()?;
        let paced = self.pool.turned_at.map(|at| at + limits::TURN_PACE);
        Some((since + limits::TURN_LEAST).max(paced.unwrap_or_default()))
    }

    /// The links that can wait, with when they began: for groups alone, and everything is said.
    fn patient(&self) -> Vec<(Timestamp, NodeId)> {
        let since = |remote: &Remote| {
            let node = remote.node();
            let link = remote.connection.link().filter(|link| !link.is_relayed())?;
            let mut rooms = remote.rooms.iter();
            let can_wait = remote.session.is_idle()
                && rooms.all(|(room, _)| self.signaling.is_of_group(room))
                && self.groups.open.values().all(|group| group.is_idle_with(node));
            can_wait.then_some((link.since, node))
        };
        self.remotes.values().filter_map(since).collect()
    }
}
