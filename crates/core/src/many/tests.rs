//! The map against one of the standard library.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::Many;
use super::order::BLOCK_MAX;

/// A key: eight of them begin alike.
type Pair = (u16, u16);

const fn pair(number: u16) -> Pair {
    (number / 8, number % 8)
}

/// Whether the tree is as it has to be, and holds the same as a map of the standard library.
fn assert_same(many: &Many<Pair, u32>, model: &BTreeMap<Pair, u32>) {
    assert_eq!((many.len(), many.is_empty()), (model.len(), model.is_empty()));
    assert!(many.iter().eq(model.iter()));
    assert!(many.iter().rev().eq(model.iter().rev()));
    assert!(many.keys().eq(model.keys()) && many.values().eq(model.values()));
    // From both ends, until they meet.
    let (mut keys, mut expected) = (many.keys(), model.keys());
    while let Some(key) = expected.next() {
        assert_eq!((keys.next(), keys.next_back()), (Some(key), expected.next_back()));
    }
    assert_eq!((keys.next(), keys.next_back()), (None, None));
    assert!(many.names.order.blocks.iter().all(|block| (1..=BLOCK_MAX).contains(&block.len())));
    assert_eq!(many.names.order.slots().count(), many.len());
}

#[derive(Clone, Debug)]
enum Change {
    Insert(u16, u32),
    Update(u16),
    Remove(u16),
    /// From a key on, with a step: what comes in order, either way.
    Run(u16, i8, u16),
    /// So many are taken out, from a key on.
    Clear(u16, u16),
}

fn change() -> impl Strategy<Value = Change> {
    let key = 0..2_000_u16;
    prop_oneof![
        4 => (key.clone(), any::<u32>()).prop_map(|(key, value)| Change::Insert(key, value)),
        2 => key.clone().prop_map(Change::Update),
        4 => key.clone().prop_map(Change::Remove),
        2 => (key, -3..=3_i8, 1..600_u16).prop_map(|(key, by, count)| {
            Change::Run(key, by, count)
        }),
        2 => (0..2_000_u16, 1..900_u16).prop_map(|(key, count)| Change::Clear(key, count)),
    ]
}

fn apply(many: &mut Many<Pair, u32>, model: &mut BTreeMap<Pair, u32>, change: Change) {
    match change {
        Change::Insert(number, value) => {
            let key = pair(number);
            assert_eq!(many.insert(key, value), model.insert(key, value));
        }
        Change::Update(number) => {
            let key = pair(number);
            many.update(key, |value| *value = value.wrapping_add(7));
            let value = model.entry(key).or_default();
            *value = value.wrapping_add(7);
        }
        Change::Remove(number) => {
            let key = pair(number);
            assert_eq!(many.get(&key), model.get(&key));
            assert_eq!(many.get_mut(&key), model.get_mut(&key));
            assert_eq!(many.remove(&key), model.remove(&key));
            assert!(!many.contains_key(&key));
        }
        Change::Run(mut number, by, count) => {
            for value in 0..u32::from(count) {
                assert_eq!(many.insert(pair(number), value), model.insert(pair(number), value));
                number = number.wrapping_add_signed(by.into());
            }
        }
        Change::Clear(number, count) => {
            for key in (number..number + count).map(pair) {
                assert_eq!(many.remove(&key), model.remove(&key));
            }
        }
    }
}

proptest! {
    #[test]
    fn it_holds_what_a_map_of_the_standard_library_holds(
        changes in prop::collection::vec(change(), 1..60),
        ranges in prop::collection::vec((0..2_100_u16, 0..2_100_u16), 4),
    ) {
        let (mut many, mut model) = (Many::new(), BTreeMap::new());
        for change in changes {
            apply(&mut many, &mut model, change);
            assert_same(&many, &model);
        }
        for (from, to) in ranges.into_iter().map(|(from, to)| (pair(from), pair(to))) {
            let expected: Vec<_> = match from <= to {
                true => model.range(from..=to).collect(),
                false => Vec::new(),
            };
            assert_eq!(many.range(from..=to).collect::<Vec<_>>(), expected);
        }
        many.values_mut().for_each(|value| *value /= 2);
        model.values_mut().for_each(|value| *value /= 2);
        assert_same(&many, &model);
    }
}

#[test]
fn what_comes_in_order_fills_its_blocks_and_what_is_left_of_many_takes_few() {
    let mut many: Many<u32, ()> = (0..100_000).map(|key| (key, ())).collect();
    assert_eq!(many.names.order.blocks.len(), 100_000_usize.div_ceil(BLOCK_MAX));
    for key in (0..100_000).filter(|key| key % 1_000 != 0) {
        many.remove(&key);
    }
    assert_eq!((many.len(), many.names.order.blocks.len()), (100, 1));
    // The other way round they are half full.
    let many: Many<u32, ()> = (0..100_000).rev().map(|key| (key, ())).collect();
    assert!(many.names.order.blocks.len() <= 100_000_usize.div_ceil(BLOCK_MAX / 2));
    assert!(many.keys().copied().eq(0..100_000));
}
