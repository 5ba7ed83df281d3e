//! The world: tabs, servers, what lies between, and the loop that makes things happen.

mod commands;
#[cfg(test)]
mod conformance;
mod crowd;
mod faults;
mod groups;
mod hands;
mod memberships;
mod outputs;
mod pairing;
mod presence;
mod queries;
mod reactions;
mod scenario;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use lacis_core::{Config, Event, Input, Node, RoomId, Timestamp};
use lacis_driver::{Driver, Platform};
use lacis_signaling::hub::HubConfig;
use lacis_wire::Millis;
use lacis_wire::room::RoomLink;

use crate::app::App;
use crate::checks::Checks;
use crate::disk::Disk;
use crate::fabric::Fabric;
use crate::fingerprint::Fingerprint;
use crate::happening::{Call, Happening};
use crate::ids::{ServerId, TabId};
use crate::random::Random;
use crate::rtc::Rtc;
use crate::saboteur::Saboteur;
use crate::signaling::{Meddler, Signaling};
use crate::tab::{Seen, Tab, TabSetup};
use crate::tally::Tally;
use crate::truth::{Being, Truth};
use hands::Hands;

pub use commands::Mail;
pub use groups::{group_properties, invitation_for, kind};
pub use pairing::Pairing;
pub use scenario::Scene;

/// A whole network.
#[derive(Debug)]
pub struct World {
    /// The clock, chance and the network.
    pub fabric: Fabric,
    pub(crate) signaling: Signaling,
    pub(crate) rtc: Rtc,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) disks: Vec<Disk>,
    saboteurs: BTreeMap<TabId, Saboteur>,
    /// What is true, whatever nodes believe.
    pub truth: Truth,
    checks: Checks,
    rooms: Vec<RoomLink>,
    fingerprint: Fingerprint,
    events: u64,
    violation: Option<String>,
    is_scenario: bool,
    /// Events that applications have not seen yet.
    reactions: VecDeque<(TabId, Event)>,
    /// When was last looked for what should have happened and did not.
    swept: Duration,
    is_reacting: bool,
    /// Nodes whose judgements are counted, and the most that one input led to.
    watched: BTreeMap<TabId, RoomId>,
    judgements_max: u64,
    /// What passes between nodes and their drivers, where somebody looks at it.
    #[cfg(test)]
    logs: BTreeMap<TabId, Vec<lacis_driver::conformance::Logged>>,
    /// Nodes are looked at from outside once in so many calls.
    glimpse_every: u64,
    /// Whether everything that happens is printed.
    pub trace: bool,
}

impl World {
    /// An empty world, in which a violation is reported by [`World::violation`].
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            fabric: Fabric::new(Random::new(seed, "world")),
            signaling: Signaling::default(),
            rtc: Rtc::default(),
            tabs: Vec::new(),
            disks: Vec::new(),
            saboteurs: BTreeMap::new(),
            truth: Truth::default(),
            checks: Checks::default(),
            rooms: Vec::new(),
            fingerprint: Fingerprint::default(),
            events: 0,
            violation: None,
            is_scenario: false,
            reactions: VecDeque::new(),
            swept: Duration::ZERO,
            is_reacting: false,
            watched: BTreeMap::new(),
            judgements_max: 0,
            #[cfg(test)]
            logs: BTreeMap::new(),
            glimpse_every: 1,
            trace: false,
        }
    }

    /// An empty world for tabs by the thousand: what costs most and shows least is left out. Nodes
    /// are looked at from outside now and then, applications keep no log, and what arrives over
    /// links is counted.
    pub(crate) fn crowd(seed: u64) -> Self {
        let mut world = Self { glimpse_every: CROWD_GLIMPSE, ..Self::new(seed) };
        world.signaling.is_spread = true;
        world.rtc.tally = Some(Tally::default());
        world
    }

    /// An empty world for a test: a violation panics.
    #[must_use]
    pub fn scenario(seed: u64) -> Self {
        let trace = std::env::var_os("LACIS_SIM_TRACE").is_some();
        Self { is_scenario: true, trace, ..Self::new(seed) }
    }

    /// Starts a server.
    pub fn add_server(&mut self) -> ServerId {
        self.add_server_with(HubConfig::default())
    }

    /// Starts a server with limits of its own.
    pub fn add_server_with(&mut self, config: HubConfig) -> ServerId {
        let seed = self.fabric.random.bytes();
        self.signaling.add_server(config, seed)
    }

    /// Makes a room that meets at the given servers, or at those of its members.
    pub fn add_room(&mut self, servers: &[ServerId]) -> usize {
        let servers = servers.iter().map(|server| Signaling::url(*server)).collect();
        self.rooms.push(RoomLink { secret: self.fabric.random.bytes(), servers });
        self.rooms.len() - 1
    }

    /// The link of a room.
    ///
    /// # Panics
    /// If there is no such room.
    #[must_use]
    pub fn room_link(&self, room: usize) -> &RoomLink {
        &self.rooms[room]
    }

    /// Tells a node something out of turn.
    pub fn tell(&mut self, tab: TabId, input: Input<'static>) {
        self.call(tab, Call::Input(input));
    }

    /// Replaces what passes the servers.
    pub fn meddle(&mut self, meddler: Meddler) {
        self.signaling.meddler = Some(meddler);
    }

    /// Makes a tab one that changes what its node sends over links.
    pub fn sabotage(&mut self, tab: TabId, saboteur: Saboteur) {
        self.saboteurs.insert(tab, saboteur);
    }

    /// Opens a tab; its node begins to dial.
    ///
    /// # Panics
    /// If the node refuses its configuration.
    pub fn open(&mut self, setup: TabSetup) -> TabId {
        let id = TabId(self.tabs.len());
        let wall = wall_at(self.fabric.now, setup.wall_error);
        let random = &mut self.fabric.random;
        let config = Config {
            servers: setup.servers.iter().map(|server| Signaling::url(*server)).collect(),
            ice_servers: None,
            relay_only: setup.relay_only,
            identity: setup.identity.unwrap_or_else(|| random.bytes()),
            wall,
            store: setup.disk.is_some(),
        };
        let seed = random.bytes();
        let seen = Seen { is_kept: self.glimpse_every == 1, ..Seen::default() };
        let mut tab = Tab {
            id,
            driver: None,
            node_id: lacis_wire::NodeId([0; 16]),
            peer: lacis_wire::PeerId([0; 32]),
            clock: setup.clock,
            wall_error: setup.wall_error,
            asleep_since: None,
            slept: Duration::ZERO,
            is_aside: false,
            disk: setup.disk,
            stored_until: Duration::ZERO,
            inbox: VecDeque::new(),
            is_frozen: false,
            freezes: 0,
            timer: 0,
            armed: None,
            grid: Duration::ZERO,
            tickets: 0,
            numbers: 0,
            rooms: Default::default(),
            app: App { manners: setup.manners, ..App::default() },
            seen,
            made_in_vain: 0,
            links: Default::default(),
        };
        let now = tab.now(self.fabric.now);
        let node = Node::new(config, seed, now).expect("the configuration is within the limits");
        (tab.node_id, tab.peer) = (node.node_id(), node.peer_id());
        let being = Being { tab: id, peer: tab.peer };
        self.truth.nodes.insert(tab.node_id, being);
        self.truth.hindrance.insert(id, Default::default());
        self.fabric.net.add(id, setup.access);
        self.rtc.add_tab(id, setup.browser);
        self.signaling.nodes.insert(id, tab.node_id);
        tab.driver = Some(Driver::new(node));
        self.tabs.push(tab);
        self.drain(id);
        id
    }

    /// Lets the next thing happen, unless that is later than `until`. Says whether it did.
    pub fn step(&mut self, until: Duration) -> bool {
        if self.fabric.net.take_changed() {
            self.rtc.wake_all(&mut self.fabric);
        }
        if self.violation.is_some() || self.fabric.next_at().is_none_or(|at| at > until) {
            return false;
        }
        let Some(happening) = self.fabric.pop() else { return false };
        self.truth.now = self.fabric.now;
        match happening {
            Happening::Call(tab, call) => self.call(tab, call),
            Happening::Thaw(tab, freeze) => self.thaw(tab, freeze),
            Happening::Signaling(step) => self.signaling.step(&mut self.fabric, step),
            Happening::Rtc(id, step) => self.rtc.step(&mut self.fabric, id, step),
        }
        true
    }

    /// Lets everything happen that happens within some time.
    pub fn run_for(&mut self, time: Duration) {
        self.run_to(self.fabric.now + time);
    }

    pub(crate) fn run_to(&mut self, until: Duration) {
        while self.step(until) {}
        if self.violation.is_none() {
            self.fabric.now = self.fabric.now.max(until);
            self.truth.now = self.fabric.now;
        }
        if self.fabric.now >= self.swept + SWEEP {
            self.swept = self.fabric.now;
            let verdict = self.checks.sweep(&self.truth);
            self.judge(verdict);
        }
    }

    /// Goes on until something holds, for so long at most; says whether it does.
    pub fn run_until(&mut self, limit: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let until = self.fabric.now + limit;
        loop {
            if holds(self) {
                return true;
            }
            let next = (self.fabric.now + LOOK).min(until);
            if self.fabric.now >= until || self.violation.is_some() {
                return false;
            }
            self.run_to(next);
        }
    }

    /// Demands in a test that something holds within some time.
    ///
    /// # Panics
    /// If it does not.
    pub fn expect(&mut self, limit: Duration, what: &str, holds: impl FnMut(&Self) -> bool) {
        let held = self.run_until(limit, holds);
        assert!(held, "after {limit:?} it does not hold that {what}\n{}", self.describe());
    }

    /// A tab's event loop does something.
    fn call(&mut self, id: TabId, call: Call) {
        let Some(tab) = self.tabs.get_mut(id.0) else { return };
        if tab.is_frozen {
            tab.inbox.push_back(call);
            return;
        }
        let watched = self.watched.get(&id).copied();
        let judged = watched.map_or(0, |group| self.judgements(id, group));
        let Some(tab) = self.tabs.get_mut(id.0).filter(|tab| tab.driver.is_some()) else { return };
        match call {
            Call::Input(input) => Driver::input(&mut self.hands(id), input),
            Call::Timer(number) if number == tab.timer => {
                tab.armed = None;
                Driver::timeout(&mut self.hands(id));
            }
            Call::Timer(_) => return,
            Call::Deed(deed) => {
                Driver::with(&mut self.hands(id), |node, now| reactions::act(deed, node, now))
            }
            Call::Store(op, request) => {
                let disk = tab.disk.and_then(|disk| self.disks.get_mut(disk.0));
                if let Some(disk) = disk {
                    let reply = disk.serve(request);
                    Driver::input(&mut self.hands(id), Input::Store(op, reply));
                }
            }
        }
        if let Some(group) = watched {
            let more = self.judgements(id, group).saturating_sub(judged);
            self.judgements_max = self.judgements_max.max(more);
        }
        self.settle(id);
    }

    /// Lets a node do something, and leaves what it wants to [`World::drain`]. Nothing if the tab
    /// is gone.
    fn act<T>(&mut self, id: TabId, act: impl FnOnce(&mut Node, Timestamp) -> T) -> Option<T> {
        self.tabs.get(id.0)?.driver.as_ref()?;
        Driver::begin(&mut self.hands(id));
        Some(self.hands(id).driver().act(act))
    }

    const fn hands(&mut self, id: TabId) -> Hands<'_> {
        Hands { world: self, id }
    }

    fn trace(&self, tab: TabId, way: &str, what: &impl std::fmt::Debug) {
        if self.trace {
            println!("{:>14?} tab {} {way} {}", self.fabric.now, tab.0, crate::checks::short(what));
        }
    }

    /// How much a node has judged in a group.
    fn judgements(&self, tab: TabId, group: RoomId) -> u64 {
        self.replica(tab, group).map_or(0, lacis_core::graph::Replica::judgements)
    }

    /// Counts from now on how much a node judges.
    pub(crate) fn watch(&mut self, tab: TabId, group: RoomId) {
        self.watched.insert(tab, group);
    }

    /// The most judgements of a node that is watched to which one input led.
    pub(crate) const fn judgements_max(&self) -> u64 {
        self.judgements_max
    }

    /// The true time of day.
    #[must_use]
    pub fn wall_now(&self) -> Millis {
        wall_at(self.fabric.now, 0)
    }

    fn judge(&mut self, verdict: Result<(), String>) {
        let Err(sentence) = verdict else { return };
        let sentence = format!("at {:?}: {sentence}", self.fabric.now);
        assert!(!self.is_scenario, "{sentence}\n{}", self.describe());
        self.violation.get_or_insert(sentence);
    }
}

/// What a clock shows that is off by some milliseconds.
fn wall_at(now: Duration, error: i64) -> Millis {
    const BEGINNING: u64 = 1_800_000_000_000;
    let right = BEGINNING + u64::try_from(now.as_millis()).unwrap_or_default();
    Millis(right.saturating_add_signed(error))
}

/// How often is looked for what should have happened and did not.
const SWEEP: Duration = Duration::from_secs(1);

/// In a crowd, once in so many calls a node is looked at.
const CROWD_GLIMPSE: u64 = 101;

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);
