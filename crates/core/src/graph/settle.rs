//! How versions become live, are set aside, and come back.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::credential::Chain;
use lacis_wire::record::{CopyName, Header};
use lacis_wire::system::System;
use lacis_wire::{Code, Millis, PeerId, RecordId, limits};

use super::credentials::Learned;
use super::entry::{Entry, Held};
use super::judge::{Refusal, Right, right, system_of};
use super::replica::{Aside, Change, Copy, Outcome, Replica};
use crate::meter::{self, Cost};
use crate::rule::Rule;
use crate::table::in_order;

impl Replica {
    /// Takes a version that was judged.
    pub(super) fn take(
        &mut self,
        now: Millis,
        copy: &Copy,
        name: CopyName,
        is_unnamed: bool,
    ) -> Outcome {
        let header = &copy.header;
        let entry = self.register.enter(header, name.digest);
        let id = header.id;
        if is_unnamed {
            return self.take_aside(copy, entry, true);
        }
        let held = self.held(&id);
        let is_beaten = held.as_ref().is_some_and(|held| header.rank_as(name) < held.rank());
        if is_beaten {
            let by_another = held.is_some_and(|held| held.author() != header.author());
            return if by_another && !header.is_deleted() && Rule::BeatenKept.holds() {
                self.take_aside(copy, entry, false)
            } else {
                Outcome::Older
            };
        }
        if let Err(refusal) = self.make_room(header, &entry) {
            return Outcome::Refused(refusal);
        }
        if header.kind.is_system() {
            self.system.insert(name, Arc::new(copy.clone()));
        }
        let is_new = self.entries.get(&id).is_none_or(|held| held.has_ended);
        self.retire_live(header);
        self.drop_own_beaten(&id, header.author());
        self.replaced.note(header);
        self.make_live(id, entry);
        self.changes.push_back(Change::Record { id, is_new });
        if header.expires <= now {
            self.end(&id);
        }
        let is_fine = self.apply(&name);
        self.revalidate();
        if is_fine { Outcome::Taken } else { Outcome::Refused(Refusal::OverBudget) }
    }

    fn take_aside(&mut self, copy: &Copy, entry: Entry, is_unnamed: bool) -> Outcome {
        let name = copy.header.name();
        let own = self.aside.values().filter(|it| it.entry.credential == entry.credential);
        if own.count() >= limits::ASIDE_MAX {
            return Outcome::Refused(Refusal::OverBudget);
        }
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

    fn set_aside(&mut self, name: CopyName, entry: Entry, is_unnamed: bool) {
        let lasts = if is_unnamed { limits::UNNAMED_LIFETIME } else { limits::BEATEN_LIFETIME };
        let ended = self.credential_of(&entry).and_then(|id| self.members.ended_at(id));
        let winner = self.entries.get(&name.id).map(|live| live.modified);
        let since = if is_unnamed { ended } else { winner }.unwrap_or(entry.modified);
        let lasts = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
        let until = Millis(since.0.max(entry.modified.0).saturating_add(lasts)).min(entry.latest);
        if !self.is_restoring {
            self.aside_due.insert(until, name);
        }
        self.aside.insert(name, Aside { entry, is_unnamed, until });
    }

    fn take_from_aside(&mut self, name: &CopyName) -> Option<Entry> {
        let aside = self.aside.remove(name)?;
        self.aside_due.remove(aside.until, *name);
        Some(aside.entry)
    }

    /// What is live of a record gives way to another version: it stays aside if its signer is
    /// another one, for when the new one falls with its own.
    fn retire_live(&mut self, new: &Header) {
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

    /// Nobody needs what an author wrote before its own newer version.
    fn drop_own_beaten(&mut self, id: &RecordId, author: &PeerId) {
        for name in self.versions_aside(id) {
            let is_beaten = self.aside.get(&name).is_some_and(|aside| !aside.is_unnamed);
            if is_beaten && self.held_aside(&name).is_some_and(|held| held.author() == author) {
                self.erase_aside(&name);
            }
        }
    }

    fn make_live(&mut self, id: RecordId, entry: Entry) {
        let Some(held) = self.register.read(&id, &entry) else { return };
        let (is_system, author) = (held.kind.is_system(), *held.author());
        let is_charged = entry.credential != 0 && held.kind.as_str() != lacis_wire::system::MEMBER;
        let bucket = usize::from(Self::bucket_of(held.kind));
        if !self.is_restoring {
            if let Some(index) = self.buckets.get_mut(bucket).filter(|_| !entry.has_ended) {
                index.insert(entry.key(id));
            }
            let calendar = if entry.has_ended { &mut self.hidden } else { &mut self.due };
            calendar.insert(entry.expires, id);
        }
        let (class, credential) = (self.class(is_system, &entry), entry.credential);
        if is_charged {
            self.budgets.charge(class, id, &entry);
        }
        self.entries.insert(id, entry);
        if is_charged {
            self.keep_budget(&author, class, credential);
        }
        self.settle_replaced(&id);
    }

    /// A version is live no longer, and what it said holds no longer.
    fn unlive(&mut self, id: &RecordId) -> Option<Entry> {
        let held = self.held(id)?;
        let (is_system, name) = (held.kind.is_system(), held.name());
        let is_charged =
            held.credential.is_some() && held.kind.as_str() != lacis_wire::system::MEMBER;
        let bucket = usize::from(Self::bucket_of(held.kind));
        let entry = self.entries.remove(id)?;
        if let Some(index) = self.buckets.get_mut(bucket) {
            index.remove(entry.key(*id));
        }
        self.due.remove(entry.expires, *id);
        self.hidden.remove(entry.expires, *id);
        self.hidden.remove(entry.latest, *id);
        if is_charged {
            self.budgets.discharge(self.class(is_system, &entry), *id, &entry);
        }
        self.unapply(&name, &entry);
        Some(entry)
    }

    /// A record is held no longer.
    pub(super) fn take_out(&mut self, id: &RecordId) -> Option<CopyName> {
        let name = self.held(id)?.name();
        self.unlive(id)?;
        self.system.remove(&name);
        self.let_go(id);
        Some(name)
    }

    /// A version was let go; perhaps it was the last of its record.
    fn let_go(&mut self, id: &RecordId) {
        if !self.entries.contains_key(id) && self.versions_aside(id).is_empty() {
            self.replaced.forget(id);
        }
    }

    pub(super) fn drop_live(&mut self, id: &RecordId) {
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
    pub(super) fn drop_aside(&mut self, name: &CopyName) {
        self.take_from_aside(name);
        self.system.remove(name);
        self.let_go(&name.id);
    }

    pub(super) fn erase_aside(&mut self, name: &CopyName) {
        let kind = self.held_aside(name).map(|held| held.kind.clone());
        if self.take_from_aside(name).is_some()
            && let Some(kind) = kind
        {
            self.system.remove(name);
            self.let_go(&name.id);
            self.changes.push_back(Change::Erased { name: *name, kind, keeps_header: false });
        }
    }

    /// All that was stored is here again. What has ended meanwhile stays until
    /// [`Replica::expire`] is called.
    pub fn settle_restored(&mut self) {
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
                self.aside.insert(aside.entry.name(*id), aside);
            }
        }
        self.charge_restored();
        for id in &system {
            self.choose_restored(id);
        }
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
            if let Some(Aside { entry, is_unnamed, .. }) = self.aside.remove(&name) {
                self.set_aside(name, entry, is_unnamed);
            }
        }
        // What is not of use any more has to leave the store too; the rest was told before.
        self.changes.retain(|change| matches!(change, Change::Erased { .. }));
    }

    /// Charges what was found in one version only.
    fn charge_restored(&mut self) {
        let entries = core::mem::take(&mut self.entries);
        for (id, entry) in entries.iter().filter(|(_, entry)| entry.credential != 0) {
            self.budgets.charge(self.class(false, entry), *id, entry);
        }
        self.entries = entries;
    }

    /// Makes the indices and calendars of what is held, all at once.
    fn put_in_order(&mut self) {
        let buckets: Vec<usize> =
            self.register.kinds().map(|kind| usize::from(Self::bucket_of(kind))).collect();
        let bucket_of =
            |entry: &Entry| buckets.get(entry.kind()).copied().filter(|_| !entry.has_ended);
        // Memory that grows by doubling would be half as much again.
        let mut counts = alloc::vec![0; self.buckets.len()];
        for (_, entry) in self.entries.iter() {
            if let Some(count) = bucket_of(entry).and_then(|bucket| counts.get_mut(bucket)) {
                *count += 1;
            }
        }
        self.due.reserve(counts.iter().sum());
        for (index, count) in self.buckets.iter_mut().zip(counts) {
            index.reserve(count);
        }
        for (id, entry) in self.entries.iter() {
            let calendar = if entry.has_ended { &mut self.hidden } else { &mut self.due };
            calendar.push(entry.expires, *id);
            let index = bucket_of(entry).and_then(|bucket| self.buckets.get_mut(bucket));
            if let Some(index) = index {
                index.push(entry.key(*id));
            }
        }
        for (name, aside) in &self.aside {
            self.aside_due.push(aside.until, *name);
        }
        for bucket in &mut self.buckets {
            bucket.sort();
        }
        self.due.sort();
        self.aside_due.sort();
        self.hidden.sort();
    }

    /// Makes the greatest version of a system record live, whatever its rights: they are looked at
    /// when all of them are.
    fn choose_restored(&mut self, id: &RecordId) {
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

    fn versions_aside(&self, id: &RecordId) -> Vec<CopyName> {
        let from = CopyName { id: *id, digest: [0; 16] };
        let to = CopyName { id: *id, digest: [u8::MAX; 16] };
        self.aside.range(from..=to).map(|(name, _)| *name).collect()
    }

    /// What a system record says takes effect; says whether there was a place for it.
    fn apply(&mut self, name: &CopyName) -> bool {
        let Some(copy) = self.system.get(name).cloned() else { return true };
        let Some(key) = self.key_of(name) else { return true };
        let header = &copy.header;
        let (author, credential) = (*header.author(), header.credential);
        match (system_of(header, &copy.body), credential) {
            (Ok(Some(System::Member(chain))), _) => return self.apply_chain(&chain, &header.id),
            (Ok(Some(System::Revocation(revocation))), Some(credential)) => {
                self.changes.extend([Change::Rights, Change::Keys]);
                self.members.revoke(key, author, credential, revocation);
                self.stale = true;
            }
            (Ok(Some(System::Key(part))), Some(credential)) => {
                self.members.cover(key, author, credential, part.covers.clone());
                if !part.covers.is_empty() {
                    self.changes.push_back(Change::Rights);
                }
                self.keys.insert(&self.group, *name, (header, credential), part);
                self.changes.push_back(Change::Keys);
            }
            (Ok(Some(System::Group(properties))), _) => {
                let (records, bytes) = (properties.budget_records, properties.budget_bytes);
                self.stale |= self.budgets.set_common(records, bytes);
            }
            (Ok(Some(System::Budget(budget))), Some(_)) => {
                self.budgets.raise(budget.subject, budget.records, budget.bytes);
            }
            _ => {}
        }
        true
    }

    fn apply_chain(&mut self, chain: &Chain, id: &RecordId) -> bool {
        match self.members.learn(chain) {
            Learned::Known => return true,
            Learned::New(gone) => self.lost.extend(gone),
            Learned::NoPlace(left) => {
                let stale = self.chains_stale;
                self.drop_live(id);
                self.chains_stale = stale || left;
                return false;
            }
        }
        // Somebody may be an admin now who decides about others, and what had lost its proof may
        // have it again.
        let decides = chain.leaf().is_some_and(|leaf| leaf.roles.may_change_others())
            && self.members.has_revocations();
        self.stale |= decides || !self.aside.is_empty();
        if decides || !self.lost.is_empty() {
            self.changes.push_back(Change::Rights);
        }
        self.changes.extend(chain.0.iter().map(|it| Change::Member(it.subject)));
        let Self { members, waiting, ready, .. } = self;
        ready.extend(waiting.take_known(|id| members.credential(id).is_some()));
        true
    }

    fn unapply(&mut self, name: &CopyName, entry: &Entry) {
        let Some(copy) = self.system.get(name).cloned() else { return };
        match system_of(&copy.header, &copy.body) {
            // Where there was no place for it, nothing followed from it.
            Ok(Some(System::Member(chain)))
                if chain.leaf().is_some_and(|it| self.members.credential(&it.id()).is_some()) =>
            {
                self.chains_stale = true;
                self.changes.push_back(Change::Rights);
            }
            Ok(Some(System::Revocation(_))) => {
                self.changes.extend([Change::Rights, Change::Keys]);
                self.stale |= self.members.unsay(&entry.key(name.id));
            }
            Ok(Some(System::Key(_))) => {
                self.members.unsay(&entry.key(name.id));
                self.keys.remove(name);
                self.changes.push_back(Change::Keys);
            }
            Ok(Some(System::Budget(_))) => self.reread_budgets(name),
            _ => {}
        }
    }

    fn reread_budgets(&mut self, gone: &CopyName) {
        self.budgets.forget_raised();
        self.stale = true;
        let live = self.system.iter().filter(|(name, _)| *name != gone);
        let live = live.filter(|(name, _)| !self.aside.contains_key(*name));
        let budgets: Vec<_> = live
            .filter_map(|(_, copy)| match system_of(&copy.header, &copy.body) {
                Ok(Some(System::Budget(budget))) => Some(budget),
                _ => None,
            })
            .collect();
        for budget in budgets {
            self.budgets.raise(budget.subject, budget.records, budget.bytes);
        }
    }

    /// What was live may be so no longer, and what was aside may be live again: the outcome must
    /// not depend on what came first.
    pub(super) fn revalidate(&mut self) {
        // Each round follows from shorter chains than the next one, so there are few.
        for _ in 0..=limits::CHAIN_MAX {
            let lost = in_order(core::mem::take(&mut self.lost));
            self.drop_lost(&lost);
            if core::mem::take(&mut self.chains_stale) {
                let live: Vec<Arc<Copy>> =
                    self.system_of(lacis_wire::system::MEMBER).cloned().collect();
                self.members.relearn(chains_in(&live).iter());
                self.drop_without_place();
                self.stale = true;
            }
            if !core::mem::take(&mut self.stale) || !Rule::JudgedAnew.holds() {
                break;
            }
            let count = self.entries.len() + self.aside.len();
            meter::count(Cost::Judgement, count);
            self.judgements += u64::try_from(count).unwrap_or(0);
            for id in self.misplaced() {
                self.choose(&id);
            }
            self.keep_budgets();
        }
    }

    /// The records of which another version has to be live than is.
    fn misplaced(&self) -> Vec<RecordId> {
        let right_of = |held: &Held<'_>| right(&self.group, &self.members, held);
        let mut found = Vec::new();
        for (id, entry) in self.entries.iter() {
            let Some(held) = self.register.read(id, entry) else { continue };
            if right_of(&held) != Right::Fine {
                found.push(*id);
            }
        }
        for (name, aside) in &self.aside {
            let Some(held) = self.register.read(&name.id, &aside.entry) else { continue };
            if aside.is_unnamed == (right_of(&held) == Right::Fine) {
                found.push(name.id);
            }
        }
        let mut found = in_order(found);
        found.dedup();
        found
    }

    /// Finds which version of a record is live, of all that are held.
    pub(super) fn choose(&mut self, id: &RecordId) {
        let before = self.held(id).map(|held| (held.name(), held.kind.clone(), held.has_ended));
        if let Some((name, ..)) = &before
            && let Some(entry) = self.unlive(id)
        {
            self.aside.insert(*name, Aside { entry, is_unnamed: false, until: Millis::MAX });
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
                    self.aside.insert(name, Aside { entry, is_unnamed: false, until: Millis::MAX });
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

    /// Makes the greatest of these versions live; of the others those by other signers stay aside.
    fn choose_among(&mut self, id: &RecordId, fine: &[CopyName], before: Option<CopyName>) {
        let rank = |name: &&CopyName| self.held_aside(name).map(|held| held.rank());
        let Some(best) = fine.iter().max_by_key(rank).copied() else { return };
        let author = self.held_aside(&best).map(|held| *held.author());
        if let Some(entry) = self.take_from_aside(&best) {
            self.make_live(*id, entry);
            if before != Some(best) || self.system.contains_key(&best) {
                self.apply(&best);
            }
        }
        for name in fine.iter().filter(|name| **name != best) {
            let same = self.held_aside(name).map(|held| *held.author()) == author;
            if same {
                self.erase_aside(name);
            } else if let Some(entry) = self.take_from_aside(name) {
                self.set_aside(*name, entry, false);
            }
        }
    }

    fn tell_chosen(
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

    /// Records that show, or were written under, credentials that gave their place to others.
    fn drop_lost(&mut self, lost: &[lacis_wire::CredentialId]) {
        if lost.is_empty() {
            return;
        }
        let is_lost = |entry: &Entry| {
            self.credential_of(entry).is_some_and(|id| lost.binary_search(id).is_ok())
        };
        let by_them = self.entries.iter().filter(|(_, entry)| is_lost(entry));
        let ids: Vec<RecordId> = by_them.map(|(id, _)| *id).collect();
        for id in ids {
            let is_proof =
                self.held(&id).is_some_and(|held| held.kind.as_str() == lacis_wire::system::MEMBER);
            if is_proof {
                self.drop_live(&id);
            } else {
                self.choose(&id);
            }
        }
    }

    /// Records that show members for whom there is no place any more.
    fn drop_without_place(&mut self) {
        let shown = self.system_of(lacis_wire::system::MEMBER);
        let without: Vec<RecordId> = shown
            .filter(|copy| {
                let id = copy.header.credential.as_ref();
                id.is_none_or(|id| self.members.credential(id).is_none())
            })
            .map(|copy| copy.header.id)
            .collect();
        for id in without {
            self.drop_live(&id);
        }
    }
}

fn chains_in(copies: &[Arc<Copy>]) -> Vec<Chain> {
    let says = copies.iter().map(|copy| system_of(&copy.header, &copy.body));
    says.filter_map(|says| match says {
        Ok(Some(System::Member(chain))) => Some(chain),
        _ => None,
    })
    .collect()
}
