//! What a node says of itself to everybody in a room.
#![no_main]

use lacis_wire::presence::Presence;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lacis_fuzz::round_trip::<Presence>(bytes, &mut Vec::new());
});
