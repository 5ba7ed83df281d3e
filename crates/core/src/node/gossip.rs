//! What is told to everybody in a room: passed on from neighbor to neighbor where not all are
//! linked.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::gossip::{GossipName, News};
use lacis_wire::link::{Channel, Envelope, GOSSIP_LABEL, Kind, LinkFrame};
use lacis_wire::{Code, NodeId, PeerId, presence};

use super::Node;
use crate::broadcast::{Broadcast, Dropped, Fresh, Hearing};
use crate::cx::Cx;
use crate::event::{Event, MessageKind, RemoteState};
use crate::ids::RoomId;
use crate::remote::Remote;
use crate::session::{Outgoing, RoomProof};
use crate::table::TableExt;

impl Node {
    /// Whether what is told in a room has to be passed on to reach everybody.
    pub(super) fn floods(&self, room: RoomId) -> bool {
        let Some(broadcast) = self.broadcasts.get(&room) else { return false };
        if !broadcast.is_large() || broadcast.is_new(self.cx.now) {
            return broadcast.is_new(self.cx.now);
        }
        let is_of = |remote: &&Remote| {
            remote.rooms.contains(room) && self.signaling.lets_in(room, remote.node())
        };
        let mut named = self.remotes.values().filter(is_of);
        broadcast.members().any(|(node, _)| !self.is_heard_by(room, node))
            || named.any(|remote| !remote.hears(room))
    }

    /// Whether a member hears what is said in a room over its own link, now or once that is back.
    pub(super) fn is_heard_by(&self, room: RoomId, node: NodeId) -> bool {
        self.signaling.lets_in(room, node)
            && self.remotes.get(&node).is_some_and(|remote| remote.hears(room))
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
        Some(self.broadcasts.get_mut(&room)?.tell(&self.cx, news).bytes)
    }

    /// Sends something that may be lost to the neighbors in a room.
    pub(super) fn send_ephemeral(
        &mut self,
        room: RoomId,
        (kind, label): (Kind, &str),
        payload: &[u8],
        except: &[NodeId],
    ) {
        let broadcast = self.broadcasts.get(&room);
        let lazy: Vec<NodeId> = broadcast.into_iter().flat_map(Broadcast::lazy).collect();
        for remote in self.remotes.values_mut() {
            let node = remote.node();
            let is_left_out = except.contains(&node) || lazy.contains(&node);
            let is_far = kind == Kind::Gossip && remote.connection.is_relayed();
            if is_left_out || is_far || !self.signaling.lets_in(room, node) {
                continue;
            }
            let Some(tag) = remote.rooms.word_tag(room) else { continue };
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

    /// Tells everybody in a room something about this node, if it is a large one.
    pub(super) fn tell_room(&mut self, room: RoomId, news: News<'_>) {
        // Nobody hears somebody in a group who is no member.
        let speaks = self.groups.open.get(&room).is_none_or(|group| group.speaks(&self.cx));
        let broadcast = self.broadcasts.get_mut(&room).filter(|it| it.is_on() && speaks);
        if let Some(told) = broadcast.map(|it| it.tell(&self.cx, news)) {
            self.pass_on(room, &told, &[]);
        }
    }

    /// This node is not in a room any more: nothing is passed on there.
    pub(super) fn end_broadcast(&mut self, room: RoomId) {
        let Some(broadcast) = self.broadcasts.remove(&room) else { return };
        for (node, _) in broadcast.members() {
            self.note_far(room, node, None);
        }
    }

    /// Those of a group who were shut out are not in its room any more.
    pub(super) fn end_far(&mut self, room: RoomId, shut_out: &[PeerId]) {
        let Some(broadcast) = self.broadcasts.get_mut(&room) else { return };
        let is_out = |(_, peer): &(NodeId, PeerId)| shut_out.contains(peer);
        for (node, _) in broadcast.members().filter(is_out).collect::<Vec<_>>() {
            if let Some(broadcast) = self.broadcasts.get_mut(&room) {
                broadcast.on_left(node);
            }
            self.note_far(room, node, None);
            self.on_gone(room, node);
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
        for (room, from, names) in core::mem::take(&mut self.names) {
            self.on_names(room, from, names);
        }
        while let Some((room, from, bytes)) = self.gossip.pop_front() {
            let Some(broadcast) = self.broadcasts.get_mut(&room) else { continue };
            let group = self.groups.open.get(&room);
            let hears = |cx: &Cx, peer: &PeerId| match group {
                Some(group) => group.hears(cx, peer),
                None => Hearing::Heard,
            };
            match broadcast.take(&mut self.cx, (from, &bytes), hears) {
                Ok(fresh) => {
                    let speaks = group.is_none_or(|group| group.speaks(&self.cx));
                    match fresh.news {
                        News::Here if speaks => broadcast.grow(self.cx.now),
                        News::Alone if speaks => broadcast.begin(self.cx.now),
                        _ => {}
                    }
                    if fresh.name.node != from {
                        self.paths.note(self.cx.now, fresh.name.node, from);
                    }
                    self.on_taken(room, from, fresh);
                }
                Err(Dropped::Spare(name)) => {
                    let at = (self.cx.now, self.cx.me.node);
                    if let Some(spared) = broadcast.on_spare(at, from, &name) {
                        self.changes.mesh();
                        self.say_names(room, false, Vec::from([(spared, Vec::new())]));
                    }
                }
                Err(Dropped::Known) => {}
                Err(Dropped::Early(said)) => {
                    broadcast.hold(self.cx.now, (from, said), bytes);
                }
                Err(Dropped::Ahead(said)) => {
                    let origin = said.origin();
                    if broadcast.hold_ahead(self.cx.now, (from, said), bytes) {
                        self.release(room, origin);
                    }
                }
                Err(Dropped::Forged) => {
                    self.with_remote(from, |remote, env| remote.connection.on_broken_protocol(env));
                }
            }
        }
    }

    /// Hands on what was taken: to the application, and to others.
    fn on_taken(&mut self, room: RoomId, from: NodeId, fresh: Fresh<'_>) {
        let over = self.broadcasts.get_mut(&room).map(Broadcast::take_over);
        self.forget_members(room, over.unwrap_or_default());
        self.changes.connections |= fresh.is_news;
        let mut except = fresh.has_it.clone();
        except.extend([from, fresh.name.node]);
        let told = fresh.told(from);
        let (node, may_be_lost) = (fresh.name.node, matches!(fresh.news, News::Ephemeral { .. }));
        let is_strange = fresh.is_strange;
        self.on_fresh(room, fresh);
        if is_strange {
            self.bridge(room, node, 1);
        }
        if may_be_lost {
            let kind = (Kind::Gossip, GOSSIP_LABEL);
            return self.send_ephemeral(room, kind, &told.bytes, &except);
        }
        self.pass_on(room, &told, &except);
        self.release(room, node);
    }

    /// Members of a large room are not known any more; of some the application knows.
    pub(super) fn forget_members(&mut self, room: RoomId, over: Vec<(NodeId, bool)>) {
        for (node, was_told) in over {
            self.note_far(room, node, None);
            if was_told && !self.is_heard_by(room, node) {
                // That it left is not told again when nobody tries to reach it any more.
                if let Some(remote) = self.remotes.get_mut(&node) {
                    remote.untell(room);
                }
                self.tell_left(room, node, Code::LinkLost);
            }
        }
    }

    /// What waited in groups that have changed is heard, if who told it is known now.
    pub(super) fn hear_held(&mut self, groups: &[RoomId]) {
        for room in groups {
            let Some(broadcast) = self.broadcasts.get_mut(room) else { continue };
            let Some(group) = self.groups.open.get(room) else { continue };
            let cx = &self.cx;
            let is_known = |peer: &PeerId| group.hears(cx, peer) != Hearing::Unknown;
            let held = broadcast.take_known(cx.now, &is_known).into_iter();
            self.gossip.extend(held.map(|(from, bytes)| (*room, from, bytes)));
        }
        self.hear_gossip();
    }

    /// Tells a group who is in its room without a link to this node.
    pub(super) fn note_far(&mut self, room: RoomId, node: NodeId, peer: Option<PeerId>) {
        if let Some(group) = self.groups.open.get_mut(&room) {
            group.note_far(&mut self.cx, node, peer);
            self.changes.group_timer(room);
        }
    }

    fn on_fresh(&mut self, room: RoomId, fresh: Fresh<'_>) {
        let Fresh { name: GossipName { node, .. }, peer, news, .. } = fresh;
        if news == News::Gone {
            self.note_far(room, node, None);
            return self.on_gone(room, node);
        }
        // Where everybody is to be linked, it is told of once it is.
        let is_large = self.broadcasts.get(&room).is_some_and(Broadcast::is_large);
        if is_large
            && let Some(remote) = self.remotes.get_mut(&node)
            && !remote.present.contains(&room)
        {
            remote.present.push(room);
        }
        let is_known = !is_large || self.is_heard_by(room, node);
        if !is_known {
            self.note_far(room, node, Some(peer));
        }
        let broadcast = self.broadcasts.get_mut(&room);
        if !is_known && broadcast.is_some_and(|it| it.mark_told(node)) {
            self.tell_indirect(room, node, peer);
            self.on_far_newcomer(room);
        }
        let (label, payload, kind) = match news {
            News::Message { label, payload } => (label, payload, MessageKind::Broadcast),
            News::Ephemeral { label, payload } => (label, payload, MessageKind::Ephemeral),
            News::Here | News::Alone | News::Gone => return,
        };
        if label == presence::LABEL {
            return self.on_presence(room, node, peer, payload);
        }
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
            self.tell_left(room, node, Code::Left);
        }
    }

    /// A remote was given up: the application is told that it left, or how it is reached now.
    pub(super) fn on_parted(
        &mut self,
        (node, peer): (NodeId, Option<PeerId>),
        parted: Vec<(RoomId, bool, Code)>,
    ) {
        for (room, was_linked, code) in parted {
            // Over others nobody is reached where there are none.
            let near = |node: &NodeId| {
                self.remotes.get(node).is_some_and(|it| it.connection.has_healthy_link())
            };
            let is_reached = self.present(room).iter().any(near);
            if let Some(broadcast) = self.broadcasts.get_mut(&room) {
                match (code, peer) {
                    (Code::Busy, Some(peer)) if was_linked && is_reached => {
                        broadcast.on_unlinked(&mut self.cx, node, peer);
                    }
                    (Code::Left | Code::Closed, _) => broadcast.on_left(node),
                    (Code::Busy, _) if was_linked => broadcast.on_left(node),
                    // Over others nothing reaches it, so it is gone unless it is heard of again.
                    _ if !broadcast.is_large() => broadcast.on_left(node),
                    _ => {}
                }
                if let Some(peer) = broadcast.peer_of(node).filter(|_| broadcast.is_large()) {
                    broadcast.mark_told(node);
                    self.note_far(room, node, Some(peer));
                    self.tell_indirect(room, node, peer);
                    continue;
                }
                broadcast.unmark_told(node);
            }
            self.note_far(room, node, None);
            self.tell_left(room, node, code);
        }
    }
}

/// Gossip as a message to a neighbor.
pub(super) fn passed_on(room: RoomId, bytes: Vec<u8>) -> Outgoing {
    Outgoing {
        room,
        kind: Kind::Gossip,
        label: GOSSIP_LABEL.into(),
        payload: Arc::new(bytes),
        ticket: None,
    }
}
