//! Writing values as CBOR. Writing to memory cannot fail, so nothing here does.

use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use minicbor::Encoder;
use minicbor::encode::Error;

/// What is written to.
pub type Bytes = Vec<u8>;

/// A value that is written as CBOR.
pub trait Encode {
    /// Writes it to the end of `out`.
    fn encode(&self, out: &mut Bytes);

    /// Whether it may be left out at the end of an array.
    #[must_use]
    fn is_absent(&self) -> bool {
        false
    }
}

/// A value that is written as a string of bytes.
pub trait EncodeBytes {
    /// As [`Encode::encode`].
    fn encode_bytes(&self, out: &mut Bytes);

    /// As [`Encode::is_absent`].
    #[must_use]
    fn is_absent(&self) -> bool {
        false
    }
}

/// The array of a struct's or variant's fields, which is being written. Those that are absent at
/// its end are left out.
#[derive(Debug)]
pub struct Array {
    head: usize,
    written: u8,
    absent: u8,
}

/// A head that tells the number of items itself; the derive refuses more than it can.
const ARRAY: u8 = 0x80;
const NULL: u8 = 0xf6;

impl Array {
    /// Begins one at the end of `out`.
    #[must_use]
    pub fn open(out: &mut Bytes) -> Self {
        out.push(ARRAY);
        Self { head: out.len() - 1, written: 0, absent: 0 }
    }

    /// Writes the next field.
    pub fn put<T: Encode>(&mut self, out: &mut Bytes, field: &T) {
        if field.is_absent() {
            self.absent += 1;
        } else {
            self.step(out);
            field.encode(out);
        }
    }

    /// Writes the next field, which is a string of bytes.
    pub fn put_bytes<T: EncodeBytes>(&mut self, out: &mut Bytes, field: &T) {
        if field.is_absent() {
            self.absent += 1;
        } else {
            self.step(out);
            field.encode_bytes(out);
        }
    }

    fn step(&mut self, out: &mut Bytes) {
        for _ in 0..self.absent {
            out.push(NULL);
        }
        self.written += self.absent + 1;
        self.absent = 0;
        if let Some(head) = out.get_mut(self.head) {
            *head = ARRAY + self.written;
        }
    }
}

/// Begins an enum at the end of `out`: its fields follow.
pub fn variant(out: &mut Bytes, index: u32) {
    out.push(ARRAY + 2);
    index.encode(out);
}

fn unsigned(out: &mut Bytes, value: u64) {
    written(Encoder::new(out).u64(value));
}

fn bytes(out: &mut Bytes, value: &[u8]) {
    written(Encoder::new(out).bytes(value));
}

fn written<T>(done: Result<T, Error<Infallible>>) {
    debug_assert!(done.is_ok(), "writing to memory cannot fail");
}

macro_rules! unsigned {
    ($($kind:ty),*) => { $(
        impl Encode for $kind {
            fn encode(&self, out: &mut Bytes) {
                unsigned(out, u64::from(*self));
            }
        }
    )* };
}

unsigned!(u8, u16, u32, u64);

macro_rules! encode_with {
    ($($kind:ty: $write:ident),*) => { $(
        impl Encode for $kind {
            fn encode(&self, out: &mut Bytes) {
                written(Encoder::new(out).$write(*self));
            }
        }
    )* };
}

encode_with!(bool: bool, i64: i64, &str: str);

impl Encode for String {
    fn encode(&self, out: &mut Bytes) {
        self.as_str().encode(out);
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut Bytes) {
        match self {
            Some(value) => value.encode(out),
            None => out.push(NULL),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Bytes) {
        written(Encoder::new(&mut *out).array(self.len() as u64));
        for item in self {
            item.encode(out);
        }
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self, out: &mut Bytes) {
        out.push(ARRAY + 2);
        self.0.encode(out);
        self.1.encode(out);
    }
}

impl EncodeBytes for &[u8] {
    fn encode_bytes(&self, out: &mut Bytes) {
        bytes(out, self);
    }
}

impl EncodeBytes for Vec<u8> {
    fn encode_bytes(&self, out: &mut Bytes) {
        bytes(out, self);
    }
}

impl<const N: usize> EncodeBytes for [u8; N] {
    fn encode_bytes(&self, out: &mut Bytes) {
        bytes(out, self);
    }
}

impl<T: EncodeBytes> EncodeBytes for Option<T> {
    fn encode_bytes(&self, out: &mut Bytes) {
        match self {
            Some(value) => value.encode_bytes(out),
            None => out.push(NULL),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}
