//! How applications react to events, and what the truth learns from outputs.

use lacis_core::{Completion, Event, Node, Output, Timestamp};
use lacis_wire::Code;

use super::World;
use crate::app::{ANSWER, Deed, Requests, answer_bytes};
use crate::content;
use crate::happening::{Call, Happening};
use crate::ids::TabId;
use crate::truth::Purpose;

impl World {
    /// Takes note of what an output means for the truth; the checkers have looked at it before.
    pub(super) fn record(&mut self, tab: TabId, output: &Output) {
        let Output::Event(event) = output else { return };
        let now = self.fabric.now;
        match event {
            Event::Message { label, .. } | Event::Request { label, .. } => {
                if let Some(number) = content::number(label) {
                    self.truth.delivered.insert((number, tab));
                    if let Some(tally) = &mut self.rtc.tally {
                        tally.on_delivered(number, tab);
                    }
                }
            }
            Event::Completed { ticket, result } => {
                if let Some(promise) = self.truth.promises.get_mut(&(tab, *ticket)) {
                    if promise.purpose == Purpose::Pairing
                        && let Ok(Completion::Answer(payload)) = result
                    {
                        let text = String::from_utf8_lossy(payload).into_owned();
                        self.truth.texts.insert((tab, *ticket), text);
                    }
                    promise.settled.get_or_insert((now, done(result)));
                }
            }
            Event::File { stream, name, .. } => {
                if let (Some(number), Some(known)) =
                    (content::number(name), self.tabs.get_mut(tab.0))
                {
                    known.app.receiving.insert(*stream, number);
                }
            }
            Event::FileData { stream, data } => {
                let number = self.tabs.get(tab.0).and_then(|tab| tab.app.receiving.get(stream));
                if let Some(file) = number.and_then(|number| self.truth.files.get_mut(number)) {
                    file.received += data.len() as u64;
                }
            }
            Event::FileEnd { stream } => {
                let number = self.tabs.get(tab.0).and_then(|tab| tab.app.receiving.get(stream));
                if let Some(file) = number.and_then(|number| self.truth.files.get_mut(number)) {
                    file.ended = true;
                }
            }
            _ => {}
        }
    }

    /// What the application does about an event.
    pub(super) fn react(&mut self, tab: TabId, event: Event) {
        let Some(known) = self.tabs.get_mut(tab.0) else { return };
        let manners = known.app.manners;
        match event {
            Event::Request { request, label, .. } => {
                let number = content::number(&label).unwrap_or_default();
                match manners.requests {
                    Requests::Answer => self.plan(tab, Deed::Answer { request, number }),
                    Requests::Refuse => self.plan(tab, Deed::Refuse { request }),
                    Requests::Ignore => {}
                }
            }
            Event::File { stream, .. } => match manners.takes_files {
                Some(true) => self.plan(tab, Deed::TakeFile { stream }),
                Some(false) => self.plan(tab, Deed::RejectFile { stream }),
                None => {}
            },
            Event::FileData { stream, data } => {
                self.plan(tab, Deed::Grant { stream, bytes: data.len() as u64 });
            }
            Event::StreamFailed { stream, .. } => {
                known.app.sending.remove(&stream);
            }
            Event::Completed { ticket, result } => {
                let stream = known.app.after.remove(&ticket);
                if let (Some(stream), Ok(_)) = (stream, result) {
                    self.write_on(tab, stream);
                }
            }
            _ => {}
        }
    }

    fn plan(&mut self, tab: TabId, deed: Deed) {
        let most = self.tabs.get(tab.0).map(|tab| tab.app.manners.thinks).unwrap_or_default();
        let delay = self.fabric.random.upto(most);
        self.fabric.after(delay, Happening::Call(tab, Call::Deed(deed)));
    }
}

/// Whether something was done, whatever else came of it.
pub(super) fn done(result: &Result<Completion, Code>) -> Result<(), Code> {
    result.as_ref().map(|_| ()).map_err(|code| *code)
}

/// The application does what it planned.
pub(super) fn act(deed: Deed, node: &mut Node, now: Timestamp) {
    match deed {
        Deed::Answer { request, number } => {
            let answer = content::bytes(number + ANSWER, 0, answer_bytes(number));
            node.respond(now, request, Ok(answer));
        }
        Deed::Refuse { request } => node.respond(now, request, Err(Code::NoHandler)),
        // The stream may have failed meanwhile; then there is nothing to take.
        Deed::TakeFile { stream } => {
            let _ = node.accept_file(now, stream);
        }
        Deed::RejectFile { stream } => node.cancel_stream(now, stream, Code::Rejected),
        Deed::Grant { stream, bytes } => node.grant(now, stream, bytes),
    }
}
