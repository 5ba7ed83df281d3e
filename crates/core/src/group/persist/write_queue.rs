//! What is to be written: gathered while a write is under way, so that many small changes cost one
//! transaction, and kept until the store has said that it outlasts a crash.
//!
//! What a store refuses is kept, each key once, and tried again as a whole, ever more rarely. What
//! comes meanwhile and is waited for is tried at once and alone: it may be a deletion, for which
//! there is place, and whoever waits for it learns now whether it is stored.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::{Code, limits};

use crate::cx::Cx;
use crate::graph::Copy;
use crate::group::persist::batch::Batch;
use crate::ids::{OpId, Ticket};
use crate::io::Output;
use crate::store::{StoreChange, StoreRequest, StoreTable};
use crate::time::Timestamp;

/// Changes that are worth a call to the store while more of them is gathered.
const PART: usize = 64;

#[derive(Debug, Default)]
pub(in crate::group) struct Saves {
    /// What was changed since the last write began.
    waiting: Batch,
    under_way: Option<(OpId, Batch)>,
    /// The write of what waits, and how many of its changes the store was given ahead of it.
    begun: Option<(OpId, usize)>,
    /// What the store has refused. Nobody waits for it.
    refused: Batch,
    failures: u32,
    retry: Option<Timestamp>,
    /// Why the store refuses; told to the application, which hears once when it is over.
    refusal: Option<Code>,
    /// If the store was found empty since it last took a write: what was asked before this.
    emptied: Option<OpId>,
}

/// What a write came to that the store took.
pub(in crate::group) struct Written {
    pub(in crate::group) copies: Vec<(CopyName, Weak<Copy>)>,
    pub(in crate::group) tickets: Vec<Ticket>,
    /// Whether nothing is refused any more that was.
    pub(in crate::group) recovered: bool,
}

/// What a write came to that the store refused; nothing, if it is tried once more at once.
#[derive(Debug, Default)]
pub(in crate::group) struct Refused {
    pub(in crate::group) tickets: Vec<Ticket>,
    /// Whether it is the first one.
    pub(in crate::group) is_news: bool,
}

impl Saves {
    pub(in crate::group) fn change(&mut self, change: StoreChange) {
        self.waiting.push(change);
    }

    /// What was changed last puts less in the place of this. It may be deleted before, if there is
    /// no place: stores give none for less either.
    pub(in crate::group) fn frees(&mut self, table: StoreTable, key: Vec<u8>) {
        self.waiting.frees.push(StoreChange { table, key, value: None });
    }

    /// A copy may leave memory once what was changed so far is stored.
    pub(in crate::group) fn copy(&mut self, name: CopyName, copy: &Arc<Copy>) {
        self.waiting.copies.push((name, Arc::downgrade(copy)));
    }

    /// Settles a ticket when what was changed last is stored.
    pub(in crate::group) fn ticket(&mut self, ticket: Ticket) {
        self.waiting.tickets.push(ticket);
    }

    /// Settles a ticket when all that was changed so far is stored.
    ///
    /// # Errors
    /// Why the store refuses some of it.
    pub(in crate::group) fn ticket_of_all(&mut self, ticket: Ticket) -> Result<(), Code> {
        match self.refusal {
            Some(code) => Err(code),
            None => {
                self.waiting.tickets_of_all.push(ticket);
                Ok(())
            }
        }
    }

    /// Deletes everything that is stored under the prefix; the ticket settles then.
    pub(in crate::group) fn erase(&mut self, prefix: Vec<u8>, ticket: Option<Ticket>) {
        self.waiting.erase = Some(prefix);
        ticket.into_iter().for_each(|ticket| self.ticket(ticket));
    }

    /// Why the store refuses, if it does.
    pub(in crate::group) const fn refusal(&self) -> Option<Code> {
        self.refusal
    }

    pub(in crate::group) fn bytes(&self) -> usize {
        let under_way = self.under_way.as_ref().map_or(0, |(_, batch)| batch.bytes());
        self.waiting.bytes() + under_way + self.refused.bytes()
    }

    /// Whether nothing waits to be stored.
    pub(in crate::group) const fn is_idle(&self) -> bool {
        self.waiting.has_nothing() && self.refused.has_nothing() && self.under_way.is_none()
    }

    /// Begins to write what waits, if nothing is under way; without a store, it is as good as done.
    pub(in crate::group) fn flush(&mut self, cx: &mut Cx) -> Option<Written> {
        if cx.gathers {
            self.hand_ahead(cx);
            return None;
        }
        self.conclude(cx);
        if self.under_way.is_some() || !self.is_due() {
            return None;
        }
        let mut batch = core::mem::take(&mut self.waiting);
        if self.retry.is_none() {
            batch = core::mem::take(&mut self.refused).followed_by(batch);
        } else {
            // Rights and keys first: what is read again would not be understood without them.
            batch = self.refused.take_vital().followed_by(batch);
        }
        if !cx.config.store || batch.has_nothing() {
            return Some(self.done(batch));
        }
        self.begin(cx, batch);
        None
    }

    /// Of what is gathered the store gets a part, so that it works while more is written.
    fn hand_ahead(&mut self, cx: &mut Cx) {
        let is_plain = self.refused.has_nothing() && self.waiting.erase.is_none();
        if !cx.config.store || self.under_way.is_some() || self.retry.is_some() || !is_plain {
            return;
        }
        let given = self.begun.map_or(0, |(_, given)| given);
        if self.waiting.len() >= given + PART {
            let (op, _) = *self.begun.get_or_insert_with(|| (cx.op_id(), 0));
            cx.outputs.push_back(Output::StorePart(op, self.waiting.after(given)));
            self.begun = Some((op, self.waiting.len()));
        }
    }

    /// A write of which the store has parts is asked for, before anything else is done.
    fn conclude(&mut self, cx: &mut Cx) {
        if let Some((op, given)) = self.begun.take() {
            let batch = core::mem::take(&mut self.waiting);
            cx.outputs.push_back(Output::Store(op, StoreRequest::Write(batch.after(given))));
            self.under_way = Some((op, batch));
        }
    }

    fn begin(&mut self, cx: &mut Cx, batch: Batch) {
        let op = cx.op_id();
        cx.outputs.push_back(Output::Store(op, batch.request()));
        self.under_way = Some((op, batch));
    }

    const fn is_due(&self) -> bool {
        if self.retry.is_some() {
            return !self.waiting.tickets.is_empty();
        }
        !self.waiting.is_empty() || !self.refused.has_nothing()
    }

    /// A write is done; gives what it was, if it is ours.
    pub(in crate::group) fn written(&mut self, op: OpId) -> Option<Written> {
        let (_, batch) = self.under_way.take_if(|(known, _)| *known == op)?;
        self.emptied = None;
        Some(self.done(batch))
    }

    fn done(&mut self, mut batch: Batch) -> Written {
        self.refused.forget(&batch);
        let mut recovered = false;
        if self.refused.has_nothing() {
            recovered = self.refusal.take().is_some();
            (self.failures, self.retry) = (0, None);
            self.refused = Batch::default();
        }
        let tickets = batch.take_tickets();
        Written { copies: batch.copies, tickets, recovered }
    }

    /// The store refused a write, which is tried again later. Gives the tickets that fail with it.
    pub(in crate::group) fn failed(
        &mut self,
        cx: &mut Cx,
        op: OpId,
        code: Code,
    ) -> Option<Refused> {
        let (_, mut batch) = self.under_way.take_if(|(known, _)| *known == op)?;
        if code == Code::StoreFull && !batch.frees.is_empty() {
            let frees = core::mem::take(&mut batch.frees);
            let op = cx.op_id();
            cx.outputs.push_back(Output::Store(op, StoreRequest::Write(frees)));
            self.begin(cx, batch);
            return Some(Refused::default());
        }
        let mut tickets = batch.take_tickets();
        tickets.append(&mut self.waiting.tickets_of_all);
        self.refused = core::mem::take(&mut self.refused).followed_by(batch);
        if self.retry.is_none() {
            let (min, max) = (limits::REWRITE_MIN, limits::REWRITE_MAX);
            self.retry = Some(cx.now + cx.backoff(self.failures, min, max));
            self.failures = self.failures.saturating_add(1);
        }
        Some(Refused { tickets, is_news: self.refusal.replace(code).is_none() })
    }

    /// The store was found empty, and all that is known is to be written; so is what it did not
    /// take. False if that was said already.
    pub(in crate::group) fn begin_anew(&mut self, cx: &mut Cx, op: OpId) -> bool {
        self.conclude(cx);
        if self.emptied.is_some_and(|mark| op >= mark) {
            // It is a failure like any other: writing all anew has not helped.
            return false;
        }
        if let Some((_, batch)) = self.under_way.take_if(|(known, _)| *known == op) {
            let newer = core::mem::take(&mut self.waiting);
            self.waiting = batch.followed_by(newer);
        }
        self.retry = None;
        let is_news = self.emptied.is_none();
        self.emptied.get_or_insert_with(|| cx.op_id());
        is_news
    }

    pub(in crate::group) fn on_timeout(&mut self, now: Timestamp) {
        self.retry.take_if(|at| now >= *at);
    }

    pub(in crate::group) const fn deadline(&self) -> Option<Timestamp> {
        self.retry
    }

    /// What waits is not to be written any more.
    pub(in crate::group) fn forget_changes(&mut self, cx: &mut Cx) {
        self.conclude(cx);
        (self.waiting, self.refused) = (self.waiting.without_changes(), Batch::default());
        // With it goes what the store refused: nothing is known of what is asked for now.
        self.refusal = None;
    }

    /// Nobody waits any longer. What is not written yet is handed to the store, for the last time.
    pub(in crate::group) fn drain(&mut self, cx: &mut Cx, code: Code) {
        self.conclude(cx);
        let mut under_way = self.under_way.take().map(|(_, batch)| batch).unwrap_or_default();
        let waiting = core::mem::take(&mut self.waiting);
        let mut rest = core::mem::take(&mut self.refused).followed_by(waiting);
        for ticket in under_way.take_tickets().into_iter().chain(rest.take_tickets()) {
            cx.settle(ticket, Err(code));
        }
        if cx.config.store && !rest.has_nothing() {
            let op = cx.op_id();
            cx.outputs.push_back(Output::Store(op, rest.request()));
        }
        self.retry = None;
    }
}
