//! What befalls tabs and servers.

use std::time::Duration;

use lacis_signaling::hub::HubConfig;

use super::World;
use crate::happening::Happening;
use crate::ids::{ServerId, TabId};

impl World {
    /// The tab is not called for some time; what would have come in between waits.
    pub fn freeze(&mut self, tab: TabId, time: Duration) {
        let now = self.fabric.now;
        let Some(known) = self.tabs.get_mut(tab.0) else { return };
        if known.is_frozen || known.driver.is_none() {
            return;
        }
        known.is_frozen = true;
        known.freezes += 1;
        self.fabric.after(time, Happening::Thaw(tab, known.freezes));
        if let Some(hindrance) = self.truth.hindrance.get_mut(&tab) {
            hindrance.frozen_since = Some(now);
        }
    }

    /// The machine sleeps, as when a laptop is closed: nothing reaches it or leaves it, and its
    /// monotonic clock stands still while the time of day goes on.
    pub fn sleep(&mut self, tab: TabId, time: Duration) {
        self.freeze(tab, time);
        let now = self.fabric.now;
        let Some(known) = self.tabs.get_mut(tab.0).filter(|tab| tab.is_frozen) else { return };
        known.asleep_since.get_or_insert(now);
        self.fabric.net.change(tab, |access| access.is_asleep = true);
        // Whoever sends to it meanwhile hears nothing, and what was open is forgotten on the way.
        self.silence_sockets(tab);
    }

    /// The page is put aside by its browser, as one that was left by a link, and shown again later.
    pub fn put_aside(&mut self, tab: TabId, time: Duration) {
        if self.is_frozen(tab) {
            return;
        }
        self.command(tab, |node, now| node.suspend(now));
        self.freeze(tab, time);
        if let Some(known) = self.tabs.get_mut(tab.0) {
            known.is_aside = known.is_frozen;
        }
    }

    /// The machine is awake again; nobody tells the page.
    fn wake_machine(&mut self, tab: TabId) {
        let now = self.fabric.now;
        let Some(known) = self.tabs.get_mut(tab.0) else { return };
        let Some(since) = known.asleep_since.take() else { return };
        known.slept += now.saturating_sub(since);
        // Its timers have as long to go as when it fell asleep.
        let armed = known.armed;
        self.fabric.net.change(tab, |access| access.is_asleep = false);
        self.set_timer(tab, armed);
    }

    /// Sets the clock on a tab's wall so that it is off by some milliseconds.
    pub fn set_clock(&mut self, tab: TabId, error: i64) {
        if let Some(tab) = self.tabs.get_mut(tab.0) {
            tab.wall_error = error;
        }
    }

    /// A frozen tab goes on with what has waited, in order.
    pub(super) fn thaw(&mut self, tab: TabId, freeze: u32) {
        let now = self.fabric.now;
        let Some(known) = self.tabs.get_mut(tab.0) else { return };
        if !known.is_frozen || known.freezes != freeze {
            return;
        }
        known.is_frozen = false;
        if let Some(hindrance) = self.truth.hindrance.get_mut(&tab)
            && let Some(since) = hindrance.frozen_since.take()
        {
            hindrance.frozen_total += now.saturating_sub(since);
        }
        let mut waiting = std::mem::take(&mut known.inbox);
        self.wake_machine(tab);
        // Browsers do not promise whether timers or messages come first.
        if self.fabric.random.chance(500) {
            waiting
                .make_contiguous()
                .sort_by_key(|call| !matches!(call, crate::happening::Call::Timer(_)));
        }
        for call in waiting {
            self.call(tab, call);
        }
        if std::mem::take(&mut self.tabs[tab.0].is_aside) {
            self.command(tab, |node, now| node.resume(now));
        }
    }

    /// Ends a freeze now.
    pub fn thaw_now(&mut self, tab: TabId) {
        let freeze = self.tabs.get(tab.0).map_or(0, |tab| tab.freezes);
        self.thaw(tab, freeze);
    }

    /// Whether a tab is frozen.
    #[must_use]
    pub fn is_frozen(&self, tab: TabId) -> bool {
        self.tabs.get(tab.0).is_some_and(|tab| tab.is_frozen)
    }

    /// Timers of the tab fire at multiples of `grid` only, as in hidden tabs.
    pub fn throttle(&mut self, tab: TabId, grid: Duration) {
        let Some(known) = self.tabs.get_mut(tab.0) else { return };
        known.grid = grid;
        let armed = known.armed;
        if let Some(hindrance) = self.truth.hindrance.get_mut(&tab) {
            hindrance.grid_max = hindrance.grid_max.max(grid);
        }
        self.set_timer(tab, armed);
    }

    /// The tab's process dies. Its machine may go on and close its sockets, or not.
    pub fn kill(&mut self, tab: TabId, silently: bool) {
        let Some(known) = self.tabs.get_mut(tab.0) else { return };
        known.driver = None;
        known.inbox.clear();
        known.is_frozen = false;
        self.truth.gone.insert(tab);
        self.rtc.forget_tab(&mut self.fabric, tab);
        self.signaling.forget_tab(&mut self.fabric, tab, silently);
    }

    /// The page is closed: it says good-bye as far as that is possible, and is gone.
    pub fn hide_page(&mut self, tab: TabId) {
        self.command(tab, |node, now| node.leave_now(now));
        self.kill(tab, false);
    }

    /// Ends a server; a graceful one tells everybody.
    pub fn stop_server(&mut self, server: ServerId, gracefully: bool) {
        self.signaling.stop(&mut self.fabric, server, gracefully);
    }

    /// Starts a server again; it remembers nothing.
    pub fn start_server(&mut self, server: ServerId) {
        self.signaling.start(&mut self.fabric, server, None);
    }

    /// What was connected over a tab's links is forgotten on the way, and nobody is told.
    pub(crate) fn lose_links(&mut self, tab: TabId) {
        self.rtc.forget_tab(&mut self.fabric, tab);
    }

    /// Starts another server in its place.
    pub fn start_server_with(&mut self, server: ServerId, config: HubConfig) {
        self.signaling.start(&mut self.fabric, server, Some(config));
    }

    /// Every socket of the tab breaks.
    pub fn break_sockets(&mut self, tab: TabId) {
        for key in self.signaling.sockets_of(tab) {
            self.signaling.break_socket(&mut self.fabric, key);
        }
    }

    /// Every socket of the tab goes dead without anybody being told.
    pub fn silence_sockets(&mut self, tab: TabId) {
        for key in self.signaling.sockets_of(tab) {
            self.signaling.half_open(key);
        }
    }

    /// Puts tabs on an island of their own; packets to others no longer pass.
    pub fn isolate(&mut self, tabs: &[TabId], island: u8) {
        for &tab in tabs {
            self.fabric.net.change(tab, |access| access.island = island);
        }
    }

    /// Every fault ends: networks heal, servers run, tabs are awake and visible.
    pub fn heal(&mut self) {
        self.fabric.net.heal();
        for index in 0..self.signaling.server_count() {
            self.start_server(ServerId(index));
        }
        self.signaling.break_half_open(&mut self.fabric);
        for index in 0..self.tabs.len() {
            self.thaw_now(TabId(index));
            self.throttle(TabId(index), Duration::ZERO);
        }
    }
}
