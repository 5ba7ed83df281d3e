//! The live version of each record, by its id.
//!
//! Blocks of entries in order: a tree of two levels. A store is read in the order of ids, and fills
//! every block; a tree of the standard library would be half empty then, and this table is most of
//! what a group takes in memory.

use alloc::vec::Vec;

use lacis_wire::RecordId;

use super::entry::Entry;
use crate::meter::{self, Cost};

/// Entries of a block at the most: moving as many takes less time than hashing a header.
const BLOCK_MAX: usize = 128;

/// So many entries at the end of a full block make one of their own when one comes before them.
const TAIL: usize = BLOCK_MAX / 8;

type Block = Vec<(RecordId, Entry)>;

#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    /// None of them is empty.
    blocks: Vec<Block>,
    len: usize,
}

impl Entries {
    pub(super) const fn new() -> Self {
        Self { blocks: Vec::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn contains_key(&self, id: &RecordId) -> bool {
        self.get(id).is_some()
    }

    pub(super) fn get(&self, id: &RecordId) -> Option<&Entry> {
        let block = self.blocks.get(self.block_of(id))?;
        let place = place_in(block, id).ok()?;
        block.get(place).map(|(_, entry)| entry)
    }

    /// Sets an entry; gives the one that was there.
    pub(super) fn insert(&mut self, id: RecordId, entry: Entry) -> Option<Entry> {
        let number = self.block_of(&id);
        if self.blocks.is_empty() {
            self.blocks.push(Vec::with_capacity(BLOCK_MAX));
        }
        let (block, next) = self.blocks.get_mut(number..)?.split_first_mut()?;
        match place_in(block, &id) {
            Ok(place) => {
                let (_, held) = block.get_mut(place)?;
                return Some(core::mem::replace(held, entry));
            }
            Err(place) if block.len() < BLOCK_MAX => {
                meter::count(Cost::Entry, 1 + block.len() - place);
                block.insert(place, (id, entry));
            }
            Err(BLOCK_MAX) if next.first().is_some_and(|next| next.len() < BLOCK_MAX) => {
                if let Some(next) = next.first_mut() {
                    meter::count(Cost::Entry, 1 + next.len());
                    next.insert(0, (id, entry));
                }
            }
            Err(place) => {
                // What comes in order leaves full blocks behind, even if a few that follow it were
                // there before: records of the system are read first.
                let at = if place >= BLOCK_MAX - TAIL { place } else { BLOCK_MAX / 2 };
                let mut next = Vec::with_capacity(BLOCK_MAX);
                meter::count(Cost::Entry, 1 + block.len() - at);
                next.extend(block.drain(at..));
                if place > at || at == BLOCK_MAX {
                    next.insert(place - at, (id, entry));
                } else {
                    block.insert(place, (id, entry));
                }
                self.blocks.insert(number + 1, next);
            }
        }
        self.len += 1;
        None
    }

    pub(super) fn remove(&mut self, id: &RecordId) -> Option<Entry> {
        let number = self.block_of(id);
        let block = self.blocks.get_mut(number)?;
        let place = place_in(block, id).ok()?;
        let (_, gone) = block.remove(place);
        self.len -= 1;
        if block.len() < BLOCK_MAX / 4 {
            self.merge(number);
        }
        Some(gone)
    }

    /// A block has few entries left: it takes those of the next one, or gives its own to the one
    /// before, if all of them leave place for others.
    fn merge(&mut self, number: usize) {
        let is_small = |first: usize| {
            let [one, other] = [first, first + 1].map(|at| self.blocks.get(at).map_or(0, Vec::len));
            one == 0 || (other > 0 && one + other <= BLOCK_MAX / 2)
        };
        let first = [number, number.saturating_sub(1)].into_iter().find(|first| is_small(*first));
        let Some(first) = first else { return };
        if self.blocks.get(first).is_some_and(Vec::is_empty) {
            self.blocks.remove(first);
        } else if first + 1 < self.blocks.len() {
            let mut next = self.blocks.remove(first + 1);
            if let Some(block) = self.blocks.get_mut(first) {
                block.append(&mut next);
            }
        }
    }

    /// All of them, in the order of ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&RecordId, &Entry)> {
        self.blocks.iter().flatten().map(|(id, entry)| (id, entry))
    }

    /// All of them, to be changed.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.blocks.iter_mut().flatten().map(|(_, entry)| entry)
    }

    /// The block in which an id is, or would be.
    fn block_of(&self, id: &RecordId) -> usize {
        let begins = |block: &Block| block.first().is_some_and(|(first, _)| first <= id);
        // What comes in order belongs into the last one.
        if self.blocks.last().is_some_and(begins) {
            return self.blocks.len() - 1;
        }
        self.blocks.partition_point(begins).saturating_sub(1)
    }
}

fn place_in(block: &Block, id: &RecordId) -> Result<usize, usize> {
    if block.last().is_some_and(|(last, _)| last < id) {
        return Err(block.len());
    }
    block.binary_search_by(|(held, _)| held.cmp(id))
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;

    use lacis_wire::record::{Header, RecordType};
    use lacis_wire::{Millis, PeerId, RecordId};

    use super::{BLOCK_MAX, Entries};
    use crate::graph::entry::{Entry, Register};

    fn entry(number: u16) -> Entry {
        let header = Header {
            format: 1,
            kind: RecordType::new("note").expect("it is one"),
            id: RecordId([0; 16]),
            salt: [0; 8],
            version: 1,
            flags: 0,
            creator: PeerId([0; 32]),
            modifier: None,
            credential: None,
            created: Millis(number.into()),
            modified: Millis(number.into()),
            expires: Millis::MAX,
            latest: Millis::MAX,
            replaces: None,
            key: None,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        Register::default().enter(&header, [0; 16])
    }

    fn id(number: u16) -> RecordId {
        let [high, low] = number.to_be_bytes();
        let mut bytes = [7; 16];
        (bytes[0], bytes[1]) = (high, low);
        RecordId(bytes)
    }

    fn all(entries: &Entries) -> Vec<(RecordId, Millis)> {
        entries.iter().map(|(id, entry)| (*id, entry.created)).collect()
    }

    #[test]
    fn it_holds_what_a_plain_map_holds() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        let (mut entries, mut plain) = (Entries::new(), BTreeMap::new());
        // It grows, stays, and shrinks to nothing.
        for adds in [90, 50, 10, 0] {
            for _ in 0..3_000 {
                let number = u16::try_from(random() % 2_000).expect("less than 2,000");
                if random() % 100 < adds {
                    let at = u16::try_from(random() % 1_000).expect("less than 1,000");
                    let was = entries.insert(id(number), entry(at)).map(|it| it.created);
                    assert_eq!(was, plain.insert(id(number), Millis(at.into())));
                } else {
                    let was = entries.remove(&id(number)).map(|it| it.created);
                    assert_eq!(was, plain.remove(&id(number)));
                }
                assert_eq!(entries.len(), plain.len());
                let held = entries.get(&id(number)).map(|it| it.created);
                assert_eq!(held, plain.get(&id(number)).copied());
            }
            let expected: Vec<_> = plain.iter().map(|(id, at)| (*id, *at)).collect();
            assert_eq!(all(&entries), expected);
            assert!(entries.blocks.iter().all(|block| !block.is_empty()));
        }
    }

    #[test]
    fn what_comes_in_order_fills_its_blocks() {
        // Some of it may have been there before, anywhere.
        for before in [0, 1, 3, 10, 100] {
            let mut entries = Entries::new();
            let all = (0..1_000).filter(|number| before > 0 && number % (1_000 / before) == 0);
            for number in all.chain(0..1_000) {
                entries.insert(id(number), entry(number));
            }
            let blocks = 1_000_usize.div_ceil(BLOCK_MAX);
            let few = if before > 10 { blocks } else { blocks / 4 };
            assert!(entries.blocks.len() <= blocks + few, "{before}: {}", entries.blocks.len());
        }
        let mut entries = Entries::new();
        for number in 0..1_000 {
            entries.insert(id(number), entry(number));
        }
        assert_eq!(entries.blocks.len(), 1_000_usize.div_ceil(BLOCK_MAX));
        // What is left of many takes little.
        for number in (0..1_000).filter(|number| number % 100 != 0) {
            entries.remove(&id(number));
        }
        assert_eq!((entries.len(), entries.blocks.len()), (10, 1));
    }
}
