//! The state of one connection.

mod described;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use lacis_core::Path;
use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;

use super::Browser;
use super::operation::Operation;
use super::texts::Credentials;
use crate::fabric::Fabric;
use crate::happening::Happening;
use crate::happening::rtc::{CandidateKind, ConnectionId, Parcel, Step};

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) browser: Browser,
    /// The hash of its certificate, for as long as it lives.
    pub(super) certificate: [u8; 32],
    pub(super) relay_only: bool,
    pub(super) has_stun: bool,
    pub(super) has_turn: bool,
    pub(super) chain: VecDeque<Operation>,
    /// Set while an offer of ours waits for its answer.
    pub(super) pending: Option<Credentials>,
    pub(super) local: Option<Credentials>,
    pub(super) remote: Option<Remote>,
    pub(super) revision: u32,
    /// The ICE user names that it ever had.
    pub(super) users: Vec<String>,
    pub(super) ice: Ice,
    pub(super) dtls: Dtls,
    /// The other end, once the encryption stands.
    pub(super) associate: Option<ConnectionId>,
    pub(super) lanes: [Lane; 3],
    pub(super) line: Line,
}

/// What is known of the other end.
#[derive(Debug)]
pub(super) struct Remote {
    pub(super) credentials: Credentials,
    pub(super) fingerprint: [u8; 32],
    pub(super) message_limit: usize,
    /// Whether there is a candidate that is reached straight, and one at a relay.
    pub(super) knows_direct: bool,
    pub(super) knows_relay: bool,
}

/// The search for a path, and the path.
#[derive(Debug)]
pub(super) struct Ice {
    pub(super) state: IceState,
    /// Grows whenever credentials change.
    pub(super) generation: u32,
    pub(super) selected: Option<Selected>,
    /// Since when a path of the present generation is there to be found.
    pub(super) found_since: Option<Duration>,
    pub(super) since: Duration,
    pub(super) last_ok: Duration,
    pub(super) tick: u32,
    /// Since when nothing can change about the path but by what wakes it.
    pub(super) rests_since: Option<Duration>,
    /// How long this browser takes to call a silent path disconnected, and then failed.
    pub(super) disconnects_after: Duration,
    pub(super) fails_after: Duration,
}

/// The path in use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selected {
    pub(super) other: ConnectionId,
    pub(super) generation: u32,
    pub(super) relayed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IceState {
    New,
    Checking,
    Connected,
    Disconnected,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dtls {
    New,
    Handshaking,
    Connected,
    Failed,
}

/// One end of one channel.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) state: LaneState,
    pub(super) queue: VecDeque<Vec<u8>>,
    pub(super) buffered: usize,
    /// When the last message under way arrives.
    pub(super) clear_at: Duration,
    /// Messages that were sent, and that were received and handed over.
    pub(super) sent: u64,
    pub(super) received: u64,
    /// What came before something that is still missing.
    pub(super) waiting: BTreeMap<u64, Vec<u8>>,
    /// What came before the channel was open here.
    pub(super) early: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LaneState {
    #[default]
    Connecting,
    Open,
    Closed,
}

/// What one end has on the wire.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) sending: Option<(Channel, Vec<u8>)>,
    pub(super) in_flight: usize,
    pub(super) turn: usize,
    /// Messages whose packets did not come through; sent again when they do.
    pub(super) held: VecDeque<Parcel>,
}

impl Connection {
    pub(super) fn new(
        fabric: &mut Fabric,
        id: ConnectionId,
        browser: Browser,
        servers: &[IceServer],
        relay_only: bool,
    ) -> Self {
        let named = |scheme: &str| {
            servers.iter().flat_map(|server| &server.urls).any(|url| url.starts_with(scheme))
        };
        let random = &mut fabric.random;
        Self {
            id,
            browser,
            certificate: random.bytes(),
            relay_only,
            has_stun: named("stun:") || named("turn:"),
            has_turn: named("turn:"),
            chain: VecDeque::new(),
            pending: None,
            local: None,
            remote: None,
            revision: 0,
            users: Vec::new(),
            ice: Ice {
                state: IceState::New,
                generation: 0,
                selected: None,
                found_since: None,
                since: Duration::ZERO,
                last_ok: Duration::ZERO,
                tick: 0,
                rests_since: None,
                disconnects_after: random.millis(4_000, 7_000),
                fails_after: random.millis(15_000, 30_000),
            },
            dtls: Dtls::New,
            associate: None,
            lanes: Default::default(),
            line: Line::default(),
        }
    }

    pub(super) const fn lane(&mut self, channel: Channel) -> &mut Lane {
        let [control, bulk, ephemeral] = &mut self.lanes;
        match channel {
            Channel::Control => control,
            Channel::Bulk => bulk,
            Channel::Ephemeral => ephemeral,
        }
    }

    pub(super) fn is_relayed(&self) -> bool {
        self.ice.selected.is_some_and(|selected| selected.relayed)
    }

    pub(super) fn path(&self) -> Option<Path> {
        let end = |kind: &str| lacis_core::CandidateKind::named(kind);
        self.ice.selected.map(|selected| Path {
            local: end("host"),
            remote: end(if selected.relayed { "relay" } else { "host" }),
        })
    }

    pub(super) fn last_arrival(&self) -> Duration {
        self.lanes.iter().map(|lane| lane.clear_at).max().unwrap_or_default()
    }

    pub(super) fn buffered_max(&self) -> usize {
        self.lanes.iter().map(|lane| lane.buffered).max().unwrap_or(0)
    }

    /// The kinds of candidates that this end has.
    pub(super) fn gathers(&self) -> Vec<CandidateKind> {
        let mut kinds = Vec::new();
        if !self.relay_only {
            kinds.push(CandidateKind::Host);
            if self.has_stun {
                kinds.push(CandidateKind::Reflexive);
            }
        }
        if self.has_turn {
            kinds.push(CandidateKind::Relay);
        }
        kinds
    }

    /// Credentials changed: the search begins anew, beside a path that may be there.
    pub(super) fn restart_checks(&mut self, fabric: &mut Fabric) {
        let ice = &mut self.ice;
        ice.generation += 1;
        ice.found_since = None;
        ice.since = fabric.now;
        if matches!(ice.state, IceState::New | IceState::Failed) {
            ice.state = IceState::Checking;
        }
        self.arm_tick(fabric, Duration::ZERO);
    }

    /// Looks at the path again where it rests, at the next of the times at which it would have.
    pub(super) fn wake(&mut self, fabric: &mut Fabric) {
        let Some(since) = self.ice.rests_since else { return };
        let rested = fabric.now.saturating_sub(since).as_micros() / LOOK.as_micros();
        self.ice.last_ok = since + LOOK * u32::try_from(rested).unwrap_or(u32::MAX);
        self.arm_tick(fabric, self.ice.last_ok + LOOK - fabric.now);
    }

    /// Looks at the path again after this.
    pub(super) fn arm_tick(&mut self, fabric: &mut Fabric, delay: Duration) {
        self.ice.tick += 1;
        self.ice.rests_since = None;
        fabric.after(delay, Happening::Rtc(self.id, Step::Tick(self.ice.tick)));
    }
}

/// How often a browser looks whether a path still works.
pub(super) const LOOK: Duration = Duration::from_millis(500);
