//! What goes wrong.

use std::time::Duration;

use super::{GraphRun, PEOPLE};
use crate::ids::TabId;

/// How a fault ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Undo {
    Reunite(TabId),
    Reconnect(TabId),
    Return(usize),
    StartServer,
}

impl GraphRun {
    pub(super) fn undo_due(&mut self) {
        let now = self.world.now();
        let (due, later): (Vec<_>, Vec<_>) = self.undo.drain(..).partition(|(at, _)| *at <= now);
        self.undo = later;
        for (_, undo) in due {
            match undo {
                Undo::Reunite(tab) => self.world.isolate(&[tab], 0),
                Undo::Reconnect(tab) => self.world.fabric.net.cut(tab, self.server, false),
                Undo::Return(person) => {
                    // What cannot be done now is done, or found to be wrong, in the end.
                    if self.people[person].tab.is_none() {
                        let _ = self.bring_back(person);
                    }
                }
                Undo::StartServer => self.world.start_server(self.server),
            }
        }
    }

    fn later(&mut self, least_ms: u64, most_ms: u64, undo: Undo) {
        let at = self.world.now() + self.random.millis(least_ms, most_ms);
        self.undo.push((at, undo));
    }

    pub(super) fn fault(&mut self) -> Result<(), String> {
        let person = self.random.index(PEOPLE);
        let Some(tab) = self.people[person].tab else { return self.bring_back(person) };
        match self.random.below(100) {
            0..40 => {
                self.crash(person);
                self.later(200, 60_000, Undo::Return(person));
            }
            40..60 => self.part(),
            60..70 => {
                self.world.fabric.net.cut(tab, self.server, true);
                self.later(500, 60_000, Undo::Reconnect(tab));
            }
            70..80 => {
                let time = self.random.millis(100, 30_000);
                self.world.freeze(tab, time);
            }
            80..90 => self.world.break_sockets(tab),
            _ => {
                let gracefully = self.random.chance(500);
                if self.world.is_up(self.server) {
                    self.world.stop_server(self.server, gracefully);
                    self.later(500, 30_000, Undo::StartServer);
                }
            }
        }
        Ok(())
    }

    /// Some no longer reach the others.
    fn part(&mut self) {
        self.islands = self.islands.wrapping_add(1).max(1);
        let island = self.islands;
        let least = Duration::from_secs(1);
        for person in self.present() {
            if let (Some(tab), true) = (self.people[person].tab, self.random.chance(400)) {
                self.world.isolate(&[tab], island);
                let at = self.world.now() + least + self.random.millis(0, 60_000);
                self.undo.push((at, Undo::Reunite(tab)));
            }
        }
    }
}
