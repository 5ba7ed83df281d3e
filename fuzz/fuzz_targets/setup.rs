//! What two peers tell each other, sealed, to set up a link.
#![no_main]

use lacis_wire::setup::Setup;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<Setup>(bytes, &mut Vec::new());
});
