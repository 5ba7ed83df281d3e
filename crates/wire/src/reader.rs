//! Reading values out of CBOR, in the one form in which they are written.
//!
//! Every integer and every length has its shortest form, every array and string a definite length,
//! and nothing that may be left out stands there as `null`. So what is read, encoded again, gives
//! the bytes that came, and a hash or a signature over either is one over the other.
//!
//! A reader that has failed goes on to give zeros and empty strings, so that what reads a value has
//! no error to hand on at every field, which was a twentieth of the Wasm module. Whether all was
//! right is asked once, at the end of the frame: `Reader::close`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::DecodeError;

/// The major types of CBOR.
mod major {
    pub(super) const UNSIGNED: u8 = 0;
    pub(super) const NEGATIVE: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const SIMPLE: u8 = 7;
}

/// The simple values of CBOR.
mod simple {
    pub(super) const FALSE: u64 = 20;
    pub(super) const TRUE: u64 = 21;
    pub(super) const NULL: u64 = 22;
}

/// A value that stands in CBOR, as `Encode` writes it.
pub trait Decode<'b>: Sized {
    /// Reads one. Of a reader that has failed, or fails here, the value means nothing.
    fn decode(r: &mut Reader<'b>) -> Self;

    /// What a missing field of this type is, if it may be missing.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

/// A value that stands in CBOR as a string of bytes, as `EncodeBytes` writes it.
pub trait DecodeBytes<'b>: Sized {
    /// As [`Decode::decode`].
    fn decode_bytes(r: &mut Reader<'b>) -> Self;

    /// As [`Decode::absent`].
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

/// CBOR that is read from its beginning to its end.
#[derive(Debug)]
pub struct Reader<'b> {
    input: &'b [u8],
    position: usize,
    failure: Option<DecodeError>,
    open: bool,
}

impl<'b> Reader<'b> {
    /// Begins to read `bytes`, which may not be more than `bytes_max`.
    pub(crate) fn new(bytes: &'b [u8], bytes_max: usize) -> Self {
        let failure = (bytes.len() > bytes_max).then_some(DecodeError::TooLong);
        Self { input: bytes, position: 0, failure, open: true }
    }

    /// Whether what was read is what it should be, and is all that there is.
    pub(crate) fn close(&self) -> Result<(), DecodeError> {
        match self.failure {
            None if self.position == self.input.len() => Ok(()),
            None => Err(DecodeError::Trailing),
            Some(failure) => Err(failure),
        }
    }

    /// Gives up: what was read is not what it should be. The first reason stays.
    pub(crate) fn fail(&mut self, reason: DecodeError) {
        self.failure.get_or_insert(reason);
    }

    pub(crate) const fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Whether what is read here may hold what a newer version has added: it may as long as every
    /// type around it is marked so, since what is hashed or signed is so as a whole.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Says whether it may from here on, and gives what held before.
    pub(crate) const fn set_open(&mut self, open: bool) -> bool {
        core::mem::replace(&mut self.open, open)
    }

    /// Reads the number of a variant, which is one of `known`.
    pub fn variant(&mut self, known: &[u32]) -> u32 {
        let number = u32::decode(self);
        if !known.contains(&number) {
            self.fail(DecodeError::Unknown);
        }
        number
    }

    /// Opens an enum, gives the number of its variant, which is one of `known`; its fields follow.
    pub fn open_variant(&mut self, known: &[u32]) -> u32 {
        if self.items() != 2 {
            self.fail(DecodeError::Malformed);
        }
        self.variant(known)
    }

    /// Opens an array and gives the number of its items.
    pub(crate) fn items(&mut self) -> u64 {
        self.head_of(major::ARRAY)
    }

    /// Whether the next value is `null`.
    pub(crate) fn is_at_null(&self) -> bool {
        const NULL: u8 = major::SIMPLE << 5 | simple::NULL as u8;
        self.input.get(self.position) == Some(&NULL)
    }

    /// Skips one value, which has to be one that the protocol could write.
    pub(crate) fn skip(&mut self) {
        let mut left = 1_u64;
        while left > 0 && self.failure.is_none() {
            let (kind, value) = self.head();
            left -= 1;
            match kind {
                major::UNSIGNED | major::NEGATIVE => {}
                major::BYTES => drop(self.advance(value)),
                major::TEXT => drop(self.text(value)),
                major::ARRAY => left = left.saturating_add(value),
                major::SIMPLE if (simple::FALSE..=simple::NULL).contains(&value) => {}
                _ => self.fail(DecodeError::Malformed),
            }
        }
    }

    fn bytes(&mut self) -> &'b [u8] {
        let length = self.head_of(major::BYTES);
        self.advance(length)
    }

    fn text(&mut self, length: u64) -> &'b str {
        core::str::from_utf8(self.advance(length)).unwrap_or_else(|_| {
            self.fail(DecodeError::Malformed);
            ""
        })
    }

    /// Reads the head of an item of one kind, and gives the number in it.
    fn head_of(&mut self, kind: u8) -> u64 {
        match self.head() {
            (found, value) if found == kind => value,
            _ => {
                self.fail(DecodeError::Malformed);
                0
            }
        }
    }

    /// Reads the head of any item: its major type, and the number that follows (RFC 8949, 3) in its
    /// shortest form.
    fn head(&mut self) -> (u8, u64) {
        let first = self.advance(1).first().copied().unwrap_or_default();
        let (kind, info) = (first >> 5, first & 0x1f);
        // Up to which value a shorter form would do.
        let (bytes, shorter) = match info {
            0..24 => return (kind, u64::from(info)),
            // What follows a simple value is no number.
            _ if kind == major::SIMPLE => (0, 0),
            24 => (1, 23),
            25 => (2, 0xff),
            26 => (4, 0xffff),
            27 => (8, 0xffff_ffff),
            _ => (0, 0),
        };
        if bytes == 0 {
            self.fail(DecodeError::Malformed);
        }
        let bytes = self.advance(bytes);
        let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        if value <= shorter {
            // Bytes that are missing have failed already, with a reason that stays.
            self.fail(DecodeError::NotCanonical);
        }
        (kind, value)
    }

    /// The next bytes; none, if there are not as many.
    fn advance(&mut self, bytes: u64) -> &'b [u8] {
        let end = usize::try_from(bytes).ok().and_then(|bytes| self.position.checked_add(bytes));
        let found = end.and_then(|end| Some((end, self.input.get(self.position..end)?)));
        match found.filter(|_| self.failure.is_none()) {
            Some((end, found)) => {
                self.position = end;
                found
            }
            None => {
                self.fail(DecodeError::Malformed);
                &[]
            }
        }
    }

    /// Reads a `null`, if there is one.
    fn null(&mut self) -> bool {
        let is_null = self.is_at_null();
        if is_null {
            self.position += 1;
        }
        is_null
    }
}

impl<'b> Decode<'b> for bool {
    fn decode(r: &mut Reader<'b>) -> Self {
        match r.head_of(major::SIMPLE) {
            simple::TRUE => true,
            simple::FALSE => false,
            _ => {
                r.fail(DecodeError::Malformed);
                false
            }
        }
    }
}

impl<'b> Decode<'b> for u64 {
    fn decode(r: &mut Reader<'b>) -> Self {
        r.head_of(major::UNSIGNED)
    }
}

impl<'b> Decode<'b> for i64 {
    fn decode(r: &mut Reader<'b>) -> Self {
        let (kind, value) = r.head();
        match (kind, Self::try_from(value)) {
            (major::UNSIGNED, Ok(value)) => value,
            // It stands as what it is below -1.
            (major::NEGATIVE, Ok(value)) => !value,
            _ => {
                r.fail(DecodeError::Malformed);
                0
            }
        }
    }
}

impl<'b> Decode<'b> for &'b str {
    fn decode(r: &mut Reader<'b>) -> Self {
        let length = r.head_of(major::TEXT);
        r.text(length)
    }
}

impl<'b> Decode<'b> for String {
    fn decode(r: &mut Reader<'b>) -> Self {
        <&str>::decode(r).into()
    }
}

macro_rules! decode_small {
    ($($kind:ty),*) => { $(
        impl<'b> Decode<'b> for $kind {
            fn decode(r: &mut Reader<'b>) -> Self {
                u64::decode(r).try_into().unwrap_or_else(|_| {
                    r.fail(DecodeError::Malformed);
                    0
                })
            }
        }
    )* };
}

decode_small!(u8, u16, u32);

impl<'b, T: Decode<'b>> Decode<'b> for Option<T> {
    fn decode(r: &mut Reader<'b>) -> Self {
        if r.null() { None } else { Some(T::decode(r)) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<'b, T: Decode<'b>> Decode<'b> for Vec<T> {
    fn decode(r: &mut Reader<'b>) -> Self {
        // Every item takes a byte at least, so what is missing ends the loop.
        let mut all = Self::new();
        for _ in 0..r.items() {
            if r.has_failed() {
                break;
            }
            all.push(T::decode(r));
        }
        all
    }
}

impl<'b, A: Decode<'b>, B: Decode<'b>> Decode<'b> for (A, B) {
    fn decode(r: &mut Reader<'b>) -> Self {
        if r.items() != 2 {
            r.fail(DecodeError::Malformed);
        }
        (A::decode(r), B::decode(r))
    }
}

impl<'b> DecodeBytes<'b> for &'b [u8] {
    fn decode_bytes(r: &mut Reader<'b>) -> Self {
        r.bytes()
    }
}

impl<'b> DecodeBytes<'b> for Vec<u8> {
    fn decode_bytes(r: &mut Reader<'b>) -> Self {
        r.bytes().into()
    }
}

impl<'b, const N: usize> DecodeBytes<'b> for [u8; N] {
    fn decode_bytes(r: &mut Reader<'b>) -> Self {
        r.bytes().try_into().unwrap_or_else(|_| {
            r.fail(DecodeError::Malformed);
            [0; N]
        })
    }
}

impl<'b, T: DecodeBytes<'b>> DecodeBytes<'b> for Option<T> {
    fn decode_bytes(r: &mut Reader<'b>) -> Self {
        if r.null() { None } else { Some(T::decode_bytes(r)) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[cfg(test)]
mod tests;
