//! Who the members are, as far as they are known, and as the application is told.

use alloc::vec::Vec;

use lacis_wire::PeerId;
use lacis_wire::record::RecordType;
use lacis_wire::system::INVITATION;

use crate::cx::Cx;
use crate::group::{Group, GroupEvent, GroupMember, Neighbour};

/// Members that are looked at in one go: some 10 ms in a browser.
const SLICE: usize = 256;

/// Where this node is with looking at all members, some at a time.
#[derive(Debug)]
pub(in crate::group) struct Telling {
    next: PeerId,
    left: usize,
}

impl Telling {
    pub(in crate::group) const NONE: Self = Self { next: PeerId([0; 32]), left: 0 };

    pub(in crate::group) const fn is_over(&self) -> bool {
        self.left == 0
    }

    /// A record came or went. If it is an open invitation, that is told with the last members.
    pub(in crate::group) fn on_record(&mut self, kind: &RecordType) {
        if kind.as_str() == INVITATION {
            self.on_invitations();
        }
    }

    /// Open invitations are others than before, or those who came by them.
    fn on_invitations(&mut self) {
        self.left = self.left.max(1);
    }
}

impl Group {
    /// The members, as far as they are known, this identity first.
    pub(crate) fn members(&self, cx: &Cx) -> Vec<GroupMember> {
        let subjects = || self.replica.members().subjects().copied();
        let own = subjects().filter(|peer| *peer == cx.me.peer);
        let others = subjects().filter(|peer| *peer != cx.me.peer);
        own.chain(others).map(|peer| self.member(cx, peer)).collect()
    }

    fn member(&self, cx: &Cx, peer: PeerId) -> GroupMember {
        let now = self.now(cx);
        let members = self.replica.members();
        let here = |neighbour: &Neighbour| neighbour.peer == peer && neighbour.is_introduced();
        GroupMember {
            peer,
            roles: members.roles(&peer, now),
            until: members.until(&peer, now).unwrap_or(now),
            present: self.neighbours.values().any(here) || self.far.values().any(|it| *it == peer),
        }
    }

    /// Tells the application of all members that are others than they were: of this identity and
    /// some others at once, of more soon.
    pub(in crate::group) fn tell_members(&mut self, cx: &mut Cx) {
        if !self.is_open {
            return;
        }
        self.door.look_again();
        let members = self.replica.members();
        if members.knows(&cx.me.peer) {
            self.tell_member(cx, self.member(cx, cx.me.peer));
        }
        self.telling.left = self.replica.members().subjects().count();
        self.tell_some(cx);
    }

    /// Goes on with that where it stopped.
    pub(in crate::group) fn tell_some(&mut self, cx: &mut Cx) {
        if self.telling.is_over() || !self.is_open {
            return;
        }
        let Telling { next, left } = self.telling;
        let all = || self.replica.members().subjects();
        let round = all().filter(|peer| **peer >= next).chain(all().filter(|peer| **peer < next));
        let mut some: Vec<PeerId> = round.take(left.min(SLICE) + 1).copied().collect();
        self.telling.left = left.saturating_sub(SLICE);
        if some.len() > left.min(SLICE) {
            self.telling.next = some.pop().unwrap_or(next);
        }
        for peer in some {
            self.tell_member(cx, self.member(cx, peer));
        }
        if self.telling.is_over() {
            self.tell_invitations(cx);
        }
    }

    /// Tells the application of those who changed since it was told last. Where only credentials
    /// are new, as when somebody comes into a large group, nobody else is looked at.
    pub(in crate::group) fn tell_changed(&mut self, cx: &mut Cx) {
        let changed = core::mem::take(&mut self.changed);
        if core::mem::take(&mut self.members_changed) {
            return self.tell_members(cx);
        }
        if !self.is_open {
            return;
        }
        let members = self.replica.members();
        let came = changed.keys().any(|peer| !members.invitations_of(peer).is_empty());
        for peer in changed.keys() {
            let member = self.member(cx, *peer);
            self.tell_member(cx, member);
        }
        if came {
            self.telling.on_invitations();
        }
    }

    /// Tells the application of somebody who came or went.
    pub(in crate::group) fn tell_member_of(&mut self, cx: &mut Cx, peer: PeerId) {
        if self.is_open && self.replica.members().knows(&peer) {
            self.tell_member(cx, self.member(cx, peer));
        }
        self.door.look_again();
    }

    fn tell_member(&mut self, cx: &mut Cx, member: GroupMember) {
        let until = member.roles.map(|_| member.until);
        let state = (member.roles, until, member.present);
        if self.told.insert(member.peer, state) != Some(state) {
            self.event(cx, GroupEvent::Member(member));
        }
    }

    /// Tells the application that the open invitations, or those who came by them, are others.
    fn tell_invitations(&mut self, cx: &mut Cx) {
        let open = self.invitations().into_iter().map(|info| (info.id, info.used_by.len()));
        let open: Vec<_> = open.collect();
        if open != self.told_invitations {
            self.told_invitations = open;
            // One that is of use only here may be among them.
            self.door.look_again();
            self.event(cx, GroupEvent::Invitations);
        }
    }
}
