//! Each limit on a field holds at its last allowed value and is enforced one beyond it.

use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::description::{Description, DtlsRole, candidate_ok};
use lacis_wire::gossip::NamedGossip;
use lacis_wire::link::{Body, Envelope, GOSSIP_LABEL, Kind, LinkFrame, file_ok, label_ok};
use lacis_wire::room::{RoomLink, server_ok};
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::signal::{ClientFrame, IceServer, ServerFrame};
use lacis_wire::{AttemptId, DecodeError, NodeId, PROTOCOL, PeerId, RoomTag, Topic, limits};

static PAYLOAD: [u8; limits::FRAME_BYTES] = [0; limits::FRAME_BYTES];

/// The first value is accepted; the second is refused, with this field named.
macro_rules! boundary {
    ($kind:ident, $field:literal, $inside:expr, $outside:expr) => {{
        let (inside, outside) = ($inside, $outside);
        assert_eq!(decode::<$kind>(&encode(&inside)).as_ref(), Ok(&inside), $field);
        let bytes = encode(&outside);
        assert!(bytes.len() <= $kind::BYTES_MAX, "the frame's size alone refuses {}", $field);
        assert_eq!(decode::<$kind>(&bytes), Err(DecodeError::Limit($field)));
        assert_eq!(outside.check(), Err(DecodeError::Limit($field)));
    }};
}

pub(crate) use boundary;

#[test]
fn client_frames() {
    let join = |want| ClientFrame::Join { topic: Topic([0; 32]), want };
    boundary!(ClientFrame, "want", join(16), join(17));
    let send = |bytes: usize| ClientFrame::Send {
        to: NodeId([0; 16]),
        seq: u32::MAX,
        payload: &PAYLOAD[..bytes],
    };
    let most = limits::SIGNAL_PAYLOAD_BYTES;
    boundary!(ClientFrame, "payload", send(most), send(most + 1));
}

#[test]
fn server_frames() {
    let server = |urls: usize, url: usize, secret: usize| IceServer {
        urls: vec!["u".repeat(url); urls],
        username: Some("n".repeat(secret)),
        credential: Some("c".repeat(secret)),
    };
    let welcome = |ice_servers| ServerFrame::Welcome { version: 1, ice_servers };
    let one = |urls, url, secret| welcome(vec![server(urls, url, secret)]);
    let many = |count| welcome(vec![server(1, 20, 20); count]);
    boundary!(ServerFrame, "ice_servers", many(8), many(9));
    boundary!(ServerFrame, "urls", one(4, 20, 0), one(5, 20, 0));
    boundary!(ServerFrame, "urls", one(1, 20, 0), one(0, 20, 0));
    boundary!(ServerFrame, "url", one(2, 512, 0), one(2, 513, 0));
    boundary!(ServerFrame, "credential", one(1, 9, 512), one(1, 9, 513));

    let joined = |count| {
        let members = vec![NodeId([0; 16]); count];
        ServerFrame::Joined { topic: Topic([0; 32]), members }
    };
    boundary!(ServerFrame, "members", joined(16), joined(17));
    let deliver = |bytes: usize| {
        let from = NodeId([0; 16]);
        ServerFrame::Deliver { from, payload: &PAYLOAD[..bytes] }
    };
    let most = limits::SIGNAL_PAYLOAD_BYTES;
    boundary!(ServerFrame, "payload", deliver(most), deliver(most + 1));
}

fn envelope(label: &str) -> Envelope<'_> {
    Envelope { room: RoomTag([0; 16]), kind: Kind::Direct, label }
}

#[test]
fn link_frames() {
    let rooms = |count| LinkFrame::Rooms { tags: vec![RoomTag([0; 16]); count] };
    boundary!(LinkFrame, "tags", rooms(16), rooms(17));
    let name = NamedGossip { node: NodeId([0; 16]), number: 0, hops: 0 };
    let room = RoomTag([0; 16]);
    let names = |count| LinkFrame::Names { room, lacks: true, names: vec![name; count] };
    boundary!(LinkFrame, "names", names(512), names(513));
    let message = |seq, bytes: usize| LinkFrame::Message {
        seq,
        ack: 0,
        envelope: envelope("a"),
        payload: &PAYLOAD[..bytes],
    };
    boundary!(LinkFrame, "seq", message(1, 0), message(0, 0));
    let most = limits::INTERACTIVE_BYTES;
    boundary!(LinkFrame, "payload", message(1, most), message(1, most + 1));
    let ephemeral = |label, bytes: usize| LinkFrame::Ephemeral {
        envelope: envelope(label),
        payload: &PAYLOAD[..bytes],
    };
    let most = limits::EPHEMERAL_BYTES;
    boundary!(LinkFrame, "payload", ephemeral("a", most), ephemeral("a", most + 1));
    let passed_on = |bytes: usize| LinkFrame::Ephemeral {
        envelope: Envelope { kind: Kind::Gossip, ..envelope(GOSSIP_LABEL) },
        payload: &PAYLOAD[..bytes],
    };
    let most = most + limits::GOSSIP_WRAPPING_BYTES;
    boundary!(LinkFrame, "payload", passed_on(most), passed_on(most + 1));
    assert!(encode(&passed_on(most)).len() <= limits::FRAME_BYTES_MIN);
    let chunk = |bytes: usize| LinkFrame::Chunk { stream: 1, data: &PAYLOAD[..bytes] };
    boundary!(LinkFrame, "data", chunk(1), chunk(0));
    let part = |more| LinkFrame::Group { room: envelope("a").room, more, data: &[] };
    boundary!(LinkFrame, "data", part(false), part(true));

    let (one, two) = (NodeId([1; 16]), NodeId([2; 16]));
    let relay = |to, bytes: usize| LinkFrame::Relay {
        from: one,
        to,
        attempt: AttemptId(1),
        taken: 0,
        sealed: &PAYLOAD[..bytes],
    };
    let most = limits::RELAY_BYTES;
    boundary!(LinkFrame, "sealed", relay(two, most), relay(two, most + 1));
    boundary!(LinkFrame, "to", relay(two, 0), relay(one, 0));
    let end = |to| LinkFrame::RelayEnd { from: one, to, attempt: AttemptId(1) };
    boundary!(LinkFrame, "to", end(two), end(one));

    let (longest, longer) = ("l".repeat(64), "l".repeat(65));
    boundary!(LinkFrame, "label", ephemeral(&longest, 0), ephemeral(&longer, 0));
    boundary!(LinkFrame, "label", ephemeral("a", 0), ephemeral("", 0));
    boundary!(LinkFrame, "label", ephemeral("a b", 0), ephemeral("a\nb", 0));
}

#[test]
fn streams() {
    let open = |body: &Body, size| LinkFrame::Open {
        stream: 1,
        envelope: envelope("a"),
        body: body.clone(),
        size,
    };
    let file = |name: &str, media_type: &str| Body::File {
        name: name.into(),
        media_type: media_type.into(),
    };
    let most = limits::MESSAGE_BYTES as u64;
    boundary!(LinkFrame, "size", open(&Body::Message, most), open(&Body::Message, most + 1));
    let (fine, most) = (file("a", ""), limits::FILE_BYTES);
    boundary!(LinkFrame, "size", open(&fine, most), open(&fine, most + 1));
    let named = |bytes| open(&file(&"n".repeat(bytes), ""), 0);
    boundary!(LinkFrame, "file", named(255), named(256));
    boundary!(LinkFrame, "file", named(1), named(0));
    let typed = |bytes| open(&file("a", &"m".repeat(bytes)), 0);
    boundary!(LinkFrame, "file", typed(127), typed(128));
}

#[test]
fn the_longest_chunk_and_the_longest_headers_fit_a_frame() {
    let room = limits::FRAME_BYTES - limits::FRAME_HEADER_BYTES;
    let chunk = LinkFrame::Chunk { stream: u32::MAX, data: &PAYLOAD[..room] };
    assert!(encode(&chunk).len() <= limits::FRAME_BYTES);

    let label = "l".repeat(limits::LABEL_BYTES);
    let kind = Kind::Response { id: u32::MAX, refused: None };
    let envelope = Envelope { kind, ..envelope(&label) };
    let payload = &PAYLOAD[..limits::INTERACTIVE_BYTES];
    let message =
        LinkFrame::Message { seq: u64::MAX, ack: u64::MAX, envelope: envelope.clone(), payload };
    assert!(encode(&message).len() - payload.len() <= limits::FRAME_HEADER_BYTES);
    let payload = &PAYLOAD[..limits::EPHEMERAL_BYTES];
    let ephemeral = LinkFrame::Ephemeral { envelope, payload };
    assert!(encode(&ephemeral).len() <= limits::FRAME_BYTES_MIN);
}

#[test]
fn labels_and_file_names() {
    for label in ["a", "chat/1", "\u{1f9f6}", " ", &"\u{e9}".repeat(32)] {
        assert!(label_ok(label), "{label:?}");
    }
    for label in ["", "a\0", "\u{7f}", "\u{85}", &"\u{e9}".repeat(33)] {
        assert!(!label_ok(label), "{label:?}");
    }
    for name in ["a", "photo (1).jpg", "...", "\u{4e2d}\u{6587}.txt", ".profile"] {
        assert!(file_ok(name, "text/plain"), "{name:?}");
    }
    for name in ["", ".", "..", "a/b", "/", "..\\a", "a\0", "a\n"] {
        assert!(!file_ok(name, "text/plain"), "{name:?}");
    }
    assert!(!file_ok("a", "text/plain\r\n"));
}

fn described() -> Description {
    Description {
        ufrag: "kQ1r".into(),
        pwd: "0y3mX+/sCzPvIY9NnQ1FQ7aB".into(),
        fingerprint: [7; 32],
        dtls_role: DtlsRole::ActPass,
        message_bytes_max: 262_144,
        sctp_init: None,
        through: None,
    }
}

#[test]
fn setups_over_neighbors() {
    let attempt = AttemptId(1);
    let over = |count| Description::over([7; 32], vec![NodeId([1; 16]); count]);
    let introduction =
        || Introduction { peer: PeerId([1; 32]), nonce: [2; 32], session: 3, salt: [4; 16] };
    let offer = |description| Setup::Offer {
        attempt,
        introduction: introduction(),
        versions: PROTOCOL,
        description,
        newcomer: None,
    };
    boundary!(Setup, "through", offer(over(8)), offer(over(9)));
    boundary!(Setup, "through", offer(over(1)), offer(over(0)));
    let sized = |message_bytes_max| offer(Description { message_bytes_max, ..over(1) });
    boundary!(Setup, "max-message-size", sized(61_696), sized(61_697));
    let named = |ufrag: &str| offer(Description { ufrag: ufrag.into(), ..over(1) });
    boundary!(Setup, "ice-ufrag", named(""), named("abcd"));
    let answer = |description| Setup::Answer {
        attempt,
        introduction: introduction(),
        version: 1,
        description,
        signature: [5; 64],
    };
    boundary!(Setup, "through", answer(over(1)), answer(over(2)));
    let restart = |description| Setup::Restart { attempt, round: 1, description };
    boundary!(Setup, "through", restart(described()), restart(over(1)));
}

#[test]
fn setup_messages() {
    let attempt = AttemptId(u64::MAX);
    let text = |bytes| "A".repeat(bytes);
    let restart = |description| Setup::Restart { attempt, round: 1, description };
    let ufrag = |ufrag: String| restart(Description { ufrag, ..described() });
    boundary!(Setup, "ice-ufrag", ufrag(text(4)), ufrag(text(3)));
    boundary!(Setup, "ice-ufrag", ufrag(text(256)), ufrag(text(257)));
    boundary!(Setup, "ice-ufrag", ufrag("a-_+/=".into()), ufrag("kQ1r\r\na=x".into()));
    let pwd = |pwd: String| restart(Description { pwd, ..described() });
    boundary!(Setup, "ice-pwd", pwd(text(22)), pwd(text(21)));
    boundary!(Setup, "ice-pwd", pwd(text(256)), pwd(text(257)));
    boundary!(Setup, "ice-pwd", pwd(text(30)), pwd(text(30) + " "));
    let init = |text| restart(Description { sctp_init: Some(text), ..described() });
    boundary!(Setup, "sctp-init", init(text(28)), init(text(27)));
    boundary!(Setup, "sctp-init", init(text(256)), init(text(257)));
    boundary!(Setup, "sctp-init", init(text(30)), init(text(30) + "\r\na=x"));
    let size = |bytes| restart(Description { message_bytes_max: bytes, ..described() });
    boundary!(Setup, "max-message-size", size(16_384), size(16_383));
    boundary!(Setup, "max-message-size", size(0), size(1));

    let candidate = |bytes| format!("candidate:{}", "x".repeat(bytes - 10));
    let candidates = |list| Setup::Candidates { attempt, list };
    let many = |count| candidates(vec![candidate(100); count]);
    boundary!(Setup, "list", many(limits::CANDIDATES_MAX), many(limits::CANDIDATES_MAX + 1));
    boundary!(Setup, "list", many(1), many(0));
    let long = |bytes| candidates(vec![candidate(bytes)]);
    let most = limits::CANDIDATE_BYTES;
    boundary!(Setup, "candidate", long(most), long(most + 1));

    let longest = candidates(vec![candidate(most); limits::CANDIDATES_MAX]);
    assert_eq!(decode::<Setup>(&encode(&longest)), Ok(longest));
}

#[test]
fn candidates_are_one_line_of_printable_ascii() {
    let lines = concat!(
        include_str!("../sdp/chromium.candidates"),
        include_str!("../sdp/firefox.candidates"),
    );
    assert_eq!(lines.lines().count(), 6);
    for line in lines.lines() {
        assert!(candidate_ok(line), "{line}");
        for (at, _) in line.char_indices() {
            for smuggled in ["\r", "\n", "\0", "\t", "\u{7f}", "\u{e9}"] {
                let mut changed = line.to_owned();
                changed.insert_str(at, smuggled);
                assert!(!candidate_ok(&changed), "{changed:?}");
            }
        }
    }
    assert!(!candidate_ok(""));
    assert!(!candidate_ok("a=candidate:1 1 udp 1 192.0.2.1 1 typ host"));
}

#[test]
fn room_links() {
    let with = |servers: Vec<String>| RoomLink { secret: [7; 16], servers };
    let many = |count| with(vec!["ws://a".to_owned(); count]);
    boundary!(RoomLink, "servers", many(4), many(5));
    let long = |bytes: usize| with(vec![format!("wss://{}", "a".repeat(bytes - 6))]);
    boundary!(RoomLink, "server", long(512), long(513));
    boundary!(RoomLink, "server", many(0), with(vec!["https://example.org".to_owned()]));

    let most = with(vec![format!("wss://{}", "a".repeat(506)); 4]);
    assert_eq!(RoomLink::parse(&most.to_text()), Ok(most));
    for url in ["", "ws://", "wss://", "http://a", "ws://a b", "ws://a\n", "WS://a", "ws://\u{e9}"]
    {
        assert!(!server_ok(url), "{url:?}");
    }
}
