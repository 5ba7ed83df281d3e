//! Who belongs to a group, as far as one member knows, and what each may do.
//!
//! A chain proves itself, so it does not matter who brought it. Several chains of one subject may
//! be known; what any of them allows is allowed, so a chain that gives less takes nothing away.
//! Taking away is what a revocation is for: it ends every chain that was given before its time, of
//! its subject and of whoever the subject brought in from then on.
//!
//! Whoever was shut out can still sign, and give what it signs any date. So nothing is decided by
//! dates alone: a revocation names the deeds of its subject that stand, and an admin is shut out
//! only by one who is nearer to the founder, by a shorter chain. Then whether a revocation holds
//! depends on shorter chains only, never on what its subject says, and whoever holds the same
//! records comes to the same result, whichever came first.

use alloc::vec::Vec;

use lacis_wire::credential::{Chain, ChainError, Credential};
use lacis_wire::roles::Roles;
use lacis_wire::system::{Deed, Revocation, Scope};
use lacis_wire::time::Millis;
use lacis_wire::{GroupId, PeerId, limits};

use super::index::CopyKey;
use crate::table::Table;

/// The members of a group and what was taken back from them.
#[derive(Clone, Debug)]
pub struct Members {
    group: GroupId,
    chains: Table<PeerId, Vec<Chain>>,
    /// Those that are held, by the copies that hold them.
    revocations: Table<CopyKey, Revocation>,
    /// What they come to, for each subject.
    ends: Table<PeerId, Vec<End>>,
}

/// A membership is taken back.
#[derive(Clone, Debug)]
struct End {
    from: Millis,
    /// The revocations that together name the deeds that stand, if they do.
    kept: Option<(Scope, Vec<CopyKey>)>,
}

/// Something that a member did, as revocations see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doing<'a> {
    pub(super) author: &'a PeerId,
    /// When, as its author says.
    pub(super) at: Millis,
    pub(super) deed: Deed,
    /// Whether it took the rights of an inviter or an admin.
    pub(super) by_rights: bool,
}

impl Members {
    /// Nobody is known but the root key.
    #[must_use]
    pub const fn new(group: GroupId) -> Self {
        Self { group, chains: Table::new(), revocations: Table::new(), ends: Table::new() }
    }

    /// Takes a chain; says whether it is new. Of one subject [`limits::CHAINS_PER_MEMBER`] are
    /// kept, those that allow most and were given last.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub fn admit(&mut self, chain: &Chain) -> Result<bool, ChainError> {
        let subject = chain.leaf().ok_or(ChainError::Empty)?.subject;
        let known = self.chains.get(&subject);
        if known.is_some_and(|known| known.contains(chain)) {
            return Ok(false);
        }
        chain.verify(&self.group)?;
        let is_kept = self.learn(chain);
        if is_kept && self.has_revocations() {
            // What it gives may include the right by which its subject had revoked somebody.
            self.replay();
        }
        Ok(is_kept)
    }

    /// Takes a chain that was verified; says whether it is kept.
    fn learn(&mut self, chain: &Chain) -> bool {
        let Some(leaf) = chain.leaf() else { return false };
        if !self.chains.contains_key(&leaf.subject) {
            self.chains.insert(leaf.subject, Vec::new());
        }
        let Some(known) = self.chains.get_mut(&leaf.subject) else { return false };
        if known.contains(chain) {
            return true;
        }
        // An order that does not depend on which came first.
        let place = known.partition_point(|held| rank(held) > rank(chain));
        known.insert(place, chain.clone());
        known.truncate(limits::CHAINS_PER_MEMBER);
        known.contains(chain)
    }

    /// These chains, all of them verified before, are known and no others: what follows from the
    /// records is the same whether some of them were held before or not.
    pub(super) fn relearn<'a>(&mut self, chains: impl Iterator<Item = &'a Chain>) {
        self.chains.clear();
        for chain in chains {
            self.learn(chain);
        }
        self.replay();
    }

    /// A revocation is held from now on.
    pub(super) fn revoke(&mut self, key: CopyKey, revocation: Revocation) {
        self.revocations.insert(key, revocation);
        self.replay();
    }

    /// A revocation is held no longer; says whether it was.
    pub(super) fn unrevoke(&mut self, key: CopyKey) -> bool {
        let was_held = self.revocations.remove(&key).is_some();
        if was_held {
            self.replay();
        }
        was_held
    }

    /// Whether any revocation is held.
    pub(super) fn has_revocations(&self) -> bool {
        !self.revocations.is_empty()
    }

    /// Finds out what the revocations come to, those by the shortest chains first.
    fn replay(&mut self) {
        self.ends.clear();
        for length in 1..=limits::CHAIN_MAX {
            let of_length = self.revocations.iter().filter(|(_, it)| it.chain.0.len() == length);
            let holds = |(key, it): &(&CopyKey, &Revocation)| {
                self.may_revoke(it, Millis(key.modified), key.name.digest)
            };
            let found: Vec<(PeerId, End)> =
                of_length.filter(holds).map(|(_, it)| (it.subject, self.end_by(it))).collect();
            for (subject, end) in found {
                if !self.ends.contains_key(&subject) {
                    self.ends.insert(subject, Vec::new());
                }
                if let Some(ends) = self.ends.get_mut(&subject) {
                    ends.insert(ends.partition_point(|held| held.from <= end.from), end);
                }
            }
        }
    }

    /// Whether a revocation that was made at that time takes effect.
    pub(super) fn may_revoke(&self, revocation: &Revocation, at: Millis, deed: Deed) -> bool {
        let chain = &revocation.chain;
        let Some(leaf) = chain.leaf() else { return false };
        let is_admin = |chain: &&Chain| {
            chain.leaf().is_some_and(|leaf| leaf.roles.may_change_others())
                && self.accepts(chain, at)
        };
        let mut above = self.chains.get(&revocation.subject).into_iter().flatten().filter(is_admin);
        is_admin(&chain)
            && above.all(|held| chain.0.len() < held.0.len())
            && self.stands(&Doing { author: &leaf.subject, at, deed, by_rights: true })
    }

    fn end_by(&self, revocation: &Revocation) -> End {
        let author = |it: &Revocation| it.chain.leaf().map(|leaf| leaf.subject);
        let is_part = |(_, it): &(&CopyKey, &Revocation)| {
            let same = (it.subject, it.from) == (revocation.subject, revocation.from);
            same && author(it) == author(revocation)
        };
        let kept = revocation.kept.as_ref().and_then(|kept| {
            let parts = || self.revocations.iter().filter(is_part);
            let counts = parts().filter_map(|(_, it)| it.kept.as_ref()).map(|kept| kept.count());
            let is_whole = counts.sum::<usize>() >= usize::try_from(kept.total).ok()?;
            is_whole.then(|| (kept.scope, parts().map(|(key, _)| *key).collect()))
        });
        End { from: revocation.from, kept }
    }

    /// Whether no revocation takes away what somebody did before it.
    pub(super) fn stands(&self, doing: &Doing<'_>) -> bool {
        let mut ends = self.ends.get(doing.author).into_iter().flatten();
        ends.all(|end| doing.at >= end.from || self.keeps(end, &doing.deed, doing.by_rights))
    }

    fn keeps(&self, end: &End, deed: &Deed, by_rights: bool) -> bool {
        let Some((scope, parts)) = &end.kept else { return true };
        let mut lists = parts.iter().filter_map(|key| self.revocations.get(key)?.kept.as_ref());
        (*scope == Scope::Rights && !by_rights) || lists.any(|kept| kept.names(deed))
    }

    /// Whether somebody who may have been shut out may still publish a chain: it was, and is in
    /// again, by this chain or another.
    pub(super) fn may_publish(&self, doing: &Doing<'_>, chain: &Chain) -> bool {
        let Doing { author, at, .. } = *doing;
        let ends = self.ends.get(author).into_iter().flatten();
        let is_out = ends.into_iter().any(|end| end.from <= at);
        let is_own = chain.leaf().is_some_and(|leaf| leaf.subject == *author);
        let is_in_again =
            || self.roles(author, at, at).is_some() || (is_own && self.accepts(chain, at));
        self.stands(doing) && (!is_out || is_in_again())
    }

    /// The credentials that a member has given, as far as chains with them are known.
    pub(super) fn given_by<'a>(&'a self, issuer: &'a PeerId) -> impl Iterator<Item = Deed> + 'a {
        let all = self.chains.values().flatten().flat_map(|chain| &chain.0);
        all.filter(move |credential| credential.issuer == *issuer).map(Credential::digest)
    }

    /// What the chains of a subject, as far as they hold at that time, allow it, for something that
    /// is to last until `until`. Nothing for a stranger.
    #[must_use]
    pub fn roles(&self, subject: &PeerId, at: Millis, until: Millis) -> Option<Roles> {
        let held = self.chains.get(subject)?.iter().filter(|chain| self.holds(chain, at));
        combine(held.filter_map(Chain::leaf), at, until)
    }

    /// Whether any chain of a subject is known, be it valid or not.
    #[must_use]
    pub fn knows(&self, subject: &PeerId) -> bool {
        self.chains.contains_key(subject)
    }

    /// From when on a subject's membership is taken back, the last time that it was.
    #[must_use]
    pub fn revoked_from(&self, subject: &PeerId) -> Option<Millis> {
        self.ends.get(subject)?.last().map(|end| end.from)
    }

    /// Whether a chain that was verified makes its subject a member at that time: it is valid then,
    /// and no revocation ended it.
    #[must_use]
    pub fn accepts(&self, chain: &Chain, at: Millis) -> bool {
        chain.leaf().is_some_and(|leaf| leaf.valid_at(at)) && self.holds(chain, at)
    }

    /// The chain of a subject that allows most and was given last, of those that hold now.
    #[must_use]
    pub fn best(&self, subject: &PeerId, now: Millis) -> Option<&Chain> {
        self.chains.get(subject)?.iter().find(|chain| self.accepts(chain, now))
    }

    /// Until when a subject is a member, as far as is known now.
    #[must_use]
    pub fn until(&self, subject: &PeerId, now: Millis) -> Option<Millis> {
        let held = self.chains.get(subject)?.iter().filter(|chain| self.accepts(chain, now));
        held.filter_map(Chain::leaf).map(|leaf| leaf.not_after).max()
    }

    /// Those who have a credential with that serial number.
    #[must_use]
    pub fn subjects_of_serial(&self, serial: u64) -> Vec<PeerId> {
        let by_it = |chain: &Chain| chain.leaf().is_some_and(|leaf| leaf.serial == serial);
        let subjects = self.chains.iter().filter(|(_, chains)| chains.iter().any(by_it));
        subjects.map(|(subject, _)| *subject).collect()
    }

    /// Every subject of whom a chain is known.
    pub fn subjects(&self) -> impl Iterator<Item = &PeerId> {
        self.chains.keys()
    }

    /// Whether no revocation ends a chain at that time: none of what its subject was given, and
    /// none of what its issuers gave after they had lost the right to, or as nobody knows.
    fn holds(&self, chain: &Chain, at: Millis) -> bool {
        let ends = |credential: &Credential| {
            let before = credential.not_before;
            let all = self.ends.get(&credential.subject).into_iter().flatten();
            all.filter(move |end| before < end.from)
        };
        let Some((leaf, issuers)) = chain.0.split_last() else { return false };
        ends(leaf).all(|end| at < end.from)
            && issuers.iter().zip(chain.0.iter().skip(1)).all(|(issuer, issued)| {
                ends(issuer).all(|end| {
                    issued.not_before < end.from && self.keeps(end, &issued.digest(), true)
                })
            })
    }
}

/// What leaves that are valid for that time allow together.
fn combine<'a>(
    leaves: impl Iterator<Item = &'a Credential>,
    at: Millis,
    until: Millis,
) -> Option<Roles> {
    let fitting = leaves.filter(|leaf| leaf.valid_at(at) && until <= leaf.not_after);
    fitting.map(|leaf| leaf.roles).reduce(Roles::with)
}

/// Rights first: somebody who may bring in members only could else push out what an admin gave.
fn rank(chain: &Chain) -> Option<impl Ord + use<>> {
    let leaf = chain.leaf()?;
    let signatures = chain.0.iter().rev().map(|credential| credential.signature);
    let signatures: Vec<[u8; 64]> = signatures.collect();
    Some((leaf.roles, leaf.not_before, leaf.not_after, leaf.serial, signatures))
}
