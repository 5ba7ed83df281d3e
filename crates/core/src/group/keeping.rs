//! What of a group is stored, and how it is read when the group is opened.

use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::codec::{decode, encode, read};
use lacis_wire::group::GroupFrame;
use lacis_wire::record::{CopyName, Header, RecordType};
use lacis_wire::{Code, GroupId, NodeId, limits};

use super::approval::Approvals;
use super::arrival::Arrival;
use super::bodies::Bodies;
use super::door::Door;
use super::incoming::Incoming;
use super::keyring::Keyring;
use super::people::Telling;
use super::profile::Profile;
use super::rotation::Rotation;
use super::saves::{Saves, Written};
use super::sync::SyncState;
use super::watches::Watches;
use super::{Group, GroupEvent, Loading, Opening, Rejected};
use crate::clock::Clocks;
use crate::graph::{Copy, Replica};
use crate::io::{OpId, Output, RoomId, Ticket};
use crate::shared::Shared;
use crate::store::{StoreChange, StoreReply, StoreRequest, StoreTable};
use crate::table::Table;

/// Entries read at once when a group is opened: what has come and is not read yet is in memory too.
const AT_ONCE: usize = limits::PAGE_ENTRIES / 4;

impl Group {
    pub(crate) fn from_profile(number: RoomId, profile: Profile) -> Self {
        let mut keyring = Keyring::new(profile.group);
        for given in &profile.keys {
            keyring.restore(given.clone());
        }
        Self {
            number,
            root: profile.root.as_ref().map(lacis_wire::proof::signing_key),
            replica: Replica::new(profile.group),
            profile,
            properties: None,
            keyring,
            rotation: Rotation::default(),
            door: Door::default(),
            drafts: Vec::new(),
            clocks: Clocks::default(),
            clock_differs: false,
            bodies: Bodies::default(),
            saves: Saves::default(),
            neighbours: Table::new(),
            approvals: Approvals::default(),
            rejected: Rejected::default(),
            first: Vec::new(),
            ops: Table::new(),
            queries: Vec::new(),
            watches: Watches::default(),
            sync: SyncState::default(),
            joining: None,
            looking: None,
            admitted: Vec::new(),
            arrival: Arrival::default(),
            incoming: Incoming::default(),
            came_by: None,
            early: Vec::new(),
            opening: Vec::new(),
            is_open: false,
            is_unreadable: false,
            damaged: 0,
            members_changed: false,
            telling: Telling::NONE,
            rewrites_due: false,
            changed: BTreeSet::new(),
            is_erased: false,
            told: Table::new(),
            told_invitations: Vec::new(),
            admissions: Vec::new(),
        }
    }

    /// The name of a stored group, for lists.
    pub(crate) fn name_of_stored(
        shared: &Shared,
        key: &[u8],
        stored: &[u8],
    ) -> Option<alloc::string::String> {
        let profile = shared.vault.unseal(StoreTable::Meta, key, stored)?;
        decode::<Profile>(&profile).ok().map(|profile| profile.name.to_string())
    }

    /// Begins to read what is stored. What is known of the group by other means is merged with
    /// that, and nothing is written before: what is stored is opened, never made anew over it.
    pub(crate) fn load(&mut self, shared: &mut Shared, opening: Opening) {
        self.opening.push(opening);
        if !shared.config.store {
            return self.loaded(shared);
        }
        let op = shared.io.op_id();
        let keys = alloc::vec![self.profile.group.as_bytes().to_vec()];
        let request = StoreRequest::Read { table: StoreTable::Meta, keys };
        shared.io.outputs.push_back(Output::Store(op, request));
        self.ops.insert(op, Loading::Profile);
    }

    /// Whoever waits until the group is open.
    pub(crate) fn when_open(&mut self, shared: &mut Shared, opening: Opening) {
        if self.is_erased {
            // It is being deleted, and may be taken again once that is done.
            return shared.settle(opening.ticket(), Err(Code::Left));
        }
        self.opening.push(opening);
        if self.is_open {
            self.settle_opening(shared);
        }
    }

    fn on_profile(&mut self, shared: &mut Shared, values: Vec<Option<Vec<u8>>>) {
        let Some(stored) = values.into_iter().next().flatten() else {
            // Nobody has the group here yet. Whoever only wanted to open it has nothing to open.
            let is_new = |opening: &Opening| matches!(opening, Opening::Invitation { .. });
            if self.is_only_opened() && !self.opening.iter().any(is_new) {
                return self.fail_opening(shared, Code::GroupUnknown);
            }
            self.keep_profile(shared);
            return self.scan(shared, Loading::System, None);
        };
        let key = self.profile.group.as_bytes();
        let value = shared.vault.unseal(StoreTable::Meta, key, &stored);
        let Some(profile) = value.and_then(|value| decode::<Profile>(&value).ok()) else {
            return self.fail_opening(shared, Code::StoreDamaged);
        };
        let known = core::mem::replace(&mut self.profile, profile);
        let merged = self.profile.clone().merged(known);
        let is_more = merged != self.profile;
        self.profile = merged;
        self.root = self.profile.root.as_ref().map(lacis_wire::proof::signing_key);
        for given in self.profile.keys.clone() {
            self.keyring.restore(given);
        }
        if is_more {
            self.keep_profile(shared);
        }
        self.scan(shared, Loading::System, None);
    }

    fn is_only_opened(&self) -> bool {
        self.profile.chain.is_none()
            && self.profile.invitation.is_none()
            && self.profile.root.is_none()
    }

    /// A new group: there is nothing to read.
    pub(super) fn open_new(&mut self, shared: &mut Shared) {
        self.is_open = true;
        self.keep_profile(shared);
        self.tell_members(shared);
    }

    fn scan(&mut self, shared: &mut Shared, what: Loading, after: Option<Vec<u8>>) {
        let table = match what {
            Loading::System => StoreTable::System,
            _ => StoreTable::Heads,
        };
        let op = shared.io.op_id();
        let prefix = self.profile.group.as_bytes().to_vec();
        let limit = AT_ONCE;
        let request = StoreRequest::Scan { table, prefix, after, limit };
        shared.io.outputs.push_back(Output::Store(op, request));
        self.ops.insert(op, what);
    }

    /// The store answers; says whether the question was this group's.
    pub(crate) fn on_store(
        &mut self,
        shared: &mut Shared,
        op: OpId,
        reply: &mut Option<StoreReply>,
    ) -> bool {
        if let Some(what) = self.ops.remove(&op) {
            let Some(reply) = reply.take() else { return true };
            self.on_loaded(shared, what, reply);
            return true;
        }
        match reply {
            Some(StoreReply::Failed(code)) => self.on_refused(shared, op, *code),
            _ => {
                let Some(written) = self.saves.written(op) else { return false };
                self.on_written(shared, written);
                true
            }
        }
    }

    fn on_refused(&mut self, shared: &mut Shared, op: OpId, code: Code) -> bool {
        let Some(refused) = self.saves.failed(shared, op, code) else { return false };
        for ticket in refused.tickets {
            shared.settle(ticket, Err(code));
        }
        if refused.is_news {
            self.event(shared, GroupEvent::Unsaved { code });
        }
        true
    }

    /// The store was found empty below what is known here: all of it is written anew. What was in
    /// the store only is fetched from others again.
    pub(crate) fn write_anew(&mut self, shared: &mut Shared, op: OpId) {
        if !self.is_open || !self.saves.begin_anew(shared, op) {
            return;
        }
        self.keep_profile(shared);
        let mut count = 0;
        for (name, _) in self.replica.all_names() {
            let whole = self.replica.whole(&name).cloned();
            match self.bodies.get(&name).cloned().or(whole) {
                Some(copy) => self.keep(shared, &copy, name),
                None => {
                    self.replica.forget_version(&name);
                    count += 1;
                }
            }
        }
        self.replica.settle();
        self.tell_changes(shared, None);
        self.event(shared, GroupEvent::Damaged { count });
        self.compare_soon(shared);
    }

    /// Hands what changed to the store.
    pub(crate) fn flush(&mut self, shared: &mut Shared) {
        while let Some(written) = self.saves.flush(shared) {
            self.on_written(shared, written);
        }
        self.review_arrival(shared);
    }

    fn on_written(&mut self, shared: &mut Shared, written: Written) {
        // Without a store, memory is all there is.
        if shared.config.store {
            for (name, copy) in &written.copies {
                self.bodies.stored(name, copy);
            }
        }
        for ticket in written.tickets {
            shared.settle(ticket, Ok(()));
        }
        if written.recovered {
            self.event(shared, GroupEvent::Saved);
        }
    }

    fn on_loaded(&mut self, shared: &mut Shared, what: Loading, reply: StoreReply) {
        match (what, reply) {
            (Loading::Serve(node, names), reply) => self.on_serving(shared, node, &names, reply),
            (Loading::End(node, name), StoreReply::Values(values)) => {
                let key = key_of(&self.profile.group, &name);
                let stored = values.first().and_then(Option::as_deref);
                let value = stored.and_then(|it| shared.vault.check(StoreTable::Heads, &key, it));
                let header = value.and_then(|it| decode::<Header>(it).ok());
                if let Some(header) = header.filter(|it| it.name() == name) {
                    self.say_end(node, header);
                }
            }
            (Loading::End(..), _) => {}
            (Loading::Query { ticket, names }, reply) => {
                self.on_query_loaded(shared, ticket, &names, reply);
            }
            (Loading::Revived(name), reply) => {
                for copy in self.check_read(shared, &[name], reply).into_iter().flatten() {
                    let record = self.reading(&copy);
                    let watches = self.watches.fitting(&record);
                    let event = GroupEvent::Record {
                        record,
                        is_new: false,
                        is_own: false,
                        from: None,
                        watches,
                    };
                    self.event(shared, event);
                }
            }
            (Loading::Rewrite(names), reply) => {
                for copy in self.check_read(shared, &names, reply).into_iter().flatten() {
                    self.rewrite(shared, &copy);
                }
            }
            (Loading::Profile, StoreReply::Values(values)) => self.on_profile(shared, values),
            (what @ (Loading::System | Loading::Heads), StoreReply::Page(page)) => {
                self.on_page(shared, what, page);
            }
            (Loading::Profile | Loading::System | Loading::Heads, StoreReply::Failed(code)) => {
                self.fail_opening(shared, code);
            }
            (Loading::Profile | Loading::System | Loading::Heads, _) => {
                self.fail_opening(shared, Code::Internal);
            }
        }
    }

    /// What is stored could not be read: the group does not open, and nothing is written over it.
    fn fail_opening(&mut self, shared: &mut Shared, code: Code) {
        self.is_unreadable = true;
        self.saves.drain(shared, code);
        for opening in core::mem::take(&mut self.opening) {
            shared.settle(opening.ticket(), Err(code));
        }
    }

    fn settle_opening(&mut self, shared: &mut Shared) {
        for opening in core::mem::take(&mut self.opening) {
            match opening {
                Opening::Ticket(ticket) => shared.settle(ticket, Ok(())),
                Opening::Invitation { ticket, invitation, patience, looks } if looks => {
                    self.preview(shared, ticket, &invitation, patience);
                }
                Opening::Invitation { ticket, invitation, patience, .. } => {
                    self.use_invitation(shared, ticket, *invitation, patience);
                }
            }
        }
    }

    /// A record has come back, and its body is in the store.
    pub(super) fn tell_from_store(&mut self, shared: &mut Shared, name: CopyName) {
        self.read_bodies(shared, &[name], Loading::Revived(name));
    }

    fn on_page(&mut self, shared: &mut Shared, what: Loading, page: Vec<(Vec<u8>, Vec<u8>)>) {
        let full = page.len() >= AT_ONCE;
        let last = page.last().map(|(key, _)| key.clone());
        for (key, stored) in page {
            let fine = match what {
                Loading::System => self.restore_system(shared, &key, &stored),
                _ => self.restore_head(shared, &key, &stored),
            };
            if !fine {
                self.damaged += 1;
                let table = match what {
                    Loading::System => StoreTable::System,
                    _ => StoreTable::Heads,
                };
                self.saves.change(StoreChange { table, key, value: None });
            }
        }
        match (what, full) {
            (what, true) => self.scan(shared, what, last),
            (Loading::System, false) => self.scan(shared, Loading::Heads, None),
            _ => self.loaded(shared),
        }
    }

    fn restore_head(&mut self, shared: &Shared, key: &[u8], stored: &[u8]) -> bool {
        let value = shared.vault.check(StoreTable::Heads, key, stored);
        // What the store vouches for was judged when it came, and is written under its name.
        let header = value.and_then(|value| read::<Header>(value).ok());
        let Some((header, name)) = header.zip(key.last_chunk()) else { return false };
        self.replica.restore(&header, &CopyName::from_bytes(name));
        true
    }

    fn restore_system(&mut self, shared: &mut Shared, key: &[u8], stored: &[u8]) -> bool {
        let value = shared.vault.check(StoreTable::System, key, stored);
        let Some(copy) = value.and_then(copy_of) else { return false };
        self.replica.restore_system(copy);
        true
    }

    fn loaded(&mut self, shared: &mut Shared) {
        self.replica.settle_restored();
        self.properties_changed(shared);
        self.is_open = true;
        self.expire(shared);
        self.tell_changes(shared, None);
        self.choose_chain(shared);
        self.open_keys(shared);
        self.note_unheard(shared.io.now);
        self.keys_changed(shared);
        if self.damaged > 0 {
            let count = core::mem::take(&mut self.damaged);
            self.event(shared, GroupEvent::Damaged { count });
        }
        self.tell_members(shared);
        self.settle_opening(shared);
    }

    /// Keys that key records hold for us and that are not stored: a crash may have come between.
    fn open_keys(&mut self, shared: &mut Shared) {
        let copies: Vec<Arc<Copy>> =
            self.replica.system_of(lacis_wire::system::KEY).cloned().collect();
        for copy in copies {
            if let Ok(part) = decode(&copy.body) {
                self.open_key(shared, &copy.header, &part);
            }
        }
    }

    /// A copy was taken: it stays at hand until it is stored.
    pub(super) fn keep(&mut self, shared: &Shared, copy: &Arc<Copy>, name: CopyName) {
        let key = key_of(&self.profile.group, &name);
        let is_whole = copy.header.matches_body(&copy.body);
        if is_whole {
            self.bodies.pin(name, Arc::clone(copy));
        }
        let put = |table, value: &[u8]| {
            let value = Some(shared.vault.mark(table, &key, value));
            StoreChange { table, key: key.clone(), value }
        };
        let whole = bytes_of(copy);
        if copy.header.kind.is_system() {
            self.saves.change(put(StoreTable::System, &whole));
        } else {
            self.saves.change(put(StoreTable::Heads, &encode(&copy.header)));
            if is_whole {
                self.saves.change(put(StoreTable::Bodies, &whole));
            }
        }
        self.saves.copy(name, copy);
    }

    /// A version is held no longer, or nothing of it but its header.
    pub(super) fn drop_stored(&mut self, name: &CopyName, kind: &RecordType, keeps_header: bool) {
        self.bodies.remove(name);
        let key = key_of(&self.profile.group, name);
        let tables: &[StoreTable] = if kind.is_system() {
            &[StoreTable::System]
        } else if keeps_header {
            &[StoreTable::Bodies]
        } else {
            &[StoreTable::Heads, StoreTable::Bodies]
        };
        for &table in tables {
            self.saves.change(StoreChange { table, key: key.clone(), value: None });
        }
        if !kind.is_system() {
            // What takes its place may need the room.
            self.saves.frees(StoreTable::Bodies, key);
        }
    }

    pub(super) fn keep_profile(&mut self, shared: &mut Shared) {
        // Whoever only looks at an invitation keeps nothing.
        if self.is_unreadable || self.is_only_opened() {
            return;
        }
        self.profile.keys = self.keyring.all();
        let key = self.profile.group.as_bytes().to_vec();
        let nonce = shared.io.random();
        let profile = encode(&self.profile);
        let value = shared.vault.seal(StoreTable::Meta, &key, &profile, nonce);
        self.saves.change(StoreChange { table: StoreTable::Meta, key, value: Some(value) });
    }

    /// Deletes everything that is stored of the group. The ticket settles when that is done.
    pub(crate) fn erase(&mut self, shared: &mut Shared, ticket: Ticket) {
        // By its prefix: there may be more of it in the store than is known here.
        let prefix = self.profile.group.as_bytes().to_vec();
        shared.tickets.open(ticket);
        self.saves.forget_changes();
        self.close(shared, Code::Left);
        (self.is_open, self.is_erased) = (false, true);
        self.saves.erase(prefix, ticket);
    }

    /// Asks the store for versions.
    pub(super) fn read_bodies(&mut self, shared: &mut Shared, names: &[CopyName], what: Loading) {
        self.read_from(shared, StoreTable::Bodies, names, what);
    }

    pub(super) fn read_from(
        &mut self,
        shared: &mut Shared,
        table: StoreTable,
        names: &[CopyName],
        what: Loading,
    ) {
        let op = shared.io.op_id();
        let keys = names.iter().map(|name| key_of(&self.profile.group, name)).collect();
        let request = StoreRequest::Read { table, keys };
        shared.io.outputs.push_back(Output::Store(op, request));
        self.ops.insert(op, what);
    }

    /// The copies that the store gave back, where they are what this node holds. One that is not is
    /// dropped, so that the next comparison fetches it.
    pub(super) fn check_read(
        &mut self,
        shared: &mut Shared,
        names: &[CopyName],
        reply: StoreReply,
    ) -> Vec<Option<Arc<Copy>>> {
        let StoreReply::Values(values) = reply else {
            return names.iter().map(|_| None).collect();
        };
        let mut damaged = 0;
        let mut copies = Vec::with_capacity(names.len());
        for (name, stored) in names.iter().zip(values) {
            let held = self.replica.held(&name.id);
            let is_held = held.is_some_and(|held| held.name() == *name && !held.has_ended)
                || self.replica.held_aside(name).is_some();
            let key = key_of(&self.profile.group, name);
            let value = stored.as_deref();
            let value = value.and_then(|it| shared.vault.check(StoreTable::Bodies, &key, it));
            let copy = value.and_then(copy_of).filter(|copy| copy.header.name() == *name);
            let copy = copy.map(Arc::new).or_else(|| self.at_hand(name));
            // It may have been replaced while it was read; then the newer one is at hand.
            let copy = copy.filter(|_| is_held).or_else(|| {
                let newer = self.replica.held(&name.id).map(|held| held.name());
                newer.filter(|_| !is_held).and_then(|newer| self.at_hand(&newer))
            });
            if copy.is_none() && is_held {
                damaged += 1;
                self.replica.forget_version(name);
                self.replica.settle();
            }
            if let Some(copy) = &copy {
                self.bodies.cache(*name, Arc::clone(copy));
            }
            copies.push(copy);
        }
        if damaged > 0 {
            self.tell_changes(shared, None);
            self.event(shared, GroupEvent::Damaged { count: damaged });
            self.compare_soon(shared);
        }
        copies
    }

    pub(super) fn on_serving(
        &mut self,
        shared: &mut Shared,
        node: NodeId,
        names: &[CopyName],
        reply: StoreReply,
    ) {
        self.check_read(shared, names, reply);
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.loading = false;
        }
    }
}

/// What a version is stored under.
fn key_of(group: &GroupId, name: &CopyName) -> Vec<u8> {
    [&group.as_bytes()[..], &name.to_bytes()[..]].concat()
}

/// A copy as it is stored, which is as it travels.
pub(super) fn bytes_of(copy: &Copy) -> Vec<u8> {
    GroupFrame::record_bytes(&copy.header, &copy.body)
}

pub(super) fn copy_of(value: &[u8]) -> Option<Copy> {
    match decode::<GroupFrame>(value) {
        Ok(GroupFrame::Record { header, body }) => Some(Copy { header, body }),
        _ => None,
    }
}
