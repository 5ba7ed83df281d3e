//! The world that a seed begins with.

use std::time::Duration;

use lacis_signaling::hub::HubConfig;
use lacis_wire::signal::IceServer;

use super::Run;
use crate::app::{Manners, Requests};
use crate::ids::{ServerId, TabId};
use crate::network::Access;
use crate::rtc::Browser;
use crate::tab::TabSetup;

impl Run {
    /// Servers, rooms and the first tabs.
    pub(super) fn set_up(&mut self) {
        let servers: Vec<ServerId> = (0..self.random.between(1, 2))
            .map(|_| {
                let ice_servers = vec![IceServer {
                    urls: vec!["stun:relay.example".into(), "turn:relay.example".into()],
                    username: Some("user".into()),
                    credential: Some("secret".into()),
                }];
                let config = HubConfig { ice_servers, ..HubConfig::default() };
                self.world.add_server_with(config)
            })
            .collect();
        for _ in 0..self.random.between(1, 2) {
            // Rooms of which some members do not know the servers would be another matter.
            let named: &[ServerId] = if self.random.chance(500) { &servers } else { &[] };
            self.world.add_room(named);
        }
        if self.random.chance(100) {
            let gracefully = self.random.chance(500);
            self.world.stop_server(servers[0], gracefully);
            let at = self.random.millis(1_000, 20_000);
            self.undo.push((at, super::Undo::Start(servers[0])));
        }
        for _ in 0..self.random.between(3, 8) {
            self.open_tab(None);
        }
    }

    /// Opens a tab that joins at once, or a little later.
    pub(super) fn open_tab(&mut self, identity: Option<[u8; 32]>) -> TabId {
        let servers = (0..self.world.signaling.server_count()).map(ServerId).collect();
        let setup = TabSetup {
            servers,
            access: self.access(),
            browser: self.browser(),
            identity,
            manners: self.manners(),
            disk: None,
            wall_error: 0,
            relay_only: self.random.chance(30),
            clock: self.random.upto(Duration::from_secs(1_000_000)),
        };
        let tab = self.world.open(setup);
        for room in 0..self.world.room_count() {
            if room == 0 || self.random.chance(600) {
                let patience = self.random.millis(3_000, 20_000);
                let joined = self.world.try_join(tab, room, patience);
                debug_assert!(joined.is_ok(), "a fresh node may join");
            }
        }
        tab
    }

    pub(super) fn access(&mut self) -> Access {
        let random = &mut self.random;
        let latency = match random.below(3) {
            0 => random.millis(1, 5),
            1 => random.millis(5, 40),
            _ => random.millis(40, 150),
        };
        Access {
            latency,
            held: Duration::ZERO,
            jitter: random.upto(latency),
            loss: self.loss(),
            bandwidth: self.random.between(100_000, 10_000_000),
            symmetric: self.random.chance(100),
            island: 0,
            is_asleep: false,
        }
    }

    /// Up to a fifth of all packets.
    pub(super) fn loss(&mut self) -> u32 {
        match self.random.below(4) {
            0 | 1 => 0,
            2 => u32::try_from(self.random.between(1, 30)).unwrap_or(0),
            _ => u32::try_from(self.random.between(30, 200)).unwrap_or(0),
        }
    }

    fn browser(&mut self) -> Browser {
        let sizes = [262_144, 262_144, 262_144, 1_073_741_823, 65_536, 16_384];
        let message_bytes_max = self.random.pick(&sizes).copied().unwrap_or(262_144);
        Browser { message_bytes_max, is_blocked: false }
    }

    fn manners(&mut self) -> Manners {
        let random = &mut self.random;
        Manners {
            requests: match random.below(8) {
                0 => Requests::Refuse,
                1 => Requests::Ignore,
                _ => Requests::Answer,
            },
            takes_files: Some(random.chance(850)),
            thinks: random.millis(0, 300),
            piece_bytes: random.index(200_000) + 1_000,
        }
    }
}
