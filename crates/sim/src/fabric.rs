//! What every part of the world shares: the clock, the queue of what will happen, chance, and the
//! network.

use std::collections::BTreeMap;
use std::time::Duration;

use lacis_core::Input;

use crate::happening::{Call, Happening};
use crate::ids::TabId;
use crate::network::Network;
use crate::random::Random;

/// Clock, queue, chance and network.
#[derive(Debug)]
pub struct Fabric {
    pub(crate) now: Duration,
    pub(crate) random: Random,
    /// The network between all tabs and servers.
    pub net: Network,
    queue: BTreeMap<(Duration, u64), Happening>,
    order: u64,
}

impl Fabric {
    pub(crate) fn new(random: Random) -> Self {
        let net = Network::default();
        Self { now: Duration::ZERO, random, net, queue: BTreeMap::new(), order: 0 }
    }

    /// What happens at the same time happens in the order in which it was planned.
    pub(crate) fn at(&mut self, at: Duration, what: Happening) {
        self.order += 1;
        self.queue.insert((at.max(self.now), self.order), what);
    }

    pub(crate) fn after(&mut self, delay: Duration, what: Happening) {
        self.at(self.now + delay, what);
    }

    /// Puts an input into a tab's event loop.
    pub(crate) fn tell(&mut self, tab: TabId, delay: Duration, input: Input<'static>) {
        self.after(delay, Happening::Call(tab, Call::Input(input)));
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.queue.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next thing and moves the clock to it.
    pub(crate) fn pop(&mut self) -> Option<Happening> {
        let ((at, _), what) = self.queue.pop_first()?;
        self.now = self.now.max(at);
        Some(what)
    }

    /// Time of one packet from one tab to another, without losses.
    pub(crate) fn flight(&mut self, from: TabId, to: TabId, relayed: bool) -> Duration {
        let base = self.net.latency(from, to);
        let jitter = self.random.upto(self.net.jitter(from).max(self.net.jitter(to)));
        let detour = if relayed { Duration::from_millis(15) } else { Duration::ZERO };
        base + jitter + detour
    }

    /// Time of one TCP segment between a tab and a server. A loss shows as a delay only.
    pub(crate) fn segment(&mut self, tab: TabId) -> Duration {
        let mut delay = self.net.server_latency(tab) + self.random.upto(self.net.jitter(tab));
        let mut wait = Duration::from_millis(200);
        while self.random.chance(self.net.loss(tab)) && wait < Duration::from_secs(4) {
            delay += wait;
            wait *= 2;
        }
        delay
    }
}
