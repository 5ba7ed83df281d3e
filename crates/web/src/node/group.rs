//! The groups of a node, as JavaScript holds them.

use lacis_core::RoomId;
use wasm_bindgen::prelude::*;

use super::WebNode;
use crate::number::{float, millis};
use crate::parse::{group_id, record_type};
use crate::properties::{info, properties};
use crate::{error, group_event};

#[wasm_bindgen]
impl WebNode {
    /// The groups that the store holds, told as an event.
    pub fn stored_groups(&self, ticket: u32) {
        self.browser.with(|node, now| node.stored_groups(now, ticket));
    }

    /// Founds a group under a new number.
    ///
    /// # Errors
    /// `invalid-argument`, `too-many-groups` or `closed`.
    pub fn create_group(
        &self,
        ticket: u32,
        group: u32,
        given: &JsValue,
        servers: Vec<String>,
    ) -> Result<(), JsValue> {
        let (group, properties) = (RoomId(group), properties(given)?);
        let made = self
            .browser
            .with(|node, now| node.create_group(now, ticket, group, &properties, servers));
        made.map_err(error::open)
    }

    /// Opens a stored group, under a new number or that which it has.
    ///
    /// # Errors
    /// `group-open` with the `number` that it has, `too-many-groups`, `invalid-argument` or
    /// `closed`; the ticket fails with `group-unknown`.
    pub fn open_group(&self, ticket: u32, group: u32, id: &str) -> Result<(), JsValue> {
        let (group, id) = (RoomId(group), group_id(id)?);
        let opened = self.browser.with(|node, now| node.open_group(now, ticket, group, id));
        opened.map_err(error::open)
    }

    /// Takes an invitation, or only looks at it.
    ///
    /// # Errors
    /// What is wrong with it, and as of `open_group`.
    pub fn join_group(
        &self,
        ticket: u32,
        group: u32,
        text: &str,
        timeout_ms: f64,
        looks: bool,
    ) -> Result<(), JsValue> {
        let (group, patience) = (RoomId(group), millis(timeout_ms));
        let asked = self.browser.with(|node, now| {
            if looks {
                node.preview_group(now, ticket, group, text, patience)
            } else {
                node.join_group(now, ticket, group, text, patience)
            }
        });
        asked.map_err(error::open)
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

    /// Disconnects a group, and closes it unless it stays open; what is stored stays.
    pub fn close_group(&self, group: u32, stays: bool) {
        let group = RoomId(group);
        self.browser.with(|node, now| {
            if stays { node.disconnect_group(now, group) } else { node.close_group(now, group) }
        });
    }

    /// Deletes a group here.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn delete_group(&self, ticket: u32, group: u32) -> Result<(), JsValue> {
        let asked = self.browser.with(|node, now| node.delete_group(now, ticket, RoomId(group)));
        asked.map_err(error::coded)
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

    /// Says at which servers the group meets.
    ///
    /// # Errors
    /// `not-allowed`, `invalid-argument` or `group-unknown`.
    pub fn set_servers(
        &self,
        ticket: u32,
        group: u32,
        servers: Vec<String>,
    ) -> Result<(), JsValue> {
        let group = RoomId(group);
        let said =
            self.browser.with(|node, now| node.set_group_servers(now, ticket, group, servers));
        said.map_err(error::coded)
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
        Ok(group_event::sync(sync.map_err(error::coded)?))
    }

    /// Tells the bytes of a file of the group, then settles the ticket.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn export_group(&self, ticket: u32, group: u32) -> Result<(), JsValue> {
        let asked = self.browser.with(|node, now| node.export_group(now, ticket, RoomId(group)));
        asked.map_err(error::coded)
    }

    /// Opens the group of a file by its beginning. All of the file follows once the ticket has
    /// settled.
    ///
    /// # Errors
    /// `export-damaged`, `not-allowed`, and as of `open_group`.
    pub fn import_group(&self, ticket: u32, group: u32, begins: &[u8]) -> Result<(), JsValue> {
        let group = RoomId(group);
        let made = self.browser.with(|node, now| node.import_group(now, ticket, group, begins));
        made.map_err(error::open)
    }

    /// Takes the next bytes of a file; says how many records in them are new.
    ///
    /// # Errors
    /// `export-damaged`, `busy` or `group-unknown`.
    pub fn import_file(
        &self,
        group: u32,
        number: u32,
        bytes: &[u8],
        is_last: bool,
    ) -> Result<usize, JsValue> {
        let taken = self
            .browser
            .with(|node, now| node.import_file(now, RoomId(group), number, bytes, is_last));
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
        ahead.map(float).map_err(error::coded)
    }
}
