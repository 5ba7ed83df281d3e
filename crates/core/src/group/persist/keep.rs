//! What of a group is written, and what is deleted.

use alloc::sync::Arc;

use lacis_wire::Code;
use lacis_wire::codec::encode;
use lacis_wire::record::{CopyName, RecordType};

use crate::cx::Cx;
use crate::graph::Copy;
use crate::group::copies::{bytes_of, key_of};
use crate::group::persist::write_queue::Written;
use crate::group::{Group, GroupEvent};
use crate::ids::{OpId, Ticket};
use crate::store::{StoreChange, StoreTable};

impl Group {
    /// A copy was taken: it stays at hand until it is stored.
    pub(in crate::group) fn keep(&mut self, cx: &Cx, copy: &Arc<Copy>, name: CopyName) {
        let key = key_of(&self.profile.group, &name);
        let is_whole = copy.header.matches_body(&copy.body);
        if is_whole {
            self.bodies.pin(name, Arc::clone(copy));
        }
        let put = |table, value: &[u8]| {
            let value = Some(cx.me.vault.mark(table, &key, value));
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
    pub(in crate::group) fn drop_stored(
        &mut self,
        name: &CopyName,
        kind: &RecordType,
        keeps_header: bool,
    ) {
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

    pub(in crate::group) fn keep_profile(&mut self, cx: &mut Cx) {
        // Whoever only looks at an invitation keeps nothing.
        if self.is_unreadable || self.is_only_opened() {
            return;
        }
        self.profile.keys = self.keyring.all();
        let key = self.profile.group.as_bytes().to_vec();
        let nonce = cx.random();
        let profile = encode(&self.profile);
        let value = cx.me.vault.seal(StoreTable::Meta, &key, &profile, nonce);
        self.saves.change(StoreChange { table: StoreTable::Meta, key, value: Some(value) });
    }

    /// Deletes everything that is stored of the group. The ticket settles when that is done.
    pub(crate) fn erase(&mut self, cx: &mut Cx, ticket: Option<Ticket>) {
        // By its prefix: there may be more of it in the store than is known here.
        let prefix = self.profile.group.as_bytes().to_vec();
        ticket.into_iter().for_each(|ticket| cx.tickets.open(ticket));
        self.saves.forget_changes(cx);
        self.close(cx, Code::Left);
        // What is still being read of it opens nothing any more.
        self.ops.clear();
        (self.is_open, self.is_erased) = (false, true);
        self.saves.erase(prefix, ticket);
    }

    /// Whether everything that is stored of it is being deleted.
    pub(crate) const fn is_erased(&self) -> bool {
        self.is_erased
    }

    /// What the deletion of all that is stored of it came to, if it was asked for and has.
    pub(crate) fn erasure(&self) -> Option<Result<(), Code>> {
        let refused = self.saves.refusal().map(Err);
        refused.or_else(|| self.saves.is_idle().then_some(Ok(()))).filter(|_| self.is_erased)
    }

    /// The store was found empty below what is known here: all of it is written anew. What was in
    /// the store only is fetched from others again.
    pub(crate) fn write_anew(&mut self, cx: &mut Cx, op: OpId) {
        if !self.is_open || !self.saves.begin_anew(cx, op) {
            return;
        }
        self.keep_profile(cx);
        let mut count = 0;
        for (name, _) in self.replica.all_names() {
            let whole = self.replica.whole(&name).cloned();
            match self.bodies.get(&name).cloned().or(whole) {
                Some(copy) => self.keep(cx, &copy, name),
                None => {
                    self.replica.forget_version(&name);
                    count += 1;
                }
            }
        }
        self.replica.settle();
        self.tell_changes(cx, None);
        self.event(cx, GroupEvent::Damaged { count });
        self.compare_soon(cx);
    }

    /// Hands what changed to the store.
    pub(crate) fn flush(&mut self, cx: &mut Cx) {
        while let Some(written) = self.saves.flush(cx) {
            self.on_written(cx, written);
        }
        self.review_arrival(cx);
    }

    pub(in crate::group) fn on_written(&mut self, cx: &mut Cx, written: Written) {
        // Without a store, memory is all there is.
        if cx.config.store {
            for (name, copy) in &written.copies {
                self.bodies.stored(name, copy);
            }
        }
        for ticket in written.tickets {
            cx.settle(ticket, Ok(()));
        }
        if written.recovered {
            self.event(cx, GroupEvent::Saved);
        }
    }
}
