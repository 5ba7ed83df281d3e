//! Reading values out of CBOR.
//!
//! A reader that has failed goes on to give zeros and empty strings, so that what reads a value has
//! no error to hand on at every field, which was a twentieth of the Wasm module. Whether all was
//! right is asked once, at the end of the frame: [`Reader::close`].

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::Decoder;
use minicbor::decode::Error;

use crate::codec::DecodeError;

/// The major types of CBOR.
mod major {
    pub(super) const UNSIGNED: u8 = 0;
    pub(super) const BYTES: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const MAP: u8 = 5;
    pub(super) const TAG: u8 = 6;
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    TooLong,
    Malformed,
    /// One that a newer version may have added.
    UnknownVariant,
}

/// CBOR that is read from its beginning to its end.
#[derive(Debug)]
pub struct Reader<'b> {
    decoder: Decoder<'b>,
    failure: Option<Failure>,
}

impl<'b> Reader<'b> {
    /// Begins to read `bytes`, which may not be more than `bytes_max`.
    pub(crate) fn new(bytes: &'b [u8], bytes_max: usize) -> Self {
        let failure = (bytes.len() > bytes_max).then_some(Failure::TooLong);
        Self { decoder: Decoder::new(bytes), failure }
    }

    /// Whether what was read is what it should be, and is all that there is.
    pub(crate) fn close(&self) -> Result<(), DecodeError> {
        match self.failure {
            None if self.decoder.position() == self.decoder.input().len() => Ok(()),
            None => Err(DecodeError::Trailing),
            Some(Failure::TooLong) => Err(DecodeError::TooLong),
            Some(Failure::Malformed | Failure::UnknownVariant) => Err(DecodeError::Malformed),
        }
    }

    /// Gives up: what was read is not what it should be.
    pub(crate) fn fail(&mut self) {
        self.failure.get_or_insert(Failure::Malformed);
    }

    /// Reads the number of a variant, which is one of `known`.
    pub fn variant(&mut self, known: &[u32]) -> u32 {
        let number = u32::decode(self);
        if !known.contains(&number) {
            self.failure.get_or_insert(Failure::UnknownVariant);
        }
        number
    }

    /// Opens an enum, gives the number of its variant, which is one of `known`; its fields follow.
    pub fn open_variant(&mut self, known: &[u32]) -> u32 {
        if self.items() != 2 {
            self.fail();
        }
        self.variant(known)
    }

    /// Opens an array and gives the number of its items. One of unknown length, which the protocol
    /// does not write, is refused.
    pub(crate) fn items(&mut self) -> u64 {
        self.head_of(major::ARRAY)
    }

    /// Where the next value begins, unless the reader has failed.
    pub(crate) fn place(&self) -> Option<usize> {
        self.failure.is_none().then(|| self.decoder.position())
    }

    /// Whether nothing failed since `place` but a variant that is not known; it is skipped then.
    pub(crate) fn forgive(&mut self, place: Option<usize>) -> bool {
        let (Some(place), Some(Failure::UnknownVariant)) = (place, self.failure) else {
            return false;
        };
        self.failure = None;
        self.decoder.set_position(place);
        self.skip();
        true
    }

    /// Skips one value, whatever it contains but what is of unknown length.
    pub(crate) fn skip(&mut self) {
        let mut left = 1_u64;
        while left > 0 && self.failure.is_none() {
            let (kind, value) = self.head();
            let inside = match kind {
                major::BYTES | major::TEXT => {
                    self.advance(value);
                    0
                }
                major::ARRAY => value,
                major::MAP => value.saturating_mul(2),
                major::TAG => 1,
                _ => 0,
            };
            left = (left - 1).saturating_add(inside);
        }
    }

    fn bytes(&mut self) -> &'b [u8] {
        self.take(Decoder::bytes)
    }

    /// Reads the head of an item of one kind, and gives the number in it.
    fn head_of(&mut self, kind: u8) -> u64 {
        match self.head() {
            (found, value) if found == kind => value,
            _ => {
                self.fail();
                0
            }
        }
    }

    /// Reads the head of any item: its major type, and the number that follows (RFC 8949, 3).
    fn head(&mut self) -> (u8, u64) {
        let first = self.advance(1).first().copied().unwrap_or_default();
        let (kind, info) = (first >> 5, first & 0x1f);
        if info < 24 {
            return (kind, u64::from(info));
        }
        let bytes = match info {
            24..=27 => self.advance(1 << (info - 24)),
            _ => &[],
        };
        if bytes.is_empty() {
            self.fail();
        }
        (kind, bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// The next bytes; none, if there are not as many.
    fn advance(&mut self, bytes: u64) -> &'b [u8] {
        let place = self.decoder.position();
        let end = usize::try_from(bytes).ok().and_then(|bytes| place.checked_add(bytes));
        let found = end.and_then(|end| Some((end, self.decoder.input().get(place..end)?)));
        match found.filter(|_| self.failure.is_none()) {
            Some((end, found)) => {
                self.decoder.set_position(end);
                found
            }
            None => {
                self.fail();
                &[]
            }
        }
    }

    /// Reads a `null`, if there is one.
    fn null(&mut self) -> bool {
        const NULL: u8 = 0xf6;
        let place = self.decoder.position();
        let is_null = self.decoder.input().get(place) == Some(&NULL);
        if is_null {
            self.decoder.set_position(place + 1);
        }
        is_null
    }

    fn take<T: Default>(&mut self, read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Error>) -> T {
        if self.failure.is_some() {
            return T::default();
        }
        read(&mut self.decoder).unwrap_or_else(|_| {
            self.fail();
            T::default()
        })
    }
}

macro_rules! decode_with {
    ($($kind:ty: $read:ident),*) => { $(
        impl<'b> Decode<'b> for $kind {
            fn decode(r: &mut Reader<'b>) -> Self {
                r.take(Decoder::$read).into()
            }
        }
    )* };
}

impl<'b> Decode<'b> for u64 {
    fn decode(r: &mut Reader<'b>) -> Self {
        r.head_of(major::UNSIGNED)
    }
}

decode_with!(bool: bool, i64: i64, f64: f64, &'b str: str, String: str);

macro_rules! decode_small {
    ($($kind:ty),*) => { $(
        impl<'b> Decode<'b> for $kind {
            fn decode(r: &mut Reader<'b>) -> Self {
                u64::decode(r).try_into().unwrap_or_else(|_| {
                    r.fail();
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
            if r.failure.is_some() {
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
            r.fail();
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
            r.fail();
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
mod tests {
    use super::{Decode, Reader};

    /// What follows the value that is skipped, if it can be.
    fn after(bytes: &[u8]) -> Option<u8> {
        let mut reader = Reader::new(bytes, bytes.len());
        reader.skip();
        let next = u8::decode(&mut reader);
        reader.close().is_ok().then_some(next)
    }

    #[test]
    fn any_value_is_skipped_whole() {
        for value in [
            &[0x17][..],                              // 23
            &[0x3b, 0, 0, 0, 0, 0, 0, 0, 9],          // -10 in the longest form
            &[0x42, 0xff, 0xff],                      // bytes
            &[0x60],                                  // an empty text
            &[0x82, 0x80, 0x83, 1, 0x41, 0xff, 2],    // arrays in an array
            &[0xa2, 1, 0x81, 2, 0x61, b'a', 0xa0],    // a map
            &[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0],    // a tag
            &[0xf6],                                  // null
            &[0xfb, 0x3f, 0xf1, 0x99, 0, 0, 0, 0, 0], // a double
            &[0xf8, 0xff],                            // a simple value
        ] {
            let mut followed = value.to_vec();
            followed.push(7);
            assert_eq!(after(&followed), Some(7), "{value:02x?}");
            for cut in 0..value.len() {
                assert_eq!(after(&value[..cut]), None, "{value:02x?} cut to {cut}");
            }
        }
    }

    #[test]
    fn lengths_that_lie_and_unknown_ones_are_refused() {
        for value in [
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0][..],
            &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x9f, 0, 0xff, 0],
            &[0x5f, 0x41, 0, 0xff, 0],
            &[0x1c, 0, 0],
        ] {
            assert_eq!(after(value), None, "{value:02x?}");
        }
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let read = |bytes: &[u8]| {
            let mut reader = Reader::new(bytes, bytes.len());
            let value = u16::decode(&mut reader);
            reader.close().is_ok().then_some(value)
        };
        assert_eq!(read(&[0x19, 0xff, 0xff]), Some(0xffff));
        assert_eq!(read(&[0x1b, 0, 0, 0, 0, 0, 0, 0, 5]), Some(5), "a longer form");
        assert_eq!(read(&[0x1a, 0, 1, 0, 0]), None);
        assert_eq!(read(&[0x20]), None, "a negative number");
        assert_eq!(read(&[]), None);
    }
}
