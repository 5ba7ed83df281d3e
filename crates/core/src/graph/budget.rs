//! What one credential may stand for, in records and in bytes.
//!
//! Kept is a beginning of what was written under it, in the order of (created, id): so whoever
//! writes too much pushes out its own, and what is over is the same everywhere. A record counts as
//! long as what is before it stays below the budget, so that what follows one that has no place has
//! none either, and dropping it loses nothing that would come back.

use alloc::vec::Vec;

use lacis_wire::{Millis, PeerId, RecordId, limits};

use super::entry::Entry;
use crate::many::Many;
use crate::rule::Rule;

/// In which of its budgets a version counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// What lives of the application.
    Record,
    /// What is left of it.
    Tombstone,
    /// What the system keeps for itself.
    System,
    /// What is set aside, of whatever kind.
    Aside,
}

impl Class {
    /// By which date a version has its place in the order: what deletes something comes before all
    /// that has only ended, or the deleted would be there again.
    pub(super) const fn date(self, is_deleted: bool, created: Millis) -> Millis {
        match self {
            Self::Tombstone if is_deleted => Millis(0),
            _ => created,
        }
    }

    /// In which a live version counts; `is_left` says whether it is deleted or over.
    pub(super) fn of(is_system: bool, is_left: bool) -> Self {
        if is_system && Rule::BudgetOfSystem.holds() {
            Self::System
        } else if is_left && Rule::BudgetOfTombstones.holds() {
            Self::Tombstone
        } else {
            Self::Record
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Budgets {
    /// Records and bytes, unless somebody has others.
    common: (u32, u64),
    raised: Many<PeerId, (u32, u64)>,
    used: Many<(u32, Class), Used>,
}

/// What was written under one credential.
#[derive(Clone, Debug, Default)]
struct Used {
    count: usize,
    bytes: u64,
    /// All of it in order, once it is not far from the budget: until then nobody asks.
    order: Option<Many<(Millis, RecordId), u32>>,
}

/// What everybody has where the group does not say.
const COMMON: (u32, u64) = (limits::BUDGET_RECORDS, limits::BUDGET_BYTES);

impl Default for Budgets {
    fn default() -> Self {
        Self { common: COMMON, raised: Many::new(), used: Many::new() }
    }
}

impl Budgets {
    /// The founder says what everybody has, or nothing; says whether that is something else than
    /// before.
    pub(super) fn set_common(&mut self, said: Option<(u32, u64)>) -> bool {
        let common = said.unwrap_or(COMMON);
        core::mem::replace(&mut self.common, common) != common
    }

    /// An admin says what somebody has, the greater of several.
    pub(super) fn raise(&mut self, peer: PeerId, records: u32, bytes: u64) {
        self.raised.update(peer, |own| *own = (own.0.max(records), own.1.max(bytes)));
    }

    /// What was said of single members is to be said anew.
    pub(super) fn forget_raised(&mut self) {
        self.raised.clear();
    }

    /// The most of a class that somebody may have under one credential, in number and bytes.
    fn most(&self, peer: &PeerId, class: Class) -> (usize, u64) {
        let raised = self.raised.get(peer).filter(|_| Rule::BudgetRaised.holds());
        let (mut records, mut bytes) = raised.copied().unwrap_or(self.common);
        if !Rule::BudgetRecords.holds() {
            records = u32::MAX;
        }
        if !Rule::BudgetBytes.holds() {
            bytes = u64::MAX;
        }
        let records = usize::try_from(records).unwrap_or(usize::MAX);
        let times = usize::try_from(limits::BUDGET_TOMBSTONES).unwrap_or(usize::MAX);
        match class {
            Class::Record => (records, bytes),
            Class::Tombstone => (records.saturating_mul(times), u64::MAX),
            Class::System => (limits::BUDGET_SYSTEM, u64::MAX),
            Class::Aside => (limits::ASIDE_MAX, bytes),
        }
    }

    pub(super) fn charge(&mut self, class: Class, id: RecordId, entry: &Entry) {
        self.used.update((entry.credential, class), |used| {
            used.count += 1;
            used.bytes += u64::from(entry.length);
            if let Some(order) = &mut used.order {
                order.insert((class.date(entry.is_deleted, entry.created), id), entry.length);
            }
        });
    }

    /// Charges some records at once, of which nobody has asked for the order yet.
    pub(super) fn charge_some(&mut self, class: Class, credential: u32, count: usize, bytes: u64) {
        self.used.update((credential, class), |used| {
            used.count += count;
            used.bytes += bytes;
        });
    }

    pub(super) fn discharge(&mut self, class: Class, id: RecordId, entry: &Entry) {
        let Some(used) = self.used.get_mut(&(entry.credential, class)) else { return };
        used.count = used.count.saturating_sub(1);
        used.bytes = used.bytes.saturating_sub(u64::from(entry.length));
        if let Some(order) = &mut used.order {
            order.remove(&(class.date(entry.is_deleted, entry.created), id));
        }
    }

    /// Whether all that was written under a credential has a place.
    pub(super) fn fits(&self, peer: &PeerId, class: Class, credential: u32) -> bool {
        let (records, bytes) = self.most(peer, class);
        let used = self.used.get(&(credential, class));
        used.is_none_or(|used| used.count <= records && used.bytes <= bytes)
    }

    /// Under which credentials anything was written, of which class.
    pub(super) fn charged(&self) -> Vec<(u32, Class)> {
        self.used.keys().copied().collect()
    }

    /// Whether one more would have a place at the end of what was written under a credential.
    pub(super) fn has_room(&self, peer: &PeerId, class: Class, credential: u32) -> bool {
        let (records, bytes) = self.most(peer, class);
        let used = self.used.get(&(credential, class));
        used.is_none_or(|used| used.count < records && used.bytes < bytes)
    }

    /// Whether what was written under a credential is known in its order.
    pub(super) fn is_ordered(&self, class: Class, credential: u32) -> bool {
        self.used.get(&(credential, class)).is_none_or(|used| used.order.is_some())
    }

    /// All that was written under a credential, in its order, which is kept from here on.
    pub(super) fn set_order(
        &mut self,
        class: Class,
        credential: u32,
        all: Many<(Millis, RecordId), u32>,
    ) {
        self.used.update((credential, class), |used| used.order = Some(all));
    }

    /// What comes last of what was written under a credential.
    pub(super) fn last(&self, class: Class, credential: u32) -> Option<(Millis, RecordId)> {
        let order = self.used.get(&(credential, class))?.order.as_ref()?;
        order.keys().next_back().copied()
    }

    /// The records of a credential that have no place, by what it has of that class, once that is
    /// known in its order.
    pub(super) fn over(&self, peer: &PeerId, class: Class, credential: u32) -> Vec<RecordId> {
        let (records, bytes) = self.most(peer, class);
        let Some(used) = self.used.get(&(credential, class)) else { return Vec::new() };
        let Some(order) = &used.order else { return Vec::new() };
        // From the end, as long as what is before leaves no place.
        let (mut before, mut count) = (used.bytes, used.count);
        let mut over = Vec::new();
        let mut all = order.iter();
        let mut next = || if Rule::BudgetOrder.holds() { all.next_back() } else { all.next() };
        while let Some(((_, id), length)) = next() {
            before = before.saturating_sub(u64::from(*length));
            count = count.saturating_sub(1);
            if count < records && before < bytes {
                break;
            }
            over.push(*id);
        }
        over
    }
}
