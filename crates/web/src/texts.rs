//! Texts that people hand each other: identity cards and invitations, read without a network.

use lacis_wire::Code;
use lacis_wire::card::{Card, CardError};
use lacis_wire::invitation::{Invitation, InvitationError, InvitationLink};
use lacis_wire::proof::signing_key;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error;
use crate::group_event::{end, number};

/// The card of an identity, given by its 32 secret bytes, under a name of its choice.
///
/// # Errors
/// `invalid-argument`.
#[wasm_bindgen]
pub fn make_card(identity: &[u8], name: &str) -> Result<String, JsValue> {
    let seed = identity.try_into().map_err(|_| error::coded(Code::InvalidArgument))?;
    let card = Card::new(&signing_key(seed), name);
    // What cannot be read again is no card: the name is too long, or has control characters.
    let text = card.to_text();
    Card::parse(&text).map_err(|_| error::coded(Code::InvalidArgument))?;
    Ok(text)
}

#[derive(Serialize)]
struct ParsedCard {
    peer: String,
    name: String,
}

/// Reads an identity card, alone or as the fragment of an address.
///
/// # Errors
/// `card-unknown`, `card-damaged`, `card-version` or `card-not-trusted`.
#[wasm_bindgen]
pub fn parse_card(text: &str) -> Result<JsValue, JsValue> {
    let card = Card::parse(text).map_err(|error| {
        error::coded(match error {
            CardError::Damaged => Code::CardDamaged,
            CardError::Version => Code::CardVersion,
            CardError::NotTrusted => Code::CardNotTrusted,
            _ => Code::CardUnknown,
        })
    })?;
    error::to_js(&ParsedCard { peer: card.peer.to_text(), name: card.name })
}

/// What an invitation says. A link says no more than its group and where to knock.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum ParsedInvitation {
    Link {
        group: String,
        servers: Vec<String>,
    },
    Bound {
        group: String,
        name: String,
        peer: String,
        inviter: String,
        roles: u8,
        starts: f64,
        until: Option<f64>,
        servers: Vec<String>,
    },
}

/// Reads an invitation of either kind, alone or as the fragment of an address; verifies who made
/// it if it says so.
///
/// # Errors
/// `invitation-unknown`, `invitation-damaged`, `invitation-version` or `invitation-not-trusted`.
#[wasm_bindgen]
pub fn parse_invitation(text: &str) -> Result<JsValue, JsValue> {
    let parsed = match Invitation::parse(text) {
        Ok(bound) => {
            let leaf = bound.credential().map_err(invitation_error)?;
            ParsedInvitation::Bound {
                group: leaf.group.to_text(),
                peer: leaf.subject.to_text(),
                inviter: leaf.issuer.to_text(),
                roles: leaf.roles.bits(),
                starts: number(leaf.not_before.0),
                until: end(leaf.not_after),
                name: bound.name.clone(),
                servers: bound.servers.clone(),
            }
        }
        Err(InvitationError::Unknown) => {
            let link = InvitationLink::parse(text).map_err(invitation_error)?;
            ParsedInvitation::Link { group: link.group.to_text(), servers: link.servers }
        }
        Err(error) => return Err(invitation_error(error)),
    };
    error::to_js(&parsed)
}

fn invitation_error(error: InvitationError) -> JsValue {
    error::coded(match error {
        InvitationError::Damaged => Code::InvitationDamaged,
        InvitationError::Version => Code::InvitationVersion,
        InvitationError::NotTrusted => Code::InvitationNotTrusted,
        _ => Code::InvitationUnknown,
    })
}
