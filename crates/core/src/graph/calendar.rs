//! What is due when.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::Millis;

use crate::meter::{self, Cost};
use crate::sorting;

/// What is due when, the first first: most is new, and due later than the rest. Much of it comes at
/// once when a store is read; then it is only [`Calendar::push`]ed and put in order at the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Calendar<T>(VecDeque<(Millis, T)>);

impl<T: Copy + Ord> Calendar<T> {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn place(&self, at: Millis, due: T) -> usize {
        self.0.partition_point(|it| *it < (at, due))
    }

    /// Adds an entry, unless it is for the end of days.
    pub(super) fn insert(&mut self, at: Millis, due: T) {
        if at != Millis::MAX {
            let place = self.place(at, due);
            meter::count(Cost::Entry, 1 + place.min(self.len() - place));
            self.0.insert(place, (at, due));
        }
    }

    /// Adds an entry where it need not be found before [`Calendar::sort`]. What is pushed has to
    /// come in order, but for the times.
    pub(super) fn push(&mut self, at: Millis, due: T) {
        if at != Millis::MAX {
            meter::count(Cost::Entry, 1);
            self.0.push_back((at, due));
        }
    }

    /// Takes memory for so many more entries, and for no others.
    pub(super) fn reserve(&mut self, count: usize) {
        self.0.reserve_exact(count);
    }

    /// Puts what was pushed in its place.
    pub(super) fn sort(&mut self) {
        let mut all: Vec<_> = core::mem::take(&mut self.0).into();
        sorting::sort_by_time(&mut all, |(at, _)| at.0);
        self.0 = all.into();
    }

    pub(super) fn remove(&mut self, at: Millis, due: T) {
        let place = self.place(at, due);
        if self.0.get(place) == Some(&(at, due)) {
            self.0.remove(place);
        }
    }

    /// When something is due first.
    pub(super) fn first(&self) -> Option<Millis> {
        self.0.front().map(|(at, _)| *at)
    }

    /// What is due last.
    pub(super) fn last(&self) -> Option<&T> {
        self.0.back().map(|(_, due)| due)
    }

    /// Takes out what is due first, if that is not after a time.
    pub(super) fn pop(&mut self, until: Millis) -> Option<(Millis, T)> {
        self.0.pop_front_if(|(at, _)| *at <= until)
    }

    /// Takes out what is due after a time and fits.
    pub(super) fn take_after(
        &mut self,
        now: Millis,
        fits: impl Fn(&T) -> bool,
    ) -> Vec<(Millis, T)> {
        let all = core::mem::take(&mut self.0).into_iter();
        let (taken, kept) = all.partition(|(at, due)| *at > now && fits(due));
        self.0 = kept;
        Vec::from(taken)
    }
}
