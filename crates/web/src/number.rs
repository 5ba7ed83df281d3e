//! Numbers as JavaScript has them.

use std::time::Duration;

use lacis_wire::{Code, Millis};
use wasm_bindgen::JsValue;

use crate::error;

/// A time, version or size. They stay below the largest integer that a JavaScript number holds
/// exactly, unless somebody writes nonsense; nonsense may be rounded.
#[expect(clippy::cast_precision_loss, reason = "see above")]
pub(crate) const fn number(value: u64) -> f64 {
    value as f64
}

/// An integer with a sign, likewise.
#[expect(clippy::cast_precision_loss, reason = "as for times")]
pub(crate) const fn float(value: i64) -> f64 {
    value as f64
}

/// An integer that a JavaScript number holds exactly.
#[expect(clippy::cast_possible_truncation, reason = "checked before")]
pub(crate) fn integer(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_991.0;
    exact.then_some(number as i64)
}

/// A time, or nothing for never.
pub(crate) fn end(at: Millis) -> Option<f64> {
    (at != Millis::MAX).then(|| number(at.0))
}

/// A time as JavaScript counts it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
pub(crate) fn millis_of(at: f64) -> Option<Millis> {
    let fine = (0.0..=9_007_199_254_740_991.0).contains(&at);
    fine.then_some(Millis(at as u64))
}

/// Milliseconds as JavaScript has them; what is no duration counts as none.
pub(crate) fn millis(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

/// A lifetime in milliseconds; `Infinity` is one without end.
pub(crate) fn lifetime(ms: f64) -> Duration {
    if ms == f64::INFINITY { Duration::MAX } else { millis(ms) }
}

/// The number of something, of which the node has given out no more than a JavaScript number holds
/// exactly; nonsense is the number of nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
pub(crate) const fn id(number: f64) -> u64 {
    number as u64
}

/// A count of bytes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
pub(crate) fn byte_count(count: f64) -> Result<u64, JsValue> {
    let whole = count.is_finite() && count >= 0.0 && count.fract() == 0.0;
    if whole { Ok(count as u64) } else { Err(error::coded(Code::InvalidArgument)) }
}
