//! Two nodes under arbitrary operations, with everything between them arbitrary too.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = lacis_sim::fuzzing::play(bytes);
});
