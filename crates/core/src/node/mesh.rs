//! Large rooms: whom this node is linked with there, and what it passes on for others.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::gossip::News;
use lacis_wire::link::{Channel, Envelope, GOSSIP_LABEL, Kind, LinkFrame};
use lacis_wire::{Code, NodeId, PeerId, limits};

use super::Node;
use crate::broadcast::{Dropped, Fresh};
use crate::event::{Event, MessageKind, RemoteState};
use crate::ids::RoomId;
use crate::io::Priority;
use crate::overlay::Overlay;
use crate::remote::Remote;
use crate::session::{Outgoing, RoomProof};
use crate::table::TableExt;
use crate::time::{Earliest, Timer, Timestamp};

impl Node {
    /// How this node stands in its rooms.
    pub(super) fn overlay(&self) -> Overlay {
        let mut overlay = Overlay::default();
        for remote in self.remotes.values() {
            let is_linked = remote.connection.is_linked();
            let is_fresh = |begun| self.cx.now.since(begun) < limits::ATTEMPT_FRESH;
            let mut attempts = remote.connection.attempts().iter();
            let is_coming = !is_linked && attempts.any(|attempt| is_fresh(attempt.begun()));
            for (room, proof) in remote.rooms.iter() {
                let is_company = is_linked && proof != RoomProof::Claimed;
                let is_dense = self.signaling.is_of_group(room);
                overlay.note(room, |standing| {
                    standing.is_dense = is_dense;
                    standing.known += 1;
                    standing.linked += usize::from(is_company);
                    standing.coming += usize::from(is_coming);
                });
            }
        }
        for (room, broadcast) in &self.broadcasts {
            let others = broadcast.members().filter(|(node, _)| !self.remotes.contains_key(node));
            let others = others.count();
            overlay.note(*room, |standing| standing.known += others);
        }
        overlay
    }

    /// Whether a link with a remote is wanted now.
    pub(super) fn is_wanted(overlay: &Overlay, remote: &Remote) -> bool {
        remote.connection.lost_since().is_some()
            || !remote.session.is_idle()
            || overlay.wants(remote.rooms.iter().map(|(room, _)| room))
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
            if !standing.is_small() {
                broadcast.begin(now);
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
        let is_neighbor = |remote: &&Remote| remote.rooms.our_tag(room).is_some();
        let neighbors: Vec<NodeId> =
            self.remotes.values().filter(is_neighbor).map(Remote::node).collect();
        let broadcast = self.broadcasts.get_mut(&room).filter(|it| it.is_on());
        let greetings = broadcast.map(|it| it.greet(&mut self.cx, &neighbors)).unwrap_or_default();
        for (node, known) in greetings {
            self.with_remote(node, |remote, env| {
                for bytes in known {
                    // Whose queue is full hears it from others.
                    let _ = remote.send(env.cx, passed_on(room, bytes), Priority::Automatic);
                }
            });
        }
    }

    /// Makes it possible to speak to a member of whom others told: a link is looked for.
    pub(super) fn reach(&mut self, room: RoomId, node: NodeId) {
        let is_here = self.broadcasts.get(&room).is_some_and(|it| it.is_here(node));
        if !is_here || self.remotes.contains_key(&node) {
            return;
        }
        let known = self.signaling.rooms.get(&room);
        let server = known.and_then(|known| {
            let announced = known.servers.iter().find(|index| known.is_announced(**index));
            announced.or(known.servers.first()).copied()
        });
        if let Some(index) = server {
            self.discover(index, room, node);
            self.changes.connections = true;
        }
    }

    /// Whether what is told in a room has to be passed on to reach everybody.
    fn floods(&self, room: RoomId) -> bool {
        let Some(broadcast) = self.broadcasts.get(&room).filter(|it| it.is_on()) else {
            return false;
        };
        let is_linked = |node: NodeId| self.remotes.get(&node).is_some_and(|it| it.hears(room));
        let mut named = self.remotes.values().filter(|remote| remote.rooms.contains(room));
        broadcast.members().any(|(node, _)| !is_linked(node))
            || named.any(|remote| !remote.hears(room))
    }

    /// A message to everybody in a room as it travels: to neighbors alone, or to be passed on.
    pub(super) fn addressed(&mut self, room: RoomId, label: &str, payload: Vec<u8>) -> Outgoing {
        let mut message = Outgoing {
            room,
            kind: Kind::Broadcast,
            label: label.into(),
            payload: Arc::new(payload),
            ticket: None,
        };
        if self.floods(room)
            && let Some(broadcast) = self.broadcasts.get_mut(&room)
        {
            let news = News::Message { label, payload: &message.payload };
            message.payload = Arc::new(broadcast.tell(&self.cx, news));
            message.kind = Kind::Gossip;
            message.label = GOSSIP_LABEL.into();
        }
        message
    }

    /// An ephemeral message to everybody in a room, if it has to be passed on to reach them.
    pub(super) fn flooded_ephemeral(
        &mut self,
        room: RoomId,
        label: &str,
        payload: &[u8],
    ) -> Option<Vec<u8>> {
        if !self.floods(room) {
            return None;
        }
        let news = News::Ephemeral { label, payload };
        Some(self.broadcasts.get_mut(&room)?.tell(&self.cx, news))
    }

    /// Sends something that may be lost to the neighbors in a room.
    pub(super) fn send_ephemeral(
        &mut self,
        room: RoomId,
        (kind, label): (Kind, &str),
        payload: &[u8],
        except: &[NodeId],
    ) {
        for remote in self.remotes.values_mut() {
            let node = remote.node();
            if except.contains(&node) || !self.signaling.lets_in(room, node) {
                continue;
            }
            let Some(tag) = remote.rooms.our_tag(room) else { continue };
            let Some(link) = remote.connection.link_mut() else { continue };
            // A queue of stale cursors helps nobody: what finds no place at once is dropped.
            if link.accepted && link.has_room(Channel::Ephemeral) {
                let envelope = Envelope { room: tag, kind, label };
                let frame = LinkFrame::Ephemeral { envelope, payload };
                link.send(&mut self.cx, Channel::Ephemeral, &frame);
            }
        }
    }

    /// Those in a room to whom a message can be handed.
    pub(super) fn present(&self, room: RoomId) -> Vec<NodeId> {
        let is_present = |remote: &&Remote| {
            let proof = remote.rooms.proof(room);
            self.signaling.lets_in(room, remote.node())
                && matches!(proof, Some(RoomProof::Previous | RoomProof::Proven))
        };
        self.remotes.values().filter(is_present).map(Remote::node).collect()
    }

    /// Passes something on to the neighbors in a room.
    fn pass_on(&mut self, room: RoomId, bytes: Vec<u8>, except: &[NodeId]) {
        let message = passed_on(room, bytes);
        for node in self.present(room) {
            if !except.contains(&node) {
                // Whose queue is full hears it from others.
                self.with_remote(node, |remote, env| {
                    remote.send(env.cx, message.clone(), Priority::Automatic)
                });
            }
        }
    }

    /// Tells everybody in a room something about this node, if it is a large one.
    pub(super) fn tell_room(&mut self, room: RoomId, news: News<'_>) {
        let broadcast = self.broadcasts.get_mut(&room).filter(|it| it.is_on());
        if let Some(bytes) = broadcast.map(|it| it.tell(&self.cx, news)) {
            self.pass_on(room, bytes, &[]);
        }
    }

    /// This node leaves all of its rooms.
    pub(super) fn take_leave(&mut self) {
        for room in self.broadcasts.keys().copied().collect::<Vec<_>>() {
            self.tell_room(room, News::Gone);
        }
        self.broadcasts.clear();
    }

    /// Hears what neighbors have passed on.
    pub(super) fn hear_gossip(&mut self) {
        while let Some((room, from, bytes)) = self.gossip.pop_front() {
            let Some(broadcast) = self.broadcasts.get_mut(&room) else { continue };
            match broadcast.take(&self.cx, &bytes) {
                Ok(fresh) => {
                    broadcast.begin(self.cx.now);
                    let (node, may_be_lost) =
                        (fresh.node, matches!(fresh.news, News::Ephemeral { .. }));
                    self.on_fresh(room, fresh);
                    if may_be_lost {
                        let kind = (Kind::Gossip, GOSSIP_LABEL);
                        self.send_ephemeral(room, kind, &bytes, &[from, node]);
                    } else {
                        self.pass_on(room, bytes, &[from, node]);
                    }
                    self.changes.connections = true;
                }
                Err(Dropped::Known) => {}
                Err(Dropped::Full) => self.cx.warn(Code::Busy, from),
                Err(Dropped::Forged) => {
                    self.with_remote(from, |remote, env| remote.connection.on_broken_protocol(env));
                }
            }
        }
    }

    fn on_fresh(&mut self, room: RoomId, fresh: Fresh<'_>) {
        let Fresh { node, peer, news } = fresh;
        if news == News::Gone {
            return self.on_gone(room, node);
        }
        if let Some(remote) = self.remotes.get_mut(&node)
            && !remote.present.contains(&room)
        {
            remote.present.push(room);
        }
        let is_known = self.remotes.get(&node).is_some_and(|remote| remote.hears(room));
        let broadcast = self.broadcasts.get_mut(&room);
        if !is_known && broadcast.is_some_and(|it| it.mark_told(node)) {
            self.tell_indirect(room, node, peer);
        }
        let (label, payload, kind) = match news {
            News::Message { label, payload } => (label, payload, MessageKind::Broadcast),
            News::Ephemeral { label, payload } => (label, payload, MessageKind::Ephemeral),
            News::Here | News::Gone => return,
        };
        let (label, payload) = (label.into(), payload.to_vec());
        self.cx.event(Event::Message { room, node, label, payload, kind });
    }

    fn tell_indirect(&mut self, room: RoomId, node: NodeId, peer: PeerId) {
        let (peer, state) = (Some(peer), RemoteState::Indirect);
        self.cx.event(Event::Remote { room, node, peer, state, rtt: None });
    }

    /// A member of a large room has left.
    fn on_gone(&mut self, room: RoomId, node: NodeId) {
        // Over a link it says so itself. Whatever waits for another one fails.
        if self.remotes.get(&node).is_some_and(|remote| remote.connection.is_linked()) {
            return;
        }
        self.with_remote(node, |remote, env| remote.on_gone(env, room));
        if self.broadcasts.get_mut(&room).is_some_and(|it| it.unmark_told(node)) {
            self.cx.event(Event::RemoteLeft { room, node, code: Code::Left });
        }
    }

    /// A remote was given up: the application is told that it left, or how it is reached now.
    pub(super) fn on_parted(
        &mut self,
        (node, peer): (NodeId, Option<PeerId>),
        parted: Vec<(RoomId, bool, Code)>,
    ) {
        for (room, was_linked, code) in parted {
            if let Some(broadcast) = self.broadcasts.get_mut(&room) {
                match (code, peer) {
                    (Code::Busy, Some(peer)) if was_linked => {
                        broadcast.on_unlinked(self.cx.now, node, peer);
                    }
                    (Code::Left | Code::Closed, _) => broadcast.on_left(node),
                    _ => {}
                }
                if let Some(peer) = broadcast.peer_of(node) {
                    broadcast.mark_told(node);
                    self.tell_indirect(room, node, peer);
                    continue;
                }
                broadcast.unmark_told(node);
            }
            self.cx.event(Event::RemoteLeft { room, node, code });
        }
    }

    /// Does what is due in large rooms.
    pub(super) fn mesh_timeout(&mut self) {
        if self.cx.is_suspended() {
            return;
        }
        for room in self.broadcasts.keys().copied().collect::<Vec<_>>() {
            let Some(broadcast) = self.broadcasts.get_mut(&room) else { continue };
            let over = broadcast.expire(self.cx.now);
            if broadcast.is_due(&mut self.cx) {
                self.tell_room(room, News::Here);
            }
            for node in over {
                let is_linked = self.remotes.get(&node).is_some_and(|it| it.hears(room));
                if !is_linked {
                    self.cx.event(Event::RemoteLeft { room, node, code: Code::LinkLost });
                }
            }
        }
        self.trim();
    }

    /// Ends a link that nobody misses, if there are more than are wanted and things are calm.
    fn trim(&mut self) {
        if self.trim_at().is_none_or(|at| self.cx.now < at) {
            return;
        }
        let Some(node) = self.pick_dispensable(limits::NEIGHBORS) else {
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

    pub(super) fn mesh_deadlines(&self, earliest: &mut Earliest) {
        if self.cx.is_suspended() {
            return;
        }
        let here = self.broadcasts.values().filter_map(|it| it.deadline()).min();
        earliest.see(here, Timer::Mesh);
        earliest.see(self.trim_at(), Timer::Mesh);
    }

    /// The links that are missed least, any of which may make place for another: none where there
    /// are no more than are kept anyway, so that nobody who only knows a room can take them.
    pub(super) fn dispensable(&self, least: usize) -> Vec<NodeId> {
        if self.tally.links <= limits::NEIGHBORS_MAX {
            return Vec::new();
        }
        let is_idle = |remote: &&Remote| remote.connection.is_linked() && remote.session.is_idle();
        let links = self.remotes.values().filter(is_idle);
        let links = links.map(|remote| (remote.node(), remote.rooms.iter().map(|(room, _)| room)));
        self.overlay().dispensable(links, least)
    }

    /// Any of the links that are missed least.
    pub(super) fn pick_dispensable(&mut self, least: usize) -> Option<NodeId> {
        let mut nodes = self.dispensable(least);
        self.cx.shuffle(&mut nodes);
        nodes.pop()
    }
}

/// Gossip as a message to a neighbor.
fn passed_on(room: RoomId, bytes: Vec<u8>) -> Outgoing {
    Outgoing {
        room,
        kind: Kind::Gossip,
        label: GOSSIP_LABEL.into(),
        payload: Arc::new(bytes),
        ticket: None,
    }
}
