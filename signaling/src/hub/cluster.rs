//! Several servers as one: what a hub tells the others, and what it hears of them.
//!
//! A hub that is linked to others tells them who has a mailbox here and who is announced where, has
//! payloads for mailboxes that it does not know passed on, and asks for samples out of all that the
//! servers know together. What carries this, the backplane, is a matter of whoever runs the hub; it
//! may go and come back at any time. Without it a hub goes on with its own clients.
//!
//! A client that changes servers is for a while at two of them, because the one it left notices
//! late. Both keep its mailbox then, and what is sent to it is put into both.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::signal::{ByeReason, ServerFrame, Undelivered};
use lacis_wire::{NodeId, Topic};

use super::ids::{AddressKey, ConnId, LookupId, ServerId};
use super::messages::{Command, Event, Proof};
use super::session::Sender;
use super::types::Output;
use super::{Hub, limits};

/// Whether others are there, and what they were asked.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub(super) linked: bool,
    next: u64,
    /// The oldest first. All wait equally long.
    lookups: VecDeque<Lookup>,
}

/// A client that waits for its `Joined`.
#[derive(Debug)]
struct Lookup {
    id: LookupId,
    conn: ConnId,
    topic: Topic,
    want: usize,
    ends: Duration,
}

impl Cluster {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.lookups.front().map(|lookup| lookup.ends)
    }

    fn take(&mut self, id: LookupId) -> Option<Lookup> {
        let at = self.lookups.binary_search_by_key(&id, |lookup| lookup.id).ok()?;
        self.lookups.remove(at)
    }
}

impl Hub {
    pub(super) fn on_event(&mut self, event: &Event) {
        match event {
            Event::Linked => self.on_linked(),
            Event::Unlinked => {
                self.stats.unlinked += u64::from(self.cluster.linked);
                self.cluster.linked = false;
                self.end_lookups(Duration::MAX);
            }
            Event::Found { lookup, nodes } => {
                if let Some(lookup) = self.cluster.take(*lookup) {
                    self.end_lookup(&lookup, nodes);
                }
            }
            Event::Claimed { node, proof, by } => self.on_claimed(*node, *proof, *by),
            Event::Contested { node, proof } => {
                let mailbox = self.mailboxes.get(node).copied();
                if let Some(conn) = mailbox
                    && self.proof_of(conn) == Some(*proof)
                {
                    self.close(conn, ByeReason::NodeTaken);
                }
            }
            Event::Passed { from, to, payload, by, origin } => {
                let sender = origin.map(|origin| Sender::At(*by, origin));
                // All clients of another server share what one may take here.
                let payer = AddressKey(by.0);
                let failed = match self.mailboxes.get(to).copied() {
                    Some(target) if self.put(target, *from, payload, (sender, payer)) => return,
                    Some(_) => Undelivered::Full,
                    None => Undelivered::Unknown,
                };
                if let Some(origin) = *origin {
                    self.tell(Command::Return { to: *by, node: *to, origin, reason: failed });
                }
            }
            Event::Returned { node, origin, reason } => {
                if self.sessions.contains_key(&origin.conn) {
                    self.undelivered(origin.conn, *node, origin.seq, *reason);
                }
            }
        }
    }

    /// Tells the others, if there are any.
    pub(super) fn tell(&mut self, command: Command) {
        if self.cluster.linked {
            self.outputs.push_back(Output::Tell(command));
        }
    }

    /// Announces a node at all servers. Says whether its client's `Joined` waits for their answer.
    pub(super) fn announce(
        &mut self,
        conn: ConnId,
        node: NodeId,
        topic: Topic,
        want: usize,
    ) -> bool {
        let asks = self.cluster.linked
            && want > 0
            && self.cluster.lookups.len() < limits::CLUSTER_LOOKUPS_MAX;
        let sample = asks.then(|| {
            let id = LookupId(self.cluster.next);
            self.cluster.next += 1;
            let ends = self.now.saturating_add(limits::CLUSTER_LOOKUP_DEADLINE);
            self.cluster.lookups.push_back(Lookup { id, conn, topic, want, ends });
            // One may be the asker, and one may be at two servers.
            (id, want.saturating_add(2))
        });
        self.tell(Command::Announce { topic, node, ttl: self.config.topic_ttl, sample });
        asks
    }

    /// Answers with what is known here whom nobody answered in time.
    pub(super) fn end_lookups(&mut self, now: Duration) {
        while let Some(lookup) = self.cluster.lookups.pop_front_if(|it| it.ends <= now) {
            self.stats.lookups_late += 1;
            self.end_lookup(&lookup, &[]);
        }
    }

    fn end_lookup(&mut self, lookup: &Lookup, found: &[NodeId]) {
        let Lookup { conn, topic, want, .. } = *lookup;
        // It may have left meanwhile.
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let Some(own) = session.mailbox.map(|mailbox| mailbox.node) else { return };
        let Some(position) = session.membership(&topic).map(|it| it.position) else { return };
        let here = self.topics.sample(&topic, position, want, &mut self.random);
        let mut members: Vec<NodeId> = Vec::with_capacity(want);
        for node in found.iter().chain(&here) {
            if members.len() < want && *node != own && !members.contains(node) {
                members.push(*node);
            }
        }
        self.send(conn, &ServerFrame::Joined { topic, members });
    }

    /// Tells a backplane that knows nothing everything.
    fn on_linked(&mut self) {
        self.cluster.linked = true;
        for session in self.sessions.values() {
            let Some(mailbox) = session.mailbox else { continue };
            let node = mailbox.node;
            self.outputs.push_back(Output::Tell(Command::Claim { node, proof: mailbox.proof() }));
            for membership in &session.memberships {
                let ttl = membership.expires.saturating_sub(self.now);
                let topic = membership.topic;
                let announce = Command::Announce { topic, node, ttl, sample: None };
                self.outputs.push_back(Output::Tell(announce));
            }
        }
    }

    fn on_claimed(&mut self, node: NodeId, proof: Proof, by: ServerId) {
        let Some(&conn) = self.mailboxes.get(&node) else { return };
        if self.proof_of(conn) != Some(proof) {
            return self.tell(Command::Contest { to: by, node, proof });
        }
        if let Some(session) = self.sessions.get_mut(&conn) {
            session.is_elsewhere = true;
        }
    }

    fn proof_of(&self, conn: ConnId) -> Option<Proof> {
        let mailbox = self.sessions.get(&conn)?.mailbox?;
        Some(mailbox.proof())
    }
}
