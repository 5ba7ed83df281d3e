//! Maps of which nobody says how large they get: thousands of members, a hundred thousand names.
//!
//! Keys and values lie where there was place for them; a tree of two levels has their places in the
//! order of the keys. It knows how a key begins and asks whoever searches only where that does not
//! tell, so there is one tree in the Wasm module and not one for each type of keys.

mod key;
mod order;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::RangeInclusive;

pub(crate) use key::{Head, Key};
use order::{Order, Place, Slot, Slots};

/// A map that may hold very many entries. Their order is that of the keys, so a run is
/// reproducible.
#[derive(Clone, Debug)]
pub(crate) struct Many<K, V> {
    names: Names<K>,
    /// Each in the place of its key.
    values: Vec<V>,
}

impl<K, V> Default for Many<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Many<K, V> {
    pub(crate) const fn new() -> Self {
        Self { names: Names { order: Order::new(), keys: Vec::new() }, values: Vec::new() }
    }

    pub(crate) const fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    /// All entries, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.names.order.slots().filter_map(|slot| self.entry(slot))
    }

    /// All keys, in order.
    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.names.order.slots().filter_map(|slot| self.names.keys.get(slot))
    }

    /// All values, in the order of their keys.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.names.order.slots().filter_map(|slot| self.values.get(slot))
    }

    /// All values, in any order, but in a run with the same seed the same.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.values.iter_mut()
    }

    fn entry(&self, slot: usize) -> Option<(&K, &V)> {
        self.names.keys.get(slot).zip(self.values.get(slot))
    }
}

impl<K: Key, V> Many<K, V> {
    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.names.find(key).is_ok()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.values.get(self.names.slot(key)?)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.values.get_mut(self.names.slot(key)?)
    }

    /// Sets a value; gives the one that was there.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.names.find(&key) {
            Ok(place) => {
                let slot = self.names.order.get(place)?;
                Some(core::mem::replace(self.values.get_mut(slot)?, value))
            }
            Err(place) => {
                self.names.insert(place, key);
                self.values.push(value);
                None
            }
        }
    }

    /// Changes a value; one that is not there is made first.
    pub(crate) fn update(&mut self, key: K, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        match self.names.find(&key) {
            Ok(place) => {
                let slot = self.names.order.get(place);
                if let Some(value) = slot.and_then(|slot| self.values.get_mut(slot)) {
                    change(value);
                }
            }
            Err(place) => {
                let mut value = V::default();
                change(&mut value);
                self.names.insert(place, key);
                self.values.push(value);
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.names.remove(key)?;
        Some(self.values.swap_remove(slot))
    }

    /// The entries from one key to another, that one too.
    pub(crate) fn range(&self, keys: RangeInclusive<K>) -> impl Iterator<Item = (&K, &V)> {
        let (from, to) = keys.into_inner();
        let entries = self.names.slots_from(&from).filter_map(|slot| self.entry(slot));
        entries.take_while(move |(key, _)| **key <= to)
    }
}

impl<K: Key, V> FromIterator<(K, V)> for Many<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut many = Self::new();
        for (key, value) in entries {
            many.insert(key, value);
        }
        many
    }
}

/// The keys of a map. What concerns them alone is apart, for maps of other values.
#[derive(Clone, Debug)]
struct Names<K> {
    order: Order,
    /// Without gaps: the last one takes the place of one that goes.
    keys: Vec<K>,
}

impl<K: Key> Names<K> {
    /// Where a key stands in the order, or would.
    fn find(&self, key: &K) -> Result<Place, Place> {
        // Every place in the order is one of a key.
        let compare = |at| self.keys.get(at).map_or(Ordering::Less, |it: &K| it.cmp(key));
        self.order.find(key.head(), &compare)
    }

    fn slot(&self, key: &K) -> Option<usize> {
        self.order.get(self.find(key).ok()?)
    }

    fn slots_from(&self, key: &K) -> Slots<'_> {
        let (Ok(first) | Err(first)) = self.find(key);
        self.order.slots_from(first)
    }

    /// Adds a key that is not there, where it belongs in the order, behind the last one.
    fn insert(&mut self, place: Place, key: K) {
        self.order.insert(place, Slot::new(key.head(), self.keys.len()));
        self.keys.push(key);
    }

    /// Takes a key out; gives the place that the last one has from now on.
    fn remove(&mut self, key: &K) -> Option<usize> {
        let place = self.find(key).ok()?;
        let slot = self.order.get(place)?;
        if let Some(last) = self.keys.last().and_then(|last| self.find(last).ok()) {
            self.order.move_to(last, slot);
        }
        self.order.remove(place);
        self.keys.swap_remove(slot);
        Some(slot)
    }
}
