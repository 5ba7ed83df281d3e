//! What a member accepts: the rules that every receiver applies to every copy, from wherever it
//! comes.
//!
//! A verdict must not depend on the order in which copies arrive, or members would end with
//! different stores. So the rules look at the copy, at the clock, and at who its author is; the
//! copy that is held already only decides which of the two wins.

use lacis_wire::codec::Frame;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{Deed, REVOCATION, Revocation, System};
use lacis_wire::time::Millis;
use lacis_wire::{GroupId, PeerId, limits};

use super::members::{Doing, Members};

/// Why a copy is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The header breaks a rule of its form.
    #[error("the header is not of its form")]
    Form,
    /// The body is not the one that was signed.
    #[error("the body is not the one that was signed")]
    Body,
    /// The author did not sign this header for this group.
    #[error("the signature does not verify")]
    Signature,
    /// It claims to have been made later than it can have been.
    #[error("it claims to come from the future")]
    Future,
    /// Its author was no member who may write, when it was made or until it expires.
    #[error("its author may not write it")]
    NotAllowed,
    /// Its author's membership was taken back before it was made, or nobody knew of it by then.
    #[error("its author was expelled before")]
    Revoked,
    /// Its author may change only its own records.
    #[error("its author may not change what others wrote")]
    NotOwner,
    /// A system record whose body is not what its type says, or that proves nothing.
    #[error("a system record without substance")]
    System,
}

/// What the rules look at in a copy, beside what a system record says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<'a> {
    pub(super) kind: &'a RecordType,
    pub(super) creator: &'a PeerId,
    pub(super) author: &'a PeerId,
    pub(super) modified: Millis,
    pub(super) expires: Millis,
    pub(super) digest: Deed,
}

impl<'a> Claim<'a> {
    pub(super) fn of(header: &'a Header) -> Self {
        Self {
            kind: &header.kind,
            creator: &header.creator,
            author: header.author(),
            modified: header.modified,
            expires: header.expires,
            digest: header.name().digest,
        }
    }

    fn doing(&self) -> Doing<'a> {
        let by_rights = self.kind.is_system() || self.creator != self.author;
        Doing { author: self.author, at: self.modified, deed: self.digest, by_rights }
    }
}

/// Whether a copy may be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may. Of a system record, what it says.
    Fine(Option<System>),
    /// It was, but its time is over.
    Expired,
    /// Nothing is known of its author yet.
    AuthorUnknown,
    /// It never may.
    Refused(Refusal),
}

/// Judges one copy. What costs most, the signatures, comes last.
pub(super) fn judge(
    group: &GroupId,
    members: &Members,
    now: Millis,
    header: &Header,
    body: &[u8],
) -> Verdict {
    match examine(group, members, now, header, body) {
        Ok(verdict) => verdict,
        Err(refusal) => Verdict::Refused(refusal),
    }
}

fn examine(
    group: &GroupId,
    members: &Members,
    now: Millis,
    header: &Header,
    body: &[u8],
) -> Result<Verdict, Refusal> {
    header.check().map_err(|_| Refusal::Form)?;
    if header.expires <= now {
        return Ok(Verdict::Expired);
    }
    let ahead = u128::from(header.modified.0).saturating_sub(u128::from(now.0));
    demand(ahead <= limits::CLOCK_AHEAD.as_millis(), Refusal::Future)?;
    demand(header.matches_body(body), Refusal::Body)?;
    let system = system_of(header, body)?;
    if !rights(group, members, &Claim::of(header), system.as_ref())? {
        return Ok(Verdict::AuthorUnknown);
    }
    demand(header.verify(group), Refusal::Signature)?;
    if let Some(System::Member(chain) | System::Revocation(Revocation { chain, .. })) = &system {
        chain.verify(group).map_err(|_| Refusal::System)?;
    }
    Ok(Verdict::Fine(system))
}

/// What a system record says; nothing for one that is deleted, and for one of the application.
pub(super) fn system_of(header: &Header, body: &[u8]) -> Result<Option<System>, Refusal> {
    if !header.kind.is_system() || header.is_deleted() {
        return Ok(None);
    }
    System::decode(&header.kind, body).map_err(|_| Refusal::System)
}

/// Whether the author may have written this, as far as is known of it; `false` when nothing is.
pub(super) fn rights(
    group: &GroupId,
    members: &Members,
    claim: &Claim<'_>,
    system: Option<&System>,
) -> Result<bool, Refusal> {
    let author = claim.author;
    let root = PeerId(*group.as_bytes());
    match system {
        Some(System::Group(_)) => {
            demand(*author == root && *claim.creator == root, Refusal::NotAllowed)?;
        }
        Some(System::Member(chain)) => member_record(members, claim, chain)?,
        Some(System::Revocation(revocation)) => revocation_record(members, claim, revocation)?,
        // A revocation lasts for ever, or the member would be back one day.
        None if claim.kind.as_str() == REVOCATION => return Err(Refusal::Form),
        // The root key makes members and properties, and nothing else.
        _ if *author == root => return Err(Refusal::NotAllowed),
        _ if !members.knows(author) => return Ok(false),
        _ => may_write(members, claim)?,
    }
    Ok(true)
}

/// A chain may be published by anybody who stands in it: its subject, or who brought the subject
/// in. It proves itself, so all that matters of who publishes it is that it was not shut out.
fn member_record(members: &Members, claim: &Claim<'_>, chain: &Chain) -> Result<(), Refusal> {
    let author = claim.author;
    let stands = chain.0.iter().any(|link| link.subject == *author || link.issuer == *author);
    demand(stands, Refusal::NotAllowed)?;
    demand(claim.creator == author, Refusal::NotOwner)?;
    demand(members.may_publish(&claim.doing(), chain), Refusal::Revoked)
}

/// A revocation proves the right of its author itself.
fn revocation_record(
    members: &Members,
    claim: &Claim<'_>,
    revocation: &Revocation,
) -> Result<(), Refusal> {
    demand(claim.expires == Millis::MAX && claim.creator == claim.author, Refusal::Form)?;
    let is_author = |leaf: &Credential| leaf.subject == *claim.author;
    demand(revocation.chain.leaf().is_some_and(is_author), Refusal::NotAllowed)?;
    let Doing { at, deed, .. } = claim.doing();
    demand(members.may_revoke(revocation, at, deed), Refusal::NotAllowed)
}

fn may_write(members: &Members, claim: &Claim<'_>) -> Result<(), Refusal> {
    let author = claim.author;
    let roles = members.roles(author, claim.modified, claim.expires);
    let Some(roles) = roles else {
        let revoked = members.revoked_from(author).is_some_and(|from| claim.modified >= from);
        return Err(if revoked { Refusal::Revoked } else { Refusal::NotAllowed });
    };
    demand(members.stands(&claim.doing()), Refusal::Revoked)?;
    let needs_admin = claim.kind.is_system();
    demand(
        if needs_admin { roles.may_change_others() } else { roles.may_write() },
        Refusal::NotAllowed,
    )?;
    demand(claim.creator == author || roles.may_change_others(), Refusal::NotOwner)
}

fn demand(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}
