//! Who reaches whom, how fast, and how much is lost on the way.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::{ServerId, TabId};

/// How one tab is connected to everything else.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// Time of a packet to the middle of the network.
    pub latency: Duration,
    /// How long a proxy on the way to servers holds each frame, in either direction.
    pub held: Duration,
    /// How much longer it may take.
    pub jitter: Duration,
    /// Packets lost, of a thousand.
    pub loss: u32,
    /// Bytes a second.
    pub bandwidth: u64,
    /// Whether its address translation changes ports for each destination. Two of these find no
    /// path but through a relay.
    pub symmetric: bool,
    /// Tabs reach each other within an island only.
    pub island: u8,
    /// Whether its machine sleeps: nothing reaches it, nothing leaves it.
    pub is_asleep: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(10),
            held: Duration::ZERO,
            jitter: Duration::from_millis(1),
            loss: 0,
            bandwidth: 4_000_000,
            symmetric: false,
            island: 0,
            is_asleep: false,
        }
    }
}

/// The network.
#[derive(Debug, Default)]
pub struct Network {
    /// By the numbers of the tabs.
    tabs: Vec<Access>,
    /// Whether packets may pass where they did not, or not any more where they did.
    is_changed: bool,
    cut: BTreeSet<(TabId, ServerId)>,
    severed: BTreeSet<(TabId, TabId)>,
}

impl Network {
    pub(crate) fn add(&mut self, tab: TabId, access: Access) {
        if self.tabs.len() <= tab.0 {
            self.tabs.resize_with(tab.0 + 1, Access::default);
        }
        self.tabs[tab.0] = access;
    }

    /// Changes how a tab is connected.
    pub fn change(&mut self, tab: TabId, change: impl FnOnce(&mut Access)) {
        if let Some(access) = self.tabs.get_mut(tab.0) {
            change(access);
            self.is_changed = true;
        }
    }

    /// How a tab is connected.
    #[must_use]
    pub fn access(&self, tab: TabId) -> Access {
        self.tabs.get(tab.0).copied().unwrap_or_default()
    }

    /// Cuts a tab off from a server, or connects it again.
    pub fn cut(&mut self, tab: TabId, server: ServerId, cut: bool) {
        if cut {
            self.cut.insert((tab, server));
        } else {
            self.cut.remove(&(tab, server));
        }
    }

    /// Lets no packets pass between two tabs, or lets them pass again.
    pub fn sever(&mut self, a: TabId, b: TabId, severed: bool) {
        let pair = (a.min(b), a.max(b));
        self.is_changed = true;
        if severed {
            self.severed.insert(pair);
        } else {
            self.severed.remove(&pair);
        }
    }

    /// Ends every partition and every loss.
    pub fn heal(&mut self) {
        self.cut.clear();
        self.severed.clear();
        self.is_changed = true;
        for access in &mut self.tabs {
            access.island = 0;
            access.loss = 0;
        }
    }

    /// Whether it has changed since this was asked last.
    pub(crate) const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.is_changed, false)
    }

    /// Whether packets pass between two tabs.
    #[must_use]
    pub fn joins(&self, a: TabId, b: TabId) -> bool {
        let is_severed = self.severed.contains(&(a.min(b), a.max(b)));
        let (a, b) = (self.access(a), self.access(b));
        !is_severed && a.island == b.island && !a.is_asleep && !b.is_asleep
    }

    /// Whether packets pass without a relay.
    #[must_use]
    pub fn is_direct(&self, a: TabId, b: TabId) -> bool {
        self.joins(a, b) && !(self.access(a).symmetric && self.access(b).symmetric)
    }

    /// Whether a tab reaches a server.
    #[must_use]
    pub fn serves(&self, tab: TabId, server: ServerId) -> bool {
        !self.cut.contains(&(tab, server)) && !self.access(tab).is_asleep
    }

    pub(crate) fn latency(&self, a: TabId, b: TabId) -> Duration {
        self.access(a).latency + self.access(b).latency
    }

    pub(crate) fn server_latency(&self, tab: TabId) -> Duration {
        self.access(tab).latency + Duration::from_millis(2)
    }

    pub(crate) fn held(&self, tab: TabId) -> Duration {
        self.access(tab).held
    }

    pub(crate) fn jitter(&self, tab: TabId) -> Duration {
        self.access(tab).jitter
    }

    pub(crate) fn loss(&self, tab: TabId) -> u32 {
        self.access(tab).loss
    }

    /// Packets lost between two tabs, of a thousand.
    pub(crate) fn loss_between(&self, a: TabId, b: TabId) -> u32 {
        self.loss(a).max(self.loss(b))
    }
}
