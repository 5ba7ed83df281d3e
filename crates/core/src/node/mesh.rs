//! Large rooms: whom this node is linked with there.

use alloc::vec::Vec;

use lacis_wire::gossip::News;
use lacis_wire::{Code, NodeId, limits};

use super::Node;
use super::gossip::passed_on;
use crate::broadcast::Broadcast;
use crate::ids::RoomId;
use crate::io::Priority;
use crate::overlay::Overlay;
use crate::remote::Remote;
use crate::session::RoomProof;
use crate::signaling::{Room, Route};
use crate::time::{Timer, Timestamp};

impl Node {
    /// How this node stands in its rooms.
    pub(super) fn overlay(&self) -> Overlay {
        let mut overlay = Overlay::default();
        for remote in self.remotes.values() {
            let is_linked = remote.connection.is_near();
            let mut attempts = remote.connection.attempts().iter();
            let is_coming = !is_linked && attempts.any(|own| own.is_fresh(self.cx.now));
            for (room, proof) in remote.rooms.iter() {
                let is_company = is_linked
                    && proof != RoomProof::Claimed
                    && self.signaling.lets_in(room, remote.node());
                overlay.note(room, |standing| {
                    standing.known += 1;
                    standing.linked += usize::from(is_company);
                    standing.coming += usize::from(is_coming);
                });
            }
        }
        for (room, broadcast) in &self.broadcasts {
            // Of thousands it makes no difference how many they are.
            let others = self.others(broadcast).take(limits::NEIGHBORS_MAX + 1).count();
            overlay.note(*room, |standing| {
                standing.known += others;
                standing.is_large = broadcast.is_large();
            });
        }
        for (room, group) in &self.groups.open {
            // Whoever may let a newcomer in has to be found first.
            let is_dense = !group.is_open() || group.own_roles(&self.cx).is_none();
            overlay.note(*room, |standing| standing.is_dense = is_dense);
        }
        overlay
    }

    /// Members of a large room that are known by hearsay only.
    fn others<'a>(&'a self, broadcast: &'a Broadcast) -> impl Iterator<Item = NodeId> + 'a {
        let members = broadcast.members().map(|(node, _)| node);
        members.filter(|node| !self.remotes.contains_key(node))
    }

    /// How many others are known to be in a room.
    pub(super) fn known_in(&self, room: RoomId) -> usize {
        let remotes = self.remotes.values();
        let broadcast = self.broadcasts.get(&room);
        let others = broadcast.map_or(0, |broadcast| self.others(broadcast).count());
        remotes.filter(|remote| remote.rooms.contains(room)).count() + others
    }

    /// Whether a link with a remote is wanted now, and it can be reached.
    pub(super) fn is_wanted(&self, overlay: &Overlay, remote: &Remote) -> bool {
        let is_bridge = |it: &Broadcast| it.is_bridge(self.cx.now, remote.node());
        let is_sought = remote.connection.lost_since().is_some()
            || !remote.session.is_idle()
            || overlay.wants(remote.rooms.iter().map(|(room, _)| room))
            || self.broadcasts.values().any(is_bridge);
        is_sought && remote.meeting(&self.signaling).is_some()
    }

    /// A node turned out to be on another island of a large room: of all in the room so many link
    /// with it, once things are calm.
    pub(super) fn bridge(&mut self, room: RoomId, node: NodeId, of_all: usize) {
        let is_linked = self.remotes.get(&node).is_some_and(|it| it.connection.is_linked());
        if is_linked || self.cx.now < self.calm_at {
            return;
        }
        let broadcast = self.broadcasts.get_mut(&room);
        if broadcast.is_some_and(|it| it.wants_bridge(&mut self.cx, node, of_all)) {
            self.reach(room, node);
        }
    }

    /// Looks for members of large rooms of whom others told, where links are lacking, and takes
    /// note of rooms that are not linked fully.
    pub(super) fn look_around(&mut self, overlay: &Overlay) {
        if self.closing.is_some() || self.cx.is_suspended() {
            return;
        }
        let now = self.cx.now;
        let mut sought = Vec::new();
        for (room, broadcast) in &mut self.broadcasts {
            let standing = overlay.standing(*room);
            // Nobody hears somebody in a group who is no member yet.
            let group = self.groups.open.get(room);
            // Nor does a server tell who is there where none is.
            let is_alone = self.signaling.rooms.get(room).is_some_and(Room::is_alone);
            if group.is_none_or(|group| group.speaks(&self.cx)) {
                match standing.is_small() {
                    true if is_alone && standing.linked > 0 => broadcast.begin(now),
                    true => {}
                    false => broadcast.grow(now),
                }
            }
            if broadcast.is_on() && standing.lacks() {
                let known = |node| self.remotes.contains_key(&node);
                let missing = limits::NEIGHBORS_MAX.saturating_sub(standing.linked);
                let found = broadcast.seek(&mut self.cx, missing.min(limits::NEIGHBORS), known);
                sought.extend(found.into_iter().map(|node| (*room, node)));
            }
        }
        for (room, node) in sought {
            self.reach(room, node);
        }
        for room in self.broadcasts.keys().copied().collect::<Vec<_>>() {
            self.greet(room);
        }
    }

    /// Tells new neighbors who is in a large room.
    fn greet(&mut self, room: RoomId) {
        let is_neighbor = |remote: &&Remote| {
            remote.rooms.word_tag(room).is_some()
                && remote.connection.is_near()
                && self.signaling.lets_in(room, remote.node())
        };
        let neighbors: Vec<NodeId> =
            self.remotes.values().filter(is_neighbor).map(Remote::node).collect();
        let broadcast = self.broadcasts.get_mut(&room).filter(|it| it.is_on());
        let Some(broadcast) = broadcast else { return };
        let asked = broadcast.meet(self.cx.now, &neighbors);
        let greetings = broadcast.greet(&mut self.cx, &neighbors);
        self.say_names(room, true, asked.into_iter().map(|node| (node, Vec::new())).collect());
        for (node, known) in greetings {
            for bytes in known {
                // Whose queue is full hears it from others.
                let _ = self.hand(node, &passed_on(room, bytes), Priority::Automatic);
            }
        }
    }

    /// Makes it possible to speak to a member of whom others told: a link is looked for.
    pub(super) fn reach(&mut self, room: RoomId, node: NodeId) {
        if self.remotes.contains_key(&node) {
            // It may be known, and no link with it have been wanted.
            return self.changes.wants();
        }
        if !self.broadcasts.get(&room).is_some_and(|it| it.is_here(node)) {
            return;
        }
        let place = self.signaling.place_in(room, None);
        let known = self.signaling.rooms.get(&place);
        let servers = known.map(|known| known.servers.iter()).unwrap_or_default();
        let announced = |index: &&usize| known.is_some_and(|known| known.is_announced(**index));
        let server = servers.clone().find(announced);
        let members = self.signaling.members_of(place);
        let route = server.map(|index| Route::Server(*index)).or(members);
        if let Some(route) = route {
            self.discover(route, place, node);
            self.changes.wants();
        }
    }

    /// Does what is due in large rooms.
    pub(super) fn mesh_timeout(&mut self) {
        if self.cx.is_suspended() {
            return;
        }
        for room in self.broadcasts.keys().copied().collect::<Vec<_>>() {
            let Some(broadcast) = self.broadcasts.get_mut(&room) else { continue };
            let over = broadcast.expire(self.cx.now, self.cx.now < self.cx.stalled_until);
            if broadcast.is_due(&mut self.cx) {
                let news = if broadcast.is_large() { News::Here } else { News::Alone };
                self.tell_room(room, news);
            }
            self.forget_members(room, over);
            self.names_timeout(room);
        }
        self.note_busy();
        self.trim();
    }

    /// Ends a link that nobody misses, if there are more than are wanted and things are calm.
    fn trim(&mut self) {
        if self.trim_at().is_none_or(|at| self.cx.now < at) {
            return;
        }
        let Some(node) = self.pick_dispensable(limits::NEIGHBORS, false) else {
            self.calm_at = self.cx.now + limits::CALM;
            return;
        };
        self.calm_at = self.cx.now + limits::TRIM_INTERVAL;
        self.with_remote(node, |remote, env| remote.connection.dismiss(env, Code::Busy));
    }

    fn trim_at(&self) -> Option<Timestamp> {
        (self.tally.links > limits::NEIGHBORS_MAX && !self.cx.is_suspended())
            .then_some(self.calm_at)
    }

    pub(super) fn mesh_deadline(&self) -> Option<(Timestamp, Timer)> {
        if self.cx.is_suspended() {
            return None;
        }
        let next = self.broadcasts.values().filter_map(|it| it.deadline());
        next.chain(self.trim_at()).min().map(|at| (at, Timer::Mesh))
    }

    /// Whether nothing is under way with a remote.
    fn is_idle(&self, remote: &Remote) -> bool {
        let mut groups = self.groups.open.values();
        remote.session.is_idle() && groups.all(|group| group.is_idle_with(remote.node()))
    }

    /// Takes note of the links over which something is under way while places are wanted: what the
    /// other side has begun and does not end keeps a place for a while only.
    fn note_busy(&mut self) {
        let (now, is_full) = (self.cx.now, self.is_busy());
        let is_busy = |remote: &&Remote| is_full && !self.is_idle(remote);
        let busy: Vec<NodeId> = self.remotes.values().filter(is_busy).map(Remote::node).collect();
        for (node, remote) in &mut self.remotes {
            if let Some(link) = remote.connection.link_mut() {
                let since = link.busy_since.unwrap_or(now);
                link.busy_since = busy.contains(node).then_some(since);
            }
        }
    }

    /// Whether something has been under way on a link for long enough, and none of it is a stream
    /// of ours.
    fn may_break_off(&self, remote: &Remote) -> bool {
        let since = remote.connection.link().and_then(|link| link.busy_since);
        since.is_some_and(|since| self.cx.now >= since + limits::CALM)
            && remote.session.streams.outbound.is_empty()
    }

    /// The links that are missed least, any of which may make place for another: none where there
    /// are no more than are kept anyway, so that nobody who only knows a room can take them.
    ///
    /// Of several links with one identity the newest go first; what is idle before what is not.
    pub(super) fn dispensable(&self, least: usize, may_be_busy: bool) -> Vec<NodeId> {
        if self.tally.links <= limits::NEIGHBORS_MAX {
            return Vec::new();
        }
        let near = || self.remotes.values().filter(|remote| remote.connection.is_near());
        let since = |remote: &Remote| remote.connection.link().map(|link| link.since);
        // How many links there are with its identity.
        let twins = |remote: &Remote| {
            near().filter(|it| it.connection.peer == remote.connection.peer).count()
        };
        let overlay = self.overlay();
        let link = |remote: &Remote| {
            // A link with somebody who is not counted in a room is not missed there.
            let lets_in = |room| self.signaling.lets_in(room, remote.node());
            let rooms = remote.rooms.iter().map(|(room, _)| (room, lets_in(room)));
            (remote.node(), rooms.collect::<Vec<_>>().into_iter())
        };
        let mut ranks = Vec::new();
        for remote in near() {
            let is_idle = self.is_idle(remote);
            let may_go = is_idle || (may_be_busy && self.may_break_off(remote));
            if may_go && !overlay.dispensable([link(remote)].into_iter(), least).is_empty() {
                ranks.push((remote, twins(remote), is_idle));
            }
        }
        let found = [true, false].map(|rank| {
            let of_rank = || ranks.iter().filter(|(.., it)| *it == rank);
            let newest = of_rank().max_by_key(|(remote, twins, _)| (*twins, since(remote)));
            if let Some((remote, ..)) = newest.filter(|(_, twins, _)| *twins > 1) {
                return Vec::from([remote.node()]);
            }
            overlay.dispensable(of_rank().map(|(remote, ..)| link(remote)), least)
        });
        found.into_iter().find(|nodes| !nodes.is_empty()).unwrap_or_default()
    }

    /// Any of the links that are missed least.
    pub(super) fn pick_dispensable(&mut self, least: usize, may_be_busy: bool) -> Option<NodeId> {
        let mut nodes = self.dispensable(least, may_be_busy);
        self.cx.shuffle(&mut nodes);
        nodes.pop()
    }
}
