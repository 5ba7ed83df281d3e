//! What derived decoders have in common: reading the fields of an array one after the other.

use crate::reader::{Decode, DecodeBytes, Reader};

/// The fields of a struct or a variant that have not been read yet.
#[derive(Debug)]
pub struct Fields {
    left: u64,
}

impl Fields {
    /// Opens the array in which the fields stand.
    #[must_use]
    pub fn open(r: &mut Reader<'_>) -> Self {
        Self { left: r.items() }
    }

    /// Reads the next field. One that is missing, as an older version leaves it out, or whose
    /// variant a newer version has added, is nothing where that is allowed; elsewhere the reader
    /// fails.
    pub fn next<'b, T: Decode<'b>>(&mut self, r: &mut Reader<'b>) -> T {
        let Some(nothing) = T::absent() else {
            self.demand(r);
            return T::decode(r);
        };
        if !self.take() {
            return nothing;
        }
        let place = r.place();
        let value = T::decode(r);
        if r.forgive(place) { nothing } else { value }
    }

    /// Reads the next field, which is a string of bytes; the reader fails if it is missing and may
    /// not be.
    pub fn next_bytes<'b, T: DecodeBytes<'b>>(&mut self, r: &mut Reader<'b>) -> T {
        let Some(nothing) = T::absent() else {
            self.demand(r);
            return T::decode_bytes(r);
        };
        if self.take() { T::decode_bytes(r) } else { nothing }
    }

    /// Skips the fields that a newer version has added.
    pub fn close(self, r: &mut Reader<'_>) {
        for _ in 0..self.left {
            if r.place().is_none() {
                return;
            }
            r.skip();
        }
    }

    fn demand(&mut self, r: &mut Reader<'_>) {
        if !self.take() {
            r.fail();
        }
    }

    const fn take(&mut self) -> bool {
        let is_there = self.left > 0;
        if is_there {
            self.left -= 1;
        }
        is_there
    }
}
