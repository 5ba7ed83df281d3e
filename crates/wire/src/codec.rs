//! Strict encoding and decoding of whole frames.

use alloc::vec::Vec;

use crate::reader::{Decode, Reader};
use crate::writer::Encode;

pub use crate::error::DecodeError;

/// A frame kind: its size limit and the checks on its fields that CBOR types do not express.
pub trait Frame {
    /// Largest encoded size in bytes.
    const BYTES_MAX: usize;

    /// Checks every field against [`crate::limits`].
    ///
    /// # Errors
    /// [`DecodeError::Limit`] with the name of the field.
    fn check(&self) -> Result<(), DecodeError>;
}

/// Decodes one frame that fills `bytes` exactly.
///
/// # Errors
/// Any [`DecodeError`]; hostile bytes never panic. What is allocated is at most some tens of
/// times their length, so the frame's limit bounds it too.
pub fn decode<'b, T>(bytes: &'b [u8]) -> Result<T, DecodeError>
where
    T: Frame + Decode<'b>,
{
    let frame: T = fill(bytes, T::BYTES_MAX)?;
    frame.check()?;
    Ok(frame)
}

/// Reads a value that fills `bytes` exactly and has no limits of its own.
///
/// # Errors
/// Those of [`decode`] but [`DecodeError::TooLong`] and [`DecodeError::Limit`].
pub fn read<'b, T: Decode<'b>>(bytes: &'b [u8]) -> Result<T, DecodeError> {
    fill(bytes, bytes.len())
}

fn fill<'b, T: Decode<'b>>(bytes: &'b [u8], bytes_max: usize) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes, bytes_max);
    let value = T::decode(&mut reader);
    reader.close()?;
    Ok(value)
}

/// Encodes a frame. Writing to memory cannot fail, so neither can this.
pub fn encode<T: Encode>(frame: &T) -> Vec<u8> {
    encode_with_capacity(frame, 64)
}

/// Encodes a frame whose size is about known, in one allocation.
pub fn encode_with_capacity<T: Encode>(frame: &T, capacity: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity);
    frame.encode(&mut out);
    out
}

/// Fails with [`DecodeError::Limit`] unless `holds`.
pub(crate) fn demand(holds: bool, field: &'static str) -> Result<(), DecodeError> {
    if holds { Ok(()) } else { Err(DecodeError::Limit(field)) }
}
