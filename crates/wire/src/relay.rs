//! Sealing of what two nodes say over a neighbor of both, where no direct path is found.
//!
//! Each end gives a fresh X25519 key in the place where a direct link gives the fingerprint of its
//! certificate, so the transcript that both sign (see [`crate::proof`]) binds it to their
//! identities. What both keys have in common is the exported secret of HPKE (RFC 9180): the
//! answerer encapsulates to the key of the offerer. From it and the transcript follows one key for
//! each direction. The nonce counts the texts of a direction, so that one which is missing, comes
//! twice or out of order does not open.

use alloc::vec::Vec;
use core::fmt;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::CryptoRng;

use crate::link::Channel;
use crate::proof::Role;
use crate::seal::NONCE_BYTES;

const DOMAIN: &[u8] = b"lacis 2026 relay 1";
const KEY: &str = "lacis 2026 relay 1 key";

/// The key that an offerer shows, of 32 random bytes that it keeps.
#[must_use]
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    X25519HkdfSha256::derive_keypair(secret).1.to_bytes().into()
}

/// The key that an answerer shows, and what it has in common with the offerer's; `None` if that
/// shows no key.
#[must_use]
pub fn answer(offered: &[u8; 32], rng: &mut impl CryptoRng) -> Option<([u8; 32], [u8; 32])> {
    let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(offered).ok()?;
    let (shown, context) = hpke::setup_sender_with_rng::<
        ChaCha20Poly1305,
        HkdfSha256,
        X25519HkdfSha256,
    >(&OpModeS::Base, &public, DOMAIN, rng)
    .ok()?;
    let mut common = [0; 32];
    context.export(&[], &mut common).ok()?;
    Some((shown.to_bytes().into(), common))
}

/// What the offerer's key has in common with that of the answerer; `None` if that shows no key.
#[must_use]
pub fn common(secret: &[u8; 32], answered: &[u8; 32]) -> Option<[u8; 32]> {
    let (secret, _) = X25519HkdfSha256::derive_keypair(secret);
    let shown = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(answered).ok()?;
    let context = hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret,
        &shown,
        DOMAIN,
    );
    let mut common = [0; 32];
    context.ok()?.export(&[], &mut common).ok()?;
    Some(common)
}

/// Seals and opens at one end.
pub struct RelaySeal {
    sending: Direction,
    receiving: Direction,
}

struct Direction {
    key: [u8; 32],
    count: u64,
}

impl fmt::Debug for RelaySeal {
    /// Leaves the keys out, so that they never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelaySeal").finish_non_exhaustive()
    }
}

impl RelaySeal {
    /// The end of whoever has that role, by what both keys have in common and what both signed.
    #[must_use]
    pub fn new(common: &[u8; 32], transcript: &[u8; 32], role: Role) -> Self {
        let direction = |from: u8| {
            let mut hasher = blake3::Hasher::new_derive_key(KEY);
            hasher.update(common).update(transcript).update(&[from]);
            Direction { key: *hasher.finalize().as_bytes(), count: 0 }
        };
        let (offerer, answerer) = (direction(0), direction(1));
        match role {
            Role::Offerer => Self { sending: offerer, receiving: answerer },
            Role::Answerer => Self { sending: answerer, receiving: offerer },
        }
    }

    /// Seals a message of a channel.
    #[must_use]
    pub fn seal(&mut self, channel: Channel, mut message: Vec<u8>) -> Vec<u8> {
        message.push(channel.id().to_be_bytes()[1]);
        let (cipher, nonce) = self.sending.next();
        // Sealing fails only beyond 256 GiB.
        cipher.encrypt(&nonce, &message[..]).unwrap_or_default()
    }

    /// Opens the message that is the next; `None` if it is another one, or was changed.
    #[must_use]
    pub fn open(&mut self, sealed: &[u8]) -> Option<(Channel, Vec<u8>)> {
        let (cipher, nonce) = self.receiving.next();
        let mut message = cipher.decrypt(&nonce, sealed).ok()?;
        let id = u16::from(message.pop()?);
        let channel = Channel::ALL.into_iter().find(|channel| channel.id() == id)?;
        Some((channel, message))
    }
}

impl Direction {
    fn next(&mut self) -> (XChaCha20Poly1305, XNonce) {
        let mut nonce = [0; NONCE_BYTES];
        if let Some(end) = nonce.last_chunk_mut() {
            *end = self.count.to_be_bytes();
        }
        self.count += 1;
        (XChaCha20Poly1305::new(&self.key.into()), XNonce::from(nonce))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::{RelaySeal, answer, common, public_key};
    use crate::link::Channel;
    use crate::proof::Role;

    fn ends() -> (RelaySeal, RelaySeal) {
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        let (shown, theirs) = answer(&public_key(&[1; 32]), &mut rng).unwrap();
        let ours = common(&[1; 32], &shown).unwrap();
        assert_eq!(ours, theirs);
        let end = |role| RelaySeal::new(&ours, &[9; 32], role);
        (end(Role::Offerer), end(Role::Answerer))
    }

    #[test]
    fn each_end_opens_what_the_other_sealed_in_its_order() {
        let (mut ada, mut bob) = ends();
        let one = ada.seal(Channel::Control, Vec::from(b"one"));
        let two = ada.seal(Channel::Bulk, Vec::new());
        assert_eq!(bob.open(&one), Some((Channel::Control, Vec::from(b"one"))));
        assert_eq!(bob.open(&two), Some((Channel::Bulk, Vec::new())));
        let back = bob.seal(Channel::Ephemeral, Vec::from(b"back"));
        assert_eq!(ada.open(&back), Some((Channel::Ephemeral, Vec::from(b"back"))));
    }

    #[test]
    fn what_is_missing_repeated_changed_or_turned_round_does_not_open() {
        let sealed = |ada: &mut RelaySeal| ada.seal(Channel::Control, Vec::from(b"text"));
        let (mut ada, mut bob) = ends();
        let (one, two) = (sealed(&mut ada), sealed(&mut ada));
        assert_eq!(bob.open(&two), None, "one is missing");
        let (mut ada, mut bob) = ends();
        assert_eq!(one, sealed(&mut ada));
        assert!(bob.open(&one).is_some());
        assert_eq!(bob.open(&one), None, "it was there");
        let (mut ada, mut bob) = ends();
        let mut changed = sealed(&mut ada);
        changed[2] ^= 1;
        assert_eq!(bob.open(&changed), None);
        let (mut ada, _) = ends();
        let own = sealed(&mut ada);
        assert_eq!(ada.open(&own), None, "it is its own");
        assert_eq!(ends().1.open(&[]), None);
    }

    #[test]
    fn a_key_for_which_anybody_has_the_same_in_common_is_none() {
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        assert_eq!(answer(&[0; 32], &mut rng), None);
        assert_eq!(common(&[1; 32], &[0; 32]), None);
    }

    #[test]
    fn another_transcript_makes_other_keys() {
        let (mut ada, _) = ends();
        let sealed = ada.seal(Channel::Control, Vec::from(b"text"));
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        let (_, theirs) = answer(&public_key(&[1; 32]), &mut rng).unwrap();
        let mut bob = RelaySeal::new(&theirs, &[8; 32], Role::Answerer);
        assert_eq!(bob.open(&sealed), None);
    }
}
