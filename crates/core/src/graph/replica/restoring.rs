//! A replica is whole again after everything stored was restored.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::credential::Chain;
use lacis_wire::system::System;
use lacis_wire::{Millis, RecordId, limits};

use crate::graph::budget::Class;
use crate::graph::copy::{Change, Copy};
use crate::graph::entry::Entry;
use crate::graph::judge::system_of;
use crate::graph::replica::{Aside, Replica};
use crate::meter::{self, Cost};

impl Replica {
    /// All that was stored is here again. What has ended by `now` takes no place of what lives, and
    /// is shown until [`Replica::expire`] is called.
    pub fn settle_restored(&mut self, now: Millis) {
        self.now = self.now.max(now);
        let copies: Vec<Arc<Copy>> = self.system.values().cloned().collect();
        self.members.relearn(chains_in(&copies).iter());
        self.is_restoring = true;
        // Those of the system first: what the others are judged by.
        let mut system: Vec<RecordId> = copies.iter().map(|copy| copy.header.id).collect();
        system.dedup();
        let mut several: Vec<RecordId> = self.aside.keys().map(|name| name.id).collect();
        several.dedup();
        several.retain(|id| system.binary_search(id).is_err());
        for id in system.iter().chain(&several) {
            if let Some(entry) = self.entries.remove(id) {
                let aside = Aside { entry, is_unnamed: true, until: Millis::MAX };
                self.put_aside(aside.entry.name(*id), aside);
            }
        }
        self.charge_restored();
        for id in &system {
            self.choose_restored(id);
        }
        self.reread_common();
        for id in &several {
            self.choose(id);
        }
        self.is_restoring = false;
        self.put_in_order();
        for id in self.replaced.ids() {
            self.settle_replaced(&id);
        }
        // What has one version is live until the rights to it are looked at, now that all are.
        self.stale = true;
        self.revalidate();
        // Of the system's, what was not chosen.
        let loose = self.aside.iter().filter(|(_, aside)| aside.until == Millis::MAX);
        for name in loose.map(|(name, _)| *name).collect::<Vec<_>>() {
            let is_unnamed = self.aside.get(&name).is_some_and(|aside| aside.is_unnamed);
            if let Some(entry) = self.take_from_aside(&name) {
                self.set_aside(name, entry, is_unnamed);
            }
        }
        // What is not of use any more has to leave the store too; the rest was told before.
        self.changes.retain(|change| matches!(change, Change::Erased { .. }));
    }

    /// Charges what was found in one version only.
    pub(in crate::graph) fn charge_restored(&mut self) {
        meter::count(Cost::Entry, self.entries.len());
        let now = self.now;
        self.entries.values_mut().for_each(|entry| entry.is_over = entry.expires <= now);
        // Most come after others of the same credential.
        let (mut present, mut count, mut bytes) = (None, 0, 0);
        for (_, entry) in self.entries.iter().filter(|(_, entry)| entry.credential != 0) {
            let place = (Class::of(false, entry.is_left()), entry.credential);
            if present != Some(place) {
                if let Some((class, credential)) = present.replace(place) {
                    self.budgets.charge_some(class, credential, count, bytes);
                }
                (count, bytes) = (0, 0);
            }
            count += 1;
            bytes += u64::from(entry.length);
        }
        if let Some((class, credential)) = present {
            self.budgets.charge_some(class, credential, count, bytes);
        }
    }

    /// Makes the indices and calendars of what is held, all at once.
    pub(in crate::graph) fn put_in_order(&mut self) {
        let buckets: Vec<u8> = self.register.kinds().map(Self::bucket_of).collect();
        let bucket_of =
            |entry: &Entry| buckets.get(entry.kind()).copied().filter(|_| !entry.has_ended);
        meter::count(Cost::Entry, self.entries.len());
        // Memory that grows by doubling would be half as much again.
        let mut counts = [0; limits::BUCKETS as usize + 1];
        let mut due = 0;
        for (_, entry) in self.entries.iter() {
            let bucket = bucket_of(entry).map(usize::from);
            if let Some(count) = bucket.and_then(|bucket| counts.get_mut(bucket)) {
                *count += 1;
                due += usize::from(entry.expires != Millis::MAX);
            }
        }
        self.due.reserve(due);
        self.compared.reserve(&counts);
        for (id, entry) in self.entries.iter() {
            let calendar = if entry.has_ended { &mut self.hidden } else { &mut self.due };
            calendar.push(entry.expires, *id);
            if let Some(bucket) = bucket_of(entry) {
                self.compared.push(bucket, entry.key(*id));
            }
        }
        for (name, aside) in self.aside.iter() {
            self.aside_due.push(aside.until, *name);
        }
        self.compared.sort();
        self.due.sort();
        self.aside_due.sort();
        self.hidden.sort();
    }

    /// Makes the greatest version of a system record live, whatever its rights: they are looked at
    /// when all of them are.
    pub(in crate::graph) fn choose_restored(&mut self, id: &RecordId) {
        let best = self
            .versions_aside(id)
            .into_iter()
            .max_by_key(|name| self.held_aside(name).map(|held| held.rank()));
        let Some(best) = best else { return };
        if let Some(entry) = self.take_from_aside(&best) {
            self.make_live(*id, entry);
            self.apply(&best);
        }
    }
}

pub(super) fn chains_in(copies: &[Arc<Copy>]) -> Vec<Chain> {
    let says = copies.iter().map(|copy| system_of(&copy.header, &copy.body));
    says.filter_map(|says| match says {
        Ok(Some(System::Member(chain))) => Some(chain),
        _ => None,
    })
    .collect()
}
