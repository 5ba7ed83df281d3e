//! Becoming a member and making others one: founding, inviting, admitting, renewing.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential, InvitationUse};
use lacis_wire::group::GivenKey;
use lacis_wire::invitation::{Invitation, InvitationError, InvitationKey, InvitationLink};
use lacis_wire::keys::SealedKey;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::room::MeetingKey;
use lacis_wire::system::{self, GroupProperties, Scope};
use lacis_wire::{Code, GroupId, Millis, NodeId, PeerId, RecordId, Roles, limits};

use crate::cx::Cx;
use crate::group::Group;
use crate::group::persist::profile::Profile;
use crate::ids::{RoomId, Ticket};
use crate::rule::Rule;

/// An invitation of either kind.
#[derive(Clone, Debug)]
pub(crate) enum AnyInvitation {
    Bound(Invitation),
    Open(InvitationLink),
}

impl AnyInvitation {
    pub(crate) fn parse(text: &str) -> Result<Self, Code> {
        match Invitation::parse(text) {
            Ok(bound) => Ok(Self::Bound(bound)),
            Err(InvitationError::Unknown) => {
                InvitationLink::parse(text).map(Self::Open).map_err(code_of)
            }
            Err(error) => Err(code_of(error)),
        }
    }

    pub(crate) fn group(&self) -> Result<GroupId, Code> {
        match self {
            Self::Bound(bound) => bound.group().ok_or(Code::InvitationNotTrusted),
            Self::Open(open) => Ok(open.group),
        }
    }
}

/// For how long something is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    pub(crate) until: Millis,
    /// Whether somebody said so, and it is not what the group gives everybody. Then it is over when
    /// it is over; otherwise there is more of it for whoever comes back in time.
    pub(crate) is_fixed: bool,
}

/// What is given to somebody with a credential.
#[derive(Clone, Debug)]
pub(in crate::group) struct Grant {
    pub(in crate::group) roles: Roles,
    pub(in crate::group) term: Term,
    pub(in crate::group) invitation: Option<InvitationUse>,
    /// Whether ends of the subject's membership are lifted.
    pub(in crate::group) lifts: bool,
}

/// What it costs to show anew who we are, in signatures: all keys go with that, and a summary.
const ANSWER_COST: usize = 8;

impl Group {
    /// Founds a group: a new root key makes this identity its first member.
    pub(crate) fn found(
        cx: &mut Cx,
        number: RoomId,
        ticket: Ticket,
        properties: &GroupProperties,
        servers: Vec<String>,
    ) -> Result<Self, Code> {
        let secret: [u8; 32] = cx.random();
        let root = signing_key(&secret);
        let group = GroupId(*peer_id(&root).as_bytes());
        let credential = Credential {
            group,
            subject: cx.me.peer,
            roles: Roles::ADMIN,
            not_before: Millis(0),
            not_after: Millis::MAX,
            serial: cx.wall().0,
            parent: None,
            invitation: None,
            lifts: Vec::new(),
            issuer: cx.me.peer,
            signature: [0; 64],
        };
        let chain = Chain(vec![credential.signed(&root)]);
        let profile = Profile {
            group,
            name: properties.name.clone(),
            door: MeetingKey(cx.random()),
            servers,
            chain: Some(chain.clone()),
            root: Some(secret),
            invitation: None,
            keys: Vec::new(),
            meetings: Vec::new(),
            time: Millis(0),
            synced: Millis(0),
        };
        let mut founded = Self::from_profile(number, profile);
        founded.open_new(cx);
        founded.publish_chain(cx, None, &chain)?;
        founded.make_first_key(cx);
        founded.set_properties(cx, ticket, properties)?;
        Ok(founded)
    }

    /// What this identity knows of a group by an invitation alone.
    pub(crate) fn profile_of(
        cx: &Cx,
        now: Millis,
        invitation: &AnyInvitation,
    ) -> Result<Profile, Code> {
        let group = invitation.group()?;
        let mut keys = Vec::new();
        let (name, door, servers, chain, seed) = match invitation {
            AnyInvitation::Bound(bound) => {
                if let Some(InvitationKey { name, sealed }) = &bound.key
                    && let Ok(key) = sealed.open(&group, name, &cx.me.key)
                {
                    keys.push(GivenKey { name: *name, key });
                }
                bound.check_time(now).map_err(code_of)?;
                bound.for_subject(&cx.me.peer).map_err(code_of)?;
                let Invitation { name, door, servers, chain, .. } = bound.clone();
                (name, door, servers, Some(chain), None)
            }
            AnyInvitation::Open(open) => {
                let InvitationLink { door, servers, seed, .. } = open.clone();
                (String::new(), door, servers, None, Some(seed))
            }
        };
        let meetings = Vec::new();
        Ok(Profile {
            group,
            name,
            door,
            servers,
            chain,
            root: None,
            invitation: seed,
            keys,
            meetings,
            time: Millis(0),
            synced: Millis(0),
        })
    }

    /// Publishes a chain. All but who does so follows from its last credential, so there are two
    /// such records at the most, however often and by however many it is done.
    pub(in crate::group) fn publish_chain(
        &mut self,
        cx: &mut Cx,
        ticket: Option<Ticket>,
        chain: &Chain,
    ) -> Result<(), Code> {
        let leaf = chain.leaf().ok_or(Code::Internal)?;
        let id = leaf.id();
        if self.replica.members().credential(&id).is_some() {
            if let Some(ticket) = ticket {
                self.saves.ticket(ticket);
            }
            return Ok(());
        }
        let mut header = Header {
            format: Header::FORMAT,
            kind: RecordType::new(system::MEMBER).map_err(|_| Code::Internal)?,
            id: RecordId([0; 16]),
            salt: id.0.first_chunk().copied().unwrap_or_default(),
            version: 1,
            flags: 0,
            creator: cx.me.peer,
            modifier: None,
            credential: Some(id),
            created: Millis(0),
            modified: Millis(0),
            expires: leaf.not_after,
            latest: leaf.not_after,
            replaces: None,
            key: None,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        header.id = header.born_as();
        self.publish(cx, ticket, header, encode(chain), None)
    }

    /// The keys under which its members meet.
    pub(crate) const fn door(&self) -> &MeetingKey {
        &self.profile.door
    }

    /// A chain for a subject, given by us.
    pub(in crate::group) fn issue(
        &self,
        cx: &Cx,
        subject: PeerId,
        grant: Grant,
    ) -> Result<Chain, Code> {
        let now = self.rights_time(cx);
        let members = self.replica.members();
        let own = members.best(&cx.me.peer, now).ok_or(Code::NotAllowed)?;
        let chain = members.chain(&own).ok_or(Code::NotAllowed)?;
        let leaf = chain.leaf().ok_or(Code::NotAllowed)?;
        let may = leaf.roles.may_issue(grant.roles);
        if !may || subject == cx.me.peer || Roles::from_bits(grant.roles.bits()).is_none() {
            return Err(Code::NotAllowed);
        }
        if self.replica.is_pair_full(&own, &subject, now) {
            return Err(Code::OverBudget);
        }
        let ends = if grant.lifts { members.lifts_for(&subject) } else { Vec::new() };
        if !ends.is_empty() && !leaf.roles.may_change_others() {
            return Err(Code::Revoked);
        }
        let is_admin = grant.roles.may_change_others();
        let not_after = if is_admin { Millis::MAX } else { grant.term.until.min(leaf.not_after) };
        let begins = if grant.term.is_fixed { Credential::FIXED } else { Millis(0) };
        let credential = Credential {
            group: self.profile.group,
            subject,
            roles: grant.roles,
            not_before: leaf.not_before.max(begins),
            not_after,
            serial: self.next_serial(cx, &own, &subject),
            parent: Some(own),
            invitation: grant.invitation,
            lifts: ends,
            issuer: cx.me.peer,
            signature: [0; 64],
        };
        let chain = chain.extended(credential.signed(&cx.me.key)).ok_or(Code::ChainTooLong)?;
        if members.verifies(&chain) { Ok(chain) } else { Err(Code::InvalidArgument) }
    }

    /// Greater than that of any other credential that we gave the subject: of several the last are
    /// kept.
    fn next_serial(&self, cx: &Cx, own: &lacis_wire::CredentialId, subject: &PeerId) -> u64 {
        let last = self.replica.members().last_serial(own, subject);
        cx.wall().0.max(last.saturating_add(1))
    }

    /// Invites one identity.
    pub(crate) fn invite(
        &self,
        cx: &mut Cx,
        subject: PeerId,
        roles: Roles,
        term: Term,
    ) -> Result<String, Code> {
        let grant = Grant { roles, term, invitation: None, lifts: true };
        let reads = roles.may_write() && self.may_seal();
        let key = match self.sealing_key().filter(|_| reads) {
            Some((name, key)) => {
                let group = self.profile.group;
                let sealed = SealedKey::seal(&group, &name, key, subject, cx.rng());
                let sealed = sealed.map_err(|_| Code::InvalidArgument)?;
                Some(InvitationKey { name, sealed })
            }
            None => None,
        };
        let invitation = Invitation {
            chain: self.issue(cx, subject, grant)?,
            name: self.profile.name.clone(),
            door: self.profile.door.clone(),
            servers: self.servers().to_vec(),
            key,
            signature: [0; 64],
        };
        Ok(invitation.signed(&cx.me.key).to_text())
    }

    /// Gives a member other roles, or more time. What takes something away ends what was given
    /// before, and so there is a new key.
    pub(crate) fn set_roles(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        subject: PeerId,
        roles: Roles,
        term: Term,
    ) -> Result<(), Code> {
        let now = self.now(cx);
        let members = self.replica.members();
        if !members.knows(&subject) {
            return Err(Code::NotMember);
        }
        let held = members.roles(&subject, now);
        let takes = held.is_some_and(|held| !roles.contains(held));
        let grant = Grant { roles, term, invitation: None, lifts: true };
        // Before anything is taken away it is clear that the rest will work.
        if members.lifts_for(&subject).len() + usize::from(takes) > limits::LIFTS_MAX {
            return Err(Code::OverBudget);
        }
        self.issue(cx, subject, grant.clone())?;
        if takes {
            self.demand_admin(cx)?;
            let actions = self.replica.actions(&subject, Scope::Rights);
            self.take_back(cx, None, subject, Scope::Rights, &actions)?;
        }
        let chain = self.issue(cx, subject, grant)?;
        cx.tickets.open(ticket);
        self.publish_chain(cx, Some(ticket), &chain)
    }

    /// A neighbor whose time is nearly over gets more, from whoever gave it what it has.
    pub(in crate::group) fn renew_neighbour(&mut self, cx: &mut Cx, node: NodeId) {
        let Some(peer) = self.neighbours.get(&node).map(|neighbour| neighbour.peer) else { return };
        let now = self.now(cx);
        let members = self.replica.members();
        let best = members.best(&peer, now).and_then(|id| members.credential(&id));
        let is_lease = |leaf: &&Credential| leaf.not_after != Millis::MAX && !leaf.is_fixed();
        let Some(leaf) = best.filter(is_lease) else { return };
        // Since when it has it is not said; the serial number of ours is the time. It was given
        // less than others if we had no more ourselves.
        let last = leaf.not_after.0.saturating_sub(leaf.serial);
        let whole = self.properties().map_or(0, |it| it.member_lifetime).max(last);
        let left = leaf.not_after.0.saturating_sub(now.0);
        if left > whole / 4 || leaf.issuer != cx.me.peer {
            return;
        }
        // A little more now would be another one soon, and of one pair a few count.
        let own = members.until(&cx.me.peer, now).unwrap_or(now);
        let until = Millis(now.0.saturating_add(whole)).min(own);
        if until.0 < leaf.not_after.0.saturating_add(last / 4) {
            return;
        }
        let term = Term { until, is_fixed: false };
        let (roles, invitation) = (leaf.roles, leaf.invitation.clone());
        // It was let in again, if ever it was shut out.
        let grant = Grant { roles, term, invitation, lifts: true };
        let chain = self.issue(cx, peer, grant);
        if let Some(chain) = chain.ok().filter(|chain| members.accepts_chain(chain, now)) {
            // If it cannot be written now, the next meeting tries again.
            let _ = self.publish_chain(cx, None, &chain);
        }
    }

    /// We are shown a chain of ours that is better than what we showed.
    pub(in crate::group) fn on_join_accept(&mut self, cx: &mut Cx, node: NodeId, chain: Chain) {
        let is_ours = chain.leaf().is_some_and(|leaf| leaf.subject == cx.me.peer);
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        let cost = ANSWER_COST + chain.0.len();
        let may = neighbour.may_have_checked(cx.now, cost) || !Rule::ChecksBounded.holds();
        if !is_ours || !may || !self.replica.members().verifies(&chain) {
            return;
        }
        if self.joining.is_some() {
            let asked = self.take_question(node);
            // Anybody may show us what made us a member once: that lets nobody in.
            let members = self.replica.members();
            let now = self.rights_time(cx);
            let is_known =
                chain.leaf().is_some_and(|leaf| members.credential(&leaf.id()).is_some());
            let holds = match is_known {
                true => members.accepts_chain(&chain, now),
                // A clock of ours that is slow makes what was issued now begin later.
                false => chain.leaf().is_some_and(|leaf| now < leaf.not_after),
            };
            if holds {
                self.joined(cx, chain, asked.map(|((_, seed), _)| seed));
            }
            return self.ask_next(cx, node, asked.and_then(|(_, last)| last));
        }
        // What we showed was taken back, and this is what we were given instead. By it we are
        // told the rest.
        self.enter_by(cx, node, chain);
    }
}

pub(crate) const fn code_of(error: InvitationError) -> Code {
    match error {
        InvitationError::Unknown => Code::InvitationUnknown,
        InvitationError::Damaged => Code::InvitationDamaged,
        InvitationError::Version => Code::InvitationVersion,
        InvitationError::Expired => Code::InvitationExpired,
        InvitationError::NotYetValid => Code::InvitationNotYetValid,
        InvitationError::NotTrusted => Code::InvitationNotTrusted,
        InvitationError::NotForYou => Code::InvitationNotForYou,
        _ => Code::Internal,
    }
}

/// How long whoever asks to be let in waits for somebody who may.
pub(in crate::group) type Patience = Duration;
