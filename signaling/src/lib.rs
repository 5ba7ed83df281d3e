//! The Lacis signaling server: a rendezvous and a mailbox, nothing more.
//!
//! Nodes announce themselves under opaque topics, hear of a few others there, and pass sealed
//! payloads to each other's mailboxes until they are linked directly. The server never learns what
//! a topic stands for or what a payload says, and nobody has to trust it.
//!
//! [`hub`] decides everything and is pure; it is all there is without the feature `server`. With
//! it, [`run`] gives the hub sockets, a clock and pages to serve. `docs/operating.md` is for those
//! who operate one.

#![cfg_attr(not(feature = "server"), no_std)]

extern crate alloc;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod hub;
pub mod limits;
#[cfg(feature = "server")]
mod network;
mod rate_limit;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod turn;

#[cfg(feature = "server")]
pub use server::{
    BackplaneOptions, Bus, Config, MetricsAt, Prepared, RunError, TlsFiles, TokenKeys, TurnOptions,
    own_address, prepare, run,
};
