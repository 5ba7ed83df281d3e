//! Islands of a large room, which know nothing of each other, and how they grow together.
//!
//! Links were lost, each side has found as many as it wants among its own, and nothing that anybody
//! tells there shows that there are others. But servers still name members at random: one of whom
//! all should have been told, and nobody was, is on another island. Some who see that link with it.
//! By that link either side hears of the other, and some of those who do make links of their own,
//! so that what has grown together does not hang on one.

use lacis_wire::{NodeId, limits};

use super::Broadcast;
use crate::cx::Cx;
use crate::time::Timestamp;

impl Broadcast {
    /// Whether a node that is in the room tells nobody near here that it is.
    pub(crate) fn is_strange(&self, (now, me): (Timestamp, NodeId), node: NodeId) -> bool {
        let told = limits::HERE_INTERVAL * self.pace(limits::SHOWN_MAX * 3 / 4);
        let is_heard = |until: Timestamp| until.since(now) + told >= self.life();
        self.is_shown(me, node) && self.members.get(&node).is_none_or(|it| !is_heard(it.until))
    }

    /// A node turned out to be on another island. Of all here so many, on average, want a link with
    /// it; says whether this one does.
    pub(crate) fn wants_bridge(&mut self, cx: &mut Cx, node: NodeId, of_all: usize) -> bool {
        let is_free = self.bridge.is_none_or(|(_, until)| cx.now >= until);
        let all = self.company().max(1) as u64;
        let is_drawn = self.is_large && is_free && cx.random_u64() % all < of_all as u64;
        if is_drawn {
            self.bridge = Some((node, cx.now + limits::SEEK_REST));
        }
        is_drawn
    }

    /// Whether a link with a node is wanted, however many there are.
    pub(crate) fn is_bridge(&self, now: Timestamp, node: NodeId) -> bool {
        self.bridge.is_some_and(|(other, until)| other == node && now < until)
    }
}
