//! Bytes that are not the one encoding of a frame.

use lacis_wire::codec::encode;
use serde_json::{Value, json};

use crate::golden::unhex;
use crate::refused_vectors::Refused;
use crate::{diagnostic, ends, group_frames, group_samples, samples};

const MALFORMED: &str = "malformed";
const NOT_CANONICAL: &str = "not canonical";
const UNKNOWN: &str = "unknown field or variant";

pub(crate) fn all() -> Vec<Refused> {
    let parts = [of_pings(), of_other_frames(), of_new_fields()];
    parts.into_iter().flatten().collect()
}

/// `ClientFrame::Ping { nonce: 1 }` is `82 04 81 01`.
fn of_pings() -> Vec<Refused> {
    let cases = [
        ("nothing", "", MALFORMED),
        ("cut-short", "820481", MALFORMED),
        ("number-in-a-byte-that-fits-the-head", "8204811817", NOT_CANONICAL),
        ("number-in-two-bytes-that-fits-one", "8204811900ff", NOT_CANONICAL),
        ("number-in-four-bytes-that-fits-two", "8204811a0000ffff", NOT_CANONICAL),
        ("number-in-eight-bytes-that-fits-four", "8204811b00000000ffffffff", NOT_CANONICAL),
        ("number-of-the-variant-in-a-longer-form", "8218048101", NOT_CANONICAL),
        ("length-of-the-pair-in-a-longer-form", "9802048101", NOT_CANONICAL),
        ("length-of-the-fields-in-a-longer-form", "8204980101", NOT_CANONICAL),
        ("pair-of-unknown-length", "9f048101ff", MALFORMED),
        ("fields-of-unknown-length", "82049f01ff", MALFORMED),
        ("number-that-does-not-fit", "8204811b0000000100000000", MALFORMED),
        ("negative-number", "82048120", MALFORMED),
        ("text-for-a-number", "8204816131", MALFORMED),
        ("null-for-a-number", "820481f6", MALFORMED),
        ("boolean-for-a-number", "820481f5", MALFORMED),
        ("float-for-a-number", "820481f93c00", MALFORMED),
        ("tagged-number", "820481c101", MALFORMED),
        ("map-for-the-fields", "8204a10001", MALFORMED),
        ("reserved-length", "8204811c", MALFORMED),
        ("length-that-is-not-there", "82049bffffffffffffffff01", MALFORMED),
        ("missing-field", "820480", MALFORMED),
        ("variant-without-fields", "8104", MALFORMED),
        ("variant-of-three-items", "8304810100", MALFORMED),
        ("unknown-variant", "82186380", UNKNOWN),
        ("bytes-behind-the-frame", "8204810100", "trailing bytes"),
        ("new-field-in-a-longer-form", "820482011807", NOT_CANONICAL),
        ("new-field-that-is-absent", "82048201f6", NOT_CANONICAL),
        ("new-field-that-is-a-map", "82048201a0", MALFORMED),
        ("new-field-that-is-a-float", "82048201f93c00", MALFORMED),
        ("new-field-of-unknown-length", "820482015f4107ff", MALFORMED),
        ("new-field-that-is-not-utf-8", "8204820161ff", MALFORMED),
    ];
    let refused = |(name, hex, reason): (&str, &str, &str)| {
        Refused::frame(name, "ClientFrame", unhex(&json!(hex)), reason)
    };
    cases.into_iter().map(refused).collect()
}

fn of_other_frames() -> Vec<Refused> {
    let cbor = |tree| diagnostic::to_cbor(&tree);
    let secret = diagnostic::bytes(&[7; 16]);
    // A room link with one server is its secret, an array of one, and the text.
    let link = |text: &[u8]| [&cbor(json!([secret, []]))[..18], &[0x81], text].concat();
    let without_name = json!([0, [1, [[["stun:a"], null]]]]);
    let tag = diagnostic::bytes(&ends::offerer().room_tag().0);
    let part = |more: Value| cbor(json!([13, [tag, more, diagnostic::bytes(&[7])]]));
    let case = Refused::frame;
    vec![
        case(
            "bytes-in-a-longer-form",
            "ClientFrame",
            vec![0x82, 5, 0x81, 0x58, 1, 7],
            NOT_CANONICAL,
        ),
        case("bytes-in-pieces", "ClientFrame", vec![0x82, 5, 0x81, 0x5f, 0x41, 7, 0xff], MALFORMED),
        case("text-in-a-longer-form", "RoomLink", link(b"\x78\x07wss://a"), NOT_CANONICAL),
        case("text-in-pieces", "RoomLink", link(b"\x7f\x67wss://a\xff"), MALFORMED),
        case("text-that-is-not-utf-8", "RoomLink", link(b"\x67wss://\xff"), MALFORMED),
        case(
            "secret-of-15-bytes",
            "RoomLink",
            cbor(json!([{ "h": "07".repeat(15) }, []])),
            MALFORMED,
        ),
        case("absent-field-as-null", "ServerFrame", cbor(without_name), NOT_CANONICAL),
        case("unknown-number", "ServerFrame", cbor(json!([5, [99, 0]])), UNKNOWN),
        case("number-as-a-pair", "ServerFrame", cbor(json!([5, [[0, []], 0]])), MALFORMED),
        case("boolean-as-a-number", "LinkFrame", part(json!(0)), MALFORMED),
        case("boolean-as-null", "LinkFrame", part(Value::Null), MALFORMED),
        case("header-of-513-bytes", "Header", vec![0; 513], "too long"),
    ]
}

/// A field more than there are, where none may be added.
fn of_new_fields() -> Vec<Refused> {
    let grown = |name: &str, kind, bytes: Vec<u8>, path: &[usize]| {
        let mut tree = diagnostic::from_cbor(&bytes);
        let place = path.iter().fold(&mut tree, |tree, index| &mut tree[*index]);
        place.as_array_mut().expect("the path leads to an array").push(json!(7));
        Refused::frame(name, kind, diagnostic::to_cbor(&tree), UNKNOWN)
    };
    let first = |frames: Vec<(&str, lacis_wire::group::GroupFrame)>, name| {
        let found = frames.into_iter().find(|(it, _)| *it == name);
        encode(&found.expect("a sample").1)
    };
    let group_frame = |name| first(group_frames::samples(), name);
    let room = encode(&samples::room().remove(1).1);
    let header = encode(&group_samples::headers().remove(0).1);
    let body = encode(&group_samples::bodies().remove(2).1);
    let chain = encode(&group_samples::member_chain());
    let keys = encode(&group_samples::key_parts().remove(0).1);
    let link = encode(&group_samples::invitation_links().remove(0).1);
    let revocation = encode(&group_samples::revocations().remove(0).1);
    let invitation = encode(&group_samples::invitations().remove(0).1);
    let open = encode(&group_samples::open_invitations().remove(0).1);
    let card = encode(&group_samples::cards().remove(0).1);
    let properties = encode(&group_samples::properties());
    vec![
        grown("room-link-with-a-new-field", "RoomLink", room, &[]),
        grown("header-with-a-new-field", "Header", header, &[]),
        grown("body-with-a-new-field", "Body", body.clone(), &[]),
        grown("attribute-with-a-new-field", "Body", body, &[0, 0]),
        grown("credential-with-a-new-field", "Chain", chain, &[2]),
        grown("key-part-with-a-new-field", "KeyPart", keys, &[]),
        grown("properties-with-a-new-field", "GroupProperties", properties, &[]),
        grown("revocation-with-a-new-field", "Revocation", revocation, &[]),
        grown("invitation-with-a-new-field", "Invitation", invitation, &[]),
        grown("open-invitation-with-a-new-field", "OpenInvitation", open, &[]),
        grown("invitation-link-with-a-new-field", "InvitationLink", link, &[]),
        grown("card-with-a-new-field", "Card", card, &[]),
        grown("chain-of-enter-with-a-new-field", "GroupFrame", group_frame("enter"), &[1, 1, 0]),
        grown("header-of-record-with-a-new-field", "GroupFrame", group_frame("record"), &[1, 0]),
    ]
}
