//! Becoming a member and making others one: founding, inviting, admitting, renewing.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::codec::{decode, encode};
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::{GivenKey, GroupFrame};
use lacis_wire::invitation::{Invitation, InvitationError, OpenInvitation};
use lacis_wire::keys::EpochKeys;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::room::RendezvousKey;
use lacis_wire::system::{self, GroupProperties, Scope};
use lacis_wire::{Code, GroupId, Millis, NodeId, PeerId, Roles, limits};

use super::Group;
use super::profile::Profile;
use crate::io::{RoomId, Ticket};
use crate::shared::Shared;
use crate::time::Timestamp;

/// An application that waits for somebody who may admit us.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applying {
    pub(super) ticket: Ticket,
    pub(super) deadline: Timestamp,
    /// Why the last one who was asked did not admit us.
    refused: Option<Code>,
}

/// An invitation of either kind.
#[derive(Clone, Debug)]
pub(crate) enum AnyInvitation {
    Bound(Invitation),
    Open(OpenInvitation),
}

impl AnyInvitation {
    pub(crate) fn parse(text: &str) -> Result<Self, Code> {
        match Invitation::parse(text) {
            Ok(bound) => Ok(Self::Bound(bound)),
            Err(InvitationError::Unknown) => {
                OpenInvitation::parse(text).map(Self::Open).map_err(code_of)
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

impl Group {
    /// Founds a group: a new root key makes this identity its first member.
    pub(crate) fn found(
        shared: &mut Shared,
        number: RoomId,
        ticket: Ticket,
        properties: &GroupProperties,
        servers: Vec<String>,
    ) -> Result<Self, Code> {
        let secret: [u8; 32] = shared.io.random();
        let root = signing_key(&secret);
        let group = GroupId(*peer_id(&root).as_bytes());
        let now = shared.group_time();
        let credential = Credential {
            group,
            subject: shared.peer,
            roles: Roles::FOUNDER,
            not_before: earlier(now),
            not_after: Millis::MAX,
            serial: 1,
            issuer: shared.peer,
            signature: [0; 64],
        };
        let chain = Chain(vec![credential.signed(&root)]);
        let profile = Profile {
            group,
            name: properties.name.clone(),
            rendezvous: RendezvousKey(shared.io.random()),
            servers,
            chain: Some(chain.clone()),
            root: Some(secret),
            invitation: None,
            keys: Vec::new(),
        };
        let mut founded = Self::from_profile(number, profile);
        founded.open_new(shared);
        founded.publish_system(shared, None, system::MEMBER, Some(Millis::MAX), &chain)?;
        founded.rotate(shared)?;
        founded.set_properties(shared, ticket, properties)?;
        Ok(founded)
    }

    /// Takes an invitation. By a bound one this identity is a member at once; by an open one it
    /// applies as soon as it is connected.
    pub(crate) fn join(
        shared: &mut Shared,
        number: RoomId,
        ticket: Ticket,
        invitation: AnyInvitation,
        patience: Duration,
    ) -> Result<Self, Code> {
        let now = shared.group_time();
        let group = invitation.group()?;
        let (name, rendezvous, servers, chain, open, keys) = match invitation {
            AnyInvitation::Bound(bound) => {
                bound.check_time(now).map_err(code_of)?;
                bound.for_subject(&shared.peer).map_err(code_of)?;
                let keys = bound.keys.and_then(|keys| {
                    let key = keys.open(&group, &shared.key).ok()?;
                    Some(GivenKey { epoch: keys.epoch, key })
                });
                (bound.name, bound.rendezvous, bound.servers, Some(bound.chain), None, keys)
            }
            AnyInvitation::Open(open) => {
                open.check_time(now).map_err(code_of)?;
                let encoded = encode(&open);
                (open.name, open.rendezvous, open.servers, None, Some(encoded), None)
            }
        };
        let profile = Profile {
            group,
            name,
            rendezvous,
            servers,
            chain: chain.clone(),
            root: None,
            invitation: open,
            keys: keys.into_iter().collect(),
        };
        let mut joined = Self::from_profile(number, profile);
        joined.open_new(shared);
        shared.tickets.open(ticket);
        match chain {
            Some(chain) => {
                joined.publish_own(shared, &chain)?;
                joined.saves.ticket(ticket);
            }
            None => {
                let deadline = shared.io.now + patience.min(limits::DEADLINE_MAX);
                joined.applying = Some(Applying { ticket, deadline, refused: None });
            }
        }
        Ok(joined)
    }

    /// Whoever holds the group is to know of our membership, even if who made it is away.
    fn publish_own(&mut self, shared: &mut Shared, chain: &Chain) -> Result<(), Code> {
        let until = chain.leaf().map(|leaf| leaf.not_after);
        self.publish_system(shared, None, system::MEMBER, until, chain)
    }

    /// The keys under which its members meet.
    pub(crate) const fn rendezvous(&self) -> &RendezvousKey {
        &self.profile.rendezvous
    }

    /// Where its members meet.
    pub(crate) fn servers(&self) -> &[String] {
        &self.profile.servers
    }

    /// A chain for a subject, given by us.
    fn issue(
        &self,
        shared: &Shared,
        subject: PeerId,
        roles: Roles,
        until: Millis,
        serial: u64,
    ) -> Result<Chain, Code> {
        let now = shared.group_time();
        let own = self.profile.chain.as_ref().ok_or(Code::NotAllowed)?;
        let leaf = own.leaf().ok_or(Code::NotAllowed)?;
        let may = self.replica.members().accepts(own, now) && leaf.roles.may_issue(roles);
        if !may || subject == shared.peer || Roles::from_bits(roles.bits()).is_none() {
            return Err(Code::NotAllowed);
        }
        // What was taken back stays so: who is let in again is so from then on.
        let revoked = self.replica.members().revoked_from(&subject);
        let credential = Credential {
            group: self.profile.group,
            subject,
            roles,
            not_before: earlier(now).max(leaf.not_before).max(revoked.unwrap_or(Millis(0))),
            not_after: until.min(leaf.not_after),
            serial,
            issuer: shared.peer,
            signature: [0; 64],
        };
        let chain = own.extended(credential.signed(&shared.key)).ok_or(Code::ChainTooLong)?;
        chain.verify(&self.profile.group).map_err(|_| Code::InvalidArgument)?;
        Ok(chain)
    }

    /// Invites one identity.
    pub(crate) fn invite(
        &self,
        shared: &mut Shared,
        subject: PeerId,
        roles: Roles,
        until: Millis,
    ) -> Result<String, Code> {
        let serial = shared.io.random_u64();
        let chain = self.issue(shared, subject, roles, until, serial)?;
        let keys = match self.keyring.current() {
            Some((epoch, key)) if roles != Roles::KEEPER => {
                let group = self.profile.group;
                let sealed = EpochKeys::seal(&group, epoch, key, &[subject], shared.io.rng());
                Some(sealed.map_err(|_| Code::InvalidArgument)?)
            }
            _ => None,
        };
        let invitation = Invitation {
            chain,
            name: self.profile.name.clone(),
            rendezvous: self.profile.rendezvous.clone(),
            servers: self.profile.servers.clone(),
            keys,
        };
        Ok(invitation.to_text())
    }

    /// Invites whoever has the text, so many of them.
    pub(crate) fn invite_anybody(
        &self,
        shared: &mut Shared,
        roles: Roles,
        until: Millis,
        uses: u32,
    ) -> Result<String, Code> {
        let now = shared.group_time();
        let own = self.profile.chain.clone().ok_or(Code::NotAllowed)?;
        let leaf = own.leaf().ok_or(Code::NotAllowed)?;
        let may = self.replica.members().accepts(&own, now) && leaf.roles.may_issue(roles);
        if !may || uses == 0 {
            return Err(Code::NotAllowed);
        }
        let invitation = OpenInvitation {
            group: self.profile.group,
            name: self.profile.name.clone(),
            secret: shared.io.random(),
            not_after: until.min(leaf.not_after),
            chain: own,
            roles,
            uses,
            rendezvous: self.profile.rendezvous.clone(),
            servers: self.profile.servers.clone(),
            signature: [0; 64],
        };
        Ok(invitation.signed(&shared.key).to_text())
    }

    /// Somebody asks to be admitted by an open invitation.
    pub(super) fn on_apply(&mut self, shared: &mut Shared, node: NodeId, invitation: &[u8]) {
        let Some(peer) = self.neighbours.get(&node).map(|neighbour| neighbour.peer) else { return };
        let answer = match self.admit(shared, peer, invitation) {
            Ok(chain) => {
                let reads = chain.leaf().is_some_and(|leaf| leaf.roles != Roles::KEEPER);
                let keys = if reads { self.keyring.to_give() } else { Vec::new() };
                GroupFrame::Admit { chain, keys }
            }
            Err(code) => GroupFrame::Refuse { code },
        };
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.say(&answer);
        }
    }

    fn admit(&mut self, shared: &mut Shared, peer: PeerId, encoded: &[u8]) -> Result<Chain, Code> {
        let open: OpenInvitation = decode(encoded).map_err(|_| Code::InvitationDamaged)?;
        if open.group != self.profile.group {
            return Err(Code::InvitationNotTrusted);
        }
        open.verify().map_err(code_of)?;
        let now = shared.group_time();
        open.check_time(now).map_err(code_of)?;
        let members = self.replica.members();
        if !members.accepts(&open.chain, now) {
            return Err(Code::InvitationNotTrusted);
        }
        if members.revoked_from(&peer).is_some() {
            return Err(Code::Revoked);
        }
        // Credentials given by one invitation carry its number, so whoever holds the group's
        // records can count them.
        let serial = number_of(encoded);
        let users = members.subjects_of_serial(serial);
        if !users.contains(&peer) && users.len() >= usize::try_from(open.uses).unwrap_or(usize::MAX)
        {
            return Err(Code::InvitationUsedUp);
        }
        let minute = Duration::from_secs(60);
        self.admissions.retain(|at| shared.io.now.since(*at) < minute);
        let most = usize::try_from(limits::ADMISSIONS_PER_MINUTE).unwrap_or(usize::MAX);
        if self.admissions.len() >= most {
            return Err(Code::RateLimited);
        }
        let chain = self.issue(shared, peer, open.roles, open.not_after, serial)?;
        self.admissions.push(shared.io.now);
        self.publish_system(shared, None, system::MEMBER, leaf_end(&chain), &chain)?;
        Ok(chain)
    }

    /// We are shown somebody who may admit us.
    pub(super) fn apply_at(&mut self, shared: &Shared, node: NodeId, chain: &Chain) {
        if self.profile.chain.is_some() {
            return;
        }
        let Some(encoded) = self.profile.invitation.clone() else { return };
        let Ok(open) = decode::<OpenInvitation>(&encoded) else { return };
        let _ = shared;
        // The secret is shown to nobody else.
        if chain.leaf().is_some_and(|leaf| leaf.roles.may_issue(open.roles))
            && let Some(neighbour) = self.neighbours.get_mut(&node)
        {
            neighbour.say(&GroupFrame::Apply { invitation: encoded });
        }
    }

    pub(super) fn on_admit(
        &mut self,
        shared: &mut Shared,
        node: NodeId,
        chain: Chain,
        keys: Vec<GivenKey>,
    ) {
        let leaf = chain.verify(&self.profile.group);
        let is_ours = leaf.is_ok_and(|leaf| leaf.subject == shared.peer);
        let Some(applying) = self.applying else {
            // What we showed was taken back, and this is what we were given instead. By it we are
            // told the rest.
            return if is_ours {
                self.enter_by(shared, node, chain)
            };
        };
        if !is_ours {
            return self.application_refused(shared, Code::Protocol);
        }
        self.applying = None;
        self.profile.chain = Some(chain.clone());
        self.profile.invitation = None;
        self.on_keys(shared, keys);
        self.keep_profile(shared);
        let published = self.publish_own(shared, &chain);
        match published {
            Ok(()) => self.saves.ticket(applying.ticket),
            Err(code) => shared.settle(applying.ticket, Err(code)),
        }
        self.introduce(shared);
    }

    /// One who might have admitted us does not. Another one may.
    pub(super) fn application_refused(&mut self, shared: &mut Shared, code: Code) {
        let Some(applying) = &mut self.applying else { return };
        if code == Code::NotMember {
            // That is what we are not yet.
            return;
        }
        applying.refused = Some(code);
        let hopeless = !matches!(code, Code::RateLimited | Code::NotAllowed | Code::ChainTooLong);
        if hopeless {
            let ticket = applying.ticket;
            self.applying = None;
            shared.settle(ticket, Err(code));
        }
    }

    pub(super) fn application_timeout(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        if let Some(applying) = self.applying.take_if(|it| now >= it.deadline) {
            let code = applying.refused.unwrap_or(Code::NoIssuer);
            shared.settle(applying.ticket, Err(code));
        }
    }

    /// Gives a member other roles, or more time. What takes something away revokes what was given
    /// before, and so begins a new epoch.
    pub(crate) fn set_roles(
        &mut self,
        shared: &mut Shared,
        ticket: Ticket,
        subject: PeerId,
        roles: Roles,
        until: Millis,
    ) -> Result<(), Code> {
        let now = shared.group_time();
        let held = self.replica.members().roles(&subject, now, now).ok_or(Code::NotMember)?;
        let takes = !roles.contains(held) && held != Roles::KEEPER;
        let serial = shared.io.random_u64();
        self.issue(shared, subject, roles, until, serial)?;
        if takes || (held == Roles::KEEPER) != (roles == Roles::KEEPER) {
            self.demand_admin(shared)?;
            self.take_back(shared, None, subject, Scope::Rights)?;
        }
        let chain = self.issue(shared, subject, roles, until, serial)?;
        self.publish_system(shared, Some(ticket), system::MEMBER, leaf_end(&chain), &chain)?;
        if takes && self.own_roles(shared).is_some_and(Roles::may_change_others) {
            self.rotate(shared)?;
        }
        Ok(())
    }

    /// A neighbour whose time is nearly over gets more, from whoever may give it.
    pub(super) fn renew_neighbour(&mut self, shared: &mut Shared, node: NodeId) {
        let Some(peer) = self.neighbours.get(&node).map(|neighbour| neighbour.peer) else { return };
        let now = shared.group_time();
        let members = self.replica.members();
        let Some(leaf) = members.best(&peer, now).and_then(Chain::leaf) else { return };
        if leaf.not_after == Millis::MAX {
            return;
        }
        let whole = leaf.not_after.0.saturating_sub(leaf.not_before.0);
        let left = leaf.not_after.0.saturating_sub(now.0);
        if left > whole / 4 || leaf.issuer != shared.peer {
            return;
        }
        let (roles, until) = (leaf.roles, Millis(now.0.saturating_add(whole)));
        let serial = shared.io.random_u64();
        if let Ok(chain) = self.issue(shared, peer, roles, until, serial) {
            // If it cannot be written now, the next meeting tries again.
            let end = leaf_end(&chain);
            let _ = self.publish_system(shared, None, system::MEMBER, end, &chain);
        }
    }
}

/// What the room of a group is joined by.
pub(crate) fn room_of(group: &Group) -> (lacis_wire::room::RoomKeys, Vec<String>) {
    let servers = group.servers().iter().map(ToString::to_string).collect();
    (group.rendezvous().keys(), servers)
}

/// From when a credential is valid that is made now: the clocks of those who look at it, and our
/// own group time once it knows theirs, may be behind.
fn earlier(now: Millis) -> Millis {
    let most = u64::try_from(limits::CLOCK_AHEAD.as_millis()).unwrap_or(u64::MAX);
    Millis(now.0.saturating_sub(most))
}

fn leaf_end(chain: &Chain) -> Option<Millis> {
    chain.leaf().map(|leaf| leaf.not_after)
}

/// The number of an open invitation, which the credentials given by it carry.
fn number_of(encoded: &[u8]) -> u64 {
    let hash = blake3::derive_key("lacis 2026 open invitation 1 number", encoded);
    let (number, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    u64::from_le_bytes(*number)
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
