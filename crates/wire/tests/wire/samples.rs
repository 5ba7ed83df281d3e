//! One fixed value of every variant, and of every shape that is written differently.

use lacis_wire::code::Code;
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::link::{Body, Envelope, Kind, LinkFrame};
use lacis_wire::room::RoomLink;
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::signal::{ByeReason, ClientFrame, IceServer, Refusal, ServerFrame, Undelivered};
use lacis_wire::{AttemptId, NodeId, PROTOCOL, PeerId, RoomTag, Topic, VersionRange};

pub(crate) type Samples<T> = Vec<(&'static str, T)>;

/// Bytes that count up from `first`.
pub(crate) fn count<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|at| first.wrapping_add(u8::try_from(at).expect("short")))
}

pub(crate) fn client() -> Samples<ClientFrame<'static>> {
    let (node, topic) = (NodeId(count(0x10)), Topic(count(0x40)));
    let hello = |versions| ClientFrame::Hello { versions, node, secret: count(0x80) };
    vec![
        ("hello", hello(PROTOCOL)),
        ("hello-of-a-later-version", hello(VersionRange { min: 2, max: 700 })),
        ("join", ClientFrame::Join { topic, want: 16 }),
        ("join-to-refresh", ClientFrame::Join { topic, want: 0 }),
        ("leave", ClientFrame::Leave { topic }),
        ("send", ClientFrame::Send { to: node, seq: 7, payload: &[1, 2, 3] }),
        ("send-nothing", ClientFrame::Send { to: node, seq: u32::MAX, payload: &[] }),
        ("send-300-bytes", ClientFrame::Send { to: node, seq: 256, payload: &[0xa5; 300] }),
        ("ping", ClientFrame::Ping { nonce: 24 }),
        ("resume", ClientFrame::Resume { token: &[7; 40] }),
    ]
}

pub(crate) fn server() -> Samples<ServerFrame<'static>> {
    let (node, topic) = (NodeId(count(0x10)), Topic(count(0x40)));
    let stun = IceServer {
        urls: vec!["stun:stun.example.org:3478".into()],
        username: None,
        credential: None,
    };
    let turn = IceServer {
        urls: vec!["turn:turn.example.org:3478".into(), "turns:turn.example.org:5349".into()],
        username: Some("1765000000:a".into()),
        credential: Some("c2VjcmV0".into()),
    };
    let no_user = IceServer { username: None, ..turn.clone() };
    let bye = |reason| ServerFrame::Bye { reason, retry_after_ms: 1_500 };
    let mut samples = vec![
        ("welcome", ServerFrame::Welcome { version: 1, ice_servers: vec![] }),
        (
            "ice-servers",
            ServerFrame::IceServers { servers: vec![turn.clone()], lifetime_ms: 600_000 },
        ),
        ("welcome-with-ice", ServerFrame::Welcome { version: 1, ice_servers: vec![stun, turn] }),
        ("welcome-with-a-gap", ServerFrame::Welcome { version: 1, ice_servers: vec![no_user] }),
        ("joined", ServerFrame::Joined { topic, members: vec![node, NodeId([0xff; 16])] }),
        ("joined-alone", ServerFrame::Joined { topic, members: vec![] }),
        ("deliver", ServerFrame::Deliver { from: node, payload: &[1, 2, 3] }),
        ("pong", ServerFrame::Pong { nonce: 0xffff_ffff }),
        ("resume", ServerFrame::Resume { token: &[7; 40] }),
        ("not-resumed", ServerFrame::NotResumed {}),
    ];
    let undelivered = |reason| ServerFrame::Undelivered { to: node, seq: 7, reason };
    samples.extend([
        ("undelivered-unknown", undelivered(Undelivered::Unknown)),
        ("undelivered-full", undelivered(Undelivered::Full)),
        ("undelivered-rate-limited", undelivered(Undelivered::RateLimited)),
        ("refused-too-many-topics", ServerFrame::Refused { topic, reason: Refusal::TooManyTopics }),
        ("refused-server-full", ServerFrame::Refused { topic, reason: Refusal::ServerFull }),
        ("refused-rate-limited", ServerFrame::Refused { topic, reason: Refusal::RateLimited }),
        ("bye-shutdown", bye(ByeReason::Shutdown)),
        ("bye-protocol", bye(ByeReason::Protocol)),
        ("bye-version", bye(ByeReason::Version)),
        ("bye-node-taken", bye(ByeReason::NodeTaken)),
        ("bye-rate-limited", bye(ByeReason::RateLimited)),
        ("bye-slow-reader", bye(ByeReason::SlowReader)),
        ("bye-timeout", bye(ByeReason::Timeout)),
        ("bye-full", bye(ByeReason::Full)),
        ("bye-replaced", bye(ByeReason::Replaced)),
        ("bye-origin", bye(ByeReason::Origin)),
        ("bye-unauthorized", bye(ByeReason::Unauthorized)),
    ]);
    samples
}

pub(crate) fn link() -> Samples<LinkFrame<'static>> {
    let room = RoomTag(count(0x20));
    let envelope = |kind, label| Envelope { room, kind, label };
    let message = |kind| LinkFrame::Message {
        seq: 1,
        ack: 0,
        envelope: envelope(kind, "chat"),
        payload: b"bonjour",
    };
    let file = |name: &str, media_type: &str| Body::File {
        name: name.into(),
        media_type: media_type.into(),
    };
    let open = |body, size| LinkFrame::Open {
        stream: 2,
        envelope: envelope(Kind::Direct, "file"),
        body,
        size,
    };
    let refused = |code| Kind::Response { id: 9, refused: Some(code) };
    let late = LinkFrame::Message {
        seq: u64::MAX,
        ack: 1 << 53,
        envelope: envelope(Kind::Broadcast, "\u{fc}ber/\u{1f9f6}"),
        payload: &[],
    };
    vec![
        ("proof", LinkFrame::Proof { signature: count(0) }),
        ("rooms", LinkFrame::Rooms { tags: vec![room, RoomTag([0xff; 16])] }),
        ("rooms-none", LinkFrame::Rooms { tags: vec![] }),
        ("ping", LinkFrame::Ping { nonce: 1 }),
        ("pong", LinkFrame::Pong { nonce: 1 }),
        ("message-direct", message(Kind::Direct)),
        ("message-broadcast", message(Kind::Broadcast)),
        ("message-request", message(Kind::Request { id: 9 })),
        ("message-response", message(Kind::Response { id: 9, refused: None })),
        ("message-response-refused", message(refused(Code::NoHandler))),
        ("message-with-large-numbers", late),
        ("ack", LinkFrame::Ack { upto: 65_536 }),
        ("open-message", open(Body::Message, 1_000_000)),
        ("open-file", open(file("photo.jpg", "image/jpeg"), 1 << 40)),
        ("open-file-of-no-type", open(file("notes", ""), 0)),
        ("chunk", LinkFrame::Chunk { stream: 2, data: &[0; 24] }),
        ("credit", LinkFrame::Credit { stream: 2, received: 160, upto: 4_194_404, taken: 100 }),
        ("done", LinkFrame::Done { stream: 2 }),
        ("reset", LinkFrame::Reset { stream: 3, code: Code::Aborted }),
        (
            "ephemeral",
            LinkFrame::Ephemeral {
                envelope: envelope(Kind::Broadcast, "cursor"),
                payload: &[3, 4],
            },
        ),
        ("bye", LinkFrame::Bye { code: Code::Left }),
        ("group-first-part", LinkFrame::Group { room, more: true, data: &[0x82, 0x0b] }),
        ("group-last-part", LinkFrame::Group { room, more: false, data: &[0x81, 0x00] }),
    ]
}

pub(crate) fn setup() -> Samples<Setup> {
    let attempt = AttemptId(0x0102_0304_0506_0708);
    let introduction = Introduction {
        peer: PeerId(count(0x40)),
        nonce: count(0x60),
        session: u64::MAX - 1,
        salt: count(0x30),
    };
    let describe = |dtls_role, message_bytes_max| Description {
        ufrag: "kQ1r".into(),
        pwd: "0y3mX+/sCzPvIY9NnQ1FQ7aB".into(),
        fingerprint: count(0x80),
        dtls_role,
        message_bytes_max,
    };
    let (chromium, firefox) = (262_144, 1_073_741_823);
    let list = vec![
        "candidate:0 1 UDP 2122187007 192.0.2.2 45912 typ host".into(),
        "candidate:1 1 udp 2113937151 8a5cde4b-9ac8-4426-a899-20a69ef59c7f.local 46323 typ host"
            .into(),
    ];
    let offer = Setup::Offer {
        attempt,
        introduction: introduction.clone(),
        versions: PROTOCOL,
        description: describe(DtlsRole::ActPass, chromium),
    };
    let answer = Setup::Answer {
        attempt,
        introduction,
        version: 1,
        description: describe(DtlsRole::Active, firefox),
        signature: count(0),
    };
    let restart = describe(DtlsRole::ActPass, chromium);
    let restarted = describe(DtlsRole::Passive, 0);
    vec![
        ("offer", offer),
        ("answer", answer),
        ("candidates", Setup::Candidates { attempt, list }),
        ("restart", Setup::Restart { attempt, round: 1, description: restart }),
        ("restarted", Setup::Restarted { attempt, round: 1, description: restarted }),
        ("restart-wanted", Setup::RestartWanted { attempt: AttemptId(3) }),
        ("refuse", Setup::Refuse { attempt, code: Code::Busy }),
    ]
}

pub(crate) fn room() -> Samples<RoomLink> {
    let servers = |count: usize| {
        let all = ["wss://signal.example.org/ws", "ws://127.0.0.1:8080/ws", "wss://b.example"];
        all.iter().take(count).map(ToString::to_string).collect()
    };
    vec![
        ("no-server", RoomLink { secret: count(0), servers: servers(0) }),
        ("one-server", RoomLink { secret: count(0x10), servers: servers(1) }),
        ("three-servers", RoomLink { secret: [0xff; 16], servers: servers(3) }),
    ]
}
