//! Records in whose place others of the same creator stand.
//!
//! Of a record and those that replace it, and of several that replace one, the first stands in the
//! order of budgets: so there is a place for it wherever there would be one for the others, and the
//! outcome does not depend on what came first.

use alloc::vec::Vec;

use lacis_wire::record::Header;
use lacis_wire::{Millis, RecordId};

use super::entry::Held;
use super::replica::Replica;
use crate::rule::Rule;
use crate::table::Table;

/// Which records that are held say that they stand in the place of another one.
#[derive(Clone, Debug, Default)]
pub(super) struct Replaced {
    old_of: Table<RecordId, RecordId>,
    new_of: Table<RecordId, Vec<RecordId>>,
}

impl Replaced {
    pub(super) fn len(&self) -> usize {
        self.old_of.len()
    }

    /// A version of such a record is held.
    pub(super) fn note(&mut self, header: &Header) {
        let Some(old) = replaced_by(header) else { return };
        if self.old_of.insert(header.id, old).is_none() {
            self.new_of.entry(old).or_default().push(header.id);
        }
    }

    /// The records that say so.
    pub(super) fn ids(&self) -> Vec<RecordId> {
        self.old_of.keys().copied().collect()
    }

    /// No version of a record is held any more.
    pub(super) fn forget(&mut self, id: &RecordId) {
        let Some(old) = self.old_of.remove(id) else { return };
        let Some(new) = self.new_of.get_mut(&old) else { return };
        new.retain(|other| other != id);
        if new.is_empty() {
            self.new_of.remove(&old);
        }
    }

    /// The records of which one at the most stands with another one: what that replaces, what
    /// replaces it, and what replaces the same.
    fn rivals(&self, id: &RecordId, old: Option<RecordId>) -> Vec<RecordId> {
        let new = |of: &RecordId| self.new_of.get(of).into_iter().flatten().copied();
        let same = old.iter().flat_map(new);
        old.into_iter().chain(same).chain(new(id)).filter(|rival| rival != id).collect()
    }
}

impl Replica {
    /// Whether another record stands in the place of one that is offered.
    pub(super) fn is_header_replaced(&self, header: &Header) -> bool {
        let may = !header.kind.is_system();
        may && self.is_behind(&header.id, header.created, replaced_by(header))
    }

    /// Whether another record stands in the place of one that is held.
    fn is_replaced(&self, id: &RecordId) -> bool {
        let held = self.held(id).filter(|held| !held.kind.is_system());
        let old = self.replaced.old_of.get(id).copied();
        held.is_some_and(|held| self.is_behind(id, held.created, old))
    }

    /// The version that stands where one that is offered does not: a greater one of its record, or
    /// of another one in its place.
    #[must_use]
    pub fn stands_for(&self, header: &Header) -> Option<Held<'_>> {
        let old = replaced_by(header);
        let first = || self.first_of(&header.id, header.created, old);
        self.held(&header.id).or_else(|| self.held(&first()?))
    }

    /// Whether another record stands in the place of one of which a version is aside.
    pub(super) fn is_aside_replaced(&self, held: &Held<'_>) -> bool {
        self.is_behind(&held.id, held.created, self.replaced.old_of.get(&held.id).copied())
    }

    fn is_behind(&self, id: &RecordId, created: Millis, old: Option<RecordId>) -> bool {
        self.first_of(id, created, old).is_some()
    }

    /// The first of those that are live and with which a record cannot stand, if it comes before
    /// that. What is replaced does not stand in the place of what replaces it.
    fn first_of(&self, id: &RecordId, created: Millis, old: Option<RecordId>) -> Option<RecordId> {
        let rivals = self.replaced.rivals(id, old).into_iter().filter(|it| Some(*it) != old);
        let place = |rival: RecordId| Some((self.entries.get(&rival)?.created, rival));
        let first = rivals.filter_map(place).min()?;
        (first < (created, *id)).then_some(first.1)
    }

    /// A record is live: it goes if another one stands in its place, else those go in whose place
    /// it stands.
    pub(super) fn settle_replaced(&mut self, id: &RecordId) {
        if self.is_replaced(id) {
            return self.drop_live(id);
        }
        let old = self.replaced.old_of.get(id).copied();
        for rival in self.replaced.rivals(id, old) {
            if self.is_replaced(&rival) {
                self.drop_live(&rival);
            }
        }
    }
}

/// The record in whose place one stands: one of the same creator.
fn replaced_by(header: &Header) -> Option<RecordId> {
    let is_own = |old: &RecordId| old.belongs_to(&header.creator) || !Rule::ReplacesOwn.holds();
    let may = !header.kind.is_system() && Rule::Replaces.holds();
    header.replaces.filter(is_own).filter(|_| may)
}
