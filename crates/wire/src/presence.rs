//! Presence: what a node says of itself to everybody in a room, for a while.
//!
//! It travels as a message of the room under [`LABEL`].

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, demand};
use crate::limits;

/// The label under which presence travels; no application uses it.
pub const LABEL: &str = "lacis.presence";

/// What a node says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Presence<'a> {
    /// For how long it holds unless it is said again, in milliseconds.
    #[n(0)]
    pub lifetime_ms: u64,
    /// What the application says; `None` if it says nothing any more.
    #[cbor(b(1), bytes)]
    pub value: Option<&'a [u8]>,
}

impl Frame for Presence<'_> {
    const BYTES_MAX: usize = limits::PRESENCE_BYTES + limits::FRAME_HEADER_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        let bytes = self.value.map_or(0, <[u8]>::len);
        demand(bytes <= limits::PRESENCE_BYTES, "value")
    }
}
