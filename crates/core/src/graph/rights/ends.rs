//! What revocations end, in the order of who may end whom, and what stands in spite of them.

use alloc::vec::Vec;

use lacis_wire::credential::Credential;
use lacis_wire::keys::Cover;
use lacis_wire::record::CopyName;
use lacis_wire::system::{ActionId, Revocation, Scope};
use lacis_wire::{CredentialId, EndId, PeerId};

use super::{Action, End, Members, Said};
use crate::graph::index::CopyKey;
use crate::rule::Rule;
use crate::table::Table;

impl Members {
    /// Finds out what the revocations come to, those by the shortest chains first.
    pub(in crate::graph) fn replay(&mut self) {
        self.ends.clear();
        let mut by_depth: Table<usize, Vec<CopyKey>> = Table::new();
        for (key, said) in self.revocations.iter() {
            if let Some(depth) = self.credentials.depth(&said.credential) {
                by_depth.entry(depth).or_default().push(*key);
            }
        }
        let mut additions: Vec<CopyKey> = Vec::new();
        for (depth, keys) in by_depth {
            let mut found: Vec<(CopyKey, EndId)> = Vec::new();
            for key in keys {
                let Some(said) = self.revocations.get(&key) else { continue };
                if !self.may_revoke(said, &said.what.subject, key.name.digest) {
                    continue;
                }
                if said.what.adds.is_some() {
                    additions.push(key);
                } else {
                    found.push((key, said.what.end(&self.group, &said.author)));
                }
            }
            for (key, id) in &found {
                self.make_end(key, *id, depth);
            }
            self.add_to_ends(&additions, depth);
        }
        self.covered.clear();
        for key in self.covers.keys().copied().collect::<Vec<_>>() {
            self.add_covers(&key);
        }
    }

    pub(in crate::graph) fn make_end(&mut self, key: &CopyKey, id: EndId, depth: usize) {
        let Some(said) = self.revocations.get(key).filter(|said| said.what.adds.is_none()) else {
            return;
        };
        let (subject, scope) = (said.what.subject, said.what.scope);
        if let Some(end) = self.ends.get_mut(&(subject, id)) {
            end.depth = end.depth.min(depth);
            end.scope = end.scope.max(scope);
            end.lists.push(*key);
        } else {
            self.ends.insert((subject, id), End { depth, scope, lists: Vec::from([*key]) });
        }
    }

    /// Lists that somebody as near or nearer adds to ends made by chains of this length.
    pub(in crate::graph) fn add_to_ends(&mut self, additions: &[CopyKey], depth: usize) {
        for key in additions {
            let Some(Revocation { subject, adds: Some(id), .. }) =
                self.revocations.get(key).map(|said| &said.what)
            else {
                continue;
            };
            let end = self.ends.get_mut(&(*subject, *id));
            if let Some(end) = end.filter(|end| end.depth == depth || !Rule::AddsAsNear.holds()) {
                end.lists.push(*key);
            }
        }
    }

    /// Takes note of ends that a key names and that no revocation has shown yet.
    pub(in crate::graph) fn add_covers(&mut self, key: &CopyKey) {
        let Some(said) = self.covers.get(key) else { return };
        let may = |subject: &PeerId| self.may_revoke(said, subject, key.name.digest);
        let unknown = |cover: &&Cover| !self.holds(cover) && may(&cover.subject);
        let new: Vec<Cover> = said.what.iter().filter(unknown).copied().collect();
        for Cover { subject, end } in new {
            self.covered.update(subject, |ends| {
                if !ends.contains(&end) {
                    ends.push(end);
                }
            });
        }
    }

    /// Whether a subject was shut out and not let in again. Whoever was, and whose time is over
    /// since, is not.
    #[must_use]
    pub fn is_shut_out(&self, subject: &PeerId) -> bool {
        let has_ends = self.ends_against(subject).next().is_some();
        (has_ends || self.covered.contains_key(subject))
            && !self.credentials.of(subject).any(|id| self.is_in_force(id))
    }

    /// The records that end a subject's membership, or say what of it stands.
    pub(crate) fn revocations_of(&self, subject: &PeerId) -> impl Iterator<Item = CopyName> {
        let theirs = self.revocations.iter().filter(|(_, said)| said.what.subject == *subject);
        theirs.map(|(key, _)| key.name)
    }

    /// Whether the author of something is an admin whose word ends the membership of a subject.
    pub(super) fn may_revoke<T>(&self, said: &Said<T>, subject: &PeerId, action: ActionId) -> bool {
        let Some(depth) = self.credentials.depth(&said.credential) else { return false };
        let is_admin = self
            .credentials
            .get(&said.credential)
            .is_some_and(|it| it.subject == said.author && it.roles.may_change_others());
        let nearer = |id: &CredentialId| {
            let is_admin = self.credentials.get(id).is_some_and(|it| it.roles.may_change_others());
            !is_admin
                || self.is_ended(id)
                || !self.stands_by_issuers(id)
                || self.credentials.depth(id).is_some_and(|held| depth < held)
                || !Rule::Nearer.holds()
        };
        is_admin
            && (*subject != said.author || !Rule::NotOneself.holds())
            && (!Rule::RevokerStands.holds()
                || self.stands(&said.credential, &Action { id: action, by_rights: true }))
            && self.credentials.of(subject).all(nearer)
    }

    /// Whether a revocation under a credential ends the membership of a subject.
    #[must_use]
    pub fn may_end(&self, by: &CredentialId, subject: &PeerId) -> bool {
        let Some(credential) = self.credentials.get(by) else { return false };
        let said = Said { author: credential.subject, credential: *by, what: () };
        !self.is_ended(by) && self.may_revoke(&said, subject, ActionId::default())
    }

    /// Whether who has a credential is near enough to name what an end leaves unnamed.
    #[must_use]
    pub fn may_add(&self, by: &CredentialId, cover: &Cover) -> bool {
        let end = self.ends.get(&(cover.subject, cover.end));
        end.is_some_and(|end| self.credentials.depth(by).is_some_and(|depth| depth <= end.depth))
    }

    /// The ends of its subject's membership that a credential does not lift.
    pub(in crate::graph::rights) fn ends_on<'a>(
        &'a self,
        credential: &'a Credential,
    ) -> impl Iterator<Item = &'a End> {
        let lifts = |id| credential.lifts(id) && Rule::Lifts.holds();
        let ends = self.ends_against(&credential.subject);
        ends.filter(move |(id, _)| !lifts(id)).map(|(_, end)| end)
    }

    /// The ends of a subject's membership, ascending.
    pub(in crate::graph::rights) fn ends_against(
        &self,
        subject: &PeerId,
    ) -> impl Iterator<Item = (&EndId, &End)> + use<'_> {
        let [from, to] = [EndId([0; 16]), EndId([u8::MAX; 16])];
        self.ends.range((*subject, from)..=(*subject, to)).map(|((_, id), end)| (id, end))
    }

    pub(in crate::graph) fn is_ended(&self, id: &CredentialId) -> bool {
        self.credentials.get(id).is_some_and(|it| self.ends_on(it).next().is_some())
    }

    /// Whether what was done under a credential is not taken away by ends of it: there is none, or
    /// one of the nearest authors names it.
    pub(in crate::graph) fn is_named(&self, credential: &Credential, action: &Action) -> bool {
        let Some(nearest) = self.ends_on(credential).map(|end| end.depth).min() else {
            return true;
        };
        let is_near = |end: &&End| end.depth == nearest || !Rule::NearestLists.holds();
        let mut near = self.ends_on(credential).filter(is_near);
        let by_rights_only =
            self.ends_on(credential).filter(is_near).all(|end| end.scope == Scope::Rights);
        (by_rights_only && Rule::RightsOnly.holds() && !action.by_rights)
            || near.any(|end| {
                let mut lists = end.lists.iter().filter_map(|key| self.revocations.get(key));
                lists.any(|said| said.what.names(&action.id))
            })
    }

    /// Whether every credential above one that is known was right to be given on.
    pub(in crate::graph) fn stands_by_issuers(&self, id: &CredentialId) -> bool {
        let mut below = *id;
        while let Some(parent) = self.credentials.parent(&below) {
            let Some(credential) = self.credentials.get(&parent) else { return false };
            let action = Action { id: below.0, by_rights: true };
            if Rule::IssuersStand.holds() && !self.is_named(credential, &action) {
                return false;
            }
            below = parent;
        }
        self.credentials.get(&below).is_some()
    }

    /// Whether something that was done under a credential stands, whatever was revoked.
    pub(in crate::graph) fn stands(&self, id: &CredentialId, action: &Action) -> bool {
        let Some(credential) = self.credentials.get(id) else { return false };
        self.is_named(credential, action) && self.stands_by_issuers(id)
    }
}
