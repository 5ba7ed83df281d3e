//! Records that a neighbor was asked for wait for each other, because the signatures of many are
//! verified in a fraction of the time that they take one by one.
//!
//! They wait for a few milliseconds, and before anything else that a neighbor says is heard, what
//! waits is taken: so nothing overtakes anything.

use alloc::vec::Vec;

use lacis_wire::record::{CopyName, Header};
use lacis_wire::{NodeId, limits};

use crate::cx::Cx;
use crate::graph::Copy;
use crate::group::Group;
use crate::table::in_order;
use crate::time::Timestamp;

/// Bytes of bodies that are judged together at the most.
const BYTES_TOGETHER: usize = 256 * 1_024;

/// What waits to be judged.
#[derive(Debug, Default)]
pub(in crate::group) struct Incoming {
    copies: Vec<Arrived>,
    bytes: usize,
    /// Until when the first one waits for others.
    pub(in crate::group) due: Option<Timestamp>,
}

/// A copy that came over a link.
#[derive(Debug)]
pub(in crate::group) struct Arrived {
    pub(in crate::group) from: NodeId,
    pub(in crate::group) copy: Copy,
    pub(in crate::group) name: CopyName,
}

impl Incoming {
    pub(in crate::group) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(in crate::group) const fn is_empty(&self) -> bool {
        self.copies.is_empty()
    }
}

impl Group {
    /// Keeps a copy that was asked for, for as long as others are likely to follow.
    pub(in crate::group) fn await_others(&mut self, cx: &mut Cx, arrived: Arrived) {
        let incoming = &mut self.incoming;
        incoming.bytes += arrived.copy.body.len();
        incoming.copies.push(arrived);
        incoming.due.get_or_insert(cx.now + limits::RECORDS_TOGETHER_FOR);
        let is_full = incoming.copies.len() >= limits::RECORDS_TOGETHER;
        if is_full || incoming.bytes >= BYTES_TOGETHER {
            self.take_arrived(cx);
        }
    }

    /// Takes what waits.
    pub(in crate::group) fn take_arrived(&mut self, cx: &mut Cx) {
        if self.incoming.is_empty() {
            return;
        }
        let Incoming { copies, .. } = core::mem::take(&mut self.incoming);
        let mut nodes = in_order(copies.iter().map(|it| it.from));
        nodes.dedup();
        for Arrived { from, name, .. } in &copies {
            if let Some(neighbour) = self.neighbours.get_mut(from) {
                neighbour.on_version(cx.now, name);
            }
        }
        self.take_together(cx, copies);
        self.ask_for_more(cx);
        for node in nodes {
            self.note_comparison(cx, node);
        }
    }

    /// Takes copies whose signatures are verified together.
    pub(in crate::group) fn take_together(&mut self, cx: &mut Cx, copies: Vec<Arrived>) {
        let group = self.profile.group;
        // What is held already costs nothing.
        let is_new: Vec<bool> = copies.iter().map(|it| !self.replica.has(&it.name)).collect();
        let new = copies.iter().zip(&is_new).filter(|(_, is_new)| **is_new);
        let headers = new.map(|(it, _)| &it.copy.header);
        let mut verdicts = Header::verify_all(&group, headers).into_iter();
        for (arrived, is_new) in copies.into_iter().zip(is_new) {
            let is_signed = if is_new { verdicts.next() } else { None };
            self.take_from(cx, arrived, is_signed);
        }
    }

    pub(in crate::group) fn incoming_timeout(&mut self, cx: &mut Cx) {
        if self.incoming.due.is_some_and(|due| cx.now >= due) {
            self.take_arrived(cx);
        }
    }
}
