//! How many connections there are, and which are made next.

use alloc::vec::Vec;

use lacis_wire::proof::Role;
use lacis_wire::{NodeId, limits};

use super::Node;
use crate::meter::{self, Cost};
use crate::overlay::Overlay;
use crate::remote::Remote;

/// How many connections there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) links: usize,
    /// Remotes with which a link is being set up that takes a place.
    pub(super) attempts: usize,
    /// Those of them to which this node offers.
    pub(super) offers: usize,
    /// Attempts beside another one with the same remote.
    pub(super) beside: usize,
}

impl Node {
    /// Whether there is no place for a connection that somebody else wants. Attempts of others do
    /// not count for [`limits::ATTEMPTS_MAX`]: when a room meets all at once, refusing them would
    /// only delay what comes anyway, and who makes ever new ones keeps this node from nobody.
    pub(crate) fn is_busy(&self) -> bool {
        self.tally.links + self.tally.attempts >= self.pool.links_max
    }

    /// Whether there are as many attempts beside others as there may be.
    pub(super) fn is_crowded(&self) -> bool {
        self.tally.beside >= limits::ATTEMPTS_BESIDE_MAX
    }

    /// Whether another offer may be made, if there is place.
    fn may_offer(&self) -> bool {
        self.signaling.is_reachable()
            && self.tally.offers < limits::ATTEMPTS_MAX
            && self.closing.is_none()
    }

    pub(super) fn may_dial(&self) -> bool {
        self.may_offer() && self.has_place()
    }

    /// Offers links to remotes with whom one is wanted, as far as there is place.
    pub(crate) fn dial_remotes(&mut self) {
        meter::count(Cost::Remote, self.remotes.len());
        let mut overlay = self.overlay();
        self.look_around(&overlay);
        let now = self.cx.now;
        let is_due = |remote: &&Remote| {
            remote.connection.wants_link().is_some_and(|at| now >= at)
                && self.is_wanted(&overlay, remote)
        };
        let mut ready: Vec<NodeId> =
            self.remotes.values().filter(is_due).map(Remote::node).collect();
        self.cx.shuffle(&mut ready);
        if self.may_offer()
            && let Some(node) = self.take_turn(&overlay, &mut ready)
        {
            let between = self.neighbors_between(&overlay, node);
            self.offer_to(&mut overlay, node, between);
        }
        if !self.may_dial() {
            let remotes = &self.remotes;
            ready.retain(|node| remotes.get(node).is_some_and(|it| it.connection.failures() == 0));
            if !ready.is_empty() {
                self.give_up_unanswered();
            }
        }
        while self.may_dial() {
            let Some(node) = ready.pop() else { break };
            let wanted = self.remotes.get(&node).filter(|it| self.is_wanted(&overlay, it));
            if wanted.is_none() {
                continue;
            }
            let between = self.neighbors_between(&overlay, node);
            // What goes over a neighbor takes no place.
            if between.is_empty() && !self.make_place() {
                break;
            }
            self.offer_to(&mut overlay, node, between);
        }
    }

    /// Offers a link to a remote, over a neighbor if some are given.
    fn offer_to(&mut self, overlay: &mut Overlay, node: NodeId, between: Vec<NodeId>) {
        let rooms = self.remotes.get(&node).into_iter().flat_map(|remote| remote.rooms.iter());
        for (room, _) in rooms {
            overlay.note(room, |standing| standing.coming += 1);
        }
        self.with_remote(node, |remote, env| remote.offer(env, between));
    }

    /// A node that has not answered for long makes way for one that was named now: it is looked for
    /// again, but holds no place meanwhile.
    pub(super) fn give_up_unanswered(&mut self) {
        let now = self.cx.now;
        let waiting = self.remotes.values().find(|it| it.connection.is_given_up(now));
        if let Some(node) = waiting.map(Remote::node) {
            self.with_remote(node, |remote, env| remote.connection.make_way(env));
        }
    }

    /// Counts the connections anew.
    pub(super) fn count(&mut self) {
        let links = core::mem::take(&mut self.tally).links;
        meter::count(Cost::Remote, self.remotes.len());
        for remote in self.remotes.values() {
            let (mut attempts, mut offers) = (0_usize, false);
            for own in remote.connection.attempts().iter().filter(|own| !own.id().is_relayed()) {
                attempts += 1;
                offers |= own.role() == Role::Offerer;
            }
            self.tally.links += usize::from(remote.connection.is_near());
            self.tally.attempts += usize::from(attempts > 0);
            self.tally.offers += usize::from(offers);
            self.tally.beside += attempts.saturating_sub(1);
        }
        self.signaling.carries.clear();
        for remote in self.remotes.values() {
            let connection = &remote.connection;
            if connection.is_near() && connection.lost_since().is_none() {
                for (room, _) in remote.rooms.iter() {
                    if !self.signaling.carries.contains(&room) {
                        self.signaling.carries.push(room);
                    }
                }
            }
        }
        self.review_relayed();
        if self.tally.links > links {
            self.calm_at = self.cx.now + limits::CALM;
        }
        self.end_turn();
    }

    /// Remotes whose link is lost may be more than there are links: what they all have begun to
    /// send is bounded together.
    pub(super) fn bound_orphans(&mut self) {
        if !core::mem::take(&mut self.link_lost) {
            return;
        }
        let orphans = self.remotes.values().filter(|remote| !remote.connection.is_linked());
        let mut orphans: Vec<_> = orphans
            .map(|remote| {
                let bytes = remote.session.streams.gathered();
                (remote.connection.lost_since(), remote.node(), bytes)
            })
            .filter(|(_, _, bytes)| *bytes > 0)
            .collect();
        let mut bytes: usize = orphans.iter().map(|(_, _, bytes)| bytes).sum();
        while bytes > limits::ORPHAN_BYTES {
            let Some(first) = (0..orphans.len()).min_by_key(|at| orphans.get(*at)) else { break };
            let (_, node, freed) = orphans.swap_remove(first);
            bytes -= freed;
            self.with_remote(node, |remote, env| remote.session.streams.end_messages(env.cx));
        }
    }
}
