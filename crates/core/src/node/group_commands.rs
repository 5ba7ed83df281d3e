//! What the application may ask of a node about groups.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::body::Attribute;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, GroupId, Millis, PeerId, RecordId, Roles, limits};

use super::Node;
use super::groups::Asked;
use crate::cx::Cx;
use crate::event::{GroupMember, InvitationInfo};
use crate::group::{Draft, Group, InviteOptions, Opening, Profile, RevokeOptions, room_of};
use crate::ids::{RoomId, Ticket};
use crate::io::Output;
use crate::store::{StoreRequest, StoreTable};
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
    /// The groups that the store holds, told as [`crate::Event::Groups`].
    pub fn stored_groups(&mut self, now: Timestamp, ticket: Ticket) {
        self.set_time(now);
        let prefix = Vec::new();
        let (table, limit) = (StoreTable::Meta, limits::PAGE_ENTRIES);
        let request = StoreRequest::Scan { table, prefix, after: None, limit };
        self.ask_store(ticket, request, Asked::List(ticket));
    }

    fn ask_store(&mut self, ticket: Ticket, request: StoreRequest, asked: Asked) {
        self.cx.tickets.open(ticket);
        if !self.cx.config.store {
            return match asked {
                Asked::List(_) => {
                    self.cx.tickets.close(ticket);
                    let groups = Vec::new();
                    self.cx.event(crate::event::Event::Groups { ticket, groups });
                }
            };
        }
        let op = self.cx.op_id();
        self.cx.outputs.push_back(Output::Store(op, request));
        self.groups.asked.insert(op, asked);
    }

    /// Founds a group. The ticket settles when it is stored.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`], [`Code::TooManyGroups`], [`Code::Closed`].
    pub fn create_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        properties: &GroupProperties,
        servers: Vec<String>,
    ) -> Result<RoomId, Code> {
        self.set_time(now);
        let number = self.new_group()?;
        let group = Group::found(&mut self.cx, number, ticket, properties, servers)?;
        self.groups.open.insert(number, group);
        self.changes.everything();
        self.drive_groups();
        Ok(number)
    }

    /// A number for a group that is opened now.
    fn new_group(&mut self) -> Result<RoomId, Code> {
        if self.closing.is_some() {
            return Err(Code::Closed);
        }
        if self.groups.open.len() >= limits::GROUPS_MAX {
            return Err(Code::TooManyGroups);
        }
        Ok(self.cx.room_id())
    }

    /// Opens a group from the store. The ticket settles when it can be read and written. One that
    /// is open already has its number, and the ticket settles when it can be used.
    ///
    /// # Errors
    /// [`Code::TooManyGroups`], [`Code::Closed`]; the ticket fails with [`Code::GroupUnknown`] if
    /// it is not stored here.
    pub fn open_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        id: GroupId,
    ) -> Result<RoomId, Code> {
        self.set_time(now);
        let profile = Profile::unknown(id);
        self.open_with(profile, Opening::Ticket(ticket))
    }

    /// Opens a group of which something is known, with what is stored of it.
    pub(crate) fn open_with(&mut self, profile: Profile, opening: Opening) -> Result<RoomId, Code> {
        let id = profile.group;
        let ticket = opening.ticket();
        let is_open = |group: &Group| group.id() == id && !group.is_over();
        let known = self.groups.open.iter().find(|(_, group)| is_open(group));
        if let Some(number) = known.map(|(number, _)| *number) {
            self.cx.tickets.open(ticket);
            if let Some(group) = self.groups.open.get_mut(&number) {
                group.when_open(&mut self.cx, opening);
            }
            self.changes.everything();
            self.drive_groups();
            return Ok(number);
        }
        let number = self.new_group()?;
        self.cx.tickets.open(ticket);
        let mut group = Group::from_profile(number, profile);
        group.load(&mut self.cx, opening);
        self.groups.open.insert(number, group);
        self.changes.everything();
        self.drive_groups();
        Ok(number)
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
        let (keys, servers) = room_of(open);
        let known = (group, open.barred(&self.cx));
        let joined = self.join_room(now, ticket, keys, &servers, patience, Some(known));
        self.changes.everything();
        self.drive_groups();
        joined.map(|_| ()).map_err(Code::from)
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
        self.leave(now, group);
        let open = self.groups.open.get_mut(&group).ok_or(Code::GroupUnknown)?;
        open.erase(&mut self.cx, ticket);
        self.changes.everything();
        self.drive_groups();
        Ok(())
    }

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

    /// Makes an invitation for one identity. Without a lifetime, what it gives lasts as long as the
    /// properties of the group say.
    ///
    /// # Errors
    /// [`Code::NotAllowed`], [`Code::ChainTooLong`], [`Code::GroupUnknown`].
    pub fn invite(
        &mut self,
        now: Timestamp,
        group: RoomId,
        subject: PeerId,
        roles: Roles,
        lifetime: Option<Duration>,
    ) -> Result<String, Code> {
        self.on_group(now, group, |group, cx| {
            let until = group.credential_end(cx, roles, lifetime)?;
            group.invite(cx, subject, roles, until)
        })
    }

    /// Makes an invitation for whoever has its link. It is a record of the group, so every issuer
    /// can let somebody in by it.
    ///
    /// # Errors
    /// As of [`Node::invite`], and [`Code::OverBudget`].
    pub fn invite_anybody(
        &mut self,
        now: Timestamp,
        group: RoomId,
        options: InviteOptions,
    ) -> Result<String, Code> {
        self.on_group(now, group, |group, cx| group.invite_anybody(cx, &options))
    }

    /// The open invitations of a group that were not ended.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_invitations(&self, group: RoomId) -> Result<Vec<InvitationInfo>, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.invitations())
    }

    /// Ends an open invitation. The ticket settles when that is stored.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::RecordUnknown`], [`Code::NotAllowed`].
    pub fn end_invitation(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        id: RecordId,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            let held = group.invitation_record(&id).ok_or(Code::RecordUnknown)?;
            group.end_invitation(cx, Some(ticket), &held)
        })
    }

    /// Gives a member other roles or more time; without a lifetime, as [`Node::invite`]. The ticket
    /// settles when that is stored.
    ///
    /// # Errors
    /// [`Code::NotAllowed`], [`Code::NotMember`], [`Code::GroupUnknown`].
    pub fn set_roles(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        subject: PeerId,
        (roles, lifetime): (Roles, Option<Duration>),
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            let until = group.credential_end(cx, roles, lifetime)?;
            group.set_roles(cx, ticket, subject, roles, until)
        })
    }

    /// Takes a membership back. The ticket settles when that is stored.
    ///
    /// # Errors
    /// [`Code::NotAllowed`], [`Code::GroupUnknown`].
    pub fn revoke(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        subject: PeerId,
        options: RevokeOptions,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.revoke(cx, ticket, subject, options))
    }

    /// Lets stand what somebody did who was shut out, and what whoever did that had not seen. The
    /// ticket settles when that is stored.
    ///
    /// # Errors
    /// [`Code::NotAllowed`], [`Code::GroupUnknown`].
    pub fn name_actions(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        subject: PeerId,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.name_actions(cx, ticket, subject))
    }

    /// Changes what the group is called and how it behaves. Only its founder can.
    ///
    /// # Errors
    /// [`Code::NotAllowed`], [`Code::InvalidArgument`], [`Code::GroupUnknown`].
    pub fn set_properties(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        properties: &GroupProperties,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.set_properties(cx, ticket, properties))
    }

    /// Changes what the group is called and, if it is given, its comment; all else stays. Only its
    /// founder can.
    ///
    /// # Errors
    /// As [`Node::set_properties`].
    pub fn rename_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        name: &str,
        comment: Option<String>,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.rename(cx, ticket, name, comment))
    }

    /// The members of a group as far as they are known, this identity first.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_members(&self, group: RoomId) -> Result<Vec<GroupMember>, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.members(&self.cx))
    }

    /// The id and the name of an open group.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_info(&self, group: RoomId) -> Result<(GroupId, &str), Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok((open.id(), open.name()))
    }

    /// What the founder says of an open group; nothing as long as that has not come.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_properties(&self, group: RoomId) -> Result<Option<&GroupProperties>, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.properties())
    }

    /// Who founded an open group; nothing while this identity applies.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_founder(&self, group: RoomId) -> Result<Option<PeerId>, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.founder())
    }

    /// What a member might do in an open group at that time, as far as is known here; nothing for
    /// whoever was no member then.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn roles_at(
        &self,
        group: RoomId,
        peer: &PeerId,
        at: Millis,
    ) -> Result<Option<Roles>, Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.roles_at(peer, at))
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
        self.set_time(now);
        if self.closing.is_some() {
            return Err(Code::Closed);
        }
        let open = self.groups.open.get_mut(&group).ok_or(Code::GroupUnknown)?;
        if !open.is_open() {
            return Err(Code::GroupUnknown);
        }
        let result = act(open, &mut self.cx);
        self.changes.group(group);
        self.drive_groups();
        result
    }
}
