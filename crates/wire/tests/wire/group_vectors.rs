//! Golden vectors of groups and records. Messages that are signed, associated data and contexts are
//! made from the parts that the specification names, without the code under test.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ed25519_dalek::Signer;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, single_shot_open};
use lacis_wire::body::{Body, Place};
use lacis_wire::card::Card;
use lacis_wire::codec::{decode, encode};
use lacis_wire::credential::Chain;
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::{Invitation, OpenInvitation};
use lacis_wire::keys::{EpochKeys, KeyError};
use lacis_wire::record::Header;
use lacis_wire::room::RendezvousKey;
use lacis_wire::system::{self, GroupProperties, Revocation, System};
use serde_json::{Value, json};

use crate::golden::{Vector, compare, encoded, frames, hex, text, unhex};
use crate::group_samples::{self as group, group as group_id, key, peer};
use crate::{diagnostic, samples};

/// What is signed, from the CBOR tree of the frame.
fn message(domain: &str, group: &[u8], tree: &Value) -> Vec<u8> {
    let fields = diagnostic::to_cbor(tree);
    [domain.as_bytes(), group, &fields[..fields.len() - 64]].concat()
}

/// The signature at the end of the tree is that of the key with this seed.
fn assert_signed(seed: u8, message: &[u8], tree: &Value) {
    let fields = tree.as_array().expect("fields");
    let signature = key(seed).sign(message).to_bytes();
    assert_eq!(fields[fields.len() - 1], diagnostic::bytes(&signature));
}

fn seed_of(seed: u8) -> Value {
    hex(&samples::count::<32>(seed))
}

#[test]
fn headers() {
    let vectors = group::records().into_iter().map(|(name, header, body, author)| {
        let tree = diagnostic::from_cbor(&encode(&header));
        let message = message("lacis 2026 record 1", &group_id().0, &tree);
        assert_signed(author, &message, &tree);
        assert!(header.matches_body(&body) && header.verify(&group_id()), "{name}");
        let half = blake3::derive_key("lacis 2026 record 1 creator", &header.creator.0);
        assert_eq!(header.id.0[..8], half[..8]);
        let mut vector = encoded(name, &encode(&header));
        vector.extend([
            ("group", hex(&group_id().0)),
            ("author_seed", seed_of(author)),
            ("body", hex(&body)),
            ("message", hex(&message)),
            ("copy", hex(&name_of(&header))),
        ]);
        vector
    });
    let stored = compare("record", vectors.collect());
    for ((name, header), stored) in group::headers().iter().zip(stored) {
        assert_eq!(decode::<Header>(&unhex(&stored["hex"])).as_ref(), Ok(header), "{name}");
    }
}

/// The name of a copy by the specification, without the code under test.
fn name_of(header: &Header) -> Vec<u8> {
    let name = [&header.id.0, &blake3::hash(&encode(header)).as_bytes()[..16]].concat();
    assert_eq!(header.name().to_bytes(), name[..]);
    name
}

#[test]
fn bodies() {
    let nonce = samples::count::<24>(0x90);
    let id = group::headers()[0].1.id;
    let place = Place { group: group_id(), id, version: 258 };
    let epoch_key = group::epoch_key();
    let vectors = group::bodies().into_iter().map(|(name, body)| {
        let plain = encode(&body);
        let version = [0, 0, 0, 0, 0, 0, 1, 2];
        let aad = [&b"lacis 2026 body 1"[..], &group_id().0, &id.0, &version].concat();
        let cipher = XChaCha20Poly1305::new(&epoch_key.0.into());
        let payload = Payload { msg: &plain, aad: &aad };
        let text = cipher.encrypt(&XNonce::from(nonce), payload).expect("short");
        let sealed = [&nonce[..], &text].concat();
        assert_eq!(body.seal(&epoch_key, &place, nonce), sealed, "{name}");
        let mut vector = encoded(name, &plain);
        vector.extend([
            ("key", hex(&epoch_key.0)),
            ("group", hex(&group_id().0)),
            ("id", hex(&id.0)),
            ("version", json!(258)),
            ("nonce", hex(&nonce)),
            ("aad", hex(&aad)),
            ("sealed", hex(&sealed)),
        ]);
        vector
    });
    let stored = compare("body", vectors.collect());
    for ((name, body), stored) in group::bodies().into_iter().zip(stored) {
        let opened = Body::open(&epoch_key, &place, &unhex(&stored["sealed"]));
        assert_eq!(opened, Ok(body), "{name}");
    }
}

#[test]
fn chains() {
    let vectors = group::chains().into_iter().map(|(name, chain)| {
        let tree = diagnostic::from_cbor(&encode(&chain));
        let all = tree.as_array().expect("credentials");
        let messages = all.iter().map(|tree| message("lacis 2026 credential 1", &[], tree));
        let seed = |at: usize| [group::ROOT, group::FOUNDER, group::INVITER][at];
        let messages: Vec<Value> = messages
            .enumerate()
            .map(|(at, message)| {
                assert_signed(seed(at), &message, &all[at]);
                hex(&message)
            })
            .collect();
        let seeds: Vec<Value> = (0..all.len()).map(|at| seed_of(seed(at))).collect();
        let mut vector = encoded(name, &encode(&chain));
        vector.extend([
            ("group", hex(&group_id().0)),
            ("issuer_seeds", json!(seeds)),
            ("messages", json!(messages)),
        ]);
        vector
    });
    let stored = compare("chain", vectors.collect());
    for ((name, chain), stored) in group::chains().iter().zip(stored) {
        assert_eq!(decode::<Chain>(&unhex(&stored["hex"])).as_ref(), Ok(chain), "{name}");
        assert_eq!(chain.verify(&group_id()).ok(), chain.leaf(), "{name}");
    }
}

#[test]
fn epoch_keys() {
    let seeds = [group::FOUNDER, group::INVITER, group::MEMBER];
    let info = |keys: &EpochKeys| {
        [&b"lacis 2026 epoch 1"[..], &group_id().0, &keys.epoch.to_be_bytes()].concat()
    };
    let vectors = group::epoch_keys().into_iter().map(|(name, keys)| {
        let seed = |subject| seeds.iter().find(|seed| peer(**seed) == subject).expect("known");
        let subjects: Vec<Value> =
            keys.sealed.iter().map(|it| seed_of(*seed(it.subject))).collect();
        let mut vector = encoded(name, &encode(&keys));
        vector.extend([
            ("group", hex(&group_id().0)),
            ("subject_seeds", json!(subjects)),
            ("info", hex(&info(&keys))),
            ("key", hex(&group::epoch_key().0)),
        ]);
        vector
    });
    let stored = compare("epoch_keys", vectors.collect());
    for ((name, keys), stored) in group::epoch_keys().iter().zip(stored) {
        let read: EpochKeys = decode(&unhex(&stored["hex"])).expect(name);
        assert_eq!(&read, keys);
        for seed in seeds {
            let found = read.sealed.iter().find(|it| it.subject == peer(seed));
            let Some(sealed) = found else {
                assert_eq!(read.open(&group_id(), &key(seed)), Err(KeyError::NotForYou));
                continue;
            };
            assert_eq!(read.open(&group_id(), &key(seed)), Ok(group::epoch_key()));
            let secret =
                <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&key(seed).to_scalar_bytes());
            let plain = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
                &OpModeR::Base,
                &secret.expect("32 bytes"),
                &<X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.enc).expect("32 bytes"),
                &info(keys),
                &sealed.ciphertext,
                &[],
            );
            assert_eq!(plain.ok(), Some(unhex(&stored["key"])), "{name}");
        }
    }
}

#[test]
fn group_frames() {
    frames!(GroupFrame, "group_frame", group::frames());
}

#[test]
fn group_properties() {
    frames!(GroupProperties, "group_properties", [("board", group::properties())]);
}

#[test]
fn revocations() {
    frames!(Revocation, "revocation", group::revocations());
}

#[test]
fn system_bodies_are_told_apart_by_the_type_of_the_record() {
    let kind = |text| lacis_wire::record::RecordType::new(text).expect("a type");
    let read = |text, bytes: &[u8]| System::decode(&kind(text), bytes);
    let (properties, revocation) = (group::properties(), group::revocations().remove(0).1);
    let (chain, keys) = (group::member_chain(), group::epoch_keys().remove(0).1);
    assert_eq!(read(system::MEMBER, &encode(&chain)), Ok(Some(System::Member(chain))));
    assert_eq!(read(system::KEY, &encode(&keys)), Ok(Some(System::Key(keys))));
    assert_eq!(read(system::GROUP, &encode(&properties)), Ok(Some(System::Group(properties))));
    let bytes = encode(&revocation);
    assert_eq!(read(system::REVOCATION, &bytes), Ok(Some(System::Revocation(revocation))));
    assert_eq!(read("lacis.later", &bytes), Ok(None));
}

/// The keys that follow from a rendezvous key.
fn rendezvous(key: &RendezvousKey) -> Vector {
    let derive = |context| hex(&blake3::derive_key(context, &key.0));
    assert_eq!(hex(&key.keys().topic.0), derive("lacis 2026 group 1 topic"));
    vec![
        ("topic", derive("lacis 2026 group 1 topic")),
        ("seal_key", derive("lacis 2026 group 1 seal")),
        ("prove_key", derive("lacis 2026 group 1 prove")),
    ]
}

#[test]
fn invitations() {
    let vectors = group::invitations().into_iter().map(|(name, invitation)| {
        let fields = encode(&invitation);
        let text = text("li1", "lacis 2026 invitation 1 checksum", &fields);
        assert_eq!(invitation.to_text(), text);
        let mut vector = encoded(name, &fields);
        vector.extend([("text", json!(text)), ("group", hex(&group_id().0))]);
        vector.extend(rendezvous(&invitation.rendezvous));
        vector
    });
    let stored = compare("invitation", vectors.collect());
    for ((name, invitation), stored) in group::invitations().into_iter().zip(stored) {
        let text = stored["text"].as_str().expect("text");
        assert_eq!(Invitation::parse(text), Ok(invitation), "{name}");
    }
}

#[test]
fn open_invitations() {
    let vectors = group::open_invitations().into_iter().map(|(name, invitation)| {
        let fields = encode(&invitation);
        let text = text("lo1", "lacis 2026 open invitation 1 checksum", &fields);
        assert_eq!(invitation.to_text(), text);
        let tree = diagnostic::from_cbor(&fields);
        let message = message("lacis 2026 invitation 1", &[], &tree);
        assert_signed(group::INVITER, &message, &tree);
        let mut vector = encoded(name, &fields);
        vector.extend([
            ("text", json!(text)),
            ("issuer_seed", seed_of(group::INVITER)),
            ("message", hex(&message)),
        ]);
        vector.extend(rendezvous(&invitation.rendezvous));
        vector
    });
    let stored = compare("open_invitation", vectors.collect());
    for ((name, invitation), stored) in group::open_invitations().into_iter().zip(stored) {
        let text = stored["text"].as_str().expect("text");
        assert_eq!(OpenInvitation::parse(text), Ok(invitation), "{name}");
    }
}

#[test]
fn cards() {
    let seeds = [group::MEMBER, group::KEEPER];
    let vectors = group::cards().into_iter().zip(seeds).map(|((name, card), seed)| {
        let fields = encode(&card);
        let text = text("lc1", "lacis 2026 card 1 checksum", &fields);
        assert_eq!(card.to_text(), text);
        let tree = diagnostic::from_cbor(&fields);
        let message = message("lacis 2026 card 1", &[], &tree);
        assert_signed(seed, &message, &tree);
        let mut vector = encoded(name, &fields);
        vector.extend([("text", json!(text)), ("seed", seed_of(seed)), ("message", hex(&message))]);
        vector
    });
    let stored = compare("card", vectors.collect());
    for ((name, card), stored) in group::cards().into_iter().zip(stored) {
        assert_eq!(Card::parse(stored["text"].as_str().expect("text")), Ok(card), "{name}");
    }
}
