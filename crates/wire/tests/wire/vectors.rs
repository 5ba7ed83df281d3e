//! Golden vectors: what other implementations, and later versions of this one, must reproduce.
//!
//! `tests/vectors/README.md` describes the files. To write them anew after a wanted change, run
//! with `LACIS_REGENERATE_VECTORS=1`; the tests then fail on purpose, so that it stays no habit.

use std::path::PathBuf;
use std::{env, fs};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER;
use lacis_wire::codec::{decode, encode};
use lacis_wire::link::LinkFrame;
use lacis_wire::pairing::{Handover, PairingText};
use lacis_wire::proof::{self, IdentityKey, Party, Role};
use lacis_wire::room::RoomLink;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{AttemptId, NodeId, seal};
use serde_json::{Value, json};

use crate::{diagnostic, samples};

/// One vector: its fields in the order of the file.
pub(crate) type Vector = Vec<(&'static str, Value)>;

/// Compares samples with a file, from value to bytes and from bytes to value.
macro_rules! frames {
    ($kind:ident, $file:literal, $samples:expr) => {{
        let samples = $samples;
        let vectors = samples.iter().map(|(name, sample)| encoded(name, &encode(sample)));
        for ((name, sample), stored) in samples.iter().zip(compare($file, vectors.collect())) {
            let bytes = unhex(&stored["hex"]);
            assert_eq!(decode::<$kind>(&bytes).as_ref(), Ok(sample), "{name}");
            assert_eq!(diagnostic::to_cbor(&stored["decoded"]), bytes, "{name}");
        }
    }};
}

pub(crate) use frames;

#[test]
fn client_frames() {
    frames!(ClientFrame, "signal_client", samples::client());
}

#[test]
fn server_frames() {
    frames!(ServerFrame, "signal_server", samples::server());
}

#[test]
fn link_frames() {
    frames!(LinkFrame, "link", samples::link());
}

#[test]
fn setup_messages() {
    frames!(Setup, "setup", samples::setup());
}

#[test]
fn room_links() {
    let vector = |(name, link): &(&str, RoomLink)| {
        let derive = |context| hex(&blake3::derive_key(context, &link.secret));
        let mut vector = encoded(name, &encode(link));
        vector.extend([
            ("text", json!(link.to_text())),
            ("secret", hex(&link.secret)),
            ("servers", json!(link.servers)),
            ("topic", hex(link.keys().topic.as_bytes())),
            ("seal_key", derive("lacis 2026 room 1 seal")),
            ("prove_key", derive("lacis 2026 room 1 prove")),
        ]);
        vector
    };
    let samples = samples::room();
    let stored = compare("room_link", samples.iter().map(vector).collect());
    for ((name, link), stored) in samples.iter().zip(stored) {
        let text = stored["text"].as_str().expect("text");
        assert_eq!(RoomLink::parse(text).as_ref(), Ok(link), "{name}");
        let bytes = unhex(&stored["hex"]);
        assert_eq!(decode::<RoomLink>(&bytes).as_ref(), Ok(link), "{name}");
        assert_eq!(diagnostic::to_cbor(&stored["decoded"]), bytes, "{name}");
    }
}

#[test]
fn sealed_payloads() {
    let (from, to) = (NodeId(samples::count(0x10)), NodeId(samples::count(0x20)));
    let link = RoomLink { secret: samples::count(0), servers: vec![] };
    let (keys, nonce) = (link.keys(), samples::count(0x90));
    let offer = samples::setup().first().map(|(_, offer)| encode(offer)).expect("samples");
    let plains = [("empty", vec![]), ("short", b"offer".to_vec()), ("setup-offer", offer)];
    let vectors = plains.iter().map(|(name, plain)| {
        // Made from the parts that the specification names, without the code under test.
        let key = blake3::derive_key("lacis 2026 room 1 seal", &link.secret);
        let topic = blake3::derive_key("lacis 2026 room 1 topic", &link.secret);
        let aad = [&b"lacis seal 1"[..], &from.0, &to.0, &topic].concat();
        let payload = Payload { msg: plain, aad: &aad };
        let cipher = XChaCha20Poly1305::new(&key.into());
        let body = cipher.encrypt(&XNonce::from(nonce), payload).expect("short");
        let sealed = [&[1], &topic[..8], &nonce, &body].concat();
        assert_eq!(seal::seal(&keys, from, to, nonce, plain), sealed, "{name}");
        assert_eq!(sealed.len(), plain.len() + seal::OVERHEAD_BYTES);
        vec![
            ("name", json!(name)),
            ("secret", hex(&link.secret)),
            ("key", hex(&key)),
            ("from", hex(&from.0)),
            ("to", hex(&to.0)),
            ("nonce", hex(&nonce)),
            ("aad", hex(&aad)),
            ("plain", hex(plain)),
            ("sealed", hex(&sealed)),
        ]
    });
    for stored in compare("seal", vectors.collect()) {
        let opened = seal::open(&keys, from, to, &unhex(&stored["sealed"]));
        assert_eq!(opened, Ok(unhex(&stored["plain"])), "{}", stored["name"]);
    }
}

#[test]
fn pairings() {
    let (from, to) = (NodeId(samples::count(0x10)), NodeId(samples::count(0x20)));
    let link = RoomLink { secret: samples::count(0), servers: vec![] };
    let nonce = samples::count(0x90);
    let lines = [vec![], vec!["candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host".to_string()]];
    let setups = samples::setup().into_iter().take(2).zip(lines);
    let vectors = setups.map(|((name, setup), candidates)| {
        let plain = encode(&Handover { setup, candidates });
        let payload = seal::seal(&link.keys(), from, to, nonce, &plain);
        let fields = encode(&PairingText { from, to, payload });
        let text = crate::group_vectors::text("lp1", "lacis 2026 pairing 1 checksum", &fields);
        let mut vector = encoded(name, &fields);
        vector.extend([
            ("text", json!(text)),
            ("secret", hex(&link.secret)),
            ("nonce", hex(&nonce)),
            ("handover", hex(&plain)),
            ("handover_decoded", diagnostic::from_cbor(&plain)),
        ]);
        vector
    });
    for stored in compare("pairing", vectors.collect()) {
        let text = stored["text"].as_str().expect("text");
        let pairing = PairingText::parse(text).expect("it is whole");
        let plain = seal::open(&link.keys(), pairing.from, pairing.to, &pairing.payload);
        assert_eq!(plain, Ok(unhex(&stored["handover"])), "{}", stored["name"]);
        assert!(decode::<Handover>(&unhex(&stored["handover"])).is_ok());
        assert_eq!(pairing.to_text(), text);
    }
}

#[test]
fn proofs() {
    let end = |seed: u8, nonce: u8, fingerprint: u8| {
        let (seed, salt) = (samples::count(seed), samples::count(seed + 1));
        let key = proof::signing_key(&seed);
        let peer = proof::peer_id(&key);
        let (nonce, fingerprint) = (samples::count(nonce), samples::count(fingerprint));
        End {
            seed,
            salt,
            party: Party { node: node_of(&peer.0, &salt), peer, nonce, fingerprint },
            key,
        }
    };
    let (offerer, answerer) = (end(0x01, 0x40, 0x80), end(0x02, 0x60, 0xa0));
    for End { salt, party, .. } in [&offerer, &answerer] {
        assert_eq!(NodeId::derive(&party.peer, salt), party.node);
    }
    let (attempt, secret) = (AttemptId(0x0102_0304_0506_0708), samples::count(0));
    let transcript = transcript(1, attempt, &offerer.party, &answerer.party);
    assert_eq!(proof::transcript(1, attempt, &offerer.party, &answerer.party), transcript);
    let keys = RoomLink { secret, servers: vec![] }.keys();
    let mut vector = vec![
        ("name", json!("link")),
        ("version", json!(1)),
        ("attempt", diagnostic::integer(attempt.0)),
    ];
    vector.extend(described(
        [
            "offerer_seed",
            "offerer_peer",
            "offerer_salt",
            "offerer_node",
            "offerer_nonce",
            "offerer_fingerprint",
        ],
        &offerer,
    ));
    vector.extend(described(
        [
            "answerer_seed",
            "answerer_peer",
            "answerer_salt",
            "answerer_node",
            "answerer_nonce",
            "answerer_fingerprint",
        ],
        &answerer,
    ));
    vector.extend([
        ("transcript", hex(&transcript)),
        ("offerer_signature", hex(&proof::sign(&offerer.key, Role::Offerer, &transcript))),
        ("answerer_signature", hex(&proof::sign(&answerer.key, Role::Answerer, &transcript))),
        ("room_secret", hex(&secret)),
        ("offerer_tag", hex(&keys.tag(&transcript, offerer.party.node).0)),
        ("answerer_tag", hex(&keys.tag(&transcript, answerer.party.node).0)),
    ]);
    for stored in compare("proof", vec![vector]) {
        let signature = |field: &str| unhex(&stored[field]).try_into().expect("64 bytes");
        let (first, second) = (signature("offerer_signature"), signature("answerer_signature"));
        assert!(proof::verify(&offerer.party.peer, Role::Offerer, &transcript, &first));
        assert!(proof::verify(&answerer.party.peer, Role::Answerer, &transcript, &second));
        assert!(!proof::verify(&offerer.party.peer, Role::Answerer, &transcript, &first));
        assert!(!proof::verify(&answerer.party.peer, Role::Answerer, &transcript, &first));
    }
}

/// One end of the link that the proof is about.
struct End {
    seed: [u8; 32],
    salt: [u8; 16],
    party: Party,
    key: IdentityKey,
}

fn described(names: [&'static str; 6], end: &End) -> Vector {
    let Party { node, peer, nonce, fingerprint } = &end.party;
    let values = [&end.seed[..], &peer.0, &end.salt, &node.0, nonce, fingerprint];
    names.into_iter().zip(values.map(hex)).collect()
}

/// The node id by the specification, without the code under test.
fn node_of(peer: &[u8; 32], salt: &[u8; 16]) -> NodeId {
    let hash = blake3::derive_key("lacis 2026 node 1 id", &[&peer[..], salt].concat());
    NodeId(hash[..16].try_into().expect("16 bytes"))
}

/// The transcript by the specification, without the code under test.
fn transcript(version: u16, attempt: AttemptId, offerer: &Party, answerer: &Party) -> [u8; 32] {
    let mut parts = [&version.to_be_bytes()[..], &attempt.0.to_be_bytes()].concat();
    for Party { node, peer, nonce, fingerprint } in [offerer, answerer] {
        parts.extend([&node.0[..], &peer.0, nonce, fingerprint].concat());
    }
    assert_eq!(parts.len(), 2 + 8 + 2 * 112);
    blake3::derive_key("lacis 2026 link 1 transcript", &parts)
}

pub(crate) fn encoded(name: &str, bytes: &[u8]) -> Vector {
    vec![("name", json!(name)), ("hex", hex(bytes)), ("decoded", diagnostic::from_cbor(bytes))]
}

/// Demands that the file holds exactly these vectors, and gives what it holds.
pub(crate) fn compare(file: &str, vectors: Vec<Vector>) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let path = folder.join(file).with_extension("json");
    let expected = render(&vectors);
    if env::var_os("LACIS_REGENERATE_VECTORS").is_some() {
        fs::create_dir_all(&folder).expect("the folder can be made");
        fs::write(&path, expected).expect("the file can be written");
        panic!("{file}.json is written anew; look at the difference and unset the variable");
    }
    let stored = fs::read_to_string(&path).expect("the file of vectors is there");
    for (stored, expected) in stored.lines().zip(expected.lines()) {
        assert_eq!(stored, expected, "in {file}.json");
    }
    assert_eq!(stored.lines().count(), expected.lines().count(), "vectors in {file}.json");
    let stored: Vec<Value> = serde_json::from_str(&stored).expect("JSON");
    assert_eq!(stored.len(), vectors.len());
    stored
}

/// One vector a line, so that a difference shows which one changed.
fn render(vectors: &[Vector]) -> String {
    let lines: Vec<String> = vectors
        .iter()
        .map(|vector| {
            let field = |(name, value): &(&str, Value)| format!("{}: {value}", json!(name));
            format!("  {{ {} }}", vector.iter().map(field).collect::<Vec<_>>().join(", "))
        })
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

pub(crate) fn hex(bytes: &[u8]) -> Value {
    json!(HEXLOWER.encode(bytes))
}

pub(crate) fn unhex(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().expect("text").as_bytes()).expect("hex")
}
