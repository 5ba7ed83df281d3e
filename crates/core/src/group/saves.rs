//! What is to be written: gathered while a write is under way, so that many small changes cost one
//! transaction, and kept until the store has said that it outlasts a crash.

use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::{Code, limits};

use crate::io::{OpId, Output, Ticket};
use crate::shared::Shared;
use crate::store::{StoreChange, StoreRequest};
use crate::time::Timestamp;

#[derive(Debug, Default)]
pub(super) struct Saves {
    waiting: Batch,
    under_way: Option<(OpId, Batch)>,
    failures: u32,
    retry: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    changes: Vec<StoreChange>,
    bytes: usize,
    /// Copies that may leave memory once this is written.
    pub(super) copies: Vec<CopyName>,
    /// What settles then.
    pub(super) tickets: Vec<Ticket>,
}

impl Saves {
    pub(super) fn change(&mut self, change: StoreChange) {
        self.waiting.bytes += change.value.as_ref().map_or(0, Vec::len) + change.key.len();
        self.waiting.changes.push(change);
    }

    pub(super) fn copy(&mut self, id: CopyName) {
        self.waiting.copies.push(id);
    }

    /// Settles a ticket when all that was changed so far is stored.
    pub(super) fn ticket(&mut self, ticket: Ticket) {
        self.waiting.tickets.push(ticket);
    }

    pub(super) fn bytes(&self) -> usize {
        self.waiting.bytes + self.under_way.as_ref().map_or(0, |(_, batch)| batch.bytes)
    }

    /// Whether nothing waits to be stored.
    pub(super) const fn is_idle(&self) -> bool {
        self.waiting.changes.is_empty() && self.under_way.is_none()
    }

    /// Begins to write what waits, if nothing is under way; without a store, it is as good as done.
    pub(super) fn flush(&mut self, shared: &mut Shared) -> Option<Batch> {
        let blocked = self.under_way.is_some() || self.retry.is_some();
        if blocked || (self.waiting.changes.is_empty() && self.waiting.tickets.is_empty()) {
            return None;
        }
        let batch = core::mem::take(&mut self.waiting);
        if !shared.config.store || batch.changes.is_empty() {
            return Some(batch);
        }
        let op = shared.io.op_id();
        let request = StoreRequest::Write(batch.changes.clone());
        shared.io.outputs.push_back(Output::Store(op, request));
        self.under_way = Some((op, batch));
        None
    }

    /// A write is done; gives what it was, if it is ours.
    pub(super) fn written(&mut self, op: OpId) -> Option<Batch> {
        let (_, batch) = self.under_way.take_if(|(known, _)| *known == op)?;
        self.failures = 0;
        Some(batch)
    }

    /// A write failed: it goes first again, later. Gives the tickets that fail with it.
    pub(super) fn failed(&mut self, shared: &mut Shared, op: OpId) -> Option<Vec<Ticket>> {
        let (_, mut batch) = self.under_way.take_if(|(known, _)| *known == op)?;
        let mut tickets = core::mem::take(&mut batch.tickets);
        tickets.append(&mut self.waiting.tickets);
        batch.bytes += self.waiting.bytes;
        batch.changes.append(&mut self.waiting.changes);
        batch.copies.append(&mut self.waiting.copies);
        self.waiting = batch;
        let (min, max) = (limits::REWRITE_MIN, limits::REWRITE_MAX);
        let delay = shared.io.backoff(self.failures, min, max);
        self.failures = self.failures.saturating_add(1);
        self.retry = Some(shared.io.now + delay);
        Some(tickets)
    }

    pub(super) fn on_timeout(&mut self, now: Timestamp) {
        self.retry.take_if(|at| now >= *at);
    }

    pub(super) const fn deadline(&self) -> Option<Timestamp> {
        self.retry
    }

    /// Whether writes fail at present.
    pub(super) const fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Everything that waits is given up.
    pub(super) fn drain(&mut self, shared: &mut Shared, code: Code) {
        let under_way = self.under_way.take().map(|(_, batch)| batch).unwrap_or_default();
        let waiting = core::mem::take(&mut self.waiting);
        for ticket in under_way.tickets.into_iter().chain(waiting.tickets) {
            shared.settle(ticket, Err(code));
        }
    }
}
