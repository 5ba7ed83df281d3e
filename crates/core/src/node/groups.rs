//! The groups of a node: what comes over links and from the store reaches them, and what they have
//! to say reaches links and store.

use alloc::vec::Vec;

use lacis_wire::proof::Role;
use lacis_wire::{Code, GroupId, NodeId};

use super::Node;
use crate::event::{Completion, KeptGroup};
use crate::group::{Group, Seen};
use crate::ids::{OpId, RoomId, Ticket};
use crate::meter::{self, Cost};
use crate::remote::Remote;
use crate::store::StoreReply;
use crate::table::{Table, TableExt};

/// The groups that are open, and who asked the store which there are.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    /// At most [`limits::GROUPS_MAX`].
    pub(crate) open: Table<RoomId, Group>,
    pub(crate) lists: Vec<(OpId, Ticket)>,
}

/// Rounds in which groups, links and places settle what they change for each other.
const ROUNDS_MAX: usize = 4;

impl Node {
    /// Passes on what waits between groups, links and store, for the groups and links of which
    /// something is new. Called after everything that happens.
    pub(crate) fn drive_groups(&mut self) {
        // What one round changes the next one looks at; what is left waits for the next input.
        for _ in 0..ROUNDS_MAX {
            if !self.changes.is_of_groups() && self.group_frames.is_empty() {
                break;
            }
            self.drive_once();
        }
        if core::mem::take(&mut self.changes.presence) {
            self.review_presence();
        }
        if self.changes.take_keeps() {
            self.note_strangers();
        }
    }

    fn drive_once(&mut self) {
        if core::mem::take(&mut self.changes.all) {
            self.groups.open.keys().for_each(|group| self.changes.group(*group));
            self.remotes.keys().for_each(|node| self.changes.writable(*node));
        }
        self.tell_links();
        for (room, node, frame) in core::mem::take(&mut self.group_frames) {
            if let Some(group) = self.groups.open.get_mut(&room) {
                group.on_frame(&mut self.cx, node, &frame);
                self.changes.group(room);
            }
        }
        let changed = core::mem::take(&mut self.changes.groups);
        meter::count(Cost::Group, changed.len());
        let (mut erased, mut over) = (Vec::new(), Vec::new());
        for number in &changed {
            let Some(group) = self.groups.open.get_mut(number) else { continue };
            group.review_sync(&mut self.cx);
            group.flush(&mut self.cx);
            erased.extend(group.erasure().map(|result| (group.id(), result)));
            if group.is_over() {
                self.groups.open.remove(number);
                over.push(*number);
                self.changes.keeps = true;
            }
        }
        for number in over {
            // It may have been connected before it was read: without a group anybody would be
            // heard there.
            self.leave(self.cx.now, number);
        }
        erased.into_iter().for_each(|(id, result)| self.on_erased(id, result));
        if self.changes.signaling {
            let all = self.groups.open.keys().copied().collect::<Vec<_>>();
            self.settle_places(&all);
        } else {
            self.settle_places(&changed);
        }
        self.pump_links(&changed);
        self.admit(&changed);
        self.hear_held(&changed);
    }

    /// What was stored of a group is deleted, or cannot be: whoever wants to open it has waited for
    /// that.
    fn on_erased(&mut self, id: GroupId, result: Result<(), Code>) {
        // It may have been opened and deleted again meanwhile: then that is waited for, too.
        let is_erased = |group: &Group| group.id() == id && group.is_erased();
        if result.is_ok() && self.groups.open.values().any(is_erased) {
            return;
        }
        for (&number, group) in &mut self.groups.open {
            if group.id() != id || group.is_erased() {
                continue;
            }
            match result {
                Ok(()) => group.load(&mut self.cx),
                Err(code) => group.fail_opening(&mut self.cx, code),
            }
            self.changes.group(number);
        }
    }

    /// Which remotes of its room each group has a link to now.
    fn tell_links(&mut self) {
        if !self.changes.take_neighbours() {
            return;
        }
        for (&room, group) in &mut self.groups.open {
            meter::count(Cost::Group, 1);
            let linked = |remote: &Remote| {
                let link = remote.connection.link()?;
                remote.rooms.our_tag(room)?;
                let initiates = link.role() == Role::Offerer;
                Some((remote.node(), link.id(), remote.connection.peer?, initiates))
            };
            let links: Vec<_> = self.remotes.values().filter_map(linked).collect();
            group.on_links(&mut self.cx, &links);
            self.changes.group(room);
        }
    }

    /// Members of groups become visible to the application, or are no longer.
    fn admit(&mut self, changed: &[RoomId]) {
        let mut news = Vec::new();
        for &room in changed {
            let Some(group) = self.groups.open.get_mut(&room) else { continue };
            self.changes.keeps |= group.take_keeps_changed();
            news.extend(group.take_visible().into_iter().map(|(node, is)| (room, node, is)));
        }
        for (room, node, seen) in news {
            self.see(room, node, seen);
        }
    }

    /// Takes note of how a node with a link stands in a group.
    fn see(&mut self, room: RoomId, node: NodeId, seen: Seen) {
        self.changes.presence = true;
        if seen == Seen::Hearing {
            let hears = |remote: &Remote| remote.rooms.word_tag(room).is_some();
            if let Some(broadcast) = self.broadcasts.get_mut(&room)
                && !self.remotes.values().any(hears)
            {
                broadcast.on_first(self.cx.now);
            }
            self.with_remote(node, |remote, env| {
                remote.rooms.release(room);
                remote.pump(env.cx);
            });
            return;
        }
        let is_member = seen == Seen::Member;
        let known = self.signaling.rooms.get_mut(&room);
        let Some(admitted) = known.and_then(|room| room.admitted.as_mut()) else { return };
        let was = admitted.contains(&node);
        admitted.retain(|known| *known != node);
        if is_member {
            admitted.push(node);
        }
        if was == is_member {
            return;
        }
        if is_member {
            // It is there by its link.
            self.note_far(room, node, None);
        }
        // Whom a link is wanted with may be another question now.
        self.changes.connections = true;
        let code = if seen == Seen::Unlinked { Code::LinkLost } else { Code::NotMember };
        self.with_remote(node, |remote, env| {
            if is_member {
                remote.tell_in(env, room);
            } else {
                if seen == Seen::Stranger {
                    let link = remote.connection.link_mut();
                    remote.session.on_room_left(env.cx, link, room, code);
                }
                remote.tell_left(room, code);
            }
        });
    }

    pub(crate) fn groups_timeout(&mut self) {
        for group in self.groups.open.values_mut() {
            group.on_timeout(&mut self.cx);
        }
    }

    pub(crate) fn on_store(&mut self, op: OpId, reply: StoreReply) {
        if self.on_start_stored(op, &reply) {
            return;
        }
        if let Some(at) = self.groups.lists.iter().position(|(asked, _)| *asked == op) {
            let (_, ticket) = self.groups.lists.swap_remove(at);
            return self.on_listed(ticket, reply);
        }
        if reply == StoreReply::Failed(Code::StoreDamaged) {
            for (&number, group) in &mut self.groups.open {
                group.write_anew(&mut self.cx, op);
                self.changes.group(number);
            }
        }
        let mut reply = Some(reply);
        for (&number, group) in &mut self.groups.open {
            let was_open = group.is_open();
            if group.on_store(&mut self.cx, op, &mut reply) {
                self.changes.group(number);
                // Only one that is open is told of links.
                self.changes.neighbours |= group.is_open() != was_open;
                break;
            }
        }
    }

    fn on_listed(&mut self, ticket: Ticket, reply: StoreReply) {
        let cx = &mut self.cx;
        let page = match reply {
            StoreReply::Page(page) => page,
            StoreReply::Failed(code) => return cx.settle(ticket, Err(code)),
            _ => return cx.settle(ticket, Err(Code::Internal)),
        };
        let listed = page.iter().filter_map(|(key, stored)| {
            let id = <[u8; 32]>::try_from(key).ok().map(GroupId)?;
            Group::name_of_stored(cx, key, stored).map(|name| KeptGroup { id, name })
        });
        let groups = listed.collect();
        cx.complete(ticket, Completion::Groups(groups));
    }

    /// Gives what is not written yet to the store, and ends what waits.
    pub(crate) fn close_groups(&mut self) {
        for (_, mut group) in self.groups.open.drain() {
            group.close(&mut self.cx, Code::Closed);
        }
    }

    /// Whether all that groups wrote is stored.
    pub(crate) fn groups_saved(&self) -> bool {
        self.groups.open.values().all(Group::is_saved)
    }
}
