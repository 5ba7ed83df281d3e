//! Records that come while this identity is still being let in.
//!
//! The application gets the group when its join is done; what it says then about records that are
//! to be refused, and whoever listens to new ones, holds for all of them. So records of the
//! application wait until then, and a turn longer.

use alloc::vec::Vec;

use lacis_wire::limits;

use crate::cx::Cx;
use crate::group::Group;
use crate::group::sync::incoming::Arrived;
use crate::ids::Ticket;
use crate::time::Timestamp;

/// Whom a join is under way for, and what waits for its end.
#[derive(Debug, Default)]
pub(in crate::group) struct Arrival {
    joins: Vec<Ticket>,
    copies: Vec<Arrived>,
    bytes: usize,
    /// Whether more came than is kept: the next comparison finds it.
    is_short: bool,
    /// When what waits is looked at.
    pub(in crate::group) due: Option<Timestamp>,
}

impl Arrival {
    pub(in crate::group) fn begin(&mut self, ticket: Ticket) {
        self.joins.push(ticket);
    }

    /// Whether records that came are not held yet.
    pub(in crate::group) const fn waits(&self) -> bool {
        self.is_short || !self.copies.is_empty()
    }
}

impl Group {
    /// Keeps a record of the application while a join is under way; gives back what need not wait.
    pub(in crate::group) fn hold_back(&mut self, arrived: Arrived) -> Option<Arrived> {
        let arrival = &mut self.arrival;
        if arrival.joins.is_empty() || arrived.copy.header.kind.is_system() {
            return Some(arrived);
        }
        let bytes = limits::HEADER_BYTES + arrived.copy.body.len();
        if arrival.bytes + bytes > limits::UNSAVED_BYTES {
            arrival.is_short = true;
        } else {
            arrival.bytes += bytes;
            arrival.copies.push(arrived);
        }
        None
    }

    /// Sees whether the join is done.
    pub(in crate::group) fn review_arrival(&mut self, cx: &Cx) {
        let arrival = &mut self.arrival;
        if arrival.joins.is_empty() || arrival.due.is_some() {
            return;
        }
        if !arrival.joins.iter().any(|ticket| cx.tickets.is_open(*ticket)) {
            arrival.due = Some(cx.now);
        }
    }

    pub(in crate::group) fn arrival_timeout(&mut self, cx: &mut Cx) {
        if self.arrival.due.is_none_or(|due| cx.now < due) {
            return;
        }
        let Arrival { copies, is_short, .. } = core::mem::take(&mut self.arrival);
        let mut copies = copies.into_iter();
        while !copies.as_slice().is_empty() {
            let some = copies.by_ref().take(limits::RECORDS_TOGETHER).collect();
            self.take_together(cx, some);
        }
        if is_short {
            self.compare_soon(cx);
        }
    }
}
