//! What follows when credentials, ends or budgets change: what is held is looked at once more.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::credential::Chain;
use lacis_wire::record::CopyName;
use lacis_wire::system::{GROUP, System};
use lacis_wire::{RecordId, limits};

use crate::graph::copy::{Change, Copy};
use crate::graph::credentials::Learned;
use crate::graph::entry::{Entry, Held};
use crate::graph::judge::{Right, right, system_of};
use crate::graph::replica::Replica;
use crate::graph::replica::restoring::chains_in;
use crate::meter::{self, Cost};
use crate::rule::Rule;
use crate::table::in_order;

impl Replica {
    /// What a system record says takes effect; says whether there was a place for it.
    pub(in crate::graph) fn apply(&mut self, name: &CopyName) -> bool {
        let Some(copy) = self.system.get(name).cloned() else { return true };
        let Some(key) = self.key_of(name) else { return true };
        let header = &copy.header;
        let (author, credential) = (*header.author(), header.credential);
        self.common_stale |= header.kind.as_str() == GROUP;
        match (system_of(header, &copy.body), credential) {
            (Ok(Some(System::Member(chain))), _) => return self.apply_chain(&chain, &header.id),
            (Ok(Some(System::Revocation(revocation))), Some(credential)) => {
                self.changes.extend([Change::Rights, Change::Keys]);
                self.members.revoke(key, author, credential, revocation);
                self.stale = true;
            }
            (Ok(Some(System::Key(part))), Some(credential)) => {
                self.members.cover(key, author, credential, part.covers.clone());
                if !part.covers.is_empty() {
                    self.changes.push_back(Change::Rights);
                }
                self.keys.insert(&self.group, *name, (header, credential), part);
                self.changes.push_back(Change::Keys);
            }
            (Ok(Some(System::Budget(budget))), Some(_)) => {
                self.budgets.raise(budget.subject, budget.records, budget.bytes);
            }
            (Ok(Some(System::Servers(_))), _) => {
                self.servers.insert(header.modified, *name);
                self.changes.push_back(Change::Servers);
            }
            _ => {}
        }
        true
    }

    pub(in crate::graph) fn apply_chain(&mut self, chain: &Chain, id: &RecordId) -> bool {
        match self.members.learn(chain) {
            Learned::Known => return true,
            Learned::New(gone) => self.lost.extend(gone),
            Learned::NoPlace(left) => {
                let stale = self.chains_stale;
                self.drop_live(id);
                self.chains_stale = stale || left;
                return false;
            }
        }
        // Somebody may be an admin now who decides about others, and what had lost its proof may
        // have it again.
        let decides = chain.leaf().is_some_and(|leaf| leaf.roles.may_change_others())
            && self.members.has_ends();
        self.stale |= decides || !self.aside.is_empty();
        if decides || !self.lost.is_empty() {
            self.changes.push_back(Change::Rights);
        }
        self.changes.extend(chain.0.iter().map(|it| Change::Member(it.subject)));
        let Self { members, waiting, ready, .. } = self;
        ready.extend(waiting.take_known(|id| members.credential(id).is_some()));
        true
    }

    pub(in crate::graph) fn unapply(&mut self, name: &CopyName, entry: &Entry) {
        let Some(copy) = self.system.get(name).cloned() else { return };
        self.common_stale |= copy.header.kind.as_str() == GROUP;
        match system_of(&copy.header, &copy.body) {
            // Where there was no place for it, nothing followed from it.
            Ok(Some(System::Member(chain)))
                if chain.leaf().is_some_and(|it| self.members.credential(&it.id()).is_some()) =>
            {
                self.chains_stale = true;
                self.changes.push_back(Change::Rights);
            }
            Ok(Some(System::Revocation(_))) => {
                self.changes.extend([Change::Rights, Change::Keys]);
                self.stale |= self.members.unsay(&entry.key(name.id));
            }
            Ok(Some(System::Key(_))) => {
                self.members.unsay(&entry.key(name.id));
                self.keys.remove(name);
                self.changes.push_back(Change::Keys);
            }
            Ok(Some(System::Budget(_))) => self.reread_budgets(name),
            Ok(Some(System::Servers(_))) => {
                self.servers.remove(copy.header.modified, *name);
                self.changes.push_back(Change::Servers);
            }
            _ => {}
        }
    }

    /// What the live record says of budgets that counts for everything else, too: another version
    /// of it may say nothing any more that is understood.
    pub(in crate::graph) fn reread_common(&mut self) {
        if !core::mem::take(&mut self.common_stale) {
            return;
        }
        let says = self.properties().map(|copy| system_of(&copy.header, &copy.body));
        let said = match says {
            Some(Ok(Some(System::Group(it)))) => Some((it.budget_records, it.budget_bytes)),
            _ => None,
        };
        self.stale |= self.budgets.set_common(said);
    }

    pub(in crate::graph) fn reread_budgets(&mut self, gone: &CopyName) {
        self.budgets.forget_raised();
        self.stale = true;
        let live = self.system.iter().filter(|(name, _)| *name != gone);
        let live = live.filter(|(name, _)| !self.aside.contains_key(*name));
        let budgets: Vec<_> = live
            .filter_map(|(_, copy)| match system_of(&copy.header, &copy.body) {
                Ok(Some(System::Budget(budget))) => Some(budget),
                _ => None,
            })
            .collect();
        for budget in budgets {
            self.budgets.raise(budget.subject, budget.records, budget.bytes);
        }
    }

    /// What was live may be so no longer, and what was aside may be live again: the outcome must
    /// not depend on what came first.
    pub(in crate::graph) fn revalidate(&mut self) {
        // Each round follows from shorter chains than the next one, so there are few.
        for _ in 0..=limits::CHAIN_MAX {
            let lost = in_order(core::mem::take(&mut self.lost));
            self.drop_lost(&lost);
            if core::mem::take(&mut self.chains_stale) {
                let live: Vec<Arc<Copy>> =
                    self.system_of(lacis_wire::system::MEMBER).cloned().collect();
                self.members.relearn(chains_in(&live).iter());
                self.drop_without_place();
                self.stale = true;
            }
            self.reread_common();
            if !core::mem::take(&mut self.stale) || !Rule::JudgedAnew.holds() {
                break;
            }
            let count = self.entries.len() + self.aside.len();
            meter::count(Cost::Judgement, count);
            self.judgements += u64::try_from(count).unwrap_or(0);
            for id in self.misplaced() {
                self.choose(&id);
            }
            self.keep_budgets();
        }
    }

    /// The records of which another version has to be live than is.
    pub(in crate::graph) fn misplaced(&self) -> Vec<RecordId> {
        let right_of = |held: &Held<'_>| right(&self.group, &self.members, held);
        let mut found = Vec::new();
        for (id, entry) in self.entries.iter() {
            let Some(held) = self.register.read(id, entry) else { continue };
            if right_of(&held) != Right::Fine {
                found.push(*id);
            }
        }
        for (name, aside) in self.aside.iter() {
            let Some(held) = self.register.read(&name.id, &aside.entry) else { continue };
            if aside.is_unnamed == (right_of(&held) == Right::Fine) {
                found.push(name.id);
            }
        }
        let mut found = in_order(found);
        found.dedup();
        found
    }

    /// Records that show, or were written under, credentials that gave their place to others.
    pub(in crate::graph) fn drop_lost(&mut self, lost: &[lacis_wire::CredentialId]) {
        if lost.is_empty() {
            return;
        }
        let is_lost = |entry: &Entry| {
            self.credential_of(entry).is_some_and(|id| lost.binary_search(id).is_ok())
        };
        let by_them = self.entries.iter().filter(|(_, entry)| is_lost(entry));
        let ids: Vec<RecordId> = by_them.map(|(id, _)| *id).collect();
        for id in ids {
            let is_proof =
                self.held(&id).is_some_and(|held| held.kind.as_str() == lacis_wire::system::MEMBER);
            if is_proof {
                self.drop_live(&id);
            } else {
                self.choose(&id);
            }
        }
    }

    /// Records that show members for whom there is no place any more.
    pub(in crate::graph) fn drop_without_place(&mut self) {
        let shown = self.system_of(lacis_wire::system::MEMBER);
        let without: Vec<RecordId> = shown
            .filter(|copy| {
                let id = copy.header.credential.as_ref();
                id.is_none_or(|id| self.members.credential(id).is_none())
            })
            .map(|copy| copy.header.id)
            .collect();
        for id in without {
            self.drop_live(&id);
        }
    }
}
