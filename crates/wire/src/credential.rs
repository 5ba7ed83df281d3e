//! Membership: credentials, each signed by the holder of the one before, up from the group's root.

use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, demand, encode};
use crate::ids::{CredentialId, EndId, GroupId, PeerId, truncate};
use crate::limits;
use crate::proof::{IdentityKey, peer_id};
use crate::roles::Roles;
use crate::signature::{self, PublicKey};
use crate::time::Millis;

const DOMAIN: &str = "lacis 2026 credential 1";
const USE_DOMAIN: &str = "lacis 2026 invitation 1 use";
const LOOK_DOMAIN: &str = "lacis 2026 invitation 1 look";

/// Says that a subject has roles in a group for a time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Credential {
    /// The group.
    #[n(0)]
    pub group: GroupId,
    /// Who has the roles.
    #[n(1)]
    pub subject: PeerId,
    /// What it may do.
    #[n(2)]
    pub roles: Roles,
    /// Valid from here on: 0, or [`Credential::FIXED`] for a fixed term, or a later time if
    /// somebody asked for that.
    #[n(3)]
    pub not_before: Millis,
    /// Valid before this; [`Millis::MAX`] means for ever, and is what an admin has.
    #[n(4)]
    pub not_after: Millis,
    /// Tells credentials of the same subject apart; of several by one issuer the greatest are kept.
    #[n(5)]
    pub serial: u64,
    /// The credential by which its issuer gives it; none where that is the root key.
    #[n(6)]
    pub parent: Option<CredentialId>,
    /// The open invitation by which the subject came.
    #[n(7)]
    pub invitation: Option<InvitationUse>,
    /// The ends that do not concern it, ascending: an admin let the subject in again.
    #[n(8)]
    pub lifts: Vec<EndId>,
    /// Who signed: the subject of the parent, or the root key of the group.
    #[n(9)]
    pub issuer: PeerId,
    /// Signature of the issuer over everything before.
    #[cbor(n(10), bytes)]
    pub signature: [u8; 64],
}

/// Proves that a subject had an open invitation: nobody else can name it in a credential.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct InvitationUse {
    /// The public key of the invitation.
    #[n(0)]
    pub key: PeerId,
    /// Signature of the invitation's key over group and subject.
    #[cbor(n(1), bytes)]
    pub proof: [u8; 64],
}

impl InvitationUse {
    /// Proves that `subject` has the invitation with that key.
    #[must_use]
    pub fn prove(key: &IdentityKey, group: &GroupId, subject: &PeerId) -> Self {
        Self::signed(USE_DOMAIN, key, group, subject)
    }

    /// The same for whoever only looks: it cannot be named in a credential.
    #[must_use]
    pub fn prove_look(key: &IdentityKey, group: &GroupId, subject: &PeerId) -> Self {
        Self::signed(LOOK_DOMAIN, key, group, subject)
    }

    fn signed(domain: &str, key: &IdentityKey, group: &GroupId, subject: &PeerId) -> Self {
        let proof = signature::sign(key, &Self::message(domain, group, subject));
        Self { key: peer_id(key), proof }
    }

    /// Whether the subject has the invitation.
    #[must_use]
    pub fn verify(&self, group: &GroupId, subject: &PeerId) -> bool {
        signature::verify(&self.key, &Self::message(USE_DOMAIN, group, subject), &self.proof)
    }

    /// Whether the subject has the invitation and only looks.
    #[must_use]
    pub fn verify_look(&self, group: &GroupId, subject: &PeerId) -> bool {
        signature::verify(&self.key, &Self::message(LOOK_DOMAIN, group, subject), &self.proof)
    }

    fn message(domain: &str, group: &GroupId, subject: &PeerId) -> Vec<u8> {
        [domain.as_bytes(), group.as_bytes(), subject.as_bytes()].concat()
    }
}

impl Credential {
    /// The beginning of a term that is over when it is over: nobody gives more by himself.
    pub const FIXED: Millis = Millis(1);

    /// Whether it is for a fixed term.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.not_before != Millis(0)
    }

    /// Signs the credential with the key of its issuer, who becomes the `issuer`.
    #[must_use]
    pub fn signed(mut self, key: &IdentityKey) -> Self {
        self.issuer = peer_id(key);
        self.signature = signature::sign(key, &self.message());
        self
    }

    /// Whether the time lies in the credential's validity.
    #[must_use]
    pub fn valid_at(&self, now: Millis) -> bool {
        self.not_before <= now && (now < self.not_after || self.not_after == Millis::MAX)
    }

    /// Whether the issuer signed these fields. It says nothing of what the issuer may.
    #[must_use]
    pub fn signature_ok(&self) -> bool {
        signature::verify(&self.issuer, &self.message(), &self.signature)
    }

    /// What names the credential.
    #[must_use]
    pub fn id(&self) -> CredentialId {
        CredentialId(truncate(&blake3::hash(&encode(self))))
    }

    /// Whether an end of its subject's membership does not concern it.
    #[must_use]
    pub fn lifts(&self, end: &EndId) -> bool {
        self.lifts.binary_search(end).is_ok()
    }

    /// Whether the invitation that it names was its subject's.
    fn invitation_ok(&self) -> bool {
        let used = self.invitation.as_ref();
        used.is_none_or(|used| used.verify(&self.group, &self.subject))
    }

    fn message(&self) -> Vec<u8> {
        signature::message(DOMAIN, None, self)
    }

    fn outlives(&self, issuer: &Self) -> bool {
        self.not_before < issuer.not_before || self.not_after > issuer.not_after
    }
}

impl Frame for Credential {
    const BYTES_MAX: usize = limits::CREDENTIAL_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        self.roles.check()?;
        demand(self.not_before < self.not_after, "not_after")?;
        let is_dated = self.not_before != Millis(0) || self.not_after != Millis::MAX;
        demand(!self.roles.may_change_others() || !is_dated, "not_after")?;
        demand(self.lifts.len() <= limits::LIFTS_MAX, "lifts")?;
        demand(self.lifts.is_sorted_by(|one, next| one < next), "lifts")
    }
}

/// The credentials that lead from the root key of a group to a member, the root's first.
///
/// A decoded chain proves nothing until [`Chain::verify`] has said so.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Chain(#[n(0)] pub Vec<Credential>);

/// Why a chain does not make anybody a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// There is no credential.
    #[error("the chain is empty")]
    Empty,
    /// There are more credentials than a chain may have.
    #[error("the chain is too long")]
    TooLong,
    /// A credential is of another group.
    #[error("the chain is of another group")]
    WrongGroup,
    /// An issuer is not the subject of the credential before, or not the root key at first.
    #[error("the chain is broken")]
    BrokenLink,
    /// A subject stands in the chain twice, or is the root key.
    #[error("the chain is circular")]
    Circular,
    /// An issuer may not give these roles, or there are no such roles.
    #[error("an issuer may not give these roles")]
    NotAllowed,
    /// A credential is valid when its issuer's is not, or never.
    #[error("a credential outlives its issuer's")]
    OutlivesIssuer,
    /// A signature is not its issuer's, or that of an invitation not its own.
    #[error("a signature does not verify")]
    Signature,
    /// A subject is not a public key (see [`is_key`](crate::proof::is_key)).
    #[error("a subject is not a public key")]
    NotAKey,
}

impl Chain {
    /// The credential of the member whom the chain is about.
    #[must_use]
    pub fn leaf(&self) -> Option<&Credential> {
        self.0.last()
    }

    /// Whether every credential was given by somebody who might, up from the group's root key. The
    /// last one is the member's; its validity lies inside that of all others, so asking it for the
    /// time is enough.
    ///
    /// # Errors
    /// See [`ChainError`]. Signatures are looked at when nothing else is wrong, because they cost.
    pub fn verify(&self, group: &GroupId) -> Result<&Credential, ChainError> {
        self.verify_but(group, |_| false)
    }

    /// As [`Chain::verify`], without another look at the signatures of credentials that are known
    /// to have been verified.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub fn verify_but(
        &self,
        group: &GroupId,
        is_known: impl Fn(&CredentialId) -> bool,
    ) -> Result<&Credential, ChainError> {
        let leaf = self.leaf().ok_or(ChainError::Empty)?;
        if self.0.len() > limits::CHAIN_MAX {
            return Err(ChainError::TooLong);
        }
        if self.0.iter().any(|credential| credential.group != *group) {
            return Err(ChainError::WrongGroup);
        }
        let mut issuer: Option<&Credential> = None;
        for (at, credential) in self.0.iter().enumerate() {
            let before = self.0.get(..at).unwrap_or_default();
            check_link(group, before, issuer, credential)?;
            issuer = Some(credential);
        }
        self.verify_signatures(group, is_known)?;
        Ok(leaf)
    }

    /// Whether each subject is a key, and signed the credential after its own. Every key is taken
    /// out of its id once, and what is known to have been verified is not again.
    fn verify_signatures(
        &self,
        group: &GroupId,
        is_known: impl Fn(&CredentialId) -> bool,
    ) -> Result<(), ChainError> {
        let root = PeerId(*group.as_bytes());
        let mut issuer = PublicKey::new(&root).ok_or(ChainError::Signature)?;
        for credential in &self.0 {
            let signed = || issuer.verify(&credential.message(), &credential.signature);
            let is_fine = is_known(&credential.id()) || (signed() && credential.invitation_ok());
            if !is_fine {
                return Err(ChainError::Signature);
            }
            issuer = PublicKey::new(&credential.subject).ok_or(ChainError::NotAKey)?;
        }
        Ok(())
    }

    /// The chain of a new subject: this one, and the credential that its leaf gives. `None` when
    /// the chain is as long as it may be.
    #[must_use]
    pub fn extended(&self, credential: Credential) -> Option<Self> {
        let mut chain = self.clone();
        chain.0.push(credential);
        (chain.0.len() <= limits::CHAIN_MAX).then_some(chain)
    }
}

/// Everything about one credential but its signature.
fn check_link(
    group: &GroupId,
    before: &[Credential],
    issuer: Option<&Credential>,
    credential: &Credential,
) -> Result<(), ChainError> {
    let root = PeerId(*group.as_bytes());
    let is_linked = credential.issuer == issuer.map_or(root, |issuer| issuer.subject)
        && credential.parent == issuer.map(Credential::id);
    if !is_linked {
        return Err(ChainError::BrokenLink);
    }
    let known = before.iter().any(|earlier| earlier.subject == credential.subject);
    if known || credential.subject == root {
        return Err(ChainError::Circular);
    }
    let may_lift = |issuer: &Credential| issuer.roles.may_change_others();
    let allowed = issuer.is_none_or(|issuer| {
        issuer.roles.may_issue(credential.roles)
            && (credential.lifts.is_empty() || may_lift(issuer))
    });
    if credential.roles.check().is_err() || !allowed {
        return Err(ChainError::NotAllowed);
    }
    let outlives = issuer.is_some_and(|issuer| credential.outlives(issuer));
    if credential.check().is_err() || outlives {
        return Err(ChainError::OutlivesIssuer);
    }
    Ok(())
}

impl Frame for Chain {
    const BYTES_MAX: usize = limits::CHAIN_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand((1..=limits::CHAIN_MAX).contains(&self.0.len()), "chain")?;
        self.0.iter().try_for_each(Frame::check)
    }
}
