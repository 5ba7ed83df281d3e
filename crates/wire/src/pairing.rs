//! Pairing by hand: what a server would carry, as a text that people carry.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, decode, demand, encode};
use crate::description::candidate_ok;
use crate::ids::NodeId;
use crate::limits;
use crate::setup::Setup;
use crate::text::{TextError, TextForm};

const FORM: TextForm = TextForm {
    prefix: "lp",
    version: '1',
    checksum: "lacis 2026 pairing 1 checksum",
    chars_max: limits::PAIRING_CHARS,
};

/// A sealed payload and between whom it goes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PairingText {
    /// Who wrote it.
    #[n(0)]
    pub from: NodeId,
    /// Whom it answers; of an offer, which goes to whoever gets it, a random id.
    #[n(1)]
    pub to: NodeId,
    /// A sealed [`Handover`].
    #[cbor(n(2), bytes)]
    pub payload: Vec<u8>,
}

/// All that one side says before there is a link.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Handover {
    /// An offer or an answer.
    #[n(0)]
    pub setup: Setup,
    /// The addresses of the sender.
    #[n(1)]
    pub candidates: Vec<String>,
}

/// Why a text does not pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairingTextError {
    /// Nothing in the text looks like a pairing.
    #[error("not a pairing")]
    Unknown,
    /// Characters are missing, added or changed.
    #[error("the pairing is damaged")]
    Damaged,
    /// The pairing was made by a newer version.
    #[error("the pairing needs a newer version")]
    Version,
}

impl From<TextError> for PairingTextError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Unknown => Self::Unknown,
            TextError::Damaged => Self::Damaged,
            TextError::Version => Self::Version,
        }
    }
}

impl PairingText {
    /// The text form.
    #[must_use]
    pub fn to_text(&self) -> String {
        FORM.write(encode(self))
    }

    /// Reads the text form, alone or as the fragment of an address.
    ///
    /// # Errors
    /// See [`PairingTextError`].
    pub fn parse(text: &str) -> Result<Self, PairingTextError> {
        decode(&FORM.read(text)?).map_err(|_| PairingTextError::Damaged)
    }
}

impl Frame for PairingText {
    const BYTES_MAX: usize = limits::PAIRING_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        Ok(())
    }
}

impl Frame for Handover {
    const BYTES_MAX: usize = limits::PAIRING_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        let opens = matches!(self.setup, Setup::Offer { .. } | Setup::Answer { .. });
        demand(opens, "setup")?;
        self.setup.check()?;
        demand(self.candidates.len() <= limits::PAIRING_CANDIDATES_MAX, "candidates")?;
        demand(self.candidates.iter().all(|line| candidate_ok(line)), "candidate")
    }
}
