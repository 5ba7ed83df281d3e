//! Versions of records on their way in: to the replica, the store, the application and the
//! neighbours.

use alloc::sync::Arc;

use lacis_wire::group::GivenKey;
use lacis_wire::keys::{KeyPart, Meeting};
use lacis_wire::record::CopyName;
use lacis_wire::record::Header;
use lacis_wire::system::System;
use lacis_wire::{Code, NodeId};

use super::Group;
use crate::cx::Cx;
use crate::event::Event;
use crate::event::GroupEvent;
use crate::graph::{Copy, Offered, Outcome, Refusal};

impl Group {
    /// Takes a version from anywhere; `is_signed` says whether its author signed it, if that is
    /// known.
    pub(crate) fn take(
        &mut self,
        cx: &mut Cx,
        copy: Copy,
        from: Option<NodeId>,
        is_signed: Option<bool>,
    ) -> Outcome {
        let name = copy.header.name();
        self.take_named(cx, (copy, name), from, is_signed)
    }

    pub(super) fn take_named(
        &mut self,
        cx: &mut Cx,
        copy: (Copy, CopyName),
        from: Option<NodeId>,
        is_signed: Option<bool>,
    ) -> Outcome {
        let outcome = self.take_one(cx, copy, from, is_signed);
        self.take_ready(cx);
        self.tell_changed(cx);
        outcome
    }

    /// Takes what waited and can be judged now.
    pub(super) fn take_ready(&mut self, cx: &mut Cx) {
        while let Some(ready) = self.replica.poll_ready() {
            let name = ready.header.name();
            // What waits was signed by its author: nothing else is kept.
            self.take_one(cx, (ready, name), None, Some(true));
        }
    }

    pub(super) fn take_one(
        &mut self,
        cx: &mut Cx,
        (copy, name): (Copy, CopyName),
        from: Option<NodeId>,
        is_signed: Option<bool>,
    ) -> Outcome {
        let is_own = *copy.header.author() == cx.me.peer;
        if !is_own {
            let offered = Offered::named(&copy, name).signed(is_signed);
            if let Some(outcome) = self.hold_for_approval(cx, offered, from) {
                return outcome;
            }
        }
        self.take_approved(cx, (copy, name), from, is_signed)
    }

    pub(super) fn take_approved(
        &mut self,
        cx: &mut Cx,
        (copy, name): (Copy, CopyName),
        from: Option<NodeId>,
        is_signed: Option<bool>,
    ) -> Outcome {
        let now = self.now(cx);
        let offered = Offered::named(&copy, name).signed(is_signed);
        let outcome = self.replica.offer_known(now, offered);
        if let Outcome::Taken | Outcome::Beaten | Outcome::SetAside = outcome {
            let copy = Arc::new(copy);
            self.approvals.note_taken(copy.header.length);
            self.keep(cx, &copy, name);
            if outcome == Outcome::Taken {
                self.telling.on_record(&copy.header.kind);
                self.apply(cx, &copy);
                let is_own = from.is_none() && *copy.header.author() == cx.me.peer;
                self.spread(cx, name, (from, is_own, copy.header.kind.is_system()));
            }
        } else if let (Outcome::Refused(refusal), Some(node)) = (outcome, from) {
            // A name says nothing of the body that came with it; and what has no place today may
            // have one once others gave theirs away.
            let may_be_right =
                matches!(refusal, Refusal::Body | Refusal::OverBudget | Refusal::Replaced);
            if !may_be_right {
                self.rejected.push_out(name);
            }
            cx.event(Event::Warning { code: Code::Protocol, node: Some(node) });
        }
        let giver = from.and_then(|node| self.neighbours.get(&node)).map(|it| it.peer);
        self.tell_changes(cx, giver);
        outcome
    }

    /// What a system record means for this node itself.
    pub(super) fn apply(&mut self, cx: &mut Cx, copy: &Copy) {
        let header = &copy.header;
        if !header.kind.is_system() || header.is_deleted() {
            return;
        }
        if !header.is_known_format() {
            return self.event(cx, GroupEvent::UpdateNeeded);
        }
        match System::decode(&header.kind, &copy.body) {
            Ok(Some(System::Key(part))) => self.open_key(cx, header, &part),
            Ok(Some(System::Group(_))) => self.properties_changed(cx),
            _ => {}
        }
    }

    /// A part of a key record may hold the key for us.
    pub(super) fn open_key(&mut self, cx: &mut Cx, header: &Header, part: &KeyPart) {
        let group = self.profile.group;
        let name = part.name(&group, header.author());
        let mut is_new = false;
        if let Ok(key) = part.open(&group, header.author(), &cx.me.key) {
            is_new |= self.keyring.insert(self.replica.keys(), GivenKey { name, key });
        }
        if let Ok(key) = part.open_meeting(&group, header.author(), &cx.me.key) {
            is_new |= self.keep_meeting(GivenKey { name, key });
        }
        if is_new {
            self.unlocked(cx);
        }
    }

    /// Keeps a key that opens where members meet; says whether it is new.
    pub(super) fn keep_meeting(&mut self, given: GivenKey) -> bool {
        let is_new = self.profile.meetings.iter().all(|it| it.name != given.name);
        let Some(record) = self.replica.keys().get(&given.name) else {
            // It comes behind its key.
            self.keyring.keep_meeting(given);
            return false;
        };
        let opens = record.parts().all(|part| Meeting::open(&given.key, &part.meeting).is_some());
        if is_new && opens {
            self.profile.meetings.push(given);
        }
        is_new && opens
    }
}
