//! What the application may ask about the members of a group, and do with memberships.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, GroupId, Millis, PeerId, RecordId, Roles};

use super::Node;
use crate::event::{GroupMember, InvitationInfo};
use crate::group::{InviteOptions, RevokeOptions};
use crate::ids::{RoomId, Ticket};
use crate::time::Timestamp;

impl Node {
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

    /// Says at which servers the members of a group meet from now on; none means those that each is
    /// started with. Those of before are kept for a while, for who does not know yet. Only an admin
    /// can. The ticket settles when that is stored.
    ///
    /// # Errors
    /// [`Code::NotAllowed`], [`Code::InvalidArgument`], [`Code::GroupUnknown`].
    pub fn set_group_servers(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
        servers: Vec<String>,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| group.set_servers(cx, ticket, servers))
    }

    /// The servers at which the members of an open group meet, as far as is known here; none means
    /// those that each is started with.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_servers(&self, group: RoomId) -> Result<&[String], Code> {
        let open = self.groups.open.get(&group).ok_or(Code::GroupUnknown)?;
        Ok(open.servers())
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
}
