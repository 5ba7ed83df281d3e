//! What a node says of itself to everybody in a room.
#![no_main]

use lacis_wire::presence::{read, write};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((lifetime_ms, value)) = read(bytes) {
        assert_eq!(write(lifetime_ms, value), bytes);
    }
});
