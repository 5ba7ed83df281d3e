//! Records about which the application wants to be asked before they are taken.
//!
//! A copy that follows all rules waits until the application says yes or no. What it refuses is
//! neither kept nor passed on, and is not asked for again. Members whose applications answer
//! differently hold different records: that is theirs to decide.
//!
//! A keeper reads nothing and asks nobody: it has a limit, and refuses what goes beyond that.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::record::{CopyName, Header, RecordType};
use lacis_wire::{Code, NodeId, limits};

use crate::cx::Cx;
use crate::graph::{Copy, Offered, Outcome};
use crate::group::sync::queue::Queue;
use crate::group::{Group, GroupEvent};
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};

/// What waits for an answer of the application, and what it has refused.
#[derive(Debug, Default)]
pub(in crate::group) struct Approvals {
    kinds: Vec<RecordType>,
    /// At most [`limits::APPROVALS_MAX`].
    waiting: Table<u32, Waiting>,
    numbers: u32,
    refused: Refused,
    limit: Option<Limit>,
}

/// What was refused, in the order in which it was, and is not asked for again.
#[derive(Debug)]
struct Refused {
    names: Queue<CopyName>,
    /// The bytes of each; without number if it was not for want of room.
    lengths: VecDeque<Option<u32>>,
}

impl Default for Refused {
    fn default() -> Self {
        Self { names: Queue::new(limits::DECLINED_MAX), lengths: VecDeque::new() }
    }
}

impl Refused {
    fn insert(&mut self, name: CopyName, length: Option<u32>) {
        if self.names.contains(&name) {
            return;
        }
        if self.names.len() >= limits::DECLINED_MAX {
            self.names.pop();
            self.lengths.pop_front();
        }
        self.names.push(name);
        self.lengths.push_back(length);
    }

    /// What fits into so much room may be asked for again.
    fn let_in(&mut self, mut room: u64) {
        for _ in 0..self.names.len() {
            let (Some(name), Some(length)) = (self.names.pop(), self.lengths.pop_front()) else {
                return;
            };
            match length.map(u64::from) {
                Some(length) if length <= room => room -= length,
                _ => self.insert(name, length),
            }
        }
    }
}

/// How much the application lets a group have here.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// Bytes of bodies.
    bytes: u64,
    /// What is held, as it was counted, and what has come since: what has gone meanwhile too.
    held: u64,
    /// From then on it may be counted anew, which costs time for each record.
    count_at: Timestamp,
}

/// How often what a group holds is counted at the most.
const COUNTED_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Waiting {
    copy: Copy,
    from: Option<NodeId>,
    until: Timestamp,
}

impl Approvals {
    pub(in crate::group) fn has_refused(&self, name: &CopyName) -> bool {
        self.refused.names.contains(name)
    }

    pub(in crate::group) fn deadlines(&self, earliest: &mut Earliest) {
        earliest.see(self.waiting.values().map(|it| it.until).min(), Timer::Approval);
        let limit = self.limit.filter(|_| !self.refused.names.is_empty());
        earliest.see(limit.map(|it| it.count_at), Timer::Approval);
    }

    /// Who does not answer in time is asked again when the record is offered again.
    pub(in crate::group) fn expire(&mut self, now: Timestamp) {
        let _ = self.waiting.take_where(|_, it| now >= it.until);
    }

    /// So much more is held.
    pub(in crate::group) fn note_taken(&mut self, bytes: u32) {
        if let Some(limit) = &mut self.limit {
            limit.held = limit.held.saturating_add(u64::from(bytes));
        }
    }

    fn is_waiting(&self, name: &CopyName) -> bool {
        self.waiting.values().any(|it| it.copy.header.name() == *name)
    }
}

impl Group {
    /// The types about which the application wants to be asked.
    pub(crate) fn approve_kinds(&mut self, kinds: Vec<RecordType>) -> Result<(), Code> {
        let fine =
            kinds.len() <= limits::PRIORITIES_MAX && !kinds.iter().any(RecordType::is_system);
        if !fine {
            return Err(Code::InvalidArgument);
        }
        self.approvals.kinds = kinds;
        Ok(())
    }

    /// Asks the application about a copy that came from others; says what becomes of it if it is
    /// not to be taken at once.
    pub(in crate::group) fn hold_for_approval(
        &mut self,
        cx: &mut Cx,
        offered: Offered<'_>,
        from: Option<NodeId>,
    ) -> Option<Outcome> {
        let (copy, name) = offered.parts();
        // What nobody signed takes no place of what is known.
        if self.is_beyond_limit(&copy.header)
            && (self.approvals.has_refused(&name) || self.replica.would_keep(self.now(cx), offered))
        {
            self.approvals.refused.insert(name, Some(copy.header.length));
            return Some(Outcome::Deferred);
        }
        if !self.approvals.kinds.contains(&copy.header.kind) {
            return None;
        }
        if self.approvals.has_refused(&name) || self.approvals.is_waiting(&name) {
            return Some(Outcome::Known);
        }
        if !self.replica.would_take(self.now(cx), offered) {
            return None;
        }
        if self.approvals.waiting.len() >= limits::APPROVALS_MAX {
            // It is found by the next comparison.
            return Some(Outcome::Deferred);
        }
        self.approvals.numbers = self.approvals.numbers.wrapping_add(1);
        let number = self.approvals.numbers;
        let until = cx.now + limits::APPROVAL_DEADLINE;
        let record = self.reading(copy);
        self.approvals.waiting.insert(number, Waiting { copy: copy.clone(), from, until });
        self.event(cx, GroupEvent::Approve { number, record });
        Some(Outcome::Deferred)
    }

    /// The application answers.
    pub(crate) fn answer_approval(&mut self, cx: &mut Cx, number: u32, accept: bool) {
        let Some(waiting) = self.approvals.waiting.remove(&number) else { return };
        if accept {
            let name = waiting.copy.header.name();
            // Nobody was asked about what its author has not signed.
            self.take_approved(cx, (waiting.copy, name), waiting.from, Some(true));
            return;
        }
        self.approvals.refused.insert(waiting.copy.header.name(), None);
    }

    /// Sets how many bytes of bodies may be held here, others' and all; what is held already stays.
    /// Records of the system and ends of records are taken all the same.
    pub(crate) fn limit(&mut self, cx: &Cx, bytes: Option<u64>) {
        let held = self.held_bytes();
        self.approvals.limit =
            bytes.map(|bytes| Limit { bytes, held, count_at: cx.now + COUNTED_EVERY });
        self.approvals.refused = Refused::default();
    }

    /// Whether something was refused since there was room last.
    pub(crate) fn is_at_limit(&self) -> bool {
        self.approvals.limit.is_some() && !self.approvals.refused.names.is_empty()
    }

    fn is_beyond_limit(&self, header: &Header) -> bool {
        let Some(limit) = self.approvals.limit else { return false };
        let is_exempt = header.kind.is_system() || header.is_deleted();
        !is_exempt && limit.held.saturating_add(u64::from(header.length)) > limit.bytes
    }

    /// Counts now and then whether something has gone, if something waits for that.
    pub(in crate::group) fn review_limit(&mut self, cx: &Cx) {
        let Some(limit) = self.approvals.limit.filter(|it| cx.now >= it.count_at) else { return };
        if self.approvals.refused.names.is_empty() {
            return;
        }
        let (held, count_at) = (self.held_bytes(), cx.now + COUNTED_EVERY);
        self.approvals.limit = Some(Limit { held, count_at, ..limit });
        if held < limit.held {
            self.approvals.refused.let_in(limit.bytes.saturating_sub(held));
        }
    }

    fn held_bytes(&self) -> u64 {
        let held = self.replica.ids_where(|_| true).filter_map(|id| self.replica.held(&id));
        held.map(|held| u64::from(held.length)).sum()
    }
}
