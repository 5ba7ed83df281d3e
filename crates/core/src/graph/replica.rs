//! One member's replica of a group: which copies it holds, whom it knows, and what waits for proof.
//!
//! Records of the system are kept whole, because the rules look into them. Of the others only what
//! comparing and judging need stays in memory; whoever offers a copy keeps it.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use lacis_wire::credential::Chain;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{Deed, GROUP, Revocation, Scope, System};
use lacis_wire::{GroupId, Millis, PeerId, RecordId, limits};

use super::entry::{Entry, Held, Register};
use super::index::{CopyKey, Index};
use super::judge::{Claim, Refusal, Verdict, judge, rights, system_of};
use super::members::Members;
use crate::table::Table;

/// A record in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What was signed.
    pub header: Header,
    /// The body as it travels: sealed, or in clear for a system record.
    pub body: Vec<u8>,
}

/// What became of a copy that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is held now, and is worth passing on.
    Taken,
    /// It was held already.
    Known,
    /// A copy that wins over it is held.
    Older,
    /// It waits until its author's membership is known.
    Deferred,
    /// Its time is over.
    Expired,
    /// It breaks a rule.
    Refused(Refusal),
}

/// What changed for the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A record has a new version, perhaps its last.
    Record {
        /// Which.
        id: RecordId,
        /// Whether it was not held before.
        is_new: bool,
    },
    /// A record is gone: it expired, or its author had been expelled when it was made.
    Gone {
        /// Which.
        id: RecordId,
        /// Its type.
        kind: RecordType,
    },
    /// A member's rights are others than before, or it is new.
    Member(PeerId),
}

/// What a replica holds of one shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfSummary {
    /// The shelf.
    pub shelf: u8,
    /// How many copies.
    pub count: u32,
    /// Equal only if the copies are.
    pub fingerprint: [u8; 16],
}

/// One member's replica of a group.
#[derive(Clone, Debug)]
pub struct Replica {
    group: GroupId,
    members: Members,
    system: Table<RecordId, Copy>,
    entries: BTreeMap<RecordId, Entry>,
    register: Register,
    shelves: Vec<Index>,
    /// Records that expire, by when, the last first: most are new, and expire later than others.
    expiries: Vec<(Millis, RecordId)>,
    /// Copies whose author is unknown, the oldest first.
    deferred: VecDeque<Copy>,
    /// Copies whose author has become known.
    ready: VecDeque<Copy>,
    changes: VecDeque<Change>,
    /// Whether rights changed since what is held was last judged.
    stale: bool,
    /// Whether a record that showed a chain is held no longer.
    chains_stale: bool,
}

impl Replica {
    /// Nothing is held.
    #[must_use]
    pub fn new(group: GroupId) -> Self {
        Self {
            group,
            members: Members::new(group),
            system: Table::new(),
            entries: BTreeMap::new(),
            register: Register::default(),
            shelves: (0..=limits::SHELVES).map(|_| Index::new()).collect(),
            expiries: Vec::new(),
            deferred: VecDeque::new(),
            ready: VecDeque::new(),
            changes: VecDeque::new(),
            stale: false,
            chains_stale: false,
        }
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> &GroupId {
        &self.group
    }

    /// Who belongs to it.
    #[must_use]
    pub const fn members(&self) -> &Members {
        &self.members
    }

    /// The shelf on which copies of a type stand. Those of the system have their own; the others
    /// are spread, so that the types a member may invent cost nothing.
    #[must_use]
    pub fn shelf_of(kind: &RecordType) -> u8 {
        if kind.is_system() {
            return 0;
        }
        let hash = blake3::hash(kind.as_str().as_bytes());
        hash.as_bytes().first().copied().unwrap_or_default() % limits::SHELVES + 1
    }

    /// The copies of one shelf, in the order in which members compare them.
    #[must_use]
    pub fn shelf(&self, number: u8) -> &Index {
        const NONE: &Index = &Index::new();
        self.shelves.get(usize::from(number)).unwrap_or(NONE)
    }

    /// What stands on each shelf that is not empty.
    #[must_use]
    pub fn summary(&self) -> Vec<ShelfSummary> {
        let all = (0..).zip(&self.shelves).filter(|(_, index)| !index.is_empty());
        let summary = |(shelf, index): (u8, &Index)| ShelfSummary {
            shelf,
            count: u32::try_from(index.len()).unwrap_or(u32::MAX),
            fingerprint: index.fingerprint(),
        };
        all.map(summary).collect()
    }

    /// What is known of a record that is held.
    #[must_use]
    pub fn held(&self, id: &RecordId) -> Option<Held<'_>> {
        let system = self.system.get(id).map(|copy| Held::of(&copy.header));
        system.or_else(|| self.register.read(id, self.entries.get(id)?))
    }

    /// A record of the system.
    #[must_use]
    pub fn system(&self, id: &RecordId) -> Option<&Copy> {
        self.system.get(id)
    }

    /// What the founder says of the group.
    #[must_use]
    pub fn properties(&self) -> Option<&Copy> {
        self.system_of(GROUP).next()
    }

    /// The records of a type of the system.
    pub fn system_of(&self, kind: &str) -> impl Iterator<Item = &Copy> {
        self.system.values().filter(move |copy| copy.header.kind.as_str() == kind)
    }

    /// The records of the types that fit, tombstones too.
    pub fn ids_where(&self, fits: impl Fn(&RecordType) -> bool) -> impl Iterator<Item = RecordId> {
        let kinds: Vec<bool> = self.register.kinds().map(&fits).collect();
        let is_fit = move |entry: &Entry| {
            let kind = usize::try_from(entry.kind).ok();
            kind.and_then(|kind| kinds.get(kind)).copied().unwrap_or(false)
        };
        let system = self.system.iter().filter(move |(_, copy)| fits(&copy.header.kind));
        let entries = self.entries.iter().filter(move |(_, entry)| is_fit(entry));
        system.map(|(id, _)| *id).chain(entries.map(|(id, _)| *id))
    }

    /// The types of the application that are known.
    pub fn kinds(&self) -> impl Iterator<Item = &RecordType> {
        self.register.kinds()
    }

    /// How many records are held, tombstones too.
    #[must_use]
    pub fn len(&self) -> usize {
        self.system.len() + self.entries.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many copies wait for their author's membership.
    #[must_use]
    pub fn deferred(&self) -> usize {
        self.deferred.len()
    }

    /// What changed since this was asked last. Drain it after every call that takes `&mut self`.
    pub fn poll_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// A copy that waited and whose author is known now: to be offered again.
    pub fn poll_ready(&mut self) -> Option<Copy> {
        self.ready.pop_front()
    }

    /// Takes a copy from anywhere: another member, or the application. Wherever it comes from, the
    /// same rules hold. Of one that is [`Outcome::Taken`] the caller keeps the body.
    pub fn offer(&mut self, now: Millis, copy: &Copy) -> Outcome {
        let header = &copy.header;
        let held = self.held(&header.id);
        if held.as_ref().is_some_and(|held| held.name() == header.name()) {
            return Outcome::Known;
        }
        let is_new = held.is_none();
        let wins = held.is_none_or(|held| header.rank() > held.rank());
        match judge(&self.group, &self.members, now, header, &copy.body) {
            Verdict::Refused(refusal) => Outcome::Refused(refusal),
            Verdict::Expired => Outcome::Expired,
            Verdict::AuthorUnknown => self.defer(copy),
            Verdict::Fine(_) if !wins => Outcome::Older,
            Verdict::Fine(system) => {
                let key = key_of(header);
                self.hold(copy, false);
                self.changes.push_back(Change::Record { id: header.id, is_new });
                if let Some(system) = system {
                    self.heed(key, system);
                }
                self.cleanse();
                Outcome::Taken
            }
        }
    }

    /// Whether [`Replica::offer`] would take a copy now.
    #[must_use]
    pub fn would_take(&self, now: Millis, copy: &Copy) -> bool {
        let header = &copy.header;
        let wins = self.held(&header.id).is_none_or(|held| header.rank() > held.rank());
        let verdict = || judge(&self.group, &self.members, now, header, &copy.body);
        wins && matches!(verdict(), Verdict::Fine(_))
    }

    /// Takes the header of a record of the application back from the store, where it came when it
    /// was accepted. [`Replica::settle_restored`] has to follow.
    pub fn restore(&mut self, header: &Header) {
        if self.held(&header.id).is_none_or(|held| header.rank() > held.rank()) {
            let copy = Copy { header: header.clone(), body: Vec::new() };
            self.hold(&copy, true);
        }
    }

    /// Takes a record of the system back from the store.
    pub fn restore_system(&mut self, copy: &Copy) {
        let header = &copy.header;
        if self.held(&header.id).is_some_and(|held| header.rank() <= held.rank()) {
            return;
        }
        if let Ok(system) = system_of(header, &copy.body) {
            self.hold(copy, true);
            if let Some(system) = system {
                self.heed(key_of(header), system);
            }
        }
    }

    /// All that was stored is here again. What has expired meanwhile stays until
    /// [`Replica::expire`] is called.
    pub fn settle_restored(&mut self) {
        for shelf in &mut self.shelves {
            shelf.sort();
        }
        self.stale = true;
        self.cleanse();
        // What is not allowed any more has to leave the store too; the rest was told before.
        self.changes.retain(|change| matches!(change, Change::Gone { .. }));
    }

    /// Takes out what has expired, and gives what waits in vain up.
    pub fn expire(&mut self, now: Millis) {
        while let Some(&(at, id)) = self.expiries.last() {
            if at > now {
                break;
            }
            self.drop_record(&id);
        }
        self.deferred.retain(|copy| copy.header.expires > now);
        self.cleanse();
    }

    /// When [`Replica::expire`] has something to do next.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Millis> {
        self.expiries.last().map(|(at, _)| *at)
    }

    /// Forgets a record whose body was lost, so that the next comparison fetches it.
    pub fn forget(&mut self, id: &RecordId) {
        self.take_out(id);
    }

    fn defer(&mut self, copy: &Copy) -> Outcome {
        if !self.deferred.contains(copy) {
            // The oldest gives way: a flood of strangers pushes out strangers only.
            if self.deferred.len() >= limits::DEFERRED_MAX {
                self.deferred.pop_front();
            }
            self.deferred.push_back(copy.clone());
        }
        Outcome::Deferred
    }

    fn hold(&mut self, copy: &Copy, unsorted: bool) {
        let header = &copy.header;
        self.take_out(&header.id);
        let key = key_of(header);
        if let Some(index) = self.shelves.get_mut(usize::from(Self::shelf_of(&header.kind))) {
            if unsorted {
                index.push(key);
            } else {
                index.insert(key);
            }
        }
        if header.expires != Millis::MAX {
            let expiry = (header.expires, header.id);
            let place = self.expiries.partition_point(|it| *it > expiry);
            self.expiries.insert(place, expiry);
        }
        if header.kind.is_system() {
            self.system.insert(header.id, copy.clone());
        } else {
            let entry = self.register.enter(header);
            self.entries.insert(header.id, entry);
        }
    }

    /// A copy is held no longer; gives its type.
    fn take_out(&mut self, id: &RecordId) -> Option<RecordType> {
        let held = self.held(id)?;
        let key = CopyKey { modified: held.modified.0, name: held.name() };
        let (kind, expires) = (held.kind.clone(), held.expires);
        if let Some(index) = self.shelves.get_mut(usize::from(Self::shelf_of(&kind))) {
            index.remove(key);
        }
        if expires != Millis::MAX {
            let place = self.expiries.partition_point(|it| *it > (expires, *id));
            if self.expiries.get(place) == Some(&(expires, *id)) {
                self.expiries.remove(place);
            }
        }
        self.entries.remove(id);
        if let Some(copy) = self.system.remove(id)
            && let Ok(Some(System::Member(chain) | System::Revocation(Revocation { chain, .. }))) =
                system_of(&copy.header, &copy.body)
        {
            self.chains_stale = true;
            self.changes.extend(chain.leaf().map(|leaf| Change::Member(leaf.subject)));
        }
        self.stale |= self.members.unrevoke(key);
        Some(kind)
    }

    fn drop_record(&mut self, id: &RecordId) {
        if let Some(kind) = self.take_out(id) {
            self.changes.push_back(Change::Gone { id: *id, kind });
        }
    }

    /// Does what a system record says.
    fn heed(&mut self, key: CopyKey, system: System) {
        match system {
            System::Member(chain) => self.admit(&chain),
            System::Revocation(revocation) => {
                self.changes.push_back(Change::Member(revocation.subject));
                self.admit(&revocation.chain);
                self.members.revoke(key, revocation);
                self.stale = true;
            }
            System::Group(_) | System::Key(_) => {}
        }
    }

    fn admit(&mut self, chain: &Chain) {
        if self.members.admit(chain) == Ok(true) {
            self.stale |= self.members.has_revocations();
            self.changes.extend(chain.leaf().map(|leaf| Change::Member(leaf.subject)));
            // What waited may be in order now.
            self.ready.append(&mut self.deferred);
        }
    }

    /// What a member did, as far as it is held, for a revocation to name.
    #[must_use]
    pub fn deeds(&self, author: &PeerId, scope: Scope) -> Vec<Deed> {
        let fits = |held: &Held<'_>| {
            let is_own = !held.kind.is_system() && held.creator == author;
            held.author() == author && (scope == Scope::All || !is_own)
        };
        let held = self.ids_where(|_| true).filter_map(|id| self.held(&id)).filter(fits);
        let copies = held.map(|held| held.name().digest);
        let mut deeds: Vec<Deed> = copies.chain(self.members.given_by(author)).collect();
        deeds.sort_unstable();
        deeds.dedup();
        deeds
    }

    /// Whom the records make a member, now that some are gone.
    fn relearn(&mut self) {
        let says = self.system.values().map(|copy| system_of(&copy.header, &copy.body));
        let chains: Vec<Chain> = says
            .filter_map(|says| match says {
                Ok(Some(System::Member(chain) | System::Revocation(Revocation { chain, .. }))) => {
                    Some(chain)
                }
                _ => None,
            })
            .collect();
        self.members.relearn(chains.iter());
    }

    /// What was accepted may not be in order any more: the outcome must not depend on whether a
    /// revocation or what it forbids came first.
    fn cleanse(&mut self) {
        loop {
            if core::mem::take(&mut self.chains_stale) {
                self.relearn();
            } else if !self.stale {
                break;
            }
            self.stale = false;
            let Self { group, members, system, entries, register, .. } = self;
            let fine = |claim: &Claim<'_>, system: Option<&System>| {
                rights(group, members, claim, system) == Ok(true)
            };
            let is_bad = |copy: &Copy| {
                let says = system_of(&copy.header, &copy.body);
                !says.is_ok_and(|says| fine(&Claim::of(&copy.header), says.as_ref()))
            };
            let mut bad: Vec<RecordId> =
                system.iter().filter(|(_, copy)| is_bad(copy)).map(|(id, _)| *id).collect();
            for (id, entry) in entries.iter() {
                let Some(held) = register.read(id, entry) else { continue };
                let claim = Claim {
                    kind: held.kind,
                    creator: held.creator,
                    author: held.author(),
                    modified: held.modified,
                    expires: held.expires,
                    digest: held.name().digest,
                };
                if !fine(&claim, None) {
                    bad.push(*id);
                }
            }
            for id in bad {
                self.drop_record(&id);
            }
        }
    }
}

fn key_of(header: &Header) -> CopyKey {
    CopyKey { modified: header.modified.0, name: header.name() }
}
