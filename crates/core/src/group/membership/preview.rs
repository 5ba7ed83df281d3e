//! What an open invitation offers, before it is taken.
//!
//! ```text
//! whoever has the link --PreviewRequest{proof}--> issuer
//!                      <--Preview{chain, records, used}--
//! ```
//! The answer is made of what the founder and the inviter have signed, so nobody has to be believed
//! but for how many came by it. Whoever looks stays what it was, and nothing of it is stored.

use alloc::boxed::Box;
use alloc::vec::Vec;

use lacis_wire::credential::{Chain, InvitationUse};
use lacis_wire::group::GroupFrame;
use lacis_wire::proof::peer_id;
use lacis_wire::system::System;
use lacis_wire::{Code, NodeId, PeerId, limits};

use crate::cx::Cx;
use crate::event::Completion;
use crate::graph::Copy;
use crate::group::copies::{bytes_of, copy_of};
use crate::group::membership::admission::{AnyInvitation, Patience};
use crate::group::membership::joining::Joining;
use crate::group::{Group, InvitationInfo, Preview};
use crate::ids::Ticket;

impl Group {
    /// Looks at an invitation, and takes nothing.
    pub(in crate::group) fn preview(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        invitation: &AnyInvitation,
        patience: Patience,
    ) {
        if self.own_roles(cx).is_some() {
            return cx.settle(ticket, Err(Code::AlreadyJoined));
        }
        match invitation {
            // It says everything itself.
            AnyInvitation::Bound(_) => cx.settle(ticket, Ok(())),
            AnyInvitation::Open(link) => {
                let deadline = cx.now + patience.min(limits::DEADLINE_MAX);
                Joining::add(&mut self.looking, link.seed, (ticket, deadline));
                self.ask_all(cx);
            }
        }
    }

    /// Somebody asks what an open invitation offers.
    pub(in crate::group) fn on_preview_request(
        &mut self,
        cx: &mut Cx,
        node: NodeId,
        invitation: &InvitationUse,
    ) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if !neighbour.may_have_checked(cx.now, 1) {
            return cx.warn(Code::RateLimited, node);
        }
        let peer = neighbour.peer;
        let answer = if invitation.verify_look(&self.profile.group, &peer) {
            self.offer(cx, &peer, &invitation.key)
        } else {
            Err(Code::InvitationNotTrusted)
        };
        let answer = answer.unwrap_or_else(|code| GroupFrame::Refuse { code });
        self.say_to(node, &answer);
    }

    /// What the invitation with that key offers.
    fn offer(&self, cx: &Cx, peer: &PeerId, key: &PeerId) -> Result<GroupFrame, Code> {
        let info = self.usable_invitation(cx, peer, key)?;
        // All three are held, or the invitation would not be of use.
        let known = || {
            let made = self.replica.system(&info.id)?;
            Some(GroupFrame::Preview {
                chain: self.replica.members().chain(made.header.credential.as_ref()?)?,
                properties: bytes_of(self.replica.properties()?),
                invitation: bytes_of(made),
                used: u32::try_from(info.used_by.len()).unwrap_or(u32::MAX),
            })
        };
        known().ok_or(Code::RecordUnknown)
    }

    /// Somebody says what an invitation offers.
    pub(in crate::group) fn on_preview(
        &mut self,
        cx: &mut Cx,
        node: NodeId,
        chain: &Chain,
        records: [&[u8]; 2],
        used: u32,
    ) {
        let Some(((true, seed), last)) = self.take_question(node) else { return };
        let now = cx.now;
        let is_asked = self.neighbours.get_mut(&node).is_some_and(|it| {
            it.may_invite() && it.may_have_checked(now, chain.0.len() + records.len())
        });
        let told = if is_asked { self.read_preview(seed, chain, records, used) } else { None };
        self.ask_next(cx, node, last);
        let Some(preview) = told else { return cx.warn(Code::Protocol, node) };
        for ticket in Joining::take(&mut self.looking, seed) {
            cx.complete(ticket, Completion::Preview(Box::new(preview.clone())));
        }
    }

    /// What it comes to, if those signed it who have to.
    fn read_preview(
        &self,
        seed: [u8; 16],
        chain: &Chain,
        [properties, invitation]: [&[u8]; 2],
        used: u32,
    ) -> Option<Preview> {
        let group = &self.profile.group;
        let leaf = chain.verify(group).ok()?;
        let (founded, made) = (copy_of(properties)?, copy_of(invitation)?);
        let says = |Copy { header, body }: &Copy, author: &PeerId| {
            let fine = header.author() == author && header.matches_body(body);
            if !fine || !header.verify(group) {
                return None;
            }
            System::decode(&header.kind, body).ok()?
        };
        let root = PeerId(*group.as_bytes());
        let System::Group(properties) = says(&founded, &root)? else { return None };
        let System::Invitation(says) = says(&made, &leaf.subject)? else { return None };
        let is_given = made.header.credential == Some(leaf.id())
            && leaf.valid_at(made.header.modified)
            && leaf.roles.may_issue(says.roles)
            && says.key == peer_id(&self.link_of(seed).key());
        let (id, issuer, used_by) = (made.header.id, leaf.subject, Vec::new());
        let invitation = InvitationInfo { id, issuer, says, used_by };
        is_given.then_some(Preview { properties, invitation, used })
    }
}
