//! Open invitations: made as a record, listed, ended, and used by newcomers.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::credential::{Chain, InvitationUse};
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::InvitationLink;
use lacis_wire::proof::peer_id;
use lacis_wire::record::Header;
use lacis_wire::system::{self, OpenInvitation, System};
use lacis_wire::{Code, Millis, NodeId, PeerId, RecordId, Roles, limits};

use crate::cx::Cx;
use crate::graph::Copy;
use crate::group::membership::admission::{AnyInvitation, Grant, Patience};
use crate::group::{Group, GroupEvent, InvitationInfo, Neighbour};
use crate::ids::Ticket;
use crate::rule::Rule;
use crate::time::Timestamp;

/// How an open invitation is to be.
#[derive(Clone, Copy, Debug)]
pub struct InviteOptions {
    /// What its holder becomes.
    pub roles: Roles,
    /// How long the link is of use; nothing for as long as its author is a member.
    pub expires: Option<Duration>,
    /// For how long whoever came by it is a member; nothing for as long as the group says.
    pub member_for: Option<Duration>,
    /// How many may come in.
    pub uses: u32,
    /// Whether only this identity admits, so that it is not used more often than it says.
    pub exact: bool,
}

/// A request to be let in, or only to be told what is offered, which waits for somebody who may.
#[derive(Debug)]
pub(in crate::group) struct Joining {
    /// Who waits, and until when. Being let in by one invitation is being let in.
    waiting: Vec<(Ticket, Timestamp)>,
    /// Of the invitation that was taken last.
    seed: [u8; 16],
    /// Why the last one who was asked did not let us in.
    refused: Option<Code>,
}

impl Joining {
    /// One more waits.
    pub(in crate::group) fn add(slot: &mut Option<Self>, seed: [u8; 16], one: (Ticket, Timestamp)) {
        let mut waiting = slot.take().map_or_else(Vec::new, |it| it.waiting);
        waiting.push(one);
        *slot = Some(Self { waiting, seed, refused: None });
    }

    pub(in crate::group) const fn seed(&self) -> [u8; 16] {
        self.seed
    }

    /// One who was asked refuses; whether that is final.
    fn is_refused(&mut self, code: Code) -> bool {
        // Whoever just came back may not know an invitation yet that another one made.
        let is_unknown = code == Code::RecordUnknown;
        self.refused = Some(if is_unknown { Code::InvitationEnded } else { code });
        let waits = [
            Code::RateLimited,
            Code::NotAllowed,
            Code::ChainTooLong,
            Code::InvitationNotTrusted,
            Code::RecordUnknown,
        ];
        !waits.contains(&code)
    }

    /// Fails those who have waited for long enough; says why, if there are any.
    fn time_out(slot: &mut Option<Self>, cx: &mut Cx) -> Option<Code> {
        let now = cx.now;
        let it = slot.as_mut()?;
        let over = it.waiting.extract_if(.., |(_, deadline)| now >= *deadline);
        let over: Vec<Ticket> = over.map(|(ticket, _)| ticket).collect();
        let code = it.refused.unwrap_or(Code::NoIssuer);
        slot.take_if(|it| it.waiting.is_empty());
        let is_over = !over.is_empty();
        over.into_iter().for_each(|ticket| cx.settle(ticket, Err(code)));
        is_over.then_some(code)
    }

    pub(in crate::group) fn deadline(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|(_, deadline)| *deadline).min()
    }

    /// All who wait.
    pub(in crate::group) fn into_tickets(self) -> impl Iterator<Item = Ticket> {
        self.waiting.into_iter().map(|(ticket, _)| ticket)
    }

    /// One of them gives up; says whether nobody is left.
    pub(in crate::group) fn cancel(&mut self, ticket: Ticket) -> bool {
        self.waiting.retain(|(waiting, _)| *waiting != ticket);
        self.waiting.is_empty()
    }
}

impl Group {
    /// Makes an open invitation, and the text of its link.
    pub(crate) fn invite_anybody(
        &mut self,
        cx: &mut Cx,
        options: &InviteOptions,
    ) -> Result<String, Code> {
        let may = |own: Roles| own.may_issue(options.roles);
        let (_, until) = self.writing_right(cx, may, Millis(0))?;
        let is_admin = options.roles.may_change_others();
        let is_dated = options.member_for.is_some_and(|span| span != Duration::MAX);
        if options.uses == 0 || (is_admin && is_dated) {
            return Err(Code::InvalidArgument);
        }
        let link = InvitationLink {
            group: self.profile.group,
            door: self.profile.door.clone(),
            seed: cx.random(),
            servers: self.profile.servers.clone(),
        };
        let now = self.now(cx);
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let of_group = self.properties().map_or(u64::MAX, |it| it.member_lifetime);
        let member_for = options.member_for.map_or(of_group, millis);
        let content = OpenInvitation {
            key: peer_id(&link.key()),
            roles: options.roles,
            not_after: options
                .expires
                .map_or(Millis::MAX, |span| Millis(now.0.saturating_add(millis(span))))
                .min(until),
            member_for: if is_admin { u64::MAX } else { member_for },
            uses: options.uses,
            flags: if options.exact { OpenInvitation::EXACT } else { 0 },
        };
        // By the salt it is known when nothing else is left of it.
        let of = (Some(content.not_after), Some(salt_of(&content.key)));
        self.publish_system(cx, None, system::INVITATION, of, &content)?;
        Ok(link.to_text())
    }

    /// The open invitations that are live and were not ended.
    pub(crate) fn invitations(&self) -> Vec<InvitationInfo> {
        let mut all = self.known_invitations();
        all.retain(|info| self.replica.held(&info.id).is_some_and(|held| !held.has_ended));
        all
    }

    /// The same, and those that have ended by date and are not erased yet.
    fn known_invitations(&self) -> Vec<InvitationInfo> {
        let all = self.replica.system_of(system::INVITATION).filter_map(|copy| {
            let Ok(Some(System::Invitation(says))) = System::decode(&copy.header.kind, &copy.body)
            else {
                return None;
            };
            let used_by = self.replica.members().subjects_by(&says.key);
            let (id, issuer) = (copy.header.id, copy.header.creator);
            Some(InvitationInfo { id, issuer, says, used_by })
        });
        all.collect()
    }

    /// The open invitation with that key, if somebody may come by it now.
    ///
    /// # Errors
    /// Why not.
    pub(in crate::group) fn usable_invitation(
        &self,
        cx: &Cx,
        peer: &PeerId,
        key: &PeerId,
    ) -> Result<InvitationInfo, Code> {
        let members = self.replica.members();
        if Rule::ShutOutStaysOut.holds() && members.is_shut_out(peer, self.now(cx)) {
            return Err(Code::Revoked);
        }
        let mut known = self.known_invitations().into_iter();
        let Some(info) = known.find(|info| info.says.key == *key) else {
            let is_left =
                |copy: &Arc<Copy>| copy.header.is_deleted() && copy.header.salt == salt_of(key);
            let was_ended = self.replica.system_of(system::INVITATION).any(is_left);
            return Err(if was_ended { Code::InvitationEnded } else { Code::RecordUnknown });
        };
        self.check_invitation(cx, &info)?;
        Ok(info)
    }

    /// Ends an open invitation.
    pub(crate) fn end_invitation(
        &mut self,
        cx: &mut Cx,
        ticket: Option<Ticket>,
        held: &Header,
    ) -> Result<(), Code> {
        if held.kind.as_str() != system::INVITATION {
            return Err(Code::InvalidArgument);
        }
        self.delete_system(cx, ticket, held)
    }

    /// The live record of an open invitation.
    pub(crate) fn invitation_record(&self, id: &RecordId) -> Option<Header> {
        let copy = self.replica.system(id)?;
        let is_open = copy.header.kind.as_str() == system::INVITATION && !copy.header.is_deleted();
        is_open.then(|| copy.header.clone())
    }

    /// Somebody asks to be let in by an open invitation.
    pub(in crate::group) fn on_join_request(
        &mut self,
        cx: &mut Cx,
        node: NodeId,
        invitation: &InvitationUse,
    ) {
        let now = cx.now;
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if !neighbour.may_have_checked(now, 1) {
            return cx.warn(Code::RateLimited, node);
        }
        let peer = neighbour.peer;
        let answer = match self.admit(cx, peer, invitation) {
            Ok(chain) => GroupFrame::JoinAccept { chain },
            Err(code) => GroupFrame::Refuse { code },
        };
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.say(&answer);
        }
    }

    fn admit(&mut self, cx: &mut Cx, peer: PeerId, used: &InvitationUse) -> Result<Chain, Code> {
        if Rule::UseProved.holds() && !used.verify(&self.profile.group, &peer) {
            return Err(Code::InvitationNotTrusted);
        }
        let now = self.now(cx);
        let members = self.replica.members();
        if let Some(chain) = members.best(&peer, now).and_then(|id| members.chain(&id)) {
            // It is a member already, perhaps on another device.
            return Ok(chain);
        }
        let info = self.usable_invitation(cx, &peer, &used.key)?;
        let minute = Duration::from_secs(60);
        self.admissions.retain(|at| cx.now.since(*at) < minute);
        let most = usize::try_from(limits::ADMISSIONS_PER_MINUTE).unwrap_or(usize::MAX);
        if self.admissions.len() >= most && Rule::AdmissionRate.holds() {
            return Err(Code::RateLimited);
        }
        let grant = Grant {
            roles: info.says.roles,
            until: Millis(now.0.saturating_add(info.says.member_for)),
            invitation: Some(used.clone()),
            lifts: false,
        };
        let chain = self.issue(cx, peer, grant)?;
        self.admissions.push(cx.now);
        self.publish_chain(cx, None, &chain)?;
        Ok(chain)
    }

    /// Whether an open invitation is of use now: its author may still give what it promises.
    pub(in crate::group) fn check_invitation(
        &self,
        cx: &Cx,
        info: &InvitationInfo,
    ) -> Result<(), Code> {
        let now = self.now(cx);
        let issuer = self.replica.members().roles(&info.issuer, now);
        let is_backed = issuer.is_some_and(|roles| roles.may_issue(info.says.roles));
        if !is_backed && Rule::InvitationBacked.holds() {
            return Err(Code::InvitationNotTrusted);
        }
        if info.is_exact() && info.issuer != cx.me.peer && Rule::Exact.holds() {
            return Err(Code::NotAllowed);
        }
        let has_ended = info.says.not_after != Millis::MAX && now >= info.says.not_after;
        if has_ended && Rule::InvitationEnds.holds() {
            return Err(Code::InvitationExpired);
        }
        let uses = usize::try_from(info.says.uses).unwrap_or(usize::MAX);
        let is_used_up = info.used_by.len() >= uses && Rule::Uses.holds();
        if is_used_up { Err(Code::InvitationUsedUp) } else { Ok(()) }
    }

    /// Takes an invitation, in a group whose stored records are here.
    pub(in crate::group) fn use_invitation(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        invitation: AnyInvitation,
        patience: Patience,
    ) {
        match invitation {
            AnyInvitation::Bound(bound) => {
                match self.publish_chain(cx, None, &bound.chain) {
                    Ok(()) => self.saves.ticket(ticket),
                    Err(code) => cx.settle(ticket, Err(code)),
                }
                self.choose_chain(cx);
            }
            // Whoever is a member is one, by whatever invitation. Without the key it may have been
            // let in by somebody who might not any more.
            AnyInvitation::Open(link) if self.own_roles(cx).is_some() => {
                let deadline = cx.now + patience.min(limits::DEADLINE_MAX);
                self.came_by = Some(link.seed);
                self.admitted.push((ticket, deadline));
                self.settle_admitted(cx);
                if self.came_by.is_some() {
                    self.introduce(cx);
                }
            }
            AnyInvitation::Open(link) => {
                let deadline = cx.now + patience.min(limits::DEADLINE_MAX);
                Joining::add(&mut self.joining, link.seed, (ticket, deadline));
                self.arrival.begin(ticket);
                self.profile.chain = None;
                self.profile.invitation = Some(link.seed);
                self.keep_profile(cx);
                self.introduce(cx);
                self.ask_all(cx);
            }
        }
    }

    /// A neighbor has shown who it is, and is asked to let us in if it may, or what is offered.
    pub(in crate::group) fn ask_to_join(&mut self, cx: &Cx, node: NodeId) {
        if !self.neighbours.get(&node).is_some_and(Neighbour::may_invite) {
            return;
        }
        if let Some(seed) = self.joining.as_ref().map(|it| it.seed) {
            self.ask_by(cx, node, seed);
        }
        if let Some(seed) = self.looking.as_ref().map(|it| it.seed) {
            let (key, group) = (self.link_of(seed).key(), self.profile.group);
            let invitation = InvitationUse::prove_look(&key, &group, &cx.me.peer);
            self.say_to(node, &GroupFrame::PreviewRequest { invitation });
        }
    }

    /// Whether somebody is asked who may let us in.
    pub(in crate::group) const fn is_asking(&self) -> bool {
        self.joining.is_some() || self.looking.is_some()
    }

    /// Asks those who have shown already that they may let us in.
    pub(in crate::group) fn ask_all(&mut self, cx: &Cx) {
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            self.ask_to_join(cx, node);
        }
    }

    /// Somebody who may let us in does not know us, though another one has let us in: that one may
    /// have been shut out before.
    pub(in crate::group) fn ask_again(&mut self, cx: &Cx, node: NodeId) {
        if let Some(seed) = self.came_by {
            self.ask_by(cx, node, seed);
        }
    }

    fn ask_by(&mut self, cx: &Cx, node: NodeId, seed: [u8; 16]) {
        let (key, group) = (self.link_of(seed).key(), self.profile.group);
        let invitation = InvitationUse::prove(&key, &group, &cx.me.peer);
        self.say_to(node, &GroupFrame::JoinRequest { invitation });
    }

    /// A link with that seed.
    pub(in crate::group) fn link_of(&self, seed: [u8; 16]) -> InvitationLink {
        let (group, door) = (self.profile.group, self.profile.door.clone());
        InvitationLink { group, door, seed, servers: Vec::new() }
    }

    pub(in crate::group) fn say_to(&mut self, node: NodeId, frame: &GroupFrame) {
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.say(frame);
        }
    }

    /// Somebody has let us in.
    pub(in crate::group) fn joined(&mut self, cx: &mut Cx, chain: Chain) {
        let Some(joining) = self.joining.take() else { return };
        self.profile.invitation = None;
        self.profile.chain = Some(chain.clone());
        self.keep_profile(cx);
        match self.publish_chain(cx, None, &chain) {
            Ok(()) => {
                self.came_by = Some(joining.seed);
                self.admitted.extend(joining.waiting);
            }
            Err(code) => joining.into_tickets().for_each(|it| cx.settle(it, Err(code))),
        }
        self.introduce(cx);
        self.settle_admitted(cx);
    }

    /// Whoever was let in can write as soon as the key is here, and is told then. A keeper needs
    /// none.
    pub(in crate::group) fn settle_admitted(&mut self, cx: &Cx) {
        let needs_key = self.own_roles(cx).is_none_or(Roles::may_write);
        if needs_key && self.sealing_key().is_none() {
            return;
        }
        self.came_by = None;
        for (ticket, _) in core::mem::take(&mut self.admitted) {
            self.saves.ticket(ticket);
        }
    }

    /// One who might have let us in does not. Another one may.
    pub(in crate::group) fn join_refused(&mut self, cx: &mut Cx, code: Code) {
        if code == Code::NotMember {
            // That is what we are not yet.
            return;
        }
        for slot in [&mut self.joining, &mut self.looking] {
            let over = slot.take_if(|it| it.is_refused(code));
            let tickets = over.into_iter().flat_map(Joining::into_tickets);
            tickets.for_each(|ticket| cx.settle(ticket, Err(code)));
        }
    }

    pub(in crate::group) fn join_timeout(&mut self, cx: &mut Cx) {
        let now = cx.now;
        // It is a member, whether or not the key has come.
        for (ticket, _) in self.admitted.extract_if(.., |(_, deadline)| now >= *deadline) {
            self.saves.ticket(ticket);
        }
        Joining::time_out(&mut self.looking, cx);
        if let Some(code) = Joining::time_out(&mut self.joining, cx) {
            self.event(cx, GroupEvent::Refused { code });
        }
    }
}

/// The salt of the record of the invitation with that key.
fn salt_of(key: &PeerId) -> [u8; 8] {
    key.as_bytes().first_chunk().copied().unwrap_or_default()
}
