//! A member's instance that is linked to this one: where the two stand with a group, and what waits
//! to be sent.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::codec::encode;
use lacis_wire::credential::Chain;
use lacis_wire::group::{GroupFrame, NAME_BYTES};
use lacis_wire::record::{CopyName, RecordType};
use lacis_wire::{PeerId, RecordId, Roles, limits};

use crate::io::LinkId;
use crate::table::Table;
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Neighbour {
    pub(super) link: LinkId,
    pub(super) peer: PeerId,
    /// The side that offered the link begins the reconciliation.
    pub(super) leads: bool,
    /// Whether we have shown who we are.
    pub(super) shown: bool,
    /// What makes the other side a member, once it has shown that.
    pub(super) chain: Option<Chain>,
    /// Whether it has said that it does not take us for a member.
    pub(super) refused: bool,
    /// Whether it has shown that it does, by sending what only members get. Before that, what goes
    /// ahead of other frames could come before our proof.
    pub(super) confirmed: bool,
    /// The types that it wants first.
    pub(super) first: Vec<RecordType>,
    /// Frames in order.
    pub(super) frames: VecDeque<Vec<u8>>,
    /// Copies that are new here and that it has not shown to have.
    pub(super) live: VecDeque<RecordId>,
    /// Copies that it asked for.
    pub(super) asked: VecDeque<CopyName>,
    /// Copies being loaded for it.
    pub(super) loading: bool,
    /// Copies that it has and we lack.
    pub(super) lacking: VecDeque<CopyName>,
    /// Copies that we asked it for, and until when they may take.
    pub(super) wanted: Table<CopyName, Timestamp>,
    /// Shelves still to be reconciled, in order, if we lead.
    pub(super) shelves: VecDeque<u8>,
    /// The shelf whose question is on its way, and until when its answer may take.
    pub(super) asking: Option<(u8, Timestamp)>,
    /// Shelves of which it has told all that we lack.
    pub(super) told: Table<u8, ()>,
    /// Shelves told since the link began, until that is all of them.
    pub(super) compared: Table<u8, ()>,
    /// Whether it has told all shelves, or had the time to.
    pub(super) is_compared: bool,
    /// Until when it has the time to.
    pub(super) compare_by: Option<Timestamp>,
    /// When to compare again.
    pub(super) compare_at: Option<Timestamp>,
    /// A frame being sent in parts, and how much of it has left.
    pub(super) parts: Option<(Vec<u8>, usize)>,
}

impl Neighbour {
    pub(super) const fn new(link: LinkId, peer: PeerId, leads: bool) -> Self {
        Self {
            link,
            peer,
            leads,
            shown: false,
            chain: None,
            refused: false,
            confirmed: false,
            first: Vec::new(),
            frames: VecDeque::new(),
            live: VecDeque::new(),
            asked: VecDeque::new(),
            loading: false,
            lacking: VecDeque::new(),
            wanted: Table::new(),
            shelves: VecDeque::new(),
            asking: None,
            told: Table::new(),
            compared: Table::new(),
            is_compared: false,
            compare_by: None,
            compare_at: None,
            parts: None,
        }
    }

    /// What the other side may do.
    fn roles(&self) -> Option<Roles> {
        self.chain.as_ref()?.leaf().map(|leaf| leaf.roles)
    }

    pub(super) fn say(&mut self, frame: &GroupFrame) {
        self.frames.push_back(encode(frame));
    }

    /// Names in frames of at most as many as one may have.
    pub(super) fn say_names(&mut self, names: &[CopyName], frame: impl Fn(Vec<u8>) -> GroupFrame) {
        for some in names.chunks(limits::NAMES_MAX) {
            let packed = some.iter().flat_map(CopyName::to_bytes).collect();
            self.say(&frame(packed));
        }
    }

    /// Whether so much waits to be sent that nothing more is answered: it asks faster than it
    /// listens.
    pub(super) fn is_flooded(&self) -> bool {
        self.waiting_bytes() > limits::GROUP_QUEUE_BYTES
    }

    /// Bytes of frames that wait.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.frames.iter().map(Vec::len).sum()
    }

    /// What waits to be loaded, asked for or sent, in names.
    pub(super) fn waiting_names(&self) -> usize {
        self.live.len() + self.asked.len() + self.lacking.len() + self.wanted.len()
    }

    /// Whether records may be exchanged.
    pub(super) const fn is_admitted(&self) -> bool {
        self.chain.is_some() && self.shown && !self.refused
    }

    /// Whether it is a member that may know what the group says, and not only keep it.
    pub(super) fn may_read(&self) -> bool {
        self.is_admitted() && self.roles().is_some_and(|roles| roles != Roles::KEEPER)
    }
}

/// Reads names as they travel.
pub(super) fn names_of(packed: &[u8]) -> impl Iterator<Item = CopyName> {
    packed.as_chunks::<NAME_BYTES>().0.iter().map(CopyName::from_bytes)
}
