//! Taking memberships back, and saying what stands.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::credential::Chain;
use lacis_wire::group::GroupFrame;
use lacis_wire::keys::Cover;
use lacis_wire::record::Header;
use lacis_wire::system::{self, ActionId, Revocation, Scope, System};
use lacis_wire::{Code, EndId, Millis, NodeId, PeerId, Roles, limits};

use crate::cx::Cx;
use crate::group::{Group, GroupEvent, Seen};
use crate::ids::Ticket;
use crate::rule::Rule;
use crate::table::in_order;

/// What goes with a revocation.
#[derive(Clone, Copy, Debug, Default)]
pub struct RevokeOptions {
    /// Open invitations that the member came by, or gave, stay open.
    pub keep_invitations: bool,
    /// What the member did stands no longer, not even what is known here.
    pub undo: bool,
}

/// Revocations that whoever was shut out gets at once: one names thousands of its actions.
const ENDS_SAID: usize = 8;

impl Group {
    /// Takes a membership back. A new key follows, see `rotation.rs`.
    pub(crate) fn revoke(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        subject: PeerId,
        options: RevokeOptions,
    ) -> Result<(), Code> {
        self.demand_admin(cx)?;
        if subject == cx.me.peer {
            return Err(Code::NotAllowed);
        }
        let actions =
            if options.undo { Vec::new() } else { self.replica.actions(&subject, Scope::All) };
        self.take_back(cx, Some(ticket), subject, Scope::All, &actions)?;
        if !options.keep_invitations && Rule::InvitationsFollow.holds() {
            self.end_invitations_of(cx, &subject);
        }
        Ok(())
    }

    /// Ends what a member was given until now. Of what it did, the actions that are named stand.
    pub(in crate::group) fn take_back(
        &mut self,
        cx: &mut Cx,
        mut ticket: Option<Ticket>,
        subject: PeerId,
        scope: Scope,
        actions: &[ActionId],
    ) -> Result<(), Code> {
        // What does not hold is not written: only who is nearer to the founder ends an admin.
        let members = self.replica.members();
        let own = members.best(&cx.me.peer, self.rights_time(cx));
        if !own.is_some_and(|own| members.may_end(&own, &subject)) {
            return Err(Code::NotAllowed);
        }
        let nonce = cx.random();
        let mut parts = actions.chunks(limits::REVOCATION_ACTIONS);
        loop {
            let actions = parts.next().unwrap_or_default().as_flattened().to_vec();
            let content = Revocation { subject, nonce, adds: None, scope, actions };
            let is_last = parts.len() == 0;
            let ticket = ticket.take_if(|_| is_last);
            let end = Some(Millis::MAX);
            self.publish_system(cx, ticket, system::REVOCATION, (end, None), &content)?;
            if is_last {
                break;
            }
        }
        self.plan_rotation(cx, Duration::ZERO);
        Ok(())
    }

    /// Names what an end left unnamed, so that it stands.
    pub(crate) fn name_actions(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        subject: PeerId,
    ) -> Result<(), Code> {
        let (own, _) = self.writing_right(cx, Roles::may_change_others, Millis(0))?;
        let actions = in_order(self.replica.unnamed(&subject));
        let members = self.replica.members();
        let mut ends: Vec<EndId> = members.ends_of(&subject);
        let is_ended = !ends.is_empty();
        ends.retain(|end| members.may_add(&own, &Cover { subject, end: *end }));
        if is_ended && ends.is_empty() {
            return Err(Code::NotAllowed);
        }
        cx.tickets.open(ticket);
        for end in ends {
            for some in actions.chunks(limits::REVOCATION_ACTIONS) {
                let content = Revocation {
                    subject,
                    nonce: cx.random(),
                    adds: Some(end),
                    scope: Scope::All,
                    actions: some.as_flattened().to_vec(),
                };
                let until = Some(Millis::MAX);
                self.publish_system(cx, None, system::REVOCATION, (until, None), &content)?;
            }
        }
        self.saves.ticket(ticket);
        Ok(())
    }

    /// Ends the open invitations that a member gave, and the one that it came by.
    fn end_invitations_of(&mut self, cx: &mut Cx, subject: &PeerId) {
        let members = self.replica.members();
        let came_by = members.invitations_of(subject);
        let open: Vec<Header> = self
            .replica
            .system_of(system::INVITATION)
            .filter(|copy| !copy.header.is_deleted())
            .filter(|copy| {
                let says = System::decode(&copy.header.kind, &copy.body);
                let key = match says {
                    Ok(Some(System::Invitation(invitation))) => Some(invitation.key),
                    _ => None,
                };
                copy.header.creator == *subject || key.is_some_and(|key| came_by.contains(&key))
            })
            .map(|copy| copy.header.clone())
            .collect();
        for header in open {
            // What cannot be ended was not given by anybody whom this admin may overrule.
            let _ = self.end_invitation(cx, None, &header);
        }
    }

    /// Says that somebody is no member. Whoever was shut out gets what did that along: it need not
    /// believe a neighbor, since that is signed by whoever may. Once: they are long.
    pub(in crate::group) fn refuse(&mut self, cx: &Cx, node: NodeId, code: Code) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if code == Code::Revoked
            && Rule::ProofOfEnd.holds()
            && !neighbour.proven
            && neighbour.may_have_checked(cx.now, ENDS_SAID)
        {
            let peer = neighbour.peer;
            let names = self.replica.members().revocations_of(&peer);
            let live = names.filter_map(|name| self.replica.system(&name.id));
            for copy in live.take(ENDS_SAID) {
                let (header, body) = (copy.header.clone(), copy.body.clone());
                neighbour.proven = true;
                neighbour.say(&GroupFrame::Record { header, body });
            }
        }
        neighbour.say(&GroupFrame::Refuse { code });
    }

    /// Somebody does not take us for a member, or does not let us in.
    pub(in crate::group) fn on_refuse(&mut self, cx: &mut Cx, node: NodeId, code: Code) {
        let is_member = self.profile.chain.is_some();
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        neighbour.refused = is_member;
        let was_asked = core::mem::replace(&mut neighbour.was_asked, true);
        let peer = neighbour.peer;
        let is_asking = neighbour.question.is_some();
        // Whoever has not shown to be a member says nothing about who is one.
        let shown = neighbour.chain.as_ref().and_then(Chain::leaf).map(|leaf| leaf.roles);
        self.visible.push((node, Seen::Stranger));
        match shown {
            Some(roles) if is_asking && roles.may_invite() => self.join_refused(cx, node, code),
            Some(roles) if !was_asked && self.came_by.is_some() && roles.may_invite() => {
                self.ask_again(cx, node);
            }
            Some(_) if is_member => self.event(cx, GroupEvent::Refused { code }),
            _ => {}
        }
        self.tell_member_of(cx, peer);
    }
}
