//! The tree: in which order entries are that lie anywhere.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::slice::Iter;

use super::key::Head;

/// Where an entry lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    head: Head,
    at: u32,
}

impl Slot {
    /// More than a 32-bit number of entries do not fit into memory.
    pub(super) fn new(head: Head, at: usize) -> Self {
        Self { head, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }

    fn at(self) -> usize {
        usize::try_from(self.at).unwrap_or(usize::MAX)
    }
}

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

    /// Where a key stands that begins so, or would; asks how one compares to it that begins alike.
    pub(super) fn find(
        &self,
        head: Head,
        compare: &dyn Fn(usize) -> Ordering,
    ) -> Result<Place, Place> {
        let compare = |it: &Slot| it.head.cmp(&head).then_with(|| compare(it.at()));
        let begins = |block: &Vec<Slot>| block.first().is_some_and(|it| compare(it).is_le());
        let later = self.blocks.get(1..).unwrap_or_default();
        // What comes in order belongs into the last one.
        let block = match later.last() {
            Some(last) if begins(last) => later.len(),
            _ => later.partition_point(begins),
        };
        let slots = self.blocks.get(block).map_or(&[][..], Vec::as_slice);
        if slots.last().is_some_and(|last| compare(last).is_lt()) {
            return Err(Place { block, at: slots.len() });
        }
        let place = |at| Place { block, at };
        slots.binary_search_by(compare).map(place).map_err(place)
    }

    pub(super) fn get(&self, Place { block, at }: Place) -> Option<usize> {
        self.blocks.get(block)?.get(at).map(|slot| slot.at())
    }

    /// What stands there lies elsewhere from now on.
    pub(super) fn move_to(&mut self, Place { block, at }: Place, to: usize) {
        if let Some(slot) = self.blocks.get_mut(block).and_then(|block| block.get_mut(at)) {
            *slot = Slot::new(slot.head, to);
        }
    }

    pub(super) fn insert(&mut self, Place { block, at }: Place, slot: Slot) {
        let is_last = block + 1 >= self.blocks.len();
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
        self.first.next().or_else(|| self.last.next()).map(|slot| slot.at())
    }
}

impl DoubleEndedIterator for Slots<'_> {
    fn next_back(&mut self) -> Option<usize> {
        if self.last.as_slice().is_empty()
            && let Some(block) = self.blocks.next_back()
        {
            self.last = block.iter();
        }
        self.last.next_back().or_else(|| self.first.next_back()).map(|slot| slot.at())
    }
}
