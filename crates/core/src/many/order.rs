//! The tree: in which order entries are that lie anywhere.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::slice::Iter;

/// Where an entry lies.
type Slot = u32;

/// Places of a block at the most: moving as many costs less than asking for memory.
pub(super) const BLOCK_MAX: usize = 256;

/// Where something stands in the order: its block, and its number in that.
#[derive(Clone, Copy)]
pub(super) struct Place {
    block: usize,
    at: usize,
}

/// The places of all keys, in the order of those.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// None of them is empty.
    pub(super) blocks: Vec<Vec<Slot>>,
}

impl Order {
    pub(super) const fn new() -> Self {
        Self { blocks: Vec::new() }
    }

    pub(super) fn slots(&self) -> Slots<'_> {
        self.slots_from(Place { block: 0, at: 0 })
    }

    pub(super) fn slots_from(&self, Place { block, at }: Place) -> Slots<'_> {
        let mut blocks = self.blocks.get(block..).unwrap_or_default().iter();
        let first = blocks.next().and_then(|block| block.get(at..)).unwrap_or_default();
        Slots { first: first.iter(), blocks, last: [].iter() }
    }

    /// Where the key stands that is equal, or would; asks how one compares to it.
    pub(super) fn find(&self, compare: &dyn Fn(usize) -> Ordering) -> Result<Place, Place> {
        let begins =
            |block: &Vec<Slot>| block.first().is_some_and(|it| compare(index(*it)).is_le());
        let later = self.blocks.get(1..).unwrap_or_default();
        // What comes in order belongs into the last one.
        let block = match later.last() {
            Some(last) if begins(last) => later.len(),
            _ => later.partition_point(begins),
        };
        let slots = self.blocks.get(block).map_or(&[][..], Vec::as_slice);
        if slots.last().is_some_and(|last| compare(index(*last)).is_lt()) {
            return Err(Place { block, at: slots.len() });
        }
        let place = |at| Place { block, at };
        slots.binary_search_by(|slot| compare(index(*slot))).map(place).map_err(place)
    }

    pub(super) fn get(&self, Place { block, at }: Place) -> Option<usize> {
        self.blocks.get(block)?.get(at).map(|slot| index(*slot))
    }

    pub(super) fn set(&mut self, Place { block, at }: Place, slot: usize) {
        if let Some(held) = self.blocks.get_mut(block).and_then(|block| block.get_mut(at)) {
            *held = number(slot);
        }
    }

    pub(super) fn insert(&mut self, Place { block, at }: Place, slot: usize) {
        let (is_last, slot) = (block + 1 >= self.blocks.len(), number(slot));
        if self.blocks.is_empty() {
            self.blocks.push(Vec::new());
        }
        let Some(slots) = self.blocks.get_mut(block) else { return };
        if slots.len() < BLOCK_MAX {
            slots.insert(at, slot);
            return;
        }
        // What comes in order leaves full blocks behind.
        let half = if is_last && at == BLOCK_MAX { BLOCK_MAX } else { BLOCK_MAX / 2 };
        let mut next = slots.split_off(half);
        if at >= half {
            next.insert(at - half, slot);
        } else {
            slots.insert(at, slot);
        }
        self.blocks.insert(block + 1, next);
    }

    pub(super) fn remove(&mut self, Place { block, at }: Place) {
        let Some(slots) = self.blocks.get_mut(block) else { return };
        slots.remove(at);
        if slots.is_empty() {
            self.blocks.remove(block);
        } else if slots.len() < BLOCK_MAX / 4 {
            self.merge(block);
            self.merge(block.saturating_sub(1));
        }
    }

    /// A block takes what the next one has, if all of it leaves place for others.
    fn merge(&mut self, block: usize) {
        let two = self.blocks.get(block..).and_then(|blocks| blocks.first_chunk());
        let Some([one, other]) = two else { return };
        if one.len() + other.len() > BLOCK_MAX / 2 {
            return;
        }
        let mut next = self.blocks.remove(block + 1);
        if let Some(slots) = self.blocks.get_mut(block) {
            slots.append(&mut next);
        }
    }
}

/// Places in order. Less code than that of the standard library, which is made anew for whatever
/// is done with them.
pub(super) struct Slots<'a> {
    first: Iter<'a, Slot>,
    blocks: Iter<'a, Vec<Slot>>,
    last: Iter<'a, Slot>,
}

impl Iterator for Slots<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.first.as_slice().is_empty()
            && let Some(block) = self.blocks.next()
        {
            self.first = block.iter();
        }
        self.first.next().or_else(|| self.last.next()).map(|slot| index(*slot))
    }
}

impl DoubleEndedIterator for Slots<'_> {
    fn next_back(&mut self) -> Option<usize> {
        if self.last.as_slice().is_empty()
            && let Some(block) = self.blocks.next_back()
        {
            self.last = block.iter();
        }
        self.last.next_back().or_else(|| self.first.next_back()).map(|slot| index(*slot))
    }
}

fn index(slot: Slot) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

/// More than a 32-bit number of entries do not fit into memory.
fn number(slot: usize) -> Slot {
    Slot::try_from(slot).unwrap_or(Slot::MAX)
}
