//! Words told in a room: to whom they go whole, and who is told their names.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::NodeId;
use lacis_wire::gossip::{NamedGossip, News};
use lacis_wire::link::Kind;

use super::Node;
use super::gossip::passed_on;
use crate::broadcast::{Course, Names, Told};
use crate::ids::RoomId;
use crate::io::Priority;
use crate::session::Outgoing;

impl Node {
    /// A message to everybody in a room as it travels, to neighbors alone or to be passed on, and
    /// to whom it goes from here.
    pub(super) fn addressed(
        &mut self,
        room: RoomId,
        label: &str,
        payload: Vec<u8>,
    ) -> (Outgoing, Vec<NodeId>) {
        let mut message = Outgoing {
            room,
            kind: Kind::Broadcast,
            label: label.into(),
            payload: Arc::new(payload),
            ticket: None,
        };
        let present = self.present(room);
        if self.floods(room)
            && let Some(broadcast) = self.broadcasts.get_mut(&room)
        {
            let news = News::Message { label, payload: &message.payload };
            let told = broadcast.tell(&self.cx, news);
            let nodes = self.divide(room, &told, self.near(&present));
            message = passed_on(room, told.bytes);
            // Of whom nobody wants more than names, its words are wanted by all.
            return (message, if nodes.is_empty() { present } else { nodes });
        }
        (message, present)
    }

    /// Those to whom no link goes over a neighbor: that one passes on what is told to all.
    fn near(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        let is_far = |node| self.remotes.get(node).is_some_and(|it| it.connection.is_relayed());
        nodes.iter().filter(|node| !is_far(node)).copied().collect()
    }

    /// Passes something on to the neighbors in a room, as far as it goes.
    pub(super) fn pass_on(&mut self, room: RoomId, told: &Told, except: &[NodeId]) {
        let mut nodes = self.near(&self.present(room));
        nodes.retain(|node| !except.contains(node));
        if told.course == Course::All {
            nodes = self.divide(room, told, nodes);
        } else {
            self.cx.shuffle(&mut nodes);
            nodes.truncate(usize::from(told.course != Course::Here));
        }
        let message = passed_on(room, told.bytes.clone());
        for node in nodes {
            if self.hand(node, &message, Priority::Automatic).is_err() {
                self.not_given(&message, node);
            }
        }
    }

    /// Whose queue is full hears a word from others, or once there is place again.
    pub(super) fn not_given(&mut self, word: &Outgoing, node: NodeId) {
        if word.kind == Kind::Gossip
            && let Some(broadcast) = self.broadcasts.get_mut(&word.room)
        {
            broadcast.not_given(self.cx.now, node, &word.payload);
            self.changes.mesh();
        }
    }

    /// Those neighbors to whom something goes whole; the others are told its name if it has one.
    fn divide(&mut self, room: RoomId, told: &Told, mut nodes: Vec<NodeId>) -> Vec<NodeId> {
        let Some(broadcast) = self.broadcasts.get_mut(&room) else { return nodes };
        if told.is_large {
            return nodes;
        }
        let first = broadcast.divide(self.cx.now, told, &mut nodes);
        broadcast.keep(self.cx.now, told, nodes.clone());
        self.changes.mesh();
        self.say_names(room, false, first);
        nodes
    }

    /// Tells neighbors names of words that this node has, or lacks.
    pub(super) fn say_names(&mut self, room: RoomId, lacks: bool, all: Names) {
        for (node, names) in all {
            self.with_remote(node, |remote, env| remote.say_names(env.cx, room, lacks, &names));
        }
    }

    /// A neighbor has words, or lacks them.
    pub(super) fn on_names(
        &mut self,
        room: RoomId,
        from: NodeId,
        (lacks, names): (bool, Vec<NamedGossip>),
    ) {
        let Some(broadcast) = self.broadcasts.get_mut(&room) else { return };
        if !lacks {
            let at = (self.cx.now, self.cx.me.node);
            let (asked, spared) = broadcast.on_names(at, from, &names);
            self.changes.mesh();
            self.say_names(room, true, asked.map(|names| (from, names)).into_iter().collect());
            let spared = spared.map(|node| (node, Vec::new()));
            return self.say_names(room, false, spared.into_iter().collect());
        }
        let words = broadcast.on_lacking(from, &names);
        self.give(room, from, words);
    }

    /// Gives words to a neighbor that lacks them.
    fn give(&mut self, room: RoomId, node: NodeId, words: Vec<Vec<u8>>) {
        for word in words.into_iter().map(|bytes| passed_on(room, bytes)) {
            if self.hand(node, &word, Priority::Automatic).is_err() {
                self.not_given(&word, node);
            }
        }
    }

    /// Tells names that are due, and asks elsewhere for what has not come.
    pub(super) fn names_timeout(&mut self, room: RoomId) {
        let owed = self.broadcasts.get_mut(&room).map(|it| it.owed(self.cx.now));
        for (node, words) in owed.into_iter().flatten() {
            self.give(room, node, words);
        }
        let Some(broadcast) = self.broadcasts.get_mut(&room) else { return };
        let named = broadcast.names_due(self.cx.now);
        let (asked, over) = broadcast.wants_due(self.cx.now);
        self.say_names(room, false, named);
        self.say_names(room, true, asked);
        for origin in over {
            self.release(room, origin);
        }
    }

    /// What waited for something that an origin told before is looked at again.
    pub(super) fn release(&mut self, room: RoomId, origin: NodeId) {
        let Some(broadcast) = self.broadcasts.get_mut(&room) else { return };
        let held = broadcast.take_released(self.cx.now, origin);
        for (from, bytes) in held.into_iter().rev() {
            self.gossip.push_front((room, from, bytes));
        }
    }
}
