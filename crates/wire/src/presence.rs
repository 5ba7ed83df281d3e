//! Presence: what a node says of itself to everybody in a room, for a while.
//!
//! It travels as the payload of a message under [`LABEL`]: four bytes, the lowest first, say for
//! how many milliseconds it holds, and what the application says follows.

use alloc::vec::Vec;

use crate::limits;

/// The label under which presence travels; no application uses it.
pub const LABEL: &str = "lacis.presence";

/// Writes what is said for so many milliseconds; for none at all, nothing is said any more.
#[must_use]
pub fn write(lifetime_ms: u32, value: &[u8]) -> Vec<u8> {
    [&lifetime_ms.to_le_bytes(), value].concat()
}

/// Reads for how many milliseconds what is said; `None` if it has no such form.
#[must_use]
pub fn read(payload: &[u8]) -> Option<(u32, &[u8])> {
    let (lifetime_ms, value) = payload.split_first_chunk()?;
    let fits = value.len() <= limits::PRESENCE_BYTES;
    fits.then_some((u32::from_le_bytes(*lifetime_ms), value))
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::limits;

    #[test]
    fn what_is_written_is_read() {
        for said in [(30_000, &b"here"[..]), (1, b""), (0, b""), (u32::MAX, b"\xff")] {
            assert_eq!(read(&write(said.0, said.1)), Some(said));
        }
    }

    #[test]
    fn what_has_another_form_is_not() {
        let most = [7; limits::PRESENCE_BYTES + 1];
        assert_eq!(read(b"\x01\x00\x00"), None);
        assert!(read(&write(1, &most[1..])).is_some());
        assert_eq!(read(&write(1, &most)), None);
    }
}
