//! A page that is put aside, as browsers do with one that is left by a link: it may come back by a
//! step back, with everything that it had in memory.
//!
//! Nobody can reach such a page, so it says goodbye and lets go of every connection, without which
//! a browser does not keep it either. Rooms and groups stay open in memory, and what is written to
//! a group is stored. When the page is back, it takes up its connections anew.

use alloc::vec::Vec;

use lacis_wire::Code;
use lacis_wire::gossip::News;

use super::Node;
use crate::signaling::Signaling;
use crate::table::TableExt;
use crate::time::Timestamp;

impl Node {
    /// Says goodbye, closes every connection, and makes none until [`Node::resume`]. What waits for
    /// a remote fails with [`Code::Suspended`].
    pub fn suspend(&mut self, now: Timestamp) {
        self.set_time(now);
        if self.closing.is_some() || self.cx.suspended_at.is_some() {
            return;
        }
        for room in self.broadcasts.keys().copied().collect::<Vec<_>>() {
            self.tell_room(room, News::Gone);
        }
        self.broadcasts.values_mut().for_each(|it| it.rest(now));
        self.cx.suspended_at = Some(now);
        // The store is let go of too, once it has what was written.
        self.cx.gathers = false;
        for node in self.those_over_neighbors_first() {
            self.with_remote(node, |remote, env| remote.connection.part(env, Code::Suspended));
        }
        let Self { cx, signaling, .. } = self;
        let Signaling { servers, rooms, .. } = signaling;
        for (index, server) in servers.iter_mut().enumerate() {
            for room in rooms.values_mut() {
                if !room.is_quiet {
                    server.leave(cx, room.keys.topic);
                }
                room.on_server_lost(index);
            }
            server.pause(cx);
        }
        self.signaling.tell_rooms(&mut self.cx);
        self.pool.spares.drop_spare(&mut self.cx);
        self.changes.everything();
        self.drive_groups();
    }

    /// The page is back: servers are dialled, and whoever is in the same rooms is met again.
    pub fn resume(&mut self, now: Timestamp) {
        self.set_time(now);
        let Some(since) = self.cx.suspended_at.take() else { return };
        for room in self.signaling.rooms.values_mut() {
            if let Some((_, deadline)) = &mut room.joining {
                *deadline = *deadline + now.since(since);
            }
        }
        if !self.signaling.rooms.is_empty() {
            self.pool.spares.want_offer(&mut self.cx, &self.signaling);
        }
        self.check_all();
        self.handle_timeout(now);
    }
}
