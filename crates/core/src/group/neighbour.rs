//! A member's instance that is linked to this one: where the two stand with a group, and what waits
//! to be sent.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::codec::encode;
use lacis_wire::credential::Chain;
use lacis_wire::group::{GroupFrame, NAME_BYTES};
use lacis_wire::record::{CopyName, RecordType};
use lacis_wire::{KeyName, PeerId, limits};

use super::queue::Queue;
use super::sync::Buckets;
use crate::ids::LinkId;
use crate::table::Table;
use crate::time::Timestamp;

/// Signatures that one side may have verified for nothing: a few chains of the longest.
const CHECKS_MAX: u32 = 96;

/// How fast that grows again.
const CHECKS_PER_SECOND: u32 = 8;

#[derive(Debug)]
pub(super) struct Neighbour {
    pub(super) link: LinkId,
    pub(super) peer: PeerId,
    /// The side that offered the link begins the reconciliation.
    pub(super) initiates: bool,
    /// Whether we have shown who we are.
    pub(super) shown: bool,
    /// What makes the other side a member, once it has shown that. Whether it still is one is asked
    /// each time, see [`super::Group::serves`].
    pub(super) chain: Option<Chain>,
    /// Whether it has said that it does not take us for a member.
    pub(super) refused: bool,
    /// Whether it has shown that it does, by sending what only members get. Before that, what goes
    /// ahead of other frames could come before our proof.
    pub(super) confirmed: bool,
    /// The types that it wants first.
    pub(super) first: Vec<RecordType>,
    /// Keys that it was given.
    pub(super) given: Table<KeyName, ()>,
    /// Frames in order.
    pub(super) frames: VecDeque<Vec<u8>>,
    frame_bytes: usize,
    /// Records that are new here and that it has not shown to have.
    pub(super) push: Queue<CopyName>,
    /// Versions that it asked for.
    pub(super) asked: Queue<CopyName>,
    /// Versions being loaded for it.
    pub(super) loading: bool,
    /// Versions that it has and we lack.
    pub(super) missing: Queue<CopyName>,
    /// Versions that we asked it for, and until when they may take.
    pub(super) in_flight: Table<CopyName, Timestamp>,
    /// Buckets still to be reconciled, in order, if we begin.
    pub(super) buckets: VecDeque<u8>,
    /// The bucket whose query is on its way, and until when its reply may take.
    pub(super) querying: Option<(u8, Timestamp)>,
    /// Buckets of which it has told all that we lack, since what it told before came.
    pub(super) told: Buckets,
    /// Buckets of which all that it told is here.
    pub(super) whole: Buckets,
    /// Buckets told since the link began, until that is all of them.
    pub(super) compared: Table<u8, ()>,
    /// Whether it has told all buckets, or had the time to.
    pub(super) is_compared: bool,
    /// Until when it has the time to.
    pub(super) compare_by: Option<Timestamp>,
    /// When to compare again.
    pub(super) compare_at: Option<Timestamp>,
    /// What has ended and it was given the header of since the last comparison began.
    pub(super) ends: Vec<CopyName>,
    /// A frame being sent in parts, and how much of it has left.
    pub(super) parts: Option<(Vec<u8>, usize)>,
    /// Signatures that may still be verified for it, as of a time.
    checks: (u32, Timestamp),
}

impl Neighbour {
    pub(super) const fn new(link: LinkId, peer: PeerId, initiates: bool, now: Timestamp) -> Self {
        Self {
            link,
            peer,
            initiates,
            shown: false,
            chain: None,
            refused: false,
            confirmed: false,
            first: Vec::new(),
            given: Table::new(),
            frames: VecDeque::new(),
            frame_bytes: 0,
            push: Queue::new(limits::MISSING_MAX),
            // More than it may ask for at once it has to ask for later.
            asked: Queue::new(limits::NAMES_MAX),
            loading: false,
            missing: Queue::new(limits::MISSING_MAX),
            in_flight: Table::new(),
            buckets: VecDeque::new(),
            querying: None,
            told: Buckets::NONE,
            whole: Buckets::NONE,
            compared: Table::new(),
            is_compared: false,
            compare_by: None,
            compare_at: None,
            ends: Vec::new(),
            parts: None,
            checks: (CHECKS_MAX, now),
        }
    }

    pub(super) fn say(&mut self, frame: &GroupFrame) {
        let frame = encode(frame);
        self.frame_bytes += frame.len();
        self.frames.push_back(frame);
    }

    pub(super) fn next_frame(&mut self) -> Option<Vec<u8>> {
        let frame = self.frames.pop_front()?;
        self.frame_bytes -= frame.len();
        Some(frame)
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
    pub(super) const fn is_flooded(&self) -> bool {
        self.frame_bytes > limits::GROUP_QUEUE_BYTES
    }

    /// Bytes of frames that wait.
    pub(super) const fn waiting_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// What waits to be loaded, asked for or sent, in names.
    pub(super) fn waiting_names(&self) -> usize {
        self.push.len() + self.asked.len() + self.missing.len() + self.in_flight.len()
    }

    /// Whether both sides have shown who they are. Whether that still makes the other side a
    /// member is another question.
    pub(super) const fn is_introduced(&self) -> bool {
        self.chain.is_some() && self.shown && !self.refused
    }

    /// Whether it has shown that it may let others in.
    pub(super) fn may_invite(&self) -> bool {
        let leaf = self.chain.as_ref().and_then(Chain::leaf);
        leaf.is_some_and(|leaf| leaf.roles.may_invite())
    }

    /// Whether somebody who is no member may have so many signatures verified now.
    pub(super) fn may_have_checked(&mut self, now: Timestamp, signatures: usize) -> bool {
        let seconds = u32::try_from(now.since(self.checks.1).as_secs()).unwrap_or(u32::MAX);
        let left = self.checks.0.saturating_add(seconds.saturating_mul(CHECKS_PER_SECOND));
        let at = self.checks.1 + Duration::from_secs(u64::from(seconds));
        let signatures = u32::try_from(signatures).unwrap_or(u32::MAX);
        let fits = left.min(CHECKS_MAX).checked_sub(signatures);
        self.checks = (fits.unwrap_or(left.min(CHECKS_MAX)), at);
        fits.is_some()
    }

    /// What was of concern to a member is not, to somebody who is none any more.
    pub(super) fn forget_all(&mut self) {
        self.push.clear();
        self.asked.clear();
        self.missing.clear();
        self.frames.clear();
        self.frame_bytes = 0;
        // What has begun to leave is taken back by an empty end.
        self.parts = self.parts.take_if(|(_, at)| *at > 0).map(|_| (Vec::new(), 1));
        self.in_flight = Table::new();
        self.buckets.clear();
        self.querying = None;
        (self.told, self.whole) = (Buckets::NONE, Buckets::NONE);
    }
}

/// Reads names as they travel.
pub(super) fn names_of(packed: &[u8]) -> impl Iterator<Item = CopyName> {
    packed.as_chunks::<NAME_BYTES>().0.iter().map(CopyName::from_bytes)
}
