//! What of a group is stored, and how it is read when the group is opened.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::codec::{decode, encode, encode_with_capacity};
use lacis_wire::group::GroupFrame;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::{Code, GroupId, NodeId, RecordId, limits};

use super::approval::Approvals;
use super::bodies::Bodies;
use super::keyring::Keyring;
use super::profile::Profile;
use super::saves::{Saves, Written};
use super::watches::Watches;
use super::{Group, GroupEvent, Loading};
use crate::graph::{Copy, Replica};
use crate::io::{OpId, Output, RoomId, Ticket};
use crate::shared::Shared;
use crate::store::{StoreChange, StoreReply, StoreRequest, StoreTable};
use crate::table::Table;

impl Group {
    /// A group whose profile is known; its records are still in the store.
    pub(crate) fn from_stored(number: RoomId, value: &[u8]) -> Option<Self> {
        decode::<Profile>(value).ok().map(|profile| Self::from_profile(number, profile))
    }

    pub(super) fn from_profile(number: RoomId, profile: Profile) -> Self {
        let mut keyring = Keyring::new(profile.group);
        for given in profile.keys.iter().rev() {
            keyring.insert(given.epoch, given.key.clone());
        }
        Self {
            number,
            root: profile.root.as_ref().map(lacis_wire::proof::signing_key),
            replica: Replica::new(profile.group),
            profile,
            properties: None,
            keyring,
            bodies: Bodies::default(),
            saves: Saves::default(),
            neighbours: Table::new(),
            approvals: Approvals::default(),
            first: Vec::new(),
            ops: Table::new(),
            queries: Vec::new(),
            watches: Watches::default(),
            applying: None,
            opening: Vec::new(),
            is_open: false,
            damaged: 0,
            members_changed: false,
            is_erased: false,
            told: Table::new(),
            admissions: Vec::new(),
        }
    }

    /// The name of a stored group, for lists.
    pub(crate) fn name_of_stored(value: &[u8]) -> Option<alloc::string::String> {
        decode::<Profile>(value).ok().map(|profile| profile.name.to_string())
    }

    /// Begins to read what is stored; the ticket settles when the group can be used.
    pub(crate) fn load(&mut self, shared: &mut Shared, ticket: Ticket) {
        self.opening.push(ticket);
        if shared.config.store {
            self.scan(shared, Loading::System, None);
        } else {
            self.loaded(shared);
        }
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
        let limit = limits::PAGE_ENTRIES;
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
        let system: Vec<RecordId> = self.replica.ids_where(RecordType::is_system).collect();
        for id in system {
            if let Some(copy) = self.replica.system(&id).cloned() {
                self.keep(shared, &Arc::new(copy));
            }
        }
        let others: Vec<RecordId> = self.replica.ids_where(|kind| !kind.is_system()).collect();
        let mut count = 0;
        for id in others {
            let name = self.replica.held(&id).map(|held| held.name());
            let copy = self.bodies.get(&id).filter(|copy| name == Some(copy.header.name()));
            match copy.cloned() {
                Some(copy) => self.keep(shared, &copy),
                None => {
                    self.replica.forget(&id);
                    count += 1;
                }
            }
        }
        self.tell_changes(shared, None);
        self.event(shared, GroupEvent::Damaged { count });
        self.compare_soon(shared);
    }

    /// Hands what changed to the store.
    pub(crate) fn flush(&mut self, shared: &mut Shared) {
        while let Some(written) = self.saves.flush(shared) {
            self.on_written(shared, written);
        }
    }

    fn on_written(&mut self, shared: &mut Shared, written: Written) {
        // Without a store, memory is all there is.
        if shared.config.store {
            for copy in &written.copies {
                self.bodies.stored(copy);
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
            (Loading::Serve(node, ids), reply) => self.on_serving(shared, node, ids, reply),
            (Loading::Query { ticket, ids }, reply) => {
                self.on_query_loaded(shared, ticket, &ids, reply);
            }
            (what @ (Loading::System | Loading::Heads), StoreReply::Page(page)) => {
                self.on_page(shared, what, page);
            }
            (Loading::System | Loading::Heads, StoreReply::Failed(code)) => {
                self.fail_opening(shared, code);
            }
            (Loading::System | Loading::Heads, _) => self.fail_opening(shared, Code::Internal),
        }
    }

    fn fail_opening(&mut self, shared: &mut Shared, code: Code) {
        for ticket in core::mem::take(&mut self.opening) {
            shared.settle(ticket, Err(code));
        }
    }

    fn on_page(&mut self, shared: &mut Shared, what: Loading, page: Vec<(Vec<u8>, Vec<u8>)>) {
        let full = page.len() >= limits::PAGE_ENTRIES;
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
        let header = value.and_then(|value| decode::<Header>(value).ok());
        header.map(|header| self.replica.restore(&header)).is_some()
    }

    fn restore_system(&mut self, shared: &mut Shared, key: &[u8], stored: &[u8]) -> bool {
        let value = shared.vault.check(StoreTable::System, key, stored);
        let Some(copy) = value.and_then(copy_of) else { return false };
        self.heed(shared, &copy);
        self.replica.restore_system(&copy);
        true
    }

    fn loaded(&mut self, shared: &mut Shared) {
        self.replica.settle_restored();
        self.heed_properties(shared);
        self.is_open = true;
        self.expire(shared);
        self.tell_changes(shared, None);
        if self.damaged > 0 {
            let count = core::mem::take(&mut self.damaged);
            self.event(shared, GroupEvent::Damaged { count });
        }
        self.tell_members(shared);
        for ticket in core::mem::take(&mut self.opening) {
            shared.settle(ticket, Ok(()));
        }
    }

    /// A copy was taken: it stays at hand until it is stored.
    pub(super) fn keep(&mut self, shared: &Shared, copy: &Arc<Copy>) {
        let key = key_of(&self.profile.group, &copy.header.id);
        self.bodies.pin(Arc::clone(copy));
        let put = |table, value: &[u8]| {
            let value = Some(shared.vault.mark(table, &key, value));
            StoreChange { table, key: key.clone(), value }
        };
        let whole = bytes_of(copy);
        if copy.header.kind.is_system() {
            self.saves.change(put(StoreTable::System, &whole));
        } else {
            self.saves.change(put(StoreTable::Heads, &encode(&copy.header)));
            self.saves.change(put(StoreTable::Bodies, &whole));
            if copy.header.is_deleted() {
                self.saves.frees(StoreTable::Bodies, key.clone());
            }
        }
        self.saves.copy(copy);
    }

    /// A record is held no longer.
    pub(super) fn drop_stored(&mut self, _: &Shared, id: &RecordId, kind: &RecordType) {
        self.bodies.remove(id);
        let key = key_of(&self.profile.group, id);
        let tables: &[StoreTable] = if kind.is_system() {
            &[StoreTable::System]
        } else {
            &[StoreTable::Heads, StoreTable::Bodies]
        };
        for &table in tables {
            self.saves.change(StoreChange { table, key: key.clone(), value: None });
        }
    }

    pub(super) fn keep_profile(&mut self, shared: &Shared) {
        self.profile.keys = self.keyring.to_give();
        let key = self.profile.group.as_bytes().to_vec();
        let value = shared.vault.mark(StoreTable::Meta, &key, &encode(&self.profile));
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

    /// Asks the store for copies.
    pub(super) fn read_bodies(&mut self, shared: &mut Shared, ids: &[RecordId], what: Loading) {
        let op = shared.io.op_id();
        let keys = ids.iter().map(|id| key_of(&self.profile.group, id)).collect();
        let request = StoreRequest::Read { table: StoreTable::Bodies, keys };
        shared.io.outputs.push_back(Output::Store(op, request));
        self.ops.insert(op, what);
    }

    /// The copies that the store gave back, where they are what this node holds. One that is not is
    /// dropped, so that the next comparison fetches it.
    pub(super) fn check_read(
        &mut self,
        shared: &mut Shared,
        ids: &[RecordId],
        reply: StoreReply,
    ) -> Vec<Option<Arc<Copy>>> {
        let StoreReply::Values(values) = reply else {
            return ids.iter().map(|_| None).collect();
        };
        let mut damaged = 0;
        let mut copies = Vec::with_capacity(ids.len());
        for (id, stored) in ids.iter().zip(values) {
            let held = self.replica.held(id).map(|held| held.name());
            let key = key_of(&self.profile.group, id);
            let value = stored.as_deref();
            let value = value.and_then(|it| shared.vault.check(StoreTable::Bodies, &key, it));
            let copy = value.and_then(copy_of).filter(|copy| held == Some(copy.header.name()));
            // It may have been replaced while it was read; then the newer one is at hand.
            let copy = copy.map(Arc::new).or_else(|| self.bodies.get(id).cloned());
            if copy.is_none() && held.is_some() {
                damaged += 1;
                self.replica.forget(id);
            }
            if let Some(copy) = &copy {
                self.bodies.cache(Arc::clone(copy));
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
        ids: Vec<RecordId>,
        reply: StoreReply,
    ) {
        self.check_read(shared, &ids, reply);
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.loading = false;
        }
    }
}

/// What a record is stored under.
fn key_of(group: &GroupId, id: &RecordId) -> Vec<u8> {
    [&group.as_bytes()[..], &id.as_bytes()[..]].concat()
}

/// A copy as it is stored, which is as it travels.
pub(super) fn bytes_of(copy: &Copy) -> Vec<u8> {
    let frame = GroupFrame::Record { header: copy.header.clone(), body: copy.body.clone() };
    encode_with_capacity(&frame, copy.body.len() + limits::HEADER_BYTES)
}

fn copy_of(value: &[u8]) -> Option<Copy> {
    match decode::<GroupFrame>(value) {
        Ok(GroupFrame::Record { header, body }) => Some(Copy { header, body }),
        _ => None,
    }
}
