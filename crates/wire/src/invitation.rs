//! Invitations: texts that bring somebody into a group. They can be read without a network.
//!
//! An [`Invitation`] is for one identity, carries the credentials that make it a member, and is
//! signed whole by whoever gave the last of them. An [`InvitationLink`] is for whoever has it: it
//! says where to knock and with which key, and everything else comes, signed, from the members.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, decode, demand, encode};
use crate::credential::{Chain, Credential};
use crate::ids::{GroupId, KeyName, PeerId};
use crate::keys::SealedKey;
use crate::limits;
use crate::proof::{IdentityKey, signing_key};
use crate::room::{MeetingKey, server_ok};
use crate::signature;
use crate::text::{TextError, TextForm, text_ok};
use crate::time::Millis;

const DOMAIN: &str = "lacis 2026 invitation 1";
const KEY: &str = "lacis 2026 invitation 1 key";

const BOUND: TextForm = TextForm {
    prefix: "li",
    version: '1',
    checksum: "lacis 2026 invitation 1 checksum",
    chars_max: limits::INVITATION_CHARS,
};

const LINK: TextForm = TextForm {
    prefix: "lo",
    version: '1',
    checksum: "lacis 2026 invitation link 1 checksum",
    chars_max: limits::INVITATION_LINK_CHARS,
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
    /// Where it comes in.
    #[n(2)]
    pub door: MeetingKey,
    /// Signaling servers; none means those of whoever opens it.
    #[n(3)]
    pub servers: Vec<String>,
    /// The newest key when it was made, for one that may read: so it can write before it has met
    /// anybody.
    #[n(4)]
    pub key: Option<InvitationKey>,
    /// Signature of the issuer of the chain's last credential over everything before.
    #[cbor(n(5), bytes)]
    pub signature: [u8; 64],
}

/// A key that an invitation brings along.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct InvitationKey {
    /// The key record that promises it.
    #[n(0)]
    pub name: KeyName,
    /// The key, sealed to the invitee.
    #[n(1)]
    pub sealed: SealedKey,
}

impl Invitation {
    /// Signs the invitation with the key of whoever gave the chain's last credential.
    #[must_use]
    pub fn signed(mut self, key: &IdentityKey) -> Self {
        self.signature = signature::sign(key, &self.message());
        self
    }

    /// The text form.
    #[must_use]
    pub fn to_text(&self) -> String {
        BOUND.write(encode(self))
    }

    /// Reads the text form, alone or as the fragment of an address, and verifies chain and
    /// signature. Whether the invitation is of use now, and to whom, say [`Self::check_time`] and
    /// [`Self::for_subject`].
    ///
    /// # Errors
    /// `Unknown`, `Damaged`, `Version` and `NotTrusted`.
    pub fn parse(text: &str) -> Result<Self, InvitationError> {
        let invitation: Self = decode(&BOUND.read(text)?).map_err(|_| InvitationError::Damaged)?;
        invitation.credential()?;
        Ok(invitation)
    }

    /// The credential of the invitee, once chain and signature are verified.
    ///
    /// # Errors
    /// `NotTrusted`.
    pub fn credential(&self) -> Result<&Credential, InvitationError> {
        let untrusted = InvitationError::NotTrusted;
        let group = self.group().ok_or(untrusted)?;
        let leaf = self.chain.verify(&group).map_err(|_| untrusted)?;
        let is_signed = signature::verify(&leaf.issuer, &self.message(), &self.signature);
        if is_signed { Ok(leaf) } else { Err(untrusted) }
    }

    fn message(&self) -> Vec<u8> {
        signature::message(DOMAIN, None, self)
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
        if now < leaf.not_before {
            return Err(InvitationError::NotYetValid);
        }
        if leaf.not_after != Millis::MAX && now >= leaf.not_after {
            return Err(InvitationError::Expired);
        }
        Ok(())
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
        demand(text_ok(&self.name, limits::NAME_BYTES, &[]), "name")?;
        servers_ok(&self.servers)
    }
}

impl fmt::Debug for Invitation {
    /// Leaves the keys out, so that they never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the link of an open invitation says: as little as a knock needs. Nothing in it is signed,
/// and nothing is believed of it but the group and the seed.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct InvitationLink {
    /// The group.
    #[n(0)]
    pub group: GroupId,
    /// Where one comes in.
    #[n(1)]
    pub door: MeetingKey,
    /// From which the key of the invitation follows.
    #[cbor(n(2), bytes)]
    pub seed: [u8; 16],
    /// Signaling servers; none means those of whoever opens it.
    #[n(3)]
    pub servers: Vec<String>,
}

impl InvitationLink {
    /// The text form.
    #[must_use]
    pub fn to_text(&self) -> String {
        LINK.write(encode(self))
    }

    /// Reads the text form, alone or as the fragment of an address.
    ///
    /// # Errors
    /// `Unknown`, `Damaged` and `Version`.
    pub fn parse(text: &str) -> Result<Self, InvitationError> {
        decode(&LINK.read(text)?).map_err(|_| InvitationError::Damaged)
    }

    /// The key of the invitation: whoever has it proves to have the link.
    #[must_use]
    pub fn key(&self) -> IdentityKey {
        signing_key(&blake3::derive_key(KEY, &self.seed))
    }
}

impl Frame for InvitationLink {
    const BYTES_MAX: usize = limits::INVITATION_LINK_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        servers_ok(&self.servers)
    }
}

impl fmt::Debug for InvitationLink {
    /// Leaves the secrets out, so that they never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvitationLink").field("group", &self.group).finish_non_exhaustive()
    }
}

fn servers_ok(servers: &[String]) -> Result<(), DecodeError> {
    demand(servers.len() <= limits::ROOM_LINK_SERVERS_MAX, "servers")?;
    demand(servers.iter().all(|url| server_ok(url)), "server")
}
