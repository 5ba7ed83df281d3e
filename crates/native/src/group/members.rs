//! Who is in a group.

use std::time::Duration;

use lacis_core::{GroupMember, InviteOptions, RevokeOptions};
use lacis_wire::{PeerId, Roles};

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

    /// Makes a link by which whoever has it can come in.
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
