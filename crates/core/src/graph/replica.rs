//! One member's replica of a group: which versions it holds, whom it knows, and what waits.
//!
//! ```text
//! offered --> waiting    nothing is known of its credential yet, or it is dated ahead
//!         --> live       the one of its record that wins; compared, passed on and read
//!         --> aside      unnamed by an end, or beaten by another signer's; in no summary
//! ```
//! What is live follows from the set of what is live and aside, whatever came first. Records of the
//! system are kept whole, because the rules look into them. Of the others only what comparing and
//! judging need stays in memory; whoever offers a version keeps it.

mod expire;
mod load;
mod offering;
mod own;
mod replacing;
mod restoring;
mod room;
mod settle;
mod validity;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::group::Holding;
use lacis_wire::record::{CopyName, RecordType};
use lacis_wire::system::{ActionId, GROUP, Scope};
use lacis_wire::{CredentialId, GroupId, Millis, PeerId, RecordId, limits};

use super::budget::Budgets;
use super::calendar::Calendar;
use super::compared::Compared;
use super::copy::{BucketSummary, Change, Copy};
use super::entries::Entries;
use super::entry::{Entry, Held, Register};
use super::index::{CopyKey, Index};
use super::key_records::KeyRecords;
use super::replaced::Replaced;
use super::rights::Members;
use super::waiting::Waiting;
use crate::many::Many;
use crate::table::in_order;

/// One member's replica of a group.
#[derive(Clone, Debug)]
pub struct Replica {
    pub(super) group: GroupId,
    pub(super) members: Members,
    pub(super) keys: KeyRecords,
    /// Live words of admins about where the group meets, by when they were written.
    pub(super) servers: Calendar<CopyName>,
    /// System records, live and aside, whole.
    pub(super) system: Many<CopyName, Arc<Copy>>,
    pub(super) entries: Entries,
    pub(super) aside: Many<CopyName, Aside>,
    pub(super) register: Register,
    pub(super) compared: Compared,
    /// When records end.
    pub(super) due: Calendar<RecordId>,
    /// When what is set aside goes.
    pub(super) aside_due: Calendar<CopyName>,
    /// What has ended and is hidden, and when it may be erased: by its end, then when nothing of it
    /// is of concern any more.
    pub(super) hidden: Calendar<RecordId>,
    pub(super) budgets: Budgets,
    pub(super) replaced: Replaced,
    pub(super) waiting: Waiting,
    /// Versions that waited and can be judged now.
    pub(super) ready: VecDeque<Copy>,
    pub(super) changes: VecDeque<Change>,
    /// Whether rights changed since what is held was last judged.
    pub(super) stale: bool,
    /// Whether a record that showed a chain is live no longer.
    pub(super) chains_stale: bool,
    /// Credentials that had to give their place to others.
    pub(super) lost: Vec<CredentialId>,
    /// Whether what was stored is being read: order is made when all is here.
    pub(super) is_restoring: bool,
    /// How often a version, or the right to one, was judged.
    pub(super) judgements: u64,
    /// The time that was said last.
    pub(super) now: Millis,
    /// Whether what the group says of budgets is to be looked at again.
    pub(super) common_stale: bool,
}

/// A version that is kept without being live.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub(super) entry: Entry,
    /// Whether an end leaves it unnamed; else another signer's version beats it.
    pub(super) is_unnamed: bool,
    /// Until when it is kept.
    pub(super) until: Millis,
}

impl Replica {
    /// Nothing is held.
    #[must_use]
    pub fn new(group: GroupId) -> Self {
        Self {
            group,
            members: Members::new(group),
            keys: KeyRecords::default(),
            servers: Calendar::new(),
            system: Many::new(),
            entries: Entries::new(),
            aside: Many::new(),
            register: Register::default(),
            compared: Compared::new(&group),
            due: Calendar::new(),
            aside_due: Calendar::new(),
            hidden: Calendar::new(),
            budgets: Budgets::default(),
            replaced: Replaced::default(),
            waiting: Waiting::default(),
            ready: VecDeque::new(),
            changes: VecDeque::new(),
            stale: false,
            chains_stale: false,
            lost: Vec::new(),
            is_restoring: false,
            judgements: 0,
            now: Millis(0),
            common_stale: false,
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

    /// Its key records.
    #[must_use]
    pub const fn keys(&self) -> &KeyRecords {
        &self.keys
    }

    /// The bucket in which versions of a type are compared. Those of the system have their own; the
    /// others are spread, so that the types a member may invent cost nothing.
    #[must_use]
    pub fn bucket_of(kind: &RecordType) -> u8 {
        if kind.is_system() {
            return 0;
        }
        let hash = blake3::hash(kind.as_str().as_bytes());
        hash.as_bytes().first().copied().unwrap_or_default() % limits::BUCKETS + 1
    }

    /// The versions of one bucket, in the order in which members compare them.
    #[must_use]
    pub fn bucket(&self, number: u8) -> &Index {
        self.compared.bucket(number)
    }

    /// What is in each bucket that is not empty.
    #[must_use]
    pub fn summary(&self) -> Vec<BucketSummary> {
        self.compared.summary()
    }

    /// How much is compared, and what is equal only if all of that is.
    #[must_use]
    pub fn compared(&self) -> Holding {
        self.compared.held()
    }

    /// Symbols of what is compared, from one place to another.
    #[must_use]
    pub fn symbols(&self, from: usize, to: usize) -> Vec<u8> {
        self.compared.symbols(from, to)
    }

    /// What another member lacks, and what we lack, by the first symbols of what it holds; nothing
    /// if they do not tell.
    #[must_use]
    pub fn differs(
        &self,
        theirs: &Holding,
        symbols: &[u8],
    ) -> Option<(Vec<CopyName>, Vec<CopyName>)> {
        let is_compared = |name: &CopyName| {
            self.held(&name.id).is_some_and(|held| held.name() == *name && !held.has_ended)
        };
        self.compared.compare(theirs, symbols, is_compared)
    }

    /// What is known of a record that is live, tombstones and what has ended among them.
    #[must_use]
    pub fn held(&self, id: &RecordId) -> Option<Held<'_>> {
        self.register.read(id, self.entries.get(id)?)
    }

    /// Whether a version is live, aside or waiting.
    #[must_use]
    pub fn has(&self, name: &CopyName) -> bool {
        self.entries.get(&name.id).is_some_and(|entry| entry.name(name.id) == *name)
            || self.aside.contains_key(name)
            || self.waiting.has(name)
    }

    /// A version that is set aside.
    #[must_use]
    pub fn held_aside(&self, name: &CopyName) -> Option<Held<'_>> {
        self.register.read(&name.id, &self.aside.get(name)?.entry)
    }

    /// A live record of the system.
    #[must_use]
    pub fn system(&self, id: &RecordId) -> Option<&Arc<Copy>> {
        let name = self.entries.get(id)?.name(*id);
        self.system.get(&name)
    }

    /// What the founder says of the group.
    #[must_use]
    pub fn properties(&self) -> Option<&Arc<Copy>> {
        self.system_of(GROUP).next()
    }

    /// What an admin said last of where the group meets.
    #[must_use]
    pub fn servers(&self) -> Option<&Arc<Copy>> {
        self.system.get(self.servers.last()?)
    }

    /// The live records of a type of the system.
    pub fn system_of(&self, kind: &str) -> impl Iterator<Item = &Arc<Copy>> {
        let fits = move |name: &&CopyName| !self.aside.contains_key(name);
        let live = self.system.iter().filter(move |(name, _)| fits(name)).map(|(_, copy)| copy);
        live.filter(move |copy| copy.header.kind.as_str() == kind)
    }

    /// The live records of the types that fit, tombstones too, but not what has ended.
    pub fn ids_where(&self, fits: impl Fn(&RecordType) -> bool) -> impl Iterator<Item = RecordId> {
        let kinds: Vec<bool> = self.register.kinds().map(&fits).collect();
        let is_fit = move |entry: &Entry| {
            !entry.has_ended && kinds.get(entry.kind()).copied().unwrap_or(false)
        };
        self.entries.iter().filter(move |(_, entry)| is_fit(entry)).map(|(id, _)| *id)
    }

    /// The types that are known.
    pub fn kinds(&self) -> impl Iterator<Item = &RecordType> {
        self.register.kinds()
    }

    /// How many records are live, tombstones too, but not what has ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.compared.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many versions wait, and their bytes.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        (self.waiting.len(), self.waiting.bytes())
    }

    /// How many versions are set aside.
    #[must_use]
    pub fn aside(&self) -> usize {
        self.aside.len()
    }

    /// The versions that wait because they are dated ahead.
    pub fn ahead(&self) -> impl Iterator<Item = &Copy> {
        self.waiting.ahead()
    }

    /// What of an author an end leaves unnamed, for an admin to name.
    pub fn unnamed<'a>(&'a self, author: &'a PeerId) -> impl Iterator<Item = ActionId> + 'a {
        let unnamed = self.aside.iter().filter(|(_, aside)| aside.is_unnamed);
        let by = move |(name, aside): (&CopyName, &'a Aside)| {
            let held = self.register.read(&name.id, &aside.entry)?;
            (held.author() == author).then_some(name.digest)
        };
        unnamed.filter_map(by)
    }

    /// What a member did as far as it is live or was beaten, for a revocation to name.
    #[must_use]
    pub fn actions(&self, author: &PeerId, scope: Scope) -> Vec<ActionId> {
        let live = self.entries.iter();
        let beaten = self.aside.iter().filter(|(_, it)| !it.is_unnamed);
        let all = live.chain(beaten.map(|(name, it)| (&name.id, &it.entry)));
        let fits = |held: &Held<'_>| {
            let is_own = !held.kind.is_system() && held.creator == author;
            held.author() == author && (scope == Scope::All || !is_own)
        };
        let held = all.filter_map(|(id, entry)| self.register.read(id, entry)).filter(fits);
        let versions = held.map(|held| held.name().digest);
        let mut actions = in_order(versions.chain(self.members.given_by(author)));
        actions.dedup();
        actions
    }

    /// When [`Replica::expire`] has something to do next.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Millis> {
        self.due.first()
    }

    /// When something that was dated ahead can be judged.
    #[must_use]
    pub fn next_due(&self) -> Option<Millis> {
        self.waiting.next_due()
    }

    /// The latest time at which a live version was made that is not after `at`.
    #[must_use]
    pub fn latest_until(&self, at: Millis) -> Option<Millis> {
        self.compared.latest_until(at)
    }

    /// Takes out of what waits what is due now.
    pub fn wake(&mut self, now: Millis) {
        self.ready.extend(self.waiting.take_due(now));
    }

    /// A version of the system, live or aside.
    #[must_use]
    pub fn whole(&self, name: &CopyName) -> Option<&Arc<Copy>> {
        self.system.get(name)
    }

    /// Forgets a version that was lost. [`Replica::settle`] has to follow.
    pub fn forget_version(&mut self, name: &CopyName) {
        if self.is_live(name) {
            self.take_out(&name.id);
        } else {
            self.drop_aside(name);
        }
    }

    /// Judges anew what may have changed.
    pub fn settle(&mut self) {
        self.revalidate();
    }

    /// Whether a version is the live one of its record.
    pub(super) fn is_live(&self, name: &CopyName) -> bool {
        self.held(&name.id).is_some_and(|held| held.name() == *name)
    }

    /// Forgets a record whose body was lost, so that the next comparison fetches it.
    pub fn forget(&mut self, id: &RecordId) {
        self.take_out(id);
        self.revalidate();
    }

    /// Every version that is held, and whether it is one of the system.
    #[must_use]
    pub fn all_names(&self) -> Vec<(CopyName, bool)> {
        let live = self.entries.iter().map(|(id, entry)| (entry.name(*id), entry));
        let aside = self.aside.iter().map(|(name, it)| (*name, &it.entry));
        let is_system = |name: &CopyName, entry: &Entry| {
            self.register.read(&name.id, entry).is_some_and(|held| held.kind.is_system())
        };
        live.chain(aside).map(|(name, entry)| (name, is_system(&name, entry))).collect()
    }

    /// A credential by the number that entries have.
    pub(super) fn credential_of(&self, entry: &Entry) -> Option<&CredentialId> {
        self.register.credential(entry.credential)
    }

    /// Where a version stands among those that are compared.
    pub(super) fn key_of(&self, name: &CopyName) -> Option<CopyKey> {
        let live = self.entries.get(&name.id).filter(|entry| entry.name(name.id) == *name);
        let entry = live.or_else(|| self.aside.get(name).map(|it| &it.entry))?;
        Some(entry.key(name.id))
    }
}
