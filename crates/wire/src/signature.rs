//! Signatures over whole frames.
//!
//! A signed frame has its signature, 64 bytes, as its last field. The signature covers a domain,
//! perhaps the group, and every byte of the frame's encoding that stands before it. A receiver
//! encodes the fields it knows anew, so what was appended or written in another form is not
//! covered.

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
    VerifyingKey::from_bytes(peer.as_bytes())
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}
