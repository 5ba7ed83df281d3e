//! Where connections are kept: by their tabs, so that it costs the same with ten thousand of them.

use std::collections::BTreeMap;

use lacis_core::LinkId;

use super::connection::Connection;
use crate::happening::rtc::ConnectionId;
use crate::ids::TabId;

/// All connections of all tabs.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// By the numbers of the tabs.
    tabs: Vec<BTreeMap<LinkId, Connection>>,
}

impl Connections {
    pub(super) fn get(&self, id: &ConnectionId) -> Option<&Connection> {
        self.tabs.get(id.tab.0)?.get(&id.link)
    }

    pub(super) fn get_mut(&mut self, id: &ConnectionId) -> Option<&mut Connection> {
        self.tabs.get_mut(id.tab.0)?.get_mut(&id.link)
    }

    pub(super) fn contains_key(&self, id: &ConnectionId) -> bool {
        self.get(id).is_some()
    }

    pub(super) fn insert(&mut self, id: ConnectionId, connection: Connection) {
        if self.tabs.len() <= id.tab.0 {
            self.tabs.resize_with(id.tab.0 + 1, BTreeMap::new);
        }
        self.tabs[id.tab.0].insert(id.link, connection);
    }

    pub(super) fn remove(&mut self, id: &ConnectionId) -> Option<Connection> {
        self.tabs.get_mut(id.tab.0)?.remove(&id.link)
    }

    /// Those of a tab.
    pub(super) fn of(&self, tab: TabId) -> impl Iterator<Item = &Connection> {
        self.tabs.get(tab.0).into_iter().flat_map(BTreeMap::values)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.tabs.iter_mut().flat_map(BTreeMap::values_mut)
    }
}
