//! Copies at hand: those that are not stored yet, and those that others are likely to ask for.

use alloc::collections::VecDeque;
use alloc::sync::{Arc, Weak};

use lacis_wire::limits;
use lacis_wire::record::CopyName;

use crate::graph::Copy;
use crate::table::Table;

#[derive(Debug, Default)]
pub(in crate::group) struct Bodies {
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
    /// Keeps a copy until it is [`Bodies::stored`].
    pub(in crate::group) fn pin(&mut self, name: CopyName, copy: Arc<Copy>) {
        self.remove(&name);
        self.held.insert(name, Held { copy, pinned: true });
    }

    /// Keeps a copy that is stored, for a while.
    pub(in crate::group) fn cache(&mut self, id: CopyName, copy: Arc<Copy>) {
        if !self.held.contains_key(&id) {
            self.held.insert(id, Held { copy, pinned: true });
            self.loosen(&id);
        }
    }

    /// A copy is stored. If a newer one took its place, that one still has to stay.
    pub(in crate::group) fn stored(&mut self, id: &CopyName, copy: &Weak<Copy>) {
        let Some(copy) = copy.upgrade() else { return };
        if self.get(id).is_some_and(|held| Arc::ptr_eq(held, &copy)) {
            self.loosen(id);
        }
    }

    fn loosen(&mut self, id: &CopyName) {
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
    pub(in crate::group) fn bytes(&self) -> usize {
        self.held.values().map(|held| held.copy.body.len()).sum()
    }

    pub(in crate::group) fn get(&self, id: &CopyName) -> Option<&Arc<Copy>> {
        self.held.get(id).map(|held| &held.copy)
    }

    pub(in crate::group) fn remove(&mut self, id: &CopyName) {
        if let Some(gone) = self.held.remove(id)
            && !gone.pinned
        {
            self.loose_bytes -= gone.copy.body.len();
            self.loose.retain(|loose| loose != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;
    use alloc::vec::Vec;

    use lacis_wire::record::{Header, RecordType};
    use lacis_wire::{Millis, PeerId, RecordId};

    use super::Bodies;
    use crate::graph::Copy;

    #[test]
    fn a_version_that_is_not_stored_stays_although_an_older_one_is() {
        let mut bodies = Bodies::default();
        let [older, newer] = [1, 2].map(|version| {
            let header = Header {
                kind: RecordType::new("note").expect("it is one"),
                id: RecordId([7; 16]),
                salt: [0; 8],
                version,
                flags: 0,
                creator: PeerId([0; 32]),
                modifier: None,
                created: Millis(0),
                modified: Millis(0),
                expires: Millis::MAX,
                format: 1,
                credential: None,
                latest: Millis::MAX,
                replaces: None,
                key: None,
                length: 0,
                hash: [0; 32],
                signature: [0; 64],
            };
            Arc::new(Copy { header, body: Vec::new() })
        });
        let [old, new] = [older.header.name(), newer.header.name()];
        bodies.pin(old, Arc::clone(&older));
        bodies.pin(new, Arc::clone(&newer));
        bodies.stored(&old, &Arc::downgrade(&older));
        assert_eq!(bodies.loose, [old]);
        bodies.stored(&new, &Arc::downgrade(&newer));
        assert_eq!(bodies.loose.len(), 2);
    }
}
