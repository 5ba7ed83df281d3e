//! Signatures over whole frames.
//!
//! A signed frame has its signature, 64 bytes, as its last field. The signature covers a domain,
//! perhaps the group, and every byte of the frame's encoding that stands before it. No bytes but
//! those of the encoding are taken for the frame, so nothing in what was received is not covered.
//!
//! A signature (R, S) of a key A holds if R and A are points in their one form, A is not of small
//! order, S is less than the order of the group, and 8 (S B - R - k A) = 0. By the factor 8 many
//! signatures are verified in one sum with the same outcome as one by one, whatever their signer
//! has put into them: without it, points of small order could cancel each other in a sum, and
//! members who verify the same records in other company would differ about them.

use alloc::vec::Vec;

use curve25519_dalek::constants;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use ed25519_dalek::{Digest, Sha512, Signer, SigningKey};

use crate::codec::encode;
use crate::ids::{GroupId, PeerId};
use crate::writer::Encode;

/// Bytes of a signature.
pub(crate) const SIGNATURE_BYTES: usize = 64;

const BATCH_DOMAIN: &str = "lacis 2026 signatures 1 batch";

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
    PublicKey::new(peer).is_some_and(|key| key.verify(message, signature))
}

/// A public key, taken out of its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicKey {
    id: PeerId,
    point: EdwardsPoint,
}

impl PublicKey {
    /// The public key that an id is. `None` if it is no point of the curve, one of small order, for
    /// which anybody can sign and open, or a point in another form than its own, so that one key
    /// would be two ids.
    pub(crate) fn new(peer: &PeerId) -> Option<Self> {
        let point = point(peer.as_bytes()).filter(|point| !point.is_small_order())?;
        Some(Self { id: *peer, point })
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        Claim::new(self, message, signature).is_some_and(|claim| claim.holds(self))
    }

    /// The same key in the form in which things are sealed to it.
    pub(crate) fn to_montgomery(self) -> [u8; 32] {
        self.point.to_montgomery().to_bytes()
    }
}

/// A signature that has its form, and what it is about.
struct Claim {
    commitment: EdwardsPoint,
    response: Scalar,
    challenge: Scalar,
}

impl Claim {
    fn new(key: &PublicKey, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> Option<Self> {
        let (first, second) = signature.split_first_chunk::<32>()?;
        let response = Scalar::from_canonical_bytes(second.try_into().ok()?).into_option()?;
        let commitment = point(first)?;
        let mut hasher = Sha512::new();
        hasher.update(first);
        hasher.update(key.id.as_bytes());
        hasher.update(message);
        let challenge = Scalar::from_bytes_mod_order_wide(&hasher.finalize().into());
        Some(Self { commitment, response, challenge })
    }

    /// Whether it holds, by itself.
    fn holds(&self, key: &PublicKey) -> bool {
        let (challenge, response) = (&-self.challenge, &self.response);
        let point =
            EdwardsPoint::vartime_double_scalar_mul_basepoint(challenge, &key.point, response);
        (point - self.commitment).is_small_order()
    }
}

/// Signatures to be verified together.
#[derive(Default)]
pub(crate) struct Batch {
    keys: Vec<PublicKey>,
    /// With the place of the key among them.
    claims: Vec<Option<(usize, Claim)>>,
    coefficients: Option<blake3::Hasher>,
}

impl Batch {
    /// Adds a signature.
    pub(crate) fn push(
        &mut self,
        peer: &PeerId,
        message: &[u8],
        signature: &[u8; SIGNATURE_BYTES],
    ) {
        let claim = self.key(peer).and_then(|place| {
            let claim = Claim::new(self.keys.get(place)?, message, signature)?;
            // They follow from all that is verified together: who signs cannot choose what it signs
            // by them.
            let hasher = self
                .coefficients
                .get_or_insert_with(|| blake3::Hasher::new_derive_key(BATCH_DOMAIN));
            hasher.update(signature).update(peer.as_bytes());
            hasher.update(claim.challenge.as_bytes());
            Some((place, claim))
        });
        self.claims.push(claim);
    }

    fn key(&mut self, peer: &PeerId) -> Option<usize> {
        // There are few authors, and the last is often the next.
        let known = self.keys.iter().rposition(|key| key.id == *peer);
        known.or_else(|| {
            self.keys.push(PublicKey::new(peer)?);
            Some(self.keys.len() - 1)
        })
    }

    /// Which signatures hold, in the order in which they were added: the same as if each was
    /// verified alone.
    pub(crate) fn verify(self) -> Vec<bool> {
        let formed = self.claims.iter().flatten().count();
        if formed > 1 && self.all_hold() {
            return self.claims.iter().map(Option::is_some).collect();
        }
        let holds = |(place, claim): &(usize, Claim)| {
            self.keys.get(*place).is_some_and(|key| claim.holds(key))
        };
        self.claims.iter().map(|claim| claim.as_ref().is_some_and(holds)).collect()
    }

    /// Whether a sum of all equations holds, each times a number of 128 bits that nobody could
    /// foresee; points that occur several times are multiplied once.
    fn all_hold(&self) -> bool {
        let Some(hasher) = &self.coefficients else { return true };
        let mut numbers = hasher.finalize_xof();
        let mut base = Scalar::ZERO;
        let mut of_keys: Vec<Scalar> = self.keys.iter().map(|_| Scalar::ZERO).collect();
        let (mut scalars, mut points) = (Vec::new(), Vec::new());
        for (place, claim) in self.claims.iter().flatten() {
            let mut number = [0; 16];
            numbers.fill(&mut number);
            let number = Scalar::from(u128::from_le_bytes(number));
            base += number * claim.response;
            if let Some(of_key) = of_keys.get_mut(*place) {
                *of_key += number * claim.challenge;
            }
            scalars.push(number);
            points.push(claim.commitment);
        }
        scalars.append(&mut of_keys);
        points.extend(self.keys.iter().map(|key| key.point));
        scalars.push(-base);
        points.push(constants::ED25519_BASEPOINT_POINT);
        EdwardsPoint::vartime_multiscalar_mul(scalars, points).is_small_order()
    }
}

/// The point of the curve that has this one form.
fn point(form: &[u8; 32]) -> Option<EdwardsPoint> {
    if !is_reduced(form) || is_signed_zero(form) {
        return None;
    }
    CompressedEdwardsY(*form).decompress()
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

/// Whether a sign is given to the x coordinate of a point where that is 0: y is 1 or -1.
fn is_signed_zero(point: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = point;
    let is_one = *low == 1 && *high == 0x80 && middle.iter().all(|byte| *byte == 0);
    let is_minus_one = *low == 0xec && *high == 0xff && middle.iter().all(|byte| *byte == 0xff);
    is_one || is_minus_one
}
