//! Strategies for valid values of every frame kind.
//!
//! Frames borrow their payloads and labels, so these are windows of fixed noise.

use std::sync::LazyLock;

use lacis_wire::code::Code;
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::gossip::NamedGossip;
use lacis_wire::link::{Body, Envelope, Kind, LinkFrame};
use lacis_wire::pairing::Handover;
use lacis_wire::room::RoomLink;
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::signal::{ByeReason, ClientFrame, IceServer, Refusal, ServerFrame, Undelivered};
use lacis_wire::{AttemptId, NodeId, PeerId, RoomTag, Topic, VersionRange, limits};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

static NOISE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut state = 1_u32;
    let next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(limits::FRAME_BYTES).collect()
});

/// One to four bytes a letter.
const LETTERS: &str = "chat/1 \u{e9}\u{20ac}\u{1f9f6}-room_\u{4e2d}\u{6587}.message.kind:label";

/// Mostly short, sometimes as long as it may be.
pub(crate) fn payload(bytes_max: usize) -> impl Strategy<Value = &'static [u8]> {
    let length = prop_oneof![4 => 0..=64_usize.min(bytes_max), 1 => 0..=bytes_max];
    (length, any::<prop::sample::Index>()).prop_map(|(length, start)| {
        let start = start.index(NOISE.len() - length + 1);
        &NOISE[start..start + length]
    })
}

pub(crate) fn label() -> impl Strategy<Value = &'static str> {
    let boundaries: Vec<usize> = LETTERS.char_indices().map(|(at, _)| at).collect();
    (select(boundaries.clone()), select(boundaries)).prop_map(|(a, b)| {
        let label = &LETTERS[a.min(b)..a.max(b)];
        if label.is_empty() { LETTERS } else { label }
    })
}

fn version() -> impl Strategy<Value = VersionRange> {
    any::<(u16, u16)>().prop_map(|(min, max)| VersionRange { min, max })
}

fn node() -> impl Strategy<Value = NodeId> {
    any::<[u8; 16]>().prop_map(NodeId)
}

fn topic() -> impl Strategy<Value = Topic> {
    any::<[u8; 32]>().prop_map(Topic)
}

fn room_tag() -> impl Strategy<Value = RoomTag> {
    any::<[u8; 16]>().prop_map(RoomTag)
}

fn gossip_name() -> impl Strategy<Value = NamedGossip> {
    (any::<[u8; 16]>(), any::<u64>(), any::<u8>()).prop_map(|(node, number, hops)| NamedGossip {
        node: NodeId(node),
        number,
        hops,
    })
}

fn code() -> impl Strategy<Value = Code> {
    select(Code::ALL)
}

pub(crate) fn client_frame() -> impl Strategy<Value = ClientFrame<'static>> {
    let hello = (version(), node(), any::<[u8; 16]>());
    let want = 0..=u8::try_from(limits::SAMPLE_MAX).expect("small");
    prop_oneof![
        hello.prop_map(|(versions, node, secret)| ClientFrame::Hello { versions, node, secret }),
        (topic(), want).prop_map(|(topic, want)| ClientFrame::Join { topic, want }),
        topic().prop_map(|topic| ClientFrame::Leave { topic }),
        (node(), any::<u32>(), payload(limits::SIGNAL_PAYLOAD_BYTES))
            .prop_map(|(to, seq, payload)| ClientFrame::Send { to, seq, payload }),
        any::<u32>().prop_map(|nonce| ClientFrame::Ping { nonce }),
        payload(limits::RESUME_TOKEN_BYTES).prop_map(|token| ClientFrame::Resume { token }),
    ]
}

fn ice_server() -> impl Strategy<Value = IceServer> {
    let urls = vec("(stun|turns?):[a-z.]{1,40}:[0-9]{1,5}", 1..=limits::ICE_URLS_MAX);
    let secret = || option::of("\\PC{0,20}");
    (urls, secret(), secret()).prop_map(|(urls, username, credential)| IceServer {
        urls,
        username,
        credential,
    })
}

pub(crate) fn server_frame() -> impl Strategy<Value = ServerFrame<'static>> {
    let undelivered =
        select(vec![Undelivered::Unknown, Undelivered::Full, Undelivered::RateLimited]);
    let refusal = select(vec![Refusal::TooManyTopics, Refusal::ServerFull, Refusal::RateLimited]);
    prop_oneof![
        (any::<u16>(), vec(ice_server(), 0..=limits::ICE_SERVERS_MAX))
            .prop_map(|(version, ice_servers)| ServerFrame::Welcome { version, ice_servers }),
        (topic(), vec(node(), 0..=limits::SAMPLE_MAX))
            .prop_map(|(topic, members)| ServerFrame::Joined { topic, members }),
        (node(), payload(limits::SIGNAL_PAYLOAD_BYTES))
            .prop_map(|(from, payload)| ServerFrame::Deliver { from, payload }),
        (node(), any::<u32>(), undelivered)
            .prop_map(|(to, seq, reason)| ServerFrame::Undelivered { to, seq, reason }),
        (topic(), refusal).prop_map(|(topic, reason)| ServerFrame::Refused { topic, reason }),
        (select(ByeReason::ALL), any::<u32>())
            .prop_map(|(reason, retry_after_ms)| ServerFrame::Bye { reason, retry_after_ms }),
        any::<u32>().prop_map(|nonce| ServerFrame::Pong { nonce }),
        (vec(ice_server(), 0..=limits::ICE_SERVERS_MAX), any::<u32>())
            .prop_map(|(servers, lifetime_ms)| ServerFrame::IceServers { servers, lifetime_ms }),
        payload(limits::RESUME_TOKEN_BYTES).prop_map(|token| ServerFrame::Resume { token }),
        Just(ServerFrame::NotResumed {}),
    ]
}

fn envelope() -> impl Strategy<Value = Envelope<'static>> {
    let kind = prop_oneof![
        Just(Kind::Direct),
        Just(Kind::Broadcast),
        any::<u32>().prop_map(|id| Kind::Request { id }),
        (any::<u32>(), option::of(code())).prop_map(|(id, refused)| Kind::Response { id, refused }),
    ];
    (room_tag(), kind, label()).prop_map(|(room, kind, label)| Envelope { room, kind, label })
}

/// A stream's body and a size that it may have.
fn body() -> impl Strategy<Value = (Body, u64)> {
    let file = ("[^\\pC/\\\\]{1,40}", "([a-z]{1,9}/[a-z.+-]{1,20})?", 0..=limits::FILE_BYTES)
        .prop_filter("a folder", |(name, ..)| name != "." && name != "..")
        .prop_map(|(name, media_type, size)| (Body::File { name, media_type }, size));
    let message = (0..=limits::MESSAGE_BYTES as u64).prop_map(|size| (Body::Message, size));
    prop_oneof![message, file]
}

/// The frames that carry payloads of the application.
fn payload_frame() -> impl Strategy<Value = LinkFrame<'static>> {
    let chunk = || payload(limits::CHUNK_BYTES).prop_filter("empty", |data| !data.is_empty());
    prop_oneof![
        (1..=u64::MAX, any::<u64>(), envelope(), payload(limits::INTERACTIVE_BYTES)).prop_map(
            |(seq, ack, envelope, payload)| LinkFrame::Message { seq, ack, envelope, payload }
        ),
        (any::<u32>(), chunk()).prop_map(|(stream, data)| LinkFrame::Chunk { stream, data }),
        (room_tag(), any::<bool>(), chunk()).prop_map(|(room, more, data)| LinkFrame::Group {
            room,
            more,
            data
        }),
        (envelope(), payload(limits::EPHEMERAL_BYTES))
            .prop_map(|(envelope, payload)| LinkFrame::Ephemeral { envelope, payload }),
    ]
}

fn carry() -> impl Strategy<Value = LinkFrame<'static>> {
    let nodes = any::<([u8; 16], [u8; 16])>().prop_filter("one node", |(from, to)| from != to);
    let payload = payload(limits::SIGNAL_PAYLOAD_BYTES);
    (nodes, 0..=limits::CARRY_HOPS, payload).prop_map(|((from, to), hops, payload)| {
        LinkFrame::Carry { from: NodeId(from), to: NodeId(to), hops, payload }
    })
}

fn relay() -> impl Strategy<Value = LinkFrame<'static>> {
    let nodes = any::<([u8; 16], [u8; 16])>().prop_filter("one node", |(from, to)| from != to);
    let sealed = option::of(payload(limits::RELAY_BYTES));
    (nodes, any::<(u64, u64)>(), sealed).prop_map(|((from, to), (attempt, taken), sealed)| {
        let (from, to, attempt) = (NodeId(from), NodeId(to), AttemptId(attempt));
        match sealed {
            Some(sealed) => LinkFrame::Relay { from, to, attempt, taken, sealed },
            None => LinkFrame::RelayEnd { from, to, attempt },
        }
    })
}

pub(crate) fn link_frame() -> impl Strategy<Value = LinkFrame<'static>> {
    prop_oneof![
        3 => payload_frame(),
        1 => any::<[u8; 64]>().prop_map(|signature| LinkFrame::Proof { signature }),
        1 => vec(room_tag(), 0..=limits::ROOMS_MAX).prop_map(|tags| LinkFrame::Rooms { tags }),
        1 => any::<u32>().prop_map(|nonce| LinkFrame::Ping { nonce }),
        1 => any::<u32>().prop_map(|nonce| LinkFrame::Pong { nonce }),
        1 => any::<u64>().prop_map(|upto| LinkFrame::Ack { upto }),
        2 => (any::<u32>(), envelope(), body()).prop_map(|(stream, envelope, (body, size))| {
            LinkFrame::Open { stream, envelope, body, size }
        }),
        1 => any::<(u32, u64, u64, u64)>()
            .prop_map(|(stream, received, upto, taken)| LinkFrame::Credit {
                stream, received, upto, taken }),
        1 => any::<u32>().prop_map(|stream| LinkFrame::Done { stream }),
        1 => (any::<u32>(), code()).prop_map(|(stream, code)| LinkFrame::Reset { stream, code }),
        1 => code().prop_map(|code| LinkFrame::Bye { code }),
        1 => (any::<[u8; 16]>(), 1..=u64::MAX)
            .prop_map(|(store, number)| LinkFrame::Start { store, number }),
        1 => carry(),
        1 => relay(),
        1 => (room_tag(), any::<bool>(), vec(gossip_name(), 0..=limits::GOSSIP_NAMES_MAX))
            .prop_map(|(room, lacks, names)| LinkFrame::Names { room, lacks, names }),
    ]
}

pub(crate) fn description() -> impl Strategy<Value = Description> {
    let size =
        prop_oneof![Just(0), u32::try_from(limits::FRAME_BYTES_MIN).expect("small")..=u32::MAX,];
    let role = select(vec![DtlsRole::ActPass, DtlsRole::Active, DtlsRole::Passive]);
    let init = proptest::option::of("[A-Za-z0-9+/=]{28,256}");
    let ice = ("[A-Za-z0-9+/_=-]{4,256}", "[A-Za-z0-9+/_=-]{22,256}");
    (ice, any::<[u8; 32]>(), role, size, init).prop_map(
        |((ufrag, pwd), fingerprint, dtls_role, message_bytes_max, sctp_init)| Description {
            ufrag,
            pwd,
            fingerprint,
            dtls_role,
            message_bytes_max,
            sctp_init,
            through: None,
        },
    )
}

fn introduction() -> impl Strategy<Value = Introduction> {
    any::<([u8; 32], [u8; 32], u64, [u8; 16])>().prop_map(|(peer, nonce, session, salt)| {
        Introduction { peer: PeerId(peer), nonce, session, salt }
    })
}

pub(crate) fn setup() -> impl Strategy<Value = Setup> {
    let attempt = || any::<u64>().prop_map(AttemptId);
    let list = vec("candidate:[ -~]{0,310}", 1..=limits::CANDIDATES_MAX);
    prop_oneof![
        (attempt(), introduction(), version(), description(), any::<Option<bool>>()).prop_map(
            |(attempt, introduction, versions, description, newcomer)| Setup::Offer {
                attempt,
                introduction,
                versions,
                description,
                newcomer
            }
        ),
        (attempt(), introduction(), any::<u16>(), description(), any::<[u8; 64]>()).prop_map(
            |(attempt, introduction, version, description, signature)| Setup::Answer {
                attempt,
                introduction,
                version,
                description,
                signature
            }
        ),
        (attempt(), list).prop_map(|(attempt, list)| Setup::Candidates { attempt, list }),
        (attempt(), any::<u32>(), description()).prop_map(|(attempt, round, description)| {
            Setup::Restart { attempt, round, description }
        }),
        (attempt(), any::<u32>(), description()).prop_map(|(attempt, round, description)| {
            Setup::Restarted { attempt, round, description }
        }),
        attempt().prop_map(|attempt| Setup::RestartWanted { attempt }),
        (attempt(), code()).prop_map(|(attempt, code)| Setup::Refuse { attempt, code }),
    ]
}

pub(crate) fn handover() -> impl Strategy<Value = Handover> {
    let opens = |setup: &Setup| matches!(setup, Setup::Offer { .. } | Setup::Answer { .. });
    let setup = setup().prop_filter("an offer or an answer", move |setup| opens(setup));
    let candidates = vec("candidate:[ -~]{0,310}", 0..=limits::PAIRING_CANDIDATES_MAX);
    (setup, candidates).prop_map(|(setup, candidates)| Handover { setup, candidates })
}

pub(crate) fn room_link() -> impl Strategy<Value = RoomLink> {
    let servers = vec("wss?://[!-~]{1,120}", 0..=limits::ROOM_LINK_SERVERS_MAX);
    (any::<[u8; 16]>(), servers).prop_map(|(secret, servers)| RoomLink { secret, servers })
}
