//! The copies of records that a member holds, in one order that all members share.

use alloc::vec::Vec;

use negentropy::{Bound, Error, Id, Item, NegentropyStorageBase};

/// Names one copy of a record: when it was last changed, and a hash over all that was signed. Two
/// versions of one record are two copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopyKey {
    /// Milliseconds of group time.
    pub modified: u64,
    /// BLAKE3 of the signed header.
    pub hash: [u8; 32],
}

/// Copies in the order of time and hash.
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

    /// Whether a copy is there.
    #[must_use]
    pub fn contains(&self, copy: CopyKey) -> bool {
        self.items.binary_search(&item(copy)).is_ok()
    }
}

impl FromIterator<CopyKey> for Index {
    fn from_iter<I: IntoIterator<Item = CopyKey>>(copies: I) -> Self {
        let mut items: Vec<Item> = copies.into_iter().map(item).collect();
        items.sort_unstable();
        items.dedup();
        Self { items }
    }
}

const fn item(copy: CopyKey) -> Item {
    Item::with_timestamp_and_id(copy.modified, Id::from_byte_array(copy.hash))
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
