//! What the application waits for, and what the node is woken for.

use lacis_wire::Code;

use super::Node;
use crate::ids::Ticket;
use crate::table::TableExt;
use crate::time::Timestamp;

impl Node {
    /// Gives up waiting: an open ticket settles with [`Code::Aborted`], and what was not sent yet
    /// is not sent.
    pub fn cancel(&mut self, now: Timestamp, ticket: Ticket) {
        self.set_time(now);
        if !self.cx.tickets.is_open(ticket) {
            return;
        }
        self.cancel_pairing(ticket);
        self.changes.everything();
        for remote in self.remotes.values_mut() {
            let link = remote.connection.link_mut();
            remote.session.cancel(&mut self.cx, link, ticket);
        }
        for group in self.groups.open.values_mut() {
            group.cancel(ticket);
        }
        for room in self.signaling.rooms.values_mut() {
            room.joining.take_if(|(joining, _)| *joining == ticket);
        }
        if self.cx.tickets.close(ticket) {
            self.cx.completed(ticket, Err(Code::Aborted));
        }
    }

    /// The device woke up, became visible or is online again: servers are dialled and links
    /// checked at once.
    pub fn wake(&mut self, now: Timestamp) {
        self.set_time(now);
        self.check_all();
        self.handle_timeout(now);
    }

    /// Makes it due to look whether servers and remotes are still there.
    pub(crate) fn check_all(&mut self) {
        self.changes.everything();
        if self.cx.suspended_at.is_some() {
            return;
        }
        for server in &mut self.signaling.servers {
            server.wake(&mut self.cx);
        }
        for remote in self.remotes.values_mut() {
            remote.connection.wake(self.cx.now);
        }
    }
}
