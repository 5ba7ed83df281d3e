//! The records of a group, as one member holds them.
//!
//! [`Index`] keeps the copies that a member holds in the order in which they are compared, and
//! [`reconcile`] finds what two members lack of each other.

mod index;
mod judge;
mod members;
pub mod reconcile;
mod replica;

pub use index::{CopyKey, Index};
pub use judge::Refusal;
pub use members::Members;
pub use replica::{Change, Copy, Outcome, Replica};
