//! A page that is put aside, as browsers do with one that is left by a link: it may come back by a
//! step back, with everything that it had in memory.
//!
//! Nobody can reach such a page, so it says goodbye and lets go of every connection, without which
//! a browser does not keep it either. Rooms and groups stay open in memory, and what is written to
//! a group is stored. When the page is back, it takes up its connections anew.

use alloc::vec::Vec;

use lacis_wire::Code;

use crate::node::Node;
use crate::shared::Shared;
use crate::table::TableExt;
use crate::time::Timestamp;

impl Node {
    /// Says goodbye, closes every connection, and makes none until [`Node::resume`]. What waits for
    /// a remote fails with [`Code::Suspended`].
    pub fn suspend(&mut self, now: Timestamp) {
        self.set_time(now);
        if self.closing.is_some() || self.shared.suspended_at.is_some() {
            return;
        }
        self.shared.suspended_at = Some(now);
        for node in self.remotes.keys().copied().collect::<Vec<_>>() {
            self.with_remote(node, |remote, shared| remote.part(shared, Code::Suspended));
        }
        let Shared { servers, rooms, io, .. } = &mut self.shared;
        for (index, server) in servers.iter_mut().enumerate() {
            for room in rooms.values_mut() {
                if !room.is_quiet {
                    server.leave(io, room.keys.topic);
                }
                room.on_server_lost(index);
            }
            server.pause(io);
        }
        self.shared.tell_rooms();
        self.shared.drop_spare();
        self.tend_groups();
    }

    /// The page is back: servers are dialled, and whoever is in the same rooms is met again.
    pub fn resume(&mut self, now: Timestamp) {
        self.set_time(now);
        let Some(since) = self.shared.suspended_at.take() else { return };
        for room in self.shared.rooms.values_mut() {
            if let Some((_, deadline)) = &mut room.joining {
                *deadline = *deadline + now.since(since);
            }
        }
        if !self.shared.rooms.is_empty() {
            self.shared.prepare_offer();
        }
        self.check_all();
        self.handle_timeout(now);
    }
}
