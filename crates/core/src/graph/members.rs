//! Who belongs to a group, as far as one member knows, and what each may do.
//!
//! A chain proves itself, so it does not matter who brought it. Several chains of one subject may
//! be known; what any of them allows is allowed, so a chain that gives less takes nothing away.
//! Taking away is what a revocation is for: it ends every chain that was given before its time, of
//! its subject and of whoever the subject brought in from then on.
//!
//! Admins may revoke each other. Whoever holds the same revocations comes to the same result,
//! whichever came first: they take effect in the order of time and hash, and one whose author had
//! lost its rights by then has none.

use alloc::vec::Vec;

use lacis_wire::credential::{Chain, ChainError, Credential};
use lacis_wire::roles::Roles;
use lacis_wire::system::Revocation;
use lacis_wire::time::Millis;
use lacis_wire::{GroupId, PeerId, limits};

use super::index::CopyKey;
use crate::table::{Table, TableExt};

/// The members of a group and what was taken back from them.
#[derive(Clone, Debug)]
pub struct Members {
    group: GroupId,
    chains: Table<PeerId, Vec<Chain>>,
    /// In the order in which they take effect.
    revocations: Table<CopyKey, Taking>,
    /// The times from which on a subject is no member by what it was given before, ascending.
    revoked: Table<PeerId, Vec<Millis>>,
}

/// A revocation and who made it.
#[derive(Clone, Debug)]
struct Taking {
    author: PeerId,
    subject: PeerId,
    from: Millis,
}

impl Members {
    /// Nobody is known but the root key.
    #[must_use]
    pub const fn new(group: GroupId) -> Self {
        Self { group, chains: Table::new(), revocations: Table::new(), revoked: Table::new() }
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
        if known.is_none() {
            self.chains.insert(subject, Vec::new());
        }
        let Some(known) = self.chains.get_mut(&subject) else { return Ok(false) };
        // An order that does not depend on which came first.
        let place = known.partition_point(|held| rank(held) > rank(chain));
        known.insert(place, chain.clone());
        known.truncate(limits::CHAINS_PER_MEMBER);
        let is_kept = known.contains(chain);
        if is_kept && self.has_revocations() {
            // What it gives may include the right by which its subject had revoked somebody.
            self.replay();
        }
        Ok(is_kept)
    }

    /// A revocation is held from now on.
    pub(super) fn revoke(&mut self, key: CopyKey, author: PeerId, revocation: &Revocation) {
        let taking = Taking { author, subject: revocation.subject, from: revocation.from };
        self.revocations.insert(key, taking);
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

    /// Finds out which revocations take effect.
    fn replay(&mut self) {
        self.revoked.clear();
        for (key, taking) in self.revocations.drain() {
            let at = Millis(key.modified);
            let roles = self.roles(&taking.author, at, at);
            if roles.is_some_and(Roles::may_change_others) {
                if !self.revoked.contains_key(&taking.subject) {
                    self.revoked.insert(taking.subject, Vec::new());
                }
                if let Some(times) = self.revoked.get_mut(&taking.subject) {
                    times.insert(times.partition_point(|from| *from <= taking.from), taking.from);
                }
            }
            self.revocations.insert(key, taking);
        }
    }

    /// What the chains of a subject, as far as they hold at that time, allow it, for something that
    /// is to last until `until`. Nothing for a stranger.
    #[must_use]
    pub fn roles(&self, subject: &PeerId, at: Millis, until: Millis) -> Option<Roles> {
        let held = self.chains.get(subject)?.iter().filter(|chain| self.holds(chain, at));
        combine(held.filter_map(Chain::leaf), at, until)
    }

    /// The same, if nothing had ever been taken back.
    pub(super) fn roles_once(&self, subject: &PeerId, at: Millis, until: Millis) -> Option<Roles> {
        combine(self.chains.get(subject)?.iter().filter_map(Chain::leaf), at, until)
    }

    /// Whether any chain of a subject is known, be it valid or not.
    #[must_use]
    pub fn knows(&self, subject: &PeerId) -> bool {
        self.chains.contains_key(subject)
    }

    /// From when on a subject's membership is taken back, the last time that it was.
    #[must_use]
    pub fn revoked_from(&self, subject: &PeerId) -> Option<Millis> {
        self.revoked.get(subject)?.last().copied()
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
    /// none of what its issuers gave after they had lost the right to.
    fn holds(&self, chain: &Chain, at: Millis) -> bool {
        let given_back = |credential: &Credential| {
            let times = self.revoked.get(&credential.subject)?;
            times.iter().find(|from| credential.not_before < **from).copied()
        };
        let Some((leaf, issuers)) = chain.0.split_last() else { return false };
        let issued_later = issuers.iter().zip(chain.0.iter().skip(1));
        given_back(leaf).is_none_or(|from| at < from)
            && issued_later.into_iter().all(|(issuer, issued)| {
                given_back(issuer).is_none_or(|from| issued.not_before < from)
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
