//! The records of a group, as one member holds them.
//!
//! A [`Replica`] takes versions from anywhere and keeps the one of each record that wins, if the
//! rules that every receiver applies allow it; [`Members`] says who may what, and [`KeyRecords`]
//! which keys there are. [`Index`] keeps the versions in the order in which they are compared;
//! [`sketch`] and [`reconcile`] find what two members lack of each other. It has neither network
//! nor storage: [`crate::Node`] lends it both.

mod budget;
mod calendar;
mod compared;
mod copy;
mod credentials;
mod entries;
mod entry;
mod index;
mod judge;
mod key_records;
pub mod reconcile;
mod replaced;
mod replica;
mod rights;
pub mod sketch;
mod waiting;

pub use copy::{BucketSummary, Change, Copy, Outcome};
pub use entry::Held;
pub use index::{CopyKey, Index};
pub use judge::{Offered, Refusal};
pub use key_records::{KeyRecord, KeyRecords};
pub use replica::Replica;
pub use rights::Members;
