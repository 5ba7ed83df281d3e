//! The browser as a platform: carries out what the core wants with web APIs, and tells it what
//! happened.
//!
//! It decides nothing. Four rules keep it free of the usual trouble at the border to JavaScript:
//! only `&self` crosses it; no JavaScript is called while the node is borrowed; every listener and
//! timer is a guard that ends when dropped; there is one timer, armed for what the node asks.

mod browser;
#[cfg(all(test, target_arch = "wasm32"))]
mod conformance;
mod connection;
mod content;
mod error;
mod event;
mod group_event;
mod handle;
mod host;
mod listener;
mod listening;
mod node;
mod number;
mod object;
mod options;
mod parse;
mod path;
mod properties;
mod rehearsal;
mod report;
mod search;
mod socket;
mod texts;

use lacis_wire::limits;
use lacis_wire::room::{RoomLink, server_ok};
use wasm_bindgen::prelude::*;

use object::{Building, list};

pub use node::WebNode;
pub use texts::{make_card, parse_card, parse_invitation};

/// Makes a link to the room of that secret, or to a fresh one.
///
/// # Errors
/// `invalid-argument` when an address is not one of a signaling server, or there are too many, and
/// when the secret has not 16 bytes.
#[wasm_bindgen]
pub fn create_room_link(servers: Vec<String>, secret: Option<Vec<u8>>) -> Result<String, JsValue> {
    if servers.len() > limits::ROOM_LINK_SERVERS_MAX || !servers.iter().all(|url| server_ok(url)) {
        return Err(error::coded(lacis_wire::Code::InvalidArgument));
    }
    let secret = match secret {
        Some(bytes) => {
            bytes.try_into().map_err(|_| error::coded(lacis_wire::Code::InvalidArgument))?
        }
        None => host::random()?,
    };
    Ok(RoomLink { secret, servers }.to_text())
}

/// Makes the engine compile what a link takes, as long as nobody waits for it.
#[wasm_bindgen]
pub fn rehearse() {
    rehearsal::rehearse();
}

/// Reads a room link, alone or as the fragment of an address.
///
/// # Errors
/// `link-unknown`, `link-damaged` or `link-version`.
#[wasm_bindgen]
pub fn parse_room_link(text: &str) -> Result<JsValue, JsValue> {
    let link = RoomLink::parse(text).map_err(error::link)?;
    let fingerprint = link.fingerprint();
    let parsed = Building::new().with("servers", list(link.servers));
    Ok(parsed.with("fingerprint", fingerprint).done())
}

/// Every code that the core can name, for the table of the TypeScript wrapper to be checked with.
#[wasm_bindgen]
#[must_use]
pub fn error_codes() -> Vec<String> {
    lacis_wire::Code::ALL.iter().map(|code| code.as_str().to_owned()).collect()
}
