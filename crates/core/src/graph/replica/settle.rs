//! How versions become live, are set aside, and come back.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::record::{CopyName, Header};
use lacis_wire::{Code, Millis, PeerId, RecordId, limits};

use crate::graph::budget::Class;
use crate::graph::copy::{Change, Copy, Outcome};
use crate::graph::entry::Entry;
use crate::graph::judge::{Refusal, Right, right};
use crate::graph::replica::{Aside, Replica};
use crate::rule::Rule;

impl Replica {
    /// Takes a version that was judged, and that no end leaves unnamed.
    pub(in crate::graph) fn take(&mut self, copy: &Copy, name: CopyName) -> Outcome {
        let header = &copy.header;
        let id = header.id;
        let held = self.held(&id);
        let is_beaten = held.as_ref().is_some_and(|held| header.rank_as(name) < held.rank());
        if is_beaten {
            let by_another = held.is_some_and(|held| held.author() != header.author());
            return if by_another && !header.is_deleted() && Rule::BeatenKept.holds() {
                self.take_aside(copy, name, false)
            } else {
                Outcome::Older
            };
        }
        if let Err(refusal) = self.make_room(header) {
            return Outcome::Refused(refusal);
        }
        // Only now: what has no place leaves nothing behind.
        let before = self.register.counts();
        let entry = self.register.enter(header, name.digest);
        if header.kind.is_system() {
            self.system.insert(name, Arc::new(copy.clone()));
        }
        let is_new = self.entries.get(&id).is_none_or(|held| held.has_ended);
        self.retire_live(header);
        self.drop_own_beaten(header, name);
        self.replaced.note(header);
        self.make_live(id, entry);
        self.changes.push_back(Change::Record { id, is_new });
        if header.expires <= self.now {
            self.end(&id);
        }
        let is_fine = self.apply(&name);
        self.revalidate();
        if is_fine {
            return Outcome::Taken;
        }
        self.register.forget_since(before);
        Outcome::Refused(Refusal::OverBudget)
    }

    pub(in crate::graph) fn take_aside(
        &mut self,
        copy: &Copy,
        name: CopyName,
        is_unnamed: bool,
    ) -> Outcome {
        if !is_unnamed && self.drop_own_beaten(&copy.header, name) {
            return Outcome::Older;
        }
        if !self.has_room_aside(&copy.header) {
            return Outcome::Refused(Refusal::OverBudget);
        }
        let entry = self.register.enter(&copy.header, name.digest);
        if copy.header.kind.is_system() {
            self.system.insert(name, Arc::new(copy.clone()));
        }
        self.replaced.note(&copy.header);
        self.set_aside(name, entry, is_unnamed);
        if is_unnamed {
            self.changes.push_back(Change::SetAside { author: *copy.header.author(), name });
            Outcome::SetAside
        } else {
            Outcome::Beaten
        }
    }

    pub(in crate::graph) fn set_aside(&mut self, name: CopyName, entry: Entry, is_unnamed: bool) {
        let lasts = if is_unnamed { limits::UNNAMED_LIFETIME } else { limits::BEATEN_LIFETIME };
        let ended = self.credential_of(&entry).and_then(|id| self.members.ended_at(id));
        let winner = self.entries.get(&name.id).map(|live| live.modified);
        let since = if is_unnamed { ended } else { winner }.unwrap_or(entry.modified);
        let lasts = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
        let until = Millis(since.0.max(entry.modified.0).saturating_add(lasts)).min(entry.latest);
        if !self.is_restoring {
            self.aside_due.insert(until, name);
        }
        self.put_aside(name, Aside { entry, is_unnamed, until });
    }

    pub(in crate::graph) fn put_aside(&mut self, name: CopyName, aside: Aside) {
        self.budgets.charge(Class::Aside, name.id, &aside.entry);
        if let Some(same) = self.aside.insert(name, aside) {
            self.budgets.discharge(Class::Aside, name.id, &same.entry);
        }
    }

    pub(in crate::graph) fn take_from_aside(&mut self, name: &CopyName) -> Option<Entry> {
        let aside = self.aside.remove(name)?;
        self.budgets.discharge(Class::Aside, name.id, &aside.entry);
        self.aside_due.remove(aside.until, *name);
        Some(aside.entry)
    }

    /// What is live of a record gives way to another version: it stays aside if its signer is
    /// another one, for when the new one falls with its own.
    pub(in crate::graph) fn retire_live(&mut self, new: &Header) {
        let id = &new.id;
        let Some(held) = self.held(id) else { return };
        let by_another = held.author() != new.author() && !held.has_ended && !held.is_deleted;
        // What follows a version was written by somebody who knew it.
        let lost = (new.version <= held.version).then_some(*held.author());
        let by_another = by_another && Rule::BeatenKept.holds();
        let (name, kind) = (held.name(), held.kind.clone());
        let Some(entry) = self.unlive(id) else { return };
        if let Some(author) = lost {
            self.changes.push_back(Change::Lost { id: *id, author, code: Code::Superseded });
        }
        if by_another {
            self.set_aside(name, entry, false);
        } else {
            self.system.remove(&name);
            self.changes.push_back(Change::Erased { name, kind, keeps_header: false });
        }
    }

    /// Nobody needs what an author wrote before its own newer version. Says whether one that was
    /// beaten is newer than this one.
    pub(in crate::graph) fn drop_own_beaten(&mut self, new: &Header, name: CopyName) -> bool {
        let mut is_newer = false;
        for other in self.versions_aside(&new.id) {
            let is_beaten = self.aside.get(&other).is_some_and(|aside| !aside.is_unnamed);
            let held = self.held_aside(&other).filter(|held| held.author() == new.author());
            let Some(held) = held.filter(|_| is_beaten) else { continue };
            if held.rank() < new.rank_as(name) {
                self.erase_aside(&other);
            } else {
                is_newer = true;
            }
        }
        is_newer
    }

    pub(in crate::graph) fn make_live(&mut self, id: RecordId, mut entry: Entry) {
        entry.is_over = entry.has_ended || entry.expires <= self.now;
        let Some(held) = self.register.read(&id, &entry) else { return };
        let (is_system, author) = (held.kind.is_system(), *held.author());
        let is_charged = entry.credential != 0 && held.kind.as_str() != lacis_wire::system::MEMBER;
        let bucket = Self::bucket_of(held.kind);
        if !self.is_restoring {
            if !entry.has_ended {
                self.compared.insert(bucket, entry.key(id));
            }
            let calendar = if entry.has_ended { &mut self.hidden } else { &mut self.due };
            calendar.insert(entry.expires, id);
        }
        let class = is_charged.then(|| Class::of(is_system, entry.is_left()));
        self.hold((id, entry), &author, class);
        self.settle_replaced(&id);
    }

    /// A version is live no longer, and what it said holds no longer.
    pub(in crate::graph) fn unlive(&mut self, id: &RecordId) -> Option<Entry> {
        let held = self.held(id)?;
        let (is_system, name) = (held.kind.is_system(), held.name());
        let is_charged =
            held.credential.is_some() && held.kind.as_str() != lacis_wire::system::MEMBER;
        let bucket = Self::bucket_of(held.kind);
        let entry = self.entries.remove(id)?;
        self.compared.remove(bucket, entry.key(*id));
        self.due.remove(entry.expires, *id);
        self.hidden.remove(entry.expires, *id);
        self.hidden.remove(entry.latest, *id);
        if is_charged {
            self.budgets.discharge(Class::of(is_system, entry.is_left()), *id, &entry);
        }
        self.unapply(&name, &entry);
        Some(entry)
    }

    /// A record is held no longer.
    pub(in crate::graph) fn take_out(&mut self, id: &RecordId) -> Option<CopyName> {
        let name = self.held(id)?.name();
        self.unlive(id)?;
        self.system.remove(&name);
        self.let_go(id);
        Some(name)
    }

    /// A version was let go; perhaps it was the last of its record.
    pub(in crate::graph) fn let_go(&mut self, id: &RecordId) {
        if !self.entries.contains_key(id) && self.aside_of(id).next().is_none() {
            self.replaced.forget(id);
        }
    }

    pub(in crate::graph) fn drop_live(&mut self, id: &RecordId) {
        let Some(kind) = self.held(id).map(|held| held.kind.clone()) else { return };
        let was_shown = self.entries.get(id).is_some_and(|entry| !entry.has_ended);
        if let Some(name) = self.take_out(id) {
            let (id, gone) = (*id, kind.clone());
            self.changes.push_back(Change::Erased { name, kind, keeps_header: false });
            if was_shown {
                self.changes.push_back(Change::Gone { id, kind: gone });
            }
        }
    }

    /// A version that was set aside is held no longer.
    pub(in crate::graph) fn drop_aside(&mut self, name: &CopyName) {
        self.take_from_aside(name);
        self.system.remove(name);
        self.let_go(&name.id);
    }

    pub(in crate::graph) fn erase_aside(&mut self, name: &CopyName) {
        let kind = self.held_aside(name).map(|held| held.kind.clone());
        if self.take_from_aside(name).is_some()
            && let Some(kind) = kind
        {
            self.system.remove(name);
            self.let_go(&name.id);
            self.changes.push_back(Change::Erased { name: *name, kind, keeps_header: false });
        }
    }

    pub(in crate::graph) fn versions_aside(&self, id: &RecordId) -> Vec<CopyName> {
        self.aside_of(id).collect()
    }

    fn aside_of(&self, id: &RecordId) -> impl Iterator<Item = CopyName> {
        let from = CopyName { id: *id, digest: [0; 16] };
        let to = CopyName { id: *id, digest: [u8::MAX; 16] };
        self.aside.range(from..=to).map(|(name, _)| *name)
    }

    /// Finds which version of a record is live, of all that are held.
    pub(in crate::graph) fn choose(&mut self, id: &RecordId) {
        let before = self.held(id).map(|held| (held.name(), held.kind.clone(), held.has_ended));
        if let Some((name, ..)) = &before
            && let Some(entry) = self.unlive(id)
        {
            self.put_aside(*name, Aside { entry, is_unnamed: false, until: Millis::MAX });
        }
        let mut fine: Vec<CopyName> = Vec::new();
        for name in self.versions_aside(id) {
            let Some(entry) = self.take_from_aside(&name) else { continue };
            let verdict = self.register.read(id, &entry).map(|held| {
                (right(&self.group, &self.members, &held), *held.author(), held.kind.clone())
            });
            match verdict {
                Some((Right::Fine, ..)) => {
                    fine.push(name);
                    self.put_aside(name, Aside { entry, is_unnamed: false, until: Millis::MAX });
                }
                Some((Right::Unnamed | Right::Unknown(_), author, _)) => {
                    self.set_aside(name, entry, true);
                    self.changes.push_back(Change::SetAside { author, name });
                }
                Some((Right::Refused(_), author, kind)) => {
                    self.system.remove(&name);
                    self.changes.push_back(Change::Lost {
                        id: *id,
                        author,
                        code: Code::NotAllowed,
                    });
                    self.changes.push_back(Change::Erased { name, kind, keeps_header: false });
                }
                None => {}
            }
        }
        self.choose_among(id, &fine, before.as_ref().map(|(name, ..)| *name));
        self.tell_chosen(id, before);
        self.let_go(id);
    }

    /// Makes the greatest of these versions live; of the others the greatest of each other signer
    /// stays aside.
    pub(in crate::graph) fn choose_among(
        &mut self,
        id: &RecordId,
        fine: &[CopyName],
        before: Option<CopyName>,
    ) {
        let mut greatest: Vec<(PeerId, CopyName)> = Vec::new();
        for name in fine {
            let Some(author) = self.held_aside(name).map(|held| *held.author()) else { continue };
            let rank = |name: &CopyName| self.held_aside(name).map(|held| held.rank());
            let lesser = match greatest.iter_mut().find(|(by, _)| *by == author) {
                Some((_, other)) if rank(name) > rank(other) => core::mem::replace(other, *name),
                Some(_) => *name,
                None => {
                    greatest.push((author, *name));
                    continue;
                }
            };
            self.erase_aside(&lesser);
        }
        let rank = |(_, name): &&(PeerId, CopyName)| self.held_aside(name).map(|it| it.rank());
        let Some((_, best)) = greatest.iter().max_by_key(rank).copied() else { return };
        if let Some(entry) = self.take_from_aside(&best) {
            self.make_live(*id, entry);
            if before != Some(best) || self.system.contains_key(&best) {
                self.apply(&best);
            }
        }
        for (_, name) in greatest.into_iter().filter(|(_, name)| *name != best) {
            if let Some(entry) = self.take_from_aside(&name) {
                self.set_aside(name, entry, false);
            }
        }
    }

    pub(in crate::graph) fn tell_chosen(
        &mut self,
        id: &RecordId,
        before: Option<(CopyName, lacis_wire::record::RecordType, bool)>,
    ) {
        let now = self.held(id).map(|held| held.name());
        match (before, now) {
            (Some((_, kind, has_ended)), None) if !has_ended => {
                self.changes.push_back(Change::Gone { id: *id, kind });
            }
            (Some((old, ..)), Some(new)) if old != new => {
                self.changes.push_back(Change::Record { id: *id, is_new: false });
            }
            (None, Some(_)) => self.changes.push_back(Change::Record { id: *id, is_new: true }),
            _ => {}
        }
    }
}
