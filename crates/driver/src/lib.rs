//! The one loop between a [`lacis_core::Node`] and whatever it runs on.
//!
//! A [`Platform`] opens sockets and connections, stores, tells the application and has a clock; a
//! [`Driver`] asks the node what it wants, has the platform do it in order, and arms the one timer.
//! Neither decides anything: what two platforms would decide alike belongs in the node.
//!
//! The driver knows no platform: no clock, no threads, no `async`. Whatever happens is handed in
//! with [`Driver::input`], the timer with [`Driver::timeout`], and everything that an application
//! asks of its node with [`Driver::with`]. The driver is not borrowed while the platform is at
//! work, so whatever that causes may come straight back.

#![no_std]

extern crate alloc;

#[cfg(feature = "conformance")]
pub mod conformance;
mod driver;

pub use driver::{Driver, Platform, Seen};
