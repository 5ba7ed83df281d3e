//! What a later version may add without a new protocol version, and what it may not.

use lacis_derive::Decode;
use lacis_wire::body::Body;
use lacis_wire::card::Card;
use lacis_wire::code::Code;
use lacis_wire::codec::{self, decode, encode};
use lacis_wire::credential::Chain;
use lacis_wire::description::Description;
use lacis_wire::group::{GroupFrame, Holding};
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::keys::KeyPart;
use lacis_wire::link::LinkFrame;
use lacis_wire::record::Header;
use lacis_wire::room::RoomLink;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::system::{Budget, GroupProperties, OpenInvitation, Revocation, Servers};
use lacis_wire::{DecodeError, Millis, NodeId};
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
fn new_fields_of_group_frames_are_skipped() {
    let structs = |tree: &Value| {
        let has_buckets = tree[0] == 5 && tree[1][0][0].is_array();
        let held = [(0, vec![1, 3]), (15, vec![1, 0])].into_iter();
        let held = held.filter(|(number, _)| tree[0] == *number).map(|(_, path)| path);
        [vec![1]].into_iter().chain(has_buckets.then(|| vec![1, 0, 0])).chain(held).collect()
    };
    // For the same reason.
    let complete = |(name, _): &(&str, GroupFrame)| !name.starts_with("enter-without");
    skips_new_fields!(GroupFrame, group_frames::samples().into_iter().filter(complete), structs);
}

#[test]
fn new_fields_of_setup_messages_are_skipped() {
    let structs = |tree: &Value| {
        let nested =
            [(0, vec![1, 1]), (0, vec![1, 2]), (0, vec![1, 3]), (1, vec![1, 1]), (1, vec![1, 3])];
        // The last field of a description is none of a restart, so what is new cannot follow it.
        with_nested(tree, &nested)
    };
    let all = samples::setup().into_iter().map(|(name, setup)| (name, with_every_field(setup)));
    skips_new_fields!(Setup, all.collect::<Vec<_>>(), structs);
}

/// New fields follow those that may be left out.
fn with_every_field(mut setup: Setup) -> Setup {
    if let Setup::Offer { newcomer, .. } = &mut setup {
        *newcomer = Some(true);
    }
    if let Setup::Offer { description, .. } | Setup::Answer { description, .. } = &mut setup {
        *description = Description::over([0x55; 32], vec![NodeId([1; 16])]);
        description.sctp_init = Some("AQAAFAAAAAEAAgAAAQABAAAAAAEA".into());
    }
    setup
}

/// Appends each of several fields to the array at each path, and demands that none is taken.
macro_rules! refuses_new_fields {
    ($kind:ident, $samples:expr, $structs:expr) => {
        for (name, sample) in $samples {
            let tree = diagnostic::from_cbor(&encode(&sample));
            let paths: Vec<Path> = $structs(&tree);
            for path in paths {
                for field in new_fields().into_iter().chain([Value::Null]) {
                    let mut tree = tree.clone();
                    array(&mut tree, &path).push(field.clone());
                    let read = decode::<$kind>(&diagnostic::to_cbor(&tree));
                    assert!(read.is_err(), "{name} with {field} at {path:?}");
                }
            }
        }
    };
}

#[test]
fn what_is_hashed_signed_or_stored_has_no_new_fields() {
    let whole = |_: &Value| vec![vec![]];
    let items = |tree: &Value| {
        let items = (0..tree.as_array().map_or(0, Vec::len)).map(|at| vec![at]);
        items.chain([vec![]]).collect()
    };
    let first_of = |list: usize| {
        move |tree: &Value| {
            let first = tree[list].as_array().filter(|list| !list.is_empty());
            [vec![]].into_iter().chain(first.map(|_| vec![list, 0])).collect()
        }
    };
    refuses_new_fields!(RoomLink, samples::room(), whole);
    refuses_new_fields!(Header, group_samples::headers(), whole);
    refuses_new_fields!(Chain, group_samples::chains(), items);
    refuses_new_fields!(GroupProperties, [("group", group_samples::properties())], whole);
    refuses_new_fields!(Revocation, group_samples::revocations(), whole);
    refuses_new_fields!(Card, group_samples::cards(), whole);
    refuses_new_fields!(Body, group_samples::bodies(), first_of(0));
    refuses_new_fields!(KeyPart, group_samples::key_parts(), first_of(6));
    refuses_new_fields!(Budget, group_samples::budgets(), whole);
    refuses_new_fields!(Servers, group_samples::moves(), whole);
    refuses_new_fields!(InvitationLink, group_samples::invitation_links(), whole);
    refuses_new_fields!(Invitation, group_samples::invitations(), first_of(0));
    refuses_new_fields!(OpenInvitation, group_samples::open_invitations(), whole);
}

#[test]
fn what_is_signed_stays_strict_inside_a_frame_that_may_grow() {
    let chain = group_samples::member_chain();
    let held = Some(Holding { count: 1, fingerprint: [2; 16] });
    let enter = GroupFrame::Enter {
        clock: Millis(1),
        chain: Some(chain),
        first: vec![],
        held,
        keys: Some([3; 8]),
    };
    let header = group_samples::header(b"body");
    let record = GroupFrame::Record { header, body: b"body".to_vec() };
    for (frame, paths) in [(enter, vec![vec![1, 1, 2]]), (record, vec![vec![1, 0]])] {
        let tree = diagnostic::from_cbor(&encode(&frame));
        for path in paths {
            let mut grown = tree.clone();
            array(&mut grown, &[1]).push(json!(7));
            assert_eq!(decode(&diagnostic::to_cbor(&grown)), Ok(frame.clone()));
            array(&mut grown, &path).push(json!(7));
            let read = decode::<GroupFrame>(&diagnostic::to_cbor(&grown));
            assert_eq!(read, Err(DecodeError::Unknown), "{path:?}");
        }
    }
}

#[test]
fn absent_fields_at_the_end_are_left_out_and_nothing_else() {
    let welcome = |server: Value| {
        let bytes = diagnostic::to_cbor(&json!([0, [1, [server]]]));
        decode::<ServerFrame>(&bytes).map(|frame| match frame {
            ServerFrame::Welcome { ice_servers, .. } => ice_servers[0].clone(),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(welcome(json!([["stun:a"]])).expect("a server").username, None);
    assert_eq!(welcome(json!([["stun:a"], null])), Err(DecodeError::NotCanonical));
    assert_eq!(welcome(json!([["stun:a"], null, null])), Err(DecodeError::NotCanonical));
    assert_eq!(welcome(json!([["stun:a"], null, null, null])), Err(DecodeError::NotCanonical));
    let with_gap = welcome(json!([["turn:a"], null, "b"])).expect("a server");
    assert_eq!(with_gap.credential.as_deref(), Some("b"));
    // What a newer version added may stand behind what is absent.
    assert_eq!(welcome(json!([["turn:a"], null, "b", 7])), Ok(with_gap));
}

#[test]
fn what_is_skipped_has_its_one_form_too() {
    let ping = |field: &[u8]| {
        let bytes = [&[0x82, 4, 0x82, 1][..], field].concat();
        decode::<ClientFrame>(&bytes).map(|frame| frame == ClientFrame::Ping { nonce: 1 })
    };
    assert_eq!(ping(&[7]), Ok(true));
    for field in [&[0x18, 7][..], &[0x58, 1, 0], &[0x98, 0], &[0x81, 0x19, 0, 9], &[0xf6]] {
        assert_eq!(ping(field), Err(DecodeError::NotCanonical), "{field:02x?}");
    }
    for field in [&[0xa0][..], &[0x9f, 0xff], &[0x61, 0xff], &[0xf9, 0, 0], &[0xc0, 0]] {
        assert_eq!(ping(field), Err(DecodeError::Malformed), "{field:02x?}");
    }
}

#[test]
fn a_code_of_a_later_version_is_an_internal_error() {
    let bytes = diagnostic::to_cbor(&json!([12, [60_000]]));
    assert_eq!(decode(&bytes), Ok(LinkFrame::Bye { code: Code::Internal }));
}

#[test]
fn what_may_grow_may_not_where_it_is_kept() {
    /// Strict, as all that nothing is said of.
    #[derive(Debug, PartialEq, Eq, Decode)]
    struct Strict(#[n(0)] Growing);

    #[derive(Debug, PartialEq, Eq, Decode)]
    #[cbor(open)]
    struct Growing(#[n(0)] Code);

    let cbor = |tree: Value| diagnostic::to_cbor(&tree);
    assert_eq!(codec::read(&cbor(json!([60_000, 7]))), Ok(Growing(Code::Internal)));
    assert_eq!(codec::read(&cbor(json!([[33]]))), Ok(Strict(Growing(Code::Left))));
    for tree in [json!([[60_000]]), json!([[33, 7]]), json!([[33], 7])] {
        let read = codec::read::<Strict>(&cbor(tree.clone()));
        assert_eq!(read, Err(DecodeError::Unknown), "{tree}");
    }
}

#[test]
fn new_variants_need_a_new_version() {
    let unknown = diagnostic::to_cbor(&json!([99, []]));
    assert_eq!(decode::<ClientFrame>(&unknown), Err(DecodeError::Unknown));
    assert_eq!(decode::<ServerFrame>(&unknown), Err(DecodeError::Unknown));
    assert_eq!(decode::<LinkFrame>(&unknown), Err(DecodeError::Unknown));
    assert_eq!(decode::<Setup>(&unknown), Err(DecodeError::Unknown));
    let bye = |reason: Value| {
        decode::<ServerFrame>(&diagnostic::to_cbor(&json!([5, [reason, 0]]))).map(drop)
    };
    assert_eq!(bye(json!(99)), Err(DecodeError::Unknown));
    assert_eq!(bye(json!([0, []])), Err(DecodeError::Malformed));
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

fn new_fields() -> [Value; 5] {
    [
        json!(7),
        json!("text"),
        diagnostic::bytes(&[1, 2, 3]),
        json!([[], ["nested", [1]]]),
        diagnostic::integer(u64::MAX),
    ]
}

fn array<'a>(tree: &'a mut Value, path: &[usize]) -> &'a mut Vec<Value> {
    let place = path.iter().fold(tree, |tree, index| &mut tree[*index]);
    place.as_array_mut().expect("the path leads to an array")
}
