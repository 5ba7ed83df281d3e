//! What goes over links: streams and the groups share bulk, of which nothing is made before the
//! link takes it.

use super::Node;
use super::changes::Changes;
use crate::connect::Link;
use crate::cx::Cx;
use crate::group::Group;
use crate::ids::RoomId;
use crate::meter::{self, Cost};
use crate::remote::Remote;
use crate::session::{Session, SharedRooms};
use crate::table::{Table, TableExt};

/// One link, and those who have something to say over it.
struct Shared<'a> {
    cx: &'a mut Cx,
    session: &'a mut Session,
    rooms: &'a SharedRooms,
    /// At most [`limits::GROUPS_MAX`](lacis_wire::limits::GROUPS_MAX).
    groups: &'a mut Table<RoomId, Group>,
    changes: &'a mut Changes,
}

impl Node {
    /// Sends what waits in the groups that changed, and over the links that take more.
    pub(super) fn pump_links(&mut self, changed: &[RoomId]) {
        let writable = core::mem::take(&mut self.changes.writable);
        if changed.is_empty() && writable.is_empty() {
            return;
        }
        for remote in self.remotes.values_mut() {
            let is_writable = writable.contains(&remote.node());
            let Remote { connection, session, rooms, .. } = remote;
            let Some(link) = connection.link_mut() else { continue };
            let (cx, groups) = (&mut self.cx, &mut self.groups.open);
            let mut shared = Shared { cx, session, rooms, groups, changes: &mut self.changes };
            shared.pump(link, |room| is_writable || changed.contains(&room));
        }
    }
}

impl Shared<'_> {
    /// Sends as much as the link takes, of streams and of groups of which something is due.
    fn pump(&mut self, link: &mut Link, is_due: impl Fn(RoomId) -> bool) {
        let node = self.session.node;
        for (&room, group) in self.groups.iter_mut().filter(|(room, _)| is_due(**room)) {
            let Some(tag) = self.rooms.our_tag(room) else { continue };
            meter::count(Cost::Group, 1);
            group.pump_live(self.cx, node, tag, link);
            self.changes.group_timer(room);
        }
        // As many have said nothing one after the other.
        let mut silent = 0;
        let mut has_sent = false;
        while link.takes_bulk() && silent <= self.groups.len() {
            let before = link.channels.sent_on_bulk();
            match link.turn() {
                None => self.session.pump_streams(self.cx, link, self.rooms),
                // Any group may have waited for another to end what it said.
                Some(room) if has_sent || is_due(room) => self.speak(room, link),
                Some(_) => {}
            }
            let is_silent = link.channels.sent_on_bulk() == before;
            silent = if is_silent { silent + 1 } else { 0 };
            has_sent |= !is_silent;
            // Whoever the link stops goes on when it takes more.
            if link.takes_bulk() || link.is_turn_over() {
                let turn = link.turn();
                let next = self.groups.keys().copied().find(|room| Some(*room) > turn);
                link.pass_turn(next);
            }
        }
    }

    fn speak(&mut self, room: RoomId, link: &mut Link) {
        let tag = self.rooms.our_tag(room);
        let group = self.groups.get_mut(&room);
        if let (Some(tag), Some(group)) = (tag, group) {
            meter::count(Cost::Group, 1);
            group.pump(self.cx, self.session.node, tag, link);
            self.changes.group_timer(room);
        }
    }
}
