//! The hub decides everything the server does: who is let in, which mailbox belongs to whom, who
//! hears of whom, what is passed on, who sends too much. It has no clock, no socket and no
//! randomness of its own, so that the simulator runs the very same code.
//!
//! **After every [`Hub::handle_input`] and [`Hub::handle_timeout`], take outputs from
//! [`Hub::poll_output`] until there are none, then arm a timer for [`Hub::poll_timeout`].** Several
//! inputs may go in before the outputs are taken.
//!
//! ```
//! use core::time::Duration;
//! use lacis_signaling::hub::{AddressKey, ConnId, Hub, HubConfig, Input, Output};
//!
//! let mut hub = Hub::new(HubConfig::default(), [0; 32]);
//! let now = Duration::ZERO;
//! hub.handle_input(now, Input::Opened { conn: ConnId(1), address: AddressKey(7), network: None });
//! hub.handle_input(now, Input::Frame { conn: ConnId(1), bytes: b"not a frame" });
//! let mut closed = false;
//! while let Some(output) = hub.poll_output() {
//!     closed |= matches!(output, Output::Close { conn: ConnId(1), .. });
//! }
//! assert!(closed);
//! assert_eq!(hub.poll_timeout(), None);
//! ```
//!
//! Every table has a limit in [`HubConfig`]. Time is any clock that starts at zero and does not run
//! backwards; where it does, the hub waits for it to catch up.

// Tests may; a server that strangers talk to must not.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )
)]

mod addresses;
mod closing;
mod cluster;
mod config;
mod frames;
mod ids;
mod kept;
mod messages;
mod queues;
mod rate;
mod relays;
mod resume;
mod session;
mod stats;
mod topics;
mod types;

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use lacis_wire::NodeId;
use lacis_wire::signal::{ByeReason, ServerFrame};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use self::addresses::{Addresses, OpenError, Source};
use self::cluster::Cluster;
use self::kept::Kept;
use self::resume::Tokens;
use self::session::{Due, Sender, Session};
use self::topics::Topics;
use crate::limits;

pub use self::config::HubConfig;
pub use self::ids::{AddressKey, ConnId, LookupId, ServerId};
pub use self::messages::{Command, Event, Origin, Proof};
#[cfg(feature = "server")]
pub(crate) use self::rate::Bucket;
pub use self::rate::Rates;
pub use self::relays::{Relays, end_of, password};
pub use self::stats::{Received, Stats};
pub use self::types::{Input, Output};
pub use crate::rate_limit::RateLimit;

/// The server without its sockets. See the [module](self) for how to drive it.
pub struct Hub {
    config: HubConfig,
    now: Duration,
    random: ChaCha8Rng,
    /// Turns numbers of connections into names that say nothing.
    hash_key: [u8; 32],
    tokens: Option<Tokens>,
    /// Boxed, because a tree has places that are not taken.
    sessions: BTreeMap<ConnId, Box<Session>>,
    mailboxes: BTreeMap<NodeId, ConnId>,
    kept: Kept,
    topics: Topics,
    cluster: Cluster,
    addresses: Addresses,
    /// One entry for each connection.
    timers: BTreeSet<(Duration, ConnId)>,
    outputs: VecDeque<Output>,
    /// Payloads for mailboxes that closed before they left, and who is to hear of it. Empty between
    /// inputs.
    returned: VecDeque<(Sender, NodeId)>,
    queued_bytes: usize,
    shutting_down: bool,
    stats: Stats,
}

impl Hub {
    /// A hub without connections. The seed decides every sample that it will draw.
    #[must_use]
    pub fn new(config: HubConfig, seed: [u8; 32]) -> Self {
        let mut random = ChaCha8Rng::from_seed(seed);
        let mut hash_key = [0; 32];
        random.fill_bytes(&mut hash_key);
        let tokens = config.secret.as_deref().map(Tokens::new);
        Self {
            config,
            tokens,
            now: Duration::ZERO,
            random,
            hash_key,
            sessions: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            kept: Kept::default(),
            topics: Topics::new(),
            cluster: Cluster::default(),
            addresses: Addresses::new(),
            timers: BTreeSet::new(),
            outputs: VecDeque::new(),
            returned: VecDeque::new(),
            queued_bytes: 0,
            shutting_down: false,
            stats: Stats::default(),
        }
    }

    /// Takes in what happened. Inputs for connections that are gone do nothing.
    pub fn handle_input(&mut self, now: Duration, input: Input<'_>) {
        self.handle_timeout(now);
        match input {
            Input::Opened { conn, address, network } => {
                self.on_opened(conn, Source { address, network });
            }
            Input::Frame { conn, bytes } => self.on_frame(conn, bytes),
            Input::Malformed { conn } => self.on_malformed(conn),
            Input::Alive { conn } => self.on_alive(conn),
            Input::Written { conn, frames } => self.on_written(conn, frames),
            Input::Closed { conn } => {
                if self.forget(conn, true) {
                    self.stats.lost += 1;
                }
            }
            Input::Refused { conn, reason } => self.refuse(conn, reason),
            Input::Event(event) => self.on_event(event),
            Input::Shutdown => self.on_shutdown(),
        }
        self.tell_senders();
    }

    /// Does what is due by now. Early or repeated calls do nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.now = self.now.max(now);
        while let Some(&(at, conn)) = self.timers.first()
            && at <= self.now
        {
            self.on_timer(conn);
        }
        self.end_lookups(self.now);
        self.addresses.expire(self.now);
        self.kept.expire(self.now);
        self.tell_senders();
    }

    /// Takes in what the clock of the world shows, as time since 1970. It may be set at any time,
    /// and goes on while the machine sleeps, which the clock of the other calls does not.
    pub fn handle_wall(&mut self, now: Duration, wall: Duration) {
        self.now = self.now.max(now);
        let before = self.wall();
        self.config.epoch = wall.saturating_sub(self.now);
        let lifetime = self.config.relays.as_ref().map(|relays| relays.lifetime);
        if lifetime.is_some_and(|lifetime| before.abs_diff(self.wall()) >= lifetime / 8) {
            // What was handed out ends at another time than was said.
            let ready = self.sessions.iter_mut().filter(|(_, it)| it.mailbox.is_some());
            let conns: Vec<ConnId> = ready
                .map(|(conn, session)| {
                    session.renews = self.now;
                    *conn
                })
                .collect();
            conns.into_iter().for_each(|conn| self.rearm(conn));
        }
    }

    /// The next thing to do outside.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Hub::handle_timeout`], if nothing comes in before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let timer = self.timers.first().map(|&(at, _)| at);
        timer.into_iter().chain(self.cluster.deadline()).min()
    }

    /// What the hub holds and has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            connections: self.sessions.len(),
            nodes: self.mailboxes.len(),
            topics: self.topics.len(),
            members: self.topics.members(),
            addresses: self.addresses.len(),
            queued_bytes: self.queued_bytes,
            linked: self.cluster.linked,
            ..self.stats
        }
    }

    /// The limits in force.
    #[must_use]
    pub const fn config(&self) -> &HubConfig {
        &self.config
    }

    /// Whether [`Input::Shutdown`] has come in.
    #[must_use]
    pub const fn is_shutting_down(&self) -> bool {
        self.shutting_down
    }

    fn on_opened(&mut self, conn: ConnId, source: Source) {
        debug_assert!(!self.sessions.contains_key(&conn), "a connection's number came back");
        if self.shutting_down {
            return self.refuse(conn, ByeReason::Shutdown);
        }
        if self.sessions.len() >= self.config.connections_max {
            return self.refuse(conn, ByeReason::Full);
        }
        match self.addresses.open(&self.config, self.now, source) {
            Err(OpenError::Full) => return self.refuse(conn, ByeReason::Full),
            Err(OpenError::RateLimited) => return self.refuse(conn, ByeReason::RateLimited),
            Ok(()) => {}
        }
        self.stats.opened += 1;
        let session = Box::new(Session::new(&self.config, self.now, source));
        self.sessions.insert(conn, session);
        self.rearm(conn);
    }

    fn on_malformed(&mut self, conn: ConnId) {
        if self.sessions.contains_key(&conn) {
            self.stats.received.malformed += 1;
            self.close(conn, ByeReason::Protocol);
        }
    }

    /// Hands a client credentials for the relays, if there are any.
    fn grant(&mut self, conn: ConnId) {
        let (Some(relays), wall) = (&self.config.relays, self.wall()) else { return };
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        // The same for as long as the session lasts, so that a relay can count what a client has.
        let hash = blake3::keyed_hash(&self.hash_key, &conn.0.to_be_bytes());
        let client = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let ends = wall.saturating_add(relays.lifetime).as_secs();
        let lifetime_ms = u32::try_from(relays.lifetime.as_millis()).unwrap_or(u32::MAX);
        session.renews = self.now.saturating_add(relays.lifetime / 4 * 3);
        let servers = relays.grant(client, ends);
        self.send(conn, &ServerFrame::IceServers { servers, lifetime_ms });
    }

    /// The clock of the world.
    fn wall(&self) -> Duration {
        self.config.epoch.saturating_add(self.now)
    }

    fn on_timer(&mut self, conn: ConnId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        match session.due(&self.config, now) {
            Due::Dead => return self.close(conn, ByeReason::Timeout),
            Due::Stalled => return self.close(conn, ByeReason::SlowReader),
            Due::Ping => {
                session.pinged = now;
                self.stats.pings += 1;
                self.outputs.push_back(Output::Ping { conn });
            }
            Due::Nothing => {}
        }
        if session.renews <= now {
            self.grant(conn);
        }
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let ended = session.memberships.iter().filter(|membership| membership.expires <= now);
        let ended: Vec<_> = ended.map(|membership| membership.topic).collect();
        for topic in ended {
            self.stats.expired += 1;
            self.withdraw(conn, &topic);
        }
        self.rearm(conn);
    }

    /// Sets the connection's one timer to its next deadline.
    fn rearm(&mut self, conn: ConnId) {
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        // A deadline of zero length must not keep the loop over the timers from ending.
        let soonest = self.now.saturating_add(TIMER_STEP);
        let wakes = session.deadline(&self.config).max(soonest);
        if wakes != session.wakes {
            self.timers.remove(&(session.wakes, conn));
            session.wakes = wakes;
        }
        self.timers.insert((wakes, conn));
    }

    /// Wakes the connection no later than `at`.
    fn rearm_before(&mut self, conn: ConnId, at: Duration) {
        if self.sessions.get(&conn).is_some_and(|session| at < session.wakes) {
            self.rearm(conn);
        }
    }
}

impl fmt::Debug for Hub {
    /// Figures only: neither the key of the hashes nor who talks to whom belongs into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// The finest difference in time that a timer is armed for.
const TIMER_STEP: Duration = Duration::from_millis(1);
