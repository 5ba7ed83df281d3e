//! Golden vectors of rooms, signaling and links: what other implementations, and later versions of
//! this one, must reproduce.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lacis_wire::codec::{decode, encode};
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::gossip::{Gossip, News};
use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::pairing::{Handover, PairingText};
use lacis_wire::pen::Pen;
use lacis_wire::proof::{self, Party, Role};
use lacis_wire::relay::{self, RelaySeal};
use lacis_wire::room::RoomLink;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{Millis, NodeId, Topic, export, presence, seal};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use crate::ends::{self, End, answerer, offerer};
use crate::golden::{Vector, compare, encoded, frames, hex, text, unhex};
use crate::{diagnostic, group_samples, samples};

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

/// What two say over a neighbor, sealed here by the words of the document.
#[test]
fn over_a_neighbor() {
    let (secret, transcript) = ([0x5a; 32], [0xc3; 32]);
    let offered = relay::public_key(&secret);
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let (answered, common) = relay::answer(&offered, &mut rng).expect("a key");
    assert_eq!(relay::common(&secret, &answered), Some(common));
    let seal = |from: u8, count: u8, channel: Channel, frame: &[u8]| {
        let input = [&common[..], &transcript, &[from]].concat();
        let key = blake3::derive_key("lacis 2026 relay 1 key", &input);
        let mut nonce = [0; 24];
        nonce[23] = count;
        let plain = [frame, &channel.id().to_be_bytes()[1..]].concat();
        let cipher = XChaCha20Poly1305::new(&key.into());
        cipher.encrypt(&XNonce::from(nonce), &plain[..]).expect("short")
    };
    let [proof, ping] = [LinkFrame::Proof { signature: [7; 64] }, LinkFrame::Ping { nonce: 1 }];
    let (proof, ping) = (encode(&proof), encode(&ping));
    let messages = [
        ("first-of-the-offerer", Role::Offerer, 0, Channel::Control, &proof),
        ("second-of-the-offerer", Role::Offerer, 1, Channel::Bulk, &ping),
        ("first-of-the-answerer", Role::Answerer, 0, Channel::Ephemeral, &ping),
    ];
    let vectors = messages.iter().map(|(name, role, count, channel, frame)| {
        let from = u8::from(*role == Role::Answerer);
        vec![
            ("name", json!(name)),
            ("secret", hex(&secret)),
            ("offered", hex(&offered)),
            ("answered", hex(&answered)),
            ("common", hex(&common)),
            ("transcript", hex(&transcript)),
            ("from_offerer", json!(*role == Role::Offerer)),
            ("count", json!(count)),
            ("channel", json!(channel.id())),
            ("frame", hex(frame)),
            ("sealed", hex(&seal(from, *count, *channel, frame))),
        ]
    });
    let end = |role| RelaySeal::new(&common, &transcript, role);
    let (mut of_offerer, mut of_answerer) = (end(Role::Offerer), end(Role::Answerer));
    for ((_, role, _, channel, frame), stored) in
        messages.iter().zip(compare("relay", vectors.collect()))
    {
        let sealed = unhex(&stored["sealed"]);
        let (from, to) = match role {
            Role::Offerer => (&mut of_offerer, &mut of_answerer),
            Role::Answerer => (&mut of_answerer, &mut of_offerer),
        };
        assert_eq!(from.seal(*channel, frame.to_vec()), sealed);
        assert_eq!(to.open(&sealed), Some((*channel, frame.to_vec())));
    }
}

#[test]
fn presences() {
    let all = [
        ("json", 30_000, &br#"{"cursor":[3,4]}"#[..]),
        ("empty", 5_000, b""),
        ("nothing-any-more", 0, b""),
        ("for-a-long-time", u32::MAX, b"\xff"),
    ];
    let vectors = all.iter().map(|(name, lifetime_ms, value)| {
        vec![
            ("name", json!(name)),
            ("lifetime_ms", json!(lifetime_ms)),
            ("value", hex(value)),
            ("payload", hex(&[&lifetime_ms.to_le_bytes(), *value].concat())),
        ]
    });
    for ((name, lifetime_ms, value), stored) in
        all.iter().zip(compare("presence", vectors.collect()))
    {
        let payload = unhex(&stored["payload"]);
        assert_eq!(presence::read(&payload), Some((*lifetime_ms, *value)), "{name}");
        assert_eq!(presence::write(*lifetime_ms, value), payload, "{name}");
    }
}

/// What one tells to all, signed here by the words of the document.
#[test]
fn gossips() {
    let (topic, key) = (Topic([0x21; 32]), proof::signing_key(&[9; 32]));
    let [label, payload] = ["chat", "hello"];
    let all = [
        ("here", 8, News::Here),
        ("gone", 9, News::Gone),
        ("alone", 1, News::Alone),
        ("message", u64::MAX, News::Message { label, payload: payload.as_bytes() }),
        ("ephemeral", 24, News::Ephemeral { label, payload: b"" }),
    ];
    let told = |number: u64, news: &News<'static>| {
        let at = Millis(1_800_000_000_000 + number % 1_000);
        let gossip = Gossip::unsigned((proof::peer_id(&key), [7; 16]), (number, at), news.clone());
        gossip.signed(&Pen::new(&key), &topic)
    };
    let vectors = all.iter().map(|(name, number, news)| {
        let gossip = told(*number, news);
        let bytes = encode(&gossip);
        let fields = &bytes[..bytes.len() - 64];
        let message = [&b"lacis 2026 gossip 1"[..], fields, &topic.0].concat();
        let signature = ed25519_dalek::Signer::sign(&key, &message);
        assert_eq!(gossip.signature, signature.to_bytes());
        let mut vector = encoded(name, &bytes);
        vector.extend([
            ("seed", hex(&[9; 32])),
            ("topic", hex(&topic.0)),
            ("message", hex(&message)),
        ]);
        vector
    });
    for ((name, number, news), stored) in all.iter().zip(compare("gossip", vectors.collect())) {
        let bytes = unhex(&stored["hex"]);
        let read = decode::<Gossip<'_>>(&bytes);
        assert_eq!(read.as_ref(), Ok(&told(*number, news)), "{name}");
        assert!(read.is_ok_and(|gossip| gossip.verify(&topic)), "{name}");
    }
}

/// A group as a file: how its parts stand in it.
#[test]
fn exports() {
    let head = export::head(&group_samples::group());
    let files = [
        ("what-begins-it", vec![head.clone()]),
        ("two-parts", vec![head.clone(), b"a record".to_vec()]),
        ("a-part-of-nothing", vec![head, vec![], samples::count::<8>(0).to_vec()]),
    ];
    let vectors = files.iter().map(|(name, parts)| {
        // By the specification, without the code under test.
        let framed = |part: &Vec<u8>| [&[part.len().to_le_bytes()[0], 0, 0, 0][..], part].concat();
        let file: Vec<u8> = parts.iter().flat_map(framed).collect();
        assert_eq!(file, parts.iter().flat_map(|part| export::framed(part)).collect::<Vec<u8>>());
        let parts: Vec<_> = parts.iter().map(|part| hex(part)).collect();
        vec![
            ("name", json!(name)),
            ("group", hex(&group_samples::group().0)),
            ("parts", json!(parts)),
            ("file", hex(&file)),
        ]
    });
    for ((name, parts), stored) in files.iter().zip(compare("export", vectors.collect())) {
        let mut read = export::Parts::default();
        read.push(&unhex(&stored["file"]));
        for part in parts {
            assert_eq!(read.next_part(), Ok(Some(&part[..])), "{name}");
        }
        assert!(read.is_empty());
        let (group, rest) = export::read_head(&parts[0]).expect("it begins so");
        assert_eq!((group, rest), (group_samples::group(), &[][..]));
    }
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
    let (from, to) = (offerer().party.node, answerer().party.node);
    let link = ends::room();
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
    let (offerer, answerer) = (offerer().party.node, answerer().party.node);
    let link = ends::room();
    let nonce = samples::count(0x90);
    // The offer goes to whoever gets it; the answer to the one who offered.
    let between = [(offerer, NodeId(samples::count(0x20))), (answerer, offerer)];
    let handovers = samples::handovers().into_iter().zip(between);
    let vectors = handovers.map(|((name, handover), (from, to))| {
        let plain = encode(&handover);
        let payload = seal::seal(&link.keys(), from, to, nonce, &plain);
        let fields = encode(&PairingText { from, to, payload });
        let text = text("lp1", "lacis 2026 pairing 1 checksum", &fields);
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

/// What a browser is given of a description.
#[test]
fn descriptions() {
    let of = |dtls_role, message_bytes_max| Description {
        message_bytes_max,
        ..samples::describe(&offerer(), dtls_role)
    };
    let init = "AQAAJIN7vzkAUAAA//////X8xqLAAAAEgAgAB4LAwAAAAoCxAAAA";
    let all = [
        ("either", of(DtlsRole::ActPass, 262_144)),
        ("active", of(DtlsRole::Active, 1_073_741_823)),
        ("passive-without-limit", of(DtlsRole::Passive, 0)),
        (
            "with-the-beginning-of-sctp",
            Description { sctp_init: Some(init.into()), ..of(DtlsRole::ActPass, 262_144) },
        ),
    ];
    let vectors = all.iter().map(|(name, description)| {
        let mut vector = encoded(name, &encode(description));
        vector.extend([("revision", json!(1)), ("sdp", json!(description.to_sdp(1)))]);
        vector
    });
    for ((name, description), stored) in all.iter().zip(compare("description", vectors.collect())) {
        let sdp = stored["sdp"].as_str().expect("text");
        assert_eq!(Description::from_sdp(sdp).as_ref(), Ok(description), "{name}");
    }
}

#[test]
fn proofs() {
    let (offerer, answerer) = (offerer(), answerer());
    for End { salt, party, .. } in [&offerer, &answerer] {
        assert_eq!(NodeId::derive(&party.peer, salt), party.node);
    }
    let (terms, secret) = (ends::terms(), ends::room().secret);
    let transcript = ends::transcript();
    assert_eq!(proof::transcript(&terms, &offerer.party, &answerer.party), transcript);
    let keys = ends::room().keys();
    let mut vector = vec![
        ("name", json!("link")),
        ("version", json!(terms.version)),
        ("offered", json!([terms.offered.min, terms.offered.max])),
        ("attempt", diagnostic::integer(terms.attempt.0)),
        ("topic", hex(&terms.topic.0)),
        ("offerer_session", diagnostic::integer(offerer.party.session)),
        ("answerer_session", diagnostic::integer(answerer.party.session)),
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

fn described(names: [&'static str; 6], end: &End) -> Vector {
    let Party { node, peer, nonce, fingerprint, .. } = &end.party;
    let values = [&end.seed[..], &peer.0, &end.salt, &node.0, nonce, fingerprint];
    names.into_iter().zip(values.map(hex)).collect()
}
