//! What the application may ask of a node about groups.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, GroupId, Millis, limits};

use super::Node;
use crate::cx::Cx;
use crate::error::OpenError;
use crate::event::Completion;
use crate::group::{Group, Opening, Profile};
use crate::ids::{RoomId, Ticket};
use crate::io::Output;
use crate::store::{StoreRequest, StoreTable};
use crate::time::Timestamp;

impl Node {
    /// The groups that the store holds, which complete the ticket.
    pub fn stored_groups(&mut self, now: Timestamp, ticket: Ticket) {
        self.set_time(now);
        let prefix = Vec::new();
        self.cx.tickets.open(ticket);
        if !self.cx.config.store {
            return self.cx.complete(ticket, Completion::Groups(Vec::new()));
        }
        let (table, limit) = (StoreTable::Meta, limits::PAGE_ENTRIES);
        let request = StoreRequest::Scan { table, prefix, after: None, limit };
        let op = self.cx.op_id();
        self.cx.outputs.push_back(Output::Store(op, request));
        self.groups.lists.push((op, ticket));
    }

    /// Founds a group. The ticket settles when it is stored. The caller numbers it, by a number
    /// that no room or group has had.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`], also if the number is not a new one, [`Code::TooManyGroups`],
    /// [`Code::Closed`].
    pub fn create_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        number: RoomId,
        properties: &GroupProperties,
        servers: Vec<String>,
    ) -> Result<(), OpenError> {
        self.set_time(now);
        self.number_group(number)?;
        let group = Group::found(&mut self.cx, number, ticket, properties, servers)?;
        self.groups.open.insert(number, group);
        self.changes.everything();
        self.drive_groups();
        Ok(())
    }

    /// Takes the number of a group that is opened now.
    fn number_group(&mut self, number: RoomId) -> Result<(), Code> {
        if self.closing.is_some() {
            return Err(Code::Closed);
        }
        if self.groups.open.len() >= limits::GROUPS_MAX {
            return Err(Code::TooManyGroups);
        }
        if self.cx.rooms.take(number.0) { Ok(()) } else { Err(Code::InvalidArgument) }
    }

    /// Opens a group from the store. The ticket settles when it can be read and written. The caller
    /// numbers it, by a number that no room or group has had; of one that is open already it names
    /// the number that it has, and the ticket settles when it can be used.
    ///
    /// # Errors
    /// [`OpenError::Open`] if it is open already under another number; [`Code::TooManyGroups`],
    /// [`Code::InvalidArgument`] if the number is not a new one, [`Code::Closed`]. The ticket fails
    /// with [`Code::GroupUnknown`] if it is not stored here.
    pub fn open_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        number: RoomId,
        id: GroupId,
    ) -> Result<(), OpenError> {
        self.set_time(now);
        let profile = Profile::unknown(id);
        self.open_with(number, profile, Opening::Ticket(ticket))
    }

    /// Opens a group of which something is known, with what is stored of it.
    pub(crate) fn open_with(
        &mut self,
        number: RoomId,
        profile: Profile,
        opening: Opening,
    ) -> Result<(), OpenError> {
        let id = profile.group;
        let ticket = opening.ticket();
        let is_open = |group: &Group| group.id() == id && !group.is_over() && !group.is_erased();
        let known = self.groups.open.iter().find(|(_, group)| is_open(group));
        if let Some(known) = known.map(|(known, _)| *known) {
            if known != number {
                return Err(OpenError::Open(known));
            }
            self.cx.tickets.open(ticket);
            if let Some(group) = self.groups.open.get_mut(&number) {
                group.meet_also(profile.servers());
                group.when_open(&mut self.cx, opening);
            }
            self.changes.everything();
            self.drive_groups();
            return Ok(());
        }
        self.number_group(number)?;
        self.cx.tickets.open(ticket);
        let mut group = Group::from_profile(number, profile);
        group.await_opening(opening);
        // If it is being deleted, it is read once that is done.
        if !self.groups.open.values().any(|open| open.id() == id && open.is_erased()) {
            group.load(&mut self.cx);
        }
        self.groups.open.insert(number, group);
        self.changes.everything();
        self.drive_groups();
        Ok(())
    }

    /// Connects a group: its members are looked for and linked to. The ticket settles as that of
    /// [`Node::join`].
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], and those of [`Node::join`].
    pub fn connect_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        patience: Duration,
    ) -> Result<(), Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        let (keys, (servers, _)) = (open.door().keys(), open.meeting_servers(&self.cx));
        let room = (group, Some(open.barred()));
        let joined = self.join_room(now, ticket, room, keys, &servers, patience);
        self.changes.everything();
        self.drive_groups();
        joined.map_err(Code::from)
    }

    /// Disconnects a group; it can be read and written on.
    pub fn disconnect_group(&mut self, now: Timestamp, group: RoomId) {
        self.leave(now, group);
        self.changes.everything();
        self.drive_groups();
    }

    /// Closes a group: it is disconnected, and what is stored stays.
    pub fn close_group(&mut self, now: Timestamp, group: RoomId) {
        self.disconnect_group(now, group);
        if let Some(mut open) = self.groups.open.remove(&group) {
            open.close(&mut self.cx, Code::Left);
            self.leave_presence(group);
            self.changes.everything();
        }
    }

    /// Deletes a group here: what is stored of it goes, and nobody else is concerned. The ticket
    /// settles when that is done.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn delete_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
    ) -> Result<(), Code> {
        if !self.groups.open.contains_key(&group) {
            return Err(Code::GroupUnknown);
        }
        self.erase_group(now, group, Some(ticket));
        Ok(())
    }

    pub(super) fn erase_group(&mut self, now: Timestamp, group: RoomId, ticket: Option<Ticket>) {
        self.leave(now, group);
        if let Some(open) = self.groups.open.get_mut(&group) {
            open.erase(&mut self.cx, ticket);
        }
        self.changes.everything();
        self.drive_groups();
    }

    /// The time that the members of a group agree on: our own clock, corrected by those of the
    /// members that are linked.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_time(&mut self, now: Timestamp, group: RoomId) -> Result<Millis, Code> {
        self.set_time(now);
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.now(&self.cx))
    }

    /// Milliseconds by which the time of a group is ahead of our own clock.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn clock_correction(&self, group: RoomId) -> Result<i64, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.correction())
    }

    pub(crate) fn on_group<T>(
        &mut self,
        now: Timestamp,
        group: RoomId,
        act: impl FnOnce(&mut Group, &mut Cx) -> Result<T, Code>,
    ) -> Result<T, Code> {
        let (open, cx) = self.begin_on_group(now, group)?;
        let result = act(open, cx);
        self.end_on_group(group);
        result
    }

    /// Never inlined, nor is what follows, since `on_group` is made for each of the many commands.
    #[inline(never)]
    fn begin_on_group(
        &mut self,
        now: Timestamp,
        group: RoomId,
    ) -> Result<(&mut Group, &mut Cx), Code> {
        self.set_time(now);
        if self.closing.is_some() {
            return Err(Code::Closed);
        }
        let open = self.groups.open.get_mut(&group).filter(|open| open.is_open());
        open.map(|open| (open, &mut self.cx)).ok_or(Code::GroupUnknown)
    }

    #[inline(never)]
    fn end_on_group(&mut self, group: RoomId) {
        self.changes.group(group);
        self.drive_groups();
    }
}
