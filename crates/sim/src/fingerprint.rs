//! The hash over everything that nodes put out: equal for equal runs, on every platform.

use std::fmt::{self, Write};
use std::time::Duration;

use lacis_core::{Completion, Event, LinkAction, Output};

use crate::ids::TabId;

/// A hash under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fingerprint(blake3::Hasher);

impl Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

impl Fingerprint {
    pub(crate) fn add(&mut self, now: Duration, tab: TabId, output: &Output) {
        self.number(u64::try_from(now.as_micros()).unwrap_or(u64::MAX));
        self.number(tab.0 as u64);
        // Long strings of bytes would take ten times as long as text.
        match output {
            Output::Transmit(socket, bytes) => {
                self.number(socket.0);
                self.bytes(bytes);
            }
            Output::Link(id, LinkAction::Send(channel, bytes)) => {
                self.number(id.0);
                self.number(u64::from(channel.id()));
                self.bytes(bytes);
            }
            Output::Event(Event::Message { room, node, label, payload, kind }) => {
                self.text(&(room, node, label, kind));
                self.bytes(payload);
            }
            Output::Event(Event::FileData { stream, data }) => {
                self.number(stream.0);
                self.bytes(data);
            }
            Output::Event(Event::Completed { ticket, result: Ok(Completion::Answer(payload)) }) => {
                self.number(u64::from(*ticket));
                self.bytes(payload);
            }
            other => self.text(other),
        }
    }

    pub(crate) fn finish(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }

    fn number(&mut self, number: u64) {
        self.0.update(&number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn text(&mut self, value: &impl fmt::Debug) {
        // Writing to a hash cannot fail.
        let _ = write!(self, "{value:?}");
    }
}
