//! What derived decoders have in common: reading the fields of an array one after the other.

use minicbor::bytes::DecodeBytes;
use minicbor::decode::Error;
use minicbor::{Decode, Decoder};

/// The fields of a struct or a variant that have not been read yet.
#[derive(Debug)]
pub struct Fields {
    left: u64,
}

impl Fields {
    /// Opens the array in which the fields stand.
    ///
    /// # Errors
    /// When there is none, or one of unknown length, which the protocol does not allow.
    pub fn open(d: &mut Decoder<'_>) -> Result<Self, Error> {
        let left = d.array()?.ok_or_else(Error::end_of_input)?;
        Ok(Self { left })
    }

    /// Reads the next field. One that is missing, as an older version leaves it out, or whose
    /// variant a newer version has added, is nothing where that is allowed.
    ///
    /// # Errors
    /// When it is missing and may not be, or is not what it should be.
    pub fn next<'b, C, T: Decode<'b, C>>(
        &mut self,
        d: &mut Decoder<'b>,
        ctx: &mut C,
    ) -> Result<T, Error> {
        if !self.take() {
            return T::nil().ok_or_else(Error::end_of_input);
        }
        let place = d.position();
        match T::decode(d, ctx) {
            Err(error) if error.is_unknown_variant() => {
                let nothing = T::nil().ok_or(error)?;
                d.set_position(place);
                d.skip()?;
                Ok(nothing)
            }
            read => read,
        }
    }

    /// Reads the next field, which is a string of bytes.
    ///
    /// # Errors
    /// As above.
    pub fn next_bytes<'b, C, T: DecodeBytes<'b, C>>(
        &mut self,
        d: &mut Decoder<'b>,
        ctx: &mut C,
    ) -> Result<T, Error> {
        if self.take() { T::decode_bytes(d, ctx) } else { T::nil().ok_or_else(Error::end_of_input) }
    }

    /// Skips the fields that a newer version has added.
    ///
    /// # Errors
    /// When they are cut off.
    pub fn close(self, d: &mut Decoder<'_>) -> Result<(), Error> {
        (0..self.left).try_for_each(|_| d.skip())
    }

    const fn take(&mut self) -> bool {
        let is_there = self.left > 0;
        if is_there {
            self.left -= 1;
        }
        is_there
    }
}

/// Opens an enum and gives the index of its variant, whose fields follow.
///
/// # Errors
/// When it is no array of two.
pub fn variant(d: &mut Decoder<'_>) -> Result<u32, Error> {
    match d.array()? {
        Some(2) => d.u32(),
        _ => Err(Error::end_of_input()),
    }
}
