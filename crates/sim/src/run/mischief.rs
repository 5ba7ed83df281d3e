//! What goes wrong.

use std::time::Duration;

use super::Run;
use crate::ids::{ServerId, TabId};

/// How a fault ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Undo {
    Reunite(TabId),
    Reconnect(TabId, ServerId),
    Start(ServerId),
    Show(TabId),
}

impl Run {
    /// Ends the faults whose time has come.
    pub(super) fn undo_due(&mut self) {
        let now = self.world.now();
        let (due, later): (Vec<_>, Vec<_>) = self.undo.drain(..).partition(|(at, _)| *at <= now);
        self.undo = later;
        for (_, undo) in due {
            match undo {
                Undo::Reunite(tab) => self.world.isolate(&[tab], 0),
                Undo::Reconnect(tab, server) => self.world.fabric.net.cut(tab, server, false),
                Undo::Start(server) => self.world.start_server(server),
                Undo::Show(tab) => self.world.throttle(tab, Duration::ZERO),
            }
        }
    }

    fn later(&mut self, least_ms: u64, most_ms: u64, undo: Undo) {
        let at = self.world.now() + self.random.millis(least_ms, most_ms);
        self.undo.push((at, undo));
    }

    /// Something goes wrong.
    pub(super) fn mischief(&mut self) {
        let living = self.world.living();
        let Some(&tab) = self.random.pick(&living) else { return };
        let server = ServerId(self.random.index(self.world.signaling.server_count()));
        match self.random.below(100) {
            0..18 => self.part(&living),
            18..26 => {
                self.world.fabric.net.cut(tab, server, true);
                self.later(500, 70_000, Undo::Reconnect(tab, server));
            }
            26..36 => self.restart(server),
            36..42 => self.world.break_sockets(tab),
            42..48 => self.world.silence_sockets(tab),
            48..51 => {
                let time = self.random.millis(1_000, 3_600_000);
                self.world.sleep(tab, time);
            }
            51..54 => {
                let time = self.random.millis(10, 90_000);
                self.world.put_aside(tab, time);
            }
            54..66 => {
                let time = match self.random.below(3) {
                    0 => self.random.millis(100, 3_000),
                    1 => self.random.millis(3_000, 20_000),
                    _ => self.random.millis(20_000, 90_000),
                };
                self.world.freeze(tab, time);
            }
            66..74 => {
                let grid = if self.random.chance(700) { 1 } else { 60 };
                self.world.throttle(tab, Duration::from_secs(grid));
                self.later(1_000, 80_000, Undo::Show(tab));
            }
            74..82 => {
                let loss = self.loss();
                let access = self.access();
                self.world.fabric.net.change(tab, |old| {
                    (old.loss, old.latency, old.jitter) = (loss, access.latency, access.jitter);
                });
            }
            82..92 if living.len() > 2 => self.lose(tab),
            _ if living.len() < 8 => {
                self.open_tab(None);
            }
            _ => {}
        }
    }

    /// Some tabs no longer reach the others.
    fn part(&mut self, living: &[TabId]) {
        self.islands = self.islands.wrapping_add(1).max(1);
        let island = self.islands;
        let (least, most) = if self.random.chance(500) { (500, 8_000) } else { (8_000, 60_000) };
        for &tab in living {
            if self.random.chance(350) {
                self.world.isolate(&[tab], island);
                self.later(least, most, Undo::Reunite(tab));
                if self.random.chance(300) {
                    let server = ServerId(0);
                    self.world.fabric.net.cut(tab, server, true);
                    self.later(least, most, Undo::Reconnect(tab, server));
                }
            }
        }
    }

    fn restart(&mut self, server: ServerId) {
        if !self.world.is_up(server) {
            return;
        }
        let gracefully = self.random.chance(500);
        self.world.stop_server(server, gracefully);
        if self.random.chance(500) {
            self.world.start_server(server);
        } else {
            self.later(500, 60_000, Undo::Start(server));
        }
    }

    /// A tab goes in one way or another, and perhaps comes back as another node.
    fn lose(&mut self, tab: TabId) {
        match self.random.below(4) {
            0 => self.world.kill(tab, true),
            1 => self.world.kill(tab, false),
            2 => self.world.hide_page(tab),
            _ => {
                self.world.close(tab);
            }
        }
        if self.random.chance(600) {
            let seed = self.random.bytes();
            let identity = self.random.chance(500).then_some(seed);
            self.open_tab(identity);
        }
    }
}
