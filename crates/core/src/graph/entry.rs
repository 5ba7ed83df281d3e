//! What is kept in memory of a version of a record: as little as comparing and judging need.

use alloc::vec::Vec;

use lacis_wire::record::{CopyName, Header, Rank, RecordType};
use lacis_wire::{CredentialId, Millis, PeerId, RecordId};

use super::index::CopyKey;
use crate::many::{Key, Many};

/// A version of a record, without its body and its signature. Types, people and credentials are
/// numbers of a [`Register`].
#[derive(Clone, Debug)]
pub(super) struct Entry {
    digest: [u8; 16],
    pub(super) version: u64,
    pub(super) created: Millis,
    pub(super) modified: Millis,
    pub(super) expires: Millis,
    pub(super) latest: Millis,
    pub(super) length: u32,
    kind: u32,
    creator: u32,
    /// One more than the number, or 0 for none.
    modifier: u32,
    /// One more than the number, or 0 for none.
    pub(super) credential: u32,
    pub(super) is_deleted: bool,
    /// Its time is over: what is left keeps older versions from coming back.
    pub(super) has_ended: bool,
    /// It counts as what has ended does. In a group that defers expiration it may be shown still.
    pub(super) is_over: bool,
}

impl Entry {
    /// The name of the version.
    pub(super) const fn name(&self, id: RecordId) -> CopyName {
        CopyName { id, digest: self.digest }
    }

    /// Whether it counts as what is left of a record.
    pub(super) const fn is_left(&self) -> bool {
        self.is_deleted || self.is_over
    }

    /// The number of its type.
    pub(super) fn kind(&self) -> usize {
        usize::try_from(self.kind).unwrap_or(usize::MAX)
    }

    /// Where it stands among those that are compared.
    pub(super) const fn key(&self, id: RecordId) -> CopyKey {
        CopyKey { modified: self.modified.0, name: self.name(id) }
    }
}

/// Types, people and credentials, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Register {
    kinds: Vec<RecordType>,
    people: Vec<PeerId>,
    credentials: Vec<CredentialId>,
    number_of: Many<PeerId, u32>,
    kind_of: Many<RecordType, u32>,
    credential_of: Many<CredentialId, u32>,
}

fn enter_in<K: Key + Clone>(list: &mut Vec<K>, numbers: &mut Many<K, u32>, item: &K) -> u32 {
    if let Some(known) = numbers.get(item) {
        return *known;
    }
    let next = number(list.len());
    list.push(item.clone());
    numbers.insert(item.clone(), next);
    next
}

fn forget_after<K: Key>(list: &mut Vec<K>, numbers: &mut Many<K, u32>, count: usize) {
    while list.len() > count
        && let Some(last) = list.pop()
    {
        numbers.remove(&last);
    }
}

fn at<T>(list: &[T], number: u32) -> Option<&T> {
    list.get(usize::try_from(number).ok()?)
}

impl Register {
    fn person(&mut self, peer: &PeerId) -> u32 {
        enter_in(&mut self.people, &mut self.number_of, peer)
    }

    pub(super) fn enter(&mut self, header: &Header, digest: [u8; 16]) -> Entry {
        let Self { credentials, credential_of, kinds, kind_of, .. } = self;
        let credential =
            header.credential.as_ref().map_or(0, |id| enter_in(credentials, credential_of, id) + 1);
        let kind = enter_in(kinds, kind_of, &header.kind);
        Entry {
            digest,
            version: header.version,
            created: header.created,
            modified: header.modified,
            expires: header.expires,
            latest: header.latest,
            length: header.length,
            kind,
            creator: self.person(&header.creator),
            modifier: header.modifier.as_ref().map_or(0, |peer| self.person(peer) + 1),
            credential,
            is_deleted: header.is_deleted(),
            has_ended: false,
            is_over: false,
        }
    }

    pub(super) fn read<'a>(&'a self, id: &RecordId, entry: &'a Entry) -> Option<Held<'a>> {
        let credential = entry.credential.checked_sub(1);
        let modifier = entry.modifier.checked_sub(1);
        Some(Held {
            id: *id,
            kind: at(&self.kinds, entry.kind)?,
            creator: at(&self.people, entry.creator)?,
            modifier: modifier.and_then(|number| at(&self.people, number)),
            credential: credential.and_then(|number| at(&self.credentials, number)),
            version: entry.version,
            created: entry.created,
            modified: entry.modified,
            expires: entry.expires,
            latest: entry.latest,
            length: entry.length,
            is_deleted: entry.is_deleted,
            has_ended: entry.has_ended,
            digest: entry.digest,
        })
    }

    /// How many people and credentials are entered.
    pub(super) const fn counts(&self) -> (usize, usize) {
        (self.people.len(), self.credentials.len())
    }

    /// Forgets the people and credentials that were entered since there were so many, of whom
    /// nothing is held.
    pub(super) fn forget_since(&mut self, (people, credentials): (usize, usize)) {
        forget_after(&mut self.people, &mut self.number_of, people);
        forget_after(&mut self.credentials, &mut self.credential_of, credentials);
    }

    /// Bytes that types, people and credentials take.
    pub(super) fn bytes(&self) -> usize {
        let kinds = self.kinds.len() * 2 * core::mem::size_of::<RecordType>();
        let people = self.people.len() * 2 * core::mem::size_of::<PeerId>();
        kinds + people + self.credentials.len() * 2 * core::mem::size_of::<CredentialId>()
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = &RecordType> {
        self.kinds.iter()
    }

    /// The credential with a number of [`Entry::credential`].
    pub(super) fn credential(&self, number: u32) -> Option<&CredentialId> {
        at(&self.credentials, number.checked_sub(1)?)
    }

    /// The number of a credential, if anything was written under it.
    pub(super) fn number_of(&self, credential: &CredentialId) -> Option<u32> {
        self.credential_of.get(credential).map(|number| number + 1)
    }
}

/// More than a 32-bit number of people or types do not fit into memory.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What is known in memory of a version that is held.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Which record.
    pub id: RecordId,
    /// What it is.
    pub kind: &'a RecordType,
    /// Who made its first version.
    pub creator: &'a PeerId,
    /// Who made this version, from the second on.
    pub modifier: Option<&'a PeerId>,
    /// Under which credential.
    pub credential: Option<&'a CredentialId>,
    /// Counts changes.
    pub version: u64,
    /// When the first version was made.
    pub created: Millis,
    /// When this version was made.
    pub modified: Millis,
    /// When it ends.
    pub expires: Millis,
    /// The latest end that any version may have.
    pub latest: Millis,
    /// Bytes of the body.
    pub length: u32,
    /// Whether it is a tombstone.
    pub is_deleted: bool,
    /// Whether its time is over: nothing but this is left of it.
    pub has_ended: bool,
    digest: [u8; 16],
}

impl<'a> Held<'a> {
    pub(super) fn of(header: &'a Header, digest: [u8; 16]) -> Self {
        Self {
            id: header.id,
            kind: &header.kind,
            creator: &header.creator,
            modifier: header.modifier.as_ref(),
            credential: header.credential.as_ref(),
            version: header.version,
            created: header.created,
            modified: header.modified,
            expires: header.expires,
            latest: header.latest,
            length: header.length,
            is_deleted: header.is_deleted(),
            has_ended: false,
            digest,
        }
    }

    /// The name of the version.
    #[must_use]
    pub const fn name(&self) -> CopyName {
        CopyName { id: self.id, digest: self.digest }
    }

    /// What decides between it and another version.
    #[must_use]
    pub fn rank(&self) -> Rank {
        Rank {
            is_deleted: self.is_deleted,
            version: self.version,
            modifier: self.modifier.copied(),
            modified: self.modified,
            digest: self.digest,
        }
    }

    /// Whether its creator made this version.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.modifier.is_none_or(|it| it == self.creator)
    }

    /// Who made this version.
    #[must_use]
    pub fn author(&self) -> &'a PeerId {
        self.modifier.unwrap_or(self.creator)
    }
}
