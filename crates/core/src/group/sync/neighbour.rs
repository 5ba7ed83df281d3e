//! A member's instance that is linked to this one: where the two stand with a group, and what waits
//! to be sent.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::codec::encode;
use lacis_wire::credential::Chain;
use lacis_wire::group::{GroupFrame, NAME_BYTES};
use lacis_wire::record::{CopyName, RecordType};
use lacis_wire::{KeyName, NodeId, PeerId, limits};

use crate::event::NeighborReport;
use crate::group::sync::buckets::Buckets;
use crate::group::sync::heard::Sketching;
use crate::group::sync::queue::Queue;
use crate::group::sync::spreading::Spreading;
use crate::ids::LinkId;
use crate::many::Many;
use crate::table::{Table, TableExt};
use crate::time::Timestamp;

/// Signatures that one side may have verified for nothing: a few chains of the longest.
const CHECKS_MAX: u32 = 96;

/// How fast that grows again.
const CHECKS_PER_SECOND: u32 = 8;

/// What an open invitation is known by.
pub(in crate::group) type Seed = [u8; 16];

/// What somebody is asked of an invitation: whether only to tell what it offers, and of which.
pub(in crate::group) type Question = (bool, Seed);

#[derive(Debug)]
pub(in crate::group) struct Neighbour {
    pub(in crate::group) link: LinkId,
    pub(in crate::group) peer: PeerId,
    /// The side that offered the link begins the reconciliation.
    pub(in crate::group) initiates: bool,
    /// Whether we have shown who we are.
    pub(in crate::group) shown: bool,
    /// What makes the other side a member, once it has shown that. Whether it still is one is asked
    /// each time, see [`crate::group::Group::serves`].
    pub(in crate::group) chain: Option<Chain>,
    /// Whether it has said that it does not take us for a member.
    pub(in crate::group) refused: bool,
    /// Whether it was given what shuts it out.
    pub(in crate::group) proven: bool,
    /// What it was asked of an invitation and has not answered, when, and whether there is more to
    /// ask since.
    pub(in crate::group) question: Option<(Question, Timestamp, bool)>,
    /// Whether it was asked to let us in since the last comparison began.
    pub(in crate::group) was_asked: bool,
    /// Whether it has shown that it does, by sending what only members get. Before that, what goes
    /// ahead of other frames could come before our proof.
    pub(in crate::group) confirmed: bool,
    /// The types that it wants first.
    pub(in crate::group) first: Vec<RecordType>,
    /// What tells which keys it has.
    pub(in crate::group) keys: Option<[u8; 8]>,
    /// Keys that it was given.
    pub(in crate::group) given: Many<KeyName, ()>,
    /// Frames in order.
    pub(in crate::group) frames: VecDeque<Vec<u8>>,
    frame_bytes: usize,
    /// Records that are new here and that it has not shown to have.
    pub(in crate::group) push: Queue<CopyName>,
    /// How what is new reaches it.
    pub(in crate::group) spreading: Spreading,
    /// Versions that it asked for.
    pub(in crate::group) asked: Queue<CopyName>,
    /// Versions being loaded for it.
    pub(in crate::group) loading: bool,
    /// Versions that it has and we lack.
    pub(in crate::group) missing: Queue<CopyName>,
    /// Versions that we asked it for, and until when they may take; at most
    /// [`limits::WANTED_MAX`].
    pub(in crate::group) in_flight: Table<CopyName, Timestamp>,
    /// Versions that it did not give in time since the last comparison began: they are asked of
    /// others, whatever it says.
    pub(in crate::group) late: Queue<CopyName>,
    /// Since when we wait for the next of them.
    pub(in crate::group) waits_since: Timestamp,
    /// Where the two stand with symbols of what they hold.
    pub(in crate::group) sketching: Sketching,
    /// Buckets still to be reconciled, in order, if we begin.
    pub(in crate::group) buckets: VecDeque<u8>,
    /// The bucket whose query is on its way, and until when its reply may take.
    pub(in crate::group) querying: Option<(u8, Timestamp)>,
    /// Buckets of which it has told all that we lack, since what it told before came.
    pub(in crate::group) told: Buckets,
    /// Buckets of which all that it told is here.
    pub(in crate::group) whole: Buckets,
    /// Buckets told since the link began, until that is all of them.
    pub(in crate::group) compared: Buckets,
    /// Whether it has told all buckets, or had the time to.
    pub(in crate::group) is_compared: bool,
    /// Until when it has the time to.
    pub(in crate::group) compare_by: Option<Timestamp>,
    /// When it was shown last who we are.
    pub(in crate::group) entered_at: Timestamp,
    /// When to look whether to compare again.
    pub(in crate::group) compare_at: Option<Timestamp>,
    /// When that began last.
    pub(in crate::group) compared_at: Option<Timestamp>,
    /// What has ended and it was given the header of since the last comparison began.
    pub(in crate::group) ends: Vec<CopyName>,
    /// A frame being sent in parts, and how much of it has left.
    pub(in crate::group) parts: Option<(Vec<u8>, usize)>,
    /// Signatures that may still be verified for it, as of a time.
    pub(in crate::group) checks: (u32, Timestamp),
}

impl Neighbour {
    pub(in crate::group) const fn new(
        link: LinkId,
        peer: PeerId,
        initiates: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            link,
            peer,
            initiates,
            shown: false,
            chain: None,
            refused: false,
            proven: false,
            question: None,
            was_asked: false,
            confirmed: false,
            first: Vec::new(),
            keys: None,
            given: Many::new(),
            frames: VecDeque::new(),
            frame_bytes: 0,
            push: Queue::new(limits::MISSING_MAX),
            spreading: Spreading::new(),
            // More than it may ask for at once it has to ask for later.
            asked: Queue::new(limits::NAMES_MAX),
            loading: false,
            missing: Queue::new(limits::MISSING_MAX),
            in_flight: Table::new(),
            late: Queue::new(limits::NAMES_MAX),
            waits_since: now,
            sketching: Sketching::new(),
            buckets: VecDeque::new(),
            querying: None,
            told: Buckets::NONE,
            whole: Buckets::NONE,
            compared: Buckets::NONE,
            is_compared: false,
            compare_by: None,
            entered_at: now,
            compare_at: None,
            compared_at: None,
            ends: Vec::new(),
            parts: None,
            checks: (CHECKS_MAX, now),
        }
    }

    pub(in crate::group) fn say(&mut self, frame: &GroupFrame) {
        let frame = encode(frame);
        self.frame_bytes += frame.len();
        self.frames.push_back(frame);
    }

    pub(in crate::group) fn next_frame(&mut self) -> Option<Vec<u8>> {
        let frame = self.frames.pop_front()?;
        self.frame_bytes -= frame.len();
        Some(frame)
    }

    /// Names in frames of at most as many as one may have.
    pub(in crate::group) fn say_names(
        &mut self,
        names: &[CopyName],
        frame: impl Fn(Vec<u8>) -> GroupFrame,
    ) {
        for some in names.chunks(limits::NAMES_MAX) {
            let packed = some.iter().flat_map(CopyName::to_bytes).collect();
            self.say(&frame(packed));
        }
    }

    /// Whether so much waits to be sent that nothing more is answered: it asks faster than it
    /// listens.
    pub(in crate::group) const fn is_flooded(&self) -> bool {
        self.frame_bytes > limits::GROUP_QUEUE_BYTES
    }

    /// Bytes of frames that wait.
    pub(in crate::group) const fn waiting_bytes(&self) -> usize {
        self.frame_bytes
    }

    /// What waits to be loaded, asked for or sent, in names.
    pub(in crate::group) fn waiting_names(&self) -> usize {
        self.push.len() + self.asked.len() + self.missing.len() + self.in_flight.len()
    }

    /// How it stands, for people who ask.
    pub(in crate::group) fn report(&self, node: NodeId) -> NeighborReport {
        NeighborReport {
            node,
            is_introduced: self.is_introduced(),
            is_lazy: self.spreading.is_lazy(),
            is_compared: self.is_compared,
            missing: self.missing.len() + self.in_flight.len(),
            sending: self.push.len() + self.asked.len(),
        }
    }

    /// Versions are asked of it, and may take until then.
    pub(in crate::group) fn await_versions(
        &mut self,
        now: Timestamp,
        names: &[CopyName],
        until: Timestamp,
    ) {
        if self.in_flight.is_empty() {
            self.waits_since = now;
        }
        self.in_flight.extend(names.iter().map(|name| (*name, until)));
    }

    /// Takes back what it was asked for and has not given in time; says whether there is any.
    pub(in crate::group) fn drop_late(&mut self, now: Timestamp) -> bool {
        let late = self.in_flight.take_where(|_, deadline| now >= *deadline);
        late.iter().for_each(|(name, _)| _ = self.late.push(*name));
        !late.is_empty()
    }

    /// A version that it was asked for has come.
    pub(in crate::group) fn on_version(&mut self, now: Timestamp, name: &CopyName) {
        if self.in_flight.remove(name).is_some() {
            self.waits_since = now;
        }
    }

    /// From when on what it was asked for is asked for elsewhere too.
    pub(in crate::group) fn stalls_at(&self) -> Option<Timestamp> {
        (!self.in_flight.is_empty()).then_some(self.waits_since + limits::WANT_PATIENCE)
    }

    /// Whether it is giving a version.
    pub(in crate::group) fn gives(&self, now: Timestamp, name: &CopyName) -> bool {
        self.in_flight.contains_key(name) && self.stalls_at().is_some_and(|at| now < at)
    }

    /// Whether nothing is under way with it.
    pub(in crate::group) fn is_idle(&self) -> bool {
        self.is_compared
            && self.frames.is_empty()
            && self.push.is_empty()
            && self.spreading.is_empty()
            && self.asked.is_empty()
            && self.missing.is_empty()
            && self.in_flight.is_empty()
            && self.parts.is_none()
    }

    /// Whether both sides have shown who they are. Whether that still makes the other side a
    /// member is another question.
    pub(in crate::group) const fn is_introduced(&self) -> bool {
        self.chain.is_some() && self.shown && !self.refused
    }

    /// Whether it has shown that it may let others in.
    pub(in crate::group) fn may_invite(&self) -> bool {
        let leaf = self.chain.as_ref().and_then(Chain::leaf);
        leaf.is_some_and(|leaf| leaf.roles.may_invite())
    }

    /// Whether somebody who is no member may have so many signatures verified now.
    pub(in crate::group) fn may_have_checked(&mut self, now: Timestamp, signatures: usize) -> bool {
        let seconds = u32::try_from(now.since(self.checks.1).as_secs()).unwrap_or(u32::MAX);
        let left = self.checks.0.saturating_add(seconds.saturating_mul(CHECKS_PER_SECOND));
        let at = self.checks.1 + Duration::from_secs(u64::from(seconds));
        let signatures = u32::try_from(signatures).unwrap_or(u32::MAX);
        let fits = left.min(CHECKS_MAX).checked_sub(signatures);
        self.checks = (fits.unwrap_or(left.min(CHECKS_MAX)), at);
        fits.is_some()
    }

    /// What was of concern to a member is not, to somebody who is none any more.
    pub(in crate::group) fn forget_all(&mut self) {
        self.push.clear();
        self.spreading = Spreading::new();
        self.asked.clear();
        self.missing.clear();
        self.frames.clear();
        self.frame_bytes = 0;
        // What has begun to leave is taken back by an empty end.
        self.parts = self.parts.take_if(|(_, at)| *at > 0).map(|_| (Vec::new(), 1));
        self.in_flight = Table::new();
        self.buckets.clear();
        self.sketching = Sketching::new();
        self.querying = None;
        (self.told, self.whole) = (Buckets::NONE, Buckets::NONE);
    }
}

/// Reads names as they travel.
pub(in crate::group) fn names_of(packed: &[u8]) -> impl Iterator<Item = CopyName> {
    packed.as_chunks::<NAME_BYTES>().0.iter().map(CopyName::from_bytes)
}

impl Neighbour {
    /// Whether all that it told has come.
    pub(in crate::group) fn lacks_nothing(&self) -> bool {
        self.missing.is_empty() && self.in_flight.is_empty()
    }

    /// Whether both are members to each other, and all that either told is here: nothing differed
    /// when that was compared last.
    pub(in crate::group) fn is_whole(&self) -> bool {
        let told = Buckets(self.whole.0 | self.told.0);
        self.has_compared() && told == Buckets::ALL && self.lacks_nothing()
    }

    /// Notes what has come by now; gives what is whole by what it told, and what it does not
    /// gainsay.
    pub(in crate::group) fn whole_now(&mut self) -> (Buckets, Buckets) {
        let lacks_nothing = self.lacks_nothing();
        if lacks_nothing {
            self.whole.0 |= self.told.0;
            self.told = Buckets::NONE;
        }
        (self.whole, if lacks_nothing { Buckets::ALL } else { self.whole })
    }

    /// From now on it is compared with. It is waited for until the next comparison begins, so that
    /// one that is slow does not keep what is over for ever.
    pub(in crate::group) fn await_comparison(&mut self, now: Timestamp) {
        if !self.is_compared && self.compare_by.is_none() {
            self.compare_by = Some(now + limits::RECONCILE_INTERVAL);
        }
    }

    /// It has told all that it holds of a bucket.
    pub(in crate::group) fn told_all_of(&mut self, bucket: u8) {
        self.told.insert(bucket);
        if !self.is_compared {
            self.compared.insert(bucket);
        }
    }

    /// It has told all that it holds.
    pub(in crate::group) fn told_all(&mut self) {
        (0..=limits::BUCKETS).for_each(|bucket| self.told_all_of(bucket));
    }

    /// Both know what differs: all is told once these have come.
    pub(in crate::group) fn tell_all(&mut self, unasked: &[CopyName]) {
        self.told_all();
        let unasked = unasked.iter().flat_map(CopyName::to_bytes).collect();
        self.say(&GroupFrame::Told { unasked });
    }

    /// It will tell some of it once more.
    pub(in crate::group) fn forget_told(&mut self) {
        (self.told, self.whole) = (Buckets::NONE, Buckets::NONE);
        self.compared = Buckets::NONE;
    }

    pub(in crate::group) fn note_comparison(&mut self) {
        if self.compared == Buckets::ALL && self.missing.is_empty() && self.in_flight.is_empty() {
            self.end_comparison();
        }
    }

    pub(in crate::group) fn end_patience(&mut self, now: Timestamp) {
        if self.compare_by.is_some_and(|until| now >= until) {
            self.end_comparison();
        }
    }

    pub(in crate::group) fn end_comparison(&mut self) {
        self.is_compared = true;
        self.compare_by = None;
        self.compared = Buckets::NONE;
    }

    /// Whether it is a member that takes us for one, and has told what it holds or had the time to.
    pub(in crate::group) fn has_compared(&self) -> bool {
        self.is_introduced() && self.confirmed && self.is_compared
    }
}
