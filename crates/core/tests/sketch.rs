//! What symbols of two sets tell of the difference, and what they cost.

use std::collections::BTreeSet;

use lacis_core::graph::sketch::{Decoded, Sketch};
use lacis_wire::record::CopyName;
use lacis_wire::symbol::{SYMBOL_BYTES, Symbol, SymbolKey};
use lacis_wire::{GroupId, limits};
use proptest::collection::{btree_set, vec};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{prop_assert, prop_assert_eq};

fn key() -> SymbolKey {
    SymbolKey::new(&GroupId([7; 32]))
}

fn name(number: u64) -> CopyName {
    CopyName::from_bytes(blake3::hash(&number.to_le_bytes()).as_bytes())
}

fn sketch(numbers: impl IntoIterator<Item = u64>) -> Sketch {
    let mut sketch = Sketch::new(key());
    for number in numbers {
        sketch.toggle(&name(number));
    }
    sketch
}

/// With how many symbols a difference is found, if with any number of them.
fn needed(ours: &Sketch, theirs: &Sketch) -> Option<usize> {
    let tells = |count: &usize| ours.compare(&theirs.packed(0, *count)) != Decoded::Open;
    (1..=limits::SYMBOLS_MAX).find(tells)
}

/// The same of so many differences, half of them on each side, in some sets, ascending.
fn needed_for(differences: u64, sets: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..sets)
        .map(|set| {
            let first = set * 1_000;
            let ours = sketch(first..first + differences / 2);
            let theirs = sketch(first + 500..first + 500 + differences.div_ceil(2));
            needed(&ours, &theirs).unwrap_or(limits::SYMBOLS_MAX + 1)
        })
        .collect();
    all.sort_unstable();
    all
}

fn names(numbers: impl IntoIterator<Item = u64>) -> BTreeSet<CopyName> {
    numbers.into_iter().map(name).collect()
}

#[test]
fn the_first_symbols_tell_ten_differences() {
    let all = needed_for(10, 2_000);
    let mean = all.iter().sum::<usize>() as f64 / all.len() as f64;
    let failed = all.iter().filter(|it| **it > limits::SYMBOLS_FIRST).count();
    println!("{mean:.1} symbols, {failed} of {} sets with more than at first", all.len());
    assert!(mean < 18.5, "{mean}");
    assert!(failed * 300 <= all.len(), "{failed}");
}

#[test]
fn many_differences_cost_half_as_many_symbols_more() {
    for (differences, sets) in [(60, 60), (100, 40), (150, 30)] {
        let all = needed_for(differences, sets);
        let middle = all[all.len() / 2];
        println!("{differences}: {middle} symbols");
        assert!(middle * 10 < differences as usize * 16, "{differences}: {middle}");
    }
}

#[test]
fn a_hundred_thousand_differ_by_ten_as_few_do() {
    let ours = sketch(0..100_000);
    let mut theirs = ours.clone();
    for number in [3, 30_000, 50_000, 77_777, 99_999].into_iter().chain(100_000..100_005) {
        theirs.toggle(&name(number));
    }
    let Decoded::All(found) = ours.compare(&theirs.packed(0, limits::SYMBOLS_FIRST)) else {
        panic!("they do not tell");
    };
    let expected = names([3, 30_000, 50_000, 77_777, 99_999].into_iter().chain(100_000..100_005));
    assert_eq!((found.len(), found.into_iter().collect()), (10, expected));
}

#[test]
fn nothing_is_told_of_equal_sets_or_by_another_groups_symbols() {
    let one = sketch(0..50);
    assert_eq!(one.compare(&one.packed(0, 48)), Decoded::All(Vec::new()));
    let mut other = Sketch::new(SymbolKey::new(&GroupId([8; 32])));
    (0..50).for_each(|number| {
        other.toggle(&name(number));
    });
    assert_eq!(one.compare(&other.packed(0, 256)), Decoded::Open);
}

#[test]
fn a_name_where_it_does_not_belong_tells_nothing() {
    let stray = name(1);
    let mark = key().mark(&stray);
    let place = (0..256).find(|place| !mark.places().any(|it| it == *place)).expect("a place");
    let mut symbols = vec![Symbol::default(); 256];
    symbols[place].toggle(&stray, &mark);
    let mut bytes = Vec::new();
    symbols.iter().for_each(|symbol| symbol.write(&mut bytes));
    assert_eq!(sketch([]).compare(&bytes), Decoded::Open);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_told_is_the_difference(
        ours in btree_set(0_u64..300, 0..120),
        theirs in btree_set(0_u64..300, 0..120),
        count in 1_usize..=256,
    ) {
        let (one, other) = (sketch(ours.clone()), sketch(theirs.clone()));
        let expected = names(ours.symmetric_difference(&theirs).copied());
        if let Decoded::All(found) = one.compare(&other.packed(0, count)) {
            prop_assert_eq!(found.len(), expected.len());
            prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
        } else {
            // Too few symbols, or by chance some more than twice as many as differ.
            prop_assert!(count < 2 * expected.len() + 100);
        }
    }

    #[test]
    fn garbage_ends_and_tells_no_more_than_it_has_symbols(
        noise in vec(any::<u8>(), 0..300 * SYMBOL_BYTES),
        pure in vec(any::<[u8; 32]>(), 0..300),
        takes_pure in any::<bool>(),
    ) {
        let bytes = if takes_pure { lies(&pure) } else { noise };
        if let Decoded::All(found) = sketch(0..20).compare(&bytes) {
            prop_assert!(found.len() <= limits::SYMBOLS_MAX.min(bytes.len() / SYMBOL_BYTES));
            let once: BTreeSet<_> = found.iter().collect();
            prop_assert_eq!(once.len(), found.len());
        }
    }
}

/// Symbols with one name each, wherever that belongs.
fn lies(names: &[[u8; 32]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in names {
        let name = CopyName::from_bytes(name);
        let mut symbol = Symbol::default();
        symbol.toggle(&name, &key().mark(&name));
        symbol.write(&mut bytes);
    }
    bytes
}
