//! Epoch keys, sealed to members with HPKE (RFC 9180).
//!
//! A member's identity is a signing key; the same key, mapped from the Edwards to the Montgomery
//! form of the curve, takes what is sealed to it (Thormarker 2021 shows that the two uses do not
//! harm each other).

use alloc::vec::Vec;
use core::fmt;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, setup_receiver};
use lacis_derive::{Decode, Encode};
use rand_core::CryptoRng;

use crate::codec::{DecodeError, Frame, demand};
use crate::ids::{GroupId, PeerId};
use crate::limits;
use crate::proof::{IdentityKey, peer_id};
use crate::signature;

const DOMAIN: &[u8] = b"lacis 2026 epoch 1";
const COMMITMENT: &str = "lacis 2026 epoch 1 commitment";

/// The key that seals the bodies of records for a time.
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
    pub fn commitment(&self, group: &GroupId, epoch: u32) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(COMMITMENT);
        hasher.update(group.as_bytes()).update(&epoch.to_be_bytes()).update(&self.0);
        *hasher.finalize().as_bytes()
    }
}

/// One epoch key, sealed to each of those who may have it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EpochKeys {
    /// Counts epochs, from 1.
    #[n(0)]
    pub epoch: u32,
    /// Sealed to each member once, in the order of their ids.
    #[n(1)]
    pub sealed: Vec<SealedKey>,
    /// [`EpochKey::commitment`] of the key: everybody gets the same, and who gets it from another
    /// member can tell.
    #[cbor(n(2), bytes)]
    pub commitment: [u8; 32],
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
    /// There is nobody, or more members than a group may have.
    #[error("no members or too many")]
    Count,
    /// Nothing is sealed to this identity.
    #[error("nothing is sealed to this identity")]
    NotForYou,
    /// It was changed, or sealed for another group or epoch.
    #[error("sealed key does not authenticate")]
    Forged,
}

impl EpochKeys {
    /// Seals an epoch key to members, whatever their order; who is named twice gets it once.
    ///
    /// # Errors
    /// [`KeyError::Count`] and [`KeyError::BadSubject`].
    pub fn seal(
        group: &GroupId,
        epoch: u32,
        key: &EpochKey,
        members: &[PeerId],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KeyError> {
        let mut sorted: Vec<PeerId> = Vec::with_capacity(members.len());
        for member in members {
            if let Err(place) = sorted.binary_search(member) {
                sorted.insert(place, *member);
            }
        }
        if !(1..=limits::GROUP_MEMBERS_MAX).contains(&sorted.len()) {
            return Err(KeyError::Count);
        }
        let sealed = sorted.into_iter().map(|it| SealedKey::seal(group, epoch, key, it, rng));
        let commitment = key.commitment(group, epoch);
        Ok(Self { epoch, sealed: sealed.collect::<Result<_, _>>()?, commitment })
    }

    /// Opens the key that is sealed to this identity.
    ///
    /// # Errors
    /// [`KeyError::NotForYou`] and [`KeyError::Forged`].
    pub fn open(&self, group: &GroupId, identity: &IdentityKey) -> Result<EpochKey, KeyError> {
        let subject = peer_id(identity);
        let found = self.sealed.binary_search_by_key(&subject, |it| it.subject);
        let sealed = found.ok().and_then(|at| self.sealed.get(at)).ok_or(KeyError::NotForYou)?;
        let key = sealed.open(group, self.epoch, identity)?;
        let promised = key.commitment(group, self.epoch) == self.commitment;
        if promised { Ok(key) } else { Err(KeyError::Forged) }
    }
}

impl SealedKey {
    /// Seals an epoch key to one member.
    ///
    /// # Errors
    /// [`KeyError::BadSubject`] when the id is no public key, or one that everybody could open.
    pub fn seal(
        group: &GroupId,
        epoch: u32,
        key: &EpochKey,
        subject: PeerId,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KeyError> {
        let bad = KeyError::BadSubject(subject);
        let public = signature::public_key(&subject).ok_or(bad)?.to_montgomery().to_bytes();
        let public = PublicKey::from_bytes(&public).map_err(|_| bad)?;
        let info = info(group, epoch);
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
        epoch: u32,
        identity: &IdentityKey,
    ) -> Result<EpochKey, KeyError> {
        let forged = |_| KeyError::Forged;
        let secret = PrivateKey::from_bytes(&identity.to_scalar_bytes()).map_err(forged)?;
        let enc = EncappedKey::from_bytes(&self.enc).map_err(forged)?;
        let info = info(group, epoch);
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

impl Frame for EpochKeys {
    const BYTES_MAX: usize = limits::EPOCH_KEYS_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(self.epoch >= 1, "epoch")?;
        demand((1..=limits::GROUP_MEMBERS_MAX).contains(&self.sealed.len()), "sealed")?;
        demand(self.sealed.is_sorted_by(|a, b| a.subject < b.subject), "subject")
    }
}

type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

fn info(group: &GroupId, epoch: u32) -> Vec<u8> {
    let mut info = Vec::with_capacity(DOMAIN.len() + GroupId::LEN + 4);
    info.extend_from_slice(DOMAIN);
    info.extend_from_slice(group.as_bytes());
    info.extend_from_slice(&epoch.to_be_bytes());
    info
}
