//! What the hub may answer to a frame, and how much of it.

use alloc::collections::BTreeSet;
use core::time::Duration;

use lacis_wire::signal::{ClientFrame, Refusal, ServerFrame, Undelivered};
use lacis_wire::{NodeId, Topic};

use super::Model;
use super::cause::Cause;
use crate::hub::{ConnId, RateLimit};

impl Model {
    /// A frame to a client, as an answer or by itself.
    pub(super) fn check_frame(&mut self, cause: &Cause<'_>, conn: ConnId, frame: &ServerFrame<'_>) {
        let peer = self.peers.get(&conn).expect("a frame for somebody who is gone");
        match frame {
            // These come without being asked for: when credentials end, and at the end of it all.
            ServerFrame::IceServers { .. } => {
                return assert!(peer.mailbox.is_some() && self.config.relays.is_some());
            }
            ServerFrame::Resume { .. } => {
                return assert!(self.ended && !peer.topics.is_empty() && peer.mailbox.is_some());
            }
            _ => {}
        }
        let Cause::Frame { conn: sender, frame: asked, .. } = cause else {
            panic!("{frame:?} came without being asked for");
        };
        if !matches!(frame, ServerFrame::Deliver { .. }) {
            assert_eq!(conn, *sender, "an answer went to somebody else");
        }
        self.check_rate(*sender, frame);
        self.check_answer(*sender, conn, asked, frame);
    }

    fn check_answer(
        &mut self,
        sender: ConnId,
        conn: ConnId,
        asked: &ClientFrame<'_>,
        frame: &ServerFrame<'_>,
    ) {
        match (asked, frame) {
            (ClientFrame::Hello { node, secret, .. }, ServerFrame::Welcome { .. }) => {
                assert!(self.holder(*node).is_none(), "two connections with one mailbox");
                assert!(!self.rivals((*node, *secret)), "somebody else's mailbox");
                self.kept.remove(node);
                self.peer(conn).mailbox = Some((*node, *secret));
            }
            (ClientFrame::Join { topic, want }, ServerFrame::Joined { topic: told, members }) => {
                assert_eq!(topic, told);
                self.check_joined(conn, *topic, usize::from(*want), members);
            }
            (ClientFrame::Join { topic, .. }, ServerFrame::Refused { topic: told, reason }) => {
                assert_eq!(topic, told);
                self.check_refused(conn, topic, *reason);
            }
            (
                ClientFrame::Send { to, payload, .. },
                ServerFrame::Deliver { from, payload: got },
            ) => {
                assert_eq!(self.peers[&conn].node(), Some(*to), "delivered to somebody else");
                assert_eq!(self.peers[&sender].node(), Some(*from), "a sender was made up");
                assert_eq!(payload, got);
            }
            (
                ClientFrame::Send { to, seq, .. },
                ServerFrame::Undelivered { to: told, seq: number, reason },
            ) => {
                assert_eq!((to, seq), (told, number));
                match reason {
                    Undelivered::Unknown => assert!(self.holder(*to).is_none()),
                    Undelivered::RateLimited => assert!(!self.exact),
                    Undelivered::Full => {}
                }
            }
            // No token of this hub is there before it ends.
            (ClientFrame::Resume { .. }, ServerFrame::NotResumed {}) => {}
            (ClientFrame::Ping { nonce }, ServerFrame::Pong { nonce: told }) => {
                assert_eq!(nonce, told);
            }
            _ => panic!("{frame:?} is no answer to {asked:?}"),
        }
    }

    /// No more passes than a burst and the steady rate since then.
    fn check_rate(&mut self, sender: ConnId, frame: &ServerFrame<'_>) {
        let is_passed = match frame {
            ServerFrame::Joined { .. } | ServerFrame::Deliver { .. } => true,
            ServerFrame::Undelivered { reason, .. } => *reason == Undelivered::Unknown,
            _ => false,
        };
        if !is_passed || self.exact {
            return;
        }
        let now = self.now;
        let peer = self.peer(sender);
        peer.passed += 1;
        let (passed, since, address) = (peer.passed, peer.opened, peer.address);
        assert!(passed <= most(self.config.connection_rates.frames, now - since));
        let passed = self.passed.entry(address).or_default();
        *passed += 1;
        assert!(*passed <= most(self.config.address_rates.frames, now));
    }

    fn check_joined(&mut self, conn: ConnId, topic: Topic, want: usize, members: &[NodeId]) {
        let expires = self.now + self.config.topic_ttl;
        let peer = self.peer(conn);
        peer.topics.insert(topic, expires);
        let asker = peer.node().expect("a member has said hello");
        let others: BTreeSet<_> = self.members(&topic).filter(|node| *node != asker).collect();
        let named: BTreeSet<_> = members.iter().copied().collect();
        assert_eq!(named.len(), members.len(), "somebody is named twice");
        assert_eq!(named.len(), want.min(others.len()), "the sample has the wrong size");
        assert!(named.is_subset(&others), "the sample names the asker or the dead");
    }

    fn check_refused(&self, conn: ConnId, topic: &Topic, reason: Refusal) {
        let peer = &self.peers[&conn];
        let size = self.members(topic).count();
        let topics: BTreeSet<_> = self.peers.values().flat_map(|peer| peer.topics.keys()).collect();
        let holds = match reason {
            Refusal::TooManyTopics => {
                peer.topics.len() == self.config.topics_per_connection_max
                    && !peer.topics.contains_key(topic)
            }
            Refusal::ServerFull => {
                let of_address = self.peers.values().filter(|it| it.address == peer.address);
                let topics_of_address: BTreeSet<_> =
                    of_address.flat_map(|peer| peer.topics.keys()).collect();
                // Of these some may count for others.
                size == self.config.members_per_topic_max
                    || (size == 0 && topics.len() == self.config.topics_max)
                    || (size == 0 && topics_of_address.len() >= self.config.topics_per_address_max)
            }
            Refusal::RateLimited => !self.exact,
        };
        assert!(holds, "refused without a reason: {reason:?}");
    }
}

/// What a limit lets pass within a time.
fn most(limit: RateLimit, time: Duration) -> u32 {
    limit.burst + limit.per_second * u32::try_from(time.as_secs() + 1).unwrap_or(u32::MAX)
}
