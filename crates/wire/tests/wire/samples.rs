//! One fixed value of every variant, and of every shape that is written differently.

use std::sync::LazyLock;

use lacis_wire::code::Code;
use lacis_wire::codec::encode;
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::gossip::NamedGossip;
use lacis_wire::link::{Body, Envelope, Kind, LinkFrame};
use lacis_wire::pairing::Handover;
use lacis_wire::proof::Role;
use lacis_wire::room::RoomLink;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ByeReason, ClientFrame, IceServer, Refusal, ServerFrame, Undelivered};
use lacis_wire::{AttemptId, NodeId, PROTOCOL, RoomTag, Topic, VersionRange, limits};

use crate::ends::{ATTEMPT, End, answerer, offerer};
use crate::group_frames;

/// Frames of a group, of which link frames borrow parts: the longest and the shortest.
static PARTS: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let mut all: Vec<_> = group_frames::samples().iter().map(|(_, frame)| encode(frame)).collect();
    all.sort_by_key(Vec::len);
    (all.pop().expect("samples"), all.swap_remove(0))
});

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
        ("join-that-names-nobody", ClientFrame::Join { topic, want: 0 }),
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

fn carry() -> LinkFrame<'static> {
    let (from, to) = (NodeId(count(0x10)), NodeId(count(0x30)));
    LinkFrame::Carry { from, to, hops: limits::CARRY_HOPS, payload: &[1, 2, 3] }
}

fn relay(sealed: &'static [u8]) -> LinkFrame<'static> {
    let (from, to) = (NodeId(count(0x10)), NodeId(count(0x30)));
    LinkFrame::Relay { from, to, attempt: ATTEMPT, taken: 70_000, sealed }
}

fn link_without_names() -> Samples<LinkFrame<'static>> {
    let (offerer, room) = (offerer(), offerer().room_tag());
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
    let refused = LinkFrame::Message {
        seq: 1,
        ack: 0,
        envelope: envelope(Kind::Response { id: 9, refused: Some(Code::NoHandler) }, "chat"),
        payload: &[],
    };
    let late = LinkFrame::Message {
        seq: u64::MAX,
        ack: 1 << 53,
        envelope: envelope(Kind::Broadcast, "\u{fc}ber/\u{1f9f6}"),
        payload: &[],
    };
    let group =
        |more, data: &'static [u8]| LinkFrame::Group { room: offerer.group_tag(), more, data };
    vec![
        ("proof", LinkFrame::Proof { signature: offerer.proof(Role::Offerer) }),
        ("rooms", LinkFrame::Rooms { tags: vec![room, RoomTag([0xff; 16])] }),
        ("rooms-none", LinkFrame::Rooms { tags: vec![] }),
        ("ping", LinkFrame::Ping { nonce: 1 }),
        ("pong", LinkFrame::Pong { nonce: 1 }),
        ("message-direct", message(Kind::Direct)),
        ("message-broadcast", message(Kind::Broadcast)),
        ("message-request", message(Kind::Request { id: 9 })),
        ("message-response", message(Kind::Response { id: 9, refused: None })),
        ("message-response-refused", refused),
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
        ("start", LinkFrame::Start { store: [0x5a; 16], number: 3 }),
        ("carry", carry()),
        ("group", group(false, &PARTS.1)),
        ("group-first-part", group(true, &PARTS.0[..100])),
        ("group-last-part", group(false, &PARTS.0[100..])),
        ("group-taken-back", group(false, &[])),
    ]
}

pub(crate) fn link() -> Samples<LinkFrame<'static>> {
    let mut all = link_without_names();
    all.push(("names-of-what-is-here", names(false, 2)));
    all.push(("names-of-what-is-lacking", names(true, 1)));
    all.push(("names-of-nothing", names(false, 0)));
    all.push(("relay", relay(&[1, 2, 3])));
    all.push(("relay-of-nothing", relay(&[])));
    let (from, to) = (NodeId(count(0x10)), NodeId(count(0x30)));
    all.push(("relay-end", LinkFrame::RelayEnd { from, to, attempt: ATTEMPT }));
    all
}

fn names(lacks: bool, count: u8) -> LinkFrame<'static> {
    let end = offerer();
    let node = end.party.node;
    let names = (0..count).map(|at| NamedGossip { node, number: at.into(), hops: at });
    LinkFrame::Names { room: end.room_tag(), lacks, names: names.collect() }
}

/// A description of the connection of one end.
pub(crate) fn describe(end: &End, dtls_role: DtlsRole) -> Description {
    Description {
        ufrag: "kQ1r".into(),
        pwd: "0y3mX+/sCzPvIY9NnQ1FQ7aB".into(),
        fingerprint: end.party.fingerprint,
        dtls_role,
        message_bytes_max: 262_144,
        sctp_init: None,
        through: None,
    }
}

fn offer(dtls_role: DtlsRole) -> Setup {
    Setup::Offer {
        attempt: ATTEMPT,
        introduction: offerer().introduction(u64::MAX - 1),
        versions: PROTOCOL,
        description: describe(&offerer(), dtls_role),
        newcomer: None,
    }
}

fn answer(dtls_role: DtlsRole) -> Setup {
    // What Firefox takes.
    let description =
        Description { message_bytes_max: 1_073_741_823, ..describe(&answerer(), dtls_role) };
    Setup::Answer {
        attempt: ATTEMPT,
        introduction: answerer().introduction(7),
        version: 1,
        description,
        signature: answerer().proof(Role::Answerer),
    }
}

pub(crate) fn setup() -> Samples<Setup> {
    let attempt = ATTEMPT;
    let list = vec![
        "candidate:0 1 UDP 2122187007 192.0.2.2 45912 typ host".into(),
        "candidate:1 1 udp 2113937151 8a5cde4b-9ac8-4426-a899-20a69ef59c7f.local 46323 typ host"
            .into(),
    ];
    let again = describe(&offerer(), DtlsRole::ActPass);
    let restarted = Description { message_bytes_max: 0, ..describe(&answerer(), DtlsRole::Active) };
    let mut knock = offer(DtlsRole::ActPass);
    if let Setup::Offer { newcomer, .. } = &mut knock {
        *newcomer = Some(true);
    }
    let (mut offer_over, mut answer_over) = (knock.clone(), answer(DtlsRole::Active));
    if let (
        Setup::Offer { description: offered, .. },
        Setup::Answer { description: answered, .. },
    ) = (&mut offer_over, &mut answer_over)
    {
        let neighbors = vec![NodeId(count(0x10)), NodeId(count(0x30))];
        *answered = Description::over([0x55; 32], neighbors[1..].to_vec());
        *offered = Description::over([0xaa; 32], neighbors);
    }
    vec![
        ("offer", offer(DtlsRole::ActPass)),
        ("offer-of-a-newcomer", knock),
        ("offer-over-neighbors", offer_over),
        ("answer", answer(DtlsRole::Active)),
        ("answer-over-a-neighbor", answer_over),
        ("candidates", Setup::Candidates { attempt, list }),
        ("restart", Setup::Restart { attempt, round: 1, description: again }),
        ("restarted", Setup::Restarted { attempt, round: 1, description: restarted }),
        ("restart-wanted", Setup::RestartWanted { attempt: AttemptId(3) }),
        ("refuse", Setup::Refuse { attempt, code: Code::Busy }),
    ]
}

/// By hand, the offerer opens DTLS.
pub(crate) fn handovers() -> Samples<Handover> {
    let host = "candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host".to_string();
    vec![
        ("offer", Handover { setup: offer(DtlsRole::Active), candidates: vec![host] }),
        ("answer", Handover { setup: answer(DtlsRole::Passive), candidates: vec![] }),
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
