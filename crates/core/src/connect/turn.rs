//! Whose turn it is to send on bulk. Streams and each group take turns, so that none holds up the
//! others, however much it has to say.

use lacis_wire::limits;

use crate::ids::RoomId;

/// How much is sent in one turn, or more by what is cut no smaller.
const TURN_BYTES: u64 = limits::CHUNK_BYTES as u64;

/// A turn on bulk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    /// The group whose turn it is; that of streams if none.
    pub(super) of: Option<RoomId>,
    /// How many bytes had been sent on bulk when it began.
    since: u64,
}

impl Turn {
    pub(super) const fn new(of: Option<RoomId>, sent: u64) -> Self {
        Self { of, since: sent }
    }

    /// Whether it is over, when so many bytes have been sent on bulk.
    pub(super) const fn is_over(&self, sent: u64) -> bool {
        sent.saturating_sub(self.since) >= TURN_BYTES
    }
}
