//! What ends: hidden at once, erased when that is certain, and there again if time goes back.

use lacis_wire::{Millis, RecordId, limits};

use crate::graph::copy::Change;
use crate::graph::entry::Entry;
use crate::graph::entry::Held;
use crate::graph::replica::Replica;
use crate::rule::Rule;

impl Replica {
    /// The time of a live record is over: it is hidden. What it says of members still holds, as
    /// far as its own times allow, and its header keeps older versions from coming back.
    pub(in crate::graph) fn end(&mut self, id: &RecordId) {
        let Some(held) = self.held(id).filter(|held| !held.has_ended) else { return };
        let (key, kind, is_system) = (held.name(), held.kind.clone(), held.kind.is_system());
        let bucket = Self::bucket_of(&kind);
        let Some(mut entry) = self.entries.remove(id) else { return };
        self.compared.remove(bucket, entry.key(*id));
        self.due.remove(entry.expires, *id);
        self.recharge(id, &mut entry, is_system, true);
        self.hidden.insert(entry.expires, *id);
        self.entries.insert(*id, entry);
        self.changes.push_back(Change::Gone { id: key.id, kind });
    }

    /// Time went back: what was hidden and not erased is there again.
    pub fn reveal(&mut self, now: Millis) {
        if !Rule::Reveals.holds() {
            return;
        }
        let entries = &self.entries;
        let is_there = |id: &RecordId| entries.get(id).is_some_and(|entry| entry.expires > now);
        for (at, id) in self.hidden.take_after(now, is_there) {
            if self.entries.get(&id).is_some_and(|entry| entry.expires != at) {
                // It has lost its body: the next comparison fetches it.
                self.drop_live(&id);
                continue;
            }
            let Some(held) = self.held(&id) else { continue };
            let (is_system, bucket) = (held.kind.is_system(), Self::bucket_of(held.kind));
            let Some(mut entry) = self.entries.remove(&id) else { continue };
            self.recharge(&id, &mut entry, is_system, false);
            self.compared.insert(bucket, entry.key(id));
            self.due.insert(entry.expires, id);
            self.entries.insert(id, entry);
            self.changes.push_back(Change::Record { id, is_new: true });
        }
    }

    fn recharge(&mut self, id: &RecordId, entry: &mut Entry, is_system: bool, has_ended: bool) {
        let is_charged = entry.credential != 0;
        if is_charged && !is_system {
            self.budgets.discharge(self.class(is_system, entry), *id, entry);
        }
        entry.has_ended = has_ended;
        if is_charged && !is_system {
            self.budgets.charge(self.class(is_system, entry), *id, entry);
        }
    }

    /// Erases what ended long enough before `limit`, a time that our own clock and those of the
    /// members have passed: first bodies, and headers when no version could live any more. And
    /// what was set aside for long enough.
    pub fn erase(&mut self, limit: Millis) {
        while let Some((_, name)) = self.aside_due.pop(limit) {
            self.erase_aside(&name);
        }
        let until = Millis(limit.0.saturating_sub(grace()));
        while let Some((at, id)) = self.hidden.pop(until) {
            // While a store is read, versions that others replaced leave their times behind.
            let is_its =
                |held: &Held<'_>| held.has_ended && [held.expires, held.latest].contains(&at);
            let Some(held) = self.held(&id).filter(is_its) else { continue };
            let (name, kind, latest) = (held.name(), held.kind.clone(), held.latest);
            if latest <= until || !Rule::HeaderStays.holds() {
                self.drop_live(&id);
                continue;
            }
            self.hidden.insert(latest, id);
            // Records of the system stay whole.
            if !kind.is_system() {
                self.changes.push_back(Change::Erased { name, kind, keeps_header: true });
            }
        }
        self.revalidate();
    }

    /// When [`Replica::erase`] has something to do.
    #[must_use]
    pub fn next_erasure(&self) -> Option<Millis> {
        let ended = self.hidden.first().map(|at| Millis(at.0.saturating_add(grace())));
        ended.into_iter().chain(self.aside_due.first()).min()
    }

    /// Hides what is over.
    pub fn expire(&mut self, now: Millis) {
        while let Some((at, id)) = self.due.pop(now) {
            if self.held(&id).is_some_and(|held| held.expires == at) {
                self.end(&id);
            }
        }
        self.wake(now);
        self.revalidate();
    }
}

/// How much later than its end something is erased, in milliseconds.
fn grace() -> u64 {
    let grace = u64::try_from(limits::ERASE_GRACE.as_millis()).unwrap_or(u64::MAX);
    if Rule::EraseGrace.holds() { grace } else { 0 }
}
