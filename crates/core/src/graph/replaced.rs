//! Records in whose place others of the same creator stand.
//!
//! Of a record and those that replace it, and of several that replace one, the first stands in the
//! order of budgets: so there is a place for it wherever there would be one for the others, and the
//! outcome does not depend on what came first.

use alloc::vec::Vec;

use lacis_wire::RecordId;
use lacis_wire::record::Header;

use crate::many::Many;
use crate::rule::Rule;

/// Which records that are held say that they stand in the place of another one.
#[derive(Clone, Debug, Default)]
pub(super) struct Replaced {
    pub(super) old_of: Many<RecordId, RecordId>,
    pub(super) new_of: Many<RecordId, Vec<RecordId>>,
}

impl Replaced {
    pub(super) fn len(&self) -> usize {
        self.old_of.len()
    }

    /// A version of such a record is held.
    pub(super) fn note(&mut self, header: &Header) {
        let Some(old) = replaced_by(header) else { return };
        if self.old_of.insert(header.id, old).is_none() {
            self.new_of.update(old, |new| new.push(header.id));
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
    pub(super) fn rivals(&self, id: &RecordId, old: Option<RecordId>) -> Vec<RecordId> {
        let new = |of: &RecordId| self.new_of.get(of).into_iter().flatten().copied();
        let same = old.iter().flat_map(new);
        old.into_iter().chain(same).chain(new(id)).filter(|rival| rival != id).collect()
    }
}

/// The record in whose place one stands: one of the same creator.
pub(super) fn replaced_by(header: &Header) -> Option<RecordId> {
    let is_own = |old: &RecordId| old.belongs_to(&header.creator) || !Rule::ReplacesOwn.holds();
    let may = !header.kind.is_system() && Rule::Replaces.holds();
    header.replaces.filter(is_own).filter(|_| may)
}
