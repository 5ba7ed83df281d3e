//! Tables: sorted vectors, since a node keeps dozens of most things and not thousands; what may be
//! more is in [`Many`](crate::many::Many). Their order is that of the keys, so a run is
//! reproducible.

use alloc::vec::Vec;

pub(crate) use litemap::LiteMap as Table;

pub(crate) use crate::sorting::in_order;

/// What [`Table`] lacks for our use.
pub(crate) trait TableExt<K, V> {
    /// The values, to be changed.
    fn values_mut<'a>(&'a mut self) -> impl Iterator<Item = &'a mut V>
    where
        K: 'a,
        V: 'a;

    /// Takes out the entries that fit, in order.
    fn take_where(&mut self, fits: impl FnMut(&K, &V) -> bool) -> Vec<(K, V)>;

    /// Takes out everything, in order.
    fn drain(&mut self) -> Vec<(K, V)>;
}

impl<K: Ord, V> TableExt<K, V> for Table<K, V> {
    fn values_mut<'a>(&'a mut self) -> impl Iterator<Item = &'a mut V>
    where
        K: 'a,
        V: 'a,
    {
        self.iter_mut().map(|(_, value)| value)
    }

    fn take_where(&mut self, mut fits: impl FnMut(&K, &V) -> bool) -> Vec<(K, V)> {
        // Mostly none does, and nothing is moved then.
        if !self.iter().any(|(key, value)| fits(key, value)) {
            return Vec::new();
        }
        let (taken, kept): (Vec<_>, Vec<_>) =
            self.drain().into_iter().partition(|(key, value)| fits(key, value));
        *self = Self::from_sorted_store_unchecked(kept);
        taken
    }

    fn drain(&mut self) -> Vec<(K, V)> {
        core::mem::replace(self, Self::from_sorted_store_unchecked(Vec::new())).into_tuple_vec()
    }
}
