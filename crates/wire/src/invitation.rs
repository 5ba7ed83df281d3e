//! Invitations: texts that bring somebody into a group. They can be read without a network.
//!
//! An [`Invitation`] is for one identity and carries the credentials that make it a member. An
//! [`OpenInvitation`] is for whoever has it: any member who may issue the roles that it names gives
//! its holder a credential, as often as it says.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, decode, demand, encode};
use crate::credential::{Chain, Credential};
use crate::ids::{GroupId, PeerId};
use crate::keys::EpochKeys;
use crate::limits;
use crate::proof::IdentityKey;
use crate::roles::Roles;
use crate::room::{RendezvousKey, server_ok};
use crate::signature;
use crate::text::{TextError, TextForm, text_ok};
use crate::time::Millis;

const DOMAIN: &str = "lacis 2026 invitation 1";

const BOUND: TextForm = TextForm {
    prefix: "li",
    version: '1',
    checksum: "lacis 2026 invitation 1 checksum",
    chars_max: limits::INVITATION_CHARS,
};

const OPEN: TextForm = TextForm {
    prefix: "lo",
    version: '1',
    checksum: "lacis 2026 open invitation 1 checksum",
    chars_max: limits::INVITATION_CHARS,
};

/// Why an invitation is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// Nothing in the text looks like an invitation of this kind.
    #[error("not an invitation")]
    Unknown,
    /// Characters are missing, added or changed.
    #[error("the invitation is damaged")]
    Damaged,
    /// The invitation was made by a newer version.
    #[error("the invitation needs a newer version")]
    Version,
    /// It was valid until a time that has passed.
    #[error("the invitation has expired")]
    Expired,
    /// It will be valid later.
    #[error("the invitation is not yet valid")]
    NotYetValid,
    /// A credential or the signature is wrong, or who invites may not do so.
    #[error("the invitation is not from somebody who may invite")]
    NotTrusted,
    /// It is for another identity.
    #[error("the invitation is for another identity")]
    NotForYou,
}

impl From<TextError> for InvitationError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Unknown => Self::Unknown,
            TextError::Damaged => Self::Damaged,
            TextError::Version => Self::Version,
        }
    }
}

/// An invitation for one identity.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Invitation {
    /// What makes the invitee a member.
    #[n(0)]
    pub chain: Chain,
    /// What the group is called.
    #[n(1)]
    pub name: String,
    /// Where its members meet.
    #[n(2)]
    pub rendezvous: RendezvousKey,
    /// Signaling servers; none means those of whoever opens it.
    #[n(3)]
    pub servers: Vec<String>,
    /// The key of the epoch in which the invitation was made, sealed to the invitee, so that it can
    /// write before it has met anybody. Nothing for one that may not read.
    #[n(4)]
    pub keys: Option<EpochKeys>,
}

impl Invitation {
    /// The text form.
    #[must_use]
    pub fn to_text(&self) -> String {
        BOUND.write(encode(self))
    }

    /// Reads the text form, alone or as the fragment of an address, and verifies the chain. Whether
    /// the invitation is of use now, and to whom, say [`Self::check_time`] and
    /// [`Self::for_subject`].
    ///
    /// # Errors
    /// `Unknown`, `Damaged`, `Version` and `NotTrusted`.
    pub fn parse(text: &str) -> Result<Self, InvitationError> {
        let invitation: Self = decode(&BOUND.read(text)?).map_err(|_| InvitationError::Damaged)?;
        invitation.credential()?;
        Ok(invitation)
    }

    /// The credential of the invitee, once the whole chain is verified.
    ///
    /// # Errors
    /// `NotTrusted`.
    pub fn credential(&self) -> Result<&Credential, InvitationError> {
        let group = self.group().ok_or(InvitationError::NotTrusted)?;
        self.chain.verify(&group).map_err(|_| InvitationError::NotTrusted)
    }

    /// The group; `None` when the chain is empty, which no invitation that was read is.
    #[must_use]
    pub fn group(&self) -> Option<GroupId> {
        self.chain.leaf().map(|leaf| leaf.group)
    }

    /// Whether the invitation is valid at a time.
    ///
    /// # Errors
    /// `Expired`, `NotYetValid`.
    pub fn check_time(&self, now: Millis) -> Result<(), InvitationError> {
        let leaf = self.chain.leaf().ok_or(InvitationError::NotTrusted)?;
        check_time(leaf, leaf.not_after, now)
    }

    /// Whether the invitation is for this identity.
    ///
    /// # Errors
    /// `NotForYou`.
    pub fn for_subject(&self, subject: &PeerId) -> Result<(), InvitationError> {
        let theirs = self.chain.leaf().is_some_and(|leaf| leaf.subject == *subject);
        if theirs { Ok(()) } else { Err(InvitationError::NotForYou) }
    }
}

impl Frame for Invitation {
    const BYTES_MAX: usize = limits::INVITATION_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        self.chain.check()?;
        if let Some(keys) = &self.keys {
            keys.check()?;
            demand(keys.sealed.len() == 1, "keys")?;
        }
        check_common(&self.name, &self.servers)
    }
}

impl fmt::Debug for Invitation {
    /// Leaves the keys out, so that they never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An invitation for whoever has it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct OpenInvitation {
    /// The group.
    #[n(0)]
    pub group: GroupId,
    /// What it is called.
    #[n(1)]
    pub name: String,
    /// What its holder proves to know.
    #[cbor(n(2), bytes)]
    pub secret: [u8; 32],
    /// What makes whoever signed it somebody who may.
    #[n(3)]
    pub chain: Chain,
    /// What its holder becomes.
    #[n(4)]
    pub roles: Roles,
    /// It is of no use from this time on; never later than what the issuer's credential says.
    #[n(5)]
    pub not_after: Millis,
    /// How many may come in by it.
    #[n(6)]
    pub uses: u32,
    /// Where the members meet.
    #[n(7)]
    pub rendezvous: RendezvousKey,
    /// Signaling servers; none means those of whoever opens it.
    #[n(8)]
    pub servers: Vec<String>,
    /// Signature of the chain's last subject over everything before.
    #[cbor(n(9), bytes)]
    pub signature: [u8; 64],
}

impl OpenInvitation {
    /// Signs the invitation with the key of the chain's last subject.
    #[must_use]
    pub fn signed(mut self, key: &IdentityKey) -> Self {
        self.signature = signature::sign(key, &self.message());
        self
    }

    /// The text form.
    #[must_use]
    pub fn to_text(&self) -> String {
        OPEN.write(encode(self))
    }

    /// Reads the text form, alone or as the fragment of an address, and verifies who signed it.
    /// Whether it is of use now, [`Self::check_time`] says.
    ///
    /// # Errors
    /// `Unknown`, `Damaged`, `Version` and `NotTrusted`.
    pub fn parse(text: &str) -> Result<Self, InvitationError> {
        let invitation: Self = decode(&OPEN.read(text)?).map_err(|_| InvitationError::Damaged)?;
        invitation.verify()?;
        Ok(invitation)
    }

    /// The credential of whoever invites, if it might, and signed this invitation.
    ///
    /// # Errors
    /// `NotTrusted`.
    pub fn verify(&self) -> Result<&Credential, InvitationError> {
        let untrusted = InvitationError::NotTrusted;
        let issuer = self.chain.verify(&self.group).map_err(|_| untrusted)?;
        let allowed = issuer.roles.may_issue(self.roles) && self.not_after <= issuer.not_after;
        if allowed && signature::verify(&issuer.subject, &self.message(), &self.signature) {
            Ok(issuer)
        } else {
            Err(untrusted)
        }
    }

    /// Whether the invitation is valid at a time.
    ///
    /// # Errors
    /// `Expired`, `NotYetValid`.
    pub fn check_time(&self, now: Millis) -> Result<(), InvitationError> {
        let issuer = self.chain.leaf().ok_or(InvitationError::NotTrusted)?;
        check_time(issuer, self.not_after, now)
    }

    fn message(&self) -> Vec<u8> {
        signature::message(DOMAIN, None, self)
    }
}

impl Frame for OpenInvitation {
    const BYTES_MAX: usize = limits::INVITATION_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        self.chain.check()?;
        self.roles.check()?;
        demand(self.uses >= 1, "uses")?;
        check_common(&self.name, &self.servers)
    }
}

impl fmt::Debug for OpenInvitation {
    /// Leaves the secrets out, so that they never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenInvitation")
            .field("group", &self.group)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn check_common(name: &str, servers: &[String]) -> Result<(), DecodeError> {
    demand(text_ok(name, limits::NAME_BYTES, &[]), "name")?;
    demand(servers.len() <= limits::ROOM_LINK_SERVERS_MAX, "servers")?;
    demand(servers.iter().all(|url| server_ok(url)), "server")
}

fn check_time(
    credential: &Credential,
    not_after: Millis,
    now: Millis,
) -> Result<(), InvitationError> {
    if now < credential.not_before {
        return Err(InvitationError::NotYetValid);
    }
    if not_after != Millis::MAX && now >= not_after {
        return Err(InvitationError::Expired);
    }
    Ok(())
}
