//! What is due when.

use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::{Millis, RecordId};

use crate::sorting;

/// What is due at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A record ends, or what ended is erased.
    Record(RecordId),
    /// Something set aside goes.
    Aside(CopyName),
}

/// What is due when, the latest first. Much of it comes at once when a store is read; then it is
/// only [`Calendar::push`]ed and put in order at the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Calendar(Vec<(Millis, Due)>);

impl Calendar {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    fn place(&self, at: Millis, due: Due) -> usize {
        self.0.partition_point(|it| *it > (at, due))
    }

    /// Adds an entry, unless it is for the end of days.
    pub(super) fn insert(&mut self, at: Millis, due: Due) {
        if at != Millis::MAX {
            self.0.insert(self.place(at, due), (at, due));
        }
    }

    /// Adds an entry where it need not be found before [`Calendar::sort`].
    pub(super) fn push(&mut self, at: Millis, due: Due) {
        if at != Millis::MAX {
            self.0.push((at, due));
        }
    }

    /// Puts what was pushed in its place.
    pub(super) fn sort(&mut self) {
        sorting::sort(&mut self.0);
        self.0.reverse();
    }

    pub(super) fn remove(&mut self, at: Millis, due: Due) {
        let place = self.place(at, due);
        if self.0.get(place) == Some(&(at, due)) {
            self.0.remove(place);
        }
    }

    /// When something is due first.
    pub(super) fn first(&self) -> Option<Millis> {
        self.0.last().map(|(at, _)| *at)
    }

    /// Takes out what is due first, if that is not after a time.
    pub(super) fn pop(&mut self, until: Millis) -> Option<(Millis, Due)> {
        self.0.pop_if(|(at, _)| *at <= until)
    }

    /// Takes out what is due after a time and fits.
    pub(super) fn take_after(
        &mut self,
        now: Millis,
        fits: impl Fn(Millis, &Due) -> bool,
    ) -> Vec<(Millis, Due)> {
        self.0.extract_if(.., |(at, due)| *at > now && fits(*at, due)).collect()
    }
}
