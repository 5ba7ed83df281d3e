//! Who is linked with whom, where there are more than everybody can be linked with.
//!
//! A room of up to [`limits::NEIGHBORS_MAX`] others is linked fully. In a larger one each looks for
//! [`limits::NEIGHBORS`] others at random and takes whoever comes; where that is too many, the link
//! that is missed least makes place. So the rooms are random graphs, which hold together, and
//! nobody is left outside.

use alloc::vec::Vec;

use lacis_wire::{NodeId, limits};

use crate::ids::RoomId;
use crate::table::Table;

/// How this node stands in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Others who are known to be in it; of more than [`limits::NEIGHBORS_MAX`] not all are
    /// counted.
    pub(crate) known: usize,
    /// Those of them that are linked.
    pub(crate) linked: usize,
    /// Those with whom a link is being made, and has not taken long yet.
    pub(crate) coming: usize,
    /// Whether a link in it made place for another, or more were there than everybody can be linked
    /// with: what is told is passed on, so that a few are enough.
    pub(crate) is_large: bool,
    /// Whether everybody is to be linked as far as there is place, however many they are: only some
    /// of a group may let a newcomer in.
    pub(crate) is_dense: bool,
}

impl Standing {
    /// Whether everybody in it can be linked with everybody.
    pub(crate) const fn is_small(self) -> bool {
        self.known <= limits::NEIGHBORS_MAX
    }

    /// Whether another link is wanted in it.
    pub(crate) const fn lacks(self) -> bool {
        let is_full = self.is_small() && !self.is_large;
        self.is_dense || is_full || self.linked + self.coming < limits::NEIGHBORS
    }
}

/// How this node stands in each of its rooms.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// At most [`limits::ROOMS_MAX`].
    rooms: Table<RoomId, Standing>,
}

impl Overlay {
    /// Changes what is known of a room.
    pub(crate) fn note(&mut self, room: RoomId, change: impl FnOnce(&mut Standing)) {
        change(self.rooms.entry(room).or_default());
    }

    pub(crate) fn standing(&self, room: RoomId) -> Standing {
        self.rooms.get(&room).copied().unwrap_or_default()
    }

    /// Whether a link is wanted with somebody who is in these rooms.
    pub(crate) fn wants(&self, mut rooms: impl Iterator<Item = RoomId>) -> bool {
        rooms.any(|room| self.standing(room).lacks())
    }

    /// How little a link is missed by whoever shares these rooms: the links that are left in the
    /// room that has fewest, and none in one where everybody is linked.
    fn left_without(&self, rooms: impl Iterator<Item = (RoomId, bool)>) -> usize {
        let left = rooms.map(|(room, counts)| match self.standing(room) {
            Standing { is_dense: true, .. } => 0,
            standing => standing.linked.saturating_sub(usize::from(counts)),
        });
        left.min().unwrap_or(usize::MAX)
    }

    /// Of several links, with the rooms that each is for and whether it counts there, those that
    /// are missed least. None of them leaves fewer than `least` in any of its rooms.
    pub(crate) fn dispensable<I: Iterator<Item = (RoomId, bool)>>(
        &self,
        links: impl Iterator<Item = (NodeId, I)>,
        least: usize,
    ) -> Vec<NodeId> {
        let mut best = least;
        let mut nodes = Vec::new();
        for (node, rooms) in links {
            let left = self.left_without(rooms);
            if left > best {
                nodes.clear();
                best = left;
            }
            if left == best {
                nodes.push(node);
            }
        }
        nodes
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use lacis_wire::{NodeId, limits};

    use super::{Overlay, Standing};
    use crate::ids::RoomId;

    const fn node(number: u8) -> NodeId {
        NodeId([number; 16])
    }

    fn overlay(rooms: &[(u32, usize, usize)]) -> Overlay {
        let mut overlay = Overlay::default();
        for &(room, known, linked) in rooms {
            overlay
                .note(RoomId(room), |it| *it = Standing { known, linked, ..Standing::default() });
        }
        overlay
    }

    #[test]
    fn a_small_room_is_linked_fully_and_a_large_one_is_not() {
        let full = limits::NEIGHBORS_MAX;
        let it = overlay(&[(1, full, full - 1), (2, full + 1, limits::NEIGHBORS)]);
        assert!(it.wants([RoomId(1)].into_iter()));
        assert!(!it.wants([RoomId(2)].into_iter()));
        assert!(it.wants([RoomId(2), RoomId(1)].into_iter()));
    }

    #[test]
    fn what_is_coming_counts() {
        let mut it = overlay(&[(1, 20, limits::NEIGHBORS - 1)]);
        assert!(it.wants([RoomId(1)].into_iter()));
        it.note(RoomId(1), |standing| standing.coming += 1);
        assert!(!it.wants([RoomId(1)].into_iter()));
    }

    #[test]
    fn in_a_dense_room_every_link_is_wanted() {
        let mut it = overlay(&[(1, 20, 9), (2, 20, 9)]);
        it.note(RoomId(1), |standing| standing.is_dense = true);
        assert!(it.wants([RoomId(1)].into_iter()) && !it.wants([RoomId(2)].into_iter()));
        let links = [(node(1), [(RoomId(1), true)]), (node(2), [(RoomId(2), true)])];
        let found = it.dispensable(links.into_iter().map(|(n, r)| (n, r.into_iter())), 3);
        assert_eq!(found, [node(2)]);
    }

    #[test]
    fn the_link_goes_that_leaves_most() {
        let it = overlay(&[(1, 20, 9), (2, 20, 5)]);
        let rooms =
            |rooms: &[u32]| rooms.iter().map(|room| (RoomId(*room), true)).collect::<Vec<_>>();
        let links = [(node(1), rooms(&[1])), (node(2), rooms(&[1, 2])), (node(3), rooms(&[1]))];
        let found =
            |least| it.dispensable(links.iter().map(|(n, r)| (*n, r.iter().copied())), least);
        assert_eq!(found(3), [node(1), node(3)]);
        assert!(found(9).is_empty());
    }
}
