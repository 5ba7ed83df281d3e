//! The hub under arbitrary histories of connections, frames and time.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_signaling::fuzzing::play(bytes);
});
