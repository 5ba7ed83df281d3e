//! Invitations and identity cards: what a person pastes, and what stands behind the checksum.
#![no_main]

use lacis_wire::card::Card;
use lacis_wire::invitation::{Invitation, OpenInvitation};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(invitation) = Invitation::parse(text) {
            assert!(Invitation::parse(&invitation.to_text()) == Ok(invitation));
        }
        if let Ok(invitation) = OpenInvitation::parse(text) {
            assert!(OpenInvitation::parse(&invitation.to_text()) == Ok(invitation));
        }
        if let Ok(card) = Card::parse(text) {
            assert!(Card::parse(&card.to_text()) == Ok(card));
        }
    }
    // A checksum cannot be guessed, so the fields are reached past it.
    lacis_fuzz::one_form::<Invitation>(bytes);
    lacis_fuzz::one_form::<OpenInvitation>(bytes);
    lacis_fuzz::one_form::<Card>(bytes);
});
