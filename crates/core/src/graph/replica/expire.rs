//! What ends: hidden at once, erased when that is certain, and there again if time goes back.

use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::{Millis, RecordId, limits};

use crate::graph::budget::Class;
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
        let (id, kind) = (held.id, held.kind.clone());
        let bucket = Self::bucket_of(&kind);
        let Some(mut entry) = self.entries.remove(&id) else { return };
        self.compared.remove(bucket, entry.key(id));
        self.due.remove(entry.expires, id);
        self.hidden.insert(entry.expires, id);
        entry.has_ended = true;
        self.changes.push_back(Change::Gone { id, kind });
        self.recharge(id, entry, true);
    }

    /// The body of a version is not to be found; says whether that is a loss. It is none where the
    /// time of a live one was over at `now`: it had been erased, and its header stays.
    /// [`Replica::settle`] has to follow.
    pub fn lose(&mut self, name: &CopyName, now: Millis) -> bool {
        let is_live = self.is_live(name);
        if is_live && self.held(&name.id).is_some_and(|held| held.expires <= now) {
            self.end(&name.id);
            return false;
        }
        self.forget_version(name);
        true
    }

    /// Time went back: what was hidden and not erased is there again.
    pub fn reveal(&mut self, now: Millis) {
        if !Rule::Reveals.holds() {
            return;
        }
        // By a clock that is behind what was accepted nothing gives way to what is there again.
        let over = self.compared.latest().map_or(now, |latest| latest.max(now));
        self.now = over;
        // Where expiration is deferred, some of what is shown was taken for over.
        let early = |entry: &Entry| entry.is_over && !entry.has_ended && entry.expires > over;
        let early = self.entries.iter().filter(|(_, entry)| early(entry));
        for id in early.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(entry) = self.entries.remove(&id) {
                self.recharge(id, entry, false);
            }
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
            let bucket = Self::bucket_of(held.kind);
            let Some(mut entry) = self.entries.remove(&id) else { continue };
            self.compared.insert(bucket, entry.key(id));
            self.due.insert(entry.expires, id);
            entry.has_ended = false;
            let is_over = entry.expires <= over;
            self.changes.push_back(Change::Record { id, is_new: true });
            self.recharge(id, entry, is_over);
        }
    }

    /// Puts the entry of a record that was taken out back, in the class where it belongs from now
    /// on, if there is a place for it.
    fn recharge(&mut self, id: RecordId, mut entry: Entry, is_over: bool) {
        let Some(held) = self.register.read(&id, &entry) else { return };
        let (author, is_system) = (*held.author(), held.kind.is_system());
        let is_charged = entry.credential != 0 && !is_system;
        if is_charged {
            self.budgets.discharge(Class::of(is_system, entry.is_left()), id, &entry);
        }
        entry.is_over = is_over;
        let class = is_charged.then(|| Class::of(is_system, entry.is_left()));
        self.hold((id, entry), &author, class);
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
        self.now = now;
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
