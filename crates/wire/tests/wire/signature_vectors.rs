//! Golden vectors of signatures that no rule-abiding signer makes: on which of them implementations
//! agree decides whether members agree.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as BASE, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Digest, Sha512};
use lacis_wire::PeerId;
use lacis_wire::proof::{self, Role};
use serde_json::json;

use crate::golden::{Vector, compare, hex, unhex};
use crate::keys::{no_keys, with_larger_scalar};

const TRANSCRIPT: [u8; 32] = [0x5a; 32];

/// Secret, nonce.
fn numbers() -> (Scalar, Scalar) {
    (Scalar::from(0x1234_5678_9abc_def1_u64), Scalar::from(0xfeed_f00d_dead_beef_u64))
}

/// What the offerer of the transcript signs.
fn message() -> Vec<u8> {
    [&b"lacis proof 1 of"[..], &TRANSCRIPT].concat()
}

/// Answers for a key and a commitment in any form, by what they are without that form.
fn answer(key: [u8; 32], commitment: [u8; 32], secret: Scalar, nonce: Scalar) -> [u8; 64] {
    let mut hasher = Sha512::new();
    hasher.update(commitment);
    hasher.update(key);
    hasher.update(message());
    let challenge = Scalar::from_bytes_mod_order_wide(&hasher.finalize().into());
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&commitment);
    signature[32..].copy_from_slice((nonce + challenge * secret).as_bytes());
    signature
}

fn form(point: EdwardsPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

/// Name, key, signature, whether it holds.
fn samples() -> Vec<(String, [u8; 32], [u8; 64], bool)> {
    let (secret, nonce) = numbers();
    let (key, commitment) = (form(BASE * secret), form(BASE * nonce));
    let fine = answer(key, commitment, secret, nonce);
    let mut all = vec![("by rule".to_owned(), key, fine, true)];
    for (at, low) in EIGHT_TORSION.iter().enumerate().skip(1) {
        let (odd_key, odd_commitment) = (form(BASE * secret + low), form(BASE * nonce + low));
        let mut push = |what: &str, key, commitment| {
            let signature = answer(key, commitment, secret, nonce);
            all.push((format!("small point {at} in {what}"), key, signature, true));
        };
        push("the key", odd_key, commitment);
        push("the commitment", key, odd_commitment);
        push("both", odd_key, odd_commitment);
    }
    for (at, low) in EIGHT_TORSION.iter().enumerate() {
        let signature = answer(key, form(*low), secret, Scalar::ZERO);
        all.push((format!("small point {at} as commitment"), key, signature, true));
        let signature = answer(form(*low), commitment, Scalar::ZERO, nonce);
        all.push((format!("small point {at} as key"), form(*low), signature, false));
    }
    for (name, PeerId(other)) in no_keys() {
        let signature = answer(key, other, secret, Scalar::ZERO);
        // These two are points in their one form, of small order.
        let holds = ["the neutral point", "a point of order 4"].contains(&name);
        all.push((format!("{name} as commitment"), key, signature, holds));
    }
    let mut signed_zero = [0xff; 32];
    signed_zero[0] = 0xec;
    let signature = answer(key, signed_zero, secret, Scalar::ZERO);
    all.push(("a sign of zero, y = -1, as commitment".into(), key, signature, false));
    signed_zero = [0; 32];
    (signed_zero[0], signed_zero[31]) = (1, 0x80);
    let signature = answer(key, signed_zero, secret, Scalar::ZERO);
    all.push(("a sign of zero, y = 1, as commitment".into(), key, signature, false));
    all.push(("a scalar of the order more".into(), key, with_larger_scalar(fine), false));
    let mut changed = fine;
    changed[32] ^= 1;
    all.push(("another scalar".into(), key, changed, false));
    all
}

#[test]
fn signatures() {
    let vector = |(name, key, signature, holds): &(String, [u8; 32], [u8; 64], bool)| -> Vector {
        vec![
            ("name", json!(name)),
            ("key", hex(key)),
            ("message", hex(&message())),
            ("signature", hex(signature)),
            ("holds", json!(holds)),
        ]
    };
    for stored in compare("signature", samples().iter().map(vector).collect()) {
        let bytes = |name: &str| unhex(&stored[name]);
        let key = PeerId(bytes("key").try_into().expect("32 bytes"));
        let signature = bytes("signature").try_into().expect("64 bytes");
        let holds = proof::verify(&key, Role::Offerer, &TRANSCRIPT, &signature);
        assert_eq!(json!(holds), stored["holds"], "{}", stored["name"]);
    }
}
