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
    let verify = || PublicKey::new(peer).is_some_and(|key| key.verify(message, signature));
    crate::memo::remembered(peer, message, signature, verify)
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
        let seed = *hasher.finalize().as_bytes();
        let mut numbers = (0_u64..).flat_map(|pair| {
            let hash = blake3::keyed_hash(&seed, &pair.to_le_bytes());
            let halves = <[[u8; 16]; 2]>::try_from(hash.as_bytes().as_chunks().0);
            halves.into_iter().flatten().map(|half| Scalar::from(u128::from_le_bytes(half)))
        });
        let mut of_keys: Vec<Scalar> = self.keys.iter().map(|_| Scalar::ZERO).collect();
        let (mut base, mut scalars, mut points) = (Scalar::ZERO, Vec::new(), Vec::new());
        for (place, claim) in self.claims.iter().flatten() {
            let Some(number) = numbers.next() else { return false };
            base += number * claim.response;
            if let Some(of_key) = of_keys.get_mut(*place) {
                *of_key += number * claim.challenge;
            }
            scalars.push(number);
            points.push(claim.commitment);
        }
        scalars.extend(of_keys);
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

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as BASE, EIGHT_TORSION};
    use curve25519_dalek::scalar::Scalar;
    use ed25519_dalek::{Digest, Sha512};
    use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

    use super::{Batch, point, sign, verify};
    use crate::ids::PeerId;
    use crate::proof::{peer_id, signing_key};

    type Signed = (PeerId, Vec<u8>, [u8; 64]);

    /// What a signer who holds to no rule makes: a key and a commitment with points of small order
    /// added, and a response that fits.
    fn signed(seed: u8, of_key: usize, of_commitment: usize, message: &[u8]) -> Signed {
        let secret = Scalar::from(u64::from(seed) + 2);
        let nonce = Scalar::from(u64::from(seed) * 7 + 5);
        let key = (BASE * secret + EIGHT_TORSION[of_key]).compress();
        let commitment = (BASE * nonce + EIGHT_TORSION[of_commitment]).compress();
        answer(key.to_bytes(), commitment.to_bytes(), (nonce, secret), message)
    }

    fn answer(
        key: [u8; 32],
        commitment: [u8; 32],
        (nonce, secret): (Scalar, Scalar),
        message: &[u8],
    ) -> Signed {
        let mut hasher = Sha512::new();
        hasher.update(commitment);
        hasher.update(key);
        hasher.update(message);
        let challenge = Scalar::from_bytes_mod_order_wide(&hasher.finalize().into());
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&commitment);
        signature[32..].copy_from_slice((nonce + challenge * secret).as_bytes());
        (PeerId(key), message.to_vec(), signature)
    }

    fn alone((peer, message, signature): &Signed) -> bool {
        verify(peer, message, signature)
    }

    fn together(all: &[Signed]) -> Vec<bool> {
        let mut batch = Batch::default();
        for (peer, message, signature) in all {
            batch.push(peer, message, signature);
        }
        batch.verify()
    }

    /// Bytes of the group's order: a response that is greater says the same as one that is less.
    fn order() -> [u8; 32] {
        let mut order = (-Scalar::ONE).to_bytes();
        order[0] += 1;
        order
    }

    fn with_order_added(mut signed: Signed) -> Signed {
        let mut carry = 0;
        for (byte, add) in signed.2[32..].iter_mut().zip(order()) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        signed
    }

    #[test]
    fn points_of_small_order_in_a_signature_change_nothing_alone_or_in_company() {
        let mut all = Vec::new();
        for of_key in 0..8 {
            for of_commitment in 0..8 {
                all.push(signed(3, of_key, of_commitment, b"message"));
            }
        }
        assert!(all.iter().all(alone));
        assert!(together(&all).into_iter().all(|holds| holds));
        // Without the cofactor these two would cancel each other in a sum.
        let pair = [signed(3, 0, 4, b"one"), signed(4, 0, 4, b"other")];
        assert_eq!(together(&pair), [true, true]);
        // A commitment that is nothing but such a point, to a key that answers by its secret.
        let (key, secret) = ((BASE * Scalar::from(9_u8)).compress(), Scalar::from(9_u8));
        let low = EIGHT_TORSION[3].compress().to_bytes();
        let odd = answer(key.to_bytes(), low, (Scalar::ZERO, secret), b"message");
        assert!(alone(&odd));
        assert_eq!(together(&[odd.clone(), odd]), [true, true]);
    }

    #[test]
    fn each_has_one_form_alone_and_in_company() {
        let fine = signed(1, 0, 0, b"message");
        let mut high = fine.clone();
        high.2[63] |= 0x80;
        let greater = with_order_added(fine.clone());
        let mut bad = alloc::vec![greater, high];
        // The second forms of y = 0 and y = 1, and signs of x = 0: all decode to points.
        let mut second = [0xff; 32];
        (second[0], second[31]) = (0xed, 0x7f);
        let mut second_one = second;
        second_one[0] = 0xee;
        let (mut signed_one, mut signed_minus_one) = ([0; 32], [0xff; 32]);
        (signed_one[0], signed_one[31]) = (1, 0x80);
        signed_minus_one[0] = 0xec;
        let (key, secret) = (peer_of(9), Scalar::from(9_u8));
        for form in [second, second_one, signed_one, signed_minus_one] {
            assert!(point(&form).is_none());
            bad.push(answer(key, form, (Scalar::ZERO, secret), b"message"));
        }
        // Keys of small order, for which anybody can answer.
        for weak in &EIGHT_TORSION {
            let key = weak.compress().to_bytes();
            let nonce = Scalar::from(5_u8);
            let commitment = (BASE * nonce).compress().to_bytes();
            bad.push(answer(key, commitment, (nonce, Scalar::ZERO), b"message"));
        }
        // What is no point at all.
        let mut none = fine.clone();
        none.2[..32].fill(0);
        none.2[0] = 2;
        assert!(point(none.2[..32].try_into().expect("32 bytes")).is_none());
        bad.push(none);
        assert_eq!(bad.iter().position(alone), None);
        for one in &bad {
            let all = [fine.clone(), one.clone(), fine.clone()];
            assert_eq!(together(&all), [true, false, true]);
        }
        bad.push(fine);
        assert_eq!(together(&bad).iter().filter(|holds| **holds).count(), 1);
    }

    fn peer_of(secret: u8) -> [u8; 32] {
        (BASE * Scalar::from(secret)).compress().to_bytes()
    }

    #[test]
    fn what_is_signed_by_rule_holds_and_nothing_else_in_batches_of_any_size() {
        for count in [0, 1, 2, 3, 40, 200] {
            let mut all: Vec<Signed> = (0..count)
                .map(|at| {
                    let key = signing_key(&[u8::try_from(at % 5).expect("less than 5"); 32]);
                    let message = alloc::vec![u8::try_from(at).expect("at most 199"); 300];
                    let signature = sign(&key, &message);
                    (peer_id(&key), message, signature)
                })
                .collect();
            assert_eq!(together(&all), alloc::vec![true; count]);
            if let Some((_, message, _)) = all.last_mut() {
                message[7] ^= 1;
                let holds = together(&all);
                assert_eq!(holds.iter().filter(|it| **it).count(), count - 1);
                assert_eq!(holds.last(), Some(&false));
            }
        }
    }

    /// Any signature: by rule or against it, whole or changed.
    fn any_signed() -> impl Strategy<Value = Signed> {
        let odd = (any::<u8>(), 0..8_usize, 0..8_usize, any::<[u8; 3]>()).prop_map(
            |(seed, of_key, of_commitment, message)| signed(seed, of_key, of_commitment, &message),
        );
        let change = prop_oneof![
            4 => Just(None),
            1 => (0..64_usize, 0..8_u8).prop_map(Some),
        ];
        let greater = prop_oneof![9 => Just(false), 1 => Just(true)];
        (odd, change, greater).prop_map(|(mut signed, change, greater)| {
            if let Some((at, bit)) = change {
                signed.2[at] ^= 1 << bit;
            }
            if greater { with_order_added(signed) } else { signed }
        })
    }

    proptest! {
        #[test]
        fn company_never_changes_an_outcome(all in proptest::collection::vec(any_signed(), 0..12)) {
            let expected: Vec<bool> = all.iter().map(alone).collect();
            assert_eq!(together(&all), expected);
        }
    }
}
