//! A store as a browser has it: it answers later, loses what it has not yet confirmed when the tab
//! crashes, and can be full or damaged.

use std::collections::BTreeMap;

use lacis_core::{StoreChange, StoreReply, StoreRequest, StoreTable};
use lacis_wire::Code;

/// A store; it outlives the tabs that use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskId(pub usize);

/// What one identity has stored on one device.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// What outlasts a crash.
    pub entries: BTreeMap<(StoreTable, Vec<u8>), Vec<u8>>,
    /// Whether there is no place but what was freed since. As in browsers, only a deletion frees
    /// some, not a write that puts less in the place of more.
    pub is_full: bool,
    freed: usize,
    /// Whether bodies cannot be read.
    pub is_unreadable: bool,
    /// How often bodies were to be read that cannot be.
    pub failed_reads: usize,
    /// Whether somebody has deleted everything, and nobody was told yet.
    is_emptied: bool,
}

impl Disk {
    /// Does what is asked; this is the moment at which it becomes durable.
    pub(crate) fn serve(&mut self, request: StoreRequest) -> StoreReply {
        if core::mem::take(&mut self.is_emptied) {
            return StoreReply::Failed(Code::StoreDamaged);
        }
        match request {
            StoreRequest::Write(changes) => self.write(changes),
            StoreRequest::Erase { prefix } => {
                let before = self.bytes();
                self.entries.retain(|(_, key), _| !key.starts_with(&prefix));
                self.freed += before - self.bytes();
                StoreReply::Written
            }
            StoreRequest::Read { table: StoreTable::Bodies, .. } if self.is_unreadable => {
                self.failed_reads += 1;
                StoreReply::Failed(Code::StoreFailed)
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

    fn write(&mut self, changes: Vec<StoreChange>) -> StoreReply {
        let needed: usize = changes.iter().filter_map(|it| it.value.as_ref()).map(Vec::len).sum();
        if self.is_full && needed > self.freed {
            return StoreReply::Failed(Code::StoreFull);
        }
        self.freed = if self.is_full { self.freed - needed } else { 0 };
        for StoreChange { table, key, value } in changes {
            match value {
                Some(value) => {
                    self.entries.insert((table, key), value);
                }
                None => self.freed += self.entries.remove(&(table, key)).map_or(0, |it| it.len()),
            }
        }
        StoreReply::Written
    }

    fn bytes(&self) -> usize {
        self.entries.values().map(Vec::len).sum()
    }

    /// Somebody deletes everything; whoever asks next is told.
    pub fn empty(&mut self) {
        self.entries.clear();
        self.is_emptied = true;
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
