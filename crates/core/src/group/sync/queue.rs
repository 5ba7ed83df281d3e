//! A queue in which nothing stands twice, and which has an end.

use alloc::collections::VecDeque;

use crate::many::{Key, Many};

/// Items in the order in which they came, each once.
#[derive(Debug)]
pub(in crate::group) struct Queue<T> {
    order: VecDeque<T>,
    items: Many<T, ()>,
    most: usize,
}

impl<T: Copy + Key> Queue<T> {
    pub(in crate::group) const fn new(most: usize) -> Self {
        Self { order: VecDeque::new(), items: Many::new(), most }
    }

    pub(in crate::group) fn len(&self) -> usize {
        self.items.len()
    }

    pub(in crate::group) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(in crate::group) fn contains(&self, item: &T) -> bool {
        self.items.contains_key(item)
    }

    /// Adds an item at the end; says whether it has a place.
    pub(in crate::group) fn push(&mut self, item: T) -> bool {
        if self.contains(&item) {
            return true;
        }
        if self.len() >= self.most {
            return false;
        }
        self.items.insert(item, ());
        self.order.push_back(item);
        true
    }

    /// Adds an item at the end; if there is no place for it, the first one goes.
    pub(in crate::group) fn push_out(&mut self, item: T) {
        if !self.push(item) {
            self.pop();
            self.push(item);
        }
    }

    /// Adds an item at the front, beyond the end if need be.
    pub(in crate::group) fn push_front(&mut self, item: T) {
        self.remove(&item);
        self.items.insert(item, ());
        self.order.push_front(item);
    }

    pub(in crate::group) fn front(&self) -> Option<T> {
        self.order.front().copied()
    }

    pub(in crate::group) fn pop(&mut self) -> Option<T> {
        let item = self.order.pop_front()?;
        self.items.remove(&item);
        Some(item)
    }

    /// Takes an item out, wherever it stands; says whether it was there. Only for one that was it
    /// costs the length of the queue.
    pub(in crate::group) fn remove(&mut self, item: &T) -> bool {
        let was = self.items.remove(item).is_some();
        if was && let Some(place) = self.order.iter().position(|it| it == item) {
            self.order.remove(place);
        }
        was
    }

    pub(in crate::group) fn iter(&self) -> impl Iterator<Item = &T> {
        self.order.iter()
    }

    pub(in crate::group) fn clear(&mut self) {
        self.order.clear();
        self.items.clear();
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::Queue;

    #[test]
    fn nothing_stands_twice_and_there_is_an_end() {
        let mut queue = Queue::new(3);
        for item in [1_u32, 2, 1, 3, 4] {
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
