//! What the hub must hold and may say, in the simplest terms.

mod answers;
mod cause;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::codec::decode;
use lacis_wire::signal::{ByeReason, ClientFrame, ServerFrame, Undelivered};
use lacis_wire::{NodeId, Topic};

use self::cause::Cause;
use super::{Op, network_of};
use crate::hub::{AddressKey, ConnId, Hub, HubConfig, Output};
use crate::limits;

/// The largest frame that comes by itself.
const UNASKED_BYTES_MAX: usize = 400;

#[derive(Debug)]
pub(super) struct Model {
    pub(super) now: Duration,
    config: HubConfig,
    /// Whether no frame is ever refused for its sender's rate.
    exact: bool,
    peers: BTreeMap<ConnId, Peer>,
    /// Payloads whose mailbox closed before they left: sender, mailbox and number.
    returned: Vec<(ConnId, NodeId, u32)>,
    /// Mailboxes without a connection.
    kept: BTreeMap<NodeId, Kept>,
    /// Joins and payloads of each address that were not refused for its rate.
    passed: BTreeMap<AddressKey, u32>,
    ended: bool,
}

#[derive(Debug)]
struct Peer {
    address: AddressKey,
    mailbox: Option<(NodeId, [u8; 16])>,
    /// With the time each announcement ends.
    topics: BTreeMap<Topic, Duration>,
    /// Lengths of the frames not written yet, with sender and number of payloads.
    queue: VecDeque<(usize, Option<(ConnId, u32)>)>,
    opened: Duration,
    seen: Duration,
    progressed: Duration,
    /// As in [`Model`], of this one alone.
    passed: u32,
}

/// A mailbox without a connection: by which secret it is had back, until when, and who was there.
#[derive(Debug)]
struct Kept {
    secret: [u8; 16],
    until: Duration,
    payer: AddressKey,
}

impl Peer {
    fn queued(&self) -> usize {
        self.queue.iter().map(|(len, _)| len + limits::QUEUE_FRAME_BYTES).sum()
    }

    fn node(&self) -> Option<NodeId> {
        self.mailbox.map(|(node, _)| node)
    }
}

impl Model {
    pub(super) fn new(config: HubConfig, exact: bool) -> Self {
        let (peers, passed) = (BTreeMap::new(), BTreeMap::new());
        let (now, returned) = (Duration::ZERO, Vec::new());
        let kept = BTreeMap::new();
        Self { now, config, exact, peers, returned, kept, passed, ended: false }
    }

    /// Those that are open.
    pub(super) fn connections(&self) -> Vec<ConnId> {
        self.peers.keys().copied().collect()
    }

    /// Whether its `Hello` is still to come.
    pub(super) fn is_greeting(&self, conn: ConnId) -> bool {
        self.peers.get(&conn).is_some_and(|peer| peer.mailbox.is_none())
    }

    /// Takes frames out of a queue; there may be fewer than a shell claims to have written.
    pub(super) fn write(&mut self, conn: ConnId, frames: usize) {
        let Some(peer) = self.peers.get_mut(&conn) else { return };
        peer.progressed = self.now;
        peer.queue.drain(..frames.min(peer.queue.len()));
    }

    /// Holds what came out against what may come out.
    pub(super) fn check(&mut self, op: &Op, outputs: &[Output]) {
        self.before(op);
        let cause = Cause::of(op, self);
        let mut outputs = outputs.iter();
        let mut answers = 0;
        while let Some(output) = outputs.next() {
            match output {
                Output::Send { conn, frame } => {
                    let decoded = decode::<ServerFrame<'_>>(frame).expect("the hub sends frames");
                    if let ServerFrame::Bye { reason: ByeReason::Origin, .. } = decoded {
                        assert!(matches!(op, Op::Refused { conn: known } if known == conn));
                        assert!(matches!(outputs.next(), Some(Output::Close { .. })));
                    } else if let ServerFrame::Bye { reason, .. } = decoded {
                        let close = Output::Close { conn: *conn, reason };
                        assert_eq!(outputs.next(), Some(&close), "nothing follows a good-bye");
                        self.check_close(&cause, *conn, reason);
                        answers += usize::from(cause.conn() == Some(*conn));
                    } else if self.is_returned(*conn, &decoded) {
                        self.queue(*conn, frame.len(), None);
                    } else {
                        self.check_frame(&cause, *conn, &decoded);
                        self.queue(*conn, frame.len(), cause.sender_of(&decoded));
                        answers += 1;
                    }
                }
                Output::Ping { conn } => {
                    let peer = &self.peers[conn];
                    let quiet = self.now - peer.seen;
                    assert!(matches!(op, Op::Pass(_)) && quiet >= self.config.ping_interval);
                    assert!(peer.mailbox.is_some(), "who has not said hello is not pinged");
                }
                Output::Close { .. } => panic!("closed without a good-bye"),
                Output::Tell(_) => panic!("there are no other servers"),
            }
        }
        let untold = self.returned.iter().find(|(sender, ..)| self.peers.contains_key(sender));
        assert_eq!(untold, None, "a sender does not hear of a loss");
        self.returned.clear();
        if cause.wants_answer(self.exact) {
            assert!(answers > 0, "no answer to {op:?}");
        }
    }

    /// The hub holds what the model holds, within all limits.
    pub(super) fn compare(&self, hub: &Hub) {
        let stats = hub.stats();
        let topics: BTreeSet<_> = self.peers.values().flat_map(|peer| peer.topics.keys()).collect();
        let members: usize = self.peers.values().map(|peer| peer.topics.len()).sum();
        let nodes: BTreeSet<_> = self.peers.values().filter_map(Peer::node).collect();
        let queued: usize = self.peers.values().map(Peer::queued).sum();
        assert_eq!(stats.connections, self.peers.len());
        assert_eq!(stats.nodes, nodes.len());
        assert_eq!(stats.topics, topics.len());
        assert_eq!(stats.members, members);
        assert_eq!(stats.queued_bytes, queued);
        assert!(stats.connections <= self.config.connections_max);
        assert!(stats.topics <= self.config.topics_max);
        for topic in topics {
            assert!(self.members(topic).count() <= self.config.members_per_topic_max);
        }
        for peer in self.peers.values() {
            let same = self.peers.values().filter(|other| other.address == peer.address);
            assert!(same.count() <= self.config.connections_per_address_max);
            assert!(peer.queued() <= self.config.queue_bytes_max);
            assert!(peer.topics.len() <= self.config.topics_per_connection_max);
            let deadline = match peer.mailbox {
                Some(_) => peer.seen + self.config.silence_max,
                None => peer.opened + self.config.hello_deadline,
            };
            assert!(self.now < deadline, "the dead are still there");
            let moves = peer.queue.is_empty() || self.now < peer.progressed + self.config.stall_max;
            assert!(moves, "a queue that stands still is still there");
        }
        match hub.poll_timeout() {
            Some(at) => assert!(at > self.now, "what is due was not done"),
            None => assert!(self.peers.is_empty(), "nothing would ever time out"),
        }
    }

    /// What an operation does to the model, whatever the hub answers.
    fn before(&mut self, op: &Op) {
        match op {
            Op::Open { conn, address } => {
                let peer = Peer {
                    address: *address,
                    mailbox: None,
                    topics: BTreeMap::new(),
                    queue: VecDeque::new(),
                    opened: self.now,
                    seen: self.now,
                    progressed: self.now,
                    passed: 0,
                };
                self.peers.insert(*conn, peer);
            }
            Op::Frame { conn, .. } | Op::Alive { conn } => {
                if let Some(peer) = self.peers.get_mut(conn) {
                    peer.seen = self.now;
                }
            }
            Op::Close { conn } => {
                self.remove(*conn);
            }
            Op::Pass(time) => {
                self.now += *time;
                for peer in self.peers.values_mut() {
                    peer.topics.retain(|_, expires| *expires > self.now);
                }
            }
            Op::Shutdown => self.ended = true,
            Op::Refused { .. } | Op::Malformed { .. } | Op::Written { .. } => {}
        }
        if let Op::Frame { conn, bytes } = op
            && let Ok(ClientFrame::Leave { topic }) = decode(bytes)
            && let Some(peer) = self.peers.get_mut(conn)
        {
            peer.topics.remove(&topic);
        }
    }

    fn check_close(&mut self, cause: &Cause<'_>, conn: ConnId, reason: ByeReason) {
        let peer = self.remove(conn).expect("somebody who is gone was closed again");
        let is_own = cause.conn() == Some(conn);
        let silent = self.now - peer.seen;
        let holds = match reason {
            ByeReason::Shutdown => self.ended,
            ByeReason::Protocol => is_own && cause.is_violation(peer.mailbox.is_some()),
            ByeReason::Version => is_own && matches!(cause, Cause::Frame { .. }),
            ByeReason::NodeTaken => is_own && cause.hello().is_some_and(|hello| self.rivals(hello)),
            ByeReason::Replaced => !is_own && cause.hello() == peer.mailbox,
            ByeReason::RateLimited => is_own && !self.exact,
            ByeReason::SlowReader => {
                let stalled = self.now >= peer.progressed + self.config.stall_max;
                // What others send closes nobody: only the server's own words meet a full queue.
                let is_full = peer.queued() + UNASKED_BYTES_MAX > self.config.queue_bytes_max;
                let is_full = is_full && peer.queue.iter().any(|(_, sender)| sender.is_none());
                (cause.is_time() && stalled && !peer.queue.is_empty()) || is_full
            }
            ByeReason::Timeout => {
                let is_greeted = peer.mailbox.is_some();
                let late = self.now - peer.opened >= self.config.hello_deadline;
                cause.is_time() && if is_greeted { silent >= self.config.silence_max } else { late }
            }
            ByeReason::Full => {
                let same = self.peers.values().filter(|other| other.address == peer.address);
                matches!(cause, Cause::Open { .. })
                    && (self.peers.len() == self.config.connections_max
                        || same.count() == self.config.connections_per_address_max)
            }
            // These are told to those who never were let in.
            ByeReason::Origin | ByeReason::Unauthorized => false,
        };
        assert!(holds, "closed without a reason: {reason:?} after {cause:?}");
    }

    /// Takes a peer out. Whoever sent what still waits for it has to hear of that.
    fn remove(&mut self, conn: ConnId) -> Option<Peer> {
        let peer = self.peers.remove(&conn)?;
        if let Some((node, secret)) = peer.mailbox {
            self.keep(node, secret, peer.address);
            let senders = peer.queue.iter().filter_map(|(_, sender)| *sender);
            self.returned.extend(senders.map(|(sender, seq)| (sender, node, seq)));
        }
        Some(peer)
    }

    fn keep(&mut self, node: NodeId, secret: [u8; 16], address: AddressKey) {
        let (now, payer) = (self.now, network_of(address).unwrap_or(address));
        self.kept.retain(|known, kept| *known != node && kept.until > now);
        let same = self.kept.values().filter(|kept| kept.payer == payer);
        if same.count() < self.config.connections_per_address_max {
            let until = now + limits::MAILBOX_KEPT;
            self.kept.insert(node, Kept { secret, until, payer });
        }
    }

    /// Whether a frame tells of a payload that was lost with its mailbox. Each is told once.
    fn is_returned(&mut self, conn: ConnId, frame: &ServerFrame<'_>) -> bool {
        let ServerFrame::Undelivered { to, seq, reason } = *frame else { return false };
        let is_there = self.holder(to).is_some();
        let told = if is_there { Undelivered::Full } else { Undelivered::Unknown };
        let at = self.returned.iter().position(|it| *it == (conn, to, seq));
        match at.filter(|_| reason == told) {
            Some(at) => {
                self.returned.remove(at);
                true
            }
            None => false,
        }
    }

    fn queue(&mut self, conn: ConnId, len: usize, sender: Option<(ConnId, u32)>) {
        let now = self.now;
        let peer = self.peer(conn);
        if peer.queue.is_empty() {
            peer.progressed = now;
        }
        peer.queue.push_back((len, sender));
    }

    fn peer(&mut self, conn: ConnId) -> &mut Peer {
        self.peers.get_mut(&conn).expect("the peer is there")
    }

    fn holder(&self, node: NodeId) -> Option<ConnId> {
        let mut holders = self.peers.iter().filter(|(_, peer)| peer.node() == Some(node));
        holders.next().map(|(conn, _)| *conn)
    }

    /// Whether somebody else has that mailbox, under another secret.
    fn rivals(&self, (node, secret): (NodeId, [u8; 16])) -> bool {
        let mut mailboxes = self.peers.values().filter_map(|peer| peer.mailbox);
        let is_held = mailboxes.any(|(held, known)| held == node && known != secret);
        let kept = self.kept.get(&node).filter(|kept| self.now < kept.until);
        is_held || kept.is_some_and(|kept| kept.secret != secret)
    }

    fn members<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = NodeId> + 'a {
        let members = self.peers.values().filter(|peer| peer.topics.contains_key(topic));
        members.filter_map(Peer::node)
    }
}
