//! What this node writes and takes: records and their versions, what is asked first, what ends.

pub(super) mod approval;
pub(super) mod author;
pub(super) mod expiry;
pub(super) mod rewriting;
