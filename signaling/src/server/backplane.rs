//! What links servers so that they act as one: how it is chosen, and what each kind has to do.
//!
//! The hub decides what is said ([`Command`](crate::hub::Command)) and what follows from what is
//! heard ([`Event`](crate::hub::Event)). A backplane carries both, tells when it is there and when
//! it is not, and never holds the hub up.

mod memory;
mod message;
mod redis;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use self::memory::Memory;
use self::redis::Redis;
use super::config::{BackplaneOptions, RunError};
use super::outbox::Inbox;
use super::shared::Shared;
use crate::hub::ServerId;

/// What the options name.
pub(super) fn open(options: &BackplaneOptions) -> Result<Box<dyn Backplane>, RunError> {
    match options {
        BackplaneOptions::Memory(bus) => Ok(Box::new(Memory(Arc::clone(bus)))),
        BackplaneOptions::Redis(address) => match Redis::new(address) {
            Ok(redis) => Ok(Box::new(redis)),
            Err(error) => Err(RunError::Backplane(error.to_string().into())),
        },
    }
}

/// Carries commands to other servers, and brings what they say.
pub(super) trait Backplane: fmt::Debug + Send {
    /// Does so until the inbox has ended and all before its end is done.
    fn run(
        self: Box<Self>,
        me: ServerId,
        inbox: Inbox,
        hub: Arc<Shared>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
