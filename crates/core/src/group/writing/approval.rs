//! Records about which the application wants to be asked before they are taken.
//!
//! A copy that follows all rules waits until the application says yes or no. What it refuses is
//! neither kept nor passed on, and is not asked for again. Members whose applications answer
//! differently hold different records: that is theirs to decide.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::record::{CopyName, RecordType};
use lacis_wire::{Code, NodeId, limits};

use crate::cx::Cx;
use crate::graph::{Copy, Offered, Outcome};
use crate::group::{Group, GroupEvent};
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};

/// What waits for an answer of the application, and what it has refused.
#[derive(Debug, Default)]
pub(in crate::group) struct Approvals {
    kinds: Vec<RecordType>,
    waiting: Table<u32, Waiting>,
    numbers: u32,
    /// The latest last.
    refused: VecDeque<CopyName>,
}

#[derive(Debug)]
struct Waiting {
    copy: Copy,
    from: Option<NodeId>,
    until: Timestamp,
}

impl Approvals {
    pub(in crate::group) fn has_refused(&self, name: &CopyName) -> bool {
        self.refused.contains(name)
    }

    pub(in crate::group) fn deadlines(&self, earliest: &mut Earliest) {
        earliest.see(self.waiting.values().map(|it| it.until).min(), Timer::Approval);
    }

    /// Who does not answer in time is asked again when the record is offered again.
    pub(in crate::group) fn expire(&mut self, now: Timestamp) {
        let _ = self.waiting.take_where(|_, it| now >= it.until);
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
        self.approvals.refused.push_back(waiting.copy.header.name());
        if self.approvals.refused.len() > limits::REFUSED_MAX {
            self.approvals.refused.pop_front();
        }
    }
}
