//! Who is in a group.

use std::time::Duration;

use lacis_core::{GroupMember, InvitationInfo, InviteOptions, RevokeOptions};
use lacis_wire::{Millis, PeerId, RecordId, Roles};

use super::Group;
use crate::error::Error;

impl Group {
    /// Everybody who is a member, or was.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn members(&self) -> Result<Vec<GroupMember>, Error> {
        let number = self.number;
        let found = self.handle().call(move |machine, _| machine.node().group_members(number));
        Ok(found.await??)
    }

    /// What an identity might do at that time, as far as is known here; `None` if it was no member
    /// then.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn roles_at(&self, peer: PeerId, at: Millis) -> Result<Option<Roles>, Error> {
        let number = self.number;
        let found =
            self.handle().call(move |machine, _| machine.node().roles_at(number, &peer, at));
        Ok(found.await??)
    }

    /// Makes an invitation for one identity, as text. Without a lifetime it is a member for as long
    /// as the group says.
    ///
    /// # Errors
    /// `NotAllowed`, `ChainTooLong`, `Closed`.
    pub async fn invite(
        &self,
        subject: PeerId,
        roles: Roles,
        lifetime: Option<Duration>,
    ) -> Result<String, Error> {
        let number = self.number;
        let made = self.handle().call(move |machine, _| {
            machine.with(|node, now| node.invite(now, number, subject, roles, lifetime))
        });
        Ok(made.await??)
    }

    /// Makes an invitation for whoever has its link, as text.
    ///
    /// # Errors
    /// `NotAllowed`, `ChainTooLong`, `InvalidArgument`, `Closed`.
    pub async fn invite_anybody(&self, options: InviteOptions) -> Result<String, Error> {
        let number = self.number;
        let made = self.handle().call(move |machine, _| {
            machine.with(|node, now| node.invite_anybody(now, number, options))
        });
        Ok(made.await??)
    }

    /// The invitations for whoever has their link, with those who came by them.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn invitations(&self) -> Result<Vec<InvitationInfo>, Error> {
        let number = self.number;
        let found = self.handle().call(move |machine, _| machine.node().group_invitations(number));
        Ok(found.await??)
    }

    /// Ends an invitation for whoever has its link; whoever came by it stays.
    ///
    /// # Errors
    /// `RecordUnknown`, `NotAllowed`, `StoreFull`, `StoreFailed`, `Closed`.
    pub async fn end_invitation(&self, id: RecordId) -> Result<(), Error> {
        let number = self.number;
        let asked = self
            .handle()
            .ask_node(move |node, now, ticket| node.end_invitation(now, ticket, number, id));
        asked.await?.1.settled().await.map(drop)
    }

    /// Gives a member other roles, or more time: without a time, as much as the group gives. What
    /// takes something from an inviter or an admin, only an admin may.
    ///
    /// # Errors
    /// `NotAllowed`, `NotMember`, `InvalidArgument` (an admin has no end), `StoreFull`,
    /// `StoreFailed`, `Closed`.
    pub async fn set_roles(
        &self,
        subject: PeerId,
        roles: Roles,
        member_for: Option<Duration>,
    ) -> Result<(), Error> {
        let number = self.number;
        let asked = self.handle().ask_node(move |node, now, ticket| {
            node.set_roles(now, ticket, number, subject, (roles, member_for))
        });
        asked.await?.1.settled().await.map(drop)
    }

    /// Calls the group something else, and says something else of it if `comment` is given. Only
    /// its founder may.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidArgument`, `StoreFull`, `StoreFailed`, `Closed`.
    pub async fn rename(&self, name: &str, comment: Option<&str>) -> Result<(), Error> {
        let (number, name) = (self.number, name.to_owned());
        let comment = comment.map(str::to_owned);
        let asked = self.handle().ask_node(move |node, now, ticket| {
            node.rename_group(now, ticket, number, &name, comment)
        });
        asked.await?.1.settled().await.map(drop)
    }

    /// Says at which servers the members meet from now on, `wss://` addresses, 4 at most; none
    /// means those that each peer is started with. For 90 days they wait at those of before too,
    /// for who does not know yet. Only admins may.
    ///
    /// # Errors
    /// `NotAllowed`, `InvalidArgument`, `StoreFull`, `StoreFailed`, `Closed`.
    pub async fn set_servers(&self, servers: Vec<String>) -> Result<(), Error> {
        let number = self.number;
        let asked = self.handle().ask_node(move |node, now, ticket| {
            node.set_group_servers(now, ticket, number, servers)
        });
        asked.await?.1.settled().await.map(drop)
    }

    /// Ends a membership.
    ///
    /// # Errors
    /// `NotAllowed`, `NotMember`, `StoreFull`, `StoreFailed`, `Closed`.
    pub async fn revoke(&self, subject: PeerId, options: RevokeOptions) -> Result<(), Error> {
        let number = self.number;
        let asked = self
            .handle()
            .ask_node(move |node, now, ticket| node.revoke(now, ticket, number, subject, options));
        asked.await?.1.settled().await.map(drop)
    }
}
