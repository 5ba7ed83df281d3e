//! What JavaScript hands in when it makes a node, checked field by field.

use js_sys::{Array, Reflect, Uint8Array};
use lacis_core::Config;
use lacis_wire::Code;
use lacis_wire::signal::IceServer;
use wasm_bindgen::{JsCast, JsValue};

use crate::{error, host};

/// Reads the options.
pub(crate) fn config(options: &JsValue) -> Result<Config, JsValue> {
    let identity = match field(options, "identity")? {
        None => host::random()?,
        Some(seed) => {
            let seed = seed.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).ok_or_else(invalid)?;
            <[u8; 32]>::try_from(seed).map_err(|_| invalid())?
        }
    };
    let servers = field(options, "signaling")?.map_or(Ok(Vec::new()), |list| texts(&list))?;
    let ice_servers = match field(options, "iceServers")? {
        None => None,
        Some(list) => Some(array(&list)?.iter().map(ice_server).collect::<Result<_, _>>()?),
    };
    let relay_only = field(options, "relayOnly")?.is_some_and(|value| value.is_truthy());
    let store = field(options, "store")?.is_some_and(|value| value.is_truthy());
    Ok(Config { servers, ice_servers, relay_only, identity, wall: host::wall(), store })
}

/// Reads one `RTCIceServer`, whose addresses may be one text or several.
fn ice_server(server: JsValue) -> Result<IceServer, JsValue> {
    let urls = field(&server, "urls")?.ok_or_else(invalid)?;
    let text = |name| match field(&server, name)? {
        None => Ok(None),
        Some(value) => value.as_string().map(Some).ok_or_else(invalid),
    };
    Ok(IceServer {
        urls: urls.as_string().map_or_else(|| texts(&urls), |url| Ok(vec![url]))?,
        username: text("username")?,
        credential: text("credential")?,
    })
}

fn texts(list: &JsValue) -> Result<Vec<String>, JsValue> {
    array(list)?.iter().map(|text| text.as_string().ok_or_else(invalid)).collect()
}

/// A value that is to be an array.
pub(crate) fn array(value: &JsValue) -> Result<&Array, JsValue> {
    value.dyn_ref::<Array>().ok_or_else(invalid)
}

/// A field, or nothing if it is absent.
pub(crate) fn field(object: &JsValue, name: &str) -> Result<Option<JsValue>, JsValue> {
    let value = Reflect::get(object, &name.into()).map_err(|_| invalid())?;
    Ok(Some(value).filter(|value| !value.is_undefined() && !value.is_null()))
}

fn invalid() -> JsValue {
    error::coded(Code::InvalidArgument)
}
