//! A queue in which nothing stands twice, and which has an end.

use alloc::collections::BTreeMap;

/// Items in the order in which they came, each once.
#[derive(Debug)]
pub(super) struct Queue<T> {
    order: BTreeMap<i64, T>,
    places: BTreeMap<T, i64>,
    most: usize,
}

impl<T: Copy + Ord> Queue<T> {
    pub(super) const fn new(most: usize) -> Self {
        Self { order: BTreeMap::new(), places: BTreeMap::new(), most }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn contains(&self, item: &T) -> bool {
        self.places.contains_key(item)
    }

    /// Adds an item at the end; says whether it has a place.
    pub(super) fn push(&mut self, item: T) -> bool {
        if self.contains(&item) {
            return true;
        }
        let last = self.order.last_key_value().map_or(0, |(place, _)| *place);
        self.len() < self.most && self.put(last.saturating_add(1), item)
    }

    /// Adds an item at the front, beyond the end if need be.
    pub(super) fn push_front(&mut self, item: T) {
        self.remove(&item);
        let first = self.order.first_key_value().map_or(0, |(place, _)| *place);
        self.put(first.saturating_sub(1), item);
    }

    fn put(&mut self, place: i64, item: T) -> bool {
        self.order.insert(place, item);
        self.places.insert(item, place);
        true
    }

    pub(super) fn front(&self) -> Option<T> {
        self.order.first_key_value().map(|(_, item)| *item)
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let (_, item) = self.order.pop_first()?;
        self.places.remove(&item);
        Some(item)
    }

    /// Takes an item out, wherever it stands; says whether it was there.
    pub(super) fn remove(&mut self, item: &T) -> bool {
        let place = self.places.remove(item);
        place.is_some_and(|place| self.order.remove(&place).is_some())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.order.values()
    }

    pub(super) fn clear(&mut self) {
        self.order.clear();
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::Queue;

    #[test]
    fn nothing_stands_twice_and_there_is_an_end() {
        let mut queue = Queue::new(3);
        for item in [1, 2, 1, 3, 4] {
            queue.push(item);
        }
        assert_eq!(queue.iter().copied().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(queue.remove(&1) && !queue.remove(&1));
        assert!(queue.push(4) && !queue.push(5));
        queue.push_front(3);
        let all: Vec<_> = core::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(all, [3, 2, 4]);
    }
}
