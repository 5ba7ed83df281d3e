//! Invitations, their links and identity cards: what a person pastes, and what stands behind the
//! checksum.
#![no_main]

use lacis_wire::card::Card;
use lacis_wire::codec::decode;
use lacis_wire::invitation::{Invitation, InvitationLink};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(invitation) = Invitation::parse(text) {
            assert!(Invitation::parse(&invitation.to_text()) == Ok(invitation));
        }
        if let Ok(link) = InvitationLink::parse(text) {
            assert!(InvitationLink::parse(&link.to_text()) == Ok(link));
        }
        if let Ok(card) = Card::parse(text) {
            assert!(Card::parse(&card.to_text()) == Ok(card));
        }
    }
    // A checksum cannot be guessed, so the fields are reached past it.
    lacis_fuzz::round_trip::<Invitation>(bytes, &mut Vec::new());
    if let Ok(invitation) = decode::<Invitation>(bytes) {
        let changed = Invitation { name: invitation.name.clone() + "x", ..invitation };
        assert!(changed.credential().is_err(), "somebody else's signature");
    }
    lacis_fuzz::round_trip::<InvitationLink>(bytes, &mut Vec::new());
    lacis_fuzz::round_trip::<Card>(bytes, &mut Vec::new());
});
