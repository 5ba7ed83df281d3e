//! A message arrives at most once, intact, from the one who sent it, in the room where it was
//! sent, and at nobody else.

use lacis_core::{Event, Output, RoomId};
use lacis_wire::NodeId;

use super::{Check, Verdict};
use crate::content;
use crate::ids::TabId;
use crate::truth::{LetterKind, Truth};

#[derive(Debug, Default)]
pub(super) struct Delivery;

impl Check for Delivery {
    fn output(&mut self, truth: &Truth, tab: TabId, output: &Output) -> Verdict {
        match output {
            Output::Event(Event::Message { room, node, label, payload, kind }) => {
                check(truth, tab, *room, *node, label, payload, LetterKind::Message(*kind))
            }
            Output::Event(Event::Request { room, node, label, payload, .. }) => {
                check(truth, tab, *room, *node, label, payload, LetterKind::Request)
            }
            _ => Ok(()),
        }
    }
}

fn check(
    truth: &Truth,
    tab: TabId,
    room: RoomId,
    node: NodeId,
    label: &str,
    payload: &[u8],
    kind: LetterKind,
) -> Verdict {
    let number = content::number(label).ok_or_else(|| format!("nobody calls a message {label}"))?;
    let wrong = |what: &str| Err(format!("message {number} came to tab {} {what}", tab.0));
    let Some(letter) = truth.messages.get(&number) else { return wrong("and was never sent") };
    if truth.delivered.contains(&(number, tab)) {
        return wrong("twice");
    }
    if truth.tab_of(node) != Some(letter.from) {
        return wrong("in the name of somebody else");
    }
    if letter.to.is_some_and(|to| to != tab) || letter.from == tab {
        return wrong("and was meant for somebody else");
    }
    if truth.rooms.get(&(tab, room)) != Some(&letter.room) {
        return wrong("in another room than it was sent in");
    }
    if letter.kind != kind {
        return wrong("as another kind of message");
    }
    if payload.len() != letter.size || !content::matches(number, 0, payload) {
        return wrong("damaged");
    }
    Ok(())
}
