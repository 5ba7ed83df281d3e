//! The credentials that records show, as a tree from the root key, and how many there may be.
//!
//! Places are given by the tree itself: an inviter has [`limits::CREDENTIALS_PER_INVITER`] below
//! it, filled in turn over those whom it let in, so nobody can push out what another one let in,
//! and nobody multiplies its places by letting in inviters.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Reverse;

use lacis_wire::credential::{Chain, Credential};
use lacis_wire::roles::Roles;
use lacis_wire::system::ActionId;
use lacis_wire::{CredentialId, PeerId, limits};

use crate::many::{Key, Many};
use crate::meter::{self, Cost};
use crate::rule::Rule;
use crate::table::in_order;

/// Credentials of each subject.
type BySubject = Many<PeerId, Vec<CredentialId>>;

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
    all: Many<CredentialId, Box<Known>>,
    subjects: BySubject,
    /// Those that were given by a credential to a subject; by the root key under `None`.
    children: Many<(Option<CredentialId>, PeerId), Vec<CredentialId>>,
    /// Those that name an open invitation, by the key of that.
    invited: BySubject,
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
        Self {
            all: Many::new(),
            subjects: Many::new(),
            children: Many::new(),
            invited: Many::new(),
        }
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
        let mut came = Vec::new();
        for (at, credential) in chain.0.iter().enumerate() {
            came.extend(self.insert(credential, at + 1));
        }
        let gone = self.prune(&leaf);
        if self.all.contains_key(&leaf) {
            return Learned::New(gone);
        }
        // Somebody above it may have come, and somebody else gone for it.
        let is_known = |id: &CredentialId| self.all.contains_key(id);
        Learned::NoPlace(came.iter().any(is_known) || gone.iter().any(|id| !came.contains(id)))
    }

    /// Adds a credential that is not known; gives its name.
    fn insert(&mut self, credential: &Credential, depth: usize) -> Option<CredentialId> {
        let id = credential.id();
        if self.all.contains_key(&id) {
            return None;
        }
        let mut above = credential.parent;
        while let Some(known) = above.and_then(|id| self.all.get_mut(&id)) {
            known.below += 1;
            above = known.credential.parent;
        }
        let Credential { parent, subject, invitation, .. } = credential;
        self.subjects.update(*subject, |all| all.push(id));
        self.children.update((*parent, *subject), |given| given.push(id));
        if let Some(used) = invitation {
            self.invited.update(used.key, |all| all.push(id));
        }
        self.all.insert(id, Box::new(Known { credential: credential.clone(), depth, below: 0 }));
        Some(id)
    }

    fn remove(&mut self, id: &CredentialId) {
        let Some(gone) = self.all.remove(id) else { return };
        let mut above = gone.credential.parent;
        while let Some(known) = above.and_then(|id| self.all.get_mut(&id)) {
            known.below -= 1;
            above = known.credential.parent;
        }
        let Credential { parent, subject, invitation, .. } = &gone.credential;
        if let Some(used) = invitation {
            drop_from(&mut self.invited, &used.key, id);
        }
        drop_from(&mut self.subjects, subject, id);
        drop_from(&mut self.children, &(*parent, *subject), id);
    }

    /// Takes places away where more was given than there are, from a new credential upwards: only
    /// what is below somebody who gave too much is looked at. Those above may be new too.
    fn prune(&mut self, leaf: &CredentialId) -> Vec<CredentialId> {
        let mut gone = Vec::new();
        let mut at = Some(*leaf);
        while let Some(known) = at.and_then(|id| self.all.get(&id)) {
            let Credential { parent, subject, .. } = known.credential;
            let pair = self.children.get(&(parent, subject));
            let is_over = pair.is_some_and(|all| all.len() > pair_max());
            let (below, most) = match parent.map(|id| self.all.get(&id)) {
                None => (self.all.len(), limits::CREDENTIALS_MAX),
                Some(Some(known)) => (known.below, places_of(known.credential.roles)),
                Some(None) => break,
            };
            if is_over || below > most {
                self.keep_places(parent, most, &mut gone);
            }
            at = parent;
        }
        gone
    }

    /// Removes what has no place below a credential.
    fn keep_places(
        &mut self,
        above: Option<CredentialId>,
        most: usize,
        gone: &mut Vec<CredentialId>,
    ) {
        let places = in_order(self.filled(above, most));
        let mut below: Vec<CredentialId> = Vec::new();
        let mut parents = alloc::vec![above];
        while let Some(parent) = parents.pop() {
            let given: Vec<CredentialId> = self.pairs(parent).flatten().copied().collect();
            parents.extend(given.iter().map(|id| Some(*id)));
            below.extend(given);
        }
        // Those below come after those above them, and go first, so that the counts stay right.
        for id in below.iter().rev().filter(|id| places.binary_search(id).is_err()) {
            self.remove(id);
            gone.push(*id);
        }
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
        let place = |id: &CredentialId| Some((self.get(id)?.serial, *id));
        let of_pair = |list: &Vec<CredentialId>| {
            let list = in_order(list.iter().filter_map(place));
            let skipped = list.len().saturating_sub(pair_max());
            list.into_iter().skip(skipped)
        };
        in_order(self.pairs(parent).flat_map(of_pair)).into_iter().map(|(_, id)| id).collect()
    }

    /// What a credential gave, subject by subject.
    fn pairs(&self, parent: Option<CredentialId>) -> impl Iterator<Item = &Vec<CredentialId>> {
        let [from, to] = [PeerId([0; 32]), PeerId([u8::MAX; 32])];
        self.children.range((parent, from)..=(parent, to)).map(|(_, given)| given)
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
        // A keeper holds less than anybody else, whatever its number.
        let ladder = roles.bits() & !Roles::KEEPER.bits();
        Some((ladder, Reverse(known.depth), not_after, serial, *id))
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
        let ids = self.invited.get(invitation).into_iter().flatten();
        let mut subjects = in_order(ids.filter_map(|id| self.get(id)).map(|it| it.subject));
        subjects.dedup();
        meter::count(Cost::Invitation, subjects.len());
        subjects
    }

    /// The first of what a credential gave a subject, if one more takes its place.
    pub(super) fn next_to_go(
        &self,
        parent: &CredentialId,
        subject: &PeerId,
    ) -> Option<CredentialId> {
        let pair = self.children.get(&(Some(*parent), *subject))?;
        let place = |id: &CredentialId| Some((self.get(id)?.serial, *id));
        let first = pair.iter().filter_map(place).min().map(|(_, id)| id);
        first.filter(|_| pair.len() >= pair_max())
    }

    /// Whether a credential gave anybody one.
    pub(super) fn gave(&self, id: &CredentialId) -> bool {
        self.pairs(Some(*id)).next().is_some()
    }

    /// Bytes in memory, estimated from below.
    pub(super) fn bytes(&self) -> usize {
        // Of each the credential, its name thrice, and its subject twice.
        let one =
            limits::CREDENTIAL_BYTES / 2 + 3 * size_of::<CredentialId>() + 2 * size_of::<PeerId>();
        self.len() * one
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

fn drop_from<K: Key>(lists: &mut Many<K, Vec<CredentialId>>, of: &K, id: &CredentialId) {
    if let Some(list) = lists.get_mut(of) {
        list.retain(|held| held != id);
        if list.is_empty() {
            lists.remove(of);
        }
    }
}
