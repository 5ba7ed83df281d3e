//! Identity cards: a text that tells others one's key and name.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, decode, demand, encode};
use crate::ids::PeerId;
use crate::limits;
use crate::proof::{IdentityKey, peer_id};
use crate::signature;
use crate::text::{TextError, TextForm, text_ok};

const DOMAIN: &str = "lacis 2026 card 1";

const FORM: TextForm = TextForm {
    prefix: "lc",
    version: '1',
    checksum: "lacis 2026 card 1 checksum",
    chars_max: limits::CARD_CHARS,
};

/// An identity and the name it gives itself. The signature says that the holder of the key chose
/// the name; it does not say that nobody else has the same.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Card {
    /// The identity.
    #[n(0)]
    pub peer: PeerId,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// Signature of the identity over everything before.
    #[cbor(n(2), bytes)]
    pub signature: [u8; 64],
}

/// Why a text is not an identity card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// Nothing in the text looks like an identity card.
    #[error("not an identity card")]
    Unknown,
    /// Characters are missing, added or changed.
    #[error("the identity card is damaged")]
    Damaged,
    /// The card was made by a newer version.
    #[error("the identity card needs a newer version")]
    Version,
    /// The identity did not sign the card.
    #[error("the identity card is not signed by its identity")]
    NotTrusted,
}

impl From<TextError> for CardError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Unknown => Self::Unknown,
            TextError::Damaged => Self::Damaged,
            TextError::Version => Self::Version,
        }
    }
}

impl Card {
    /// The card of an identity.
    #[must_use]
    pub fn new(key: &IdentityKey, name: &str) -> Self {
        let mut card = Self { peer: peer_id(key), name: name.into(), signature: [0; 64] };
        card.signature = signature::sign(key, &card.message());
        card
    }

    /// The text form.
    #[must_use]
    pub fn to_text(&self) -> String {
        FORM.write(encode(self))
    }

    /// Reads the text form, alone or as the fragment of an address, and checks the signature.
    ///
    /// # Errors
    /// See [`CardError`].
    pub fn parse(text: &str) -> Result<Self, CardError> {
        let card: Self = decode(&FORM.read(text)?).map_err(|_| CardError::Damaged)?;
        if card.verify() { Ok(card) } else { Err(CardError::NotTrusted) }
    }

    /// Whether the identity signed the card.
    #[must_use]
    pub fn verify(&self) -> bool {
        signature::verify(&self.peer, &self.message(), &self.signature)
    }

    fn message(&self) -> Vec<u8> {
        signature::message(DOMAIN, None, self)
    }
}

impl Frame for Card {
    const BYTES_MAX: usize = limits::CARD_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(text_ok(&self.name, limits::NAME_BYTES, &[]), "name")
    }
}
