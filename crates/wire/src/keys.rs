//! Epoch keys, sealed to members with HPKE (RFC 9180).
//!
//! A member's identity is a signing key; the same key, mapped from the Edwards to the Montgomery
//! form of the curve, takes what is sealed to it (Thormarker 2021 shows that the two uses do not
//! harm each other).

use alloc::vec::Vec;
use core::fmt;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver};
use lacis_derive::{Decode, Encode};
use rand_core::CryptoRng;

use crate::codec::{DecodeError, Frame, demand};
use crate::ids::{EndId, GroupId, KeyName, PeerId, truncate};
use crate::limits;
use crate::proof::{IdentityKey, peer_id};
use crate::room::MeetingKey;
use crate::seal::NONCE_BYTES;
use crate::signature;

const DOMAIN: &[u8] = b"lacis 2026 key 1";
const COMMITMENT: &str = "lacis 2026 key 1 commitment";
const MEETING: &str = "lacis 2026 key 1 meeting";
const NAME: &str = "lacis 2026 key 1 name";

/// Bytes of [`KeyPart::meeting`]: a nonce, two meeting keys and a tag.
pub const MEETING_BYTES: usize = NONCE_BYTES + 32 + 16;

/// The key that seals the bodies of records for a time, or the one that opens where members meet.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct EpochKey(
    #[n(0)]
    #[cbor(bytes)]
    pub [u8; 32],
);

impl fmt::Debug for EpochKey {
    /// Leaves the key out, so that it never reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochKey").finish_non_exhaustive()
    }
}

impl EpochKey {
    /// What an admin publishes of a key, so that whoever is given the key by another member knows
    /// that it is the right one.
    #[must_use]
    pub fn commitment(&self, group: &GroupId, nonce: &[u8; 16]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(COMMITMENT);
        hasher.update(group.as_bytes()).update(nonce).update(&self.0);
        *hasher.finalize().as_bytes()
    }

    /// The key that opens where members meet, which follows from this one: keepers get that alone.
    #[must_use]
    pub fn meeting_key(&self) -> Self {
        Self(blake3::derive_key(MEETING, &self.0))
    }
}

/// Where the members of a group meet, and where one comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Of the topic.
    pub topic: MeetingKey,
    /// Of the door.
    pub door: MeetingKey,
}

impl Meeting {
    /// Seals it with a key of [`EpochKey::meeting_key`], which seals nothing else.
    #[must_use]
    pub fn seal(&self, key: &EpochKey, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
        let cipher = XChaCha20Poly1305::new(&key.0.into());
        let plain = [self.topic.0, self.door.0].concat();
        // Sealing fails only beyond 256 GiB.
        let sealed = cipher.encrypt(&XNonce::from(nonce), &plain[..]).unwrap_or_default();
        [&nonce[..], &sealed].concat()
    }

    /// Opens what [`Meeting::seal`] made; `None` if it was changed or the key is another one.
    #[must_use]
    pub fn open(key: &EpochKey, sealed: &[u8]) -> Option<Self> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let cipher = XChaCha20Poly1305::new(&key.0.into());
        let plain = cipher.decrypt(&XNonce::from(*nonce), text).ok()?;
        let (topic, door) = plain.split_first_chunk::<16>()?;
        Some(Self { topic: MeetingKey(*topic), door: MeetingKey(door.try_into().ok()?) })
    }
}

/// A part of a key record: which ends of memberships it covers, and the key for those who may have
/// it. The key record is known once all parts are there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct KeyPart {
    /// Random; the same in all parts.
    #[cbor(n(0), bytes)]
    pub nonce: [u8; 16],
    /// [`EpochKey::commitment`] of the key: everybody gets the same, and who gets it from another
    /// member can tell. The same in all parts.
    #[cbor(n(1), bytes)]
    pub commitment: [u8; 32],
    /// A sealed [`Meeting`], the same in all parts.
    #[cbor(n(2), bytes)]
    pub meeting: Vec<u8>,
    /// Which part this is, from 0.
    #[n(3)]
    pub part: u16,
    /// How many there are.
    #[n(4)]
    pub parts: u16,
    /// Ends that the key covers, ascending in each part.
    #[n(5)]
    pub covers: Vec<Cover>,
    /// The key, sealed to members that may read, in the order of their ids.
    #[n(6)]
    pub sealed: Vec<SealedKey>,
    /// The key that opens where members meet, sealed to keepers, in the order of their ids.
    #[n(7)]
    pub keepers: Vec<SealedKey>,
}

/// An end of a membership that a key takes account of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Cover {
    /// Whose.
    #[n(0)]
    pub subject: PeerId,
    /// Which.
    #[n(1)]
    pub end: EndId,
}

impl KeyPart {
    /// The name of the key, which follows from what is the same in all parts, and their author.
    #[must_use]
    pub fn name(&self, group: &GroupId, author: &PeerId) -> KeyName {
        let mut hasher = blake3::Hasher::new_derive_key(NAME);
        hasher.update(group.as_bytes()).update(author.as_bytes());
        hasher.update(&self.nonce).update(&self.commitment).update(&self.meeting);
        hasher.update(&self.parts.to_be_bytes());
        KeyName(truncate(&hasher.finalize()))
    }

    /// Whether this is the key that the part promises.
    #[must_use]
    pub fn promises(&self, group: &GroupId, key: &EpochKey) -> bool {
        key.commitment(group, &self.nonce) == self.commitment
    }

    /// Opens the key that is sealed to this identity in this part.
    ///
    /// # Errors
    /// [`KeyError::NotForYou`] and [`KeyError::Forged`].
    pub fn open(
        &self,
        group: &GroupId,
        author: &PeerId,
        identity: &IdentityKey,
    ) -> Result<EpochKey, KeyError> {
        let name = self.name(group, author);
        let key = open_among(&self.sealed, group, &name, identity)?;
        if self.promises(group, &key) { Ok(key) } else { Err(KeyError::Forged) }
    }

    /// Opens where members meet, for a keeper.
    ///
    /// # Errors
    /// As [`KeyPart::open`].
    pub fn open_meeting(
        &self,
        group: &GroupId,
        author: &PeerId,
        identity: &IdentityKey,
    ) -> Result<EpochKey, KeyError> {
        let name = self.name(group, author);
        let key = open_among(&self.keepers, group, &name, identity)?;
        Meeting::open(&key, &self.meeting).map(|_| key).ok_or(KeyError::Forged)
    }
}

fn open_among(
    sealed: &[SealedKey],
    group: &GroupId,
    name: &KeyName,
    identity: &IdentityKey,
) -> Result<EpochKey, KeyError> {
    let subject = peer_id(identity);
    let found = sealed.binary_search_by_key(&subject, |it| it.subject);
    let sealed = found.ok().and_then(|at| sealed.get(at)).ok_or(KeyError::NotForYou)?;
    sealed.open(group, name, identity)
}

/// An epoch key sealed to one member.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SealedKey {
    /// Who can open it.
    #[n(0)]
    pub subject: PeerId,
    /// The encapsulated key.
    #[cbor(n(1), bytes)]
    pub enc: [u8; 32],
    /// The key under that key.
    #[cbor(n(2), bytes)]
    pub ciphertext: [u8; 48],
}

/// Why an epoch key was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The id is not a public key to which anything may be sealed.
    #[error("not a key to seal to")]
    BadSubject(PeerId),
    /// Nothing is sealed to this identity.
    #[error("nothing is sealed to this identity")]
    NotForYou,
    /// It was changed, or sealed for another group or key.
    #[error("sealed key does not authenticate")]
    Forged,
}

impl SealedKey {
    /// Seals an epoch key to one member.
    ///
    /// # Errors
    /// [`KeyError::BadSubject`] when the id is no public key, or one that everybody could open.
    pub fn seal(
        group: &GroupId,
        name: &KeyName,
        key: &EpochKey,
        subject: PeerId,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KeyError> {
        let bad = KeyError::BadSubject(subject);
        let public = signature::PublicKey::new(&subject).ok_or(bad)?.to_montgomery();
        let public = PublicKey::from_bytes(&public).map_err(|_| bad)?;
        let info = info(group, name);
        let (enc, mut context) = hpke::setup_sender_with_rng::<
            ChaCha20Poly1305,
            HkdfSha256,
            X25519HkdfSha256,
        >(&OpModeS::Base, &public, &info, rng)
        .map_err(|_| bad)?;
        let ciphertext = context.seal(&key.0, &[]).map_err(|_| bad)?;
        let ciphertext = ciphertext.try_into().map_err(|_| bad)?;
        Ok(Self { subject, enc: enc.to_bytes().into(), ciphertext })
    }

    /// Opens what was sealed to this identity.
    ///
    /// # Errors
    /// [`KeyError::Forged`].
    pub fn open(
        &self,
        group: &GroupId,
        name: &KeyName,
        identity: &IdentityKey,
    ) -> Result<EpochKey, KeyError> {
        let forged = |_| KeyError::Forged;
        let secret = PrivateKey::from_bytes(&identity.to_scalar_bytes()).map_err(forged)?;
        let enc = EncappedKey::from_bytes(&self.enc).map_err(forged)?;
        let info = info(group, name);
        let mut context = setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &secret,
            &enc,
            &info,
        )
        .map_err(forged)?;
        let plain = context.open(&self.ciphertext, &[]).map_err(forged)?;
        plain.try_into().map(EpochKey).map_err(|_| KeyError::Forged)
    }
}

impl Frame for KeyPart {
    const BYTES_MAX: usize = limits::KEY_PART_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(self.meeting.len() == MEETING_BYTES, "meeting")?;
        demand(self.part < self.parts && self.parts <= limits::KEY_PARTS_MAX, "part")?;
        demand(self.covers.len() <= limits::KEY_PART_ENTRIES, "covers")?;
        demand(self.covers.is_sorted_by(|a, b| a < b), "covers")?;
        let entries = self.sealed.len().saturating_add(self.keepers.len());
        demand(entries <= limits::KEY_PART_ENTRIES, "sealed")?;
        for sealed in [&self.sealed, &self.keepers] {
            demand(sealed.is_sorted_by(|a, b| a.subject < b.subject), "subject")?;
        }
        Ok(())
    }
}

type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

fn info(group: &GroupId, name: &KeyName) -> Vec<u8> {
    [DOMAIN, group.as_bytes(), name.as_bytes()].concat()
}
