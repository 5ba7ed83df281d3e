//! Counts work, for tests that fail when an input costs more than what it concerns.
//!
//! Built with the feature `meter`, a process counts what its nodes look at, and keeps the dearest
//! single input or command of each kind. Built without it, nothing is counted and nothing is there.

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// A remote node was looked at.
    Remote,
    /// A group was looked at, or a group's side of one link.
    Group,
    /// A part of the node was asked when it wants to be called.
    Deadline,
    /// A version of a record was judged.
    Judgement,
    /// Bytes of a record were copied.
    Byte,
    /// What is held of a version was entered somewhere, or moved to make place for another.
    Entry,
    /// The body of a record was opened.
    Opened,
    /// A key was sealed to a member.
    Sealed,
    /// An open invitation was looked at, or somebody for whether it came by one.
    Invitation,
    /// A key record was looked at, or an end that it covers.
    Cover,
}

/// How many kinds there are.
#[cfg(feature = "meter")]
const KINDS: usize = 10;

/// What was counted, by [`Cost`].
#[cfg(feature = "meter")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; KINDS]);

#[cfg(feature = "meter")]
impl Counts {
    /// The count of one kind.
    #[must_use]
    pub fn of(&self, cost: Cost) -> u64 {
        self.0.get(cost as usize).copied().unwrap_or_default()
    }
}

#[cfg(feature = "meter")]
mod counting {
    use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::{Cost, Counts, KINDS};

    static PRESENT: [AtomicU64; KINDS] = [const { AtomicU64::new(0) }; KINDS];
    static DEAREST: [AtomicU64; KINDS] = [const { AtomicU64::new(0) }; KINDS];
    static TOTAL: [AtomicU64; KINDS] = [const { AtomicU64::new(0) }; KINDS];

    pub(crate) fn count(cost: Cost, times: usize) {
        let times = u64::try_from(times).unwrap_or(u64::MAX);
        for counters in [&PRESENT, &TOTAL] {
            if let Some(counter) = counters.get(cost as usize) {
                counter.fetch_add(times, Relaxed);
            }
        }
    }

    /// An input or a command begins; a timeout, which may look at everything, is not counted.
    pub(crate) fn begin(is_timeout: bool) {
        for (present, dearest) in PRESENT.iter().zip(&DEAREST) {
            let before = present.swap(0, Relaxed);
            if !TIMEOUT.load(Relaxed) {
                dearest.fetch_max(before, Relaxed);
            }
        }
        TIMEOUT.store(is_timeout, Relaxed);
    }

    static TIMEOUT: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);

    /// Forgets what was counted.
    pub fn reset() {
        begin(true);
        for counter in DEAREST.iter().chain(&TOTAL) {
            counter.store(0, Relaxed);
        }
    }

    /// The dearest single input or command since then, of each kind.
    #[must_use]
    pub fn dearest() -> Counts {
        begin(true);
        Counts(DEAREST.each_ref().map(|counter| counter.load(Relaxed)))
    }

    /// Everything since then.
    #[must_use]
    pub fn total() -> Counts {
        Counts(TOTAL.each_ref().map(|counter| counter.load(Relaxed)))
    }
}

#[cfg(feature = "meter")]
pub(crate) use counting::{begin, count};
#[cfg(feature = "meter")]
pub use counting::{dearest, reset, total};

#[cfg(not(feature = "meter"))]
pub(crate) const fn count(_: Cost, _: usize) {}

#[cfg(not(feature = "meter"))]
pub(crate) const fn begin(_: bool) {}
