//! What an application writes into a record, as the wrapper hands it in.

use lacis_core::Content;
use lacis_wire::body::{Attribute, Value};
use lacis_wire::{Code, Millis};
use wasm_bindgen::JsValue;

use crate::error;
use crate::number::{integer, millis_of};
use crate::options::{array, field};

/// Reads the attributes, the data and the end of a record.
pub(crate) fn content(
    attributes: &JsValue,
    data: Vec<u8>,
    expires: Option<f64>,
) -> Result<Content, JsValue> {
    let invalid = || error::coded(Code::InvalidArgument);
    let attributes = array(attributes)?.iter().map(|given| attribute(&given));
    let attributes = attributes.collect::<Result<_, _>>()?;
    let until = |at: f64| {
        if at == f64::INFINITY { Some(Millis::MAX) } else { millis_of(at) }
    };
    let expires = expires.map(|at| until(at).ok_or_else(invalid)).transpose()?;
    Ok(Content { attributes, data, expires })
}

/// An attribute as the wrapper hands it in: `{ name, kind, number?, text? }`.
pub(crate) fn attribute(given: &JsValue) -> Result<Attribute, JsValue> {
    let invalid = || error::coded(Code::InvalidArgument);
    let text = |name| -> Result<_, JsValue> {
        Ok(field(given, name)?.and_then(|value| value.as_string()))
    };
    let number = field(given, "number")?.and_then(|value| value.as_f64());
    let name = text("name")?.ok_or_else(invalid)?;
    let kind = text("kind")?.ok_or_else(invalid)?;
    let value = match (kind.as_str(), number, text("text")?) {
        ("int", Some(number), _) => Value::Int(integer(number).ok_or_else(invalid)?),
        ("date", Some(number), _) => Value::Date(millis_of(number).ok_or_else(invalid)?),
        ("text", _, Some(text)) => Value::Text(text),
        _ => return Err(invalid()),
    };
    Ok(Attribute { name, value })
}
