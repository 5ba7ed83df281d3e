//! The JavaScript side that hears of events. What comes with every message has a call of its own:
//! building an object for each would cost more than everything else about it.

use js_sys::{Array, Uint8Array};
use lacis_core::{
    Completion, Event, GroupEvent, MessageKind, OpId, Record, StoreChange, StoreRequest, StreamId,
};
use lacis_wire::codec::encode;
use lacis_wire::record::Header;
use lacis_wire::{NodeId, PeerId};
use litemap::LiteMap;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

use crate::event;
use crate::group_event::{attribute, group_event, kept, preview};
use crate::number::{end, number};
use crate::object::list;

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
    fn completed(
        this: &JsListener,
        ticket: u32,
        code: Option<&str>,
        outcome: &JsValue,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, js_name = makeRecord)]
    fn make_record(
        this: &JsListener,
        id: &str,
        kind: &JsValue,
        creator: &JsValue,
        modifier: &JsValue,
        numbers: &[f64],
        deleted: bool,
        header: Vec<u8>,
        data: Option<Vec<u8>>,
        attributes: &JsValue,
    ) -> JsValue;

    #[wasm_bindgen(method, catch)]
    fn record(
        this: &JsListener,
        group: u32,
        record: &JsValue,
        is_new: bool,
        is_own: bool,
        from: &JsValue,
        watches: Vec<u32>,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = storeWrite)]
    fn store_write(
        this: &JsListener,
        op: f64,
        tables: Vec<u8>,
        keys: &Array,
        values: &Array,
        is_whole: bool,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = storeErase)]
    fn store_erase(this: &JsListener, op: f64, prefix: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = storeRead)]
    fn store_read(this: &JsListener, op: f64, table: u8, keys: &Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = storeScan)]
    fn store_scan(
        this: &JsListener,
        op: f64,
        table: u8,
        prefix: &Uint8Array,
        after: Option<&Uint8Array>,
        limit: u32,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = fileData)]
    fn file_data(this: &JsListener, stream: f64, data: &Uint8Array) -> Result<(), JsValue>;
}

/// Tells events to JavaScript.
pub(crate) struct Listener {
    js: JsListener,
    /// Ids of nodes and identities as JavaScript strings; making one anew takes longer than
    /// decoding a message.
    names: RefCell<LiteMap<Vec<u8>, JsValue>>,
    /// The label of the last message or the type of the last record, likewise: most have the one
    /// before them.
    label: RefCell<Option<(String, JsValue)>>,
}

/// The kind of a message that is none: what a node says of itself, or nothing any more.
const PRESENCE: u8 = 3;

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
                let (node, label) = (self.node(node), self.label(&label));
                self.js.message(room.0, &node, &label, payload, kind)
            }
            Event::Presence { room, node, peer, value } => {
                let (node, peer) = (self.node(node), self.person(Some(&peer)));
                self.js.message(room.0, &node, &peer, value.unwrap_or_default(), PRESENCE)
            }
            Event::Completed { ticket, result } => {
                let (code, outcome) = match result {
                    Ok(outcome) => (None, self.outcome(outcome)),
                    Err(code) => (Some(code.as_str()), JsValue::UNDEFINED),
                };
                self.js.completed(ticket, code, &outcome)
            }
            Event::FileData { stream, data } => self.file_data(stream, &bytes(&data)),
            Event::Group { group, event } => match *event {
                GroupEvent::Record { record, is_new, is_own, from, watches } => {
                    let (record, from) = (self.make_record(record), self.person(from.as_ref()));
                    self.js.record(group.0, &record, is_new, is_own, &from, watches)
                }
                event => {
                    let event = group_event(event, &|record| self.make_record(record));
                    self.js.event(&event::of_group(group, event))
                }
            },
            event => self.js.event(&event::to_js(event)),
        }
    }

    /// Tells of the next bytes of a file.
    pub(crate) fn file_data(&self, stream: StreamId, data: &Uint8Array) -> Result<(), JsValue> {
        self.js.file_data(number(stream.0), data)
    }

    /// What comes of something that was asked for, if that is more than that it is done.
    fn outcome(&self, completion: Completion) -> JsValue {
        match completion {
            Completion::Done => JsValue::UNDEFINED,
            Completion::Answer(payload) => bytes(&payload).into(),
            Completion::Groups(groups) => list(groups.into_iter().map(kept)),
            Completion::Record(record) => self.make_record(*record),
            Completion::Preview(offered) => preview(*offered),
        }
    }

    /// Asks the store.
    pub(crate) fn store(&self, op: OpId, request: StoreRequest) -> Result<(), JsValue> {
        match request {
            StoreRequest::Write(changes) => self.write(op, &changes, true),
            StoreRequest::Erase { prefix } => self.js.store_erase(number(op.0), &bytes(&prefix)),
            StoreRequest::Read { table, keys } => {
                let keys: Array = keys.iter().map(|key| bytes(key)).collect();
                self.js.store_read(number(op.0), table.number(), &keys)
            }
            StoreRequest::Scan { table, prefix, after, limit } => {
                let limit = u32::try_from(limit).unwrap_or(u32::MAX);
                let (prefix, after) = (bytes(&prefix), after.as_deref().map(bytes));
                self.js.store_scan(number(op.0), table.number(), &prefix, after.as_ref(), limit)
            }
        }
    }

    /// Has the store write something, or gives it the first changes of a write that follows.
    pub(crate) fn write(
        &self,
        op: OpId,
        changes: &[StoreChange],
        is_whole: bool,
    ) -> Result<(), JsValue> {
        let tables = changes.iter().map(|change| change.table.number()).collect();
        let keys: Array = changes.iter().map(|change| bytes(&change.key)).collect();
        let value = |change: &StoreChange| {
            change.value.as_ref().map_or(JsValue::UNDEFINED, |value| bytes(value).into())
        };
        let values: Array = changes.iter().map(value).collect();
        self.js.store_write(number(op.0), tables, &keys, &values, is_whole)
    }

    /// A record as an object, which JavaScript makes of its parts in one call.
    fn make_record(&self, record: Record) -> JsValue {
        let Record { header, body } = record;
        let (attributes, data) = match body {
            Some(body) => (body.attributes, Some(body.data)),
            None => (Vec::new(), None),
        };
        let Header { version, created, modified, .. } = header;
        self.js.make_record(
            &header.id.to_text(),
            &self.label(header.kind.as_str()),
            &self.person(Some(&header.creator)),
            &self.person(header.modifier.as_ref()),
            &[
                number(version),
                number(created.0),
                number(modified.0),
                end(header.expires).unwrap_or(f64::INFINITY),
            ],
            header.is_deleted(),
            encode(&header),
            data,
            &list(attributes.into_iter().map(attribute)),
        )
    }

    fn label(&self, label: &str) -> JsValue {
        let mut last = self.label.borrow_mut();
        match &*last {
            Some((known, text)) if known == label => text.clone(),
            _ => {
                let text = JsValue::from_str(label);
                *last = Some((label.to_owned(), text.clone()));
                text
            }
        }
    }

    fn node(&self, node: NodeId) -> JsValue {
        self.name(node.as_bytes(), &|| node.to_text())
    }

    fn person(&self, peer: Option<&PeerId>) -> JsValue {
        let name = |peer: &PeerId| self.name(peer.as_bytes(), &|| peer.to_text());
        peer.map_or(JsValue::UNDEFINED, name)
    }

    fn name(&self, id: &[u8], text: &dyn Fn() -> String) -> JsValue {
        let mut names = self.names.borrow_mut();
        if let Some(name) = names.get(id) {
            return name.clone();
        }
        if names.len() >= NAMES_MAX {
            names.clear();
        }
        let name = JsValue::from_str(&text());
        names.insert(id.to_vec(), name.clone());
        name
    }
}

fn bytes(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}
