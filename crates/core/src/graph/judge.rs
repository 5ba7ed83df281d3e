//! What a member accepts: the rules that every receiver applies to every version of a record, from
//! wherever it comes.
//!
//! A verdict must not depend on the order in which versions arrive, or members would end with
//! different replicas. So the rules look at the version, at the clock, and at the one credential
//! that it names; what is held already only decides which version wins.

use lacis_wire::codec::Frame;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::record::{CopyName, Header};
use lacis_wire::system::{GROUP, INVITATION, KEY, MEMBER, REVOCATION, SERVERS, System};
use lacis_wire::time::Millis;
use lacis_wire::{CredentialId, GroupId, PeerId, limits};

use super::entry::Held;
use super::rights::{Action, Members};
use crate::rule::Rule;

/// Why a version is not accepted.
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
    /// The credential that it names does not allow it, or not at that time.
    #[error("its author may not write it")]
    NotAllowed,
    /// Its author may change only its own records.
    #[error("its author may not change what others wrote")]
    NotOwner,
    /// A system record whose body is not what its type says, or that proves nothing.
    #[error("a system record without substance")]
    System,
    /// Its author, or whoever brought in the member that it shows, has used up its budget.
    #[error("the budget of its author is used up")]
    OverBudget,
    /// A later record of the same creator stands in its place.
    #[error("another record stands in its place")]
    Replaced,
}

/// Whether a version may be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may. Of a system record, what it says.
    Fine(Option<System>),
    /// It would be fine, if an end of its author's membership did not leave it unnamed.
    Unnamed(Option<System>),
    /// Until a time beyond which nothing of it is of concern.
    Over,
    /// Nothing is known of the credential yet.
    Unknown(CredentialId),
    /// It claims to have been made later than it can have been.
    Future,
    /// It never may.
    Refused(Refusal),
}

/// What the rights to a version come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Fine,
    Unnamed,
    Unknown(CredentialId),
    Refused(Refusal),
}

/// A version that is offered, and what is known of it already.
#[derive(Clone, Copy, Debug)]
pub struct Offered<'a> {
    pub(super) copy: &'a super::Copy,
    /// Its name, which costs a hash.
    pub(super) name: CopyName,
    /// Whether its author signed it, if that was looked at.
    is_signed: Option<bool>,
}

impl<'a> Offered<'a> {
    /// A version of which nothing is known.
    #[must_use]
    pub fn new(copy: &'a super::Copy) -> Self {
        Self::named(copy, copy.header.name())
    }

    /// A version whose name is known.
    #[must_use]
    pub const fn named(copy: &'a super::Copy, name: CopyName) -> Self {
        Self { copy, name, is_signed: None }
    }

    /// The version and its name.
    #[must_use]
    pub const fn parts(&self) -> (&'a super::Copy, CopyName) {
        (self.copy, self.name)
    }

    /// Says whether its author signed it.
    #[must_use]
    pub const fn signed(self, is_signed: Option<bool>) -> Self {
        Self { is_signed, ..self }
    }
}

/// Judges one version. What costs most, the signatures, comes last.
pub(super) fn judge(
    group: &GroupId,
    members: &Members,
    now: Millis,
    offered: &Offered<'_>,
) -> Verdict {
    match examine(group, members, now, offered) {
        Ok(verdict) => verdict,
        Err(refusal) => Verdict::Refused(refusal),
    }
}

fn examine(
    group: &GroupId,
    members: &Members,
    now: Millis,
    offered: &Offered<'_>,
) -> Result<Verdict, Refusal> {
    let super::Copy { header, body } = offered.copy;
    let is_formed = header.check().is_ok() && is_only_one(header);
    demand(!Rule::Form.holds() || is_formed, Refusal::Form)?;
    if header.latest <= now && Rule::Over.holds() {
        return Ok(Verdict::Over);
    }
    // Of what has ended the header is all that there may be.
    let is_whole = header.matches_body(body);
    let has_ended = header.expires <= now || !Rule::BodyUntilEnd.holds();
    let is_fine = is_whole || (has_ended && body.is_empty()) || !Rule::Body.holds();
    demand(is_fine, Refusal::Body)?;
    let system = if is_whole { system_of(header, body)? } else { None };
    if let Some(System::Member(chain)) = &system {
        let is_shown = shows(header, chain) || !Rule::ShownAsGiven.holds();
        let is_proved = !Rule::ChainVerified.holds() || members.verifies(chain);
        demand(is_shown && is_proved, Refusal::System)?;
        demand(is_signed(group, offered), Refusal::Signature)?;
        return Ok(Verdict::Fine(system));
    }
    // What shows a member shows it in full; there is nothing of it that a later version could add.
    demand(header.kind.as_str() != MEMBER, Refusal::System)?;
    match right(group, members, &Held::of(header, offered.name.digest)) {
        Right::Refused(refusal) => Err(refusal),
        Right::Unknown(id) => {
            demand(is_signed(group, offered), Refusal::Signature)?;
            Ok(Verdict::Unknown(id))
        }
        right => {
            demand(gives_what_it_may(members, header, system.as_ref()), Refusal::NotAllowed)?;
            demand(is_signed(group, offered), Refusal::Signature)?;
            if is_ahead(header, now) {
                return Ok(Verdict::Future);
            }
            Ok(if right == Right::Fine { Verdict::Fine(system) } else { Verdict::Unnamed(system) })
        }
    }
}

fn is_signed(group: &GroupId, offered: &Offered<'_>) -> bool {
    let is_signed = || offered.is_signed.unwrap_or_else(|| offered.copy.header.verify(group));
    !Rule::Signature.holds() || is_signed()
}

/// Whether a version was made later than it can have been. What shuts somebody out or follows from
/// that counts whenever it comes, so the clock of whoever wrote it is of no concern.
fn is_ahead(header: &Header, now: Millis) -> bool {
    let ahead = u128::from(header.modified.0).saturating_sub(u128::from(now.0));
    let is_urgent = [REVOCATION, KEY].contains(&header.kind.as_str()) && Rule::Urgent.holds();
    Rule::Ahead.holds() && !is_urgent && ahead > limits::CLOCK_AHEAD.as_millis()
}

/// What a system record says; nothing for one that is deleted, for one whose format this version
/// does not know, and for one of the application.
pub(super) fn system_of(header: &Header, body: &[u8]) -> Result<Option<System>, Refusal> {
    if !header.kind.is_system() || header.is_deleted() || !header.is_known_format() {
        return Ok(None);
    }
    System::decode(&header.kind, body).map_err(|_| Refusal::System)
}

/// Whether a record shows a chain as such a record has to: everything in it but who publishes it
/// follows from the credential, so there are two records of one credential at the most.
fn shows(header: &Header, chain: &Chain) -> bool {
    let Some(leaf) = chain.leaf() else { return false };
    let id = leaf.id();
    let salt = id.0.first_chunk::<8>().copied().unwrap_or_default();
    let is_its_own = header.creator == leaf.subject || header.creator == leaf.issuer;
    let times = (header.created, header.modified, header.expires, header.latest);
    is_its_own
        && header.version == 1
        && header.salt == salt
        && header.credential == Some(id)
        && header.replaces.is_none()
        && times == (Millis(0), Millis(0), leaf.not_after, leaf.not_after)
}

/// Whether a word about where the group meets is the one record that its creator has for that:
/// nothing in it can be chosen, nobody else changes it, and it stays.
fn is_only_one(header: &Header) -> bool {
    let is_own = *header.author() == header.creator && !header.is_deleted();
    let ends = (header.created, header.expires, header.latest);
    let is_fixed = header.salt == [0; 8] && header.replaces.is_none();
    let is_that = is_own && is_fixed && ends == (Millis(0), Millis::MAX, Millis::MAX);
    header.kind.as_str() != SERVERS || is_that
}

/// Whether the author may have written this version, as far as is known of its credential.
pub(super) fn right(group: &GroupId, members: &Members, held: &Held<'_>) -> Right {
    let root = PeerId(*group.as_bytes());
    let author = held.author();
    let kind = held.kind.as_str();
    if kind == GROUP || *author == root || held.credential.is_none() {
        let fine = kind == GROUP
            && *author == root
            && *held.creator == root
            && held.credential.is_none()
            && held.latest == Millis::MAX;
        return if fine || !Rule::RootOnly.holds() {
            Right::Fine
        } else {
            Right::Refused(Refusal::NotAllowed)
        };
    }
    if kind == MEMBER {
        // It proves itself, and was judged by that.
        return if held.is_deleted { Right::Refused(Refusal::Form) } else { Right::Fine };
    }
    let Some(id) = held.credential else { return Right::Refused(Refusal::NotAllowed) };
    let Some(credential) = members.credential(id) else { return Right::Unknown(*id) };
    if let Err(refusal) = may_write(credential, held) {
        return Right::Refused(refusal);
    }
    // What was sealed with a key stays readable, whatever became of who made it; what else the
    // record says is looked at where it counts.
    if kind == KEY && Rule::KeysStay.holds() {
        return Right::Fine;
    }
    let by_rights = held.kind.is_system() || !held.is_own();
    let action = Action { id: held.name().digest, by_rights };
    if members.stands(id, &action) || !Rule::Named.holds() { Right::Fine } else { Right::Unnamed }
}

/// Whether a credential allows what was written under it, whatever became of it afterwards.
fn may_write(credential: &Credential, held: &Held<'_>) -> Result<(), Refusal> {
    let author = held.author();
    let roles = credential.roles;
    let is_own = held.is_own();
    let is_its_own = credential.subject == *author || !Rule::OwnCredential.holds();
    demand(is_its_own, Refusal::NotAllowed)?;
    let is_valid = credential.valid_at(held.modified) || !Rule::ValidWhenWritten.holds();
    demand(is_valid, Refusal::NotAllowed)?;
    // What is left of it needs its proof for as long as that stays.
    let is_within = held.latest <= credential.not_after || !Rule::EndsWithin.holds();
    demand(is_within, Refusal::NotAllowed)?;
    match held.kind.as_str() {
        // They are for ever, or whoever was shut out would be back one day.
        REVOCATION | KEY => {
            let may = roles.may_change_others() || !Rule::AdminsDecide.holds();
            demand(may, Refusal::NotAllowed)?;
            let fine = is_own && !held.is_deleted && held.expires == Millis::MAX;
            let stays = fine && held.version == 1;
            demand(stays || !Rule::SystemStays.holds(), Refusal::Form)
        }
        INVITATION => {
            demand(roles.may_invite() || !Rule::InvitersInvite.holds(), Refusal::NotAllowed)?;
            let is_free = !Rule::InvitationsOwned.holds();
            demand(is_own || roles.may_change_others() || is_free, Refusal::NotOwner)
        }
        _ if held.kind.is_system() => {
            let may = roles.may_change_others() || !Rule::SystemByAdmins.holds();
            demand(may, Refusal::NotAllowed)
        }
        _ => {
            demand(roles.may_write() || !Rule::KeepersKeep.holds(), Refusal::NotAllowed)?;
            let is_free = !Rule::RecordsOwned.holds();
            demand(is_own || roles.may_change_others() || is_free, Refusal::NotOwner)
        }
    }
}

/// Whether an open invitation promises no more than its author may give.
fn gives_what_it_may(members: &Members, header: &Header, system: Option<&System>) -> bool {
    let Some(System::Invitation(invitation)) = system.filter(|_| Rule::Promise.holds()) else {
        return true;
    };
    let credential = header.credential.as_ref().and_then(|id| members.credential(id));
    credential.is_some_and(|it| it.roles.may_issue(invitation.roles))
}

fn demand(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}
