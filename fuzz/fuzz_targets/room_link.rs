//! The link to a room: what a person pastes, and what stands behind its checksum.
#![no_main]

use lacis_wire::codec::decode;
use lacis_wire::room::RoomLink;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(link) = RoomLink::parse(text)
    {
        assert!(RoomLink::parse(&link.to_text()) == Ok(link), "a link changed by being written");
    }
    // A checksum cannot be guessed, so the fields are reached past it.
    if let Ok(link) = decode::<RoomLink>(bytes) {
        assert!(RoomLink::parse(&link.to_text()) == Ok(link), "a link changed by being written");
    }
});
