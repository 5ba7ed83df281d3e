//! Records: what a group shares. The header travels in clear and is signed; the body is sealed.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, demand, encode};
use crate::ids::{Birth, CredentialId, GroupId, KeyName, PeerId, RecordId, truncate};
use crate::limits;
use crate::pen::Pen;
use crate::proof::IdentityKey;
use crate::signature::{self, Batch};
use crate::time::Millis;

const DOMAIN: &str = "lacis 2026 record 1";

/// What the types of records that the system keeps for itself begin with.
pub const SYSTEM_PREFIX: &str = "lacis.";

/// What kind of thing a record is: 1 to 64 of `a-z`, `0-9`, `.` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct RecordType(#[n(0)] String);

/// A text that is not a record type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a record type")]
pub struct RecordTypeError;

impl RecordType {
    /// Reads a type.
    ///
    /// # Errors
    /// [`RecordTypeError`] when it is empty, too long, or has other characters.
    pub fn new(text: &str) -> Result<Self, RecordTypeError> {
        if type_ok(text) { Ok(Self(text.into())) } else { Err(RecordTypeError) }
    }

    /// The type as a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the type is reserved: applications may not write records of it.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0.starts_with(SYSTEM_PREFIX)
    }

    /// One that was decoded may be any text.
    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        demand(type_ok(&self.0), "type")
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn type_ok(text: &str) -> bool {
    let fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    (1..=limits::RECORD_TYPE_BYTES).contains(&text.len()) && text.bytes().all(fine)
}

/// Everything about a record but its body: what relaying, storing, comparing and judging need. It
/// has the same form whatever the format of the record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// The format of what the record says; see [`Header::FORMAT`].
    #[n(0)]
    pub format: u16,
    /// What the record is.
    #[n(1)]
    pub kind: RecordType,
    /// Which record it is, through all versions.
    #[n(2)]
    pub id: RecordId,
    /// Random; with type, creator, creation, latest end and what it replaces it gives the id.
    #[cbor(n(3), bytes)]
    pub salt: [u8; 8],
    /// Counts changes, from 1.
    #[n(4)]
    pub version: u64,
    /// See [`Header::DELETED`].
    #[n(5)]
    pub flags: u8,
    /// Who made the first version.
    #[n(6)]
    pub creator: PeerId,
    /// Who made this version, from the second on.
    #[n(7)]
    pub modifier: Option<PeerId>,
    /// The credential under which the author wrote this version; none for the root key.
    #[n(8)]
    pub credential: Option<CredentialId>,
    /// When the first version was made.
    #[n(9)]
    pub created: Millis,
    /// When this version was made.
    #[n(10)]
    pub modified: Millis,
    /// When the record ends; [`Millis::MAX`] means never.
    #[n(11)]
    pub expires: Millis,
    /// The latest end that any version may have. Until then what is left of it stays, so that no
    /// older version returns.
    #[n(12)]
    pub latest: Millis,
    /// The record of the same creator in whose place it stands, if there is one.
    #[n(13)]
    pub replaces: Option<RecordId>,
    /// The key that seals the body; none for a body in clear.
    #[n(14)]
    pub key: Option<KeyName>,
    /// Bytes of the body as it travels.
    #[n(15)]
    pub length: u32,
    /// BLAKE3 of the body as it travels.
    #[cbor(n(16), bytes)]
    pub hash: [u8; 32],
    /// Signature of the modifier, or of the creator where there is none, over the group and
    /// everything before.
    #[cbor(n(17), bytes)]
    pub signature: [u8; 64],
}

impl Header {
    /// The record is deleted; what is left of it says so to those who missed it.
    pub const DELETED: u8 = 1;

    /// The format that this version writes. A record of another one is kept and passed on, since
    /// all that it is judged by stands here, and is not applied.
    pub const FORMAT: u16 = 1;

    /// Who made this version, and has to have signed it.
    #[must_use]
    pub fn author(&self) -> &PeerId {
        self.modifier.as_ref().unwrap_or(&self.creator)
    }

    /// The id that follows from what never changes.
    #[must_use]
    pub fn born_as(&self) -> RecordId {
        let birth = Birth {
            kind: self.kind.as_str(),
            created: self.created.0,
            latest: self.latest.0,
            replaces: self.replaces.as_ref(),
            salt: &self.salt,
        };
        RecordId::derive(&self.creator, &birth)
    }

    /// The earliest time at which this version can have been made: one each
    /// [`limits::VERSION_PACE`] since the first, so that nobody can count on to where no further
    /// version has a number.
    #[must_use]
    pub fn modified_min(created: Millis, version: u64) -> Millis {
        let pace = u64::try_from(limits::VERSION_PACE.as_millis()).unwrap_or(u64::MAX);
        Millis(version.saturating_sub(1).saturating_mul(pace).saturating_add(created.0))
    }

    /// Whether this version knows what the record says.
    #[must_use]
    pub const fn is_known_format(&self) -> bool {
        self.format == Self::FORMAT
    }

    /// Whether the record is deleted.
    #[must_use]
    pub const fn is_deleted(&self) -> bool {
        self.flags & Self::DELETED != 0
    }

    /// Takes the length and the hash of a body as it travels.
    pub fn set_body(&mut self, body: &[u8]) {
        // What is longer than a number of 32 bits is refused by the check on the length.
        self.length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        self.hash = *blake3::hash(body).as_bytes();
    }

    /// Whether these bytes are the body that the header is about.
    #[must_use]
    pub fn matches_body(&self, body: &[u8]) -> bool {
        u32::try_from(body.len()).is_ok_and(|length| length == self.length)
            && *blake3::hash(body).as_bytes() == self.hash
    }

    /// Signs the header with its author's key.
    pub fn sign(&mut self, group: &GroupId, key: &IdentityKey) {
        self.signature = signature::sign(key, &self.message(group));
    }

    /// Signs the header with its author's key, in a third of the time.
    pub fn sign_with(&mut self, group: &GroupId, pen: &Pen) {
        self.signature = pen.sign(&self.message(group));
    }

    /// Whether the author signed this header for this group. It says nothing of what the author
    /// may do in it.
    #[must_use]
    pub fn verify(&self, group: &GroupId) -> bool {
        signature::verify(self.author(), &self.message(group), &self.signature)
    }

    /// Which of these headers their authors signed for this group: what [`Header::verify`] says of
    /// each, in a fraction of the time.
    #[must_use]
    pub fn verify_all<'a>(
        group: &GroupId,
        headers: impl IntoIterator<Item = &'a Self>,
    ) -> Vec<bool> {
        let mut batch = Batch::default();
        for header in headers {
            batch.push(header.author(), &header.message(group), &header.signature);
        }
        batch.verify()
    }

    fn message(&self, group: &GroupId) -> Vec<u8> {
        signature::message(DOMAIN, Some(group), self)
    }
}

impl Frame for Header {
    const BYTES_MAX: usize = limits::HEADER_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(self.format >= 1, "format")?;
        self.kind.check()?;
        demand(self.version >= 1, "version")?;
        demand((self.version == 1) == self.modifier.is_none(), "modifier")?;
        demand(self.flags & !Self::DELETED == 0, "flags")?;
        demand(self.id == self.born_as(), "id")?;
        // No range of times holds the last of all.
        let times = Self::modified_min(self.created, self.version)..Millis::MAX;
        demand(times.contains(&self.modified), "modified")?;
        demand(self.modified <= self.expires && self.expires <= self.latest, "expires")?;
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        demand(length <= limits::RECORD_BYTES, "length")?;
        if self.is_deleted() {
            demand(self.matches_body(&[]), "length")?;
            demand(self.expires == self.latest, "expires")?;
        }
        let clear = self.kind.is_system() || self.is_deleted();
        demand(clear == self.key.is_none(), "key")
    }
}

/// Names one copy of a record among all copies of all records.
///
/// The digest is 128 bits of BLAKE3. Whoever makes the copies can find two with the same name with
/// some 2^64 work, and by that make two members hold different versions of a record of its own
/// without their noticing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopyName {
    /// The record.
    pub id: RecordId,
    /// Of the signed header.
    pub digest: [u8; 16],
}

impl CopyName {
    /// The name as it travels: the id, then the digest.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (id, digest) = bytes.split_at_mut(RecordId::LEN);
        id.copy_from_slice(self.id.as_bytes());
        digest.copy_from_slice(&self.digest);
        bytes
    }

    /// Reads a name.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let (id, rest) = bytes.split_first_chunk().unwrap_or((&[0; 16], &[]));
        let digest = rest.first_chunk().copied().unwrap_or_default();
        Self { id: RecordId(*id), digest }
    }
}

/// What decides between two copies of one record: the greater one wins, on every node alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// A tombstone wins over all that lives, so nothing that was deleted comes back.
    pub is_deleted: bool,
    /// The later version.
    pub version: u64,
    /// No modifier is less than any.
    pub modifier: Option<PeerId>,
    /// The later change.
    pub modified: Millis,
    /// Differs where anything else does.
    pub digest: [u8; 16],
}

impl Header {
    /// What names this copy.
    #[must_use]
    pub fn name(&self) -> CopyName {
        CopyName { id: self.id, digest: truncate(&blake3::hash(&encode(self))) }
    }

    /// What decides between this copy and another one.
    #[must_use]
    pub fn rank(&self) -> Rank {
        self.rank_as(self.name())
    }

    /// The same where the name of the copy is known.
    #[must_use]
    pub const fn rank_as(&self, name: CopyName) -> Rank {
        Rank {
            is_deleted: self.is_deleted(),
            version: self.version,
            modifier: self.modifier,
            modified: self.modified,
            digest: name.digest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RecordType;

    #[test]
    fn types_have_few_characters_and_the_system_keeps_its_own() {
        for text in ["a", "chat", "my-app.stroke.2", "lacis", &"x".repeat(64)] {
            assert!(RecordType::new(text).is_ok_and(|kind| !kind.is_system()), "{text}");
        }
        assert!(RecordType::new("lacis.member").is_ok_and(|kind| kind.is_system()));
        for text in ["", "Chat", "a b", "a/b", "a_b", "\u{e9}", &"x".repeat(65)] {
            assert!(RecordType::new(text).is_err(), "{text}");
        }
    }
}
