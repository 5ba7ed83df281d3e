//! A group as a file, as the application asks for it.

use lacis_wire::{Code, GroupId};

use super::Node;
use crate::group::{Group, Opening};
use crate::ids::{RoomId, Ticket};
use crate::time::Timestamp;

impl Node {
    /// Gives a group as the parts of a file, by [`GroupEvent::Exported`]; then the ticket settles.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    ///
    /// [`GroupEvent::Exported`]: crate::GroupEvent::Exported
    pub fn export_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            group.export(cx, ticket);
            Ok(())
        })
    }

    /// Opens the group of a file by its first part, and what is stored of it. The records follow by
    /// [`Node::import_record`], once the ticket has settled.
    ///
    /// # Errors
    /// [`Code::ExportDamaged`], [`Code::NotAllowed`] when another identity exported it,
    /// [`Code::TooManyGroups`], [`Code::Closed`].
    pub fn import_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        first: &[u8],
    ) -> Result<RoomId, Code> {
        self.set_time(now);
        let (id, sealed) = Group::group_of_file(first)?;
        let profile = Group::profile_in_file(&self.cx, id, sealed)?;
        self.open_with(profile, Opening::Ticket(ticket))
    }

    /// Takes one further part of a file; says whether it is new.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::ExportDamaged`].
    pub fn import_record(
        &mut self,
        now: Timestamp,
        group: RoomId,
        part: &[u8],
    ) -> Result<bool, Code> {
        self.on_group(now, group, |group, cx| group.import(cx, part))
    }

    /// The ticket settles once all that is held of a group now is stored.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_stored(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            group.when_stored(cx, ticket);
            Ok(())
        })
    }

    /// The group of which a file is, by its first part.
    ///
    /// # Errors
    /// [`Code::ExportDamaged`].
    pub fn group_of_file(first: &[u8]) -> Result<GroupId, Code> {
        Group::group_of_file(first).map(|(id, _)| id)
    }
}
