//! What the store answers.

use js_sys::{Array, Uint8Array};
use lacis_core::{Input, OpId, StorePage, StoreReply};
use lacis_wire::Code;
use wasm_bindgen::prelude::*;

use super::WebNode;
use crate::error;
use crate::handle::Hear;
use crate::number::id;

#[wasm_bindgen]
impl WebNode {
    /// The store has made all changes of a write.
    pub fn stored(&self, op: f64) {
        self.answer(op, StoreReply::Written);
    }

    /// The store answers a read: a value a key, or `undefined`.
    pub fn store_values(&self, op: f64, values: &Array) {
        let value = |value: JsValue| value.dyn_into::<Uint8Array>().ok().map(|it| it.to_vec());
        self.answer(op, StoreReply::Values(values.iter().map(value).collect()));
    }

    /// The store answers a scan, with the entries packed: the length of the key in two bytes and
    /// of the value in four, the lowest first, then both. One call for all of them, because there
    /// may be thousands.
    pub fn store_page(&self, op: f64, packed: Vec<u8>) {
        self.answer(op, StoreReply::Page(StorePage::from_packed(packed)));
    }

    /// The store did not do what it was asked.
    pub fn store_failed(&self, op: f64, code: &str) {
        let code = error::parse(code).unwrap_or(Code::StoreFailed);
        self.answer(op, StoreReply::Failed(code));
    }

    fn answer(&self, op: f64, reply: StoreReply) {
        self.browser.input(Input::Store(OpId(id(op)), reply));
    }
}
