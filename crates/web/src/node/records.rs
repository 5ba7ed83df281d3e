//! What is written into the groups of a node, and read from them.

use lacis_core::{Paging, RoomId};
use wasm_bindgen::prelude::*;

use super::WebNode;
use crate::content::content;
use crate::parse::{peer_id, record_id, record_type, record_types};
use crate::search::search;
use crate::{error, parse};

#[wasm_bindgen]
impl WebNode {
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
        self.browser.gather();
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
        let held = parse::header(header)?;
        let content = content(&attributes, data, expires)?;
        self.browser.gather();
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
        let held = parse::header(header)?;
        self.browser.gather();
        let deleted =
            self.browser.with(|node, now| node.delete_record(now, ticket, RoomId(group), &held));
        deleted.map_err(error::coded)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// `record-unknown` or `group-unknown`.
    pub fn read_record(&self, ticket: u32, group: u32, id: &str) -> Result<(), JsValue> {
        let id = record_id(id)?;
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
}
