//! The part of the node that is about groups, as JavaScript holds it.

use js_sys::{Array, Uint8Array};
use lacis_core::{Content, Input, OpId, Paging, RoomId, StoreReply};
use lacis_wire::body::{Attribute, Value};
use lacis_wire::codec::decode;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::{Code, GroupId, Millis, RecordId};
use wasm_bindgen::prelude::*;

use crate::error;
use crate::group_event::millis_of;
use crate::membership::peer_id;
use crate::node::{WebNode, millis};
use crate::options::{array, field};
use crate::properties::{info, properties};
use crate::search::search;

#[wasm_bindgen]
impl WebNode {
    /// The groups that the store holds, told as an event.
    pub fn stored_groups(&self, ticket: u32) {
        self.browser.with(|node, now| node.stored_groups(now, ticket));
    }

    /// Founds a group.
    ///
    /// # Errors
    /// `invalid-argument`, `too-many-groups` or `closed`.
    pub fn create_group(
        &self,
        ticket: u32,
        given: &JsValue,
        servers: Vec<String>,
    ) -> Result<u32, JsValue> {
        let properties = properties(given)?;
        let made =
            self.browser.with(|node, now| node.create_group(now, ticket, &properties, servers));
        made.map(|group| group.0).map_err(error::coded)
    }

    /// Opens a stored group.
    ///
    /// # Errors
    /// `too-many-groups` or `closed`; the ticket fails with `group-unknown`.
    pub fn open_group(&self, ticket: u32, id: &str) -> Result<u32, JsValue> {
        let id = GroupId::parse(id).map_err(|_| error::coded(Code::GroupUnknown))?;
        let opened = self.browser.with(|node, now| node.open_group(now, ticket, id));
        opened.map(|group| group.0).map_err(error::coded)
    }

    /// Takes an invitation, or only looks at it.
    ///
    /// # Errors
    /// What is wrong with it, `too-many-groups` or `closed`.
    pub fn join_group(
        &self,
        ticket: u32,
        text: &str,
        timeout_ms: f64,
        looks: bool,
    ) -> Result<u32, JsValue> {
        let patience = millis(timeout_ms);
        let asked = self.browser.with(|node, now| {
            if looks {
                node.preview_group(now, ticket, text, patience)
            } else {
                node.join_group(now, ticket, text, patience)
            }
        });
        asked.map(|group| group.0).map_err(error::coded)
    }

    /// Connects a group.
    ///
    /// # Errors
    /// `group-unknown`, `already-joined`, `too-many-rooms` or `closed`.
    pub fn connect_group(&self, ticket: u32, group: u32, timeout_ms: f64) -> Result<(), JsValue> {
        let patience = millis(timeout_ms);
        let asked =
            self.browser.with(|node, now| node.connect_group(now, ticket, RoomId(group), patience));
        asked.map_err(error::coded)
    }

    /// Disconnects a group.
    pub fn disconnect_group(&self, group: u32) {
        self.browser.with(|node, now| node.disconnect_group(now, RoomId(group)));
    }

    /// Closes a group; what is stored stays.
    pub fn close_group(&self, group: u32) {
        self.browser.with(|node, now| node.close_group(now, RoomId(group)));
    }

    /// Deletes a group here.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn delete_group(&self, ticket: u32, group: u32) -> Result<(), JsValue> {
        let asked = self.browser.with(|node, now| node.delete_group(now, ticket, RoomId(group)));
        asked.map_err(error::coded)
    }

    /// Writes a new record; gives its id.
    ///
    /// # Errors
    /// The reason it was not taken; the ticket is not used then.
    pub fn add_record(
        &self,
        ticket: u32,
        group: u32,
        kind: &str,
        attributes: JsValue,
        data: Vec<u8>,
        expires: Option<f64>,
    ) -> Result<String, JsValue> {
        let kind = record_type(kind)?;
        let content = content(&attributes, data, expires)?;
        let added = self
            .browser
            .with(|node, now| node.add_record(now, ticket, RoomId(group), kind, content));
        added.map(|id| id.to_text()).map_err(error::coded)
    }

    /// Writes a new version of the record with that header.
    ///
    /// # Errors
    /// The reason it was not taken; the ticket is not used then.
    pub fn update_record(
        &self,
        ticket: u32,
        group: u32,
        header: &[u8],
        attributes: JsValue,
        data: Vec<u8>,
        expires: Option<f64>,
    ) -> Result<(), JsValue> {
        let held = held(header)?;
        let content = content(&attributes, data, expires)?;
        let updated = self
            .browser
            .with(|node, now| node.update_record(now, ticket, RoomId(group), &held, content));
        updated.map_err(error::coded)
    }

    /// Deletes the record with that header.
    ///
    /// # Errors
    /// The reason it was not taken; the ticket is not used then.
    pub fn delete_record(&self, ticket: u32, group: u32, header: &[u8]) -> Result<(), JsValue> {
        let held = held(header)?;
        let deleted =
            self.browser.with(|node, now| node.delete_record(now, ticket, RoomId(group), &held));
        deleted.map_err(error::coded)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// `record-unknown` or `group-unknown`.
    pub fn read_record(&self, ticket: u32, group: u32, id: &str) -> Result<(), JsValue> {
        let id = RecordId::parse(id).map_err(|_| error::coded(Code::RecordUnknown))?;
        let asked = self.browser.with(|node, now| node.read_record(now, ticket, RoomId(group), id));
        asked.map_err(error::coded)
    }

    /// Reads the records of a type, or of every type of the application, that fit.
    ///
    /// # Errors
    /// `invalid-argument` or `group-unknown`.
    pub fn query_records(
        &self,
        ticket: u32,
        group: u32,
        kind: Option<String>,
        filter: JsValue,
    ) -> Result<(), JsValue> {
        let search = search(kind.as_deref(), &filter)?;
        let group = RoomId(group);
        let asked = self.browser.with(|node, now| node.query_records(now, ticket, group, search));
        asked.map_err(error::coded)
    }

    /// How many records there are of a type, or of every type of the application, by one creator or
    /// all.
    ///
    /// # Errors
    /// `invalid-argument` or `group-unknown`.
    pub fn count_records(
        &self,
        group: u32,
        kind: Option<String>,
        creator: Option<String>,
    ) -> Result<usize, JsValue> {
        let kind = kind.as_deref().map(record_type).transpose()?;
        let creator = creator.as_deref().map(peer_id).transpose()?;
        let count =
            self.browser.look(|node| node.count_records(RoomId(group), kind, creator.as_ref()));
        count.map_err(error::coded)
    }

    /// Reads them in the order in which they were made, so many at first.
    ///
    /// # Errors
    /// `invalid-argument` or `group-unknown`.
    pub fn page_records(
        &self,
        ticket: u32,
        group: u32,
        kind: Option<String>,
        filter: JsValue,
        newest_first: bool,
        credit: u32,
    ) -> Result<(), JsValue> {
        let search = search(kind.as_deref(), &filter)?;
        let paging = Paging { newest_first, credit: credit as usize };
        let group = RoomId(group);
        let asked =
            self.browser.with(|node, now| node.page_records(now, ticket, group, search, paging));
        asked.map_err(error::coded)
    }

    /// Reads so many more of them.
    pub fn page_on(&self, ticket: u32, group: u32, count: u32) {
        // A group that is gone answers nothing any more.
        let group = RoomId(group);
        let _ = self.browser.with(|node, now| node.page_on(now, ticket, group, count as usize));
    }

    /// Has every record that comes and fits name a number.
    ///
    /// # Errors
    /// `invalid-argument` or `group-unknown`.
    pub fn watch_records(
        &self,
        group: u32,
        number: u32,
        kind: Option<String>,
        filter: JsValue,
    ) -> Result<(), JsValue> {
        let search = search(kind.as_deref(), &filter)?;
        let group = RoomId(group);
        let done = self.browser.with(|node, now| node.watch_records(now, group, number, search));
        done.map_err(error::coded)
    }

    /// Ends that.
    pub fn unwatch_records(&self, group: u32, number: u32) {
        // A group that is gone watches nothing any more.
        let _ = self.browser.with(|node, now| node.unwatch_records(now, RoomId(group), number));
    }

    /// Changes what the group is called; without a comment, it stays the same.
    ///
    /// # Errors
    /// `not-allowed`, `invalid-argument` or `group-unknown`.
    pub fn rename_group(
        &self,
        ticket: u32,
        group: u32,
        name: &str,
        comment: Option<String>,
    ) -> Result<(), JsValue> {
        let renamed = self
            .browser
            .with(|node, now| node.rename_group(now, ticket, RoomId(group), name, comment));
        renamed.map_err(error::coded)
    }

    /// What is known of an open group beside its records and members.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn group_info(&self, group: u32) -> Result<JsValue, JsValue> {
        let known = self.browser.look(|node| info(node, RoomId(group)));
        known.map_err(error::coded)
    }

    /// Where this node stands with what others hold of a type, or of all.
    ///
    /// # Errors
    /// `invalid-argument` or `group-unknown`.
    pub fn group_sync(&self, group: u32, kind: Option<String>) -> Result<JsValue, JsValue> {
        let kind = kind.as_deref().map(record_type).transpose()?;
        let sync = self.browser.look(|node| node.group_sync(RoomId(group), kind.as_ref()));
        Ok(crate::group_event::sync(sync.map_err(error::coded)?))
    }

    /// The types to have first.
    ///
    /// # Errors
    /// `invalid-argument` or `group-unknown`.
    pub fn prefer_records(&self, group: u32, kinds: Vec<String>) -> Result<(), JsValue> {
        let kinds = record_types(&kinds)?;
        let done = self.browser.with(|node, now| node.prefer_records(now, RoomId(group), kinds));
        done.map_err(error::coded)
    }

    /// The types about which the application is asked.
    ///
    /// # Errors
    /// `invalid-argument` or `group-unknown`.
    pub fn approve_records(&self, group: u32, kinds: Vec<String>) -> Result<(), JsValue> {
        let kinds = record_types(&kinds)?;
        let done = self.browser.with(|node, now| node.approve_records(now, RoomId(group), kinds));
        done.map_err(error::coded)
    }

    /// Answers such a question.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn answer_approval(&self, group: u32, number: u32, accept: bool) -> Result<(), JsValue> {
        let group = RoomId(group);
        let done = self.browser.with(|node, now| node.answer_approval(now, group, number, accept));
        done.map_err(error::coded)
    }

    /// Tells the parts of a file of the group, then settles the ticket.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn export_group(&self, ticket: u32, group: u32) -> Result<(), JsValue> {
        let asked = self.browser.with(|node, now| node.export_group(now, ticket, RoomId(group)));
        asked.map_err(error::coded)
    }

    /// The id of the group of which a file is, by its first part.
    ///
    /// # Errors
    /// `export-damaged`.
    pub fn group_of_file(&self, first: &[u8]) -> Result<String, JsValue> {
        lacis_core::Node::group_of_file(first).map(|id| id.to_text()).map_err(error::coded)
    }

    /// Opens the group of a file by its first part. The further parts follow once the ticket has
    /// settled.
    ///
    /// # Errors
    /// `export-damaged`, `not-allowed`, `too-many-groups` or `closed`.
    pub fn import_group(&self, ticket: u32, first: &[u8]) -> Result<u32, JsValue> {
        let made = self.browser.with(|node, now| node.import_group(now, ticket, first));
        made.map(|group| group.0).map_err(error::coded)
    }

    /// Takes one further part of a file; says whether it is new.
    ///
    /// # Errors
    /// `export-damaged` or `group-unknown`.
    pub fn import_record(&self, group: u32, part: &[u8]) -> Result<bool, JsValue> {
        let taken = self.browser.with(|node, now| node.import_record(now, RoomId(group), part));
        taken.map_err(error::coded)
    }

    /// Settles the ticket once all that is held now is stored.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn group_stored(&self, ticket: u32, group: u32) -> Result<(), JsValue> {
        let asked = self.browser.with(|node, now| node.group_stored(now, ticket, RoomId(group)));
        asked.map_err(error::coded)
    }

    /// Milliseconds by which the time of a group is ahead of the clock of this machine.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn clock_correction(&self, group: u32) -> Result<f64, JsValue> {
        let ahead = self.browser.look(|node| node.clock_correction(RoomId(group)));
        ahead.map(crate::group_event::float).map_err(error::coded)
    }

    /// The store has made all changes of a write.
    pub fn stored(&self, op: u32) {
        self.answer(op, StoreReply::Written);
    }

    /// The store answers a read: a value a key, or `undefined`.
    pub fn store_values(&self, op: u32, values: &Array) {
        let value = |value: JsValue| value.dyn_into::<Uint8Array>().ok().map(|it| it.to_vec());
        self.answer(op, StoreReply::Values(values.iter().map(value).collect()));
    }

    /// The store answers a scan, with the entries packed: the length of the key in two bytes and
    /// of the value in four, the lowest first, then both. One call for all of them, because there
    /// may be thousands.
    pub fn store_page(&self, op: u32, packed: &[u8]) {
        let mut page = Vec::new();
        let mut rest = packed;
        while let Some((key, value, after)) = entry(rest) {
            page.push((key.to_vec(), value.to_vec()));
            rest = after;
        }
        self.answer(op, StoreReply::Page(page));
    }

    /// The store did not do what it was asked.
    pub fn store_failed(&self, op: u32, code: &str) {
        let code = error::parse(code).unwrap_or(Code::StoreFailed);
        self.answer(op, StoreReply::Failed(code));
    }

    fn answer(&self, op: u32, reply: StoreReply) {
        self.browser.input(Input::Store(OpId(op), reply));
    }
}

pub(crate) fn record_type(kind: &str) -> Result<RecordType, JsValue> {
    RecordType::new(kind).map_err(|_| error::coded(Code::InvalidArgument))
}

/// The first entry of some that are packed, and what follows it.
fn entry(packed: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (key_length, rest) = packed.split_first_chunk::<2>()?;
    let (value_length, rest) = rest.split_first_chunk::<4>()?;
    let (key, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*key_length)))?;
    let value_length = usize::try_from(u32::from_le_bytes(*value_length)).ok()?;
    let (value, rest) = rest.split_at_checked(value_length)?;
    Some((key, value, rest))
}

fn held(header: &[u8]) -> Result<Header, JsValue> {
    decode(header).map_err(|_| error::coded(Code::InvalidArgument))
}

fn record_types(kinds: &[String]) -> Result<Vec<RecordType>, JsValue> {
    kinds.iter().map(|kind| record_type(kind)).collect()
}

fn content(attributes: &JsValue, data: Vec<u8>, expires: Option<f64>) -> Result<Content, JsValue> {
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

/// An integer that a JavaScript number holds exactly.
#[expect(clippy::cast_possible_truncation, reason = "checked before")]
fn integer(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_991.0;
    exact.then_some(number as i64)
}
