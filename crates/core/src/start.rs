//! Which start of which store a node is.

use alloc::vec::Vec;

use lacis_wire::link::LinkFrame;

use crate::store::{StoreTable, Vault};

/// A start of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) store: [u8; 16],
    pub(crate) number: u64,
}

impl Start {
    pub(crate) fn from_stored(vault: &Vault, key: &[u8], stored: &[u8]) -> Option<Self> {
        let (store, number) = vault.check(StoreTable::Meta, key, stored)?.split_first_chunk()?;
        Some(Self { store: *store, number: u64::from_be_bytes(number.try_into().ok()?) })
    }

    pub(crate) fn to_stored(self, vault: &Vault, key: &[u8]) -> Vec<u8> {
        let mut value = self.store.to_vec();
        value.extend_from_slice(&self.number.to_be_bytes());
        vault.mark(StoreTable::Meta, key, &value)
    }

    pub(crate) const fn frame(self) -> LinkFrame<'static> {
        LinkFrame::Start { store: self.store, number: self.number }
    }

    /// Whether this is a later start of the same store.
    pub(crate) fn follows(self, other: Self) -> bool {
        self.store == other.store && self.number > other.number
    }
}
