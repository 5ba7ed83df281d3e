//! When records whose time is over go.
//!
//! As soon as it is over, unless the group defers expiration. Then they go only while a member is
//! linked with whom this node has compared what it holds: who was away for weeks finds what it had
//! to read, and what was renewed meanwhile is renewed before it could be missed. What is kept
//! beyond its time is read here, and given to nobody.

use core::time::Duration;

use lacis_wire::{Millis, NodeId};

use crate::cx::Cx;
use crate::group::{Group, Neighbour};
use crate::rule::Rule;
use crate::table::TableExt;
use crate::time::Timestamp;

impl Group {
    /// Whether records go as soon as their time is over.
    pub(in crate::group) fn may_expire(&self) -> bool {
        !self.defers_expiration() || self.neighbours.values().any(Neighbour::has_compared)
    }

    /// Lets go what has expired, if it is time to.
    pub(in crate::group) fn expire(&mut self, cx: &mut Cx) {
        for neighbour in self.neighbours.values_mut() {
            neighbour.end_patience(cx.now);
        }
        let time = self.now(cx);
        if !self.is_open {
            return;
        }
        if self.rewrites_due {
            self.write_drafts(cx);
        }
        if self.replica.next_due().is_some_and(|at| at <= time) {
            self.replica.wake(time);
            self.take_ready(cx);
        }
        if self.replica.next_expiry().is_some_and(|at| at <= time) && self.may_expire() {
            self.replica.expire(time);
            self.tell_changes(cx, None);
        }
        let limit = self.certain_time(cx);
        if limit.is_some_and(|limit| self.replica.next_erasure().is_some_and(|at| at <= limit)) {
            self.replica.erase(limit.unwrap_or(Millis(0)));
            self.tell_changes(cx, None);
        }
    }

    /// When [`Group::expire`] has something to do. While expiration is deferred there is nothing
    /// but the end of our patience with those who are linked: an alarm for what is over already
    /// would ring without end.
    pub(in crate::group) fn expiry_deadline(&self, cx: &Cx) -> Option<Timestamp> {
        if !self.is_open {
            return None;
        }
        let ahead = self.replica.next_due().map(|at| self.when(cx, at));
        // By the time that it goes by, or an alarm would ring on and on until that has come.
        let erasure = self.certain_time(cx).zip(self.replica.next_erasure());
        let wait = |(now, at): (Millis, Millis)| at.0.saturating_sub(now.0).saturating_add(1);
        let erasure = erasure.map(|times| cx.now + Duration::from_millis(wait(times)));
        let patience = self.neighbours.values().filter_map(|it| it.compare_by).min();
        let rewriting = patience.filter(|_| self.rewrites_due);
        let ahead = ahead.into_iter().chain(erasure).chain(rewriting).min();
        let Some(next) = self.replica.next_expiry() else { return ahead };
        let due = self.when(cx, next);
        let due = ahead.map_or(due, |ahead| due.min(ahead));
        if self.may_expire() {
            return Some(due);
        }
        patience.map(|until| until.max(due)).into_iter().chain(rewriting).min()
    }

    /// A neighbour may have told the last of what it holds.
    pub(in crate::group) fn note_comparison(&mut self, cx: &mut Cx, node: NodeId) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.note_comparison();
        }
        if self.rewrites_due {
            self.write_drafts(cx);
        }
    }

    /// Whether all who are linked have told what they hold or had the time to: before that, what
    /// is known here of ends and keys may be half of it.
    pub(in crate::group) fn is_in_step(&self) -> bool {
        let tells = |it: &Neighbour| it.is_introduced() && !it.is_compared;
        !self.neighbours.values().any(tells) || !Rule::RewritesInStep.holds()
    }
}
