//! A run is the same natively and as Wasm: `cargo xtask test` hands in the hash of a native run.

#![cfg(target_arch = "wasm32")]

use lacis_sim::{Options, Outcome, combined_hash, plan, run};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn the_same_seeds_give_the_same_hash_as_natively() {
    let seeds = option_env!("LACIS_SIM_SEEDS").expect("LACIS_SIM_SEEDS: run cargo xtask test");
    let expected = option_env!("LACIS_SIM_HASH").expect("LACIS_SIM_HASH: run cargo xtask test");
    let seeds = plan("foundation", seeds.parse().expect("a number of seeds")).into_iter();
    let outcomes: Vec<Outcome> = seeds.map(|seed| run(seed, Options::default())).collect();
    assert!(outcomes.iter().all(|outcome| outcome.failure.is_none()), "a seed failed");
    assert_eq!(combined_hash(&outcomes), expected);
}
