//! Sealing of what passes through the server: XChaCha20-Poly1305 under the room's key, bound to
//! sender and receiver, so that the server can neither read nor redirect it.

use alloc::vec::Vec;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::ids::{NodeId, Topic};
use crate::limits;
use crate::room::RoomKeys;

/// Bytes of the random nonce.
pub const NONCE_BYTES: usize = 24;

const VERSION: u8 = 1;
const HINT_BYTES: usize = 8;
const HEADER_BYTES: usize = 1 + HINT_BYTES + NONCE_BYTES;
const TAG_BYTES: usize = 16;

/// Bytes by which sealing makes a text longer.
pub const OVERHEAD_BYTES: usize = HEADER_BYTES + TAG_BYTES;

const _: () = assert!(OVERHEAD_BYTES == limits::SEAL_BYTES);

/// Why a sealed payload was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The bytes are not a sealed payload of a known version.
    #[error("not a sealed payload")]
    Malformed,
    /// The payload was changed, or sealed with another key, or for another pair of nodes.
    #[error("sealed payload does not authenticate")]
    Forged,
}

/// Seals `plain` from one node to another. `nonce` must be random and never used twice.
#[must_use]
pub fn seal(
    keys: &RoomKeys,
    from: NodeId,
    to: NodeId,
    nonce: [u8; NONCE_BYTES],
    plain: &[u8],
) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(&keys.seal.into());
    let aad = associated(from, to, keys.topic);
    let payload = Payload { msg: plain, aad: &aad };
    // Sealing fails only beyond 256 GiB; an empty text would then fail to open at the other side.
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
    let mut out = Vec::with_capacity(HEADER_BYTES + sealed.len());
    out.push(VERSION);
    out.extend_from_slice(hint(&keys.topic));
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    out
}

/// The first bytes of the topic whose key opens `sealed`, to pick the room by.
#[must_use]
pub fn matches_topic(sealed: &[u8], topic: &Topic) -> bool {
    sealed.get(1..=HINT_BYTES) == Some(hint(topic))
}

/// Opens what [`seal`] made.
///
/// # Errors
/// See [`OpenError`].
pub fn open(
    keys: &RoomKeys,
    from: NodeId,
    to: NodeId,
    sealed: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let (header, body) = sealed.split_at_checked(HEADER_BYTES).ok_or(OpenError::Malformed)?;
    let (lead, nonce) = header.split_last_chunk::<NONCE_BYTES>().ok_or(OpenError::Malformed)?;
    if lead.first() != Some(&VERSION) {
        return Err(OpenError::Malformed);
    }
    let cipher = XChaCha20Poly1305::new(&keys.seal.into());
    let aad = associated(from, to, keys.topic);
    let payload = Payload { msg: body, aad: &aad };
    cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenError::Forged)
}

fn hint(topic: &Topic) -> &[u8] {
    topic.as_bytes().get(..HINT_BYTES).unwrap_or_default()
}

fn associated(from: NodeId, to: NodeId, topic: Topic) -> Vec<u8> {
    let mut aad = Vec::with_capacity(16 + 2 * NodeId::LEN + Topic::LEN);
    aad.extend_from_slice(b"lacis seal 1");
    aad.extend_from_slice(from.as_bytes());
    aad.extend_from_slice(to.as_bytes());
    aad.extend_from_slice(topic.as_bytes());
    aad
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{OpenError, matches_topic, open, seal};
    use crate::NodeId;
    use crate::room::RoomLink;

    const A: NodeId = NodeId([1; 16]);
    const B: NodeId = NodeId([2; 16]);

    #[test]
    fn only_the_room_and_the_pair_open_it_and_only_unchanged() {
        let keys = RoomLink { secret: [3; 16], servers: Vec::new() }.keys();
        let other = RoomLink { secret: [4; 16], servers: Vec::new() }.keys();
        let sealed = seal(&keys, A, B, [9; 24], b"offer");
        assert!(matches_topic(&sealed, &keys.topic));
        assert!(!matches_topic(&sealed, &other.topic));
        assert_eq!(open(&keys, A, B, &sealed).as_deref(), Ok(&b"offer"[..]));
        assert_eq!(open(&keys, B, A, &sealed), Err(OpenError::Forged));
        assert_eq!(open(&other, A, B, &sealed), Err(OpenError::Forged));
        for at in 9..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&keys, A, B, &changed), Err(OpenError::Forged), "at {at}");
        }
        assert_eq!(open(&keys, A, B, &sealed[..20]), Err(OpenError::Malformed));
    }
}
