//! A store as a browser has it: it answers later, loses what it has not yet confirmed when the tab
//! crashes, and can be full or damaged.

use std::collections::BTreeMap;

use lacis_core::{StoreReply, StoreRequest, StoreTable};
use lacis_wire::Code;

/// A store; it outlives the tabs that use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskId(pub usize);

/// What one identity has stored on one device.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// What outlasts a crash.
    pub entries: BTreeMap<(StoreTable, Vec<u8>), Vec<u8>>,
    /// Whether writes fail.
    pub is_full: bool,
}

impl Disk {
    /// Does what is asked; this is the moment at which it becomes durable.
    pub(crate) fn serve(&mut self, request: StoreRequest) -> StoreReply {
        match request {
            StoreRequest::Write(_) if self.is_full => StoreReply::Failed(Code::StoreFull),
            StoreRequest::Write(changes) => {
                for change in changes {
                    let place = (change.table, change.key);
                    match change.value {
                        Some(value) => self.entries.insert(place, value),
                        None => self.entries.remove(&place),
                    };
                }
                StoreReply::Written
            }
            StoreRequest::Read { table, keys } => {
                let value = |key| self.entries.get(&(table, key)).cloned();
                StoreReply::Values(keys.into_iter().map(value).collect())
            }
            StoreRequest::Scan { table, prefix, after, limit } => {
                let first = after.clone().unwrap_or_else(|| prefix.clone());
                let fits = |(at, key): &(StoreTable, Vec<u8>)| {
                    *at == table && key.starts_with(&prefix) && after.as_ref() != Some(key)
                };
                let page = self
                    .entries
                    .range((table, first)..)
                    .take_while(|((at, key), _)| *at == table && key.starts_with(&prefix))
                    .filter(|(place, _)| fits(place))
                    .take(limit)
                    .map(|((_, key), value)| (key.clone(), value.clone()));
                StoreReply::Page(page.collect())
            }
        }
    }

    /// Damages every value of a table.
    pub fn damage(&mut self, table: StoreTable) {
        for ((at, _), value) in &mut self.entries {
            if *at == table
                && let Some(byte) = value.last_mut()
            {
                *byte ^= 1;
            }
        }
    }
}
