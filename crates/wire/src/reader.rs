//! Reading values out of CBOR.
//!
//! A reader that has failed goes on to give zeros and empty strings, so that what reads a value has
//! no error to hand on at every field, which was a twentieth of the Wasm module. Whether all was
//! right is asked once, at the end of the frame: [`Reader::close`].

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::Decoder;
use minicbor::decode::Error;

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
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { decoder: Decoder::new(bytes), failure: None }
    }

    /// How many bytes were read; nothing, if they were not what they should be.
    pub(crate) fn close(self) -> Option<usize> {
        self.failure.is_none().then(|| self.decoder.position())
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
        let items = self.take(Decoder::array);
        items.unwrap_or_else(|| {
            self.fail();
            0
        })
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

    /// Skips one value, whatever it contains.
    pub(crate) fn skip(&mut self) {
        self.take(Decoder::skip);
    }

    fn bytes(&mut self) -> &'b [u8] {
        self.take(Decoder::bytes)
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

decode_with!(
    bool: bool, u8: u8, u16: u16, u32: u32, u64: u64, i64: i64, f64: f64, &'b str: str, String: str
);

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
