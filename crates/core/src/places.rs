//! The places of a group: the topic where its members meet, topics where they met before, the door.
//!
//! Each is a room of its own to the servers and to setup messages; which of them are announced, the
//! group says (`group/door.rs`). To the application, and on links, they are one, that of the door:
//! a link stands wherever its ends came to know each other.

use alloc::vec::Vec;

use lacis_wire::room::RoomKeys;
use lacis_wire::{PeerId, limits};

use crate::io::RoomId;
use crate::node::Node;
use crate::shared::Shared;
use crate::table::TableExt;

impl Node {
    /// Groups that are connected are announced where their members meet now.
    pub(crate) fn settle_places(&mut self) {
        for (&number, group) in &mut self.groups.open {
            if !self.shared.rooms.contains_key(&number) {
                group.leave_door();
                continue;
            }
            let Some((topic, waits)) = group.review_door(&self.shared) else { continue };
            self.shared.meet(number, topic, waits);
            let barred = group.newly_barred(&self.shared);
            let (Some(barred), Some(room)) = (barred, self.shared.rooms.get_mut(&number)) else {
                continue;
            };
            let before = core::mem::replace(&mut room.barred, barred);
            for remote in self.remotes.values_mut() {
                let Some(peer) = remote.peer.filter(|peer| before.contains(peer)) else { continue };
                // Whoever was let in again is told that we are there.
                if !self.shared.is_barred(number, &peer) {
                    remote.name_rooms(&mut self.shared);
                }
            }
        }
    }

    /// A group is disconnected: its members are met nowhere any more.
    pub(crate) fn leave_places(&mut self, number: RoomId) {
        for id in self.shared.rooms.keys().copied().collect::<Vec<_>>() {
            if self.shared.main(id) == number {
                self.shared.drop_room(id);
            }
        }
    }

    /// Topics of before are left for good; links that were set up there go by the present one.
    pub(crate) fn end_places(&mut self) {
        let now = self.shared.io.now;
        for id in self.shared.rooms.keys().copied().collect::<Vec<_>>() {
            let Some(room) = self.shared.rooms.get_mut(&id) else { continue };
            if room.until.take_if(|at| now >= *at).is_none() || room.main == id {
                // The door stays, for those who are known.
                continue;
            }
            let main = room.main;
            self.shared.rooms.remove(&id);
            let place = self.shared.place_in(main, None);
            for remote in self.remotes.values_mut() {
                remote.seal_elsewhere(id, place);
            }
        }
    }
}

impl Shared {
    /// Whether somebody is not told that we are in a room.
    pub(crate) fn is_barred(&self, room: RoomId, peer: &PeerId) -> bool {
        self.rooms.get(&room).is_some_and(|room| room.barred.contains(peer))
    }

    /// The room with whose keys somebody is written to: of a group that where it was met, or where
    /// its members meet.
    pub(crate) fn place_in(&self, main: RoomId, met: Option<RoomId>) -> RoomId {
        let mut place = main;
        for (&id, room) in &self.rooms {
            if room.main != main || id == main {
                continue;
            }
            if met == Some(id) {
                return id;
            }
            if !room.is_quiet {
                place = id;
            }
        }
        if met == Some(main) { main } else { place }
    }

    /// The members of a group meet at a topic, if it is known, and we wait at its door, or not.
    fn meet(&mut self, number: RoomId, topic: Option<RoomKeys>, waits: bool) {
        let Self { rooms, io, servers, left_rooms, .. } = self;
        let Some(door) = rooms.get(&number) else { return };
        if let Some(keys) = &topic
            && !rooms.values().any(|room| room.keys == *keys)
        {
            left_rooms.remove(keys);
            let room = door.behind(keys.clone());
            rooms.insert(io.room_id(), room);
        }
        // First what is left: a server knows each mailbox in a bounded number of places.
        for announces in [false, true] {
            let mut olds = 0;
            // The latest come first; of those left before only some stay.
            for (&id, room) in rooms.iter_mut().rev() {
                if room.main != number {
                    continue;
                }
                let wanted = if id == number { waits } else { Some(&room.keys) == topic.as_ref() };
                if wanted == announces && wanted == room.is_quiet {
                    room.set_quiet(io, servers, !wanted);
                }
                olds += usize::from(room.is_quiet);
                if olds > limits::OLD_TOPICS_MAX && room.is_quiet && id != number {
                    room.until = Some(io.now);
                }
            }
        }
    }
}
