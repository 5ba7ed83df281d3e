//! What JavaScript hands in when it makes a node.

use lacis_core::Config;
use lacis_wire::Code;
use lacis_wire::signal::IceServer;
use serde::Deserialize;
use wasm_bindgen::JsValue;

use crate::{error, host};

/// The options of a node.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    signaling: Vec<String>,
    #[serde(default)]
    ice_servers: Option<Vec<IceServerOption>>,
    #[serde(default)]
    relay_only: bool,
    #[serde(default)]
    identity: Option<serde_bytes::ByteBuf>,
}

/// `RTCIceServer`, whose addresses may be one text or several.
#[derive(Deserialize)]
struct IceServerOption {
    urls: Urls,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    credential: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Urls {
    One(String),
    Several(Vec<String>),
}

impl From<IceServerOption> for IceServer {
    fn from(option: IceServerOption) -> Self {
        let urls = match option.urls {
            Urls::One(url) => vec![url],
            Urls::Several(urls) => urls,
        };
        Self { urls, username: option.username, credential: option.credential }
    }
}

/// Reads the options.
pub(crate) fn config(options: JsValue) -> Result<Config, JsValue> {
    let invalid = || error::coded(Code::InvalidArgument);
    let options: Options = serde_wasm_bindgen::from_value(options).map_err(|_| invalid())?;
    let identity = match options.identity {
        Some(seed) => <[u8; 32]>::try_from(seed.into_vec()).map_err(|_| invalid())?,
        None => host::random()?,
    };
    let ice_servers = options.ice_servers;
    Ok(Config {
        servers: options.signaling,
        ice_servers: ice_servers.map(|list| list.into_iter().map(IceServer::from).collect()),
        relay_only: options.relay_only,
        identity,
    })
}
