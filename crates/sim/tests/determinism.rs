//! A seed means the same whenever it is run. `same_hash_as_wasm.rs` says the same of where.

#![cfg(not(target_arch = "wasm32"))]

use lacis_sim::{Options, Outcome, combined_hash, plan, run};

#[test]
fn the_same_seeds_give_the_same_outputs() {
    let outcomes =
        || -> Vec<Outcome> { (100..105).map(|seed| run(seed, Options::default())).collect() };
    let (once, again) = (outcomes(), outcomes());
    for (one, two) in once.iter().zip(&again) {
        assert_eq!(one.failure, None);
        assert_eq!((one.hash, one.events, one.time), (two.hash, two.events, two.time));
    }
    assert_eq!(combined_hash(&once), combined_hash(&again));
    assert_ne!(once[0].hash, once[1].hash);
}

#[test]
fn the_seeds_that_are_planned_do_not_depend_on_how_many_there_are() {
    let plan = |count| plan("foundation", count);
    assert_eq!(plan(7), plan(9)[..plan(7).len()]);
}
