//! When records whose time is over go.
//!
//! As soon as it is over, unless the group defers expiration. Then they go only while a member is
//! linked with whom this node has compared what it holds: who was away for weeks finds what it had
//! to read, and what was renewed meanwhile is renewed before it could be missed. What is kept
//! beyond its time is read here, and given to nobody.

use lacis_wire::record::Header;
use lacis_wire::{Millis, NodeId, RecordId, limits};

use super::neighbour::Neighbour;
use super::{Group, GroupEvent};
use crate::shared::Shared;
use crate::table::TableExt;
use crate::time::Timestamp;

impl Group {
    /// Whether records go as soon as their time is over.
    pub(super) fn may_expire(&self) -> bool {
        !self.defers_expiration() || self.neighbours.values().any(Neighbour::has_compared)
    }

    /// Lets go what has expired, if it is time to.
    pub(super) fn expire(&mut self, shared: &mut Shared) {
        for neighbour in self.neighbours.values_mut() {
            neighbour.end_patience(shared.io.now);
        }
        let time = shared.group_time();
        let is_due = self.replica.next_expiry().is_some_and(|at| at <= time);
        if is_due && self.is_open && self.may_expire() {
            self.replica.expire(time);
            self.tell_changes(shared, None);
        }
    }

    /// When [`Group::expire`] has something to do. While expiration is deferred there is nothing
    /// but the end of our patience with those who are linked: an alarm for what is over already
    /// would ring without end.
    pub(super) fn expiry_deadline(&self, shared: &Shared) -> Option<Timestamp> {
        let next = self.replica.next_expiry().filter(|_| self.is_open)?;
        let due = shared.when(next);
        if self.may_expire() {
            return Some(due);
        }
        let patience = self.neighbours.values().filter_map(|it| it.compare_by).min();
        patience.map(|until| until.max(due))
    }

    /// A neighbour may have told the last of what it holds.
    pub(super) fn note_comparison(&mut self, node: NodeId) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.note_comparison();
        }
    }

    /// Whether a record is held whose time is over.
    pub(super) fn has_outlived(&self, id: &RecordId, now: Millis) -> bool {
        self.replica.held(id).is_some_and(|held| held.expires <= now)
    }

    /// Lets a record go whose time is over. Nobody else has to be told, because nobody takes it.
    pub(super) fn drop_expired(&mut self, shared: &mut Shared, held: &Header) {
        self.replica.forget(&held.id);
        self.drop_stored(shared, &held.id, &held.kind);
        let (id, kind) = (held.id, held.kind.clone());
        self.event(shared, GroupEvent::Gone { id, kind });
    }
}

impl Neighbour {
    /// From now on it is compared with. It is waited for until the next comparison begins, so that
    /// one that is slow does not keep what is over for ever.
    pub(super) fn await_comparison(&mut self, now: Timestamp) {
        if !self.is_compared && self.compare_by.is_none() {
            self.compare_by = Some(now + limits::RECONCILE_INTERVAL);
        }
    }

    /// It has told all that it holds of a shelf.
    pub(super) fn told_all_of(&mut self, shelf: u8) {
        self.told.insert(shelf, ());
        if !self.is_compared {
            self.compared.insert(shelf, ());
        }
    }

    /// It will tell some of it once more.
    pub(super) fn forget_told(&mut self) {
        self.told.clear();
        self.compared.clear();
    }

    fn note_comparison(&mut self) {
        let all = self.compared.len() > usize::from(limits::SHELVES);
        if all && self.lacking.is_empty() && self.wanted.is_empty() {
            self.end_comparison();
        }
    }

    fn end_patience(&mut self, now: Timestamp) {
        if self.compare_by.is_some_and(|until| now >= until) {
            self.end_comparison();
        }
    }

    fn end_comparison(&mut self) {
        self.is_compared = true;
        self.compare_by = None;
        self.compared.clear();
    }

    /// Whether it is a member that takes us for one, and has told what it holds or had the time to.
    pub(super) fn has_compared(&self) -> bool {
        self.is_admitted() && self.confirmed && self.is_compared
    }
}
