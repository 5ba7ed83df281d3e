//! Plain JavaScript objects. They are built by hand, key by key: a framework for it made the module
//! that a page has to load some thousand bytes longer.

use std::cell::RefCell;

use js_sys::{Array, Object, Uint8Array};
use litemap::LiteMap;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Object, typescript_type = "Record<string, unknown>")]
    type Plain;

    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &Plain, key: &JsValue, value: &JsValue);
}

type Names = LiteMap<(usize, usize), JsValue>;

thread_local! {
    /// Names of properties as JavaScript strings, by where they lie: making one anew takes longer
    /// than setting it.
    static NAMES: RefCell<Names> = const { RefCell::new(LiteMap::new()) };
}

/// An object that is being built.
pub(crate) struct Building(Plain);

impl Building {
    pub(crate) fn new() -> Self {
        Self(Object::new().unchecked_into())
    }

    /// Begins with a text that tells such objects apart.
    pub(crate) fn told(key: &'static str, text: &str) -> Self {
        let object = Self::new();
        object.put(key, &JsValue::from_str(text));
        object
    }

    pub(crate) fn with(self, key: &'static str, value: impl ToJs) -> Self {
        self.put(key, &value.to_js());
        self
    }

    #[inline(never)]
    fn put(&self, key: &'static str, value: &JsValue) {
        let place = (key.as_ptr() as usize, key.len());
        NAMES.with_borrow_mut(|names| {
            if let Some(name) = names.get(&place) {
                return self.0.set(name, value);
            }
            let name = JsValue::from_str(key);
            self.0.set(&name, value);
            names.insert(place, name);
        });
    }

    pub(crate) fn done(self) -> JsValue {
        self.0.into()
    }
}

/// What JavaScript has a value for. What is not there is `undefined`.
pub(crate) trait ToJs {
    fn to_js(self) -> JsValue;
}

impl ToJs for JsValue {
    fn to_js(self) -> JsValue {
        self
    }
}

impl ToJs for String {
    fn to_js(self) -> JsValue {
        JsValue::from_str(&self)
    }
}

impl ToJs for &'static str {
    fn to_js(self) -> JsValue {
        JsValue::from_str(self)
    }
}

impl ToJs for bool {
    fn to_js(self) -> JsValue {
        JsValue::from_bool(self)
    }
}

impl ToJs for f64 {
    fn to_js(self) -> JsValue {
        JsValue::from_f64(self)
    }
}

impl ToJs for u32 {
    fn to_js(self) -> JsValue {
        f64::from(self).to_js()
    }
}

impl ToJs for u8 {
    fn to_js(self) -> JsValue {
        f64::from(self).to_js()
    }
}

/// Counts of what is in memory, which is less than 2^32 there.
#[expect(clippy::cast_precision_loss, reason = "see above")]
impl ToJs for usize {
    fn to_js(self) -> JsValue {
        (self as f64).to_js()
    }
}

impl<T: ToJs> ToJs for Option<T> {
    fn to_js(self) -> JsValue {
        self.map_or(JsValue::UNDEFINED, ToJs::to_js)
    }
}

/// A list.
pub(crate) fn list<T: ToJs>(items: impl IntoIterator<Item = T>) -> JsValue {
    items.into_iter().map(ToJs::to_js).collect::<Array>().into()
}

/// Bytes, of which JavaScript gets a copy.
pub(crate) fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}
