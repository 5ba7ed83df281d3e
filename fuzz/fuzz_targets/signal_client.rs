//! What a client sends to the server.
#![no_main]

use lacis_wire::signal::ClientFrame;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<ClientFrame>(bytes, &mut Vec::new());
});
