//! A run is the same natively and as Wasm: `cargo xtask test` hands in the hash of a native run.

#![cfg(target_arch = "wasm32")]

use lacis_sim::{Options, plan, run};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn the_same_seeds_give_the_same_hash_as_natively() {
    let seeds = option_env!("LACIS_SIM_SEEDS").expect("LACIS_SIM_SEEDS: run cargo xtask test");
    let expected = option_env!("LACIS_SIM_HASH").expect("LACIS_SIM_HASH: run cargo xtask test");
    let mut hasher = blake3::Hasher::new();
    for seed in plan(seeds.parse().expect("a number of seeds")) {
        let outcome = run(seed, Options::default());
        assert_eq!(outcome.failure, None, "seed {seed}");
        hasher.update(&outcome.hash);
    }
    assert_eq!(hasher.finalize().to_hex().as_str(), expected);
}
