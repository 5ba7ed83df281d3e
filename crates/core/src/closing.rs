//! Leaving cleanly: what waits is sent, goodbyes are said, and nobody waits for ever.

use alloc::vec::Vec;

use lacis_wire::{Code, limits};

use crate::io::{Event, Ticket};
use crate::node::Node;
use crate::table::TableExt;
use crate::time::Timestamp;

/// A clean leave under way.
#[derive(Debug)]
pub(crate) struct Closing {
    ticket: Option<Ticket>,
    pub(crate) deadline: Timestamp,
    done: bool,
}

impl Node {
    /// Leaves cleanly: messages that wait are sent, everybody is told, then everything is closed.
    /// The ticket settles within [`limits::CLOSE_DEADLINE`]; every other open ticket fails with
    /// [`Code::Closed`].
    pub fn close(&mut self, now: Timestamp, ticket: Ticket) {
        self.set_time(now);
        if self.closing.is_some() {
            self.shared.io.event(Event::Settled { ticket, result: Ok(()) });
            return;
        }
        let deadline = now + limits::CLOSE_DEADLINE;
        self.closing = Some(Closing { ticket: Some(ticket), deadline, done: false });
        for remote in self.remotes.values_mut() {
            remote.ask_for_acks(&mut self.shared);
        }
        self.closing_progress();
    }

    /// Leaves at once, as far as that is possible: for a page that is being closed.
    pub fn leave_now(&mut self, now: Timestamp) {
        self.set_time(now);
        let closing = Closing { ticket: None, deadline: now, done: false };
        self.closing.get_or_insert(closing);
        self.finish_closing();
    }

    /// Whether the node was closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closing.is_some()
    }

    pub(crate) fn closing_timeout(&mut self) {
        let now = self.shared.io.now;
        if self.closing.as_ref().is_some_and(|closing| now >= closing.deadline) {
            self.finish_closing();
        }
    }

    /// Finishes as soon as nothing waits to reach anybody.
    pub(crate) fn closing_progress(&mut self) {
        let waiting = self.closing.as_ref().is_some_and(|closing| !closing.done);
        let flushed =
            |remote: &mut crate::remote::Remote| remote.link.is_none() || remote.is_flushed();
        let saved = self.groups_saved();
        if waiting && saved && self.remotes.values_mut().all(flushed) {
            self.finish_closing();
        }
    }

    fn finish_closing(&mut self) {
        let Some(closing) = &mut self.closing else { return };
        if core::mem::replace(&mut closing.done, true) {
            return;
        }
        let ticket = closing.ticket.take();
        closing.deadline = Timestamp::from_micros(u64::MAX);
        self.close_groups();
        // First, because whatever parting fails has failed for this reason.
        for open in self.shared.tickets.drain() {
            let result = Err(Code::Closed);
            self.shared.io.event(Event::Settled { ticket: open, result });
        }
        let nodes: Vec<_> = self.remotes.keys().copied().collect();
        for node in nodes {
            self.with_remote(node, |remote, shared| remote.part(shared, Code::Closed));
        }
        let crate::shared::Shared { servers, rooms, io, .. } = &mut self.shared;
        for server in servers {
            for room in rooms.values().filter(|room| !room.is_quiet) {
                server.leave(io, room.keys.topic);
            }
            server.stop(io);
        }
        rooms.clear();
        self.shared.renew_spare();
        if let Some(ticket) = ticket {
            self.shared.io.event(Event::Settled { ticket, result: Ok(()) });
        }
    }
}
