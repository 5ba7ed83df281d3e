//! What the application reads: records, searches that go on, files.

pub(super) mod export;
pub(super) mod filter;
mod handed;
pub(super) mod query;
pub(super) mod watches;
