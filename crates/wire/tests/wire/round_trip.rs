//! Every valid value survives its encoding, and nothing but its exact encoding is taken for it.

use lacis_wire::body::Body;
use lacis_wire::card::Card;
use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::credential::Chain;
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::keys::KeyPart;
use lacis_wire::link::LinkFrame;
use lacis_wire::record::Header;
use lacis_wire::room::RoomLink;
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::system::{Budget, GroupProperties, OpenInvitation, Revocation, Servers};
use lacis_wire::{DecodeError, limits};
use proptest::prelude::*;

use crate::{arbitrary, diagnostic, group_arbitrary};

/// A frame fits its limit, is read back equal, and neither a part of it nor more than it is taken.
macro_rules! round_trip {
    ($kind:ident, $frame:expr) => {{
        let frame = $frame;
        let bytes = encode(&frame);
        prop_assert!(bytes.len() <= $kind::BYTES_MAX);
        let read = decode::<$kind>(&bytes);
        prop_assert_eq!(read.as_ref(), Ok(&frame));
        let tree = diagnostic::from_cbor(&bytes);
        prop_assert_eq!(diagnostic::to_cbor(&tree), &bytes[..], "not the shortest form");

        let cuts = (0..bytes.len()).step_by(bytes.len() / 64 + 1).chain([bytes.len() - 1]);
        for cut in cuts {
            let part = decode::<$kind>(&bytes[..cut]);
            prop_assert_eq!(part, Err(DecodeError::Malformed), "cut at {}", cut);
        }
        if bytes.len() < $kind::BYTES_MAX {
            let longer = [&bytes[..], &[0]].concat();
            prop_assert_eq!(decode::<$kind>(&longer), Err(DecodeError::Trailing));
        }
    }};
}

proptest! {
    #[test]
    fn client_frames(frame in arbitrary::client_frame()) {
        round_trip!(ClientFrame, frame);
    }

    #[test]
    fn server_frames(frame in arbitrary::server_frame()) {
        round_trip!(ServerFrame, frame);
    }

    #[test]
    fn link_frames(frame in arbitrary::link_frame()) {
        round_trip!(LinkFrame, frame);
    }

    #[test]
    fn setup_messages(message in arbitrary::setup()) {
        round_trip!(Setup, message);
    }

    #[test]
    fn headers(frame in group_arbitrary::header()) {
        round_trip!(Header, frame);
    }

    #[test]
    fn record_bodies(frame in group_arbitrary::body()) {
        round_trip!(Body, frame);
    }

    #[test]
    fn chains(frame in group_arbitrary::chain()) {
        round_trip!(Chain, frame);
    }

    #[test]
    fn parts_of_key_records(frame in group_arbitrary::key_part()) {
        round_trip!(KeyPart, frame);
    }

    #[test]
    fn group_frames(frame in group_arbitrary::group_frame()) {
        round_trip!(GroupFrame, frame);
    }

    #[test]
    fn group_properties(frame in group_arbitrary::properties()) {
        round_trip!(GroupProperties, frame);
    }

    #[test]
    fn revocations(frame in group_arbitrary::revocation()) {
        round_trip!(Revocation, frame);
    }

    #[test]
    fn cards(frame in group_arbitrary::card()) {
        round_trip!(Card, frame);
    }

    #[test]
    fn invitations(frame in group_arbitrary::invitation()) {
        prop_assert!(frame.to_text().len() <= limits::INVITATION_CHARS + 3);
        round_trip!(Invitation, frame);
    }

    #[test]
    fn open_invitations(frame in group_arbitrary::open_invitation()) {
        round_trip!(OpenInvitation, frame);
    }

    #[test]
    fn servers(frame in group_arbitrary::moved()) {
        round_trip!(Servers, frame);
    }

    #[test]
    fn budgets(frame in group_arbitrary::budget()) {
        round_trip!(Budget, frame);
    }

    #[test]
    fn invitation_links(frame in group_arbitrary::invitation_link()) {
        prop_assert!(frame.to_text().len() <= limits::INVITATION_LINK_CHARS + 3);
        prop_assert_eq!(InvitationLink::parse(&frame.to_text()), Ok(frame.clone()));
        round_trip!(InvitationLink, frame);
    }

    #[test]
    fn room_links(link in arbitrary::room_link()) {
        round_trip!(RoomLink, link.clone());
        let text = link.to_text();
        prop_assert!(text.len() <= limits::ROOM_LINK_CHARS + 3);
        let parsed = RoomLink::parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&link));
        let address = format!("https://example.org/chat/?a=1#{text}");
        prop_assert_eq!(RoomLink::parse(&address), Ok(link));
    }
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_read() {
    assert_eq!(decode::<ClientFrame>(&over(ClientFrame::BYTES_MAX)), Err(DecodeError::TooLong));
    assert_eq!(decode::<ServerFrame>(&over(ServerFrame::BYTES_MAX)), Err(DecodeError::TooLong));
    assert_eq!(decode::<LinkFrame>(&over(LinkFrame::BYTES_MAX)), Err(DecodeError::TooLong));
    assert_eq!(decode::<Setup>(&over(Setup::BYTES_MAX)), Err(DecodeError::TooLong));
    assert_eq!(decode::<RoomLink>(&over(RoomLink::BYTES_MAX)), Err(DecodeError::TooLong));
}

/// A frame of any kind, `[0, [..]]`, whose last field of bytes makes it one byte too long.
fn over(bytes_max: usize) -> Vec<u8> {
    let mut bytes = vec![0x82, 0x00, 0x81, 0x5a];
    let rest = u32::try_from(bytes_max + 1 - bytes.len() - 4).expect("small");
    bytes.extend_from_slice(&rest.to_be_bytes());
    bytes.resize(bytes_max + 1, 0);
    bytes
}
