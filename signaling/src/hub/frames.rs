//! What each frame of a client does.

use alloc::vec::Vec;

use bytes::Bytes;
use lacis_wire::codec::decode;
use lacis_wire::signal::{ByeReason, ClientFrame, Refusal, ServerFrame, Undelivered};
use lacis_wire::{NodeId, PROTOCOL, Topic, VersionRange};

use super::messages::{Command, Origin};
use super::rate::Cost;
use super::session::{Mailbox, Membership, Sender};
use super::{ConnId, Hub};

/// What the limits on sending say of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admission {
    /// Within the limits.
    Passed,
    /// A little beyond: what the frame asks for is not done, and its sender is told.
    Limited,
    /// Far beyond: the sender has been told too often.
    Flood,
}

impl Hub {
    pub(super) fn on_frame(&mut self, conn: ConnId, bytes: &[u8]) {
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        session.seen = self.now;
        let node = session.mailbox.map(|mailbox| mailbox.node);
        self.stats.received_bytes += bytes.len() as u64;
        let Ok(frame) = decode::<ClientFrame<'_>>(bytes) else { return self.on_malformed(conn) };
        self.stats.on_frame(&frame);
        let joins = usize::from(matches!(frame, ClientFrame::Join { .. }));
        let admission = self.admit(conn, Cost { bytes: bytes.len(), joins });
        if admission == Admission::Flood {
            return self.close(conn, ByeReason::RateLimited);
        }
        let limited = admission == Admission::Limited;
        match (node, frame) {
            (None, ClientFrame::Hello { versions, node, secret }) if !limited => {
                self.on_hello(conn, versions, node, &secret);
            }
            // Its connection is fresh, so it is the address that sends too much.
            (None, ClientFrame::Hello { .. }) => self.close(conn, ByeReason::RateLimited),
            (Some(_), ClientFrame::Join { topic, .. }) if limited => {
                self.refuse_join(conn, topic, Refusal::RateLimited);
            }
            (Some(node), ClientFrame::Join { topic, want }) => {
                self.on_join(conn, node, topic, usize::from(want));
            }
            (Some(_), ClientFrame::Send { to, seq, .. }) if limited => {
                self.undelivered(conn, to, seq, Undelivered::RateLimited);
            }
            (Some(node), ClientFrame::Send { to, seq, payload }) => {
                self.on_send(conn, node, to, seq, payload);
            }
            // These two are done also beyond the limits: one frees memory, and the other keeps a
            // client that hears of its excess from taking the server for dead.
            (Some(_), ClientFrame::Leave { topic }) => self.withdraw(conn, &topic),
            (Some(_), ClientFrame::Ping { nonce }) => {
                self.send(conn, &ServerFrame::Pong { nonce });
            }
            (Some(_), ClientFrame::Resume { .. }) if limited => {
                self.send(conn, &ServerFrame::NotResumed {});
            }
            (Some(node), ClientFrame::Resume { token }) => self.on_resume(conn, node, token),
            (Some(_), ClientFrame::Hello { .. })
            | (
                None,
                ClientFrame::Join { .. }
                | ClientFrame::Leave { .. }
                | ClientFrame::Send { .. }
                | ClientFrame::Resume { .. }
                | ClientFrame::Ping { .. },
            ) => self.close(conn, ByeReason::Protocol),
        }
    }

    /// A ping or pong of the transport counts as a frame without bytes.
    pub(super) fn on_alive(&mut self, conn: ConnId) {
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        session.seen = self.now;
        if self.admit(conn, Cost { bytes: 0, joins: 0 }) == Admission::Flood {
            self.close(conn, ByeReason::RateLimited);
        }
    }

    fn admit(&mut self, conn: ConnId, cost: Cost) -> Admission {
        let (config, now) = (&self.config, self.now);
        let Some(session) = self.sessions.get_mut(&conn) else { return Admission::Flood };
        if session.buckets.have(&config.connection_rates, now, cost)
            && self.addresses.pay(config, now, session.source, cost)
        {
            session.buckets.spend(cost);
            Admission::Passed
        } else if session.refusals.take(config.connection_refusals, now, 1) {
            Admission::Limited
        } else {
            Admission::Flood
        }
    }

    fn on_hello(&mut self, conn: ConnId, versions: VersionRange, node: NodeId, secret: &[u8]) {
        let Some(version) = PROTOCOL.agree(versions) else {
            return self.close(conn, ByeReason::Version);
        };
        let mailbox = Mailbox::new(node, secret);
        if let Some(&holder) = self.mailboxes.get(&node) {
            let held = self.sessions.get(&holder).and_then(|session| session.mailbox);
            if held.is_some_and(|held| held.secret_hash != mailbox.secret_hash) {
                return self.close(conn, ByeReason::NodeTaken);
            }
            self.close(holder, ByeReason::Replaced);
        } else if self.kept.is_anothers(&mailbox) {
            return self.close(conn, ByeReason::NodeTaken);
        }
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        session.mailbox = Some(mailbox);
        self.mailboxes.insert(node, conn);
        self.kept.give(node);
        self.tell(Command::Claim { node, proof: mailbox.proof() });
        let ice_servers = self.config.ice_servers.clone();
        self.send(conn, &ServerFrame::Welcome { version, ice_servers });
        self.grant(conn);
        self.rearm(conn);
    }

    /// Announces a node again where it was announced before.
    fn on_resume(&mut self, conn: ConnId, node: NodeId, token: &[u8]) {
        let tokens = self.tokens.as_ref();
        let Some(topics) = tokens.and_then(|tokens| tokens.read(token, node, self.wall())) else {
            self.send(conn, &ServerFrame::NotResumed {});
            return;
        };
        // As many joins as it has topics, so that a token shown again and again is no way around
        // their limit.
        match self.admit(conn, Cost { bytes: 0, joins: topics.len() }) {
            Admission::Passed => {}
            Admission::Limited => {
                self.send(conn, &ServerFrame::NotResumed {});
                return;
            }
            Admission::Flood => return self.close(conn, ByeReason::RateLimited),
        }
        self.stats.resumed += 1;
        for topic in topics {
            self.on_join(conn, node, topic, 0);
        }
    }

    fn on_join(&mut self, conn: ConnId, node: NodeId, topic: Topic, want: usize) {
        let expires = self.now.saturating_add(self.config.topic_ttl);
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let position = if let Some(membership) = session.membership(&topic) {
            membership.expires = expires;
            membership.position
        } else {
            let size = self.topics.size(&topic);
            if session.memberships.len() >= self.config.topics_per_connection_max {
                return self.refuse_join(conn, topic, Refusal::TooManyTopics);
            }
            let (is_new, source) = (size == 0, session.source);
            let has_place = self.topics.len() < self.config.topics_max
                && self.addresses.may_found(&self.config, source);
            if size >= self.config.members_per_topic_max || (is_new && !has_place) {
                return self.refuse_join(conn, topic, Refusal::ServerFull);
            }
            if is_new {
                self.addresses.take_topic(source);
            }
            let position = self.topics.join(topic, conn, node);
            if session.memberships.is_empty() {
                // Nearly everybody is in one room; the usual first capacity is four.
                session.memberships.reserve_exact(1);
            }
            session.memberships.push(Membership { topic, position, expires });
            position
        };
        self.rearm_before(conn, expires);
        if !self.announce(conn, node, topic, want) {
            let members = self.topics.sample(&topic, position, want, &mut self.random);
            self.send(conn, &ServerFrame::Joined { topic, members });
        }
    }

    /// Ends an announcement, if there is one.
    pub(super) fn withdraw(&mut self, conn: ConnId, topic: &Topic) {
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let memberships = &mut session.memberships;
        let Some(index) = memberships.iter().position(|membership| membership.topic == *topic)
        else {
            return;
        };
        let position = memberships.swap_remove(index).position;
        if memberships.is_empty() {
            *memberships = Vec::new();
        }
        let (node, source) = (session.mailbox.map(|mailbox| mailbox.node), session.source);
        self.leave(source, topic, position);
        if let Some(node) = node {
            self.tell(Command::Withdraw { topic: *topic, node });
        }
    }

    fn on_send(&mut self, conn: ConnId, from: NodeId, to: NodeId, seq: u32, payload: &[u8]) {
        let Some(&target) = self.mailboxes.get(&to) else {
            if self.cluster.linked {
                return self.pass(from, to, payload, Some(Origin { conn, seq }));
            }
            return self.undelivered(conn, to, seq, Undelivered::Unknown);
        };
        if self.sessions.get(&target).is_some_and(|session| session.is_elsewhere) {
            self.pass(from, to, payload, None);
        }
        let Some(payer) = self.sessions.get(&conn).map(|session| session.source.payer()) else {
            return;
        };
        let sender = Some(Sender::Here(Origin { conn, seq }));
        if !self.put(target, from, payload, (sender, payer)) {
            self.undelivered(conn, to, seq, Undelivered::Full);
        }
    }

    /// Has another server deliver a payload.
    fn pass(&mut self, from: NodeId, to: NodeId, payload: &[u8], origin: Option<Origin>) {
        self.stats.passed += 1;
        let payload = Bytes::copy_from_slice(payload);
        self.tell(Command::Pass { from, to, payload, origin });
    }

    pub(super) fn undelivered(&mut self, conn: ConnId, to: NodeId, seq: u32, reason: Undelivered) {
        self.stats.on_undelivered(reason);
        self.send(conn, &ServerFrame::Undelivered { to, seq, reason });
    }

    /// Tells the senders of what did not get away from mailboxes that have closed. Whoever is told
    /// may be closed for it, so this is a loop and nothing that calls itself.
    pub(super) fn tell_senders(&mut self) {
        while let Some((sender, to)) = self.returned.pop_front() {
            // A newer connection may have the mailbox now.
            let is_there = self.mailboxes.contains_key(&to);
            let reason = if is_there { Undelivered::Full } else { Undelivered::Unknown };
            match sender {
                Sender::Here(Origin { conn, seq }) if self.sessions.contains_key(&conn) => {
                    self.undelivered(conn, to, seq, reason);
                }
                Sender::Here(_) => {}
                Sender::At(server, origin) => {
                    self.tell(Command::Return { to: server, node: to, origin, reason });
                }
            }
        }
    }

    fn refuse_join(&mut self, conn: ConnId, topic: Topic, reason: Refusal) {
        self.stats.on_refusal(reason);
        self.send(conn, &ServerFrame::Refused { topic, reason });
    }
}
