//! The records of a group, as one member holds them.
//!
//! [`Index`] keeps the copies that a member holds in the order in which they are compared, and
//! [`reconcile`] finds what two members lack of each other.

mod index;
pub mod reconcile;

pub use index::{CopyKey, Index};
