//! Whatever bytes come in, decoding ends without a panic, and what it accepts has one meaning.

use lacis_wire::body::Body;
use lacis_wire::card::Card;
use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::description::Description;
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::keys::KeyPart;
use lacis_wire::link::LinkFrame;
use lacis_wire::pairing::{Handover, PairingText};
use lacis_wire::record::Header;
use lacis_wire::room::RoomLink;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::system::{Budget, GroupProperties, OpenInvitation, Revocation, Servers};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{arbitrary, diagnostic, group_arbitrary, group_frames};

/// If the bytes are a frame, its own encoding is no longer than they are and means the same.
macro_rules! has_one_meaning {
    ($kind:ident, $bytes:expr) => {{
        let bytes: &[u8] = $bytes;
        if let Ok(frame) = decode::<$kind>(bytes) {
            let written = encode(&frame);
            prop_assert!(written.len() <= bytes.len());
            prop_assert!(frame.check().is_ok());
            prop_assert_eq!(decode::<$kind>(&written), Ok(frame));
        }
    }};
}

fn every_decoder_holds(bytes: &[u8]) -> Result<(), TestCaseError> {
    has_one_meaning!(ClientFrame, bytes);
    has_one_meaning!(ServerFrame, bytes);
    has_one_meaning!(LinkFrame, bytes);
    has_one_meaning!(GroupFrame, bytes);
    has_one_meaning!(Setup, bytes);
    has_one_meaning!(RoomLink, bytes);
    has_one_meaning!(PairingText, bytes);
    has_one_meaning!(Handover, bytes);
    has_one_meaning!(Header, bytes);
    has_one_meaning!(Body, bytes);
    has_one_meaning!(Credential, bytes);
    has_one_meaning!(Chain, bytes);
    has_one_meaning!(KeyPart, bytes);
    has_one_meaning!(GroupProperties, bytes);
    has_one_meaning!(Revocation, bytes);
    has_one_meaning!(Invitation, bytes);
    has_one_meaning!(OpenInvitation, bytes);
    has_one_meaning!(Budget, bytes);
    has_one_meaning!(Servers, bytes);
    has_one_meaning!(InvitationLink, bytes);
    has_one_meaning!(Card, bytes);
    Ok(())
}

/// CBOR that resembles frames: arrays in arrays, small numbers, byte strings of the usual lengths.
fn tree() -> impl Strategy<Value = Value> {
    let usual = prop::sample::select(vec![0, 1, 8, 16, 32, 64]);
    let leaf = prop_oneof![
        (0_u64..14).prop_map(|number| json!(number)),
        any::<u64>().prop_map(diagnostic::integer),
        usual.prop_map(|length| diagnostic::bytes(&vec![7; length])),
        "[a-z:/]{0,12}".prop_map(|text| json!(text)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            (0_u64..14, vec(inner, 0..6)).prop_map(|(variant, fields)| json!([variant, fields])),
        ]
    })
}

/// The encoding of a valid value of any kind.
fn valid() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        arbitrary::client_frame().prop_map(|frame| encode(&frame)),
        arbitrary::server_frame().prop_map(|frame| encode(&frame)),
        arbitrary::link_frame().prop_map(|frame| encode(&frame)),
        arbitrary::setup().prop_map(|frame| encode(&frame)),
        arbitrary::room_link().prop_map(|frame| encode(&frame)),
        arbitrary::handover().prop_map(|frame| encode(&frame)),
        of_groups(),
    ]
}

/// The same of the formats of groups and records.
fn of_groups() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        group_arbitrary::header().prop_map(|frame| encode(&frame)),
        group_arbitrary::body().prop_map(|frame| encode(&frame)),
        group_arbitrary::credential().prop_map(|frame| encode(&frame)),
        group_arbitrary::chain().prop_map(|frame| encode(&frame)),
        group_arbitrary::key_part().prop_map(|frame| encode(&frame)),
        group_arbitrary::properties().prop_map(|frame| encode(&frame)),
        group_arbitrary::revocation().prop_map(|frame| encode(&frame)),
        group_arbitrary::invitation().prop_map(|frame| encode(&frame)),
        group_arbitrary::open_invitation().prop_map(|frame| encode(&frame)),
        group_arbitrary::budget().prop_map(|frame| encode(&frame)),
        group_arbitrary::invitation_link().prop_map(|frame| encode(&frame)),
        group_arbitrary::group_frame().prop_map(|frame| encode(&frame)),
        group_arbitrary::card().prop_map(|frame| encode(&frame)),
        prop::sample::select(group_frames::samples()).prop_map(|(_, frame)| encode(&frame)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn noise(bytes in vec(any::<u8>(), 0..600)) {
        every_decoder_holds(&bytes)?;
    }

    #[test]
    fn cbor_of_any_shape(tree in tree()) {
        every_decoder_holds(&diagnostic::to_cbor(&tree))?;
    }

    #[test]
    fn frames_damaged_on_the_way(
        bytes in valid(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut bytes = bytes;
        for (at, byte, what) in changes {
            match what {
                0 if !bytes.is_empty() => { bytes.remove(at.index(bytes.len())); }
                1 => bytes.insert(at.index(bytes.len() + 1), byte),
                _ if !bytes.is_empty() => { let at = at.index(bytes.len()); bytes[at] = byte; }
                _ => {}
            }
        }
        every_decoder_holds(&bytes)?;
    }

    #[test]
    fn texts(text in "\\PC{0,200}", tail in "(lr|LR|li|lo|lc|lp)[0-9]?[a-zA-Z2-7]{0,80}") {
        for text in [&text, &tail, &format!("{text}#{tail}")] {
            if let Ok(link) = RoomLink::parse(text) {
                prop_assert_eq!(RoomLink::parse(&link.to_text()), Ok(link));
            }
            prop_assert!(Invitation::parse(text).is_err() && InvitationLink::parse(text).is_err());
            prop_assert!(Card::parse(text).is_err() && PairingText::parse(text).is_err());
        }
    }

    #[test]
    fn session_descriptions(lines in vec("(a=(ice-ufrag|ice-pwd|setup|fingerprint|max-message-size)\
        :|m=application |a=)[ -~]{0,70}", 0..12)) {
        let sdp = lines.join("\r\n");
        if let Ok(description) = Description::from_sdp(&sdp) {
            prop_assert_eq!(Description::from_sdp(&description.to_sdp(1)), Ok(description));
        }
    }
}

#[test]
fn deep_and_endless_nesting_is_refused_without_deep_recursion() {
    // The unknown third field of a ping is skipped; it may nest as deep as the frame is long.
    let size = LinkFrame::BYTES_MAX - 4;
    for opener in [0x81, 0x9f, 0xbf, 0xc0, 0xd8] {
        let frame = [&[0x82, 0x02, 0x82, 0x00][..], &vec![opener; size]].concat();
        assert!(decode::<LinkFrame>(&frame).is_err(), "{opener:#x}");
    }
    let pairs = [&[0x82, 0x02, 0x82, 0x00][..], &[0x82, 0x9f].repeat(size / 2)].concat();
    assert!(decode::<LinkFrame>(&pairs).is_err());
}

#[test]
fn a_length_that_is_not_there_allocates_nothing() {
    // Lists and strings that announce 2^64 - 1 elements and end.
    for kind in [0x5b, 0x7b, 0x9b, 0xbb] {
        let length = [&[kind][..], &[0xff; 8]].concat();
        for lead in [&[0x82, 0x01, 0x81][..], &[0x82, 0x07, 0x82, 0x00], &[0x82, 0x00, 0x82, 0x01]]
        {
            let bytes = [lead, &length[..]].concat();
            assert!(decode::<LinkFrame>(&bytes).is_err());
            assert!(decode::<ServerFrame>(&bytes).is_err());
            assert!(decode::<Setup>(&bytes).is_err());
            assert!(decode::<Body>(&bytes).is_err());
            assert!(decode::<KeyPart>(&bytes).is_err());
        }
    }
}
