//! What must hold at every step. Each checker is a file and looks at outputs only, as a user would.

mod bounds;
mod closed;
mod dead_links;
mod delivery;
mod files;
mod members;
mod order;
mod tickets;

use std::fmt::Debug;

use lacis_core::{Output, Report};

use crate::ids::TabId;
use crate::truth::Truth;

/// Nothing, or a sentence that says what is wrong.
pub(crate) type Verdict = Result<(), String>;

/// A checker.
pub(crate) trait Check: Debug {
    /// Looks at an output of a node before it is carried out.
    fn output(&mut self, _: &Truth, _: TabId, _: &Output) -> Verdict {
        Ok(())
    }

    /// Looks at a node from outside, after it did something.
    fn glimpse(&mut self, _: &Truth, _: TabId, _: &Glimpse) -> Verdict {
        Ok(())
    }

    /// Looks for what should have happened and did not.
    fn sweep(&mut self, _: &Truth) -> Verdict {
        Ok(())
    }
}

/// A node seen from outside.
#[derive(Debug)]
pub(crate) struct Glimpse {
    pub(crate) report: Report,
    /// Connections that its browser holds.
    pub(crate) connections: usize,
    /// Bytes that wait in its browser for one channel, the most of all.
    pub(crate) buffered_max: usize,
}

/// All checkers.
#[derive(Debug)]
pub(crate) struct Checks(Vec<Box<dyn Check>>);

impl Default for Checks {
    fn default() -> Self {
        Self(vec![
            Box::new(dead_links::DeadLinks::default()),
            Box::new(delivery::Delivery),
            Box::new(order::Order::default()),
            Box::new(tickets::Tickets),
            Box::new(members::Members::default()),
            Box::new(files::Files::default()),
            Box::new(bounds::Bounds),
            Box::new(closed::Closed::default()),
        ])
    }
}

impl Checks {
    pub(crate) fn output(&mut self, truth: &Truth, tab: TabId, output: &Output) -> Verdict {
        self.0.iter_mut().try_for_each(|check| check.output(truth, tab, output))
    }

    pub(crate) fn glimpse(&mut self, truth: &Truth, tab: TabId, glimpse: &Glimpse) -> Verdict {
        self.0.iter_mut().try_for_each(|check| check.glimpse(truth, tab, glimpse))
    }

    pub(crate) fn sweep(&mut self, truth: &Truth) -> Verdict {
        self.0.iter_mut().try_for_each(|check| check.sweep(truth))
    }
}

/// A line for a trace.
pub(crate) fn short(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
