//! Tabs by the hundred or thousand in one room, and what they tell each other.

use std::time::Duration;

use lacis_signaling::hub::HubConfig;
use lacis_wire::Topic;

use super::{MeshOptions, Spread, Tree};
use crate::ids::{ServerId, TabId};
use crate::network::Access;
use crate::random::Random;
use crate::tab::TabSetup;
use crate::world::World;

/// Who is in the room.
#[derive(Debug)]
pub(super) struct Crowd {
    options: MeshOptions,
    pub(super) world: World,
    pub(super) random: Random,
    server: ServerId,
    room: usize,
    /// Those who live.
    tabs: Vec<TabId>,
    /// The most connections that anybody held at any time.
    pub(super) max_links: usize,
}

impl Crowd {
    pub(super) fn new(options: MeshOptions) -> Self {
        lacis_wire::memo::remember();
        let mut world = World::crowd(options.seed);
        let most = options.nodes + 1;
        let config = HubConfig {
            connections_max: most,
            members_per_topic_max: most,
            topics_max: most,
            ..HubConfig::default()
        };
        let server = world.add_server_with(config);
        let room = world.add_room(&[server]);
        let random = Random::new(options.seed, "mesh");
        Self { options, world, random, server, room, tabs: Vec::new(), max_links: 0 }
    }

    pub(super) fn tell(&self, what: &str) {
        if self.options.is_told {
            eprintln!("{:?}: {what}, {} events", self.world.now(), self.world.events());
        }
    }

    /// The links over which words travel whole now.
    pub(super) fn tree(&self) -> Tree {
        let report = |tab: &TabId| Some((self.world.node_id(*tab), self.world.report(*tab)?));
        Tree::of(&self.tabs.iter().filter_map(report).collect())
    }

    /// All come within twenty seconds.
    pub(super) fn gather(&mut self) {
        let at_a_time = self.options.nodes.div_ceil(40);
        while self.tabs.len() < self.options.nodes {
            for _ in 0..at_a_time.min(self.options.nodes - self.tabs.len()) {
                self.come();
            }
            self.pass(Duration::from_millis(500));
        }
    }

    /// One more comes.
    pub(super) fn come(&mut self) {
        let latency = self.random.millis(5, 25);
        let access = Access { latency, ..Access::default() };
        let tab = self.world.open(TabSetup { access, ..TabSetup::at(&[self.server]) });
        self.world.join(tab, self.room);
        self.tabs.push(tab);
    }

    /// Some die, and nobody is told but the servers.
    pub(super) fn die(&mut self, count: usize) {
        for _ in 0..count.min(self.tabs.len()) {
            let place = self.random.index(self.tabs.len());
            let tab = self.tabs.swap_remove(place);
            self.world.kill(tab, false);
        }
    }

    /// Some are not what they were; what they hear does not count any more.
    pub(super) fn turn(&mut self, count: usize) -> Vec<TabId> {
        let mut turned = Vec::new();
        for _ in 0..count {
            let place = self.random.index(self.tabs.len());
            turned.push(self.tabs.swap_remove(place));
        }
        self.world.leave_out(&turned);
        turned
    }

    /// The topic of the room.
    pub(super) fn topic(&self) -> Topic {
        self.world.room_link(self.room).keys().topic
    }

    /// These leave and join again.
    pub(super) fn come_back(&mut self, tabs: &[TabId]) {
        for tab in tabs {
            self.world.leave(*tab, self.room);
            self.world.join(*tab, self.room);
        }
    }

    /// Nothing happens from outside for some seconds.
    pub(super) fn calm(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.pass(Duration::from_secs(1));
        }
    }

    /// Those who live.
    pub(super) fn living(&self) -> &[TabId] {
        &self.tabs
    }

    /// Those without any link who take somebody for linked.
    pub(super) fn unaware(&self) -> usize {
        let is_alone = |tab: &&TabId| self.world.linked_with(**tab).next().is_none();
        let alone = self.tabs.iter().filter(is_alone);
        alone.filter(|tab| self.world.takes_somebody_for_linked(**tab)).count()
    }

    /// How many islands there are.
    pub(super) fn islands(&self) -> usize {
        self.world.islands(&self.tabs)
    }

    /// Time passes, and links are counted.
    pub(super) fn pass(&mut self, time: Duration) {
        self.world.run_for(time);
        let most = self.tabs.iter().map(|tab| self.world.connections(*tab)).max();
        self.max_links = self.max_links.max(most.unwrap_or_default());
    }

    pub(super) fn alone(&self) -> usize {
        self.tabs.iter().filter(|tab| self.world.connections(**tab) == 0).count()
    }

    pub(super) fn any(&mut self) -> TabId {
        self.tabs[self.random.index(self.tabs.len())]
    }

    /// Bytes for each node in a minute in which nobody says anything.
    pub(super) fn idle(&mut self) -> u64 {
        let before = self.world.bytes_on_lines();
        for _ in 0..self.options.calm_s / 10 {
            self.pass(Duration::from_secs(10));
        }
        let bytes = (self.world.bytes_on_lines() - before) * 60 / u64::from(self.options.calm_s);
        bytes / self.tabs.len().max(1) as u64
    }

    /// In each round some tell something, and it is waited until all have heard it.
    pub(super) fn rounds(
        &mut self,
        count: usize,
        mut who: impl FnMut(&mut Self) -> Vec<TabId>,
    ) -> Spread {
        let (mut spread, mut hops) = (Spread::default(), Vec::new());
        let mut payloads = 0;
        for _ in 0..count {
            let tellers = who(self);
            let others = self.tabs.len() as u64 - 1;
            let begun = self.world.now();
            for teller in &tellers {
                self.world.tell_all(*teller, self.room, 100);
            }
            let due = others * tellers.len() as u64;
            self.world.run_until(PATIENCE, |world| world.heard_in_all() >= due);
            let took = self.world.now().saturating_sub(begun).as_millis();
            spread.slowest_ms = spread.slowest_ms.max(u64::try_from(took).unwrap_or(u64::MAX));
            self.pass(REST);
            for word in self.world.words_told() {
                payloads += word.payloads;
                spread.heard += word.delivered;
                spread.missed += others - word.delivered;
                hops.push(word.last_hop());
            }
        }
        hops.sort_unstable();
        spread.last_hop_p99 = hops.get((hops.len() * 99) / 100).copied().unwrap_or_default();
        spread.redundancy = payloads as f64 / spread.heard.max(1) as f64 - 1.0;
        spread
    }
}

/// After so long what was not heard is missed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two rounds: what follows a word, names and so on, is over then.
const REST: Duration = Duration::from_secs(2);
