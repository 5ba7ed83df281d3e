//! What a person pastes to meet others, and what stands behind its checksum: the link to a room and
//! a pairing by hand.
#![no_main]

use lacis_wire::codec::{decode, encode};
use lacis_wire::pairing::{Handover, PairingText};
use lacis_wire::room::RoomLink;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(link) = RoomLink::parse(text)
    {
        assert!(RoomLink::parse(&link.to_text()) == Ok(link), "a link changed by being written");
    }
    // A checksum cannot be guessed, so the fields are reached past it.
    lacis_fuzz::one_form::<RoomLink>(bytes);
    lacis_fuzz::one_form::<PairingText>(bytes);
    if let Ok(link) = decode::<RoomLink>(bytes) {
        assert!(RoomLink::parse(&link.to_text()) == Ok(link), "a link changed by being written");
    }
    if let Ok(pairing) = decode::<PairingText>(bytes) {
        let again = PairingText::parse(&pairing.to_text());
        assert!(again == Ok(pairing), "a pairing changed by being written");
    }
    if let Ok(handover) = decode::<Handover>(bytes) {
        assert!(decode(&encode(&handover)) == Ok(handover), "a handover changed by being written");
    }
});
