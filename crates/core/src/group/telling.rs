//! What the application hears of records and members.

use alloc::vec::Vec;

use lacis_wire::body::{Body, Place};
use lacis_wire::record::Header;
use lacis_wire::{PeerId, RecordId};

use super::Group;
use crate::cx::Cx;
use crate::event::{GroupEvent, Record};
use crate::graph::{Change, Copy};
use crate::meter::{self, Cost};
use crate::table::{Table, TableExt};

impl Group {
    /// Of our own chains the best is used from now on.
    pub(super) fn choose_chain(&mut self, cx: &mut Cx) {
        let members = self.replica.members();
        let best = members.best(&cx.me.peer, self.rights_time(cx));
        let best = best.and_then(|id| members.chain(&id));
        if let Some(best) = best.filter(|best| self.profile.chain.as_ref() != Some(best)) {
            self.profile.chain = Some(best);
            self.door.look_again();
            self.keep_profile(cx);
            self.introduce(cx);
            self.rewrites_due = true;
        }
    }

    /// Tells the application what the replica says has changed, and who gave what is new.
    pub(super) fn tell_changes(&mut self, cx: &mut Cx, from: Option<PeerId>) {
        let (mut keys_changed, mut rights_changed) = (false, false);
        let mut set_aside: Table<PeerId, usize> = Table::new();
        while let Some(change) = self.replica.poll_change() {
            match change {
                Change::Record { id, is_new } => self.tell_record(cx, id, is_new, from),
                Change::Gone { id, kind } => {
                    self.telling.on_record(&kind);
                    self.event(cx, GroupEvent::Gone { id, kind });
                }
                Change::Erased { name, kind, keeps_header } => {
                    self.drop_stored(&name, &kind, keeps_header);
                }
                Change::Lost { id, author, code } if author == cx.me.peer => {
                    self.event(cx, GroupEvent::Rejected { id, code });
                }
                Change::Lost { .. } => {}
                Change::SetAside { author, name } => {
                    if author == cx.me.peer {
                        let (id, code) = (name.id, self.why_none(cx));
                        self.event(cx, GroupEvent::Rejected { id, code });
                    }
                    let count = set_aside.get(&author).copied().unwrap_or_default();
                    set_aside.insert(author, count + 1);
                }
                Change::Keys => keys_changed = true,
                Change::Servers => self.servers_changed(cx),
                Change::Member(subject) => {
                    if subject == cx.me.peer {
                        self.choose_chain(cx);
                    }
                    self.door.on_ends();
                    self.changed.insert(subject, ());
                }
                Change::Rights => rights_changed = true,
            }
        }
        if rights_changed {
            self.rights_changed(cx);
        }
        for (author, count) in set_aside.drain() {
            self.event(cx, GroupEvent::SetAside { author, count });
        }
        if keys_changed {
            self.note_unheard(cx.now);
        }
        if self.members_changed {
            self.review(cx);
            self.spread_keys(cx);
        }
        if keys_changed {
            self.keys_changed(cx);
        }
        if self.rewrites_due {
            self.write_drafts(cx);
        }
    }

    /// Rights are others than before; of many that have changed at once this is done once.
    fn rights_changed(&mut self, cx: &mut Cx) {
        self.order_keys();
        self.choose_chain(cx);
        self.rewrites_due |= !self.rotation.sealed_old.is_empty();
        self.members_changed = true;
        self.door.on_ends();
    }

    pub(super) fn tell_record(
        &mut self,
        cx: &mut Cx,
        id: RecordId,
        is_new: bool,
        from: Option<PeerId>,
    ) {
        let Some(held) = self.replica.held(&id) else { return };
        let name = held.name();
        let Some(copy) = self.at_hand(&name) else {
            // It has come back from aside: its body is in the store.
            return self.tell_from_store(cx, name);
        };
        let is_own = *copy.header.author() == cx.me.peer;
        let written = self.sealed_last.take_if(|(nonce, _)| copy.body.starts_with(nonce));
        let record = match written {
            Some((_, body)) => Record { header: copy.header.clone(), body: Some(body) },
            None => self.reading(&copy),
        };
        let watches = self.watches.fitting(&record);
        let event = GroupEvent::Record { record, is_new, is_own, from, watches };
        self.event(cx, event);
    }

    /// A copy as the application reads it.
    pub(super) fn reading(&self, copy: &Copy) -> Record {
        Record { header: copy.header.clone(), body: self.open_body(copy) }
    }

    pub(super) fn open_body(&self, copy: &Copy) -> Option<Body> {
        let header = &copy.header;
        if header.is_deleted() {
            return None;
        }
        if header.kind.is_system() {
            return Some(Body { attributes: Vec::new(), data: copy.body.clone() });
        }
        if !header.is_known_format() {
            return None;
        }
        meter::count(Cost::Opened, 1);
        self.keyring.open(&self.place(header)?, &copy.body)
    }

    pub(super) fn place(&self, header: &Header) -> Option<Place> {
        let (group, key) = (self.profile.group, header.key?);
        Some(Place { group, id: header.id, version: header.version, key })
    }
}
