//! What of a group is stored: written in batches, read when the group is opened, kept at hand.

pub(super) mod batch;
pub(super) mod body_cache;
pub(super) mod keep;
pub(super) mod load;
pub(super) mod profile;
pub(super) mod read;
pub(super) mod write_queue;
