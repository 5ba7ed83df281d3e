//! The sending half of one stream.
//!
//! A stream outlives its link. So its bytes are kept until the receiver has them, which the window
//! bounds, and a new link goes on where the receiver says that it is.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::link::Body;
use lacis_wire::{Code, limits};

use crate::cx::Cx;
use crate::event::Event;
use crate::ids::{StreamId, Ticket};
use crate::io::Until;
use crate::session::Outgoing;
use crate::time::Timestamp;

/// A stream that we send.
#[derive(Debug)]
pub(crate) struct Outbound {
    /// Its number, once it was opened on any link.
    pub(crate) number: Option<u32>,
    pub(crate) stage: Stage,
    pub(crate) head: Outgoing,
    pub(crate) body: Body,
    pub(crate) size: u64,
    /// Bytes the application has written.
    pub(crate) written: u64,
    /// Bytes sent, of which a link that broke may have lost some.
    pub(crate) sent: u64,
    /// The most that were ever sent.
    reached: u64,
    pub(crate) credit: u64,
    pub(crate) taken: u64,
    pub(crate) kept: Kept,
    /// Writes that wait until their last byte is near the front, by that byte's position.
    pub(crate) writers: VecDeque<(u64, Ticket)>,
    /// Settled when the receiver has accepted the file.
    pub(crate) opening: Option<Ticket>,
    /// Settled when the receiver has every byte.
    pub(crate) finishing: Option<Ticket>,
    pub(crate) active_at: Timestamp,
}

/// Where a stream stands on the present link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It was not named there yet.
    Unnamed,
    /// It was, and the receiver has not said from where it wants it.
    Named,
    /// Bytes may go, as far as the credit reaches.
    Flowing,
}

impl Outbound {
    pub(crate) const fn new(head: Outgoing, body: Body, size: u64, now: Timestamp) -> Self {
        Self {
            number: None,
            stage: Stage::Unnamed,
            head,
            body,
            size,
            written: 0,
            sent: 0,
            reached: 0,
            credit: 0,
            taken: 0,
            kept: Kept { pieces: VecDeque::new() },
            writers: VecDeque::new(),
            opening: None,
            finishing: None,
            active_at: now,
        }
    }

    pub(crate) const fn is_file(&self) -> bool {
        matches!(self.body, Body::File { .. })
    }

    /// The application's next bytes.
    pub(crate) fn write(&mut self, bytes: Arc<Vec<u8>>) {
        let at = self.written;
        self.written += bytes.len() as u64;
        if !bytes.is_empty() {
            self.kept.pieces.push_back((at, bytes));
        }
    }

    pub(crate) fn on_sent(&mut self, count: usize) {
        self.sent += count as u64;
        self.reached = self.reached.max(self.sent);
    }

    /// The receiver tells how far it is. The first that it tells on a link says where to go on,
    /// because nothing of the stream can be under way there. Says whether that is possible.
    pub(crate) fn on_credit(&mut self, received: u64, upto: u64, taken: u64) -> bool {
        if received > self.reached || received < self.kept.start(self.written) {
            return false;
        }
        if self.stage != Stage::Flowing {
            self.stage = Stage::Flowing;
            self.sent = received;
        }
        self.credit = self.credit.max(upto.min(self.size));
        self.taken = self.taken.max(taken.min(received));
        self.kept.release(received);
        true
    }

    /// How far the receiver is: what grows where it takes something.
    pub(crate) fn progress(&self) -> (bool, u64, u64, u64) {
        let has = self.kept.start(self.written);
        (self.stage == Stage::Flowing, self.credit, self.taken, has)
    }

    /// The link is gone, or replaced.
    pub(crate) const fn on_new_link(&mut self, now: Timestamp) {
        self.stage = Stage::Unnamed;
        self.active_at = now;
    }

    /// All tickets that wait for this stream.
    pub(crate) fn into_tickets(self) -> impl Iterator<Item = Ticket> {
        let own = self.head.ticket.map(|(ticket, _)| ticket);
        let writers = self.writers.into_iter().map(|(_, ticket)| ticket);
        own.into_iter().chain(self.opening).chain(writers).chain(self.finishing)
    }

    /// Whether a ticket is one of those.
    pub(crate) fn awaits(&self, ticket: Ticket) -> bool {
        self.head.ticket.is_some_and(|(own, _)| own == ticket)
            || self.opening == Some(ticket)
            || self.finishing == Some(ticket)
            || self.writers.iter().any(|(_, writer)| *writer == ticket)
    }

    /// Settles everything that waits for this stream.
    pub(crate) fn fail(self, cx: &mut Cx, id: StreamId, code: Code) {
        let is_file = self.is_file();
        for ticket in self.into_tickets() {
            cx.settle(ticket, Err(code));
        }
        if is_file {
            cx.event(Event::StreamFailed { stream: id, code });
        }
    }

    /// When a stream that waits for the other side is given up. One that waits for its turn on the
    /// link is as good as the link; one that waits for a link, as the remote.
    pub(crate) fn idle_deadline(&self, is_linked: bool) -> Option<Timestamp> {
        if self.number.is_some() && !is_linked {
            return None;
        }
        if self.is_file() {
            return Some(self.active_at + limits::DEADLINE_MAX);
        }
        let waits = self.stage != Stage::Unnamed && !self.may_send();
        waits.then(|| self.active_at + limits::STREAM_IDLE)
    }

    /// Whether there is something to send, and credit for it.
    pub(crate) fn may_send(&self) -> bool {
        self.stage == Stage::Flowing && self.written > self.sent && self.credit > self.sent
    }

    pub(crate) fn settle_writers(&mut self, cx: &mut Cx) {
        let near = self.sent + limits::WRITE_AHEAD_BYTES as u64;
        while let Some((_, ticket)) = self.writers.pop_front_if(|(end, _)| *end <= near) {
            cx.settle(ticket, Ok(()));
        }
        if self.sent == self.size
            && let Some((ticket, _)) =
                self.head.ticket.take_if(|(_, until)| *until == Until::Accepted)
        {
            cx.settle(ticket, Ok(()));
        }
    }
}

/// Bytes that were written and that the receiver may still lack, in pieces as they were written.
#[derive(Debug)]
pub(crate) struct Kept {
    pieces: VecDeque<(u64, Arc<Vec<u8>>)>,
}

impl Kept {
    /// Where what is kept begins; `end` if nothing is.
    fn start(&self, end: u64) -> u64 {
        self.pieces.front().map_or(end, |(at, _)| *at)
    }

    /// What follows a position, as far as its piece goes.
    pub(crate) fn after(&self, at: u64) -> &[u8] {
        let next = self.pieces.partition_point(|(start, _)| *start <= at);
        let piece = next.checked_sub(1).and_then(|found| self.pieces.get(found));
        let Some((start, bytes)) = piece else { return &[] };
        let skip = usize::try_from(at - start).unwrap_or(usize::MAX);
        bytes.get(skip..).unwrap_or_default()
    }

    /// The receiver has everything before a position.
    fn release(&mut self, upto: u64) {
        let has = |(at, bytes): &mut (u64, Arc<Vec<u8>>)| *at + bytes.len() as u64 <= upto;
        while self.pieces.pop_front_if(has).is_some() {}
    }

    pub(crate) fn bytes(&self) -> usize {
        self.pieces.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}
