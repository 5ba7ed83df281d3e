//! What tabs say of themselves, and hear of others.

use std::collections::BTreeMap;

use lacis_core::{Event, SendError};
use lacis_wire::NodeId;

use super::World;
use crate::ids::TabId;

impl World {
    /// Says something of a tab in a room, or nothing any more.
    ///
    /// # Errors
    /// What the node says.
    pub fn say(&mut self, tab: TabId, room: usize, value: Option<&[u8]>) -> Result<(), SendError> {
        let id = *self.tabs[tab.0].rooms.get(&room).ok_or(SendError::NotInRoom)?;
        let value = value.map(Vec::from);
        let said = self.command(tab, |node, now| node.set_presence(now, id, value));
        said.unwrap_or(Err(SendError::Closed))
    }

    /// What others say of themselves in any room, as a tab was told last.
    #[must_use]
    pub fn hears(&self, tab: TabId) -> BTreeMap<NodeId, Vec<u8>> {
        let mut said = BTreeMap::new();
        for event in &self.seen(tab).log {
            if let Event::Presence { node, value, .. } = event {
                match value {
                    Some(value) => said.insert(*node, value.clone()),
                    None => said.remove(node),
                };
            }
        }
        said
    }

    /// How often a tab was told what others say, and how often that it is over.
    #[must_use]
    pub fn hearings(&self, tab: TabId) -> (usize, usize) {
        let log = self.seen(tab).log.iter();
        let (said, over) = log
            .filter_map(|event| match event {
                Event::Presence { value, .. } => Some(value.is_some()),
                _ => None,
            })
            .partition::<Vec<_>, _>(|is_said| *is_said);
        (said.len(), over.len())
    }
}
