//! Sets of buckets, in which members compare what they hold.

use lacis_wire::limits;

/// A set of buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::group) struct Buckets(pub(super) u64);

impl Buckets {
    pub(in crate::group) const NONE: Self = Self(0);

    pub(super) const ALL: Self = Self((1 << (limits::BUCKETS as u64 + 1)) - 1);

    /// What is said of members and keys.
    pub(super) const SYSTEM: Self = Self(1);

    pub(in crate::group) const fn contains(self, bucket: u8) -> bool {
        self.0 & Self::bit(bucket) != 0
    }

    pub(in crate::group) const fn insert(&mut self, bucket: u8) {
        self.0 |= Self::bit(bucket);
    }

    pub(in crate::group) const fn remove(&mut self, bucket: u8) {
        self.0 &= !Self::bit(bucket);
    }

    /// A number that no bucket has is in no set.
    const fn bit(bucket: u8) -> u64 {
        if bucket > limits::BUCKETS { 0 } else { 1 << bucket }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u8> {
        (0..=limits::BUCKETS).filter(move |bucket| self.contains(*bucket))
    }
}
