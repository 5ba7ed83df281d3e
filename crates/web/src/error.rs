//! Errors as JavaScript sees them: an `Error` named `PeerError` with a stable `code`.

use js_sys::{Error, Reflect};
use lacis_core::OpenError;
use lacis_wire::Code;
use lacis_wire::room::RoomLinkError;
use wasm_bindgen::JsValue;

/// An error with a code.
pub(crate) fn coded(code: impl Into<Code>) -> JsValue {
    let code = code.into();
    let error = Error::new(code.as_str());
    error.set_name("PeerError");
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(&error, &"code".into(), &code.as_str().into());
    error.into()
}

/// Why a group is not opened; if it is open already, with the `number` that it has.
pub(crate) fn open(refused: OpenError) -> JsValue {
    let error = coded(refused);
    if let OpenError::Open(group) = refused {
        // As above.
        let _ = Reflect::set(&error, &"number".into(), &group.0.into());
    }
    error
}

/// The error of a text that is not a room link.
pub(crate) fn link(error: RoomLinkError) -> JsValue {
    coded(match error {
        RoomLinkError::Damaged => Code::LinkDamaged,
        RoomLinkError::Version => Code::LinkVersion,
        _ => Code::LinkUnknown,
    })
}

/// A code that an application names.
pub(crate) fn parse(text: &str) -> Result<Code, JsValue> {
    let found = Code::ALL.iter().copied().find(|code| code.as_str() == text);
    found.ok_or_else(|| coded(Code::InvalidArgument))
}
