//! Group time: what the members of a group agree on as the time of day.

use lacis_derive::{Decode, Encode};

/// Milliseconds since the Unix epoch, in group time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Millis(#[n(0)] pub u64);

impl Millis {
    /// No end.
    pub const MAX: Self = Self(u64::MAX);
}
