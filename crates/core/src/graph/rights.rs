//! Who may what: the tree of credentials, the ends that revocations make, and the covers of keys.
//!
//! Credentials are verified once, when a record shows them, and are known whatever becomes of those
//! who gave them. What they are worth follows from the ends that hold: an end counts at once,
//! against every credential of its subject that does not lift it, and of what was written or given
//! under such a credential only what is named stands. No date decides any of that, since whoever is
//! shut out dates what it signs as it likes.
//!
//! An admin is ended only by somebody nearer to the founder, by a shorter chain. Admins have their
//! credentials from admins alone, so whether a revocation holds follows from shorter chains, and
//! whoever holds the same records comes to the same result, whichever came first.

mod ends;

use alloc::vec::Vec;

use lacis_wire::credential::{Chain, Credential};
use lacis_wire::keys::Cover;
use lacis_wire::roles::Roles;
use lacis_wire::system::{ActionId, Revocation, Scope};
use lacis_wire::{CredentialId, EndId, GroupId, Millis, PeerId};

use super::credentials::{Credentials, Learned};
use super::index::CopyKey;
use crate::many::Many;
use crate::rule::Rule;
use crate::table::in_order;

/// The members of a group and what was taken back from them.
#[derive(Clone, Debug)]
pub struct Members {
    group: GroupId,
    credentials: Credentials,
    /// What live records say, by the versions that say it.
    revocations: Many<CopyKey, Said<Revocation>>,
    covers: Many<CopyKey, Said<Vec<Cover>>>,
    /// What they come to.
    ends: Many<(PeerId, EndId), End>,
    /// Ends that a key covers and that may not be known otherwise.
    covered: Many<PeerId, Vec<EndId>>,
}

/// What an author says under a credential.
#[derive(Clone, Debug)]
struct Said<T> {
    author: PeerId,
    credential: CredentialId,
    what: T,
}

/// The end of a membership.
#[derive(Clone, Debug)]
struct End {
    /// Length of the chain of whoever made it.
    depth: usize,
    scope: Scope,
    /// The records that name what stands.
    lists: Vec<CopyKey>,
}

/// Something that a member did, as ends see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Action {
    pub(super) id: ActionId,
    /// Whether it took the rights of an inviter or an admin.
    pub(super) by_rights: bool,
}

impl Members {
    /// Nobody is known but the root key.
    #[must_use]
    pub const fn new(group: GroupId) -> Self {
        Self {
            group,
            credentials: Credentials::new(),
            revocations: Many::new(),
            covers: Many::new(),
            ends: Many::new(),
            covered: Many::new(),
        }
    }

    /// The credentials that are known.
    pub(super) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// How many actions revocations name, and how many ends there are or are covered.
    pub(super) fn counts(&self) -> (usize, usize) {
        let lists = self.revocations.values().map(|said| said.what.actions.len() / 16).sum();
        let covers: usize = self.covers.values().map(|said| said.what.len()).sum();
        (lists, self.ends.len() + covers)
    }

    /// A live record shows a chain that was verified; says whether its leaf is new and has a place.
    pub(super) fn learn(&mut self, chain: &Chain) -> Learned {
        let learned = self.credentials.learn(chain);
        let gives = chain.leaf().is_some_and(|leaf| leaf.roles.may_change_others());
        if matches!(learned, Learned::New(_)) && gives && self.has_ends() {
            // Somebody may have become an admin who could be revoked before, or may revoke now.
            self.replay();
        }
        learned
    }

    /// These chains, all of them verified before, are known and no others.
    pub(super) fn relearn<'a>(&mut self, chains: impl Iterator<Item = &'a Chain>) {
        self.credentials = Credentials::new();
        for chain in chains {
            self.credentials.learn(chain);
        }
        self.replay();
    }

    /// Whether anything was ever taken back, or a key says so.
    pub(super) fn has_ends(&self) -> bool {
        !(self.revocations.is_empty() && self.covers.is_empty())
    }

    /// A live record is a revocation.
    pub(super) fn revoke(
        &mut self,
        key: CopyKey,
        author: PeerId,
        credential: CredentialId,
        what: Revocation,
    ) {
        let said = Said { author, credential, what };
        let depth = self.credentials.depth(&credential);
        // Whom no admin has brought in as one decides about nobody else's end.
        let end = said.what.end(&self.group, &author);
        let is_simple = said.what.adds.is_none()
            && !self.was_admin(&said.what.subject)
            && !self.revocations.values().any(|other| other.what.adds == Some(end));
        if is_simple && let Some(depth) = depth {
            let holds = self.may_revoke(&said, &said.what.subject, key.name.digest);
            self.revocations.insert(key, said);
            if holds {
                self.make_end(&key, end, depth);
            }
        } else {
            self.revocations.insert(key, said);
            self.replay();
        }
    }

    /// A live record is a part of a key record.
    pub(super) fn cover(
        &mut self,
        key: CopyKey,
        author: PeerId,
        credential: CredentialId,
        what: Vec<Cover>,
    ) {
        if !what.is_empty() {
            self.covers.insert(key, Said { author, credential, what });
            self.add_covers(&key);
        }
    }

    /// A live record is live no longer; says whether rights followed from it.
    pub(super) fn unsay(&mut self, key: &CopyKey) -> bool {
        let was_revocation = self.revocations.remove(key).is_some();
        let was_cover = self.covers.remove(key).is_some();
        if was_revocation || was_cover {
            self.replay();
        }
        was_revocation
    }

    fn was_admin(&self, subject: &PeerId) -> bool {
        let mut held = self.credentials.of(subject).filter_map(|id| self.credentials.get(id));
        held.any(|it| it.roles.may_change_others())
    }

    /// A credential that is known.
    #[must_use]
    pub fn credential(&self, id: &CredentialId) -> Option<&Credential> {
        self.credentials.get(id)
    }

    /// The chain that ends with a credential.
    #[must_use]
    pub fn chain(&self, id: &CredentialId) -> Option<Chain> {
        self.credentials.chain(id)
    }

    /// Whether a chain proves itself. Credentials that are known are not verified again.
    #[must_use]
    pub fn verifies(&self, chain: &Chain) -> bool {
        chain.verify_but(&self.group, |id| self.credentials.get(id).is_some()).is_ok()
    }

    /// Whether a credential makes its subject a member now: for whom one serves, gives keys and
    /// admits. An end counts at once, also one that only a key names.
    #[must_use]
    pub fn accepts(&self, id: &CredentialId, now: Millis) -> bool {
        self.credentials.get(id).is_some_and(|it| it.valid_at(now)) && self.is_in_force(id)
    }

    /// Whether nothing has taken a credential back, whatever the time.
    fn is_in_force(&self, id: &CredentialId) -> bool {
        let Some(credential) = self.credentials.get(id) else { return false };
        let is_ended = Rule::EndsAtOnce.holds() && self.is_ended(id);
        !is_ended
            && !self.is_covered(credential)
            && self.stands_by_issuers(id)
            && self.path_is_uncovered(id)
    }

    /// As [`Members::accepts`], of a chain whose leaf may not be known by a record yet.
    #[must_use]
    pub fn accepts_chain(&self, chain: &Chain, now: Millis) -> bool {
        let Some(leaf) = chain.leaf() else { return false };
        let id = leaf.id();
        if self.credentials.get(&id).is_some() {
            return self.accepts(&id, now);
        }
        let issuers = chain.0.iter().zip(chain.0.iter().skip(1));
        self.verifies(chain)
            && leaf.valid_at(now)
            && chain.0.iter().all(|it| !self.is_covered(it))
            && (self.ends_on(leaf).next().is_none() || !Rule::EndsAtOnce.holds())
            && issuers.into_iter().all(|(issuer, issued)| {
                self.is_named(issuer, &Action { id: issued.id().0, by_rights: true })
            })
    }

    /// Whether a key names an end of the subject that is not known as a revocation yet.
    fn is_covered(&self, credential: &Credential) -> bool {
        let subject = credential.subject;
        let ends = self.covered.get(&subject).into_iter().flatten();
        let mut open = ends.filter(|end| !self.ends.contains_key(&(subject, **end)));
        open.any(|end| !credential.lifts(end)) && Rule::Covered.holds()
    }

    fn path_is_uncovered(&self, id: &CredentialId) -> bool {
        let mut at = self.credentials.parent(id).filter(|_| Rule::CoveredAbove.holds());
        while let Some(parent) = at {
            if self.credentials.get(&parent).is_none_or(|it| self.is_covered(it)) {
                return false;
            }
            at = self.credentials.parent(&parent);
        }
        true
    }

    /// The credential of a subject that allows most now, and of several the last.
    #[must_use]
    pub fn best(&self, subject: &PeerId, now: Millis) -> Option<CredentialId> {
        let accepted = self.credentials.of(subject).filter(|id| self.accepts(id, now));
        accepted.max_by_key(|id| self.credentials.rank(id)).copied()
    }

    /// Of the credentials of a subject that count now and fit, the one that lasts longest, and how
    /// long.
    #[must_use]
    pub fn lasting(
        &self,
        subject: &PeerId,
        now: Millis,
        fits: impl Fn(&Credential) -> bool,
    ) -> Option<(CredentialId, Millis)> {
        let accepted = self.credentials.of(subject).filter(|id| self.accepts(id, now));
        let ends = |id: &CredentialId| {
            let credential = self.credentials.get(id).filter(|it| fits(it))?;
            Some((credential.not_after, self.credentials.rank(id), *id))
        };
        accepted.filter_map(ends).max().map(|(until, _, id)| (id, until))
    }

    /// What a subject may do now. Nothing for a stranger, and for whoever is shut out.
    #[must_use]
    pub fn roles(&self, subject: &PeerId, now: Millis) -> Option<Roles> {
        self.best(subject, now).and_then(|id| self.credentials.get(&id)).map(|it| it.roles)
    }

    /// Until when a subject is a member, as far as is known now.
    #[must_use]
    pub fn until(&self, subject: &PeerId, now: Millis) -> Option<Millis> {
        let accepted = self.credentials.of(subject).filter(|id| self.accepts(id, now));
        accepted.filter_map(|id| self.credentials.get(id)).map(|it| it.not_after).max()
    }

    /// What a subject might do at a time, by credentials that were not ended or what is named of
    /// them: how a page shows who somebody was.
    #[must_use]
    pub fn roles_at(&self, subject: &PeerId, at: Millis) -> Option<Roles> {
        let valid = self.credentials.of(subject).filter_map(|id| self.credentials.get(id));
        valid.filter(|it| it.valid_at(at)).map(|it| it.roles).max()
    }

    /// Whether any credential of a subject is known, be it valid or not.
    #[must_use]
    pub fn knows(&self, subject: &PeerId) -> bool {
        self.credentials.of(subject).next().is_some()
    }

    /// Every subject of whom a credential is known.
    pub fn subjects(&self) -> impl Iterator<Item = &PeerId> {
        self.credentials.subjects()
    }

    /// The ends of a subject's membership that hold, ascending.
    #[must_use]
    pub fn ends_of(&self, subject: &PeerId) -> Vec<EndId> {
        self.ends_against(subject).map(|(id, _)| *id).collect()
    }

    /// What a credential has to lift that lets a subject in again, ascending: the ends that hold,
    /// and those that a key names. Of the latter the revocation may be away, or hold no longer.
    #[must_use]
    pub fn lifts_for(&self, subject: &PeerId) -> Vec<EndId> {
        let covered = self.covered.get(subject).into_iter().flatten().copied();
        let mut all = in_order(self.ends_of(subject).into_iter().chain(covered));
        all.dedup();
        all
    }

    /// All ends that hold, as a key has to cover them.
    #[must_use]
    pub fn ends(&self) -> Vec<Cover> {
        self.ends.keys().map(|(subject, end)| Cover { subject: *subject, end: *end }).collect()
    }

    /// When the last revocation was made that ended a credential.
    pub(super) fn ended_at(&self, id: &CredentialId) -> Option<Millis> {
        let ends = self.credentials.get(id).map(|it| self.ends_on(it))?;
        ends.flat_map(|end| &end.lists).map(|key| Millis(key.modified)).max()
    }

    /// Whether what was done under a credential was taken back as a whole: no list of those that
    /// ended it names anything.
    pub(super) fn is_undone(&self, id: &CredentialId) -> bool {
        let names_nothing = |end: &End| {
            let mut said = end.lists.iter().filter_map(|key| self.revocations.get(key));
            said.all(|said| said.what.actions.is_empty())
        };
        self.credentials.get(id).is_some_and(|it| self.ends_on(it).all(names_nothing))
    }

    /// Whether an end holds.
    #[must_use]
    pub fn holds(&self, cover: &Cover) -> bool {
        self.ends.contains_key(&(cover.subject, cover.end))
    }

    /// Those whose credential names an open invitation by its key.
    #[must_use]
    pub fn subjects_by(&self, invitation: &PeerId) -> Vec<PeerId> {
        self.credentials.subjects_by(invitation)
    }

    /// The keys of the open invitations by which a subject came.
    #[must_use]
    pub fn invitations_of(&self, subject: &PeerId) -> Vec<PeerId> {
        let held = self.credentials.of(subject).filter_map(|id| self.credentials.get(id));
        held.filter_map(|it| it.invitation.as_ref()).map(|it| it.key).collect()
    }

    /// The greatest serial number of those that a credential gave a subject; 0 for none.
    #[must_use]
    pub fn last_serial(&self, parent: &CredentialId, subject: &PeerId) -> u64 {
        let held = self.credentials.of(subject).filter_map(|id| self.credentials.get(id));
        let given = held.filter(|it| it.parent.as_ref() == Some(parent));
        given.map(|it| it.serial).max().unwrap_or_default()
    }

    /// The credentials that a member has given.
    pub(super) fn given_by(&self, issuer: &PeerId) -> impl Iterator<Item = ActionId> {
        self.credentials.given_by(issuer)
    }

    /// When a credential of a subject begins or ends next.
    #[must_use]
    pub fn next_change(&self, subject: &PeerId, now: Millis) -> Option<Millis> {
        let held = self.credentials.of(subject).filter_map(|id| self.credentials.get(id));
        let times = held.flat_map(|it| [it.not_before, it.not_after]);
        times.filter(|at| *at > now && *at != Millis::MAX).min()
    }

    /// Bytes in memory, estimated from below.
    pub(super) fn bytes(&self) -> usize {
        let (lists, ends) = self.counts();
        self.credentials().bytes()
            + lists * size_of::<ActionId>()
            + ends * (size_of::<EndId>() + size_of::<PeerId>())
    }
}
