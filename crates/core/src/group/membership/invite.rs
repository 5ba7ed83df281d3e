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
use crate::group::membership::admission::{Grant, Term};
use crate::group::{Group, InvitationInfo};
use crate::ids::Ticket;
use crate::meter::{self, Cost};
use crate::rule::Rule;

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
            servers: self.servers().to_vec(),
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
            flags: if options.exact { OpenInvitation::EXACT } else { 0 }
                | if is_dated { OpenInvitation::FIXED } else { 0 },
        };
        // By the salt it is known when nothing else is left of it.
        let of = (Some(content.not_after), Some(salt_of(&content.key)));
        self.publish_system(cx, None, system::INVITATION, of, &content)?;
        Ok(link.to_text())
    }

    /// The open invitations that are live and were not ended.
    pub(crate) fn invitations(&self) -> Vec<InvitationInfo> {
        let live =
            |info: &InvitationInfo| self.replica.held(&info.id).is_some_and(|held| !held.has_ended);
        let all = self.known_invitations(None).filter(live);
        all.map(|info| self.with_users(info)).collect()
    }

    /// The same, and those that have ended by date and are not erased yet; all, or those of one
    /// issuer. Who came by them is not looked up: there may be thousands.
    pub(in crate::group) fn known_invitations(
        &self,
        issuer: Option<PeerId>,
    ) -> impl Iterator<Item = InvitationInfo> {
        self.replica.system_of(system::INVITATION).filter_map(move |copy| {
            let (id, creator) = (copy.header.id, copy.header.creator);
            if issuer.is_some_and(|issuer| issuer != creator) {
                return None;
            }
            meter::count(Cost::Invitation, 1);
            let Ok(Some(System::Invitation(says))) = System::decode(&copy.header.kind, &copy.body)
            else {
                return None;
            };
            Some(InvitationInfo { id, issuer: creator, says, used_by: Vec::new() })
        })
    }

    /// An invitation, and who came by it.
    pub(in crate::group) fn with_users(&self, info: InvitationInfo) -> InvitationInfo {
        InvitationInfo { used_by: self.replica.members().subjects_by(&info.says.key), ..info }
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
        if Rule::ShutOutStaysOut.holds() && members.is_shut_out(peer) {
            return Err(Code::Revoked);
        }
        let mut known = self.known_invitations(None);
        let Some(info) = known.find(|info| info.says.key == *key) else {
            let is_left =
                |copy: &Arc<Copy>| copy.header.is_deleted() && copy.header.salt == salt_of(key);
            let was_ended = self.replica.system_of(system::INVITATION).any(is_left);
            return Err(if was_ended { Code::InvitationEnded } else { Code::RecordUnknown });
        };
        let info = self.with_users(info);
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
            term: Term {
                until: Millis(now.0.saturating_add(info.says.member_for)),
                is_fixed: info.says.flags & OpenInvitation::FIXED != 0,
            },
            invitation: Some(used.clone()),
            lifts: true,
        };
        // Whoever was let in again once, and whose time is over, is for an admin to let in.
        let waits = |code| if code == Code::Revoked { Code::NotAllowed } else { code };
        let chain = self.issue(cx, peer, grant).map_err(waits)?;
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
}

/// The salt of the record of the invitation with that key.
fn salt_of(key: &PeerId) -> [u8; 8] {
    key.as_bytes().first_chunk().copied().unwrap_or_default()
}
