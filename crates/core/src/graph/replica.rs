//! One member's replica of a group: the copies it holds, whom it knows, and what waits for proof.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::cmp::Ordering;

use lacis_wire::record::{Header, cmp_copies};
use lacis_wire::system::System;
use lacis_wire::time::Millis;
use lacis_wire::{GroupId, PeerId, RecordId, codec, limits};

use super::index::{CopyKey, Index};
use super::judge::{Refusal, Verdict, judge, rights, system_of};
use super::members::Members;

/// A record in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What was signed.
    pub header: Header,
    /// The body as it travels: sealed, or in clear for a system record.
    pub body: Vec<u8>,
}

impl Copy {
    /// What names the copy among members.
    #[must_use]
    pub fn key(&self) -> CopyKey {
        let hash = *blake3::hash(&codec::encode(&self.header)).as_bytes();
        CopyKey { modified: self.header.modified.0, hash }
    }
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
    /// A record has a new version, perhaps its first, perhaps its last.
    Record(RecordId),
    /// A record is gone: it expired, or its author had been expelled when it was made.
    Gone(RecordId),
    /// A member's rights are others than before, or it is new.
    Member(PeerId),
}

/// One member's replica of a group.
#[derive(Clone, Debug)]
pub struct Replica {
    group: GroupId,
    members: Members,
    records: BTreeMap<RecordId, Copy>,
    by_hash: BTreeMap<[u8; 32], RecordId>,
    index: Index,
    /// Copies whose author is unknown, the oldest first.
    deferred: VecDeque<Copy>,
    changes: VecDeque<Change>,
}

impl Replica {
    /// An empty replica.
    #[must_use]
    pub const fn new(group: GroupId) -> Self {
        Self {
            group,
            members: Members::new(group),
            records: BTreeMap::new(),
            by_hash: BTreeMap::new(),
            index: Index::new(),
            deferred: VecDeque::new(),
            changes: VecDeque::new(),
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

    /// The copies in the order in which members compare them.
    #[must_use]
    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// The copy of a record that is held.
    #[must_use]
    pub fn record(&self, id: &RecordId) -> Option<&Copy> {
        self.records.get(id)
    }

    /// The copy with that hash, to hand it to whoever lacks it.
    #[must_use]
    pub fn copy(&self, hash: &[u8; 32]) -> Option<&Copy> {
        self.records.get(self.by_hash.get(hash)?)
    }

    /// Every record that is held, tombstones too.
    pub fn records(&self) -> impl Iterator<Item = &Copy> {
        self.records.values()
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

    /// Takes a copy from anywhere: another member, the store, the application. Wherever it comes
    /// from, the same rules hold.
    pub fn offer(&mut self, now: Millis, copy: Copy) -> Outcome {
        let key = copy.key();
        if self.index.contains(key) {
            return Outcome::Known;
        }
        match judge(&self.group, &self.members, now, &copy.header, &copy.body) {
            Verdict::Refused(refusal) => Outcome::Refused(refusal),
            Verdict::Expired => Outcome::Expired,
            Verdict::AuthorUnknown => self.defer(copy),
            Verdict::Fine(system) => {
                let held = self.records.get(&copy.header.id);
                let wins = held
                    .is_none_or(|held| cmp_copies(&copy.header, &held.header) == Ordering::Greater);
                if !wins {
                    return Outcome::Older;
                }
                let author = *copy.header.author();
                self.hold(key, copy);
                if let Some(system) = system {
                    self.heed(now, key, author, &system);
                }
                Outcome::Taken
            }
        }
    }

    /// Takes out what has expired, and gives what waits in vain up.
    pub fn expire(&mut self, now: Millis) {
        self.drop_where(|copy| copy.header.expires <= now);
        self.deferred.retain(|copy| copy.header.expires > now);
    }

    /// When [`Replica::expire`] has something to do next.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Millis> {
        let earliest = self.records.values().map(|copy| copy.header.expires).min();
        earliest.filter(|at| *at != Millis::MAX)
    }

    fn defer(&mut self, copy: Copy) -> Outcome {
        if !self.deferred.contains(&copy) {
            // The oldest gives way: a flood of strangers pushes out strangers only.
            if self.deferred.len() >= limits::DEFERRED_MAX {
                self.deferred.pop_front();
            }
            self.deferred.push_back(copy);
        }
        Outcome::Deferred
    }

    fn hold(&mut self, key: CopyKey, copy: Copy) {
        let id = copy.header.id;
        if let Some(old) = self.records.insert(id, copy)
            && self.forget(&old)
        {
            self.cleanse();
        }
        self.index.insert(key);
        self.by_hash.insert(key.hash, id);
        self.changes.push_back(Change::Record(id));
    }

    /// A copy is held no longer; says whether rights changed by that.
    fn forget(&mut self, old: &Copy) -> bool {
        let key = old.key();
        self.index.remove(key);
        self.by_hash.remove(&key.hash);
        self.members.unrevoke(key)
    }

    /// Does what a system record says.
    fn heed(&mut self, now: Millis, key: CopyKey, author: PeerId, system: &System) {
        match system {
            System::Member(chain) => {
                let subject = chain.leaf().map(|leaf| leaf.subject);
                if self.members.admit(chain) == Ok(true) {
                    self.changes.extend(subject.map(Change::Member));
                    self.retry(now);
                }
            }
            System::Revocation(revocation) => {
                self.members.revoke(key, author, revocation);
                self.changes.push_back(Change::Member(revocation.subject));
                self.cleanse();
            }
            System::Group(_) | System::Key(_) => {}
        }
    }

    /// What waited may be in order now.
    fn retry(&mut self, now: Millis) {
        for copy in core::mem::take(&mut self.deferred) {
            self.offer(now, copy);
        }
    }

    /// What was accepted may not be in order any more: the outcome must not depend on whether a
    /// revocation or what it forbids came first.
    fn cleanse(&mut self) {
        let Self { group, members, records, .. } = self;
        let bad = records.values().filter(|copy| {
            let system = system_of(&copy.header, &copy.body);
            let allowed =
                system.and_then(|system| rights(group, members, &copy.header, system.as_ref()));
            allowed != Ok(true)
        });
        let bad: Vec<RecordId> = bad.map(|copy| copy.header.id).collect();
        self.drop_where(|copy| bad.contains(&copy.header.id));
    }

    fn drop_where(&mut self, is_bad: impl Fn(&Copy) -> bool) {
        let bad: Vec<RecordId> =
            self.records.values().filter(|copy| is_bad(copy)).map(|copy| copy.header.id).collect();
        for id in bad {
            if let Some(old) = self.records.remove(&id) {
                self.forget(&old);
                self.changes.push_back(Change::Gone(id));
            }
        }
    }
}
