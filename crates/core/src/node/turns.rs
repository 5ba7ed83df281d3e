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
        if self.make_place() {
            return true;
        }
        let main = self.signaling.main(room);
        if self.overlay().standing(main).linked == 0 {
            self.turn();
        }
        !self.is_busy()
    }

    /// If there is no place for a link, and one of these nodes would be the first in a room, makes
    /// place for it and puts it last, where it is taken from.
    pub(super) fn take_turn(&mut self, overlay: &Overlay, ready: &mut [NodeId]) {
        if ready.is_empty() || self.has_place() {
            return;
        }
        let lacks = |room: RoomId| {
            let standing = overlay.standing(room);
            standing.linked + standing.coming == 0
        };
        let is_first = |node: &NodeId| {
            let remote = self.remotes.get(node);
            remote.is_some_and(|remote| remote.rooms.iter().any(|(room, _)| lacks(room)))
        };
        let Some(place) = ready.iter().position(is_first) else { return };
        if let Some(last) = ready.len().checked_sub(1) {
            ready.swap(place, last);
        }
        self.turn();
    }

    /// Ends the link that can wait and stands for longest, if it is time.
    fn turn(&mut self) {
        let now = self.cx.now;
        let waits = self.pool.turned_at.is_some_and(|at| now < at + limits::TURN_PACE);
        let Some((since, node)) = self.patient().into_iter().min() else { return };
        if !waits && now >= since + limits::TURN_LEAST {
            self.pool.turned_at = Some(now);
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
