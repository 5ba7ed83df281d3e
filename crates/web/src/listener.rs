//! The JavaScript side that hears of events. What comes with every message has a call of its own:
//! building an object for each would cost more than everything else about it.

use js_sys::{Array, Uint8Array};
use lacis_core::{Event, MessageKind, OpId, StoreChange, StoreRequest};
use lacis_wire::NodeId;
use litemap::LiteMap;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

use crate::event;

#[wasm_bindgen]
extern "C" {
    /// What the wrapper hands in.
    #[wasm_bindgen(typescript_type = "object")]
    pub type JsListener;

    #[wasm_bindgen(method, catch)]
    fn event(this: &JsListener, event: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn message(
        this: &JsListener,
        room: u32,
        node: &JsValue,
        label: &JsValue,
        data: Vec<u8>,
        kind: u8,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn settled(this: &JsListener, ticket: u32, code: Option<&str>) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = storeWrite)]
    fn store_write(
        this: &JsListener,
        op: u32,
        tables: Vec<u8>,
        keys: &Array,
        values: &Array,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = storeErase)]
    fn store_erase(this: &JsListener, op: u32, prefix: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = storeRead)]
    fn store_read(this: &JsListener, op: u32, table: u8, keys: &Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = storeScan)]
    fn store_scan(
        this: &JsListener,
        op: u32,
        table: u8,
        prefix: &Uint8Array,
        after: Option<&Uint8Array>,
        limit: u32,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = fileData)]
    fn file_data(this: &JsListener, stream: u32, data: Vec<u8>) -> Result<(), JsValue>;
}

/// Tells events to JavaScript.
pub(crate) struct Listener {
    js: JsListener,
    /// Node ids as JavaScript strings; making one anew takes longer than decoding a message.
    names: RefCell<LiteMap<NodeId, JsValue>>,
    /// The label of the last message, likewise: most have the one before them.
    label: RefCell<Option<(String, JsValue)>>,
}

/// Names kept; beyond that all are forgotten and made again.
const NAMES_MAX: usize = 128;

impl Listener {
    pub(crate) fn new(js: JsListener) -> Self {
        Self { js, names: RefCell::new(LiteMap::new()), label: RefCell::default() }
    }

    pub(crate) fn tell(&self, event: Event) -> Result<(), JsValue> {
        match event {
            Event::Message { room, node, label, payload, kind } => {
                let kind = match kind {
                    MessageKind::Direct => 0,
                    MessageKind::Broadcast => 1,
                    MessageKind::Ephemeral => 2,
                };
                self.js.message(room.0, &self.name(node), &self.label(label), payload, kind)
            }
            Event::Settled { ticket, result } => {
                self.js.settled(ticket, result.err().map(|code| code.as_str()))
            }
            Event::FileData { stream, data } => self.js.file_data(stream.0, data),
            event => self.js.event(&event::to_js(event)),
        }
    }

    /// Asks the store.
    pub(crate) fn store(&self, op: OpId, request: StoreRequest) -> Result<(), JsValue> {
        let bytes = |bytes: &Vec<u8>| Uint8Array::from(bytes.as_slice());
        match request {
            StoreRequest::Write(changes) => {
                let tables = changes.iter().map(|change| change.table.number()).collect();
                let keys: Array = changes.iter().map(|change| bytes(&change.key)).collect();
                let value = |change: &StoreChange| {
                    change.value.as_ref().map_or(JsValue::UNDEFINED, |value| bytes(value).into())
                };
                let values: Array = changes.iter().map(value).collect();
                self.js.store_write(op.0, tables, &keys, &values)
            }
            StoreRequest::Erase { prefix } => self.js.store_erase(op.0, &bytes(&prefix)),
            StoreRequest::Read { table, keys } => {
                let keys: Array = keys.iter().map(bytes).collect();
                self.js.store_read(op.0, table.number(), &keys)
            }
            StoreRequest::Scan { table, prefix, after, limit } => {
                let limit = u32::try_from(limit).unwrap_or(u32::MAX);
                let (prefix, after) = (bytes(&prefix), after.as_ref().map(bytes));
                self.js.store_scan(op.0, table.number(), &prefix, after.as_ref(), limit)
            }
        }
    }

    fn label(&self, label: String) -> JsValue {
        let mut last = self.label.borrow_mut();
        match &*last {
            Some((known, text)) if *known == label => text.clone(),
            _ => {
                let text = JsValue::from_str(&label);
                *last = Some((label, text.clone()));
                text
            }
        }
    }

    fn name(&self, node: NodeId) -> JsValue {
        let mut names = self.names.borrow_mut();
        if let Some(name) = names.get(&node) {
            return name.clone();
        }
        if names.len() >= NAMES_MAX {
            names.clear();
        }
        let name = JsValue::from_str(&node.to_text());
        names.insert(node, name.clone());
        name
    }
}
