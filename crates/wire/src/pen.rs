//! Signing much with one key.
//!
//! Most of a signature is one multiplication of the base point. With multiples of that at hand it
//! takes 8 doublings and 64 additions, instead of some 256 doublings and as many additions. The
//! table is made where it is used: in a module that pages load, it would be longer than the code.
//!
//! A scalar is taken as a sum of powers of two each of which is added or subtracted, none left out.
//! So of the sums of some powers one half is the other half's negative, and half of them is enough.

use alloc::vec::Vec;
use core::fmt;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Digest, Sha512};
use subtle::{Choice, ConditionallyNegatable, ConditionallySelectable, ConstantTimeEq};

use crate::proof::IdentityKey;
use crate::signature::SIGNATURE_BYTES;

/// Bits of a scalar that are looked up together.
const TEETH: usize = 4;

/// For each sum of as many powers or its negative, one point.
const POINTS: usize = 1 << (TEETH - 1);

/// Bits of a scalar between two that are looked up together; for as many bits there is one addition
/// a table, and one doubling.
const SPACING: usize = 8;

/// What gives 1 when it is doubled, modulo the order of the base point.
const HALF: [u8; 32] = [
    0xf7, 0xe9, 0x7a, 0x2e, 0x8d, 0x31, 0x09, 0x2c, 0x6b, 0xce, 0x7b, 0x51, 0xef, 0x7c, 0x6f, 0x0a,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08,
];

const TABLES: usize = 256 / (TEETH * SPACING);

/// A key that signs with a table. It gives the same signatures as the key alone.
#[derive(Clone)]
pub struct Pen {
    secret: Scalar,
    prefix: [u8; 32],
    public: [u8; 32],
    /// Of each table the sums of its teeth, by which of them are added like the last one.
    tables: Vec<[EdwardsPoint; POINTS]>,
    half: Scalar,
    /// Half the sum of all powers.
    all: Scalar,
}

impl fmt::Debug for Pen {
    /// Leaves the key out, so that it never reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pen").finish_non_exhaustive()
    }
}

impl Pen {
    /// Makes the table, which takes as long as two signatures.
    #[must_use]
    pub fn new(key: &IdentityKey) -> Self {
        let hash: [u8; 64] = Sha512::digest(key.as_bytes()).into();
        let mut prefix = [0; 32];
        prefix.copy_from_slice(hash.split_at(32).1);
        let half = Scalar::from_bytes_mod_order(HALF);
        Self {
            secret: key.to_scalar(),
            prefix,
            public: key.verifying_key().to_bytes(),
            tables: tables(),
            half,
            all: Scalar::from_bytes_mod_order([0xff; 32]) * half,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let nonce = scalar_of(&[&self.prefix, message]);
        let commitment = self.multiple(&nonce).compress().to_bytes();
        let challenge = scalar_of(&[&commitment, &self.public, message]);
        let response = nonce + challenge * self.secret;
        let mut signature = [0; SIGNATURE_BYTES];
        let (first, second) = signature.split_at_mut(32);
        first.copy_from_slice(&commitment);
        second.copy_from_slice(response.as_bytes());
        signature
    }

    /// The base point times a scalar, in a time that does not depend on that.
    fn multiple(&self, scalar: &Scalar) -> EdwardsPoint {
        // Its bits say which powers are added: twice those, less all of them, is the scalar.
        let added = scalar * self.half + self.all;
        let mut sum = EdwardsPoint::default();
        for column in (0..SPACING).rev() {
            sum += sum;
            for (number, table) in self.tables.iter().enumerate() {
                let tooth = |tooth| bit(&added, (number * TEETH + tooth) * SPACING + column);
                let last = tooth(TEETH - 1);
                let alike = |at| (tooth(at) ^ last ^ 1) << at;
                let wanted: u8 = (0..TEETH - 1).map(alike).sum();
                let mut chosen = EdwardsPoint::default();
                for (teeth, point) in (0_u8..).zip(table) {
                    chosen.conditional_assign(point, teeth.ct_eq(&wanted));
                }
                chosen.conditional_negate(Choice::from(last ^ 1));
                sum += chosen;
            }
        }
        sum
    }
}

fn bit(scalar: &Scalar, number: usize) -> u8 {
    scalar.as_bytes().get(number / 8).map_or(0, |byte| (byte >> (number % 8)) & 1)
}

fn scalar_of(parts: &[&[u8]]) -> Scalar {
    let mut hasher = Sha512::new();
    for part in parts {
        hasher.update(part);
    }
    Scalar::from_bytes_mod_order_wide(&hasher.finalize().into())
}

fn tables() -> Vec<[EdwardsPoint; POINTS]> {
    let mut tooth = ED25519_BASEPOINT_POINT;
    let mut next = || {
        let present = tooth;
        for _ in 0..SPACING {
            tooth += tooth;
        }
        present
    };
    let mut one = || {
        let mut table = [EdwardsPoint::default(); POINTS];
        for number in 0..TEETH - 1 {
            let other = next();
            let (known, new) = table.split_at_mut(1 << number);
            for (added, taken) in new.iter_mut().zip(known) {
                *added = *taken + other;
                *taken -= other;
            }
        }
        let last = next();
        for point in &mut table {
            *point += last;
        }
        table
    };
    core::iter::repeat_with(&mut one).take(TABLES).collect()
}

#[cfg(test)]
mod tests {
    use super::Pen;
    use crate::proof::signing_key;
    use crate::signature;

    #[test]
    fn the_signatures_are_those_of_the_key() {
        for seed in 0..20 {
            let key = signing_key(&[seed; 32]);
            let pen = Pen::new(&key);
            for length in [0, 1, 100, 400] {
                let message = alloc::vec![seed ^ 0x33; length];
                assert_eq!(pen.sign(&message), signature::sign(&key, &message));
            }
        }
    }
}
