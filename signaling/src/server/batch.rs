//! What passes between the hub and a connection at once, each way.

use bytes::Bytes;
use lacis_wire::signal::ByeReason;

/// What came in from a connection.
#[derive(Debug)]
pub(super) enum Received {
    Frame(Bytes),
    Malformed,
    Alive,
}

/// What is to be written to a connection.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) frames: Vec<Bytes>,
    pub(super) ping: bool,
    /// Set if these are the last frames.
    pub(super) close: Option<ByeReason>,
}

impl Batch {
    pub(super) const fn is_empty(&self) -> bool {
        self.frames.is_empty() && !self.ping
    }
}
