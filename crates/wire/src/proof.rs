//! The identity proof: both ends sign everything that makes their link this link and no other.
//!
//! The transcript covers the room, the versions offered and the one agreed, the attempt, and of
//! both ends node id, identity, nonce, DTLS fingerprint and session, each as the signer sees it.
//! The answerer signs when it answers, so the offerer knows before the first packet whether a
//! fingerprint was changed on the way; the offerer signs in the first frame of the control channel.
//! DTLS itself then holds each side to the fingerprint that was signed. The construction follows
//! SIGMA (Krawczyk 2003): sign the exchange, bind it to the channel, let fresh nonces of both sides
//! rule out replay.

use ed25519_dalek::{Signer, SigningKey};

use crate::ids::{AttemptId, NodeId, PeerId, Topic};
use crate::signature;
use crate::version::VersionRange;

/// One end of a link, as the transcript names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// The running instance.
    pub node: NodeId,
    /// Its identity.
    pub peer: PeerId,
    /// Its fresh randomness.
    pub nonce: [u8; 32],
    /// SHA-256 of its DTLS certificate.
    pub fingerprint: [u8; 32],
    /// Names the sequence of its messages.
    pub session: u64,
}

/// What both ends of a link agree on beside who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The version that the answerer chose.
    pub version: u16,
    /// Those that the offerer offered: nobody on the way made the choice smaller.
    pub offered: VersionRange,
    /// The attempt.
    pub attempt: AttemptId,
    /// The room in which the offer was made: nobody carried it into another one.
    pub topic: Topic,
}

/// Which end signs. It is part of what is signed, so a proof cannot be sent back to its maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The one who offered.
    Offerer,
    /// The one who answered.
    Answerer,
}

/// The hash of everything both ends must agree on.
#[must_use]
pub fn transcript(terms: &Terms, offerer: &Party, answerer: &Party) -> [u8; 32] {
    let Terms { version, offered, attempt, topic } = terms;
    let mut hasher = blake3::Hasher::new_derive_key("lacis 2026 link 1 transcript");
    for number in [*version, offered.min, offered.max] {
        hasher.update(&number.to_be_bytes());
    }
    hasher.update(&attempt.0.to_be_bytes());
    hasher.update(&topic.0);
    for party in [offerer, answerer] {
        hasher.update(party.node.as_bytes());
        hasher.update(party.peer.as_bytes());
        hasher.update(&party.nonce);
        hasher.update(&party.fingerprint);
        hasher.update(&party.session.to_be_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// Signs a transcript.
#[must_use]
pub fn sign(key: &SigningKey, role: Role, transcript: &[u8; 32]) -> [u8; 64] {
    key.sign(&message(role, transcript)).to_bytes()
}

/// Whether `peer` signed this transcript in that role.
#[must_use]
pub fn verify(peer: &PeerId, role: Role, transcript: &[u8; 32], signature: &[u8; 64]) -> bool {
    crate::signature::verify(peer, &message(role, transcript), signature)
}

/// The key pair of a 32-byte seed.
#[must_use]
pub fn signing_key(seed: &[u8; 32]) -> SigningKey {
    SigningKey::from_bytes(seed)
}

/// The identity of a key pair.
#[must_use]
pub fn peer_id(key: &SigningKey) -> PeerId {
    PeerId(key.verifying_key().to_bytes())
}

/// Whether an id is a public key: one point of the curve in its one form, and not one of small
/// order, for which anybody can sign and open.
#[must_use]
pub fn is_key(peer: &PeerId) -> bool {
    signature::PublicKey::new(peer).is_some()
}

pub use ed25519_dalek::SigningKey as IdentityKey;

fn message(role: Role, transcript: &[u8; 32]) -> [u8; 48] {
    let mut message = [0; 48];
    let (domain, rest) = message.split_at_mut(16);
    domain.copy_from_slice(match role {
        Role::Offerer => b"lacis proof 1 of",
        Role::Answerer => b"lacis proof 1 an",
    });
    rest.copy_from_slice(transcript);
    message
}

#[cfg(test)]
mod tests {
    use super::{Party, Role, Terms, peer_id, sign, signing_key, transcript, verify};
    use crate::{AttemptId, NodeId, Topic, VersionRange};

    #[test]
    fn a_proof_holds_for_its_own_link_role_and_signer_only() {
        let (key, other) = (signing_key(&[1; 32]), signing_key(&[2; 32]));
        let offerer = Party {
            node: NodeId([1; 16]),
            peer: peer_id(&key),
            nonce: [3; 32],
            fingerprint: [4; 32],
            session: 5,
        };
        let answerer = Party { node: NodeId([2; 16]), peer: peer_id(&other), ..offerer };
        let offered = VersionRange { min: 1, max: 2 };
        let terms = Terms { version: 1, offered, attempt: AttemptId(9), topic: Topic([6; 32]) };
        let hash = transcript(&terms, &offerer, &answerer);
        let proof = sign(&key, Role::Offerer, &hash);
        assert!(verify(&offerer.peer, Role::Offerer, &hash, &proof));
        assert!(!verify(&offerer.peer, Role::Answerer, &hash, &proof));
        assert!(!verify(&answerer.peer, Role::Offerer, &hash, &proof));
        let mut changed = answerer;
        changed.fingerprint[31] ^= 1;
        let elsewhere = transcript(&terms, &offerer, &changed);
        assert_ne!(hash, elsewhere);
        assert!(!verify(&offerer.peer, Role::Offerer, &elsewhere, &proof));
        for other in [
            Terms { version: 2, ..terms },
            Terms { offered: VersionRange { max: 1, ..offered }, ..terms },
            Terms { attempt: AttemptId(8), ..terms },
            Terms { topic: Topic([7; 32]), ..terms },
        ] {
            assert_ne!(hash, transcript(&other, &offerer, &answerer));
        }
        let forgotten = Party { session: 6, ..offerer };
        assert_ne!(hash, transcript(&terms, &forgotten, &answerer));
    }
}
