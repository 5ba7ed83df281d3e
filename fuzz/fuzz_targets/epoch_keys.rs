//! Epoch keys sealed to members.
#![no_main]

use lacis_wire::keys::EpochKeys;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::one_form::<EpochKeys>(bytes);
});
