//! What a later version may add without a new protocol version, and what it may not.

use lacis_wire::DecodeError;
use lacis_wire::body::Body;
use lacis_wire::card::Card;
use lacis_wire::code::Code;
use lacis_wire::codec::{decode, encode};
use lacis_wire::credential::Chain;
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::keys::KeyPart;
use lacis_wire::link::LinkFrame;
use lacis_wire::record::Header;
use lacis_wire::room::RoomLink;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::system::{Budget, GroupProperties, OpenInvitation, Revocation};
use serde_json::{Value, json};

use crate::{diagnostic, group_frames, group_samples, samples};

/// The way to an array inside a tree.
type Path = Vec<usize>;

/// Appends each of several fields to the array at each path, and demands that nothing changes.
macro_rules! skips_new_fields {
    ($kind:ident, $samples:expr, $structs:expr) => {
        for (name, sample) in $samples {
            let tree = diagnostic::from_cbor(&encode(&sample));
            let paths: Vec<Path> = $structs(&tree);
            for path in paths {
                for field in new_fields() {
                    let mut tree = tree.clone();
                    array(&mut tree, &path).push(field.clone());
                    let bytes = diagnostic::to_cbor(&tree);
                    let read = decode::<$kind>(&bytes);
                    assert_eq!(read.as_ref(), Ok(&sample), "{name} with {field} at {path:?}");
                }
            }
        }
    };
}

#[test]
fn new_fields_of_client_frames_are_skipped() {
    let structs = |tree: &Value| {
        let nested = [(0, vec![1, 0])];
        with_nested(tree, &nested)
    };
    skips_new_fields!(ClientFrame, samples::client(), structs);
}

#[test]
fn new_fields_of_server_frames_are_skipped() {
    let structs = |tree: &Value| {
        let mut paths = vec![vec![1]];
        if tree[0] == 0 {
            // What lies behind an absent last field is that field, so only complete ones count.
            let servers = tree[1][1].as_array().expect("servers");
            let complete = servers.iter().enumerate().filter(|(_, it)| it[2].is_string());
            paths.extend(complete.map(|(server, _)| vec![1, 1, server]));
        }
        paths
    };
    skips_new_fields!(ServerFrame, samples::server(), structs);
}

#[test]
fn new_fields_of_link_frames_are_skipped() {
    let structs = |tree: &Value| {
        // An envelope, and in it the fields of its kind; in an opening also those of the body.
        let nested = [
            (4, vec![1, 2]),
            (4, vec![1, 2, 1, 1]),
            (6, vec![1, 1]),
            (6, vec![1, 1, 1, 1]),
            (6, vec![1, 2, 1]),
            (11, vec![1, 0]),
            (11, vec![1, 0, 1, 1]),
        ];
        with_nested(tree, &nested)
    };
    // For the same reason.
    let complete = |(name, _): &(&str, LinkFrame<'_>)| *name != "message-response";
    skips_new_fields!(LinkFrame, samples::link().into_iter().filter(complete), structs);
}

#[test]
fn new_fields_of_setup_messages_are_skipped() {
    let structs = |tree: &Value| {
        let nested = [
            (0, vec![1, 1]),
            (0, vec![1, 2]),
            (0, vec![1, 3]),
            (1, vec![1, 1]),
            (1, vec![1, 3]),
            (3, vec![1, 2]),
            (4, vec![1, 2]),
        ];
        with_nested(tree, &nested)
    };
    skips_new_fields!(Setup, samples::setup(), structs);
}

#[test]
fn new_fields_of_room_links_are_skipped() {
    skips_new_fields!(RoomLink, samples::room(), |_: &Value| vec![vec![]]);
}

#[test]
fn new_fields_of_groups_and_records_are_skipped() {
    let whole = |_: &Value| vec![vec![]];
    let items =
        |tree: &Value| (0..tree.as_array().map_or(0, Vec::len)).map(|at| vec![at]).collect();
    skips_new_fields!(Header, group_samples::headers(), whole);
    skips_new_fields!(Chain, group_samples::chains(), items);
    skips_new_fields!(GroupProperties, [("group", group_samples::properties())], whole);
    skips_new_fields!(Revocation, group_samples::revocations(), whole);
    skips_new_fields!(Budget, group_samples::budgets(), whole);
    skips_new_fields!(OpenInvitation, group_samples::open_invitations(), whole);
    skips_new_fields!(InvitationLink, group_samples::invitation_links(), whole);
    skips_new_fields!(Card, group_samples::cards(), whole);
    let first_of = |list: usize| {
        move |tree: &Value| {
            let first = tree[list].as_array().filter(|list| !list.is_empty());
            [vec![]].into_iter().chain(first.map(|_| vec![list, 0])).collect()
        }
    };
    skips_new_fields!(Body, group_samples::bodies(), first_of(0));
    skips_new_fields!(KeyPart, group_samples::key_parts(), first_of(6));
    skips_new_fields!(Invitation, group_samples::invitations(), first_of(0));
    skips_new_fields!(GroupFrame, group_frames::samples(), |_: &Value| vec![vec![1]]);
}

#[test]
fn absent_optional_fields_may_be_left_out_or_null() {
    let welcome = |server: Value| {
        let bytes = diagnostic::to_cbor(&json!([0, [1, [server]]]));
        match decode::<ServerFrame>(&bytes) {
            Ok(ServerFrame::Welcome { ice_servers, .. }) => ice_servers,
            other => panic!("{other:?}"),
        }
    };
    let short = welcome(json!([["stun:a"]]));
    assert_eq!(welcome(json!([["stun:a"], null])), short);
    assert_eq!(welcome(json!([["stun:a"], null, null])), short);
    assert_eq!(short[0].username, None);
    assert_eq!(welcome(json!([["turn:a"], null, "b"]))[0].credential.as_deref(), Some("b"));
}

#[test]
fn a_code_of_a_later_version_is_an_internal_error() {
    let bytes = diagnostic::to_cbor(&json!([12, [60_000]]));
    assert_eq!(decode(&bytes), Ok(LinkFrame::Bye { code: Code::Internal }));
}

#[test]
fn new_variants_need_a_new_version() {
    let unknown = diagnostic::to_cbor(&json!([99, []]));
    assert_eq!(decode::<ClientFrame>(&unknown), Err(DecodeError::Malformed));
    assert_eq!(decode::<ServerFrame>(&unknown), Err(DecodeError::Malformed));
    assert_eq!(decode::<LinkFrame>(&unknown), Err(DecodeError::Malformed));
    assert_eq!(decode::<Setup>(&unknown), Err(DecodeError::Malformed));
    assert_eq!(decode::<GroupFrame>(&unknown), Err(DecodeError::Malformed));
    for reason in [json!(99), json!([0, []])] {
        let bye = diagnostic::to_cbor(&json!([5, [reason, 0]]));
        assert_eq!(decode::<ServerFrame>(&bye), Err(DecodeError::Malformed));
    }
}

#[test]
fn a_variant_is_a_pair_and_required_fields_are_required() {
    for tree in [json!([4]), json!([4, [1], 0]), json!([4, []]), json!([4, 1]), json!(4)] {
        let bytes = diagnostic::to_cbor(&tree);
        assert_eq!(decode::<ClientFrame>(&bytes), Err(DecodeError::Malformed), "{tree}");
    }
    assert!(decode::<ClientFrame>(&diagnostic::to_cbor(&json!([4, [1]]))).is_ok());
}

#[test]
fn a_number_that_its_field_cannot_hold_is_refused() {
    let wide = |nonce: Value| {
        decode::<ClientFrame>(&diagnostic::to_cbor(&json!([4, [nonce]])))
            .map(|frame| frame == ClientFrame::Ping { nonce: u32::MAX })
    };
    assert_eq!(wide(json!(4_294_967_295_u64)), Ok(true));
    assert_eq!(wide(json!(4_294_967_296_u64)), Err(DecodeError::Malformed));
}

/// The fields of the variant, and what else this variant has inside.
fn with_nested(tree: &Value, nested: &[(u64, Path)]) -> Vec<Path> {
    let inside = nested.iter().filter(|(variant, _)| tree[0] == *variant);
    [vec![1]].into_iter().chain(inside.map(|(_, path)| path.clone())).collect()
}

fn new_fields() -> [Value; 6] {
    [
        json!(7),
        json!("text"),
        Value::Null,
        diagnostic::bytes(&[1, 2, 3]),
        json!([[], ["nested", [1]]]),
        diagnostic::integer(u64::MAX),
    ]
}

fn array<'a>(tree: &'a mut Value, path: &[usize]) -> &'a mut Vec<Value> {
    let place = path.iter().fold(tree, |tree, index| &mut tree[*index]);
    place.as_array_mut().expect("the path leads to an array")
}
