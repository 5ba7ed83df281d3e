//! What is written in one transaction, and who waits for it.

use alloc::sync::Weak;
use alloc::vec::Vec;

use lacis_wire::record::CopyName;

use crate::graph::Copy;
use crate::ids::Ticket;
use crate::store::{StoreChange, StoreRequest, StoreTable};
use crate::table::in_order;

#[derive(Clone, Debug, Default)]
pub(in crate::group) struct Batch {
    changes: Vec<StoreChange>,
    bytes: usize,
    /// Instead of changes: everything that is stored under this prefix is deleted.
    pub(in crate::group) erase: Option<Vec<u8>>,
    /// Deletions that would make place for the changes: of what these replace with less.
    pub(in crate::group) frees: Vec<StoreChange>,
    /// Copies that may leave memory once this is written.
    pub(in crate::group) copies: Vec<(CopyName, Weak<Copy>)>,
    /// What settles then.
    pub(in crate::group) tickets: Vec<Ticket>,
    /// What settles then if all that came before is written too.
    pub(in crate::group) tickets_of_all: Vec<Ticket>,
}

impl Batch {
    pub(in crate::group) fn push(&mut self, change: StoreChange) {
        self.bytes += bytes_of(&change);
        self.changes.push(change);
    }

    /// How many changes there are.
    pub(in crate::group) const fn len(&self) -> usize {
        self.changes.len()
    }

    /// The changes from a place on.
    pub(in crate::group) fn after(&self, place: usize) -> Vec<StoreChange> {
        self.changes.get(place..).unwrap_or_default().to_vec()
    }

    pub(in crate::group) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there is nothing to write.
    pub(in crate::group) const fn has_nothing(&self) -> bool {
        self.changes.is_empty() && self.erase.is_none()
    }

    /// Whether there is nothing to write, and nobody waits.
    pub(in crate::group) const fn is_empty(&self) -> bool {
        self.has_nothing() && self.tickets.is_empty() && self.tickets_of_all.is_empty()
    }

    /// Those who wait, with nothing to wait for.
    pub(in crate::group) fn without_changes(&mut self) -> Self {
        let (tickets, tickets_of_all) =
            (core::mem::take(&mut self.tickets), core::mem::take(&mut self.tickets_of_all));
        Self { tickets, tickets_of_all, ..Self::default() }
    }

    pub(in crate::group) fn request(&self) -> StoreRequest {
        match &self.erase {
            Some(prefix) => StoreRequest::Erase { prefix: prefix.clone() },
            None => StoreRequest::Write(self.changes.clone()),
        }
    }

    pub(in crate::group) fn take_tickets(&mut self) -> Vec<Ticket> {
        let mut tickets = core::mem::take(&mut self.tickets);
        tickets.append(&mut self.tickets_of_all);
        tickets
    }

    /// Both as one, of which the newer change of a key counts.
    pub(in crate::group) fn followed_by(mut self, mut newer: Self) -> Self {
        if newer.erase.is_some() {
            (self.changes, self.bytes) = (Vec::new(), 0);
        }
        self.forget(&newer);
        self.erase = self.erase.or(newer.erase);
        self.bytes += newer.bytes;
        self.changes.append(&mut newer.changes);
        self.frees.append(&mut newer.frees);
        self.copies.append(&mut newer.copies);
        self.tickets.append(&mut newer.tickets);
        self.tickets_of_all.append(&mut newer.tickets_of_all);
        self
    }

    /// Drops the changes whose keys are changed by what is newer.
    pub(in crate::group) fn forget(&mut self, newer: &Self) {
        if self.changes.is_empty() {
            return;
        }
        let places = in_order(newer.changes.iter().map(place_of));
        self.changes.retain(|change| places.binary_search(&place_of(change)).is_err());
        self.bytes = self.changes.iter().map(bytes_of).sum();
    }

    /// Takes out what everything else depends on, which is small.
    pub(in crate::group) fn take_vital(&mut self) -> Self {
        let is_vital =
            |change: &StoreChange| matches!(change.table, StoreTable::Meta | StoreTable::System);
        let changes = core::mem::take(&mut self.changes);
        let (vital, rest): (Vec<_>, Vec<_>) = changes.into_iter().partition(is_vital);
        self.changes = rest;
        self.bytes = self.changes.iter().map(bytes_of).sum();
        let bytes = vital.iter().map(bytes_of).sum();
        Self { changes: vital, bytes, ..Self::default() }
    }
}

fn bytes_of(change: &StoreChange) -> usize {
    change.value.as_ref().map_or(0, Vec::len) + change.key.len()
}

fn place_of(change: &StoreChange) -> (StoreTable, &[u8]) {
    (change.table, &change.key)
}
