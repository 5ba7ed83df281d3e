//! How far what is held here is all that others hold, and as of when.
//!
//! It is derived from what is missing now: a neighbor has told all of a bucket, and nothing that a
//! neighbor told is still to come. What this node held by the end of its last link is as old as
//! that.

use alloc::vec::Vec;

use lacis_wire::record::RecordType;
use lacis_wire::{Millis, limits};

use crate::cx::Cx;
use crate::graph::Replica;
use crate::group::sync::buckets::Buckets;
use crate::group::{Group, GroupEvent, GroupSync, SyncPhase};
use crate::table::{Table, TableExt};

/// What was told of it last.
#[derive(Debug)]
pub(in crate::group) struct SyncState {
    phase: SyncPhase,
    whole: Buckets,
    /// When a bucket was whole last; at most 33, one for each bucket.
    at: Table<u8, Millis>,
}

const _: () = assert!(limits::BUCKETS == 32, "and the one of the system");

impl Default for SyncState {
    fn default() -> Self {
        Self { phase: SyncPhase::Alone, whole: Buckets::NONE, at: Table::new() }
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
        // What is dated ahead of a clock that is behind is not seen before that is set right.
        let is_behind = self.clocks.difference().is_some_and(|ahead| ahead > 0);
        if self.arrival.waits() || (is_behind && self.replica.waiting().0 > 0) {
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
            let kinds: Vec<RecordType> =
                held.chain(self.first.iter().filter(is_whole)).cloned().collect();
            // That nothing is all there is of types of which there is nothing is no news.
            let all = whole == Buckets::ALL;
            if all || !kinds.is_empty() {
                self.event(cx, GroupEvent::Synced { kinds, all });
            }
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
