//! Which of the records that would stand in one place does.

use lacis_wire::record::Header;
use lacis_wire::{Millis, RecordId};

use crate::graph::entry::Held;
use crate::graph::replaced::replaced_by;
use crate::graph::replica::Replica;

impl Replica {
    /// Whether another record stands in the place of one that is offered.
    pub(in crate::graph) fn is_header_replaced(&self, header: &Header) -> bool {
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
    pub(in crate::graph) fn is_aside_replaced(&self, held: &Held<'_>) -> bool {
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
    pub(in crate::graph) fn settle_replaced(&mut self, id: &RecordId) {
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
