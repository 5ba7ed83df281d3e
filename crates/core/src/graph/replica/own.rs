//! What an author's own node looks for among what it wrote, to write it anew.

use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::system::{KEY, REVOCATION};
use lacis_wire::{Millis, PeerId};

use crate::graph::entry::Held;
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
