//! The copies of records that a member holds, in one order that all members share.

use alloc::vec::Vec;

use lacis_wire::Millis;
use lacis_wire::record::CopyName;
use negentropy::{Bound, Error, Id, Item, NegentropyStorageBase};

use crate::many::{Head, Key};
use crate::meter::{self, Cost};
use crate::sorting;

/// Where one copy of a record stands: when it was last changed, and its name. Two versions of one
/// record are two copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopyKey {
    /// Milliseconds of group time.
    pub modified: u64,
    /// Its name.
    pub name: CopyName,
}

impl Key for CopyKey {
    fn head(&self) -> Head {
        (self.modified, 0)
    }
}

/// Copies in the order of time and name.
///
/// A sorted vector: 40 bytes a copy, and new copies, which are most, go to its end. Putting one
/// into the middle of 100,000 moves some 2 MiB, which takes less time than checking its signature.
#[derive(Clone, Debug, Default)]
pub struct Index {
    items: Vec<Item>,
}

impl Index {
    /// No copy.
    #[must_use]
    pub const fn new() -> Self {
        Self { items: Vec::new() }
    }

    /// How many copies there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds a copy; says whether it is new.
    pub fn insert(&mut self, copy: CopyKey) -> bool {
        let item = item(copy);
        let place = self.items.binary_search(&item);
        if let Err(place) = place {
            meter::count(Cost::Entry, 1 + self.items.len() - place);
            self.items.insert(place, item);
        }
        place.is_err()
    }

    /// Takes a copy out; says whether it was there.
    pub fn remove(&mut self, copy: CopyKey) -> bool {
        let place = self.items.binary_search(&item(copy));
        if let Ok(place) = place {
            self.items.remove(place);
        }
        place.is_ok()
    }

    /// Adds a copy that is not there, where it need not be found before [`Index::sort`]. Those that
    /// are pushed have to come in the order of their names.
    pub(super) fn push(&mut self, copy: CopyKey) {
        meter::count(Cost::Entry, 1);
        self.items.push(item(copy));
    }

    /// Takes memory for so many more copies, and for no others.
    pub(super) fn reserve(&mut self, count: usize) {
        self.items.reserve_exact(count);
    }

    /// Puts what was pushed in its place.
    pub(super) fn sort(&mut self) {
        sorting::sort_by_time(&mut self.items, |item| item.timestamp);
    }

    /// All copies, in order.
    pub fn keys(&self) -> impl Iterator<Item = CopyKey> {
        self.items.iter().map(copy_of)
    }

    /// The copies that were changed after a time.
    pub(super) fn after(&self, at: Millis) -> impl Iterator<Item = CopyKey> {
        let first = self.items.partition_point(|item| item.timestamp <= at.0);
        self.items.get(first..).unwrap_or_default().iter().map(copy_of)
    }

    /// The latest time of a version that is not after `at`.
    #[must_use]
    pub fn latest_until(&self, at: Millis) -> Option<Millis> {
        let after = self.items.partition_point(|item| item.timestamp <= at.0);
        self.items.get(after.checked_sub(1)?).map(|item| Millis(item.timestamp))
    }

    /// Whether a copy is there.
    #[must_use]
    pub fn contains(&self, copy: CopyKey) -> bool {
        self.items.binary_search(&item(copy)).is_ok()
    }
}

impl FromIterator<CopyKey> for Index {
    fn from_iter<I: IntoIterator<Item = CopyKey>>(copies: I) -> Self {
        let mut index = Self::new();
        for copy in copies {
            index.insert(copy);
        }
        index
    }
}

fn copy_of(item: &Item) -> CopyKey {
    CopyKey { modified: item.timestamp, name: CopyName::from_bytes(item.id.as_bytes()) }
}

fn item(copy: CopyKey) -> Item {
    Item::with_timestamp_and_id(copy.modified, Id::from_byte_array(copy.name.to_bytes()))
}

impl NegentropyStorageBase for Index {
    fn size(&self) -> Result<usize, Error> {
        Ok(self.items.len())
    }

    fn get_item(&self, place: usize) -> Result<Option<Item>, Error> {
        Ok(self.items.get(place).copied())
    }

    fn iterate(
        &self,
        begin: usize,
        end: usize,
        visit: &mut dyn FnMut(Item, usize) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let items = self.items.get(begin..end).ok_or(Error::BadRange)?;
        for (place, item) in (begin..).zip(items) {
            if !visit(*item, place)? {
                break;
            }
        }
        Ok(())
    }

    fn find_lower_bound(&self, first: usize, last: usize, value: &Bound) -> usize {
        let items = self.items.get(first..last).unwrap_or_default();
        first + items.partition_point(|item| *item < value.item)
    }
}
