//! A node that was closed says nothing any more, whatever it is told.

use std::collections::BTreeSet;

use lacis_core::{Event, Output};

use super::{Check, Verdict};
use crate::ids::TabId;
use crate::truth::{Purpose, Truth};

#[derive(Debug, Default)]
pub(super) struct Closed(BTreeSet<TabId>);

impl Check for Closed {
    fn output(&mut self, truth: &Truth, tab: TabId, output: &Output) -> Verdict {
        if let Output::Event(Event::Completed { ticket, .. }) = output {
            let promise = truth.promises.get(&(tab, *ticket));
            // Whoever asks again is told that it is done.
            if promise.is_some_and(|promise| promise.purpose == Purpose::Close) {
                self.0.insert(tab);
                return Ok(());
            }
        }
        if self.0.contains(&tab) {
            return Err(format!("tab {} was closed and still wants {output:?}", tab.0));
        }
        Ok(())
    }
}
