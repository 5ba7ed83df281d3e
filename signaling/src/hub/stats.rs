//! Counters, for metrics and tests.

use lacis_wire::signal::{ByeReason, ClientFrame, Refusal, Undelivered};

/// What the hub holds now, and what it has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Open connections.
    pub connections: usize,
    /// Mailboxes, one for each connection that said `Hello`.
    pub nodes: usize,
    /// Topics with members.
    pub topics: usize,
    /// Members of all topics together.
    pub members: usize,
    /// Addresses known, those still remembered included.
    pub addresses: usize,
    /// Bytes waiting to be written, of all connections.
    pub queued_bytes: usize,
    /// Whether the servers that act as one with this one can be reached.
    pub linked: bool,

    /// Connections accepted.
    pub opened: u64,
    /// Connections that ended from outside.
    pub lost: u64,
    /// Connections ended by the hub, or not let in, by [`ByeReason`].
    pub closed: [u64; ByeReason::ALL.len()],
    /// Frames read, by kind.
    pub received: Received,
    /// Bytes of all frames read, malformed ones included.
    pub received_bytes: u64,
    /// Frames to be sent, of every kind.
    pub sent: u64,
    /// Bytes of all frames to be sent.
    pub sent_bytes: u64,
    /// Payloads put into a mailbox.
    pub delivered: u64,
    /// Times that the other servers were lost.
    pub unlinked: u64,
    /// Payloads handed on to other servers.
    pub passed: u64,
    /// Joins answered without the other servers, which did not answer in time.
    pub lookups_late: u64,
    /// Payloads whose mailbox does not exist.
    pub undelivered_unknown: u64,
    /// Payloads for somebody who does not read.
    pub undelivered_full: u64,
    /// Payloads beyond the sender's limits.
    pub undelivered_rate_limited: u64,
    /// Joins beyond the connection's topics.
    pub refused_too_many_topics: u64,
    /// Joins beyond what the server or the topic holds.
    pub refused_server_full: u64,
    /// Joins beyond the sender's limits.
    pub refused_rate_limited: u64,
    /// Announcements that were not refreshed in time.
    pub expired: u64,
    /// Pings of the transport.
    pub pings: u64,
    /// Sessions that went on with a token of an earlier one.
    pub resumed: u64,
}

/// Frames read, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// `Hello`.
    pub hello: u64,
    /// `Join`.
    pub join: u64,
    /// `Leave`.
    pub leave: u64,
    /// `Send`.
    pub send: u64,
    /// `Ping`.
    pub ping: u64,
    /// `Resume`.
    pub resume: u64,
    /// Not a frame.
    pub malformed: u64,
}

impl Stats {
    /// Connections ended for this reason.
    #[must_use]
    pub fn closed_for(&self, reason: ByeReason) -> u64 {
        let index = ByeReason::ALL.iter().position(|known| *known == reason);
        index.and_then(|index| self.closed.get(index)).copied().unwrap_or(0)
    }

    pub(super) fn on_frame(&mut self, frame: &ClientFrame<'_>) {
        let Received { hello, join, leave, send, ping, resume, .. } = &mut self.received;
        let counter = match frame {
            ClientFrame::Hello { .. } => hello,
            ClientFrame::Join { .. } => join,
            ClientFrame::Leave { .. } => leave,
            ClientFrame::Send { .. } => send,
            ClientFrame::Ping { .. } => ping,
            ClientFrame::Resume { .. } => resume,
        };
        *counter += 1;
    }

    pub(super) fn on_close(&mut self, reason: ByeReason) {
        let index = ByeReason::ALL.iter().position(|known| *known == reason);
        if let Some(counter) = index.and_then(|index| self.closed.get_mut(index)) {
            *counter += 1;
        }
    }

    pub(super) fn on_undelivered(&mut self, reason: Undelivered) {
        *match reason {
            Undelivered::Unknown => &mut self.undelivered_unknown,
            Undelivered::Full => &mut self.undelivered_full,
            Undelivered::RateLimited => &mut self.undelivered_rate_limited,
        } += 1;
    }

    pub(super) fn on_refusal(&mut self, reason: Refusal) {
        *match reason {
            Refusal::TooManyTopics => &mut self.refused_too_many_topics,
            Refusal::ServerFull => &mut self.refused_server_full,
            Refusal::RateLimited => &mut self.refused_rate_limited,
        } += 1;
    }
}
