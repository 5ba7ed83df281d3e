//! What the application may do with an invitation that it was given.

use alloc::boxed::Box;
use core::time::Duration;

use super::Node;
use crate::error::OpenError;
use crate::group::{AnyInvitation, Group, Opening};
use crate::ids::{RoomId, Ticket};
use crate::time::Timestamp;

impl Node {
    /// Takes an invitation of either kind, in a group that may be stored or open already: what it
    /// has is kept, and the invitation only adds. By one that is bound to this identity the ticket
    /// settles when that is stored; by an open one, when a member has let us in: connect the group
    /// for that. Whoever is a member already is told so at once.
    ///
    /// # Errors
    /// What is wrong with the invitation, and as of [`Node::open_group`].
    pub fn join_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        number: RoomId,
        invitation: &str,
        patience: Duration,
    ) -> Result<(), OpenError> {
        self.by_invitation(now, ticket, number, (invitation, patience), false)
    }

    /// Looks at an invitation and takes nothing. Of an open one the ticket is completed
    /// with [`Completion::Preview`], once a member has answered who may let in: connect the group
    /// for that. One for this identity says everything itself, and the ticket settles at once. The
    /// group stays open, so that it can be joined over the same links; close it otherwise.
    ///
    /// # Errors
    /// As of [`Node::join_group`]; the ticket fails with [`Code::AlreadyJoined`] if this identity
    /// is a member.
    ///
    /// [`Code::AlreadyJoined`]: lacis_wire::Code::AlreadyJoined
    /// [`Completion::Preview`]: crate::Completion::Preview
    pub fn preview_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        number: RoomId,
        invitation: &str,
        patience: Duration,
    ) -> Result<(), OpenError> {
        self.by_invitation(now, ticket, number, (invitation, patience), true)
    }

    fn by_invitation(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        number: RoomId,
        (text, patience): (&str, Duration),
        looks: bool,
    ) -> Result<(), OpenError> {
        self.set_time(now);
        let invitation = AnyInvitation::parse(text)?;
        let time = self.cx.wall();
        let mut profile = Group::profile_of(&self.cx, time, &invitation)?;
        if looks {
            profile.leave_out();
        }
        let invitation = Box::new(invitation);
        self.open_with(number, profile, Opening::Invitation { ticket, invitation, patience, looks })
    }
}
