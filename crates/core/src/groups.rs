//! The groups of a node: what comes over links and from the store reaches them, and what they have
//! to say reaches links and store.

use alloc::vec::Vec;

use lacis_wire::proof::Role;
use lacis_wire::{Code, GroupId};

use crate::group::{Group, KeptGroup};
use crate::io::{Event, OpId, RoomId, Ticket};
use crate::node::Node;
use crate::remote::Remote;
use crate::store::StoreReply;
use crate::table::{Table, TableExt};

/// The groups that are open, and what the store is asked about others.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) open: Table<RoomId, Group>,
    pub(crate) asked: Table<OpId, Asked>,
}

/// What the store is asked about groups that are not open.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Which there are.
    List(Ticket),
}

impl Node {
    /// Passes on what waits between groups, links and store. Called after everything that happens.
    pub(crate) fn tend_groups(&mut self) {
        if self.groups.open.is_empty() {
            self.shared.group_frames.clear();
            return self.note_strangers();
        }
        self.tell_links();
        for (room, node, frame) in core::mem::take(&mut self.shared.group_frames) {
            if let Some(group) = self.groups.open.get_mut(&room) {
                group.on_frame(&mut self.shared, node, &frame);
            }
        }
        for group in self.groups.open.values_mut() {
            group.review_sync(&mut self.shared);
            group.flush(&mut self.shared);
        }
        self.groups.open.retain(|_, group| !group.is_over());
        self.settle_places();
        self.pump_groups();
        self.heed_admissions();
        self.note_strangers();
    }

    /// Which remotes of its room each group has a link to now.
    fn tell_links(&mut self) {
        for (&room, group) in &mut self.groups.open {
            let linked = |remote: &Remote| {
                let link = remote.link.as_ref()?;
                remote.our_tag(room)?;
                Some((remote.node, link.id, remote.peer?, link.role == Role::Offerer))
            };
            let links: Vec<_> = self.remotes.values().filter_map(linked).collect();
            group.on_links(&mut self.shared, &links);
        }
    }

    fn pump_groups(&mut self) {
        for (&room, group) in &mut self.groups.open {
            for remote in self.remotes.values_mut() {
                let Some(tag) = remote.our_tag(room) else { continue };
                if let Some(link) = &mut remote.link {
                    group.pump(&mut self.shared, remote.node, tag, link);
                }
            }
        }
    }

    /// Members of groups become visible to the application, or cease to be.
    fn heed_admissions(&mut self) {
        for (room, node, is_member) in core::mem::take(&mut self.shared.admissions) {
            let Some(admitted) =
                self.shared.rooms.get_mut(&room).and_then(|room| room.admitted.as_mut())
            else {
                continue;
            };
            let was = admitted.contains(&node);
            admitted.retain(|known| *known != node);
            if is_member {
                admitted.push(node);
            }
            if was == is_member {
                continue;
            }
            self.with_remote(node, |remote, shared| {
                if is_member {
                    remote.tell_in(shared, room);
                } else {
                    remote.tell_left(shared, room, Code::NotMember);
                }
            });
        }
    }

    pub(crate) fn groups_timeout(&mut self) {
        for group in self.groups.open.values_mut() {
            group.on_timeout(&mut self.shared);
        }
    }

    pub(crate) fn on_store(&mut self, op: OpId, reply: StoreReply) {
        if self.on_start_stored(op, &reply) {
            return;
        }
        if let Some(asked) = self.groups.asked.remove(&op) {
            return self.on_asked(asked, reply);
        }
        if reply == StoreReply::Failed(Code::StoreDamaged) {
            for group in self.groups.open.values_mut() {
                group.write_anew(&mut self.shared, op);
            }
        }
        let mut reply = Some(reply);
        for group in self.groups.open.values_mut() {
            if group.on_store(&mut self.shared, op, &mut reply) {
                break;
            }
        }
    }

    fn on_asked(&mut self, asked: Asked, reply: StoreReply) {
        let shared = &mut self.shared;
        match (asked, reply) {
            (Asked::List(ticket), StoreReply::Page(page)) => {
                let mut groups = Vec::new();
                for (key, stored) in page {
                    let name = Group::name_of_stored(shared, &key, &stored);
                    let id = <[u8; 32]>::try_from(key).ok().map(GroupId);
                    if let (Some(id), Some(name)) = (id, name) {
                        groups.push(KeptGroup { id, name });
                    }
                }
                if shared.tickets.close(ticket) {
                    shared.io.event(Event::Groups { ticket, groups });
                }
            }
            (Asked::List(ticket), StoreReply::Failed(code)) => shared.settle(ticket, Err(code)),
            (Asked::List(ticket), _) => shared.settle(ticket, Err(Code::Internal)),
        }
    }

    /// Gives what is not written yet to the store, and ends what waits.
    pub(crate) fn close_groups(&mut self) {
        for (_, mut group) in self.groups.open.drain() {
            group.close(&mut self.shared, Code::Closed);
        }
    }

    /// Whether all that groups wrote is stored.
    pub(crate) fn groups_saved(&self) -> bool {
        self.groups.open.values().all(Group::is_saved)
    }
}
