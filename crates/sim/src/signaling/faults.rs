//! What goes wrong with sockets and servers.

use lacis_core::{Input, SocketId};
use lacis_signaling::hub::{HubConfig, Input as HubInput};

use super::socket::Stage;
use super::{Signaling, SocketKey};
use crate::fabric::Fabric;
use crate::happening::signaling::{Parcel, Way};
use crate::ids::{ServerId, TabId};

impl Signaling {
    /// A socket breaks; each end hears of it once its packets pass again.
    pub(crate) fn break_socket(&mut self, fabric: &mut Fabric, key: SocketKey) {
        let known = self.sockets.get(&key).is_some_and(|socket| socket.stage != Stage::HungUp);
        self.drop_socket(fabric, key);
        if known {
            let delay = fabric.segment(key.tab);
            fabric.tell(key.tab, delay, Input::SocketClosed(key.id, Some(1006)));
        }
    }

    pub(crate) fn sockets_of(&self, tab: TabId) -> Vec<SocketKey> {
        let [first, last] = [0, u64::MAX].map(|id| SocketKey { tab, id: SocketId(id) });
        self.sockets.range(first..=last).map(|(key, _)| *key).collect()
    }

    /// From now on everything on the socket vanishes, in both directions.
    pub(crate) fn half_open(&mut self, key: SocketKey) {
        if let Some(socket) = self.sockets.get_mut(&key) {
            socket.is_half_open = true;
        }
    }

    /// Everything that was half open breaks at last.
    pub(crate) fn break_half_open(&mut self, fabric: &mut Fabric) {
        let dead: Vec<SocketKey> = self
            .sockets
            .iter()
            .filter(|(_, socket)| socket.is_half_open)
            .map(|(key, _)| *key)
            .collect();
        for key in dead {
            self.break_socket(fabric, key);
        }
    }

    /// The process of a tab ended: the operating system closes its sockets.
    pub(crate) fn forget_tab(&mut self, fabric: &mut Fabric, tab: TabId, silently: bool) {
        for key in self.sockets_of(tab) {
            if silently {
                self.half_open(key);
            } else if let Some(socket) = self.sockets.get_mut(&key) {
                socket.stage = Stage::HungUp;
                self.send(fabric, key, Way::Up, Parcel::Close(None));
            }
        }
    }

    /// Ends a server. A graceful one says good-bye to everybody.
    pub(crate) fn stop(&mut self, fabric: &mut Fabric, server: ServerId, gracefully: bool) {
        if gracefully {
            self.input(fabric, server, HubInput::Shutdown);
        }
        let Some(known) = self.servers.get_mut(server.0) else { return };
        known.hub = None;
        known.armed = None;
        let keys: Vec<SocketKey> = self
            .sockets
            .iter()
            .filter(|(_, socket)| socket.server == server && socket.stage != Stage::Dialing)
            .map(|(key, _)| *key)
            .collect();
        for key in keys {
            if let Some(conn) = self.conn_of(key) {
                self.tabs.remove(&conn);
            }
            self.send(fabric, key, Way::Down, Parcel::Close(Some(1006)));
        }
    }

    /// Starts a server that remembers nothing.
    pub(crate) fn start(
        &mut self,
        fabric: &mut Fabric,
        server: ServerId,
        config: Option<HubConfig>,
    ) {
        let seed = fabric.random.bytes();
        if let Some(known) = self.servers.get_mut(server.0)
            && known.hub.is_none()
        {
            known.config = config.unwrap_or_else(|| known.config.clone());
            known.start(seed);
        }
    }
}
