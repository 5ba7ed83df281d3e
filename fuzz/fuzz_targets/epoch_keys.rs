//! Epoch keys sealed to members.
#![no_main]

use lacis_wire::keys::EpochKeys;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<EpochKeys>(bytes, &mut Vec::new());
});
