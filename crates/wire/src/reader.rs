//! Reading values out of CBOR, in the one form in which they are written.
//!
//! Every integer and every length has its shortest form, every array and string a definite length,
//! and nothing that may be left out stands there as `null`. So what is read, encoded again, gives
//! the bytes that came, and a hash or a signature over either is one over the other.
//!
//! A reader that has failed goes on to give zeros and empty strings, so that what reads a value has
//! no error to hand on at every field, which was a twentieth of the Wasm module. Whether all was
//! right is asked once, at the end of the frame: [`Reader::close`].

use alloc::string::String;
use alloc::vec::Vec;

use crate::codec::DecodeError;

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
mod tests {
    use super::{Decode, Reader};
    use crate::DecodeError;

    /// What follows the value that is skipped, if it can be.
    fn after(bytes: &[u8]) -> Result<u8, DecodeError> {
        let mut reader = Reader::new(bytes, bytes.len());
        reader.skip();
        let next = u8::decode(&mut reader);
        reader.close().map(|()| next)
    }

    #[test]
    fn any_value_of_the_protocol_is_skipped_whole() {
        for value in [
            &[0x17][..],                           // 23
            &[0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0],    // below what fits 64 bits with a sign
            &[0x42, 0xff, 0xff],                   // bytes
            &[0x60],                               // an empty text
            &[0x62, 0xc3, 0xa9],                   // a text
            &[0x82, 0x80, 0x83, 1, 0x41, 0xff, 2], // arrays in an array
            &[0xf4],                               // false
            &[0xf5],                               // true
            &[0xf6],                               // null
        ] {
            let mut followed = value.to_vec();
            followed.push(7);
            assert_eq!(after(&followed), Ok(7), "{value:02x?}");
            for cut in 0..value.len() {
                assert_eq!(after(&value[..cut]), Err(DecodeError::Malformed), "{value:02x?} {cut}");
            }
        }
    }

    #[test]
    fn what_the_protocol_does_not_write_is_not_skipped() {
        for value in [
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0][..],
            &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x9f, 0, 0xff, 0],                         // of unknown length
            &[0x5f, 0x41, 0, 0xff, 0],                   // of unknown length
            &[0x1c, 0, 0],                               // a length that is none
            &[0x62, 0xc3, 0x28, 0],                      // no UTF-8
            &[0xa0, 0],                                  // a map
            &[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0, 0],    // a tag
            &[0xfb, 0x3f, 0xf1, 0x99, 0, 0, 0, 0, 0, 0], // a double
            &[0xf7, 0],                                  // undefined
            &[0xf8, 0xff, 0],                            // a simple value
            &[0x81, 0xa0, 0],                            // a map in an array
        ] {
            assert_eq!(after(value), Err(DecodeError::Malformed), "{value:02x?}");
        }
    }

    #[test]
    fn every_number_and_length_has_one_form() {
        for (info, bytes, least) in
            [(24_u8, 1, 24), (25, 2, 256), (26, 4, 65_536), (27, 8, 1_u64 << 32)]
        {
            let head = |kind: u8, value: u64| {
                let mut head = alloc::vec![kind << 5 | info];
                head.extend_from_slice(&value.to_be_bytes()[8 - bytes..]);
                head
            };
            let read = |bytes: &[u8]| {
                let mut reader = Reader::new(bytes, bytes.len());
                let value = u64::decode(&mut reader);
                reader.close().map(|()| value)
            };
            assert_eq!(read(&head(0, least)), Ok(least));
            assert_eq!(read(&head(0, least - 1)), Err(DecodeError::NotCanonical));
            assert_eq!(read(&head(0, 0)), Err(DecodeError::NotCanonical));
            for kind in 0..5 {
                let mut item = head(kind, 1);
                item.extend_from_slice(&[0x41, 7]);
                assert_eq!(after(&item), Err(DecodeError::NotCanonical), "{item:02x?}");
            }
        }
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        fn read<'b, T: Decode<'b>>(bytes: &'b [u8]) -> Option<T> {
            let mut reader = Reader::new(bytes, bytes.len());
            let value = T::decode(&mut reader);
            reader.close().is_ok().then_some(value)
        }
        assert_eq!(read::<u16>(&[0x19, 0xff, 0xff]), Some(0xffff));
        assert_eq!(read::<u16>(&[0x1a, 0, 1, 0, 0]), None);
        assert_eq!(read::<u16>(&[0x20]), None, "a negative number");
        assert_eq!(read::<u16>(&[]), None);
        let most = [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(read::<i64>(&[&[0x1b][..], &most].concat()), Some(i64::MAX));
        assert_eq!(read::<i64>(&[&[0x3b][..], &most].concat()), Some(i64::MIN));
        assert_eq!(read::<i64>(&[0x38, 0xff]), Some(-256));
        for kind in [0x1b, 0x3b] {
            assert_eq!(read::<i64>(&[kind, 0x80, 0, 0, 0, 0, 0, 0, 0]), None);
        }
        assert_eq!(read::<bool>(&[0xf4]), Some(false));
        assert_eq!(read::<bool>(&[0xf5]), Some(true));
        for other in [0, 1, 0xf6, 0xf7] {
            assert_eq!(read::<bool>(&[other]), None, "{other:#x}");
        }
    }
}
