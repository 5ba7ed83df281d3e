//! What a member accepts: the rules that every receiver applies to every copy, from wherever it
//! comes.
//!
//! A verdict must not depend on the order in which copies arrive, or members would end with
//! different stores. So the rules look at the copy, at the clock, and at who its author is; the
//! copy that is held already only decides which of the two wins.

use lacis_wire::codec::Frame;
use lacis_wire::credential::Chain;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{REVOCATION, System};
use lacis_wire::time::Millis;
use lacis_wire::{GroupId, PeerId, limits};

use super::members::Members;

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
    /// Its author's membership was taken back before it was made.
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
}

impl<'a> Claim<'a> {
    pub(super) fn of(header: &'a Header) -> Self {
        Self {
            kind: &header.kind,
            creator: &header.creator,
            author: header.author(),
            modified: header.modified,
            expires: header.expires,
        }
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
    if let Some(System::Member(chain)) = &system {
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
        Some(System::Member(chain)) => member_record(claim, chain)?,
        // The root key makes members and properties, and nothing else.
        _ if *author == root => return Err(Refusal::NotAllowed),
        _ if !members.knows(author) => return Ok(false),
        _ => may_write(members, claim, system)?,
    }
    Ok(true)
}

/// A chain may be published by anybody who stands in it: its subject, or who brought the subject
/// in. It proves itself, so nothing else matters of who publishes it.
fn member_record(claim: &Claim<'_>, chain: &Chain) -> Result<(), Refusal> {
    let author = claim.author;
    let stands = chain.0.iter().any(|link| link.subject == *author || link.issuer == *author);
    demand(stands, Refusal::NotAllowed)?;
    demand(claim.creator == author, Refusal::NotOwner)
}

fn may_write(members: &Members, claim: &Claim<'_>, system: Option<&System>) -> Result<(), Refusal> {
    let author = claim.author;
    // A revocation lasts for ever, or the member would be back one day.
    let lasts = claim.kind.as_str() != REVOCATION || claim.expires == Millis::MAX;
    demand(lasts, Refusal::Form)?;
    let roles = match system {
        // It is held by what its author was given, even if that was taken back: which of two admins
        // who revoke each other is right, all must find out from the same records.
        Some(System::Revocation(_)) => members.roles_once(author, claim.modified, claim.modified),
        None if claim.kind.as_str() == REVOCATION => {
            members.roles(author, claim.modified, claim.modified)
        }
        _ => members.roles(author, claim.modified, claim.expires),
    };
    let Some(roles) = roles else {
        let revoked = members.revoked_from(author).is_some_and(|from| claim.modified >= from);
        return Err(if revoked { Refusal::Revoked } else { Refusal::NotAllowed });
    };
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
