//! Whether there is a place for a version, in the budget of the credential it is written under.

use lacis_wire::record::Header;
use lacis_wire::{Code, CredentialId, Millis, PeerId, RecordId};

use crate::graph::budget::Class;
use crate::graph::copy::Change;
use crate::graph::entry::Entry;
use crate::graph::judge::Refusal;
use crate::graph::replica::Replica;
use crate::many::Many;
use crate::table::in_order;

impl Replica {
    /// Whether there is a place for a version that was judged; makes it, by the order of its
    /// author's records.
    pub(in crate::graph) fn make_room(&mut self, header: &Header) -> Result<(), Refusal> {
        let number = header.credential.as_ref().and_then(|id| self.register.number_of(id));
        let is_charged = header.kind.as_str() != lacis_wire::system::MEMBER;
        let Some(credential) = number.filter(|_| is_charged) else { return Ok(()) };
        let is_system = header.kind.is_system();
        let class = Class::of(is_system, header.is_deleted() || header.expires <= self.now);
        let author = *header.author();
        let takes_own = self.entries.get(&header.id).is_some_and(|held| {
            held.credential == credential && Class::of(is_system, held.is_left()) == class
        });
        if takes_own || self.budgets.has_room(&author, class, credential) {
            return Ok(());
        }
        // It has a place only if something that comes after it gives its own away.
        self.keep_order(class, credential);
        let last = self.budgets.last(class, credential);
        let date = class.date(header.is_deleted(), header.created);
        if last.is_none_or(|last| (date, header.id) > last) {
            return Err(Refusal::OverBudget);
        }
        Ok(())
    }

    /// Whether there is a place for one more version that is set aside.
    pub(in crate::graph) fn has_room_aside(&self, header: &Header) -> bool {
        let number = header.credential.as_ref().and_then(|id| self.register.number_of(id));
        number.is_none_or(|it| self.budgets.has_room(header.author(), Class::Aside, it))
    }

    /// Whether one more record of the application that is written under a credential has a place
    /// beside all that are.
    #[must_use]
    pub fn has_room(&self, author: &PeerId, credential: &CredentialId) -> bool {
        let number = self.register.number_of(credential);
        number.is_none_or(|number| self.budgets.has_room(author, Class::Record, number))
    }

    /// Finds the order of what was written under a credential, once: it is kept from then on.
    fn keep_order(&mut self, class: Class, credential: u32) {
        if !self.budgets.is_ordered(class, credential) {
            let all = self.in_order(class, credential);
            self.budgets.set_order(class, credential, all);
        }
    }

    fn in_order(&self, class: Class, credential: u32) -> Many<(Millis, RecordId), u32> {
        let all = self.entries.iter().filter(|(id, entry)| {
            entry.credential == credential
                && self.register.read(id, entry).is_some_and(|held| {
                    held.kind.as_str() != lacis_wire::system::MEMBER
                        && Class::of(held.kind.is_system(), entry.is_left()) == class
                })
        });
        let dated = all
            .map(|(id, entry)| ((class.date(entry.is_deleted, entry.created), *id), entry.length));
        in_order(dated).into_iter().collect()
    }

    /// Holds what is live, and charges it to a class if it is charged to any: then it stays as far
    /// as there is a place for it.
    pub(in crate::graph) fn hold(
        &mut self,
        (id, entry): (RecordId, Entry),
        author: &PeerId,
        class: Option<Class>,
    ) {
        let credential = entry.credential;
        if let Some(class) = class {
            self.budgets.charge(class, id, &entry);
        }
        self.entries.insert(id, entry);
        if let Some(class) = class {
            self.keep_budget(author, class, credential);
        }
    }

    /// Drops what has no place in a budget.
    pub(in crate::graph) fn keep_budget(&mut self, author: &PeerId, class: Class, credential: u32) {
        if self.budgets.fits(author, class, credential) {
            return;
        }
        self.keep_order(class, credential);
        for id in self.budgets.over(author, class, credential) {
            // Nobody misses what is left of a record.
            if class != Class::Tombstone {
                let (author, code) = (*author, Code::OverBudget);
                self.changes.push_back(Change::Lost { id, author, code });
            }
            self.drop_live(&id);
            // What it had beaten has a place of its own.
            self.choose(&id);
        }
    }

    /// The same in every budget: there may be less place than before.
    pub(in crate::graph) fn keep_budgets(&mut self) {
        for (credential, class) in self.budgets.charged() {
            // What is aside goes by its time.
            if class == Class::Aside {
                continue;
            }
            let id = self.register.credential(credential);
            let author = id.and_then(|id| self.members.credential(id)).map(|it| it.subject);
            if let Some(author) = author {
                self.keep_budget(&author, class, credential);
            }
        }
    }
}
