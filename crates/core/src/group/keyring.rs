//! The epoch keys of a group that this member knows.
//!
//! A record of an admin begins an epoch: it vouches for a key, and holds it sealed to those who
//! were members then. Whoever came later is given the key by a member, inside a link or an
//! invitation, and can tell by the record that it is the right one. Two admins may begin the same
//! epoch at once, so there can be several keys for it; the one whose record is first in the order
//! of records seals what is written, on every node.

use alloc::vec::Vec;
use core::cmp::Reverse;

use lacis_wire::body::{Body, Place};
use lacis_wire::group::GivenKey;
use lacis_wire::keys::EpochKey;
use lacis_wire::{GroupId, limits};

/// Keys that are kept for one epoch while no record vouches for them.
const PER_EPOCH: usize = 4;

/// The known keys, oldest epoch first, and which of them records vouch for.
#[derive(Clone, Debug)]
pub(super) struct Keyring {
    group: GroupId,
    keys: Vec<Entry>,
    vouched: Vec<Voucher>,
}

#[derive(Clone, Debug)]
struct Entry {
    epoch: u32,
    key: EpochKey,
    commitment: [u8; 32],
}

/// The place of a record in the order of records: the time it was made, and its digest.
pub(super) type Order = (u64, [u8; 16]);

#[derive(Clone, Debug)]
struct Voucher {
    epoch: u32,
    order: Order,
    commitment: [u8; 32],
}

impl Keyring {
    pub(super) const fn new(group: GroupId) -> Self {
        Self { group, keys: Vec::new(), vouched: Vec::new() }
    }

    /// Takes a key, unless records vouch for other ones; says whether it is new.
    pub(super) fn insert(&mut self, epoch: u32, key: EpochKey) -> bool {
        let commitment = key.commitment(&self.group, epoch);
        if self.keys.iter().any(|it| it.epoch == epoch && it.commitment == commitment) {
            return false;
        }
        if !self.vouches(epoch, &commitment) {
            if self.vouched.iter().any(|it| it.epoch == epoch) {
                return false;
            }
            let loose = |it: &&Entry| !self.vouches(it.epoch, &it.commitment);
            let in_epoch = self.keys.iter().filter(loose).filter(|it| it.epoch == epoch).count();
            let all = self.keys.iter().filter(loose).count();
            if in_epoch >= PER_EPOCH || all >= 2 * limits::GIVEN_KEYS_MAX {
                return false;
            }
        }
        let at = self.keys.partition_point(|it| it.epoch <= epoch);
        self.keys.insert(at, Entry { epoch, key, commitment });
        true
    }

    /// A record vouches for a key, which may be known or not. Others of its epoch seal nothing any
    /// more, but still open what they may have sealed.
    pub(super) fn vouch(&mut self, epoch: u32, commitment: [u8; 32], order: Order) {
        if self.vouched.iter().any(|it| it.order == order) {
            return;
        }
        // Of several of one epoch the first record holds, so it comes last.
        let before = |it: &Voucher| (it.epoch, Reverse(it.order)) < (epoch, Reverse(order));
        let place = self.vouched.partition_point(before);
        self.vouched.insert(place, Voucher { epoch, order, commitment });
    }

    /// Which records vouch for keys is to be said anew: some are held no longer.
    pub(super) fn forget_vouchers(&mut self) {
        self.vouched.clear();
    }

    fn vouches(&self, epoch: u32, commitment: &[u8; 32]) -> bool {
        self.vouched.iter().any(|it| it.epoch == epoch && it.commitment == *commitment)
    }

    /// The key that seals what is written now: that of the newest epoch that a record began, or,
    /// for a newcomer who has no such record yet, the newest that it was given. Nothing while that
    /// key is on its way: an older one may be known to somebody who was shut out.
    pub(super) fn current(&self) -> Option<(u32, &EpochKey)> {
        let entry = match self.vouched.last() {
            Some(voucher) => self
                .keys
                .iter()
                .find(|it| it.epoch == voucher.epoch && it.commitment == voucher.commitment)?,
            None => self.keys.last()?,
        };
        Some((entry.epoch, &entry.key))
    }

    /// The number of an epoch that has not begun.
    pub(super) fn next_epoch(&self) -> u32 {
        let vouched = self.vouched.last().map_or(0, |it| it.epoch);
        let newest = if vouched > 0 { vouched } else { self.keys.last().map_or(0, |it| it.epoch) };
        newest.saturating_add(1)
    }

    /// Opens a body with whatever key of its epoch fits.
    pub(super) fn open(&self, epoch: u32, place: &Place, sealed: &[u8]) -> Option<Body> {
        let mut fitting = self.keys.iter().filter(|it| it.epoch == epoch);
        fitting.find_map(|it| Body::open(&it.key, place, sealed).ok())
    }

    /// What a newcomer needs to read: the newest epochs, at most as many as travel.
    pub(super) fn to_give(&self) -> Vec<GivenKey> {
        let right = |it: &&Entry| {
            let commitment = &it.commitment;
            self.vouched.is_empty() || self.vouches(it.epoch, commitment)
        };
        let newest = self.keys.iter().rev().filter(right).take(limits::GIVEN_KEYS_MAX);
        newest.map(|it| GivenKey { epoch: it.epoch, key: it.key.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: GroupId = GroupId([7; 32]);

    fn key(seed: u8) -> EpochKey {
        EpochKey([seed; 32])
    }

    fn vouch(ring: &mut Keyring, epoch: u32, seed: u8, time: u64) {
        ring.vouch(epoch, key(seed).commitment(&GROUP, epoch), (time, [seed; 16]));
    }

    fn current(ring: &Keyring) -> Option<(u32, u8)> {
        ring.current().map(|(epoch, key)| (epoch, key.0[0]))
    }

    #[test]
    fn a_given_key_that_no_record_vouches_for_gives_way() {
        let mut ring = Keyring::new(GROUP);
        assert!(ring.insert(1, key(1)));
        assert_eq!(current(&ring), Some((1, 1)));
        vouch(&mut ring, 1, 2, 10);
        assert_eq!(current(&ring), None, "the right key is on its way");
        assert!(!ring.insert(1, key(3)));
        assert!(ring.insert(1, key(2)));
        assert!(ring.insert(u32::MAX, key(9)), "kept, for its record may follow");
        assert_eq!(current(&ring), Some((1, 2)));
        assert_eq!(ring.next_epoch(), 2);
    }

    #[test]
    fn of_two_beginnings_of_one_epoch_the_first_holds() {
        for order in [[4, 5], [5, 4]] {
            let mut ring = Keyring::new(GROUP);
            for seed in order {
                vouch(&mut ring, 3, seed, u64::from(seed));
                assert!(ring.insert(3, key(seed)));
            }
            assert_eq!(current(&ring), Some((3, 4)));
            assert_eq!(ring.to_give().len(), 2);
        }
    }

    #[test]
    fn loose_keys_are_bounded() {
        let mut ring = Keyring::new(GROUP);
        for epoch in 1..=1_000 {
            for seed in 0..10 {
                ring.insert(epoch, key(seed));
            }
        }
        assert_eq!(ring.keys.len(), 2 * limits::GIVEN_KEYS_MAX);
    }
}
