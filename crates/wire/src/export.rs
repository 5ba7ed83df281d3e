//! A group as a file: parts, each after its length in four bytes, the lowest first.

use alloc::vec::Vec;

use crate::codec::DecodeError;
use crate::ids::GroupId;
use crate::limits;

/// How the first part begins; the id of the group follows.
const MAGIC: &[u8] = b"lacis group 1\n";

const LENGTH_BYTES: usize = 4;

/// What the first part of a file begins with.
#[must_use]
pub fn head(group: &GroupId) -> Vec<u8> {
    [MAGIC, group.as_bytes()].concat()
}

/// The group of which a file is, by its first part, and what else that says; `None` if it is no
/// such file.
#[must_use]
pub fn read_head(first: &[u8]) -> Option<(GroupId, &[u8])> {
    let (id, rest) = first.strip_prefix(MAGIC)?.split_first_chunk()?;
    Some((GroupId(*id), rest))
}

/// A part as it stands in the file.
#[must_use]
pub fn framed(part: &[u8]) -> Vec<u8> {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes(), part].concat()
}

/// The parts of a file that comes some bytes at a time.
#[derive(Debug, Default)]
pub struct Parts {
    bytes: Vec<u8>,
    /// How many of them were read.
    read: usize,
}

impl Parts {
    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next part that is whole; `None` until more bytes have come.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`] for a part that no file has.
    pub fn next_part(&mut self) -> Result<Option<&[u8]>, DecodeError> {
        let left = self.bytes.get(self.read..).unwrap_or_default();
        let Some((length, left)) = left.split_first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > limits::EXPORT_PART_BYTES {
            return Err(DecodeError::TooLong);
        }
        let part = left.get(..length);
        if part.is_some() {
            self.read += LENGTH_BYTES + length;
        }
        Ok(part)
    }

    /// Whether all that came was read: a file ends with a part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read == self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{Parts, framed};
    use crate::codec::DecodeError;
    use crate::limits;

    #[test]
    fn parts_are_the_same_however_the_file_comes() {
        let all: [&[u8]; 4] = [b"first", b"", &[7; 300], b"last"];
        let file: Vec<u8> = all.iter().flat_map(|part| framed(part)).collect();
        for step in [1, 3, 4, 7, 100, file.len()] {
            let (mut parts, mut found) = (Parts::default(), Vec::new());
            for bytes in file.chunks(step) {
                parts.push(bytes);
                while let Some(part) = parts.next_part().expect("short") {
                    found.push(Vec::from(part));
                }
            }
            assert_eq!(found, all, "{step} bytes at a time");
            assert!(parts.is_empty());
        }
    }

    #[test]
    fn a_file_that_ends_within_a_part_is_not_whole() {
        let mut parts = Parts::default();
        parts.push(&framed(b"first")[..8]);
        assert_eq!(parts.next_part(), Ok(None));
        assert!(!parts.is_empty());
    }

    #[test]
    fn a_part_of_any_other_length_is_refused_before_it_comes() {
        let length = u32::try_from(limits::EXPORT_PART_BYTES).expect("small");
        let mut parts = Parts::default();
        parts.push(&length.to_le_bytes());
        assert_eq!(parts.next_part(), Ok(None));
        let mut parts = Parts::default();
        parts.push(&(length + 1).to_le_bytes());
        assert_eq!(parts.next_part(), Err(DecodeError::TooLong));
    }
}
