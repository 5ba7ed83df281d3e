//! A ticket is settled at most once, in time, and tells the truth.

use lacis_core::{Completion, Event, Output, Ticket, Until};

use super::{Check, Verdict};
use crate::app::{ANSWER, answer_bytes};
use crate::content;
use crate::ids::TabId;
use crate::truth::{Promise, Purpose, Truth};

#[derive(Debug, Default)]
pub(super) struct Tickets;

impl Check for Tickets {
    fn output(&mut self, truth: &Truth, tab: TabId, output: &Output) -> Verdict {
        match output {
            Output::Event(Event::Completed { ticket, result: Ok(Completion::Answer(payload)) }) => {
                let promise = open(truth, tab, *ticket)?;
                if promise.purpose == Purpose::Pairing {
                    return in_time(truth, tab, *ticket, promise);
                }
                let Purpose::Request { message } = promise.purpose else {
                    return Err(format!("tab {} got an answer to no question", tab.0));
                };
                let size = answer_bytes(message);
                if payload.len() != size || !content::matches(message + ANSWER, 0, payload) {
                    return Err(format!("tab {} got a wrong answer to {message}", tab.0));
                }
                in_time(truth, tab, *ticket, promise)
            }
            Output::Event(Event::Completed { ticket, result }) => {
                let promise = open(truth, tab, *ticket)?;
                if result.is_ok() {
                    kept(truth, tab, *ticket, promise)?;
                }
                in_time(truth, tab, *ticket, promise)
            }
            _ => Ok(()),
        }
    }

    fn sweep(&mut self, truth: &Truth) -> Verdict {
        let open = truth.promises.iter().filter(|(_, promise)| promise.settled.is_none());
        for (&(tab, ticket), promise) in open {
            if truth.is_alive(tab) {
                in_time(truth, tab, ticket, promise)?;
            }
        }
        Ok(())
    }
}

fn open(truth: &Truth, tab: TabId, ticket: Ticket) -> Result<&Promise, String> {
    match truth.promises.get(&(tab, ticket)) {
        None => Err(format!("tab {} settled ticket {ticket}, which was never given", tab.0)),
        Some(promise) if promise.settled.is_some() => {
            Err(format!("tab {} settled ticket {ticket} twice: {promise:?}", tab.0))
        }
        Some(promise) => Ok(promise),
    }
}

fn in_time(truth: &Truth, tab: TabId, ticket: Ticket, promise: &Promise) -> Verdict {
    let late = |deadline| truth.now > deadline + truth.slack(tab, promise);
    if promise.deadline.is_some_and(late) {
        return Err(format!("tab {} did not settle ticket {ticket} in time: {promise:?}", tab.0));
    }
    Ok(())
}

/// What was reported as done was done.
fn kept(truth: &Truth, tab: TabId, ticket: Ticket, promise: &Promise) -> Verdict {
    let lie = |what: &str| {
        Err(format!("tab {} settled ticket {ticket} well, but {what}: {promise:?}", tab.0))
    };
    match promise.purpose {
        Purpose::Send { message, until: Until::Delivered } => {
            let to = truth.messages.get(&message).and_then(|letter| letter.to);
            if !to.is_some_and(|to| truth.delivered.contains(&(message, to))) {
                return lie("the message did not arrive");
            }
        }
        Purpose::Finish { file } => {
            let whole = |file: &&crate::FileFacts| file.ended && file.received == file.size;
            if truth.files.get(&file).filter(whole).is_none() {
                return lie("the file did not arrive");
            }
        }
        Purpose::Request { .. } => return lie("there is no answer"),
        _ => {}
    }
    Ok(())
}
