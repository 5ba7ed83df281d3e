//! What the server sends to a client.
#![no_main]

use lacis_wire::signal::ServerFrame;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<ServerFrame>(bytes, &mut Vec::new());
});
