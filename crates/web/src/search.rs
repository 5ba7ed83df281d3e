//! What JavaScript looks for, as the wrapper hands it in: a filter is `{ all: [...] }`,
//! `{ any: [...] }`, `{ not: ... }`, or an attribute with what it is to be, as
//! `{ name, kind, number?, text?, is }`. A name that begins with `$` is a field of the system.

use lacis_core::{Condition, Field, Filter, Operator, Search, Subject};
use lacis_wire::body::Attribute;
use lacis_wire::{Code, limits};
use wasm_bindgen::JsValue;

use crate::content::attribute;
use crate::error;
use crate::options::{array, field};
use crate::parse::record_type;

/// Reads what is looked for.
pub(crate) fn search(kind: Option<&str>, given: &JsValue) -> Result<Search, JsValue> {
    let kind = kind.map(record_type).transpose()?;
    let is_given = !given.is_undefined();
    let filter = is_given.then(|| filter(given, limits::FILTER_DEPTH)).transpose()?;
    Ok(Search { kind, filter })
}

/// Reads a filter, if it is not nested deeper; the core looks at everything else.
fn filter(given: &JsValue, depth: usize) -> Result<Filter, JsValue> {
    let depth = depth.checked_sub(1).ok_or_else(invalid)?;
    let parts = |list: &JsValue| -> Result<Vec<Filter>, JsValue> {
        array(list)?.iter().map(|part| filter(&part, depth)).collect()
    };
    if let Some(list) = field(given, "all")? {
        return Ok(Filter::All(parts(&list)?));
    }
    if let Some(list) = field(given, "any")? {
        return Ok(Filter::Any(parts(&list)?));
    }
    if let Some(part) = field(given, "not")? {
        return Ok(Filter::Not(Box::new(filter(&part, depth)?)));
    }
    let operator = field(given, "is")?.and_then(|it| it.as_string());
    let operator = operator.and_then(|it| operator_of(&it)).ok_or_else(invalid)?;
    let Attribute { name, value } = attribute(given)?;
    let subject = match name.strip_prefix('$') {
        Some(name) => Subject::Field(field_of(name).ok_or_else(invalid)?),
        None => Subject::Attribute(name),
    };
    Ok(Filter::Is(Condition { subject, operator, value }))
}

fn operator_of(name: &str) -> Option<Operator> {
    Some(match name {
        "eq" => Operator::Equal,
        "ne" => Operator::NotEqual,
        "lt" => Operator::Less,
        "lte" => Operator::LessOrEqual,
        "gt" => Operator::Greater,
        "gte" => Operator::GreaterOrEqual,
        "like" => Operator::Like,
        _ => return None,
    })
}

fn field_of(name: &str) -> Option<Field> {
    Some(match name {
        "id" => Field::Id,
        "creator" => Field::Creator,
        "modifier" => Field::Modifier,
        "author" => Field::Author,
        "created" => Field::Created,
        "modified" => Field::Modified,
        "expires" => Field::Expires,
        "version" => Field::Version,
        _ => return None,
    })
}

fn invalid() -> JsValue {
    error::coded(Code::InvalidArgument)
}
