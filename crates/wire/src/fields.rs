//! What derived decoders have in common: reading the fields of an array one after the other.

use crate::codec::DecodeError;
use crate::reader::{Decode, DecodeBytes, Reader};

/// The fields of a struct or a variant that have not been read yet.
#[derive(Debug)]
pub struct Fields {
    left: u64,
    /// Whether the last one that was read is `null`.
    null: bool,
    /// What [`Reader::is_open`] said of what stands around.
    around: bool,
}

impl Fields {
    /// Opens the array in which the fields stand. `open` are those of a type to which a newer
    /// version may add some.
    #[must_use]
    pub fn open(r: &mut Reader<'_>, open: bool) -> Self {
        let around = r.set_open(open && r.is_open());
        Self { left: r.items(), null: false, around }
    }

    /// Reads the next field. One that is missing, as a sender leaves it out, is nothing where that
    /// is allowed; elsewhere the reader fails.
    pub fn next<'b, T: Decode<'b>>(&mut self, r: &mut Reader<'b>) -> T {
        match T::absent() {
            Some(nothing) if self.left == 0 => nothing,
            _ => {
                self.step(r);
                T::decode(r)
            }
        }
    }

    /// Reads the next field, which is a string of bytes, in the same way.
    pub fn next_bytes<'b, T: DecodeBytes<'b>>(&mut self, r: &mut Reader<'b>) -> T {
        match T::absent() {
            Some(nothing) if self.left == 0 => nothing,
            _ => {
                self.step(r);
                T::decode_bytes(r)
            }
        }
    }

    /// Ends the array: skips what a newer version has added, where it may have, and refuses it
    /// elsewhere. Nothing that is absent stands at the end.
    pub fn close(mut self, r: &mut Reader<'_>) {
        if self.left > 0 && !r.is_open() {
            r.fail(DecodeError::Unknown);
        }
        while self.left > 0 && !r.has_failed() {
            self.step(r);
            r.skip();
        }
        if self.null {
            r.fail(DecodeError::NotCanonical);
        }
        r.set_open(self.around);
    }

    fn step(&mut self, r: &mut Reader<'_>) {
        if self.left == 0 {
            r.fail(DecodeError::Malformed);
        }
        self.left = self.left.saturating_sub(1);
        self.null = r.is_at_null();
    }
}
