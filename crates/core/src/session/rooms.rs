//! The rooms that are shared with one remote node: how sure that is, and how both ends name them on
//! the present link.

use alloc::vec::Vec;

use lacis_wire::{RoomTag, limits};

use crate::ids::RoomId;
use crate::table::Table;
use crate::time::Timestamp;

/// The rooms shared with one remote node.
#[derive(Debug)]
pub(crate) struct SharedRooms {
    /// At most [`limits::ROOMS_MAX`].
    proofs: Table<RoomId, RoomProof>,
    /// The rooms as both ends name them on the present link.
    tags: Vec<Tags>,
    /// The rooms that the other side last said it is in.
    shown: Option<Vec<RoomTag>>,
    /// Whether others are shared than before, or they are named otherwise.
    changed: bool,
}

/// How sure it is that a remote node is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoomProof {
    /// A server or an offer says so.
    Claimed,
    /// It was proven on an earlier link; the first list of rooms on the present one will tell.
    Previous,
    /// It is proven on the present link, or was on the last one.
    Proven,
}

/// How both ends name a room.
#[derive(Debug)]
pub(crate) struct Tags {
    pub(crate) room: RoomId,
    pub(crate) ours: RoomTag,
    pub(crate) theirs: RoomTag,
    /// Whether words wait: a group's members hear those only whom they know to be members, and
    /// the other side has not shown yet that it knows that of us.
    pub(crate) is_held: bool,
    /// Since when they are named so.
    pub(crate) since: Timestamp,
}

impl Default for SharedRooms {
    fn default() -> Self {
        Self { proofs: Table::new(), tags: Vec::new(), shown: None, changed: false }
    }
}

impl SharedRooms {
    /// Whether others are shared than there were, or they are named otherwise.
    pub(crate) const fn take_changed(&mut self) -> bool {
        core::mem::replace(&mut self.changed, false)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.proofs.is_empty()
    }

    pub(crate) fn contains(&self, room: RoomId) -> bool {
        self.proofs.contains_key(&room)
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RoomId, RoomProof)> {
        self.proofs.iter().map(|(room, proof)| (*room, *proof))
    }

    pub(crate) fn proof(&self, room: RoomId) -> Option<RoomProof> {
        self.proofs.get(&room).copied()
    }

    /// The first of which it is proven that it is shared.
    pub(crate) fn first_proven(&self) -> Option<RoomId> {
        self.iter().find(|(_, proof)| *proof == RoomProof::Proven).map(|(room, _)| room)
    }

    /// A server or an offer says that the remote is in a room.
    pub(crate) fn claim(&mut self, room: RoomId) {
        self.changed = true;
        self.proofs.entry(room).or_insert(RoomProof::Claimed);
    }

    /// The remote is in a room, whatever was known before.
    pub(crate) fn set(&mut self, room: RoomId, proof: RoomProof) {
        self.changed = true;
        self.proofs.insert(room, proof);
    }

    /// A room is no longer shared; says whether it was.
    pub(crate) fn remove(&mut self, room: RoomId) -> bool {
        self.changed = true;
        self.proofs.remove(&room).is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.changed = true;
        self.proofs = Table::new();
    }

    /// There is a new link, set up in that room.
    pub(crate) fn on_link(&mut self, room: RoomId) {
        for (_, proof) in &mut self.proofs {
            if *proof == RoomProof::Proven {
                *proof = RoomProof::Previous;
            }
        }
        self.changed = true;
        self.proofs.insert(room, RoomProof::Proven);
        self.shown = None;
    }

    /// Our rooms are named so on the present link; gives the list that the other side showed.
    pub(crate) fn set_tags(&mut self, mut tags: Vec<Tags>) -> Option<Vec<RoomTag>> {
        self.changed = true;
        for tags in &mut tags {
            // On a link a room keeps its name.
            if let Some(known) = self.tags.iter().find(|known| known.ours == tags.ours) {
                tags.is_held &= known.is_held;
                tags.since = known.since;
            }
        }
        self.tags = tags;
        self.shown.take()
    }

    /// How we name our rooms.
    pub(crate) fn our_tags(&self) -> Vec<RoomTag> {
        self.tags.iter().map(|tags| tags.ours).collect()
    }

    /// The other side says in which rooms it is; only tags that its key can make count. The list is
    /// kept, because we may join one of those rooms later. Gives what that means for each of ours.
    pub(crate) fn show(&mut self, shown: Vec<RoomTag>) -> Vec<(RoomId, bool)> {
        let verdicts = self.tags.iter().map(|tags| (tags.room, shown.contains(&tags.theirs)));
        let verdicts = verdicts.collect();
        self.shown = Some(shown);
        verdicts
    }

    /// How we name a room on the present link, if it is proven that it is shared.
    pub(crate) fn our_tag(&self, room: RoomId) -> Option<RoomTag> {
        let proven = self.proof(room) == Some(RoomProof::Proven);
        self.tags.iter().find(|tags| tags.room == room && proven).map(|tags| tags.ours)
    }

    /// How we name a room on the present link, if the other side hears words there.
    pub(crate) fn word_tag(&self, room: RoomId) -> Option<RoomTag> {
        self.our_tag(room).filter(|_| !self.is_held(room))
    }

    /// Whether words wait in a room until the other side has shown that it hears them.
    pub(crate) fn is_held(&self, room: RoomId) -> bool {
        self.tags.iter().any(|tags| tags.room == room && tags.is_held)
    }

    /// Since when words wait in a room.
    pub(crate) fn held_since(&self, room: RoomId) -> Option<Timestamp> {
        let held = self.tags.iter().find(|tags| tags.room == room && tags.is_held);
        held.map(|tags| tags.since)
    }

    /// Whether words wait in any room.
    pub(crate) fn is_any_held(&self) -> bool {
        self.tags.iter().any(|tags| tags.is_held)
    }

    /// The other side hears words in a room.
    pub(crate) fn release(&mut self, room: RoomId) {
        self.tags.iter_mut().filter(|tags| tags.room == room).for_each(|tags| tags.is_held = false);
    }

    /// Whether the other side would name a room of ours so.
    pub(crate) fn is_tag(&self, tag: RoomTag) -> bool {
        self.tags.iter().any(|tags| tags.theirs == tag)
    }

    /// The room that the other side names so, and whether that is news. The tag itself proves that
    /// it is in the room, so what overtook its first list of rooms is not lost.
    pub(crate) fn room_of(&mut self, tag: RoomTag) -> Option<(RoomId, bool)> {
        let room = self.tags.iter().find(|tags| tags.theirs == tag)?.room;
        if self.proof(room) == Some(RoomProof::Proven) {
            return Some((room, false));
        }
        if self.shown.is_some() {
            return None;
        }
        self.changed = true;
        self.proofs.insert(room, RoomProof::Proven);
        Some((room, true))
    }
}

const _: () = assert!(limits::ROOMS_MAX <= 256, "rooms are looked for one by one");
