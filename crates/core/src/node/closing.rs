//! Leaving cleanly: what waits is sent, goodbyes are said, and nobody waits for ever.

use lacis_wire::{Code, limits};

use super::Node;
use crate::ids::Ticket;
use crate::remote::Remote;
use crate::signaling::Signaling;
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
            self.cx.completed(ticket, Ok(()));
            return;
        }
        let deadline = now + limits::CLOSE_DEADLINE;
        self.changes.everything();
        self.take_leave();
        self.closing = Some(Closing { ticket: Some(ticket), deadline, done: false });
        for remote in self.remotes.values_mut() {
            if let Some(link) = remote.connection.link_mut() {
                remote.session.ask_for_acks(&mut self.cx, link);
            }
        }
        self.closing_progress();
    }

    /// Leaves at once, as far as that is possible: for a page that is being closed.
    pub fn leave_now(&mut self, now: Timestamp) {
        self.set_time(now);
        self.take_leave();
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
        let now = self.cx.now;
        if self.closing.as_ref().is_some_and(|closing| now >= closing.deadline) {
            self.finish_closing();
        }
    }

    /// Finishes as soon as nothing waits to reach anybody.
    pub(crate) fn closing_progress(&mut self) {
        let waiting = self.closing.as_ref().is_some_and(|closing| !closing.done);
        if waiting && self.groups_saved() && self.remotes.values().all(Remote::is_flushed) {
            self.finish_closing();
        }
    }

    fn finish_closing(&mut self) {
        let Some(closing) = &mut self.closing else { return };
        if core::mem::replace(&mut closing.done, true) {
            return;
        }
        self.changes.everything();
        let ticket = closing.ticket.take();
        closing.deadline = Timestamp::from_micros(u64::MAX);
        self.close_groups();
        // First, because whatever parting fails has failed for this reason.
        for open in self.cx.tickets.drain() {
            self.cx.completed(open, Err(Code::Closed));
        }
        for node in self.those_over_neighbors_first() {
            self.with_remote(node, |remote, env| remote.connection.part(env, Code::Closed));
        }
        let Self { cx, signaling, .. } = self;
        let Signaling { servers, rooms, online, .. } = signaling;
        *online = None;
        for server in servers {
            for room in rooms.values().filter(|room| !room.is_quiet) {
                server.leave(cx, room.keys.topic);
            }
            server.stop(cx);
        }
        rooms.clear();
        self.pool.spares.renew(&mut self.cx, &self.signaling);
        if let Some(ticket) = ticket {
            self.cx.completed(ticket, Ok(()));
        }
    }
}
