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
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::keys::{KeyPart, Meeting, SealedKey};
use lacis_wire::proof::peer_id;
use lacis_wire::record::Header;
use lacis_wire::room::MeetingKey;
use lacis_wire::system::{
    self, Budget, GroupProperties, OpenInvitation, Revocation, Servers, System,
};
use serde_json::{Value, json};

use crate::golden::{Vector, compare, encoded, frames, hex, text, unhex};
use crate::group_samples::{self as group, group as group_id, key, peer};
use crate::{diagnostic, group_frames, samples};

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

/// The first 16 bytes of the hash of a frame, which name it.
fn digest(bytes: &[u8]) -> Vec<u8> {
    blake3::hash(bytes).as_bytes()[..16].to_vec()
}

/// The id by the specification, without the code under test.
fn record_id(header: &Header) -> Vec<u8> {
    let creator = &header.creator.0;
    let replaces = header.replaces.map_or([0; 16], |id| id.0);
    let (created, latest) = (header.created.0.to_le_bytes(), header.latest.0.to_le_bytes());
    let kind = header.kind.as_str().as_bytes();
    let birth = [&creator[..], &created, &latest, &header.salt, &replaces, kind].concat();
    let half = blake3::derive_key("lacis 2026 record 1 creator", creator);
    let rest = blake3::derive_key("lacis 2026 record 1 birth", &birth);
    [&half[..8], &rest[..8]].concat()
}

#[test]
fn headers() {
    let vectors = group::records().into_iter().map(|(name, (header, body), author)| {
        let bytes = encode(&header);
        let tree = diagnostic::from_cbor(&bytes);
        let message = message("lacis 2026 record 1", &group_id().0, &tree);
        assert_signed(author, &message, &tree);
        assert!(header.matches_body(&body) && header.verify(&group_id()), "{name}");
        assert_eq!(header.id.0[..], record_id(&header), "{name}");
        assert_eq!(header.name().digest[..], digest(&bytes), "{name}");
        let copy = header.name().to_bytes();
        assert_eq!(copy[..], [&header.id.0[..], &digest(&bytes)].concat());
        let mut vector = encoded(name, &bytes);
        vector.extend([
            ("group", hex(&group_id().0)),
            ("author_seed", seed_of(author)),
            ("body", hex(&body)),
            ("message", hex(&message)),
            ("copy", hex(&copy)),
        ]);
        vector
    });
    let stored = compare("record", vectors.collect());
    for ((name, header), stored) in group::headers().iter().zip(stored) {
        assert_eq!(decode::<Header>(&unhex(&stored["hex"])).as_ref(), Ok(header), "{name}");
    }
}

#[test]
fn bodies() {
    let nonce = samples::count::<24>(0x90);
    let id = group::headers()[0].1.id;
    let key_name = group::key_name();
    let place = Place { group: group_id(), id, version: 258, key: key_name };
    let epoch_key = group::epoch_key();
    let vectors = group::bodies().into_iter().map(|(name, body)| {
        let plain = encode(&body);
        let version = [0, 0, 0, 0, 0, 0, 1, 2];
        let aad = [&b"lacis 2026 body 1"[..], &group_id().0, &id.0, &version, &key_name.0].concat();
        let cipher = XChaCha20Poly1305::new(&epoch_key.0.into());
        let payload = Payload { msg: &plain, aad: &aad };
        let text = cipher.encrypt(&XNonce::from(nonce), payload).expect("short");
        let sealed = [&nonce[..], &text].concat();
        assert_eq!(body.seal(&epoch_key, &place, nonce), sealed, "{name}");
        let mut vector = encoded(name, &plain);
        vector.extend([
            ("key", hex(&epoch_key.0)),
            ("key_name", hex(&key_name.0)),
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

/// Whoever came by an open invitation had its key.
fn assert_used(credential: &Credential) {
    let Some(used) = &credential.invitation else { return };
    let key = group::invitation_links().remove(0).1.key();
    let domain = &b"lacis 2026 invitation 1 use"[..];
    let message = [domain, &credential.group.0, &credential.subject.0].concat();
    assert_eq!((used.key, used.proof), (peer_id(&key), key.sign(&message).to_bytes()));
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
        let ids = all.iter().map(|tree| digest(&diagnostic::to_cbor(tree)));
        assert!(ids.clone().eq(chain.0.iter().map(|it| it.id().0.to_vec())), "{name}");
        let ids: Vec<Value> = ids.map(|id| hex(&id)).collect();
        let mut vector = encoded(name, &encode(&chain));
        vector.extend([
            ("group", hex(&group_id().0)),
            ("issuer_seeds", json!(seeds)),
            ("messages", json!(messages)),
            ("ids", json!(ids)),
        ]);
        assert_used(chain.leaf().expect("a member"));
        vector
    });
    let stored = compare("chain", vectors.collect());
    for ((name, chain), stored) in group::chains().iter().zip(stored) {
        assert_eq!(decode::<Chain>(&unhex(&stored["hex"])).as_ref(), Ok(chain), "{name}");
        assert_eq!(chain.verify(&group_id()).ok(), chain.leaf(), "{name}");
    }
}

/// The name of the key by the specification, without the code under test.
fn name_of_key(part: &KeyPart) -> Vec<u8> {
    let author = peer(group::FOUNDER).0;
    let parts = part.parts.to_be_bytes();
    let fields = [&part.nonce[..], &part.commitment, &part.meeting, &parts].concat();
    let named = [&group_id().0[..], &author, &fields].concat();
    blake3::derive_key("lacis 2026 key 1 name", &named)[..16].to_vec()
}

/// Opens a sealed key with nothing but HPKE.
fn hpke_open(sealed: &SealedKey, seed: u8, info: &[u8]) -> Vec<u8> {
    let secret = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&key(seed).to_scalar_bytes());
    single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret.expect("32 bytes"),
        &<X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.enc).expect("32 bytes"),
        info,
        &sealed.ciphertext,
        &[],
    )
    .expect("sealed to it")
}

/// The seeds of those to whom these are sealed, once each has opened what it should.
fn subjects(sealed: &[SealedKey], info: &[u8], inside: &[u8; 32]) -> Value {
    let seeds = [group::FOUNDER, group::INVITER, group::MEMBER, group::KEEPER];
    let seed = |sealed: &SealedKey| {
        let seed = seeds.into_iter().find(|seed| peer(*seed) == sealed.subject).expect("known");
        assert_eq!(hpke_open(sealed, seed, info), inside);
        seed_of(seed)
    };
    sealed.iter().map(seed).collect()
}

#[test]
fn parts_of_key_records() {
    let key = group::epoch_key();
    let meeting_key = blake3::derive_key("lacis 2026 key 1 meeting", &key.0);
    let vectors = group::key_parts().into_iter().map(|(name, part)| {
        let committed = [&group_id().0[..], &part.nonce, &key.0].concat();
        let commitment = blake3::derive_key("lacis 2026 key 1 commitment", &committed);
        assert_eq!((part.commitment, key.meeting_key().0), (commitment, meeting_key));
        let key_name = name_of_key(&part);
        assert_eq!(part.name(&group_id(), &peer(group::FOUNDER)).0[..], key_name);
        let cipher = XChaCha20Poly1305::new(&meeting_key.into());
        let nonce: [u8; 24] = part.meeting[..24].try_into().expect("24 bytes");
        let meeting = cipher.decrypt(&XNonce::from(nonce), &part.meeting[24..]).expect("its key");
        let Meeting { topic, door } = group::meeting();
        assert_eq!(meeting, [topic.0, door.0].concat());
        let info = [&b"lacis 2026 key 1"[..], &group_id().0, &key_name].concat();
        let mut vector = encoded(name, &encode(&part));
        vector.extend([
            ("group", hex(&group_id().0)),
            ("author", hex(&peer(group::FOUNDER).0)),
            ("key_name", hex(&key_name)),
            ("info", hex(&info)),
            ("subject_seeds", subjects(&part.sealed, &info, &key.0)),
            ("key", hex(&key.0)),
            ("keeper_seeds", subjects(&part.keepers, &info, &meeting_key)),
            ("meeting_key", hex(&meeting_key)),
            ("topic_key", hex(&topic.0)),
            ("door_key", hex(&door.0)),
        ]);
        vector
    });
    let stored = compare("key_part", vectors.collect());
    for ((name, part), stored) in group::key_parts().iter().zip(stored) {
        assert_eq!(decode::<KeyPart>(&unhex(&stored["hex"])).as_ref(), Ok(part), "{name}");
    }
}

#[test]
fn group_properties() {
    frames!(GroupProperties, "group_properties", [("board", group::properties())]);
}

#[test]
fn budgets() {
    frames!(Budget, "budget", group::budgets());
}

#[test]
fn servers() {
    frames!(Servers, "servers", group::moves());
}

#[test]
fn open_invitations() {
    frames!(OpenInvitation, "open_invitation", group::open_invitations());
}

#[test]
fn group_frames() {
    frames!(GroupFrame, "group_frame", group_frames::samples());
}

#[test]
fn revocations() {
    let author = peer(group::FOUNDER);
    let vectors = group::revocations().into_iter().map(|(name, revocation)| {
        let made = [&group_id().0[..], &author.0, &revocation.subject.0, &revocation.nonce];
        let made = blake3::derive_key("lacis 2026 end 1", &made.concat());
        let end = revocation.adds.map_or(made[..16].to_vec(), |end| end.0.to_vec());
        assert_eq!(revocation.end(&group_id(), &author).0[..], end, "{name}");
        let mut vector = encoded(name, &encode(&revocation));
        vector.extend([
            ("group", hex(&group_id().0)),
            ("author", hex(&author.0)),
            ("end", hex(&end)),
        ]);
        vector
    });
    let stored = compare("revocation", vectors.collect());
    for ((name, revocation), stored) in group::revocations().into_iter().zip(stored) {
        assert_eq!(decode::<Revocation>(&unhex(&stored["hex"])), Ok(revocation), "{name}");
    }
}

#[test]
fn system_bodies_are_told_apart_by_the_type_of_the_record() {
    let kind = |text| lacis_wire::record::RecordType::new(text).expect("a type");
    let read = |text, bytes: &[u8]| System::decode(&kind(text), bytes);
    let (properties, revocation) = (group::properties(), group::revocations().remove(0).1);
    let (chain, part) = (group::member_chain(), group::key_parts().remove(0).1);
    let (open, budget) = (group::open_invitations().remove(0).1, group::budgets().remove(0).1);
    assert_eq!(read(system::MEMBER, &encode(&chain)), Ok(Some(System::Member(chain))));
    assert_eq!(read(system::KEY, &encode(&part)), Ok(Some(System::Key(part))));
    assert_eq!(read(system::GROUP, &encode(&properties)), Ok(Some(System::Group(properties))));
    assert_eq!(read(system::INVITATION, &encode(&open)), Ok(Some(System::Invitation(open))));
    assert_eq!(read(system::BUDGET, &encode(&budget)), Ok(Some(System::Budget(budget))));
    let moved = group::moves().remove(0).1;
    assert_eq!(read(system::SERVERS, &encode(&moved)), Ok(Some(System::Servers(moved))));
    let bytes = encode(&revocation);
    assert_eq!(read(system::REVOCATION, &bytes), Ok(Some(System::Revocation(revocation))));
    assert_eq!(read("lacis.later", &bytes), Ok(None));
}

/// The keys that follow from a meeting key.
fn meeting(key: &MeetingKey) -> Vector {
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
        let tree = diagnostic::from_cbor(&fields);
        let message = message("lacis 2026 invitation 1", &[], &tree);
        assert_signed(group::INVITER, &message, &tree);
        let mut vector = encoded(name, &fields);
        vector.extend([
            ("text", json!(text)),
            ("group", hex(&group_id().0)),
            ("issuer_seed", seed_of(group::INVITER)),
            ("message", hex(&message)),
        ]);
        vector.extend(meeting(&invitation.door));
        vector
    });
    let stored = compare("invitation", vectors.collect());
    for ((name, invitation), stored) in group::invitations().into_iter().zip(stored) {
        let text = stored["text"].as_str().expect("text");
        assert_eq!(Invitation::parse(text), Ok(invitation), "{name}");
    }
}

#[test]
fn invitation_links() {
    let vectors = group::invitation_links().into_iter().map(|(name, link)| {
        let fields = encode(&link);
        let text = text("lo1", "lacis 2026 invitation link 1 checksum", &fields);
        assert_eq!(link.to_text(), text);
        let key_seed = blake3::derive_key("lacis 2026 invitation 1 key", &link.seed);
        assert_eq!(link.key().to_bytes(), key_seed);
        let mut vector = encoded(name, &fields);
        vector.extend([
            ("text", json!(text)),
            ("key_seed", hex(&key_seed)),
            ("key", hex(&peer_id(&link.key()).0)),
        ]);
        vector.extend(meeting(&link.door));
        vector
    });
    let stored = compare("invitation_link", vectors.collect());
    for ((name, link), stored) in group::invitation_links().into_iter().zip(stored) {
        let text = stored["text"].as_str().expect("text");
        assert_eq!(InvitationLink::parse(text), Ok(link), "{name}");
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
