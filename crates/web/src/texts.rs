//! Texts that people hand each other: identity cards and invitations, read without a network.

use lacis_wire::Code;
use lacis_wire::card::{Card, CardError};
use lacis_wire::invitation::{Invitation, InvitationError, InvitationLink};
use lacis_wire::proof::signing_key;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error;
use crate::number::{end, number};
use crate::object::{Building, list};

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
    Ok(Building::new().with("peerId", card.peer.to_text()).with("name", card.name).done())
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
            Building::told("kind", "bound")
                .with("group", leaf.group.to_text())
                .with("peerId", leaf.subject.to_text())
                .with("inviter", leaf.issuer.to_text())
                .with("roles", leaf.roles.bits())
                .with("starts", number(leaf.not_before.0))
                .with("until", end(leaf.not_after))
                .with("name", bound.name.clone())
                .with("servers", list(bound.servers.clone()))
        }
        Err(InvitationError::Unknown) => {
            let link = InvitationLink::parse(text).map_err(invitation_error)?;
            Building::told("kind", "link")
                .with("group", link.group.to_text())
                .with("servers", list(link.servers))
        }
        Err(error) => return Err(invitation_error(error)),
    };
    Ok(parsed.done())
}

fn invitation_error(error: InvitationError) -> JsValue {
    error::coded(match error {
        InvitationError::Damaged => Code::InvitationDamaged,
        InvitationError::Version => Code::InvitationVersion,
        InvitationError::NotTrusted => Code::InvitationNotTrusted,
        _ => Code::InvitationUnknown,
    })
}
