//! What one peer sends to another over a data channel.
#![no_main]

use lacis_wire::link::LinkFrame;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<LinkFrame>(bytes, &mut Vec::new());
});
