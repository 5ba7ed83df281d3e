//! The places of a group: the topic where its members meet, topics where they met before, the door.
//!
//! Each is a room of its own to the servers and to setup messages; which of them are announced, the
//! group says (`group/door.rs`). To the application, and on links, they are one, that of the door:
//! a link stands wherever its ends came to know each other.

use alloc::vec::Vec;

use lacis_wire::room::RoomKeys;
use lacis_wire::{PeerId, limits};

use crate::io::RoomId;
use crate::member::Member;
use crate::node::Node;
use crate::room::Room;
use crate::shared::Shared;
use crate::table::TableExt;

impl Node {
    /// Groups that are connected are announced where their members meet now.
    pub(crate) fn settle_places(&mut self) {
        let mut renamed = Vec::new();
        for (&number, group) in &mut self.groups.open {
            if !self.shared.rooms.contains_key(&number) {
                group.leave_door();
                continue;
            }
            let Some((topic, waits)) = group.review_door(&self.shared) else { continue };
            self.shared.meet(number, topic, waits);
            let barred = group.newly_barred(&self.shared);
            if let (Some(barred), Some(room)) = (barred, self.shared.rooms.get_mut(&number)) {
                let back = |peer: &PeerId| barred.binary_search(peer).is_err();
                renamed.extend(room.barred.iter().copied().filter(back));
                room.barred = barred;
            }
        }
        // Whoever was let in again is told that we are there.
        for member in self.members.values_mut() {
            if member.peer.is_some_and(|peer| renamed.contains(&peer)) {
                member.name_rooms(&mut self.shared);
            }
        }
    }

    /// A group is disconnected: its members are met nowhere any more.
    pub(crate) fn leave_places(&mut self, number: RoomId) {
        let shared = &mut self.shared;
        for (id, mut room) in shared.rooms.take_where(|_, room| room.main == number) {
            room.withdraw(&mut shared.io, &mut shared.servers);
            shared.left_rooms.insert(shared.io.now, id, room.keys);
        }
    }

    /// Topics of before are left for good; links that were set up there go by the present one.
    pub(crate) fn end_places(&mut self) {
        let now = self.shared.io.now;
        let is_over = |room: &Room| room.until.is_some_and(|at| now >= at);
        if !self.shared.rooms.values().any(is_over) {
            return;
        }
        for (id, mut old) in self.shared.rooms.take_where(|_, room| is_over(room)) {
            if old.main == id {
                // The door stays, for those who are known.
                old.until = None;
                self.shared.rooms.insert(id, old);
                continue;
            }
            let place = self.shared.place_in(old.main, None);
            for member in self.members.values_mut() {
                let Member { link, attempts, .. } = member;
                for link in attempts.iter_mut().chain(link).filter(|link| link.sealed_in == id) {
                    link.sealed_in = place;
                }
            }
        }
    }
}

impl Shared {
    /// The room with whose keys somebody is written to: of a group that where it was met, or where
    /// its members meet.
    pub(crate) fn place_in(&self, main: RoomId, met: Option<RoomId>) -> RoomId {
        let met = met.filter(|met| self.rooms.get(met).is_some_and(|room| room.main == main));
        let is_topic =
            |(id, room): &(&RoomId, &Room)| room.main == main && **id != main && !room.is_quiet;
        let topic = || self.rooms.iter().find(is_topic).map(|(id, _)| *id);
        met.or_else(topic).unwrap_or(main)
    }

    /// The members of a group meet at a topic, if it is known, and we wait at its door, or not.
    fn meet(&mut self, number: RoomId, topic: Option<RoomKeys>, waits: bool) {
        let Self { rooms, io, servers, .. } = self;
        let olds = rooms.iter().filter(|(id, room)| room.main == number && **id != number);
        let mut olds: Vec<_> = olds.filter_map(|(id, room)| Some((room.until?, *id))).collect();
        if olds.len() >= limits::OLD_TOPICS_MAX
            && let Some((_, oldest)) = olds.drain(..).min()
            && let Some(room) = rooms.get_mut(&oldest)
        {
            room.until = Some(io.now);
        }
        let is_topic = |room: &Room| Some(&room.keys) == topic.as_ref();
        let is_new = !rooms.values().any(is_topic);
        let meets_at = rooms.get(&number).map(|room| room.servers.clone());
        if let (Some(keys), Some(meets_at), true) = (&topic, meets_at, is_new) {
            self.left_rooms.remove(keys);
            let mut room = Room::new(number, keys.clone(), meets_at);
            room.is_quiet = true;
            rooms.insert(io.room_id(), room);
        }
        // First what is left: a server knows each mailbox in a bounded number of places.
        for wanted in [false, true] {
            for (&id, room) in rooms.iter_mut().filter(|(_, room)| room.main == number) {
                let stays = is_topic(room) || (id == number && waits);
                if stays == wanted && stays == room.is_quiet {
                    room.set_quiet(io, servers, !stays);
                }
            }
        }
    }
}
