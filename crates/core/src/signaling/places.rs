//! The places of a group: the topic where its members meet, topics where they met before, the door.
//!
//! Each is a room of its own to the servers and to setup messages; which of them are announced, the
//! group says (`group/keys/door.rs`). To the application, and on links, they are one, that of the
//! door: a link stands wherever its ends came to know each other.

use lacis_wire::room::RoomKeys;
use lacis_wire::{PeerId, limits};

use super::{Room, Signaling};
use crate::cx::Cx;
use crate::event::ServerState;
use crate::ids::RoomId;
use crate::table::TableExt;

impl Signaling {
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

    /// A group is announced at these servers from now on; all but so many are those where it met
    /// before. Sessions that nothing is announced by any more end.
    pub(crate) fn move_to(
        &mut self,
        cx: &mut Cx,
        number: RoomId,
        places: &[usize],
        current: usize,
    ) {
        let Self { rooms, servers, .. } = self;
        for room in rooms.values_mut().filter(|room| room.main == number) {
            room.move_to(cx, servers, places);
            room.current = current;
        }
        self.review_servers(cx, true);
    }

    /// Notes at which servers groups have only met before. Ends sessions, if that is asked for,
    /// with those that neither a room nor the configuration names: so there is place for others.
    pub(crate) fn review_servers(&mut self, cx: &mut Cx, ends: bool) {
        let Self { rooms, servers, .. } = self;
        let own = cx.config.servers.len();
        for (index, server) in servers.iter_mut().enumerate().skip(own) {
            let rank = |room: &Room| room.servers.iter().position(|it| *it == index);
            let mut uses = rooms.values().filter_map(|room| Some(rank(room)? < room.current));
            let first = uses.next();
            server.set_before(cx, first == Some(false) && uses.all(|is_current| !is_current));
            if ends && first.is_none() && server.state() != ServerState::Closed {
                server.stop(cx);
            }
        }
    }

    /// The members of a group meet at a topic, if it is known, and we wait at its door, or not.
    pub(crate) fn meet(
        &mut self,
        cx: &mut Cx,
        number: RoomId,
        topic: Option<RoomKeys>,
        waits: bool,
    ) {
        let Self { rooms, servers, left, .. } = self;
        let Some(door) = rooms.get(&number) else { return };
        if let Some(keys) = &topic
            && !rooms.values().any(|room| room.keys == *keys)
            && let Some(id) = cx.room_id()
        {
            left.retain(|left| left.keys != *keys);
            let room = door.behind(keys.clone());
            rooms.insert(id, room);
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
                    room.set_quiet(cx, servers, !wanted);
                }
                olds += usize::from(room.is_quiet);
                if olds > limits::OLD_TOPICS_MAX && room.is_quiet && id != number {
                    room.until = Some(cx.now);
                }
            }
        }
    }
}
