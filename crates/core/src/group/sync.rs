//! How far what is held here is all that others hold, and as of when.
//!
//! It is derived from what is missing now: a neighbor has told all of a bucket, and nothing that a
//! neighbor told is still to come. What this node held by the end of its last link is as old as
//! that.

use lacis_wire::record::RecordType;
use lacis_wire::{Millis, limits};

use super::neighbour::Neighbour;
use super::{Group, GroupEvent, GroupSync, SyncPhase};
use crate::cx::Cx;
use crate::graph::Replica;
use crate::table::{Table, TableExt};

/// A set of buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Buckets(u64);

impl Buckets {
    pub(super) const NONE: Self = Self(0);

    const ALL: Self = Self((1 << (limits::BUCKETS as u64 + 1)) - 1);

    /// What is said of members and keys.
    const SYSTEM: Self = Self(1);

    pub(super) const fn contains(self, bucket: u8) -> bool {
        self.0 & Self::bit(bucket) != 0
    }

    pub(super) const fn insert(&mut self, bucket: u8) {
        self.0 |= Self::bit(bucket);
    }

    pub(super) const fn remove(&mut self, bucket: u8) {
        self.0 &= !Self::bit(bucket);
    }

    /// A number that no bucket has is in no set.
    const fn bit(bucket: u8) -> u64 {
        if bucket > limits::BUCKETS { 0 } else { 1 << bucket }
    }

    fn iter(self) -> impl Iterator<Item = u8> {
        (0..=limits::BUCKETS).filter(move |bucket| self.contains(*bucket))
    }
}

/// What was told of it last.
#[derive(Debug)]
pub(super) struct SyncState {
    phase: SyncPhase,
    whole: Buckets,
    /// When a bucket was whole last.
    at: Table<u8, Millis>,
}

impl Default for SyncState {
    fn default() -> Self {
        Self { phase: SyncPhase::Alone, whole: Buckets::NONE, at: Table::new() }
    }
}

impl Neighbour {
    /// Whether all that it told has come.
    fn lacks_nothing(&self) -> bool {
        self.missing.is_empty() && self.in_flight.is_empty()
    }

    /// Notes what has come by now; gives what is whole by what it told, and what it does not
    /// gainsay.
    fn whole_now(&mut self) -> (Buckets, Buckets) {
        let lacks_nothing = self.lacks_nothing();
        if lacks_nothing {
            self.whole.0 |= self.told.0;
            self.told = Buckets::NONE;
        }
        (self.whole, if lacks_nothing { Buckets::ALL } else { self.whole })
    }
}

impl Group {
    /// Looks whether this node stands elsewhere than before, and tells so.
    pub(crate) fn review_sync(&mut self, cx: &mut Cx) {
        if !self.is_open {
            return;
        }
        let (mut whole, mut denied, mut is_linked) = (0, Buckets::ALL.0, false);
        for neighbour in self.neighbours.values_mut() {
            if neighbour.is_introduced() && neighbour.confirmed {
                let (told, granted) = neighbour.whole_now();
                whole |= told.0;
                denied &= granted.0;
                is_linked = true;
            }
        }
        let mut whole = Buckets(whole & denied);
        if self.arrival.waits() {
            whole = Buckets(whole.0 & Buckets::SYSTEM.0);
        }
        let phase = match whole {
            _ if !is_linked => SyncPhase::Alone,
            Buckets::ALL => SyncPhase::Whole,
            _ => SyncPhase::Fetching,
        };
        if (phase, whole) != (self.sync.phase, self.sync.whole) {
            self.set_sync(cx, phase, whole);
        }
    }

    fn set_sync(&mut self, cx: &mut Cx, phase: SyncPhase, whole: Buckets) {
        let now = self.now(cx);
        let before = self.sync.whole;
        for bucket in before.iter() {
            self.sync.at.insert(bucket, now);
        }
        let was_whole = before == Buckets::ALL;
        (self.sync.phase, self.sync.whole) = (phase, whole);
        if was_whole || whole == Buckets::ALL {
            // After a crash it is as old as when it became whole.
            self.profile.synced = self.profile.synced.max(now);
            self.keep_profile(cx);
        }
        self.event(cx, GroupEvent::Sync);
        if whole.0 & !before.0 != 0 {
            let is_whole = |kind: &&RecordType| whole.contains(Replica::bucket_of(kind));
            let held = self.replica.kinds().filter(is_whole);
            let kinds = held.chain(self.first.iter().filter(is_whole)).cloned().collect();
            self.event(cx, GroupEvent::Synced { kinds, all: whole == Buckets::ALL });
        }
    }

    /// Where this node stands with the records of a type, or with all.
    pub(crate) fn sync_of(&self, cx: &Cx, kind: Option<&RecordType>) -> GroupSync {
        let wanted = kind.map_or(Buckets::ALL, |kind| {
            let mut one = Buckets::NONE;
            one.insert(Replica::bucket_of(kind));
            one
        });
        let SyncState { phase, whole, at } = &self.sync;
        if wanted.0 & !whole.0 == 0 {
            return GroupSync { phase: SyncPhase::Whole, at: Some(self.now(cx)) };
        }
        let stored = Some(self.profile.synced).filter(|at| *at > Millis(0));
        let lost = wanted.iter().filter(|bucket| !whole.contains(*bucket));
        // `None` is less than any time.
        let oldest = lost.map(|bucket| at.get(&bucket).copied().max(stored)).min().flatten();
        let phase = if *phase == SyncPhase::Alone { *phase } else { SyncPhase::Fetching };
        GroupSync { phase, at: oldest }
    }
}
