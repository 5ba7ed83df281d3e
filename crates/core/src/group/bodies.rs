//! Copies at hand: those that are not stored yet, and those that others are likely to ask for.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use lacis_wire::limits;
use lacis_wire::record::CopyName;

use crate::graph::Copy;
use crate::table::Table;

#[derive(Debug, Default)]
pub(super) struct Bodies {
    held: Table<CopyName, Held>,
    /// Those that may go, the oldest first.
    loose: VecDeque<CopyName>,
    loose_bytes: usize,
}

#[derive(Debug)]
struct Held {
    copy: Arc<Copy>,
    /// Whether nothing else keeps it.
    pinned: bool,
}

impl Bodies {
    /// Keeps a copy until it is [`Bodies::loosen`]ed.
    pub(super) fn pin(&mut self, copy: Arc<Copy>) {
        let name = copy.header.name();
        self.remove(&name);
        self.held.insert(name, Held { copy, pinned: true });
    }

    /// Keeps a copy that is stored, for a while.
    pub(super) fn cache(&mut self, copy: Arc<Copy>) {
        let id = copy.header.name();
        if !self.held.contains_key(&id) {
            self.held.insert(id, Held { copy, pinned: true });
            self.loosen(&id);
        }
    }

    /// A copy is stored, so it need not stay here.
    pub(super) fn loosen(&mut self, id: &CopyName) {
        if let Some(held) = self.held.get_mut(id)
            && held.pinned
        {
            held.pinned = false;
            self.loose_bytes += held.copy.body.len();
            self.loose.push_back(*id);
        }
        while self.loose_bytes > limits::BODY_CACHE_BYTES {
            let Some(oldest) = self.loose.pop_front() else { break };
            if let Some(gone) = self.held.remove(&oldest) {
                self.loose_bytes -= gone.copy.body.len();
            }
        }
    }

    /// Bytes of all that is kept here.
    pub(super) fn bytes(&self) -> usize {
        self.held.values().map(|held| held.copy.body.len()).sum()
    }

    pub(super) fn get(&self, id: &CopyName) -> Option<&Arc<Copy>> {
        self.held.get(id).map(|held| &held.copy)
    }

    pub(super) fn remove(&mut self, id: &CopyName) {
        if let Some(gone) = self.held.remove(id)
            && !gone.pinned
        {
            self.loose_bytes -= gone.copy.body.len();
            self.loose.retain(|loose| loose != id);
        }
    }
}
