//! Interactive messages of one sender to one receiver come in the order in which they were sent:
//! all of a room, and those for the receiver alone whatever the room. What is told to all in two
//! large rooms goes two ways.

use std::collections::BTreeMap;

use lacis_core::{Event, MessageKind, Output};

use super::{Check, Verdict};
use crate::content;
use crate::ids::TabId;
use crate::truth::Truth;

#[derive(Debug, Default)]
pub(super) struct Order {
    /// The last number that came from one tab to another, in a room, and for it alone in any.
    last: BTreeMap<(TabId, TabId, Option<usize>), u64>,
}

impl Check for Order {
    fn output(&mut self, truth: &Truth, tab: TabId, output: &Output) -> Verdict {
        let label = match output {
            Output::Event(Event::Message { kind: MessageKind::Ephemeral, .. }) => return Ok(()),
            Output::Event(Event::Message { label, .. } | Event::Request { label, .. }) => label,
            _ => return Ok(()),
        };
        let Some(number) = content::number(label) else { return Ok(()) };
        let Some(letter) = truth.messages.get(&number).filter(|letter| letter.ordered) else {
            return Ok(());
        };
        let alone = letter.to.map(|_| None);
        for room in alone.into_iter().chain([Some(letter.room)]) {
            let last = self.last.insert((letter.from, tab, room), number).unwrap_or(0);
            if last > number {
                let from = letter.from.0;
                return Err(format!(
                    "message {number} from tab {from} came to tab {} after message {last}",
                    tab.0
                ));
            }
        }
        Ok(())
    }
}
