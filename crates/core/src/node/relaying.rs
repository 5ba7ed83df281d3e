//! Links over a neighbor: over whom one may go, what leaves and comes, and what this node passes on
//! for others.

use alloc::vec::Vec;

use lacis_wire::link::Channel;
use lacis_wire::{Code, NodeId, limits};

use super::Node;
use crate::connect::Link;
use crate::ids::RoomId;
use crate::overlay::Overlay;
use crate::relays::{Pair, Relayed, Said, Side};
use crate::remote::Remote;

/// What may wait on a link over which this node passes things on: what it sends itself, and what
/// all pairs may have under way. Two who only say that they take it have no more of it.
const BUFFER_BYTES: usize =
    limits::BUFFERED_HIGH_BYTES + limits::RELAYS_MAX * limits::RELAY_WINDOW_BYTES as usize;

impl Node {
    /// Whether a link with a remote is wanted for what is said to it alone, or because everybody in
    /// a room is to be linked: only then is one of use that goes over a neighbor.
    fn is_needed(overlay: &Overlay, remote: &Remote) -> bool {
        let is_full = |room| {
            let standing = overlay.standing(room);
            standing.is_small() || standing.is_dense
        };
        !remote.session.is_idle()
            || remote.connection.lost_since().is_some()
            || remote.rooms.iter().any(|(room, _)| is_full(room))
    }

    /// The neighbors over whom a link with a remote is to be made now; none if a direct one is.
    pub(super) fn neighbors_between(&mut self, overlay: &Overlay, node: NodeId) -> Vec<NodeId> {
        let Some(remote) = self.remotes.get(&node) else { return Vec::new() };
        let seeks = remote.connection.seeks_neighbor(&self.pool);
        let Some((room, _)) = remote.rooms.iter().next() else { return Vec::new() };
        if !seeks || !Self::is_needed(overlay, remote) {
            return Vec::new();
        }
        self.neighbors_to_choose(room, node)
    }

    /// The neighbor over whom a link goes that somebody offers.
    pub(super) fn choose_between(
        &mut self,
        room: RoomId,
        node: NodeId,
        offered: &[NodeId],
    ) -> Option<NodeId> {
        let own = self.neighbors_to_choose(self.signaling.main(room), node);
        own.into_iter().find(|node| offered.contains(node))
    }

    fn neighbors_to_choose(&mut self, room: RoomId, other: NodeId) -> Vec<NodeId> {
        let mut neighbors = self.carriers(room);
        neighbors.retain(|node| *node != other && self.takes_relayed(*node));
        self.cx.shuffle(&mut neighbors);
        self.pool.relays.sort(&mut neighbors);
        neighbors.truncate(limits::RELAY_CHOICE_MAX);
        neighbors
    }

    /// Whether a link takes the largest frames.
    fn takes_relayed(&self, node: NodeId) -> bool {
        let link = self.remotes.get(&node).and_then(|remote| remote.connection.link());
        link.is_some_and(|link| link.payload_bytes() >= limits::RELAY_BYTES)
    }

    /// A neighbor as one side of a pair.
    fn side(&self, node: NodeId) -> Option<Side> {
        let connection = &self.remotes.get(&node)?.connection;
        let link = connection.link().filter(|link| link.accepted && !link.is_relayed())?;
        Some(Side::new(node, connection.peer?, link.id()))
    }

    /// Does what connections over neighbors want done.
    pub(super) fn act_relayed(&mut self) {
        let me = self.cx.me.node;
        while let Some((id, action)) = self.cx.relayed.pop_front() {
            if let Some(mut end) = self.pool.relays.act(id, action) {
                while let Some((relayed, _)) = end.next(me) {
                    self.say_relayed(end.by, &relayed);
                }
                self.say_relayed(end.by, &end.farewell(me));
            }
        }
        let Self { cx, pool, remotes, .. } = self;
        for end in pool.relays.ends_mut() {
            while let Some((relayed, part)) = end.next(me) {
                let near = remotes.get_mut(&end.by).and_then(|it| it.connection.link_mut());
                if let Some(link) = near.filter(|link| !link.is_relayed()) {
                    end.over.get_or_insert(link.id());
                    link.control(cx, &relayed.frame());
                }
                let owner = remotes.get_mut(&end.node);
                let channels = owner.and_then(|it| it.connection.channels(end.id()));
                if let (Some(channels), Some((channel, bytes))) = (channels, part) {
                    channels.on_taken(channel, bytes);
                    channels.on_buffered(channel, 0);
                }
            }
        }
    }

    /// Hears what neighbors pass on, or want passed on.
    pub(super) fn hear_relayed(&mut self) {
        while let Some((by, relayed)) = self.pairs.heard.pop_front() {
            if relayed.to == self.cx.me.node {
                let is_known = self.pool.relays.on_relayed(by, &relayed);
                if !is_known && let Said::More(..) = relayed.said {
                    self.turn_back(by, &relayed);
                }
            } else if relayed.from == by {
                self.pass_relayed(&relayed);
            }
        }
        self.act_relayed();
        while let Some((id, input)) = self.pool.relays.poll() {
            self.on_link(id, input);
        }
    }

    /// Whoever says something is told that it does not arrive, unless it does not even take that.
    fn turn_back(&mut self, by: NodeId, relayed: &Relayed) {
        let link = self.remotes.get(&by).and_then(|remote| remote.connection.link());
        if link.is_some_and(|link| link.has_room(Channel::Control)) {
            let Relayed { from, to, attempt, .. } = *relayed;
            self.say_relayed(by, &Relayed { from: to, to: from, attempt, said: Said::End });
        }
    }

    /// Passes on what one neighbor says to another, within bounds.
    fn pass_relayed(&mut self, relayed: &Relayed) {
        let (from, to) = (relayed.from, relayed.to);
        let sides = match (self.side(from), self.side(to), self.passage(relayed)) {
            (Some(one), Some(two), Some(is_clear)) => Some(([one, two], is_clear)),
            _ => None,
        };
        let (passes, over) = self.pairs.on_relayed(self.cx.now, relayed, sides);
        self.end_pairs(over);
        if passes {
            self.say_relayed(to, relayed);
        } else if let Said::More(..) = relayed.said {
            self.turn_back(from, relayed);
        }
    }

    /// Whether there is so little in the way of what one says to another that a new pair may begin;
    /// nothing if it may not be passed on, because they are in no room together or too much is.
    fn passage(&self, relayed: &Relayed) -> Option<bool> {
        let (first, second) = (self.remotes.get(&relayed.from)?, self.remotes.get(&relayed.to)?);
        let is_in = |remote: &Remote, room| {
            remote.rooms.our_tag(room).is_some() && self.signaling.lets_in(room, remote.node())
        };
        let mut rooms = first.rooms.iter().map(|(room, _)| room);
        let bytes = match &relayed.said {
            Said::More(_, sealed) => sealed.len(),
            Said::End => 0,
        };
        let link = second.connection.link()?;
        let waits = link.channels.buffered(Channel::Control);
        let passes = waits + bytes <= BUFFER_BYTES
            && link.payload_bytes() >= bytes
            && rooms.any(|room| is_in(first, room) && is_in(second, room));
        passes.then_some(waits <= limits::BUFFERED_LOW_BYTES)
    }

    fn end_pairs(&mut self, pairs: Vec<Pair>) {
        for relayed in pairs.iter().flat_map(Pair::farewells) {
            self.say_relayed(relayed.to, &relayed);
        }
    }

    fn say_relayed(&mut self, to: NodeId, relayed: &Relayed) {
        let Some(remote) = self.remotes.get_mut(&to) else { return };
        let near = remote.connection.link_mut().filter(|link| !link.is_relayed());
        if let Some(link) = near {
            link.control(&mut self.cx, &relayed.frame());
        }
    }

    /// There are other links than before: what goes over one that is gone is over.
    pub(super) fn review_relayed(&mut self) {
        let Self { remotes, pool, pairs, .. } = self;
        let near = |node: NodeId| {
            let link = remotes.get(&node).and_then(|remote| remote.connection.link());
            link.filter(|link| !link.is_relayed()).map(Link::id)
        };
        pool.relays.review(|end| near(end.by).is_some_and(|id| end.over.is_none_or(|it| it == id)));
        let is_over = |pair: &Pair| pair.sides.iter().any(|it| near(it.node) != Some(it.over));
        let over = pairs.take(is_over);
        self.end_pairs(over);
    }

    /// All remotes in the order in which goodbyes are said: first those who hear them over others.
    pub(super) fn those_over_neighbors_first(&self) -> Vec<NodeId> {
        let mut nodes: Vec<_> = self.remotes.keys().copied().collect();
        nodes.sort_by_key(|node| {
            !self.remotes.get(node).is_some_and(|it| it.connection.is_relayed())
        });
        nodes
    }

    /// Ends links over neighbors that nobody has needed for a while.
    pub(super) fn end_idle_relayed(&mut self) {
        if self.pool.relays.ends_mut().is_empty() {
            return;
        }
        let overlay = self.overlay();
        let now = self.cx.now;
        let mut idle = Vec::new();
        for (node, remote) in &mut self.remotes {
            let is_needed = Self::is_needed(&overlay, remote);
            let Some(link) = remote.connection.link_mut().filter(|it| it.is_relayed()) else {
                continue;
            };
            if is_needed {
                link.needed = now;
            } else if now.since(link.needed) >= limits::RELAY_IDLE {
                idle.push(*node);
            }
        }
        for node in idle {
            self.with_remote(node, |remote, env| remote.connection.dismiss(env, Code::Busy));
        }
    }
}
