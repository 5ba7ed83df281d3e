//! What an author's own node looks for among what it wrote, to write it anew.

use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::system::{KEY, MEMBER, REVOCATION};
use lacis_wire::{CredentialId, Millis, PeerId, RecordId};

use crate::graph::entry::{Entry, Held};
use crate::graph::replica::Replica;

impl Replica {
    /// What an author wrote that is dated after `at`, but for what counts whenever it comes.
    #[must_use]
    pub fn dated_after(&self, author: &PeerId, at: Millis) -> Vec<CopyName> {
        let late = self.compared.after(at);
        let held = late.filter_map(|copy| self.held(&copy.name.id));
        let is_urgent = |held: &Held<'_>| [REVOCATION, KEY].contains(&held.kind.as_str());
        held.filter(|it| it.author() == author && !is_urgent(it)).map(|it| it.name()).collect()
    }

    /// Whether one more credential of the same issuer would take away what a subject wrote or gave
    /// under the first of those that it has.
    #[must_use]
    pub fn is_pair_full(&self, issuer: &CredentialId, subject: &PeerId, now: Millis) -> bool {
        let credentials = self.members.credentials();
        let Some(first) = credentials.next_to_go(issuer, subject) else { return false };
        // Of one whose time is over nothing lives.
        if credentials.get(&first).is_some_and(|it| it.not_after < now) {
            return false;
        }
        let number = self.register.number_of(&first);
        let is_its = |(id, entry): (&RecordId, &Entry)| {
            let is_under = Some(entry.credential) == number;
            let held = self.register.read(id, entry).filter(|_| is_under);
            held.is_some_and(|held| held.kind.as_str() != MEMBER)
        };
        credentials.gave(&first) || self.entries.iter().any(is_its)
    }

    /// What an author wrote of the application that an end leaves unnamed because whoever made it
    /// cannot have seen it, and that nothing has taken the place of.
    #[must_use]
    pub fn unseen(&self, author: &PeerId, now: Millis) -> Vec<CopyName> {
        let unnamed = self.aside.iter().filter(|(_, aside)| aside.is_unnamed);
        let held = unnamed.filter_map(|(name, aside)| self.register.read(&name.id, &aside.entry));
        let is_meant = |held: &Held<'_>| {
            held.author() == author
                && !held.kind.is_system()
                && held.expires > now
                && held.credential.is_some_and(|id| !self.members.is_undone(id))
                && self.held(&held.id).is_none_or(|live| live.rank() < held.rank())
                && !self.is_aside_replaced(held)
        };
        held.filter(is_meant).map(|held| held.name()).collect()
    }
}
