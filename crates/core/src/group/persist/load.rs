//! What of a group is stored, and how it is read when the group is opened.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::codec::{decode, read};
use lacis_wire::record::{CopyName, Header};
use lacis_wire::{Code, limits};

use crate::cx::Cx;
use crate::graph::Copy;
use crate::group::copies::{copy_of, key_of};
use crate::group::persist::profile::Profile;
use crate::group::{Group, GroupEvent, Loading, Opening, Undo};
use crate::ids::OpId;
use crate::io::Output;
use crate::store::{StoreChange, StorePage, StoreReply, StoreRequest, StoreTable};

/// Entries read at once when a group is opened: what has come and is not read yet is in memory too.
const AT_ONCE: usize = limits::PAGE_ENTRIES / 4;

impl Group {
    /// The name of a stored group, for lists.
    pub(crate) fn name_of_stored(
        cx: &Cx,
        key: &[u8],
        stored: &[u8],
    ) -> Option<alloc::string::String> {
        let profile = cx.me.vault.unseal(StoreTable::Meta, key, stored)?;
        decode::<Profile>(&profile).ok().map(|profile| profile.name.to_string())
    }

    /// What the group is opened for.
    pub(crate) fn await_opening(&mut self, opening: Opening) {
        self.half = matches!(opening, Opening::Import(_)).then_some(Undo::Close);
        self.opening.push(opening);
    }

    /// Begins to read what is stored. What is known of the group by other means is merged with
    /// that, and nothing is written before: what is stored is opened, never made anew over it.
    pub(crate) fn load(&mut self, cx: &mut Cx) {
        if !cx.config.store {
            self.half = self.half.map(|_| Undo::Erase);
            return self.loaded(cx);
        }
        let op = cx.op_id();
        let keys = alloc::vec![self.profile.group.as_bytes().to_vec()];
        let request = StoreRequest::Read { table: StoreTable::Meta, keys };
        cx.outputs.push_back(Output::Store(op, request));
        self.ops.insert(op, Loading::Profile);
    }

    /// Whoever waits until the group is open.
    pub(crate) fn when_open(&mut self, cx: &mut Cx, opening: Opening) {
        // It is wanted by others, too.
        self.half = None;
        self.opening.push(opening);
        if self.is_open {
            self.settle_opening(cx);
        }
    }

    fn on_profile(&mut self, cx: &mut Cx, values: Vec<Option<Vec<u8>>>) {
        let Some(stored) = values.into_iter().next().flatten() else {
            // Nobody has the group here yet. Whoever only wanted to open it has nothing to open.
            let is_new = |opening: &Opening| matches!(opening, Opening::Invitation { .. });
            if self.is_only_opened() && !self.opening.iter().any(is_new) {
                return self.fail_opening(cx, Code::GroupUnknown);
            }
            self.half = self.half.map(|_| Undo::Erase);
            self.keep_profile(cx);
            return self.scan(cx, Loading::System, None);
        };
        let key = self.profile.group.as_bytes();
        let value = cx.me.vault.unseal(StoreTable::Meta, key, &stored);
        let Some(profile) = value.and_then(|value| decode::<Profile>(&value).ok()) else {
            return self.fail_opening(cx, Code::StoreDamaged);
        };
        let known = core::mem::replace(&mut self.profile, profile);
        self.meet_also(known.servers());
        let merged = self.profile.clone().merged(known);
        let is_more = merged != self.profile;
        self.profile = merged;
        self.root = self.profile.root.as_ref().map(lacis_wire::proof::signing_key);
        for given in self.profile.keys.clone() {
            self.keyring.restore(given);
        }
        if is_more {
            self.keep_profile(cx);
        }
        self.scan(cx, Loading::System, None);
    }

    pub(in crate::group) fn is_only_opened(&self) -> bool {
        self.profile.chain.is_none()
            && self.profile.invitation.is_none()
            && self.profile.root.is_none()
    }

    /// A new group: there is nothing to read.
    pub(in crate::group) fn open_new(&mut self, cx: &mut Cx) {
        self.is_open = true;
        self.keep_profile(cx);
        self.tell_members(cx);
    }

    fn scan(&mut self, cx: &mut Cx, what: Loading, after: Option<Vec<u8>>) {
        let table = match what {
            Loading::System => StoreTable::System,
            _ => StoreTable::Heads,
        };
        let op = cx.op_id();
        let prefix = self.profile.group.as_bytes().to_vec();
        let limit = AT_ONCE;
        let request = StoreRequest::Scan { table, prefix, after, limit };
        cx.outputs.push_back(Output::Store(op, request));
        self.ops.insert(op, what);
    }

    /// The store answers; says whether the question was this group's.
    pub(crate) fn on_store(
        &mut self,
        cx: &mut Cx,
        op: OpId,
        reply: &mut Option<StoreReply>,
    ) -> bool {
        if let Some(what) = self.ops.remove(&op) {
            let Some(reply) = reply.take() else { return true };
            self.on_loaded(cx, what, reply);
            return true;
        }
        match reply {
            Some(StoreReply::Failed(code)) => self.on_refused(cx, op, *code),
            _ => {
                let Some(written) = self.saves.written(op) else { return false };
                self.on_written(cx, written);
                true
            }
        }
    }

    fn on_refused(&mut self, cx: &mut Cx, op: OpId, code: Code) -> bool {
        let Some(refused) = self.saves.failed(cx, op, code) else { return false };
        for ticket in refused.tickets {
            cx.settle(ticket, Err(code));
        }
        if refused.is_news {
            self.event(cx, GroupEvent::Unsaved { code });
        }
        true
    }

    fn on_loaded(&mut self, cx: &mut Cx, what: Loading, reply: StoreReply) {
        match (what, reply) {
            (Loading::Serve(node, names), reply) => self.on_serving(cx, node, &names, reply),
            (Loading::End(node, name), StoreReply::Values(values)) => {
                let key = key_of(&self.profile.group, &name);
                let stored = values.first().and_then(Option::as_deref);
                let value = stored.and_then(|it| cx.me.vault.check(StoreTable::Heads, &key, it));
                let header = value.and_then(|it| decode::<Header>(it).ok());
                if let Some(header) = header.filter(|it| it.name() == name) {
                    self.say_end(node, header);
                }
            }
            (Loading::End(..), _) => {}
            (Loading::Query { ticket, names }, reply) => {
                self.on_query_loaded(cx, ticket, &names, reply);
            }
            (Loading::Revived(name), reply) => {
                for copy in self.check_read(cx, &[name], reply).into_iter().flatten() {
                    let record = self.reading(&copy);
                    let watches = self.watches.fitting(&record);
                    let event = GroupEvent::Record {
                        record,
                        is_new: false,
                        is_own: false,
                        from: None,
                        watches,
                    };
                    self.event(cx, event);
                }
            }
            (Loading::Rewrite(names), reply) => self.on_rewriting(cx, names, reply),
            (Loading::Profile, StoreReply::Values(values)) => self.on_profile(cx, values),
            (what @ (Loading::System | Loading::Heads), StoreReply::Page(page)) => {
                self.on_page(cx, what, &page);
            }
            (Loading::Profile | Loading::System | Loading::Heads, StoreReply::Failed(code)) => {
                self.fail_opening(cx, code);
            }
            (Loading::Profile | Loading::System | Loading::Heads, _) => {
                self.fail_opening(cx, Code::Internal);
            }
        }
    }

    /// What is stored could not be read: the group does not open, and nothing is written over it.
    pub(crate) fn fail_opening(&mut self, cx: &mut Cx, code: Code) {
        self.is_unreadable = true;
        self.saves.drain(cx, code);
        for opening in core::mem::take(&mut self.opening) {
            cx.settle(opening.ticket(), Err(code));
        }
    }

    fn settle_opening(&mut self, cx: &mut Cx) {
        for opening in core::mem::take(&mut self.opening) {
            match opening {
                Opening::Ticket(ticket) | Opening::Import(ticket) => cx.settle(ticket, Ok(())),
                Opening::Invitation { ticket, invitation, patience, looks } if looks => {
                    self.preview(cx, ticket, &invitation, patience);
                }
                Opening::Invitation { ticket, invitation, patience, .. } => {
                    self.use_invitation(cx, ticket, *invitation, patience);
                }
            }
        }
    }

    /// A record has come back, and its body is in the store.
    pub(in crate::group) fn tell_from_store(&mut self, cx: &mut Cx, name: CopyName) {
        self.read_bodies(cx, &[name], Loading::Revived(name));
    }

    fn on_page(&mut self, cx: &mut Cx, what: Loading, page: &StorePage) {
        let (mut count, mut last) = (0, None);
        for (key, stored) in page.iter() {
            (count, last) = (count + 1, Some(key));
            let fine = match what {
                Loading::System => self.restore_system(cx, key, stored),
                _ => self.restore_head(cx, key, stored),
            };
            if !fine {
                self.damaged += 1;
                let table = match what {
                    Loading::System => StoreTable::System,
                    _ => StoreTable::Heads,
                };
                self.saves.change(StoreChange { table, key: key.to_vec(), value: None });
            }
        }
        let full = count >= AT_ONCE;
        let last = last.map(<[u8]>::to_vec);
        match (what, full) {
            (what, true) => self.scan(cx, what, last),
            (Loading::System, false) => self.scan(cx, Loading::Heads, None),
            _ => self.loaded(cx),
        }
    }

    fn restore_head(&mut self, cx: &Cx, key: &[u8], stored: &[u8]) -> bool {
        let value = cx.me.vault.check(StoreTable::Heads, key, stored);
        // What the store vouches for was judged when it came, and is written under its name.
        let header = value.and_then(|value| read::<Header>(value).ok());
        let Some((header, name)) = header.zip(key.last_chunk()) else { return false };
        self.replica.restore(&header, &CopyName::from_bytes(name));
        true
    }

    fn restore_system(&mut self, cx: &mut Cx, key: &[u8], stored: &[u8]) -> bool {
        let value = cx.me.vault.check(StoreTable::System, key, stored);
        let Some(copy) = value.and_then(copy_of) else { return false };
        self.replica.restore_system(copy);
        true
    }

    fn loaded(&mut self, cx: &mut Cx) {
        let now = self.now(cx);
        self.replica.settle_restored(now);
        self.properties_changed(cx);
        self.servers_changed(cx);
        self.is_open = true;
        self.expire(cx);
        self.tell_changes(cx, None);
        self.choose_chain(cx);
        self.open_keys(cx);
        self.note_unheard(cx.now);
        self.keys_changed(cx);
        if self.damaged > 0 {
            let count = core::mem::take(&mut self.damaged);
            self.event(cx, GroupEvent::Damaged { count });
        }
        self.tell_members(cx);
        self.settle_opening(cx);
    }

    /// Keys that key records hold for us and that are not stored: a crash may have come between.
    fn open_keys(&mut self, cx: &mut Cx) {
        let copies: Vec<Arc<Copy>> =
            self.replica.system_of(lacis_wire::system::KEY).cloned().collect();
        for copy in copies {
            if let Ok(part) = decode(&copy.body) {
                self.open_key(cx, &copy.header, &part);
            }
        }
    }
}
