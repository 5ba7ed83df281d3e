//! What a test lends the scenarios.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_core::{Input, Output};

use crate::driver::{Platform, Seen};

/// Which of the two ends.
pub type Side = usize;

/// What passed between a node and its platform, kept.
#[derive(Clone, Debug)]
pub enum Logged {
    /// What the node was told.
    Input(Input<'static>),
    /// What the node wanted.
    Output(Output),
    /// The timer fired.
    Timeout,
}

impl From<Seen<'_>> for Logged {
    fn from(seen: Seen<'_>) -> Self {
        match seen {
            Seen::Input(input) => Self::Input(input.clone().into_owned()),
            Seen::Output(output) => Self::Output(output.clone()),
            Seen::Timeout => Self::Timeout,
        }
    }
}

/// Two ends on one platform, each with a driver whose node has neither rooms nor servers.
#[expect(async_fn_in_trait, reason = "a test calls it, from one thread")]
pub trait Harness {
    /// What an end runs on.
    type Platform<'a>: Platform
    where
        Self: 'a;

    /// One end.
    fn platform(&mut self, side: Side) -> Self::Platform<'_>;

    /// What has passed at an end since this was last asked, as [`Platform::sees`] was shown it, in
    /// order.
    fn log(&mut self, side: Side) -> Vec<Logged>;

    /// Lets time pass, and everything happen that happens within it.
    async fn pass(&mut self, time: Duration);

    /// Has an end refuse to make connections, or make them again.
    fn refuse_connections(&mut self, side: Side, refuse: bool);

    /// Has the store of an end fail, or work again.
    fn fail_store(&mut self, side: Side, fail: bool);

    /// Moves the clock on the wall of an end ahead, by some more milliseconds.
    fn move_wall(&mut self, side: Side, ahead: i64);

    /// An address at which nobody answers.
    fn dead_address(&self) -> String;
}
