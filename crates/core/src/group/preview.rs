//! What an open invitation offers, before it is taken.
//!
//! ```text
//! whoever has the link --PreviewRequest{proof}--> issuer
//!                      <--Preview{chain, records, used}--
//! ```
//! The answer is made of what the founder and the inviter have signed, so nobody has to be believed
//! but for how many came by it. Whoever looks stays what it was, and nothing of it is stored.

use lacis_wire::credential::{Chain, InvitationUse};
use lacis_wire::group::GroupFrame;
use lacis_wire::proof::peer_id;
use lacis_wire::system::{self, GroupProperties, OpenInvitation, System};
use lacis_wire::{Code, NodeId, PeerId, limits};

use super::admission::{AnyInvitation, Patience};
use super::invite::Joining;
use super::keeping::{bytes_of, copy_of};
use super::{Group, GroupEvent};
use crate::graph::Copy;
use crate::io::Ticket;
use crate::shared::Shared;

/// What an open invitation offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What the founder says of the group.
    pub properties: GroupProperties,
    /// Who invites.
    pub issuer: PeerId,
    /// What the invitation says.
    pub says: OpenInvitation,
    /// How many came by it, as far as the member knows that answered.
    pub used: u32,
}

impl Group {
    /// Looks at an invitation, and takes nothing.
    pub(super) fn preview(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        invitation: &AnyInvitation,
        patience: Patience,
    ) {
        if self.own_roles(shared).is_some() {
            return shared.settle(ticket, Err(Code::AlreadyJoined));
        }
        match invitation {
            // It says everything itself.
            AnyInvitation::Bound(_) => shared.settle(ticket, Ok(())),
            AnyInvitation::Open(link) => {
                let deadline = shared.io.now + patience.min(limits::DEADLINE_MAX);
                Joining::add(&mut self.looking, link.seed, (ticket, deadline));
                self.ask_all(shared);
            }
        }
    }

    /// Somebody asks what an open invitation offers.
    pub(super) fn on_preview_request(
        &mut self,
        shared: &mut Shared,
        node: NodeId,
        invitation: &InvitationUse,
    ) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if !neighbour.may_have_checked(shared.io.now, 1) {
            return shared.warn(Code::RateLimited, node);
        }
        let peer = neighbour.peer;
        let is_proved = invitation.verify_look(&self.profile.group, &peer);
        let answer = if is_proved { self.offer(shared, &peer, &invitation.key) } else { None };
        let answer = answer.unwrap_or(Err(Code::InvitationNotTrusted));
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.say(&answer.unwrap_or_else(|code| GroupFrame::Refuse { code }));
        }
    }

    /// What the invitation with that key offers, or why nothing; nothing at all if what proves it
    /// is not held.
    fn offer(
        &self,
        shared: &Shared,
        peer: &PeerId,
        key: &PeerId,
    ) -> Option<Result<GroupFrame, Code>> {
        let info = match self.usable_invitation(shared, peer, key) {
            Ok(info) => info,
            Err(code) => return Some(Err(code)),
        };
        let made = self.replica.system(&info.id)?;
        let used = u32::try_from(info.used_by.len()).unwrap_or(u32::MAX);
        Some(Ok(GroupFrame::Preview {
            chain: self.replica.members().chain(made.header.credential.as_ref()?)?,
            properties: bytes_of(self.replica.properties()?),
            invitation: bytes_of(made),
            used,
        }))
    }

    /// Somebody says what an invitation offers.
    pub(super) fn on_preview(&mut self, shared: &mut Shared, node: NodeId, frame: &GroupFrame) {
        let GroupFrame::Preview { chain, .. } = frame else { return };
        let Some(seed) = self.looking.as_ref().map(Joining::seed) else { return };
        let now = shared.io.now;
        let is_asked = self.neighbours.get_mut(&node).is_some_and(|it| {
            let roles = it.chain.as_ref().and_then(Chain::leaf).map(|leaf| leaf.roles);
            // Its chain, and two records.
            roles.is_some_and(|it| it.may_invite()) && it.may_have_checked(now, chain.0.len() + 2)
        });
        let key = peer_id(&self.link_of(seed).key());
        let Some(preview) = self.read_preview(&key, frame).filter(|_| is_asked) else {
            return shared.warn(Code::Protocol, node);
        };
        for ticket in self.looking.take().into_iter().flat_map(Joining::into_tickets) {
            if shared.tickets.close(ticket) {
                self.event(shared, GroupEvent::Preview { ticket, preview: preview.clone() });
            }
        }
    }

    /// What it comes to, if those signed it who have to.
    fn read_preview(&self, key: &PeerId, frame: &GroupFrame) -> Option<Preview> {
        let GroupFrame::Preview { chain, properties, invitation, used } = frame else {
            return None;
        };
        let group = &self.profile.group;
        let leaf = chain.verify(group).ok()?;
        let (founded, made) = (copy_of(properties)?, copy_of(invitation)?);
        let read = |copy: &Copy, kind: &str, author: &PeerId| {
            let Copy { header, body } = copy;
            let is_its_own = header.kind.as_str() == kind && header.author() == author;
            let fine = is_its_own && header.matches_body(body) && header.verify(group);
            if fine { System::decode(&header.kind, body).ok()? } else { None }
        };
        let root = PeerId(*group.as_bytes());
        let System::Group(properties) = read(&founded, system::GROUP, &root)? else { return None };
        let System::Invitation(says) = read(&made, system::INVITATION, &leaf.subject)? else {
            return None;
        };
        let is_given = made.header.credential == Some(leaf.id())
            && leaf.valid_at(made.header.modified)
            && leaf.roles.may_issue(says.roles)
            && says.key == *key;
        let issuer = leaf.subject;
        is_given.then_some(Preview { properties, issuer, says, used: *used })
    }
}
