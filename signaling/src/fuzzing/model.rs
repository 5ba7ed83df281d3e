//! What the hub must hold and may say, in the simplest terms.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::codec::{decode, encode};
use lacis_wire::signal::{ByeReason, ClientFrame, Refusal, ServerFrame, Undelivered};
use lacis_wire::{NodeId, PROTOCOL, Topic};

use super::Op;
use crate::hub::{AddressKey, ConnId, Hub, HubConfig, Output, RateLimit};
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
        Self { now, config, exact, peers, returned, passed, ended: false }
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

    fn check_frame(&mut self, cause: &Cause<'_>, conn: ConnId, frame: &ServerFrame<'_>) {
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
        match (asked, frame) {
            (ClientFrame::Hello { node, secret, .. }, ServerFrame::Welcome { .. }) => {
                assert!(self.holder(*node).is_none(), "two connections with one mailbox");
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
                assert_eq!(self.peers[sender].node(), Some(*from), "a sender was made up");
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
                size == self.config.members_per_topic_max
                    || (size == 0 && topics.len() == self.config.topics_max)
            }
            Refusal::RateLimited => !self.exact,
        };
        assert!(holds, "refused without a reason: {reason:?}");
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
                // Frames that come by themselves meet a full queue, too.
                let is_full = peer.queued() + UNASKED_BYTES_MAX > self.config.queue_bytes_max;
                let is_sent_to = matches!(cause, Cause::Frame { .. }) || is_full;
                (cause.is_time() && stalled && !peer.queue.is_empty()) || is_sent_to
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
        if let Some(node) = peer.node() {
            let senders = peer.queue.iter().filter_map(|(_, sender)| *sender);
            self.returned.extend(senders.map(|(sender, seq)| (sender, node, seq)));
        }
        Some(peer)
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
        mailboxes.any(|(held, known)| held == node && known != secret)
    }

    fn members<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = NodeId> + 'a {
        let members = self.peers.values().filter(|peer| peer.topics.contains_key(topic));
        members.filter_map(Peer::node)
    }
}

/// What a limit lets pass within a time.
fn most(limit: RateLimit, time: Duration) -> u32 {
    limit.burst + limit.per_second * u32::try_from(time.as_secs() + 1).unwrap_or(u32::MAX)
}

/// The operation as the model sees it.
#[derive(Debug)]
enum Cause<'a> {
    Open { conn: ConnId },
    Frame { conn: ConnId, frame: ClientFrame<'a>, is_greeted: bool },
    Noise { conn: ConnId },
    Alive { conn: ConnId },
    Time,
    Nothing,
}

impl<'a> Cause<'a> {
    fn of(op: &'a Op, model: &Model) -> Self {
        let of_peer = |conn: &ConnId| model.peers.get(conn);
        match op {
            Op::Open { conn, .. } => Self::Open { conn: *conn },
            Op::Frame { conn, bytes } => match (of_peer(conn), decode(bytes)) {
                (None, _) => Self::Nothing,
                (Some(peer), Ok(frame)) => {
                    // Frames are the only thing that both sides must read alike.
                    assert!(decode::<ClientFrame<'_>>(&encode(&frame)).is_ok());
                    Self::Frame { conn: *conn, frame, is_greeted: peer.mailbox.is_some() }
                }
                (Some(_), Err(_)) => Self::Noise { conn: *conn },
            },
            Op::Malformed { conn } if of_peer(conn).is_some() => Self::Noise { conn: *conn },
            Op::Alive { conn } if of_peer(conn).is_some() => Self::Alive { conn: *conn },
            Op::Pass(_) => Self::Time,
            Op::Malformed { .. }
            | Op::Alive { .. }
            | Op::Written { .. }
            | Op::Close { .. }
            | Op::Refused { .. }
            | Op::Shutdown => Self::Nothing,
        }
    }

    fn conn(&self) -> Option<ConnId> {
        match self {
            Self::Open { conn }
            | Self::Frame { conn, .. }
            | Self::Noise { conn }
            | Self::Alive { conn } => Some(*conn),
            Self::Time | Self::Nothing => None,
        }
    }

    /// Connection and number of the payload that a frame delivers.
    fn sender_of(&self, delivered: &ServerFrame<'_>) -> Option<(ConnId, u32)> {
        match (self, delivered) {
            (
                Self::Frame { conn, frame: ClientFrame::Send { seq, .. }, .. },
                ServerFrame::Deliver { .. },
            ) => Some((*conn, *seq)),
            _ => None,
        }
    }

    fn is_time(&self) -> bool {
        matches!(self, Self::Time)
    }

    fn hello(&self) -> Option<(NodeId, [u8; 16])> {
        match self {
            Self::Frame { frame: ClientFrame::Hello { versions, node, secret }, .. } => {
                PROTOCOL.agree(*versions).map(|_| (*node, *secret))
            }
            _ => None,
        }
    }

    fn is_violation(&self, is_greeted: bool) -> bool {
        match self {
            Self::Noise { .. } => true,
            Self::Frame { frame, .. } => is_greeted == matches!(frame, ClientFrame::Hello { .. }),
            _ => false,
        }
    }

    fn wants_answer(&self, exact: bool) -> bool {
        match self {
            Self::Noise { .. } => true,
            Self::Frame { frame, is_greeted, .. } => {
                exact && !(*is_greeted && matches!(frame, ClientFrame::Leave { .. }))
            }
            _ => false,
        }
    }
}
