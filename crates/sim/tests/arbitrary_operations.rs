//! Two nodes under arbitrary operations, with everything between them arbitrary too.

use lacis_sim::fuzzing::{Reached, play};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// The same bytes on every machine, so a failure can be repeated by its number.
fn history(number: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    ChaCha8Rng::seed_from_u64(number).fill_bytes(&mut bytes);
    bytes
}

#[test]
fn no_history_breaks_a_promise() {
    let mut all = Reached::default();
    for number in 0..120 {
        let reached = play(&history(number, 3_000));
        all.linked += reached.linked;
        all.received += reached.received;
        all.tickets += reached.tickets;
    }
    // Otherwise the histories would prove nothing.
    assert!(all.linked > 100 && all.received > 300 && all.tickets > 3_000, "{all:?}");
}

#[test]
fn an_empty_history_ends_too() {
    assert_eq!(play(&[]).linked, 0);
}
