//! What the application may write to a group, and is asked about.

use alloc::vec::Vec;

use lacis_wire::body::Attribute;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::{Code, Millis, RecordId};

use super::Node;
use crate::group::Draft;
use crate::ids::{RoomId, Ticket};
use crate::time::Timestamp;

/// What an application writes into a record.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// What it can be found by.
    pub attributes: Vec<Attribute>,
    /// What the application makes of it.
    pub data: Vec<u8>,
    /// When it ceases to be; nothing for as long as its author may write, or as before.
    pub expires: Option<Millis>,
}

impl From<Content> for Draft {
    fn from(content: Content) -> Self {
        let Content { attributes, data, expires } = content;
        Self { attributes, data, expires }
    }
}

impl Node {
    /// Writes a new record. The ticket settles when it is stored.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::NotAllowed`], [`Code::NoKey`], [`Code::TooLarge`],
    /// [`Code::InvalidArgument`].
    pub fn add_record(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        kind: RecordType,
        content: Content,
    ) -> Result<RecordId, Code> {
        self.on_group(now, group, |group, cx| group.add(cx, ticket, kind, content.into()))
    }

    /// Writes a new version of a record, whose present header is given.
    ///
    /// # Errors
    /// As of [`Node::add_record`], and [`Code::RecordUnknown`] if it has just ended.
    pub fn update_record(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        held: &Header,
        content: Content,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.update(cx, ticket, held, content.into()))
    }

    /// Deletes a record, whose present header is given.
    ///
    /// # Errors
    /// As of [`Node::add_record`].
    pub fn delete_record(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        held: &Header,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.delete(cx, ticket, held))
    }

    /// Has what groups are to store wait for more of it until [`Node::flush`], so that all that an
    /// application writes in one turn of its event loop is one write, and not a small one and then
    /// a large one.
    pub const fn gather(&mut self) {
        self.cx.gathers = true;
    }

    /// Hands what has waited since [`Node::gather`] to the store.
    pub fn flush(&mut self, now: Timestamp) {
        self.set_time(now);
        self.cx.gathers = false;
        let unsaved = self.groups.open.iter().filter(|(_, group)| !group.is_saved());
        unsaved.for_each(|(number, _)| self.changes.group(*number));
        self.carry_on();
        self.closing_progress();
    }

    /// The types of which the group has records fetched first, here and from whom it fetches.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::InvalidArgument`].
    pub fn prefer_records(
        &mut self,
        now: Timestamp,
        group: RoomId,
        kinds: Vec<RecordType>,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.prefer(cx, kinds))
    }

    /// The types about which the application wants to be asked, by [`GroupEvent::Approve`].
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::InvalidArgument`].
    ///
    /// [`GroupEvent::Approve`]: crate::GroupEvent::Approve
    pub fn approve_records(
        &mut self,
        now: Timestamp,
        group: RoomId,
        kinds: Vec<RecordType>,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, _| group.approve_kinds(kinds))
    }

    /// Sets how many bytes of bodies may be held of a group here; what goes beyond that is refused,
    /// but records of the system and the ends of records, and what is held already stays.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn limit_group(
        &mut self,
        now: Timestamp,
        group: RoomId,
        bytes: Option<u64>,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            group.limit(cx, bytes);
            Ok(())
        })
    }

    /// Whether a group has a limit here, and something was refused since there was room last.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn is_group_at_limit(&self, group: RoomId) -> Result<bool, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.is_at_limit())
    }

    /// Why the last write of a group failed, if nothing was stored since.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_unsaved(&self, group: RoomId) -> Result<Option<Code>, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.report().unsaved)
    }

    /// Answers such a question. One that is not open any more is ignored.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn answer_approval(
        &mut self,
        now: Timestamp,
        group: RoomId,
        number: u32,
        accept: bool,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            group.answer_approval(cx, number, accept);
            Ok(())
        })
    }
}
