//! Signatures over whole frames.
//!
//! A signed frame has its signature, 64 bytes, as its last field. The signature covers a domain,
//! perhaps the group, and every byte of the frame's encoding that stands before it. No bytes but
//! those of the encoding are taken for the frame, so nothing in what was received is not covered.

use alloc::vec::Vec;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::codec::encode;
use crate::ids::{GroupId, PeerId};
use crate::writer::Encode;

/// Bytes of a signature.
pub(crate) const SIGNATURE_BYTES: usize = 64;

/// What is signed. No domain begins with another one.
pub(crate) fn message<T: Encode>(domain: &str, group: Option<&GroupId>, frame: &T) -> Vec<u8> {
    let fields = encode(frame);
    let covered = fields.split_last_chunk::<SIGNATURE_BYTES>().map_or(&[][..], |(head, _)| head);
    let mut message = Vec::with_capacity(domain.len() + GroupId::LEN + covered.len());
    message.extend_from_slice(domain.as_bytes());
    message.extend_from_slice(group.map_or(&[][..], |group| group.as_bytes()));
    message.extend_from_slice(covered);
    message
}

pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
    key.sign(message).to_bytes()
}

pub(crate) fn verify(peer: &PeerId, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
    public_key(peer).is_some_and(|key| verify_with(&key, message, signature))
}

pub(crate) fn verify_with(
    key: &VerifyingKey,
    message: &[u8],
    signature: &[u8; SIGNATURE_BYTES],
) -> bool {
    key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
}

/// The public key that an id is. `None` if it is no point of the curve, one of small order, for
/// which anybody can sign and open, or a point in another form than its own, so that one key would
/// be two ids.
pub(crate) fn public_key(peer: &PeerId) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(peer.as_bytes()).ok()?;
    (!key.is_weak() && is_reduced(peer.as_bytes())).then_some(key)
}

/// Whether the y coordinate is less than the prime 2^255 - 19; the highest bit is the sign of x.
const fn is_reduced(point: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = point;
    let mut at = 0;
    while at < middle.len() {
        if middle[at] != 0xff {
            return true;
        }
        at += 1;
    }
    *high & 0x7f != 0x7f || *low < 0xed
}
