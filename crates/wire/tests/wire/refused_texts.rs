//! Texts that people pass on, damaged and forged.

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use lacis_wire::card::Card;
use lacis_wire::codec::encode;
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::room::RoomLink;
use lacis_wire::{PeerId, limits};
use serde_json::json;

use crate::golden::text;
use crate::group_samples::{self as sample, KEEPER, MEMBER, key, peer};
use crate::keys::{no_keys, with_larger_scalar};
use crate::refused_vectors::{Given, Refused};
use crate::{diagnostic, samples};

pub(crate) fn all() -> Vec<Refused> {
    [room_links(), cards(), invitations()].into_iter().flatten().collect()
}

fn case(name: &str, kind: &'static str, text: &str, reason: &str) -> Refused {
    Refused::new(name, kind, Given::Text(text.into()), reason)
}

fn room_links() -> Vec<Refused> {
    let of = |fields: &[u8]| text("lr1", "lacis 2026 room 1 checksum", fields);
    let fields = encode(&samples::room()[0].1);
    let whole = of(&fields);
    // 19 bytes and 4: 184 bits in 37 characters, the last of which has one bit to spare.
    let spare = {
        let last =
            whole.chars().last().and_then(|last| "abcdefghijklmnopqrstuvwxyz234567".find(last));
        let odd = "abcdefghijklmnopqrstuvwxyz234567".as_bytes()[last.expect("base32") + 1];
        format!("{}{}", &whole[..whole.len() - 1], char::from(odd))
    };
    let mut changed = whole.clone();
    changed.replace_range(9..10, if &whole[9..10] == "a" { "b" } else { "a" });
    let grown = diagnostic::to_cbor(&json!([diagnostic::bytes(&[7; 16]), [], 7]));
    let odd_server = encode(&RoomLink { secret: [7; 16], servers: vec!["http://a".into()] });
    let long = "a".repeat(limits::ROOM_LINK_CHARS + 1);
    vec![
        case("no-text", "RoomLink", "", "unknown"),
        case("another-text", "RoomLink", "hello", "unknown"),
        case("text-without-version", "RoomLink", "lr", "unknown"),
        case("text-of-a-later-version", "RoomLink", &whole.replacen('1', "2", 1), "version"),
        case("text-with-a-changed-character", "RoomLink", &changed, "damaged"),
        case(
            "text-with-a-character-that-base32-lacks",
            "RoomLink",
            &whole.replacen(&whole[5..6], "1", 1),
            "damaged",
        ),
        case("text-with-a-spare-bit-that-is-not-zero", "RoomLink", &spare, "damaged"),
        case("text-of-a-length-that-no-bytes-give", "RoomLink", &format!("{whole}a"), "damaged"),
        case("text-with-padding", "RoomLink", &format!("{whole}==="), "damaged"),
        case("text-of-a-checksum-alone", "RoomLink", &of(&[]), "damaged"),
        case("text-of-three-bytes", "RoomLink", "lr1aaaaa", "damaged"),
        case("text-that-is-too-long", "RoomLink", &format!("lr1{long}"), "damaged"),
        case("text-with-a-new-field", "RoomLink", &of(&grown), "damaged"),
        case("text-with-a-server-of-another-scheme", "RoomLink", &of(&odd_server), "damaged"),
    ]
}

fn cards() -> Vec<Refused> {
    let ada = || Card::new(&key(MEMBER), "Ada");
    let of = |name: &str, card: &Card, reason: &str| case(name, "Card", &card.to_text(), reason);
    let (neutral, anybody) = signature_of_anybody();
    let (mixed, of_mixed) = signature_by_cofactor();
    let signature = with_larger_scalar(ada().signature);
    let mut all = vec![
        of("card-of-another-name", &Card { name: "Bob".into(), ..ada() }, "not trusted"),
        of("card-of-another-key", &Card { peer: peer(KEEPER), ..ada() }, "not trusted"),
        of(
            "card-of-anybody",
            &Card { peer: PeerId(neutral), signature: anybody, ..ada() },
            "not trusted",
        ),
        of(
            "card-that-holds-with-the-cofactor-only",
            &Card { peer: PeerId(mixed), signature: of_mixed, ..ada() },
            "not trusted",
        ),
        of("card-signed-in-another-form", &Card { signature, ..ada() }, "not trusted"),
        of("card-of-a-name-that-runs-backwards", &Card::new(&key(MEMBER), "a\u{202e}b"), "damaged"),
        of("card-of-a-name-of-two-lines", &Card::new(&key(MEMBER), "a\nb"), "damaged"),
        of("card-of-a-long-name", &Card::new(&key(MEMBER), &"a".repeat(256)), "damaged"),
    ];
    for (what, id) in no_keys() {
        let name = format!("card-of-{}", what.replace(' ', "-"));
        all.push(of(&name, &Card { peer: id, ..ada() }, "not trusted"));
    }
    all
}

/// The neutral point of the curve as a key, and a signature that holds for any message where nobody
/// looks at the order of the points.
fn signature_of_anybody() -> ([u8; 32], [u8; 64]) {
    let mut signature = [0; 64];
    signature[0] = 1;
    let neutral = *signature.first_chunk().expect("half of it");
    let key = VerifyingKey::from_bytes(&neutral).expect("a point");
    assert!(key.verify(b"anything", &Signature::from_bytes(&signature)).is_ok());
    (neutral, signature)
}

/// A key with a part of order 8, and a signature of the sample's card that holds in the equation
/// with the cofactor and not in the one without: readers of both kinds would not agree about it.
fn signature_by_cofactor() -> ([u8; 32], [u8; 64]) {
    let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).expect("hex");
    let key = bytes("16b981d0b88cdf3ab9fa87190822fe4905b475efda3aec7c34abfa92c19320f4");
    let signature = bytes(concat!(
        "1337036ac32d8f30d4589c3c1c595812ce0fff40e37c6f5a97ab213f318290ad",
        "6c2a07beecf9fc98f974060f2c5c3651f39e501e61f8992d35cc1390c664cf0d",
    ));
    let key = key.try_into().expect("32 bytes");
    assert!(lacis_wire::proof::is_key(&PeerId(key)));
    (key, signature.try_into().expect("64 bytes"))
}

fn invitations() -> Vec<Refused> {
    let bound = || sample::invitations().remove(0).1;
    let link = || sample::invitation_links().remove(0).1;
    let mut forged = bound();
    forged.chain.0[2].serial += 1;
    let forged = Invitation { ..forged };
    let renamed = Invitation { name: "Evil bank".into(), ..bound() };
    let elsewhere = Invitation { servers: vec!["wss://evil.example/ws".into()], ..bound() };
    let other = bound().signed(&key(MEMBER));
    let odd = InvitationLink { servers: vec!["http://example.org".into()], ..link() };
    vec![
        case("invitation-with-a-forged-chain", "Invitation", &forged.to_text(), "not trusted"),
        case("invitation-of-another-name", "Invitation", &renamed.to_text(), "not trusted"),
        case("invitation-to-other-servers", "Invitation", &elsewhere.to_text(), "not trusted"),
        case("invitation-signed-by-another", "Invitation", &other.to_text(), "not trusted"),
        case("link-to-no-server", "InvitationLink", &odd.to_text(), "damaged"),
    ]
}
