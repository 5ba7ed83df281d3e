//! Where the members of each group meet, carried out for the groups that are connected.

use alloc::string::String;
use alloc::vec::Vec;

use super::Node;
use crate::ids::RoomId;
use crate::remote::Remote;
use crate::table::TableExt;

impl Node {
    /// Groups that are connected are announced where their members meet now.
    pub(crate) fn settle_places(&mut self, groups: &[RoomId]) {
        let mut back = Vec::new();
        for &number in groups {
            let Some(group) = self.groups.open.get_mut(&number) else { continue };
            let Some(room) = self.signaling.rooms.get(&number) else {
                group.leave_door();
                continue;
            };
            let state = room.state();
            let is_newcomer = group.own_roles(&self.cx).is_none();
            if let Some(room) = self.signaling.rooms.get_mut(&number) {
                room.is_newcomer = is_newcomer;
            }
            let Some((topic, waits)) = group.review_door(&self.cx, state) else { continue };
            if let Some((named, current)) = group.review_servers(&self.cx) {
                self.move_rooms(number, &named, current);
            }
            self.signaling.meet(&mut self.cx, number, topic, waits);
            let Some(group) = self.groups.open.get_mut(&number) else { continue };
            let barred = group.newly_barred();
            let (Some(barred), Some(room)) = (barred, self.signaling.rooms.get_mut(&number)) else {
                continue;
            };
            let before = core::mem::replace(&mut room.barred, barred);
            let shut_out = room.barred.clone();
            back.extend(before.into_iter().filter(|peer| !self.signaling.is_barred(number, peer)));
            self.end_far(number, &shut_out);
        }
        if back.is_empty() {
            return;
        }
        // Whoever was let in again is told that we are there.
        let is_back =
            |remote: &&Remote| remote.connection.peer.is_some_and(|it| back.contains(&it));
        for node in self.remotes.values().filter(is_back).map(Remote::node).collect::<Vec<_>>() {
            self.with_remote(node, Remote::name_rooms);
        }
    }

    /// A group meets at these servers from now on.
    fn move_rooms(&mut self, number: RoomId, named: &[String], current: usize) {
        // Sessions that end with the first round make place for those of the second.
        let mut is_all = false;
        for _ in 0..2 {
            let (places, is_whole) = self.meeting_places(named);
            self.signaling.move_to(&mut self.cx, number, &places, current);
            is_all = is_whole;
        }
        if !is_all && let Some(group) = self.groups.open.get_mut(&number) {
            group.move_again(&self.cx);
        }
        self.signaling.tell_rooms(&mut self.cx);
    }

    /// A group is disconnected: its members are met nowhere any more.
    pub(crate) fn leave_places(&mut self, number: RoomId) {
        for id in self.signaling.rooms.keys().copied().collect::<Vec<_>>() {
            if self.signaling.main(id) == number {
                self.signaling.drop_room(&mut self.cx, id);
            }
        }
    }

    /// Topics of before are left for good; links that were set up there go by the present one.
    pub(crate) fn end_places(&mut self) {
        let now = self.cx.now;
        for id in self.signaling.rooms.keys().copied().collect::<Vec<_>>() {
            let Some(room) = self.signaling.rooms.get_mut(&id) else { continue };
            if room.until.take_if(|at| now >= *at).is_none() || room.main == id {
                // The door stays, for those who are known.
                continue;
            }
            let main = room.main;
            self.signaling.rooms.remove(&id);
            let place = self.signaling.place_in(main, None);
            for remote in self.remotes.values_mut() {
                remote.connection.seal_elsewhere(id, place);
            }
        }
    }
}
