//! Ids that are no keys, and signatures in a form that is not theirs.

use data_encoding::HEXLOWER;
use lacis_wire::card::{Card, CardError};
use lacis_wire::codec::{decode, encode};
use lacis_wire::credential::ChainError;
use lacis_wire::proof::is_key;
use lacis_wire::system::Revocation;
use lacis_wire::{DecodeError, PeerId};

use crate::chains::{refused, second};
use crate::group_samples::{self as sample, MEMBER, peer};

/// Ids that are no keys: no point of the curve, points of small order, and the second form of a
/// point.
pub(crate) fn no_keys() -> [(&'static str, PeerId); 5] {
    let y = |low: u8, rest: u8, high: u8| {
        let mut bytes = [rest; 32];
        (bytes[0], bytes[31]) = (low, high);
        PeerId(bytes)
    };
    [
        ("no point", y(2, 0, 0)),
        ("the neutral point", y(1, 0, 0)),
        ("a point of order 4", y(0, 0, 0)),
        ("the second form of a point of order 4", y(0xed, 0xff, 0x7f)),
        ("the second form of a point", y(0xf0, 0xff, 0x7f)),
    ]
}

/// The same signature with a scalar that is larger by the order of the group: it holds where nobody
/// looks at the form.
pub(crate) fn with_larger_scalar(mut signature: [u8; 64]) -> [u8; 64] {
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order = HEXLOWER.decode(ORDER.as_bytes()).expect("hex");
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(order) {
        let [high, low] = (u16::from(*byte) + u16::from(more) + carry).to_be_bytes();
        (carry, *byte) = (high.into(), low);
    }
    signature
}

#[test]
fn a_member_is_a_key() {
    assert!(is_key(&peer(MEMBER)));
    // The first form of the last of them is a key.
    let mut bytes = [0; 32];
    bytes[0] = 3;
    assert!(is_key(&PeerId(bytes)));
    for (what, id) in no_keys() {
        assert!(!is_key(&id), "{what}");
        assert_eq!(refused(second(|it| it.subject = id)), ChainError::NotAKey, "{what}");
        let revocation = Revocation { subject: id, ..sample::revocations().remove(0).1 };
        let read = decode::<Revocation>(&encode(&revocation)).map(drop);
        assert_eq!(read, Err(DecodeError::Limit("subject")), "{what}");
        let card = Card { peer: id, ..sample::cards().remove(0).1 };
        assert_eq!(Card::parse(&card.to_text()), Err(CardError::NotTrusted), "{what}");
    }
}
