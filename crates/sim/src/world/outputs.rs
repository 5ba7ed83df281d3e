//! What nodes want: carried out, looked at, and reacted to.

use lacis_core::Timestamp;
use lacis_driver::Driver;

use super::World;
use crate::checks::Glimpse;
use crate::happening::{Call, Happening};
use crate::ids::TabId;

impl World {
    /// Carries out what a node wants, and lets its application react.
    pub(super) fn drain(&mut self, id: TabId) {
        if self.tabs.get(id.0).is_some_and(|tab| tab.driver.is_some()) {
            Driver::drain(&mut self.hands(id));
        }
        self.settle(id);
    }

    /// Looks at a node after it was called, and lets applications react. What follows from a
    /// reaction is reacted to after it, not within.
    pub(super) fn settle(&mut self, id: TabId) {
        self.glimpse(id);
        if !std::mem::replace(&mut self.is_reacting, true) {
            while let Some((tab, event)) = self.reactions.pop_front() {
                self.react(tab, event);
            }
            self.is_reacting = false;
        }
    }

    /// Sets a tab's one timer in the place of the one before.
    pub(super) fn set_timer(&mut self, id: TabId, at: Option<Timestamp>) {
        let Some(tab) = self.tabs.get_mut(id.0).filter(|tab| tab.driver.is_some()) else { return };
        tab.armed = at;
        tab.timer += 1;
        if let Some(at) = at {
            let lag = self.fabric.random.millis(0, 4);
            let fires = tab.fires_at(at) + lag;
            self.fabric.at(fires, Happening::Call(id, Call::Timer(tab.timer)));
        }
    }

    fn glimpse(&mut self, id: TabId) {
        if !self.events.is_multiple_of(self.glimpse_every) {
            return;
        }
        let Some(report) = self.report(id) else { return };
        let glimpse = Glimpse {
            report,
            connections: self.rtc.count(id),
            // What a saboteur adds is not its node's fault.
            buffered_max: if self.saboteurs.contains_key(&id) {
                0
            } else {
                self.rtc.buffered_max(id)
            },
        };
        let verdict = self.checks.glimpse(&self.truth, id, &glimpse);
        self.judge(verdict);
    }
}
