//! What this node wrote and nobody takes as it is, written anew: by a clock that was ahead, under a
//! key that is old, or while it was shut out and did not know.

use alloc::vec::Vec;

use lacis_wire::record::{CopyName, Header};
use lacis_wire::{Millis, Roles};

use crate::cx::Cx;
use crate::graph::Copy;
use crate::group::time::clocks_ahead;
use crate::group::{Group, GroupEvent, Loading};
use crate::rule::Rule;
use crate::store::StoreReply;

/// Bodies that are read at once.
const PAGE: usize = 64;

impl Group {
    /// Whether this node was ahead when it wrote, by what is certain now: its own clock, or that of
    /// several members.
    pub(in crate::group) fn rewrite_ahead(&mut self, cx: &mut Cx) {
        if !self.is_open || !Rule::Rewrites.holds() {
            return;
        }
        let bound = clocks_ahead(self.surest_time(cx));
        self.rewrite_all(cx, self.replica.dated_after(&cx.me.peer, bound));
    }

    /// Writes anew what this node wrote before it heard that it was shut out, once it is let in
    /// again: whoever did that cannot have seen it, and nobody else may be offered it. And what it
    /// sealed for want of a better key, now that there is one.
    pub(in crate::group) fn rewrite_unseen(&mut self, cx: &mut Cx) {
        if !self.is_open || self.own_roles(cx).is_none() || !Rule::RewritesUnseen.holds() {
            return;
        }
        let mut names = self.replica.unseen(&cx.me.peer, self.now(cx));
        let (replica, is_old) = (&self.replica, self.rotation.told_old);
        // What is set aside now may be live again later.
        self.rotation.sealed_old.retain(|id| {
            if is_old {
                return true;
            }
            let own = replica.held(id).filter(|held| *held.author() == cx.me.peer);
            let Some(held) = own else { return true };
            names.extend((!held.is_deleted && !held.has_ended).then(|| held.name()));
            false
        });
        self.rewrite_all(cx, names);
    }

    fn rewrite_all(&mut self, cx: &mut Cx, names: Vec<CopyName>) {
        let mut stored = Vec::new();
        for name in names {
            match self.at_hand(&name) {
                Some(copy) => self.rewrite(cx, &copy),
                None => stored.push(name),
            }
        }
        if !stored.is_empty() && cx.config.store {
            let page = stored.get(..PAGE).unwrap_or(&stored).to_vec();
            self.read_bodies(cx, &page, Loading::Rewrite(stored));
        }
    }

    /// The first of these were read.
    pub(in crate::group) fn on_rewriting(
        &mut self,
        cx: &mut Cx,
        mut names: Vec<CopyName>,
        reply: StoreReply,
    ) {
        let rest = names.split_off(names.len().min(PAGE));
        let copies = self.check_read(cx, &names, reply);
        for (name, copy) in names.iter().zip(copies) {
            // Another version has its place meanwhile, perhaps the one that was written anew.
            if let Some(copy) = copy.filter(|copy| copy.header.name() == *name) {
                self.rewrite(cx, &copy);
            }
        }
        self.rewrite_all(cx, rest);
    }

    /// Writes anew what a clock of ours that was ahead dated further ahead than others take: under
    /// another date, and where its birth was ahead, as another record in its place.
    pub(in crate::group) fn rewrite(&mut self, cx: &mut Cx, copy: &Copy) {
        let held = &copy.header;
        // A date that is to be corrected is no reason for the next one to be as late.
        let surest = self.surest_time(cx);
        let is_ahead = held.modified > clocks_ahead(surest);
        let now = if is_ahead { surest } else { self.writing_time(cx, Millis(0)) };
        let is_born_anew = held.creator == cx.me.peer && held.created > now;
        let lasts = if is_born_anew { Millis(0) } else { held.latest };
        let right = self.writing_right(cx, Roles::may_write, lasts);
        let Ok((credential, until)) = right else { return };
        let mut header = held.clone();
        header.credential = Some(credential);
        let floor = Header::modified_min(held.created, held.version.saturating_add(1));
        if is_born_anew {
            let birth = self.birth(cx, cx.me.peer, held.kind.clone(), Some(credential));
            // It lasts as long as it would have.
            let later = |at: Millis| {
                let span = at.0.saturating_sub(held.created.0);
                if at == Millis::MAX { at } else { Millis(now.0.saturating_add(span)) }
            };
            header = Header {
                latest: later(held.latest).min(until),
                expires: later(held.expires).min(until),
                replaces: Some(held.id),
                flags: held.flags,
                key: held.key,
                created: now,
                modified: now,
                ..birth
            };
            header.id = header.born_as();
        } else if floor <= now {
            header.version = held.version.saturating_add(1);
            header.modifier = Some(cx.me.peer);
            header.modified = now;
        } else {
            return;
        }
        let (old, new) = (held.id, header.id);
        let body = match header.key {
            Some(_) if !self.may_seal() => {
                self.rotation.keep_sealed(held.id);
                self.rewrites_due = true;
                return;
            }
            Some(_) => {
                let Some(body) = self.open_body(copy) else { return };
                let Some((name, key)) = self.sealing_key() else { return };
                header.key = Some(name);
                let Some(place) = self.place(&header) else { return };
                body.seal(key, &place, cx.random())
            }
            None => copy.body.clone(),
        };
        if self.publish(cx, None, header, body, None).is_ok() {
            self.note_sealed(new);
            self.event(cx, GroupEvent::Rewritten { old, new });
        }
    }
}
