//! What every part of a node uses: time, randomness, counters, the queue of outputs, the identity.

use alloc::collections::VecDeque;
use core::time::Duration;

use chacha20::ChaCha20Rng;
use lacis_wire::pen::Pen;
use lacis_wire::proof::{self, IdentityKey};
use lacis_wire::{Code, Millis, NodeId, PeerId};
use rand_core::{Rng, SeedableRng};

use crate::config::Config;
use crate::event::{Completion, Event};
use crate::ids::{Chosen, LinkId, OpId, RequestId, RoomId, SocketId, StreamId};
use crate::io::{LinkAction, Output};
use crate::start::Start;
use crate::store::Vault;
use crate::tickets::Tickets;
use crate::time::Timestamp;
use crate::wall::WallClock;

/// Who this node is.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) key: IdentityKey,
    /// The same key, for what is signed often.
    pub(crate) pen: Pen,
    pub(crate) peer: PeerId,
    pub(crate) node: NodeId,
    /// Binds the node id to the identity.
    pub(crate) salt: [u8; 16],
    /// Marks what this identity has stored.
    pub(crate) vault: Vault,
    /// Which start of its store this is, once that is stored: only then may it be told.
    pub(crate) start: Option<Start>,
}

/// What every part of a node uses.
#[derive(Debug)]
pub(crate) struct Cx {
    pub(crate) now: Timestamp,
    pub(crate) outputs: VecDeque<Output>,
    /// What is to be done with connections that go over a neighbor.
    pub(crate) relayed: VecDeque<(LinkId, LinkAction)>,
    rng: ChaCha20Rng,
    counter: u64,
    last_nonce: u32,
    /// What clients have numbered: rooms and groups, and files that they send.
    pub(crate) rooms: Chosen,
    pub(crate) files: Chosen,
    /// The last files that arrived before the application had said that it has written all, at most
    /// [`limits::STREAMS_MAX`](lacis_wire::limits::STREAMS_MAX): whoever learns late that there is
    /// no more says so afterwards, perhaps when the receiver has left.
    pub(crate) arrived: VecDeque<StreamId>,
    pub(crate) me: Identity,
    pub(crate) config: Config,
    pub(crate) tickets: Tickets,
    pub(crate) clock: WallClock,
    /// Since when the page is put aside, if it is: nothing is connected then.
    pub(crate) suspended_at: Option<Timestamp>,
    /// Until then silence is our own fault: this node was not called for a while.
    pub(crate) stalled_until: Timestamp,
    /// Whether what is to be stored waits for more of it; see [`crate::Node::gather`].
    pub(crate) gathers: bool,
}

impl Cx {
    pub(crate) fn new(config: Config, seed: [u8; 32], now: Timestamp) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let key = proof::signing_key(&config.identity);
        let peer = proof::peer_id(&key);
        let vault = Vault::new(&config.identity);
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let node = NodeId::derive(&peer, &salt);
        Self {
            now,
            outputs: VecDeque::new(),
            relayed: VecDeque::new(),
            rng,
            counter: 0,
            last_nonce: 0,
            rooms: Chosen::default(),
            files: Chosen::default(),
            arrived: VecDeque::new(),
            me: Identity { pen: Pen::new(&key), key, peer, node, salt, vault, start: None },
            clock: WallClock::new(now, config.wall),
            config,
            tickets: Tickets::default(),
            suspended_at: None,
            stalled_until: Timestamp::ZERO,
            gathers: false,
        }
    }

    pub(crate) const fn is_suspended(&self) -> bool {
        self.suspended_at.is_some()
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(crate) fn link(&mut self, id: LinkId, action: LinkAction) {
        if id.is_relayed() {
            self.relayed.push_back((id, action));
        } else {
            self.outputs.push_back(Output::Link(id, action));
        }
    }

    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) const fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    pub(crate) fn random_u64(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Puts a list into any order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let places = u64::try_from(last + 1).unwrap_or(1);
            let other = usize::try_from(self.rng.next_u64() % places).unwrap_or(0);
            list.swap(last, other);
        }
    }

    /// Between half of `delay` and all of it, so that many who fail together do not return
    /// together.
    pub(crate) fn jitter(&mut self, delay: Duration) -> Duration {
        let half = delay / 2;
        let micros = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_micros(self.rng.next_u64() % micros)
    }

    /// Exponential backoff with jitter.
    pub(crate) fn backoff(&mut self, failures: u32, min: Duration, max: Duration) -> Duration {
        let factor = 1_u32 << failures.min(10);
        self.jitter((min * factor).min(max))
    }

    const fn count(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(1);
        self.counter
    }

    pub(crate) fn socket_id(&mut self) -> SocketId {
        SocketId(self.count())
    }

    pub(crate) fn link_id(&mut self) -> LinkId {
        LinkId::numbered(self.count(), false)
    }

    /// Of a connection over a neighbor.
    pub(crate) fn relayed_id(&mut self) -> LinkId {
        LinkId::numbered(self.count(), true)
    }

    pub(crate) fn op_id(&mut self) -> OpId {
        OpId(self.count())
    }

    /// Of a room of the node itself; `None` if it has had as many as there can be.
    pub(crate) fn room_id(&mut self) -> Option<RoomId> {
        self.rooms.own().map(RoomId)
    }

    pub(crate) fn stream_id(&mut self) -> StreamId {
        StreamId::numbered(self.count())
    }

    pub(crate) fn request_id(&mut self) -> RequestId {
        RequestId(self.count())
    }

    /// Names what is answered soon: it comes round after 2^32 of them.
    pub(crate) const fn nonce(&mut self) -> u32 {
        self.last_nonce = self.last_nonce.wrapping_add(1);
        self.last_nonce
    }

    /// Our own clock: the last reading, counted on.
    pub(crate) fn wall(&self) -> Millis {
        self.clock.at(self.now)
    }

    /// Something is odd about what a node sends.
    pub(crate) fn warn(&mut self, code: Code, node: NodeId) {
        self.event(Event::Warning { code, node: Some(node) });
    }

    /// Tells that a ticket is completed, which is not open.
    pub(crate) fn completed(&mut self, ticket: crate::Ticket, result: Result<(), Code>) {
        let result = result.map(|()| Completion::Done);
        self.event(Event::Completed { ticket, result });
    }

    /// Completes a ticket with more than that it is done, if it is open.
    pub(crate) fn complete(&mut self, ticket: crate::Ticket, completion: Completion) {
        if self.tickets.close(ticket) {
            self.event(Event::Completed { ticket, result: Ok(completion) });
        }
    }

    /// Settles one part of what a ticket waits for.
    pub(crate) fn settle(&mut self, ticket: crate::Ticket, result: Result<(), Code>) {
        if let Some(result) = self.tickets.settle(ticket, result) {
            self.completed(ticket, result);
        }
    }
}
