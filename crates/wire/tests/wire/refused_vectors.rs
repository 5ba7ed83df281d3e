//! Golden vectors of what must be refused, each with the reason.

use std::collections::BTreeSet;

use lacis_wire::body::Body;
use lacis_wire::card::{Card, CardError};
use lacis_wire::codec::{self, decode};
use lacis_wire::credential::{Chain, ChainError, Credential};
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::{Invitation, InvitationError, InvitationLink};
use lacis_wire::keys::KeyPart;
use lacis_wire::link::LinkFrame;
use lacis_wire::pairing::{Handover, PairingText, PairingTextError};
use lacis_wire::record::Header;
use lacis_wire::room::{RoomLink, RoomLinkError};
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::system::{Budget, GroupProperties, OpenInvitation, Revocation, Servers};
use lacis_wire::{DecodeError, GroupId};
use serde_json::json;

use crate::golden::{Vector, compare, hex};
use crate::group_samples::group;
use crate::{refused_forms, refused_groups, refused_limits, refused_texts};

/// What is refused.
pub(crate) struct Refused {
    pub(crate) name: String,
    /// What it would be.
    pub(crate) kind: &'static str,
    pub(crate) given: Given,
    /// Why it is not.
    pub(crate) reason: String,
}

/// As what it is given.
pub(crate) enum Given {
    Frame(Vec<u8>),
    /// Credentials, to be verified for the group of the samples.
    Chain(Vec<u8>),
    Text(String),
}

impl Refused {
    pub(crate) fn new(name: &str, kind: &'static str, given: Given, reason: &str) -> Self {
        Self { name: name.into(), kind, given, reason: reason.into() }
    }

    pub(crate) fn frame(name: &str, kind: &'static str, bytes: Vec<u8>, reason: &str) -> Self {
        Self::new(name, kind, Given::Frame(bytes), reason)
    }

    fn vector(&self) -> Vector {
        let mut vector: Vector = vec![("name", json!(self.name)), ("kind", json!(self.kind))];
        match &self.given {
            Given::Frame(bytes) => vector.push(("hex", hex(bytes))),
            Given::Chain(bytes) => vector.extend([("hex", hex(bytes)), ("group", hex(&group().0))]),
            Given::Text(text) => vector.push(("text", json!(text))),
        }
        vector.push(("reason", json!(self.reason)));
        vector
    }

    /// Why the code refuses it.
    fn refusal(&self) -> Option<String> {
        match &self.given {
            Given::Frame(bytes) => refusal_of_frame(self.kind, bytes),
            Given::Chain(bytes) => refusal_of_chain(bytes, &group()),
            Given::Text(text) => refusal_of_text(self.kind, text),
        }
    }
}

#[test]
fn what_must_be_refused() {
    let all =
        [refused_forms::all(), refused_limits::all(), refused_groups::all(), refused_texts::all()];
    let all: Vec<Refused> = all.into_iter().flatten().collect();
    for refused in &all {
        assert_eq!(refused.refusal().as_ref(), Some(&refused.reason), "{}", refused.name);
    }
    let names: BTreeSet<_> = all.iter().map(|it| &it.name).collect();
    assert_eq!(names.len(), all.len(), "a name stands twice");
    compare("refused", all.iter().map(Refused::vector).collect());
}

fn refusal_of_frame(kind: &str, bytes: &[u8]) -> Option<String> {
    macro_rules! one_of {
        ($($kind:ident)*) => {
            match kind {
                $(stringify!($kind) => decode::<$kind>(bytes).err(),)*
                _ => panic!("no frame is called {kind}"),
            }
        };
    }
    let error = one_of!(ClientFrame ServerFrame LinkFrame Setup GroupFrame RoomLink PairingText
        Handover Header Body Credential Chain KeyPart GroupProperties Revocation Invitation
        InvitationLink OpenInvitation Budget Servers Card)?;
    Some(match error {
        DecodeError::TooLong => "too long".into(),
        DecodeError::Malformed => "malformed".into(),
        DecodeError::NotCanonical => "not canonical".into(),
        DecodeError::Unknown => "unknown field or variant".into(),
        DecodeError::Trailing => "trailing bytes".into(),
        DecodeError::Limit(field) => format!("limit of {field}"),
        other => panic!("{other} has no reason here"),
    })
}

fn refusal_of_chain(bytes: &[u8], group: &GroupId) -> Option<String> {
    let chain: Chain = codec::read(bytes).expect("only what it says is wrong");
    let reason = match chain.verify(group).err()? {
        ChainError::Empty => "empty",
        ChainError::TooLong => "too long",
        ChainError::WrongGroup => "wrong group",
        ChainError::BrokenLink => "broken link",
        ChainError::Circular => "circular",
        ChainError::NotAllowed => "not allowed",
        ChainError::OutlivesIssuer => "outlives its issuer",
        ChainError::Signature => "signature",
        ChainError::NotAKey => "not a key",
        other => panic!("{other} has no reason here"),
    };
    Some(reason.into())
}

fn refusal_of_text(kind: &str, text: &str) -> Option<String> {
    let reason = match kind {
        "RoomLink" => match RoomLink::parse(text).err()? {
            RoomLinkError::Unknown => "unknown",
            RoomLinkError::Damaged => "damaged",
            RoomLinkError::Version => "version",
            other => panic!("{other} has no reason here"),
        },
        "PairingText" => match PairingText::parse(text).err()? {
            PairingTextError::Unknown => "unknown",
            PairingTextError::Damaged => "damaged",
            PairingTextError::Version => "version",
            other => panic!("{other} has no reason here"),
        },
        "Card" => match Card::parse(text).err()? {
            CardError::Unknown => "unknown",
            CardError::Damaged => "damaged",
            CardError::Version => "version",
            CardError::NotTrusted => "not trusted",
            other => panic!("{other} has no reason here"),
        },
        "Invitation" => of_invitation(Invitation::parse(text).err()?),
        "InvitationLink" => of_invitation(InvitationLink::parse(text).err()?),
        _ => panic!("no text is called {kind}"),
    };
    Some(reason.into())
}

fn of_invitation(error: InvitationError) -> &'static str {
    match error {
        InvitationError::Unknown => "unknown",
        InvitationError::Damaged => "damaged",
        InvitationError::Version => "version",
        InvitationError::NotTrusted => "not trusted",
        other => panic!("{other} has no reason here"),
    }
}
