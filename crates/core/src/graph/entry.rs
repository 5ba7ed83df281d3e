//! What is kept in memory of a record of the application: as little as comparing and judging need.

use alloc::vec::Vec;

use lacis_wire::record::{CopyName, Header, Rank, RecordType};
use lacis_wire::{Millis, PeerId, RecordId};

use crate::table::Table;

/// A record of the application, without its body and its signature. Types and people are numbers of
/// a [`Register`].
#[derive(Clone, Debug)]
pub(super) struct Entry {
    digest: [u8; 16],
    pub(super) version: u64,
    pub(super) modified: Millis,
    pub(super) expires: Millis,
    pub(super) kind: u32,
    creator: u32,
    /// One more than the number, or 0 for none.
    modifier: u32,
    is_deleted: bool,
}

/// Types and people, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Register {
    kinds: Vec<RecordType>,
    people: Vec<PeerId>,
    number_of: Table<PeerId, u32>,
    kind_of: Table<RecordType, u32>,
}

impl Register {
    fn person(&mut self, peer: &PeerId) -> u32 {
        if let Some(known) = self.number_of.get(peer) {
            return *known;
        }
        let next = number(self.people.len());
        self.people.push(*peer);
        self.number_of.insert(*peer, next);
        next
    }

    fn kind(&mut self, kind: &RecordType) -> u32 {
        if let Some(known) = self.kind_of.get(kind) {
            return *known;
        }
        let next = number(self.kinds.len());
        self.kinds.push(kind.clone());
        self.kind_of.insert(kind.clone(), next);
        next
    }

    pub(super) fn enter(&mut self, header: &Header) -> Entry {
        Entry {
            digest: header.name().digest,
            version: header.version,
            modified: header.modified,
            expires: header.expires,
            kind: self.kind(&header.kind),
            creator: self.person(&header.creator),
            modifier: header.modifier.as_ref().map_or(0, |peer| self.person(peer) + 1),
            is_deleted: header.is_deleted(),
        }
    }

    pub(super) fn read<'a>(&'a self, id: &RecordId, entry: &'a Entry) -> Option<Held<'a>> {
        let person = |number: u32| self.people.get(usize::try_from(number).ok()?);
        Some(Held {
            id: *id,
            kind: self.kinds.get(usize::try_from(entry.kind).ok()?)?,
            creator: person(entry.creator)?,
            modifier: entry.modifier.checked_sub(1).and_then(person),
            version: entry.version,
            modified: entry.modified,
            expires: entry.expires,
            is_deleted: entry.is_deleted,
            digest: entry.digest,
        })
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = &RecordType> {
        self.kinds.iter()
    }
}

/// More than a 32-bit number of people or types do not fit into memory.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What is known in memory of a record that is held.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Which.
    pub id: RecordId,
    /// What it is.
    pub kind: &'a RecordType,
    /// Who made its first version.
    pub creator: &'a PeerId,
    /// Who made this version, from the second on.
    pub modifier: Option<&'a PeerId>,
    /// Counts changes.
    pub version: u64,
    /// When this version was made.
    pub modified: Millis,
    /// When it ceases to be.
    pub expires: Millis,
    /// Whether it is a tombstone.
    pub is_deleted: bool,
    digest: [u8; 16],
}

impl<'a> Held<'a> {
    pub(super) fn of(header: &'a Header) -> Self {
        Self {
            id: header.id,
            kind: &header.kind,
            creator: &header.creator,
            modifier: header.modifier.as_ref(),
            version: header.version,
            modified: header.modified,
            expires: header.expires,
            is_deleted: header.is_deleted(),
            digest: header.name().digest,
        }
    }

    /// The name of the copy.
    #[must_use]
    pub const fn name(&self) -> CopyName {
        CopyName { id: self.id, digest: self.digest }
    }

    /// What decides between it and another copy.
    #[must_use]
    pub fn rank(&self) -> Rank {
        Rank {
            version: self.version,
            modifier: self.modifier.copied(),
            modified: self.modified,
            digest: self.digest,
        }
    }

    /// Who made this version.
    #[must_use]
    pub fn author(&self) -> &'a PeerId {
        self.modifier.unwrap_or(self.creator)
    }
}
