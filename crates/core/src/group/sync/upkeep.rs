//! What is due with neighbours: comparisons, answers that did not come, rights that end.

use alloc::vec::Vec;

use lacis_wire::group::Holding;
use lacis_wire::record::RecordType;
use lacis_wire::{Code, Millis, NodeId, limits};

use crate::cx::Cx;
use crate::group::{Group, Seen};
use crate::rule::Rule;
use crate::table::TableExt;
use crate::time::Timestamp;

/// When a neighbor with whom nothing differs is compared with again.
#[derive(Debug, Default)]
pub(in crate::group) struct Turn {
    pub(in crate::group) at: Option<Timestamp>,
    /// How many turns in a row found the same here.
    rests: u32,
    /// What was held then.
    held: Option<Holding>,
}

impl Group {
    /// The types to have first, from those who are linked and those who will be.
    pub(crate) fn prefer(&mut self, cx: &mut Cx, kinds: Vec<RecordType>) -> Result<(), Code> {
        if kinds.len() > limits::PRIORITIES_MAX {
            return Err(Code::InvalidArgument);
        }
        self.first = kinds;
        self.introduce(cx);
        Ok(())
    }

    /// What was told is not all here any more: compares with all neighbours at the next
    /// opportunity.
    pub(in crate::group) fn compare_soon(&mut self, cx: &Cx) {
        for neighbour in self.neighbours.values_mut() {
            neighbour.forget_told();
            neighbour.compare_at = Some(cx.now);
        }
    }

    /// Whose turn it is to be compared with again, if that is due: the neighbor with whom that was
    /// longest ago. The more rarely, the longer nothing has changed here.
    fn take_turn(&mut self, cx: &mut Cx) -> Option<NodeId> {
        self.turn.at.take_if(|at| cx.now >= *at)?;
        let held = self.replica.compared();
        self.turn.rests = if self.turn.held == Some(held) { self.turn.rests + 1 } else { 0 };
        self.turn.held = Some(held);
        self.set_turn(cx);
        let begun = self.neighbours.iter_mut().filter(|(_, it)| it.compared_at.is_some());
        let (node, neighbour) = begun.min_by_key(|(_, it)| it.compared_at)?;
        (neighbour.compare_at, neighbour.compared_at) = (Some(cx.now), Some(cx.now));
        Some(*node)
    }

    /// Somebody is compared with again later.
    pub(in crate::group) fn set_turn(&mut self, cx: &mut Cx) {
        let (min, max) = (limits::RECONCILE_INTERVAL, limits::RECONCILE_INTERVAL_MAX);
        let wait = cx.backoff(self.turn.rests, min, max);
        self.turn.at = Some(cx.now + wait).filter(|_| !self.neighbours.is_empty());
    }

    pub(in crate::group) fn on_link_timeouts(&mut self, cx: &mut Cx) {
        let now = cx.now;
        self.announce_due(cx);
        let turn = self.take_turn(cx);
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            let Some(neighbour) = self.neighbours.get_mut(&node) else { continue };
            if neighbour.drop_late(now) {
                // What it did not give in time is not here, and the next comparison tells so.
                neighbour.forget_told();
            }
            if neighbour.compare_at.take_if(|at| now >= *at).is_none() {
                continue;
            }
            neighbour.compare_at = Some(now + limits::RECONCILE_INTERVAL);
            neighbour.ends.clear();
            neighbour.late.clear();
            neighbour.was_asked = false;
            if neighbour.is_whole() && turn != Some(node) {
                continue;
            }
            // Clocks are told again too: machines sleep, and people set them.
            self.enter(cx, node);
            if self.serves(cx, node) {
                self.tell_held(node);
            }
        }
        self.review(cx);
        self.ask_for_more(cx);
    }

    /// When the right of a neighbor, or our own, ends or begins next.
    pub(in crate::group) fn next_right(&self, cx: &Cx) -> Option<Millis> {
        let now = self.now(cx);
        let peers = self.neighbours.values().map(|it| &it.peer).chain([&cx.me.peer]);
        let shown = self.neighbours.values().filter_map(|it| it.chain.as_ref()?.leaf());
        let ends = shown.map(|leaf| leaf.not_after).filter(|at| *at > now && *at != Millis::MAX);
        peers.filter_map(|peer| self.replica.members().next_change(peer, now)).chain(ends).min()
    }

    /// Rights changed, or time passed: neighbors who have lost theirs are told so.
    pub(in crate::group) fn review(&mut self, cx: &mut Cx) {
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            self.review_one(cx, node);
        }
    }

    pub(in crate::group) fn review_one(&mut self, cx: &mut Cx, node: NodeId) {
        let now = self.rights_time(cx);
        let members = self.replica.members();
        if !Rule::ServesMembers.holds() {
            return;
        }
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        // Its own membership was taken back, or that of somebody who brought it in, or it is over.
        if neighbour.chain.take_if(|chain| !members.accepts_chain(chain, now)).is_none() {
            return;
        }
        neighbour.chain = members.best(&neighbour.peer, now).and_then(|id| members.chain(&id));
        self.keeps_changed = true;
        if neighbour.chain.is_none() {
            let code =
                if members.is_shut_out(&neighbour.peer) { Code::Revoked } else { Code::NotMember };
            neighbour.forget_all();
            self.refuse(cx, node, code);
            self.clocks.forget(node);
            self.visible.push((node, Seen::Stranger));
            self.members_changed = true;
        }
    }
}
