//! The application in a tab: it answers questions, takes files and sends them piece by piece.

use std::collections::BTreeMap;
use std::time::Duration;

use lacis_core::{RequestId, StreamId, Ticket};

/// How an application behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// What it does with questions.
    pub requests: Requests,
    /// Whether it takes files; nothing means that it never says.
    pub takes_files: Option<bool>,
    /// How long it takes to think about a question, a file, or a piece of a file, at most.
    pub thinks: Duration,
    /// Bytes it writes at once to a file.
    pub piece_bytes: usize,
}

/// What an application does with questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requests {
    /// Answers them.
    Answer,
    /// Has no handler.
    Refuse,
    /// Never says anything.
    Ignore,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            requests: Requests::Answer,
            takes_files: Some(true),
            thinks: Duration::from_millis(2),
            piece_bytes: 64 * 1024,
        }
    }
}

/// Something that an application does a little later.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    Answer { request: RequestId, number: u64 },
    Refuse { request: RequestId },
    TakeFile { stream: StreamId },
    RejectFile { stream: StreamId },
    Grant { stream: StreamId, bytes: u64 },
}

/// The state of an application.
#[derive(Debug, Default)]
pub(crate) struct App {
    pub(crate) manners: Manners,
    /// Files that it sends.
    pub(crate) sending: BTreeMap<StreamId, Sending>,
    /// What follows when a ticket of a file settles well.
    pub(crate) after: BTreeMap<Ticket, StreamId>,
    /// Files that it receives, by their numbers.
    pub(crate) receiving: BTreeMap<StreamId, u64>,
}

/// A file that is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    pub(crate) number: u64,
    pub(crate) size: u64,
    pub(crate) written: u64,
}

/// The length of the answer to a question of that number.
pub(crate) const fn answer_bytes(number: u64) -> usize {
    // Now and then one that does not fit a single frame.
    if number.is_multiple_of(13) { 90_000 } else { (number % 500) as usize }
}

/// Makes the bytes of an answer differ from those of its question.
pub(crate) const ANSWER: u64 = 1 << 40;
