//! What members compare: the copies that are live and have not ended, bucket by bucket, with what
//! tells at once whether two sets are equal, and in what they differ if that is little.

use alloc::vec::Vec;

use lacis_wire::group::Holding;
use lacis_wire::record::CopyName;
use lacis_wire::symbol::SymbolKey;
use lacis_wire::{GroupId, Millis, limits};

use super::copy::BucketSummary;
use super::index::{CopyKey, Index};
use super::sketch::{Decoded, Sketch};

/// The copies that are compared.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    buckets: Vec<Bucket>,
    sketch: Sketch,
}

#[derive(Clone, Debug, Default)]
struct Bucket {
    index: Index,
    /// The sum of the hashes of all names: equal, but by chance, only if they are. A member who
    /// chooses copies so that sums agree hides them from a comparison, and not from the ranges that
    /// follow when anything else differs by much.
    sum: u128,
}

impl Compared {
    /// No copy of a group.
    pub(super) fn new(group: &GroupId) -> Self {
        Self {
            buckets: alloc::vec![Bucket::default(); usize::from(limits::BUCKETS) + 1],
            sketch: Sketch::new(SymbolKey::new(group)),
        }
    }

    /// The copies of a bucket.
    pub(super) fn bucket(&self, number: u8) -> &Index {
        const NONE: &Index = &Index::new();
        self.buckets.get(usize::from(number)).map_or(NONE, |bucket| &bucket.index)
    }

    pub(super) fn insert(&mut self, bucket: u8, copy: CopyKey) {
        let Some(bucket) = self.buckets.get_mut(usize::from(bucket)) else { return };
        if bucket.index.insert(copy) {
            bucket.sum = bucket.sum.wrapping_add(self.sketch.toggle(&copy.name));
        }
    }

    pub(super) fn remove(&mut self, bucket: u8, copy: CopyKey) {
        let Some(bucket) = self.buckets.get_mut(usize::from(bucket)) else { return };
        if bucket.index.remove(copy) {
            bucket.sum = bucket.sum.wrapping_sub(self.sketch.toggle(&copy.name));
        }
    }

    /// Adds a copy that is not there, where it need not be found before [`Compared::sort`].
    pub(super) fn push(&mut self, bucket: u8, copy: CopyKey) {
        let Some(bucket) = self.buckets.get_mut(usize::from(bucket)) else { return };
        bucket.index.push(copy);
        bucket.sum = bucket.sum.wrapping_add(self.sketch.toggle(&copy.name));
    }

    /// Takes memory for so many more copies of each bucket, and for no others.
    pub(super) fn reserve(&mut self, counts: &[usize]) {
        for (bucket, count) in self.buckets.iter_mut().zip(counts) {
            bucket.index.reserve(*count);
        }
    }

    /// Puts what was pushed in its place.
    pub(super) fn sort(&mut self) {
        self.buckets.iter_mut().for_each(|bucket| bucket.index.sort());
    }

    pub(super) fn len(&self) -> usize {
        self.buckets.iter().map(|bucket| bucket.index.len()).sum()
    }

    /// The copies that were changed after a time.
    pub(super) fn after(&self, at: Millis) -> impl Iterator<Item = CopyKey> {
        self.buckets.iter().flat_map(move |bucket| bucket.index.after(at))
    }

    /// The latest time of a version that is not of the system, where dates bind nobody.
    pub(super) fn latest(&self) -> Option<Millis> {
        let buckets = self.buckets.iter().skip(1);
        buckets.filter_map(|bucket| bucket.index.latest_until(Millis::MAX)).max()
    }

    pub(super) fn latest_until(&self, at: Millis) -> Option<Millis> {
        self.buckets.iter().filter_map(|bucket| bucket.index.latest_until(at)).max()
    }

    /// What is in each bucket that is not empty.
    pub(super) fn summary(&self) -> Vec<BucketSummary> {
        let all = (0..).zip(&self.buckets).filter(|(_, it)| !it.index.is_empty());
        let summary = |(bucket, it): (u8, &Bucket)| BucketSummary {
            bucket,
            count: count(it.index.len()),
            fingerprint: it.sum.to_le_bytes(),
        };
        all.map(summary).collect()
    }

    /// Equal for two members only if what they compare is.
    pub(super) fn held(&self) -> Holding {
        Holding { count: count(self.len()), fingerprint: self.sum().to_le_bytes() }
    }

    fn sum(&self) -> u128 {
        self.buckets.iter().fold(0, |sum, bucket| sum.wrapping_add(bucket.sum))
    }

    /// Symbols of all from one place to another, as they travel.
    pub(super) fn symbols(&self, from: usize, to: usize) -> Vec<u8> {
        self.sketch.packed(from, to)
    }

    /// What differs from what another member holds, by its first symbols: the names that it lacks,
    /// and those that we lack. Nothing if the symbols do not tell, or tell what is not so.
    pub(super) fn compare(
        &self,
        theirs: &Holding,
        symbols: &[u8],
        has: impl Fn(&CopyName) -> bool,
    ) -> Option<(Vec<CopyName>, Vec<CopyName>)> {
        let Decoded::All(names) = self.sketch.compare(symbols) else { return None };
        let (have, need): (Vec<_>, Vec<_>) = names.into_iter().partition(has);
        let sum = |names: &[CopyName]| {
            let marks = names.iter().map(|name| self.sketch.mark(name).fingerprint);
            marks.fold(0_u128, u128::wrapping_add)
        };
        let found = self.sum().wrapping_add(sum(&need)).wrapping_sub(sum(&have));
        let count = count(self.len() + need.len() - have.len());
        (*theirs == Holding { count, fingerprint: found.to_le_bytes() }).then_some((have, need))
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
