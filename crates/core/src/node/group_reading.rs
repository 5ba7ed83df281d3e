//! What the application may read of a group, once, page by page, or on and on.

use lacis_wire::record::RecordType;
use lacis_wire::{Code, KeyName, PeerId, RecordId};

use super::Node;
use crate::event::{GroupLoad, GroupSync};
use crate::graph::Replica;
use crate::group::{Group, Paging, Search};
use crate::ids::{RoomId, Ticket};
use crate::time::Timestamp;

impl Node {
    /// Reads a record. The ticket is completed with [`crate::Completion::Record`].
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn read_record(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        id: RecordId,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            group.read(cx, ticket, id);
            Ok(())
        })
    }

    /// Reads the records that are held and fit. They come as [`crate::GroupEvent::Found`], then the
    /// ticket settles.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::InvalidArgument`] when the filter exceeds a limit.
    pub fn query_records(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        search: Search,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.query(cx, ticket, search))
    }

    /// Counts the records that are held and were not deleted, of a type or of every type of the
    /// application, by a creator or by everybody. No body is read.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn count_records(
        &self,
        group: RoomId,
        kind: Option<RecordType>,
        creator: Option<&PeerId>,
    ) -> Result<usize, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.count(&Search { kind, filter: None }, creator))
    }

    /// Reads the records that are held and fit in the order in which they were made, at the
    /// reader's pace: as many as `paging` says come as [`crate::GroupEvent::Found`], and further
    /// ones after [`Node::page_on`]. The ticket settles after the last.
    ///
    /// # Errors
    /// As of [`Node::query_records`].
    pub fn page_records(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        search: Search,
        paging: Paging,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.page(cx, ticket, search, paging))
    }

    /// The reader of such a query wants so many more.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn page_on(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        count: usize,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            group.page_on(cx, ticket, count);
            Ok(())
        })
    }

    /// Looks for records on and on: every [`crate::GroupEvent::Record`] that fits names the number,
    /// which the application chooses.
    ///
    /// # Errors
    /// As of [`Node::query_records`].
    pub fn watch_records(
        &mut self,
        now: Timestamp,
        group: RoomId,
        number: u32,
        search: Search,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, _| group.watch(number, search))
    }

    /// Ends that. A number that is not in use is ignored.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn unwatch_records(
        &mut self,
        now: Timestamp,
        group: RoomId,
        number: u32,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, _| {
            group.unwatch(number);
            Ok(())
        })
    }

    /// Where this node stands with what others hold of a group: of one type, or of all.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_sync(&self, group: RoomId, kind: Option<&RecordType>) -> Result<GroupSync, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.sync_of(&self.cx, kind))
    }

    /// How many neighbors take this node for a member of a group, and how many of those have been
    /// given all that is here. What a neighbor was told of and has not asked for yet is not seen:
    /// whoever is to be sure looks again after a round trip.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_handed(&self, group: RoomId) -> Result<(usize, usize), Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.handed())
    }

    /// What is held of an open group, for whoever wants to compare or to count.
    #[must_use]
    pub fn replica(&self, group: RoomId) -> Option<&Replica> {
        self.groups.open.get(&group).map(Group::replica)
    }

    /// What an open group has in memory, beside the records that it holds.
    #[must_use]
    pub fn group_load(&self, group: RoomId) -> Option<GroupLoad> {
        self.groups.open.get(&group).map(Group::memory)
    }

    /// Whether the key of that name is held, and with it all that it sealed can be read.
    #[must_use]
    pub fn holds_key(&self, group: RoomId, name: &KeyName) -> bool {
        self.groups.open.get(&group).is_some_and(|group| group.holds_key(name))
    }
}
