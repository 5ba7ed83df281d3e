//! What one peer tells all, as others pass it on.
#![no_main]

use lacis_wire::gossip::{Gossip, Passed};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<Passed>(bytes, &mut Vec::new());
    lacis_fuzz::one_form::<Gossip>(bytes);
});
