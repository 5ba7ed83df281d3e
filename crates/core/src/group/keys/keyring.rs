//! The keys of a group that this member holds.
//!
//! A key record of an admin promises a key, and holds it sealed to those who were members then.
//! Whoever came later is given it by a member, inside a link, and can tell by the record that it is
//! the right one. Which key is the newest, the records say (`graph/key_records.rs`).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::body::{Body, Place};
use lacis_wire::group::GivenKey;
use lacis_wire::keys::EpochKey;
use lacis_wire::{GroupId, KeyName};

use crate::graph::KeyRecords;
use crate::many::Many;
use crate::rule::Rule;

/// Keys that are kept while their record is on its way: it follows within a round trip or two.
const LOOSE_MAX: usize = 64;

/// The keys that are held, and those that wait for their record.
#[derive(Clone, Debug)]
pub(in crate::group) struct Keyring {
    group: GroupId,
    keys: Many<KeyName, EpochKey>,
    loose: VecDeque<GivenKey>,
    /// The same for a keeper: those that open where members meet.
    loose_meetings: VecDeque<GivenKey>,
}

impl Keyring {
    pub(in crate::group) const fn new(group: GroupId) -> Self {
        Self { group, keys: Many::new(), loose: VecDeque::new(), loose_meetings: VecDeque::new() }
    }

    /// Takes a key that was held before.
    pub(in crate::group) fn restore(&mut self, given: GivenKey) {
        self.keys.insert(given.name, given.key);
    }

    /// Takes a key from a neighbor or out of a record; says whether it is new here. One whose
    /// record is not whole yet waits for that; one that its record does not promise is dropped.
    pub(in crate::group) fn insert(&mut self, records: &KeyRecords, given: GivenKey) -> bool {
        if self.keys.contains_key(&given.name) {
            return false;
        }
        match self.is_promised(records, &given) {
            Some(true) => self.keys.insert(given.name, given.key).is_none(),
            Some(false) => false,
            None => {
                keep_loose(&mut self.loose, given);
                false
            }
        }
    }

    /// Keeps a key that opens where members meet while its record is on its way.
    pub(in crate::group) fn keep_meeting(&mut self, given: GivenKey) {
        keep_loose(&mut self.loose_meetings, given);
    }

    /// Those whose record may have come.
    pub(in crate::group) fn take_meetings(&mut self) -> VecDeque<GivenKey> {
        core::mem::take(&mut self.loose_meetings)
    }

    /// Tries again those whose record may have come; says whether any is new.
    pub(in crate::group) fn settle(&mut self, records: &KeyRecords) -> bool {
        let mut is_new = false;
        for given in core::mem::take(&mut self.loose) {
            is_new |= self.insert(records, given);
        }
        is_new
    }

    fn is_promised(&self, records: &KeyRecords, given: &GivenKey) -> Option<bool> {
        let record = records.get(&given.name).filter(|record| record.is_whole())?;
        let promises = record.parts().all(|part| part.promises(&self.group, &given.key));
        Some(promises || !Rule::KeyPromised.holds())
    }

    pub(in crate::group) fn get(&self, name: &KeyName) -> Option<&EpochKey> {
        self.keys.get(name)
    }

    /// The key that is held, if there is but one.
    pub(in crate::group) fn only(&self) -> Option<(KeyName, &EpochKey)> {
        let (name, key) = self.keys.iter().next()?;
        (self.keys.len() == 1).then_some((*name, key))
    }

    /// Opens a body with the key that it names.
    pub(in crate::group) fn open(&self, place: &Place, sealed: &[u8]) -> Option<Body> {
        Body::open(self.keys.get(&place.key)?, place, sealed).ok()
    }

    /// All that are held, to be stored.
    pub(in crate::group) fn all(&self) -> Vec<GivenKey> {
        let given = |(name, key): (&KeyName, &EpochKey)| GivenKey { name: *name, key: key.clone() };
        self.keys.iter().map(given).collect()
    }
}

fn keep_loose(loose: &mut VecDeque<GivenKey>, given: GivenKey) {
    if loose.contains(&given) {
        return;
    }
    if loose.len() >= LOOSE_MAX {
        loose.pop_front();
    }
    loose.push_back(given);
}
