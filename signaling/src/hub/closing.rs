//! How a connection ends: by the hub's will, by the client's, or because the server ends.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::Topic;
use lacis_wire::codec::encode;
use lacis_wire::signal::{ByeReason, ServerFrame};
use rand_core::Rng;

use super::Hub;
use super::addresses::Source;
use super::ids::ConnId;
use super::messages::Command;
use super::session::{Membership, Sender};
use super::topics::{Left, Moved, Pays};
use super::types::Output;

impl Hub {
    pub(super) fn on_shutdown(&mut self) {
        self.shutting_down = true;
        let everybody: Vec<ConnId> = self.sessions.keys().copied().collect();
        for conn in everybody {
            self.offer_return(conn);
            self.close(conn, ByeReason::Shutdown);
        }
    }

    /// Hands a client what it can come back with.
    fn offer_return(&mut self, conn: ConnId) {
        let (Some(tokens), Some(session)) = (&self.tokens, self.sessions.get(&conn)) else {
            return;
        };
        let Some(mailbox) = session.mailbox else { return };
        let topics: Vec<_> = session.memberships.iter().map(|it| it.topic).collect();
        if !topics.is_empty() {
            let until = self.wall().saturating_add(self.config.topic_ttl);
            let token = tokens.make(mailbox.node, until, &topics);
            self.send(conn, &ServerFrame::Resume { token: &token });
        }
    }

    /// Ends a connection with a reason. Topics, mailbox and timer go with it.
    pub(super) fn close(&mut self, conn: ConnId, reason: ByeReason) {
        // Whose it is not does not keep it: another server's client has it.
        if self.forget(conn, reason != ByeReason::NodeTaken) {
            self.refuse(conn, reason);
        }
    }

    /// Says good-bye to a connection that the hub does not hold.
    pub(super) fn refuse(&mut self, conn: ConnId, reason: ByeReason) {
        self.stats.on_close(reason);
        let retry_after_ms = self.retry_after_ms(reason);
        self.push(conn, encode(&ServerFrame::Bye { reason, retry_after_ms }));
        self.outputs.push_back(Output::Close { conn, reason });
    }

    /// When a client may come back. All that are sent away at once get different answers.
    fn retry_after_ms(&mut self, reason: ByeReason) -> u32 {
        let (least, spread) = match reason {
            ByeReason::Shutdown => (self.config.shutdown_retry, self.config.shutdown_retry_spread),
            ByeReason::Timeout => (Duration::ZERO, Duration::from_secs(1)),
            ByeReason::SlowReader | ByeReason::NodeTaken | ByeReason::Protocol => {
                (Duration::from_secs(2), Duration::from_secs(4))
            }
            ByeReason::RateLimited | ByeReason::Full => {
                (Duration::from_secs(10), Duration::from_secs(10))
            }
            // Nothing will be different until one of the two programs is.
            ByeReason::Version
            | ByeReason::Replaced
            | ByeReason::Origin
            | ByeReason::Unauthorized => (Duration::from_secs(60), Duration::from_secs(60)),
        };
        let spread = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX);
        let jitter = self.random.next_u64() % spread.saturating_add(1);
        let wait = least.saturating_add(Duration::from_millis(jitter)).as_millis();
        u32::try_from(wait).unwrap_or(u32::MAX)
    }

    /// Removes every trace of a connection, but keeps its mailbox for its owner if it is to. Says
    /// whether there was one.
    pub(super) fn forget(&mut self, conn: ConnId, keeps: bool) -> bool {
        let Some(session) = self.sessions.remove(&conn) else { return false };
        self.timers.remove(&(session.wakes, conn));
        self.queued_bytes -= session.queued;
        self.addresses.unqueue(session.source, session.queued);
        if let Some(mailbox) = session.mailbox
            && self.mailboxes.get(&mailbox.node) == Some(&conn)
        {
            self.mailboxes.remove(&mailbox.node);
            if keeps {
                let of_address_max = self.config.connections_per_address_max;
                self.kept.keep(self.now, mailbox, session.source.payer(), of_address_max);
            }
            self.tell(Command::Release { node: mailbox.node });
        }
        let node = session.mailbox.map(|mailbox| mailbox.node);
        if let Some(node) = node {
            // At a shutdown the clients of this server are going too, and there may be millions.
            let is_told = |it: &Sender| !self.shutting_down || matches!(it, Sender::At(..));
            let senders = session.waiting.iter().filter_map(|it| it.sender).filter(is_told);
            self.returned.extend(senders.map(|sender| (sender, node)));
        }
        for Membership { topic, position, .. } in session.memberships {
            self.leave(session.source, &topic, position);
            if let Some(node) = node {
                self.tell(Command::Withdraw { topic, node });
            }
        }
        self.addresses.close(&self.config, self.now, session.source);
        true
    }

    /// Takes a member out of a topic: the last one moves into the gap, and if it was the one whose
    /// address pays for the topic, another one's does from now on.
    pub(super) fn leave(&mut self, source: Source, topic: &Topic, position: usize) {
        let Some(Left { moved, pays }) = self.topics.leave(topic, position) else { return };
        if let Some(Moved { conn, position }) = moved {
            let session = self.sessions.get_mut(&conn);
            if let Some(membership) = session.and_then(|session| session.membership(topic)) {
                membership.position = position;
            }
        }
        if let Pays::Before = pays {
            return;
        }
        self.addresses.drop_topic(source);
        if let Pays::Now(conn) = pays
            && let Some(session) = self.sessions.get(&conn)
        {
            self.addresses.take_topic(session.source);
        }
    }
}
