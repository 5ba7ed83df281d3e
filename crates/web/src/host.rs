//! What the environment lends: time and randomness. Bound from the global scope, so that it works
//! in a worker as well as in a page.

use js_sys::Uint8Array;
use lacis_core::Timestamp;
use lacis_wire::{Code, Millis};
use wasm_bindgen::prelude::*;

use crate::error;
use crate::number::millis_of;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;

    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &Uint8Array) -> Result<JsValue, JsValue>;
}

/// Time since the page was opened; monotonic.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative")]
pub(crate) fn now() -> Timestamp {
    Timestamp::from_micros((performance_now() * 1000.0) as u64)
}

/// The time of day.
pub(crate) fn wall() -> Millis {
    millis_of(js_sys::Date::now()).unwrap_or(Millis(0))
}

/// Fresh randomness of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], JsValue> {
    let length = u32::try_from(N).map_err(|_| error::coded(Code::Internal))?;
    let filled = Uint8Array::new_with_length(length);
    get_random_values(&filled)?;
    let mut bytes = [0; N];
    filled.copy_to(&mut bytes);
    Ok(bytes)
}
