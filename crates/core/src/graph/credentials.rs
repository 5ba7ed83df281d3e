//! The credentials that records show, as a tree from the root key, and how many there may be.
//!
//! Places are given by the tree itself: an inviter has [`limits::CREDENTIALS_PER_INVITER`] below
//! it, filled in turn over those whom it let in, so nobody can push out what another one let in,
//! and nobody multiplies its places by letting in inviters.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use lacis_wire::credential::{Chain, Credential};
use lacis_wire::roles::Roles;
use lacis_wire::system::ActionId;
use lacis_wire::{CredentialId, PeerId, limits};

use crate::rule::Rule;

/// What became of a chain that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Learned {
    /// It was known.
    Known,
    /// It is known now; those that had to give their place to it are known no longer.
    New(Vec<CredentialId>),
    /// There is no place for it: its issuers have given as many as they may. Says whether it has
    /// left something else behind.
    NoPlace(bool),
}

#[derive(Clone, Debug)]
pub(super) struct Credentials {
    all: BTreeMap<CredentialId, Known>,
    subjects: BTreeMap<PeerId, Vec<CredentialId>>,
    /// Those that were given by a credential to a subject; by the root key under `None`.
    children: BTreeMap<(Option<CredentialId>, PeerId), Vec<CredentialId>>,
}

#[derive(Clone, Debug)]
struct Known {
    credential: Credential,
    /// Length of its chain.
    depth: usize,
    /// How many credentials are below it.
    below: usize,
}

impl Credentials {
    pub(super) const fn new() -> Self {
        Self { all: BTreeMap::new(), subjects: BTreeMap::new(), children: BTreeMap::new() }
    }

    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Takes a chain that was verified, each of its credentials.
    pub(super) fn learn(&mut self, chain: &Chain) -> Learned {
        let Some(leaf) = chain.leaf().map(Credential::id) else { return Learned::Known };
        if self.all.contains_key(&leaf) {
            return Learned::Known;
        }
        let before = self.all.len();
        for (at, credential) in chain.0.iter().enumerate() {
            self.insert(credential, at + 1);
        }
        let mut gone = Vec::new();
        if !self.fits(&leaf) {
            let places = self.places();
            let has_none = |id: &&CredentialId| places.binary_search(id).is_err();
            let mut without: Vec<CredentialId> =
                self.all.keys().filter(has_none).copied().collect();
            // Those below first, so that the counts above them stay right.
            without.sort_by_key(|id| core::cmp::Reverse(self.depth(id)));
            for id in &without {
                self.remove(id);
            }
            gone = without;
        }
        if self.all.contains_key(&leaf) {
            Learned::New(gone)
        } else {
            Learned::NoPlace(self.all.len() != before)
        }
    }

    fn insert(&mut self, credential: &Credential, depth: usize) {
        let id = credential.id();
        if self.all.contains_key(&id) {
            return;
        }
        let mut above = credential.parent;
        while let Some(known) = above.and_then(|id| self.all.get_mut(&id)) {
            known.below += 1;
            above = known.credential.parent;
        }
        self.subjects.entry(credential.subject).or_default().push(id);
        let pair = (credential.parent, credential.subject);
        self.children.entry(pair).or_default().push(id);
        self.all.insert(id, Known { credential: credential.clone(), depth, below: 0 });
    }

    fn remove(&mut self, id: &CredentialId) {
        let Some(gone) = self.all.remove(id) else { return };
        let mut above = gone.credential.parent;
        while let Some(known) = above.and_then(|id| self.all.get_mut(&id)) {
            known.below -= 1;
            above = known.credential.parent;
        }
        let drop_from = |list: Option<&mut Vec<CredentialId>>| {
            if let Some(list) = list {
                list.retain(|held| held != id);
            }
        };
        let pair = (gone.credential.parent, gone.credential.subject);
        drop_from(self.children.get_mut(&pair));
        if self.children.get(&pair).is_some_and(Vec::is_empty) {
            self.children.remove(&pair);
        }
        drop_from(self.subjects.get_mut(&gone.credential.subject));
        if self.subjects.get(&gone.credential.subject).is_some_and(Vec::is_empty) {
            self.subjects.remove(&gone.credential.subject);
        }
    }

    /// Whether nobody above a new credential has given more than it may.
    fn fits(&self, leaf: &CredentialId) -> bool {
        let Some(known) = self.all.get(leaf) else { return false };
        let pair = (known.credential.parent, known.credential.subject);
        let pair = self.children.get(&pair).map_or(0, Vec::len);
        let mut above = known.credential.parent;
        while let Some(parent) = above {
            let Some(known) = self.all.get(&parent) else { return false };
            if known.below > places_of(known.credential.roles) {
                return false;
            }
            above = known.credential.parent;
        }
        pair <= pair_max() && self.all.len() <= limits::CREDENTIALS_MAX
    }

    /// Those that have a place, ascending.
    fn places(&self) -> Vec<CredentialId> {
        let mut places = self.filled(None, limits::CREDENTIALS_MAX);
        places.sort_unstable();
        places
    }

    /// What has a place below a credential: in turn one of each that it gave, with what is below
    /// that.
    fn filled(&self, parent: Option<CredentialId>, most: usize) -> Vec<CredentialId> {
        let mut lists: Vec<alloc::vec::IntoIter<CredentialId>> = Vec::new();
        for child in self.given(parent) {
            let Some(known) = self.all.get(&child) else { continue };
            let mut list = alloc::vec![child];
            let below = places_of(known.credential.roles);
            if below > 0 && known.below > 0 {
                list.extend(self.filled(Some(child), below));
            }
            lists.push(list.into_iter());
        }
        if !Rule::PlacesInTurn.holds() {
            return lists.into_iter().flatten().take(most).collect();
        }
        let mut filled = Vec::new();
        while !lists.is_empty() && filled.len() < most {
            lists.retain_mut(|list| {
                let next = list.next().filter(|_| filled.len() < most);
                filled.extend(next);
                next.is_some()
            });
        }
        filled
    }

    /// What a credential gave, the first first, of each subject the last few.
    fn given(&self, parent: Option<CredentialId>) -> Vec<CredentialId> {
        let order = |id: &CredentialId| self.get(id).map(|it| (it.serial, *id));
        let mut given: Vec<CredentialId> = Vec::new();
        for list in self.pairs(parent) {
            let mut list = list.clone();
            list.sort_unstable_by_key(order);
            let skipped = list.len().saturating_sub(pair_max());
            given.extend(list.into_iter().skip(skipped));
        }
        given.sort_unstable_by_key(order);
        given
    }

    /// What a credential gave, subject by subject.
    fn pairs(&self, parent: Option<CredentialId>) -> impl Iterator<Item = &Vec<CredentialId>> {
        let all = (parent, PeerId([0; 32]))..=(parent, PeerId([u8::MAX; 32]));
        self.children.range(all).map(|(_, list)| list)
    }

    pub(super) fn get(&self, id: &CredentialId) -> Option<&Credential> {
        self.all.get(id).map(|known| &known.credential)
    }

    pub(super) fn depth(&self, id: &CredentialId) -> Option<usize> {
        self.all.get(id).map(|known| known.depth)
    }

    pub(super) fn parent(&self, id: &CredentialId) -> Option<CredentialId> {
        self.all.get(id)?.credential.parent
    }

    pub(super) fn of(&self, subject: &PeerId) -> impl Iterator<Item = &CredentialId> {
        self.subjects.get(subject).into_iter().flatten()
    }

    pub(super) fn subjects(&self) -> impl Iterator<Item = &PeerId> {
        self.subjects.keys()
    }

    /// Orders the credentials of one subject: rights, nearness to the founder, the last.
    pub(super) fn rank(&self, id: &CredentialId) -> Option<impl Ord + use<>> {
        let known = self.all.get(id)?;
        let Credential { roles, not_after, serial, .. } = known.credential;
        Some((roles.bits(), core::cmp::Reverse(known.depth), not_after, serial, *id))
    }

    pub(super) fn chain(&self, id: &CredentialId) -> Option<Chain> {
        let mut chain = Vec::new();
        let mut at = Some(*id);
        while let Some(id) = at {
            let credential = self.get(&id)?;
            chain.push(credential.clone());
            at = credential.parent;
        }
        chain.reverse();
        Some(Chain(chain))
    }

    pub(super) fn given_by(&self, issuer: &PeerId) -> impl Iterator<Item = ActionId> {
        let parents = self.of(issuer).map(|id| Some(*id));
        parents.flat_map(|id| self.pairs(id).flatten()).map(|id| id.0)
    }

    pub(super) fn subjects_by(&self, invitation: &PeerId) -> Vec<PeerId> {
        let by_it =
            |it: &Credential| it.invitation.as_ref().is_some_and(|it| it.key == *invitation);
        let has_it = |ids: &[CredentialId]| ids.iter().filter_map(|id| self.get(id)).any(by_it);
        self.subjects.iter().filter(|(_, ids)| has_it(ids)).map(|(subject, _)| *subject).collect()
    }
}

/// How many credentials one issuer may give one subject.
fn pair_max() -> usize {
    if Rule::PlacesOfPair.holds() { limits::CREDENTIALS_PER_PAIR } else { limits::CREDENTIALS_MAX }
}

/// How many credentials there may be below one with these roles.
fn places_of(roles: Roles) -> usize {
    if roles.may_change_others() || (roles.may_invite() && !Rule::PlacesOfInviter.holds()) {
        limits::CREDENTIALS_MAX
    } else if roles.may_invite() {
        limits::CREDENTIALS_PER_INVITER
    } else {
        0
    }
}
