//! Golden vectors of symbols, by the specification, without the code under test.

use lacis_wire::limits;
use lacis_wire::record::CopyName;
use lacis_wire::symbol::{Symbol, SymbolKey};
use serde_json::json;

use crate::golden::{compare, hex, unhex};
use crate::group_samples::{self as sample, group};

/// The symbols in which a name is: the next place is found by trying one after the other.
fn places(mut draw: u64) -> Vec<usize> {
    let mut places = vec![0];
    loop {
        let last = places[places.len() - 1] as u128;
        draw = draw.wrapping_mul(0xda94_2042_e4dd_58b5);
        let chance = u128::from(draw >> 32) + 1;
        let fits = |next: &u128| (2 * next + 3).pow(2) * chance >= ((2 * last + 3).pow(2) << 32);
        match (last + 1..limits::SYMBOLS_MAX as u128).find(fits) {
            Some(next) => places.push(next as usize),
            None => return places,
        }
    }
}

fn names() -> Vec<[u8; 32]> {
    sample::headers().iter().map(|(_, header)| header.name().to_bytes()).collect()
}

#[test]
fn of_sets() {
    let key = blake3::derive_key("lacis 2026 symbol 1", &group().0);
    let all = names();
    let sets = [("nothing", &all[..0]), ("one", &all[..1]), ("three", &all[..3]), ("all", &all)];
    let vectors = sets.into_iter().map(|(set, names)| {
        let mut symbols = vec![[0_u8; 40]; limits::SYMBOLS_MAX];
        let mut fingerprint = 0_u128;
        for name in names {
            let hash = *blake3::keyed_hash(&key, name).as_bytes();
            let number = |range: core::ops::Range<usize>| {
                hash[range].iter().rev().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte))
            };
            fingerprint = fingerprint.wrapping_add(number(0..16));
            for place in places(number(24..32) as u64 | 1) {
                let bytes = name.iter().chain(&hash[16..24]);
                symbols[place].iter_mut().zip(bytes).for_each(|(sum, byte)| *sum ^= byte);
            }
        }
        vec![
            ("name", json!(set)),
            ("group", hex(&group().0)),
            ("key", hex(&key)),
            ("names", names.iter().map(|name| hex(name)).collect()),
            ("fingerprint", hex(&fingerprint.to_le_bytes())),
            ("symbols", hex(&symbols[..48].concat())),
        ]
    });
    for stored in compare("symbol", vectors.collect()) {
        let key = SymbolKey::new(&group());
        let mut symbols = vec![Symbol::default(); 48];
        let mut fingerprint = 0_u128;
        for name in stored["names"].as_array().expect("names") {
            let name = CopyName::from_bytes(unhex(name).first_chunk().expect("a name"));
            let mark = key.mark(&name);
            fingerprint = fingerprint.wrapping_add(mark.fingerprint);
            for place in mark.places().take_while(|place| *place < 48) {
                symbols[place].toggle(&name, &mark);
            }
        }
        assert_eq!(hex(&fingerprint.to_le_bytes()), stored["fingerprint"]);
        let mut bytes = Vec::new();
        symbols.iter().for_each(|symbol| symbol.write(&mut bytes));
        assert_eq!(hex(&bytes), stored["symbols"]);
    }
}
