//! Copies at hand: those that are not stored yet, and those that others are likely to ask for.

use alloc::collections::VecDeque;
use alloc::sync::{Arc, Weak};

use lacis_wire::limits;
use lacis_wire::record::CopyName;

use crate::graph::Copy;
use crate::many::Many;

#[derive(Debug, Default)]
pub(in crate::group) struct Bodies {
    held: Many<CopyName, Held>,
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
            self.loose_bytes += weight(held.copy.body.len());
            self.loose.push_back(*id);
        }
        while self.loose_bytes > limits::BODY_CACHE_BYTES {
            let Some(oldest) = self.loose.pop_front() else { break };
            if let Some(gone) = self.held.remove(&oldest) {
                self.loose_bytes -= weight(gone.copy.body.len());
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
            self.loose_bytes -= weight(gone.copy.body.len());
            self.loose.retain(|loose| loose != id);
        }
    }
}

/// What a copy at hand counts for: of those that say little or nothing, like tombstones, there may
/// be hundreds of thousands.
pub(in crate::group) const fn weight(body_bytes: usize) -> usize {
    body_bytes.saturating_add(limits::HEADER_BYTES)
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;
    use alloc::vec::Vec;

    use lacis_wire::record::{Header, RecordType};
    use lacis_wire::{Millis, PeerId, RecordId, limits};

    use super::Bodies;
    use crate::graph::Copy;

    fn copy(version: u64) -> Arc<Copy> {
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
    }

    #[test]
    fn of_what_says_nothing_no_more_stays_at_hand_than_of_anything_else() {
        let mut bodies = Bodies::default();
        for version in 1..=10_000 {
            let copy = copy(version);
            let name = copy.header.name();
            bodies.pin(name, Arc::clone(&copy));
            bodies.stored(&name, &Arc::downgrade(&copy));
        }
        let most = limits::BODY_CACHE_BYTES / limits::HEADER_BYTES;
        assert_eq!((bodies.held.len(), bodies.loose.len()), (most, most));
    }

    #[test]
    fn a_version_that_is_not_stored_stays_although_an_older_one_is() {
        let mut bodies = Bodies::default();
        let [older, newer] = [copy(1), copy(2)];
        let [old, new] = [older.header.name(), newer.header.name()];
        bodies.pin(old, Arc::clone(&older));
        bodies.pin(new, Arc::clone(&newer));
        bodies.stored(&old, &Arc::downgrade(&older));
        assert_eq!(bodies.loose, [old]);
        bodies.stored(&new, &Arc::downgrade(&newer));
        assert_eq!(bodies.loose.len(), 2);
    }
}
