//! The records of a group, as one member holds them.
//!
//! A [`Replica`] takes copies from anywhere and keeps the one of each record that wins, if the
//! rules that every receiver applies allow it; [`Members`] says who may what. [`Index`] keeps the
//! copies in the order in which they are compared, and [`reconcile`] finds what two members lack of
//! each other. It has neither network nor storage: [`crate::Node`] lends it both.

mod entry;
mod index;
mod judge;
mod members;
pub mod reconcile;
mod replica;

pub use entry::Held;
pub use index::{CopyKey, Index};
pub use judge::Refusal;
pub use members::Members;
pub use replica::{Change, Copy, Outcome, Replica, ShelfSummary};
