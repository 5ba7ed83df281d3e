//! The storage port: what the node asks a driver to keep, and how it recognises damage.
//!
//! A driver keeps opaque bytes under opaque keys, in a few tables. Each value carries a hash keyed
//! with a secret that follows from the identity, made over its place and content: what was changed,
//! cut or put elsewhere while it was stored is not taken for what was written.

use alloc::vec::Vec;

use lacis_wire::body::{Body, Place};
use lacis_wire::keys::EpochKey;
use lacis_wire::{Code, GroupId, KeyName, RecordId};

/// A table of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreTable {
    /// What is known of each group.
    Meta,
    /// System records, whole.
    System,
    /// Headers of the other records.
    Heads,
    /// Their bodies.
    Bodies,
}

impl StoreTable {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::Meta, Self::System, Self::Heads, Self::Bodies];

    /// Its number, which never changes.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Meta => 0,
            Self::System => 1,
            Self::Heads => 2,
            Self::Bodies => 3,
        }
    }
}

/// One change to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreChange {
    /// The table.
    pub table: StoreTable,
    /// The key.
    pub key: Vec<u8>,
    /// The value; nothing to delete it.
    pub value: Option<Vec<u8>>,
}

/// What the store is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreRequest {
    /// Make all of these changes or none, and say so only when they outlast a crash. Changes are
    /// made in the order in which they are asked.
    Write(Vec<StoreChange>),
    /// Delete the entries whose keys begin with something, in every table, or none; answered as a
    /// write is.
    Erase {
        /// What the keys begin with.
        prefix: Vec<u8>,
    },
    /// Read the values of some keys.
    Read {
        /// The table.
        table: StoreTable,
        /// The keys.
        keys: Vec<Vec<u8>>,
    },
    /// Read the entries whose keys begin with something, in the order of their bytes.
    Scan {
        /// The table.
        table: StoreTable,
        /// What the keys begin with.
        prefix: Vec<u8>,
        /// Only keys greater than this.
        after: Option<Vec<u8>>,
        /// At most so many entries.
        limit: usize,
    },
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreReply {
    /// The changes outlast a crash.
    Written,
    /// One value a key; nothing where there is none.
    Values(Vec<Option<Vec<u8>>>),
    /// Entries, in the order of their keys.
    Page(StorePage),
    /// It did not work; of a write, nothing was changed. [`Code::StoreDamaged`] says that the store
    /// works and was found empty: what is known is to be written anew.
    Failed(Code),
}

/// Entries of a table, in the order of their keys. They are packed, because there may be thousands:
/// the length of the key in two bytes and of the value in four, the lowest first, then both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorePage(Vec<u8>);

impl StorePage {
    /// Entries that are packed already. What is cut off at their end is left out.
    #[must_use]
    pub const fn from_packed(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = self.0.as_slice();
        core::iter::from_fn(move || {
            let (key, value, after) = first_entry(rest)?;
            rest = after;
            Some((key, value))
        })
    }
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(K, V)> for StorePage {
    /// Packs entries. One that is longer than its form allows ends them.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut packed = Vec::new();
        for (key, value) in entries {
            let (key, value) = (key.as_ref(), value.as_ref());
            let lengths = (u16::try_from(key.len()), u32::try_from(value.len()));
            let (Ok(key_length), Ok(value_length)) = lengths else { break };
            packed.extend_from_slice(&key_length.to_le_bytes());
            packed.extend_from_slice(&value_length.to_le_bytes());
            packed.extend_from_slice(key);
            packed.extend_from_slice(value);
        }
        Self(packed)
    }
}

/// The first entry of some that are packed, and what follows it.
fn first_entry(packed: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (key_length, rest) = packed.split_first_chunk::<2>()?;
    let (value_length, rest) = rest.split_first_chunk::<4>()?;
    let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*key_length)))?;
    let value_length = usize::try_from(u32::from_le_bytes(*value_length)).ok()?;
    let (value, rest) = rest.split_at_checked(value_length)?;
    Some((key, value, rest))
}

const MAC_BYTES: usize = 16;

/// Marks what is stored and checks what is loaded.
#[derive(Clone)]
pub(crate) struct Vault([u8; 32]);

impl core::fmt::Debug for Vault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    pub(crate) fn new(identity: &[u8; 32]) -> Self {
        Self(blake3::derive_key("lacis 2026 store 1 values", identity))
    }

    /// A value as it is stored.
    pub(crate) fn mark(&self, table: StoreTable, key: &[u8], value: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAC_BYTES + value.len());
        out.extend_from_slice(&self.mac(table, key, value));
        out.extend_from_slice(value);
        out
    }

    /// What was stored, if it is what was written there.
    pub(crate) fn check<'a>(
        &self,
        table: StoreTable,
        key: &[u8],
        stored: &'a [u8],
    ) -> Option<&'a [u8]> {
        let (mac, value) = stored.split_first_chunk::<MAC_BYTES>()?;
        (*mac == self.mac(table, key, value)).then_some(value)
    }

    /// A value with secrets in it as it is stored. `nonce` has to be random.
    pub(crate) fn seal(
        &self,
        table: StoreTable,
        key: &[u8],
        value: &[u8],
        nonce: [u8; 24],
    ) -> Vec<u8> {
        let body = Body { attributes: Vec::new(), data: value.to_vec() };
        self.mark(table, key, &body.seal(&self.sealing_key(), &Self::place(), nonce))
    }

    /// What was stored by [`Vault::seal`], if it is what was written there.
    pub(crate) fn unseal(&self, table: StoreTable, key: &[u8], stored: &[u8]) -> Option<Vec<u8>> {
        let sealed = self.check(table, key, stored)?;
        Body::open(&self.sealing_key(), &Self::place(), sealed).ok().map(|body| body.data)
    }

    /// Secrets are sealed with a key that follows from the identity, which is wrapped where it is
    /// kept.
    fn sealing_key(&self) -> EpochKey {
        EpochKey(blake3::derive_key("lacis 2026 store 1 secrets", &self.0))
    }

    const fn place() -> Place {
        let (group, id) = (GroupId([0; 32]), RecordId([0; 16]));
        Place { group, id, version: 0, key: KeyName([0; 16]) }
    }

    fn mac(&self, table: StoreTable, key: &[u8], value: &[u8]) -> [u8; MAC_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // Keys of one table all have the same length, so nothing can move between key and value.
        hasher.update(&[table.number()]);
        hasher.update(key);
        hasher.update(value);
        hasher.finalize().as_bytes().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{StorePage, StoreTable, Vault};

    #[test]
    fn a_page_gives_what_was_packed_and_leaves_out_what_was_cut_off() {
        let long = [7; 70_000];
        let entries = [(&b"a"[..], &b"1"[..]), (b"", b""), (b"key", &long)];
        let page: StorePage = entries.into_iter().collect();
        assert_eq!(page.iter().collect::<Vec<_>>(), entries);
        let StorePage(bytes) = page;
        for cut in [1, 70_000, bytes.len()] {
            let rest = StorePage::from_packed(bytes[..bytes.len() - cut].to_vec());
            let whole = if cut == bytes.len() { 0 } else { 2 };
            assert_eq!(rest.iter().collect::<Vec<_>>(), entries[..whole]);
        }
    }

    #[test]
    fn secrets_cannot_be_read_in_the_store() {
        let vault = Vault::new(&[1; 32]);
        let stored = vault.seal(StoreTable::Meta, b"key", b"a root key", [5; 24]);
        assert!(!stored.windows(4).any(|bytes| bytes == b"root"));
        let open = |vault: &Vault, key: &[u8]| vault.unseal(StoreTable::Meta, key, &stored);
        assert_eq!(open(&vault, b"key").as_deref(), Some(&b"a root key"[..]));
        assert_eq!(open(&vault, b"other"), None);
        assert_eq!(open(&Vault::new(&[2; 32]), b"key"), None);
    }

    #[test]
    fn only_what_was_written_there_is_taken() {
        let vault = Vault::new(&[1; 32]);
        let stored = vault.mark(StoreTable::Heads, b"key", b"value");
        assert_eq!(vault.check(StoreTable::Heads, b"key", &stored), Some(&b"value"[..]));
        assert_eq!(vault.check(StoreTable::Bodies, b"key", &stored), None);
        assert_eq!(vault.check(StoreTable::Heads, b"kez", &stored), None);
        assert_eq!(Vault::new(&[2; 32]).check(StoreTable::Heads, b"key", &stored), None);
        for at in 0..stored.len() {
            let mut damaged = stored.clone();
            damaged[at] ^= 1;
            assert_eq!(vault.check(StoreTable::Heads, b"key", &damaged), None, "{at}");
            assert_eq!(vault.check(StoreTable::Heads, b"key", &stored[..at]), None, "{at}");
        }
    }
}
