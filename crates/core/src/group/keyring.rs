//! The epoch keys of a group that this member knows.
//!
//! Keys come sealed in records of admins, or from a member inside a link. Two admins may begin the
//! same epoch at once, and a member may give a wrong key, so there can be several for one epoch:
//! each is tried, and the one that a record vouches for goes first.

use alloc::vec::Vec;

use lacis_wire::body::{Body, Place};
use lacis_wire::group::GivenKey;
use lacis_wire::keys::EpochKey;
use lacis_wire::limits;

/// Keys tried for one epoch.
const PER_EPOCH: usize = 4;

/// The known keys, by epoch; within one, the better vouched for comes first.
#[derive(Clone, Debug, Default)]
pub(super) struct Keyring {
    keys: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    epoch: u32,
    key: EpochKey,
    /// The time of the admin's record that it came in; nothing for a key given in a link.
    sealed: Option<(u64, [u8; 16])>,
}

impl Keyring {
    /// Takes a key; says whether it is new.
    pub(super) fn insert(
        &mut self,
        epoch: u32,
        key: EpochKey,
        sealed: Option<(u64, [u8; 16])>,
    ) -> bool {
        if let Some(known) = self.keys.iter_mut().find(|it| it.epoch == epoch && it.key == key) {
            let better = sealed.is_some() && known.sealed.is_none_or(|held| sealed < Some(held));
            if better {
                known.sealed = sealed;
                self.sort();
            }
            return false;
        }
        let given = self.keys.iter().filter(|it| it.epoch == epoch && it.sealed.is_none()).count();
        let epochs = self.keys.len();
        if sealed.is_none() && (given >= PER_EPOCH || epochs >= 2 * limits::GIVEN_KEYS_MAX) {
            return false;
        }
        self.keys.push(Entry { epoch, key, sealed });
        self.sort();
        true
    }

    fn sort(&mut self) {
        // Without a record comes last; of several records the earliest holds, on every node.
        self.keys.sort_unstable_by_key(|it| (it.epoch, it.sealed.is_none(), it.sealed));
    }

    /// The key that seals what is written now.
    pub(super) fn current(&self) -> Option<(u32, &EpochKey)> {
        let newest = self.keys.last()?.epoch;
        let first = self.keys.iter().find(|it| it.epoch == newest)?;
        Some((first.epoch, &first.key))
    }

    /// Opens a body with whatever key of its epoch fits.
    pub(super) fn open(&self, epoch: u32, place: &Place, sealed: &[u8]) -> Option<Body> {
        let mut fitting = self.keys.iter().filter(|it| it.epoch == epoch);
        fitting.find_map(|it| Body::open(&it.key, place, sealed).ok())
    }

    /// What a newcomer needs to read: the newest epochs first in mind, at most as many as travel.
    pub(super) fn to_give(&self) -> Vec<GivenKey> {
        let newest = self.keys.iter().rev().take(limits::GIVEN_KEYS_MAX);
        newest.map(|it| GivenKey { epoch: it.epoch, key: it.key.clone() }).collect()
    }
}
