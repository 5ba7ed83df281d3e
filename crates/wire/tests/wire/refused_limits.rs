//! Frames of rooms, signaling and links with a field outside its limits.

use lacis_wire::codec::encode;
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::link::{Body, Envelope, Kind, LinkFrame};
use lacis_wire::room::RoomLink;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, IceServer, ServerFrame};
use lacis_wire::writer::Encode;
use lacis_wire::{NodeId, Topic};

use crate::ends::{ATTEMPT, offerer};
use crate::refused_vectors::Refused;
use crate::samples;

pub(crate) fn all() -> Vec<Refused> {
    [of_signaling(), of_setup(), of_links()].into_iter().flatten().collect()
}

fn case(name: &str, kind: &'static str, frame: &impl Encode, field: &str) -> Refused {
    Refused::frame(name, kind, encode(frame), &format!("limit of {field}"))
}

fn of_signaling() -> Vec<Refused> {
    let topic = Topic([7; 32]);
    let members = vec![NodeId([7; 16]); 17];
    let server = IceServer { urls: vec![], username: None, credential: None };
    let link = |servers: Vec<String>| RoomLink { secret: [7; 16], servers };
    vec![
        case("17-members-wanted", "ClientFrame", &ClientFrame::Join { topic, want: 17 }, "want"),
        case(
            "token-of-1281-bytes",
            "ClientFrame",
            &ClientFrame::Resume { token: &[7; 1_281] },
            "token",
        ),
        case("17-members", "ServerFrame", &ServerFrame::Joined { topic, members }, "members"),
        case(
            "ice-server-without-address",
            "ServerFrame",
            &ServerFrame::Welcome { version: 1, ice_servers: vec![server] },
            "urls",
        ),
        case("five-servers", "RoomLink", &link(vec!["ws://a".into(); 5]), "servers"),
        case("server-of-another-scheme", "RoomLink", &link(vec!["https://a".into()]), "server"),
        case("server-with-a-blank", "RoomLink", &link(vec!["ws://a b".into()]), "server"),
    ]
}

fn of_setup() -> Vec<Refused> {
    let described = samples::describe(&offerer(), DtlsRole::ActPass);
    let restart = |description| Setup::Restart { attempt: ATTEMPT, round: 1, description };
    let ufrag = restart(Description { ufrag: "abc".into(), ..described.clone() });
    let lines = restart(Description { ufrag: "kQ1r\r\na=x".into(), ..described.clone() });
    let pwd = restart(Description { pwd: "short".into(), ..described.clone() });
    let size = restart(Description { message_bytes_max: 16_383, ..described });
    let candidates = |line: &str| Setup::Candidates { attempt: ATTEMPT, list: vec![line.into()] };
    let none = Setup::Candidates { attempt: ATTEMPT, list: vec![] };
    vec![
        case("short-ufrag", "Setup", &ufrag, "ice-ufrag"),
        case("ufrag-of-two-lines", "Setup", &lines, "ice-ufrag"),
        case("short-password", "Setup", &pwd, "ice-pwd"),
        case("small-messages", "Setup", &size, "max-message-size"),
        case("no-candidates", "Setup", &none, "list"),
        case("candidate-of-two-lines", "Setup", &candidates("candidate:1\r\na=x"), "candidate"),
        case("no-candidate", "Setup", &candidates("a=candidate:1"), "candidate"),
    ]
}

fn of_links() -> Vec<Refused> {
    let room = offerer().room_tag();
    let envelope = |label| Envelope { room, kind: Kind::Direct, label };
    let message =
        |seq, label| LinkFrame::Message { seq, ack: 0, envelope: envelope(label), payload: &[] };
    let open = |body, size| LinkFrame::Open { stream: 2, envelope: envelope("file"), body, size };
    let file = |name: &str| Body::File { name: name.into(), media_type: String::new() };
    let rooms = LinkFrame::Rooms { tags: vec![room; 17] };
    let (many, group) = ((1 << 40) + 1, LinkFrame::Group { room, more: true, data: &[] });
    vec![
        case("17-rooms", "LinkFrame", &rooms, "tags"),
        case("message-of-number-0", "LinkFrame", &message(0, "chat"), "seq"),
        case("no-label", "LinkFrame", &message(1, ""), "label"),
        case("label-of-two-lines", "LinkFrame", &message(1, "a\nb"), "label"),
        case(
            "label-with-a-control-character-beyond-ascii",
            "LinkFrame",
            &message(1, "\u{85}"),
            "label",
        ),
        case("long-message", "LinkFrame", &open(Body::Message, 16_777_217), "size"),
        case("long-file", "LinkFrame", &open(file("a"), many), "size"),
        case("file-without-name", "LinkFrame", &open(file(""), 1), "file"),
        case("file-with-a-path", "LinkFrame", &open(file("a/b"), 1), "file"),
        case("file-that-is-a-folder", "LinkFrame", &open(file(".."), 1), "file"),
        case("empty-chunk", "LinkFrame", &LinkFrame::Chunk { stream: 2, data: &[] }, "data"),
        case("empty-part-that-is-not-the-last", "LinkFrame", &group, "data"),
    ]
}
