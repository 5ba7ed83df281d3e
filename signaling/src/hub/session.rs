//! One connection: who it is, where it announced itself, what it may send, when to look at it.
//!
//! ```text
//! Greeting --Hello--> Ready --(Closed, or the hub's Close)--> forgotten
//!     \---------------(no Hello in time, any other frame)-------^
//! ```

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::{NodeId, Topic};

use super::addresses::Source;
use super::config::HubConfig;
use super::ids::{AddressKey, ServerId};
use super::messages::{Origin, Proof};
use super::rate::{Bucket, Buckets};

#[derive(Debug)]
pub(super) struct Session {
    pub(super) source: Source,
    /// Set by `Hello`.
    pub(super) mailbox: Option<Mailbox>,
    /// Whether another server has the mailbox too.
    pub(super) is_elsewhere: bool,
    opened: Duration,
    /// The last sign of life.
    pub(super) seen: Duration,
    /// When it was last asked for one.
    pub(super) pinged: Duration,
    /// The one entry of this connection in the hub's timers. It may be too early, never too late:
    /// a sign of life does not move it.
    pub(super) wakes: Duration,
    /// When it is handed new credentials for the relays.
    pub(super) renews: Duration,
    /// Frames handed out and not reported as written, the oldest first.
    pub(super) waiting: VecDeque<Waiting>,
    /// The sum of what they cost.
    pub(super) queued: usize,
    /// What of it each sender takes.
    shares: BTreeMap<AddressKey, usize>,
    /// When the queue last became shorter, or was empty.
    pub(super) progressed: Duration,
    pub(super) memberships: Vec<Membership>,
    pub(super) buckets: Buckets,
    pub(super) refusals: Bucket,
}

/// What `Hello` claimed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mailbox {
    pub(super) node: NodeId,
    /// Of the secret, so that neither a memory dump nor another server's claim gives a mailbox
    /// away: the secret is 16 random bytes, which nobody guesses. Compares in constant time.
    pub(super) secret_hash: blake3::Hash,
}

impl Mailbox {
    pub(super) fn new(node: NodeId, secret: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("lacis 2026 signaling 1 mailbox");
        hasher.update(&node.0).update(secret);
        Self { node, secret_hash: hasher.finalize() }
    }

    pub(super) fn proof(&self) -> Proof {
        Proof(*self.secret_hash.as_bytes())
    }
}

/// A frame that has not left for the network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// Its bytes, and what it takes beside them.
    pub(super) cost: usize,
    /// Who is told if it never leaves; there is nobody for what the server itself says.
    pub(super) sender: Option<Sender>,
    /// Whose share of the queue it takes; nobody's, again for what the server itself says.
    pub(super) payer: Option<AddressKey>,
}

/// Who sent a payload.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sender {
    /// A client of this server.
    Here(Origin),
    /// A client of another one.
    At(ServerId, Origin),
}

/// One announcement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    pub(super) topic: Topic,
    /// Where the topic's list has this connection.
    pub(super) position: usize,
    pub(super) expires: Duration,
}

/// What a timer finds due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// No sign of life, or no `Hello`, in time.
    Dead,
    /// Frames wait and none gets away.
    Stalled,
    /// Time to ask for a sign of life.
    Ping,
    /// Nothing but perhaps an announcement that ends.
    Nothing,
}

impl Session {
    pub(super) fn new(config: &HubConfig, now: Duration, source: Source) -> Self {
        Self {
            source,
            mailbox: None,
            is_elsewhere: false,
            opened: now,
            seen: now,
            pinged: now,
            wakes: Duration::MAX,
            renews: Duration::MAX,
            waiting: VecDeque::new(),
            queued: 0,
            shares: BTreeMap::new(),
            progressed: now,
            memberships: Vec::new(),
            buckets: Buckets::full(&config.connection_rates, now),
            refusals: Bucket::full(config.connection_refusals, now),
        }
    }

    pub(super) fn due(&self, config: &HubConfig, now: Duration) -> Due {
        if now >= self.dead_at(config) {
            Due::Dead
        } else if now >= self.stalled_at(config) {
            Due::Stalled
        } else if now >= self.ping_at(config) {
            Due::Ping
        } else {
            Due::Nothing
        }
    }

    /// The next time something may be due.
    pub(super) fn deadline(&self, config: &HubConfig) -> Duration {
        let first = self.memberships.iter().map(|membership| membership.expires).min();
        self.dead_at(config)
            .min(self.stalled_at(config))
            .min(self.ping_at(config))
            .min(self.renews)
            .min(first.unwrap_or(Duration::MAX))
    }

    /// What of the queue this sender takes.
    pub(super) fn share_of(&self, payer: AddressKey) -> usize {
        self.shares.get(&payer).copied().unwrap_or(0)
    }

    /// Adds a frame to the queue.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.queued += waiting.cost;
        if let Some(payer) = waiting.payer {
            *self.shares.entry(payer).or_default() += waiting.cost;
        }
        self.waiting.push_back(waiting);
    }

    /// Takes what was written off the queue; gives back what it had cost.
    pub(super) fn written(&mut self, frames: usize) -> usize {
        let mut cost = 0;
        for written in self.waiting.drain(..frames.min(self.waiting.len())) {
            cost += written.cost;
            if let Some(payer) = written.payer
                && let Some(share) = self.shares.get_mut(&payer)
            {
                *share -= written.cost;
                if *share == 0 {
                    self.shares.remove(&payer);
                }
            }
        }
        self.queued -= cost;
        if self.waiting.is_empty() {
            // The memory of a burst does not stay with an idle client.
            self.waiting = VecDeque::new();
        }
        cost
    }

    pub(super) fn membership(&mut self, topic: &Topic) -> Option<&mut Membership> {
        self.memberships.iter_mut().find(|membership| membership.topic == *topic)
    }

    fn dead_at(&self, config: &HubConfig) -> Duration {
        match self.mailbox {
            Some(_) => self.seen.saturating_add(config.silence_max),
            None => self.opened.saturating_add(config.hello_deadline),
        }
    }

    fn stalled_at(&self, config: &HubConfig) -> Duration {
        match self.queued {
            0 => Duration::MAX,
            _ => self.progressed.saturating_add(config.stall_max),
        }
    }

    fn ping_at(&self, config: &HubConfig) -> Duration {
        match self.mailbox {
            Some(_) => self.seen.max(self.pinged).saturating_add(config.ping_interval),
            None => Duration::MAX,
        }
    }
}
