//! Setup messages that members hand on where no server brings two of them together.
//!
//! They go to the neighbor through whom the other node was heard of last, and from the first sender
//! to some others, too. Whoever is linked with the other node hands them over; whoever knows no way
//! drops them.

use alloc::vec::Vec;

use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::{Code, NodeId, limits};

use super::Node;
use crate::ids::RoomId;
use crate::remote::Remote;
use crate::signaling::Route;

/// A sealed setup message on its way from member to member.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    /// How often it may be handed on yet.
    pub(super) hops: u8,
    pub(super) payload: Vec<u8>,
}

impl Node {
    /// Gives neighbors what this node has to say to somebody whom it reaches by no server.
    pub(super) fn hand_over(&mut self) {
        for (room, to, payload) in core::mem::take(&mut self.signaling.carried) {
            let room = self.signaling.main(room);
            let mut others = self.carriers(room);
            others.retain(|node| *node != to);
            self.cx.shuffle(&mut others);
            if let Some(path) = self.paths.to(to) {
                others.sort_by_key(|node| *node != path);
            }
            let (from, hops) = (self.cx.me.node, limits::CARRY_HOPS);
            let carried = Carried { from, to, hops, payload };
            for node in others.into_iter().take(limits::CARRY_COPIES) {
                self.hand_on(node, &carried);
            }
        }
    }

    /// Hears what neighbors have handed on.
    pub(super) fn hear_carried(&mut self) {
        while let Some((by, carried)) = self.carried.pop_front() {
            if let Err(is_first) = self.paths.spend(self.cx.now, by) {
                if is_first {
                    self.cx.warn(Code::RateLimited, by);
                }
                continue;
            }
            let Carried { from, to, hops, .. } = carried;
            let room = self.signaling.room_of(&carried.payload);
            let is_in =
                |room: RoomId| self.remotes.get(&by).is_some_and(|it| it.rooms.contains(room));
            let lets_in = |room: &RoomId| is_in(*room) && self.signaling.lets_in(*room, by);
            let Some(room) = room.filter(lets_in) else { continue };
            if from == self.cx.me.node {
                continue;
            }
            if from != by {
                self.paths.guess(self.cx.now, from, by);
            }
            if to == self.cx.me.node {
                self.on_deliver(Route::Mesh, Some(by), from, &carried.payload);
                self.changes.signaling = true;
                self.changes.connections = true;
            } else if let Some(next) = self.next_to(room, to, by).filter(|_| hops > 0) {
                self.hand_on(next, &Carried { hops: hops - 1, ..carried });
            }
        }
    }

    /// To whom something is handed that came from a neighbor, if a way is known.
    fn next_to(&self, room: RoomId, to: NodeId, by: NodeId) -> Option<NodeId> {
        let carriers = self.carriers(room);
        let known = [Some(to), self.paths.to(to)];
        known.into_iter().flatten().find(|node| *node != by && carriers.contains(node))
    }

    /// Neighbors in a room who hand on what is given to them.
    pub(super) fn carriers(&self, room: RoomId) -> Vec<NodeId> {
        let carries = |remote: &&Remote| {
            let mut links = remote.connection.link().into_iter();
            remote.rooms.contains(room)
                && self.signaling.lets_in(room, remote.node())
                && links.any(|link| link.accepted && link.is_healthy() && !link.is_relayed())
        };
        self.remotes.values().filter(carries).map(Remote::node).collect()
    }

    fn hand_on(&mut self, next: NodeId, carried: &Carried) {
        let Some(remote) = self.remotes.get_mut(&next) else { return };
        let Some(link) = remote.connection.link_mut() else { return };
        // Like everything of a setup it is said again if it is lost.
        if link.has_room(Channel::Control) {
            let Carried { from, to, hops, payload } = carried;
            let frame = LinkFrame::Carry { from: *from, to: *to, hops: *hops, payload };
            link.control(&mut self.cx, &frame);
        }
    }
}
