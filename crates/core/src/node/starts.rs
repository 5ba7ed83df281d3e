//! Which start of which store this node is.
//!
//! A page that crashed, or was loaded anew, stands beside its dead self until that is missed. But
//! a store has one owner at a time: a later start of the same store says that the earlier one is
//! over. So each node that has a store counts its starts there, and tells the number on each link,
//! where its identity is proven. A node without a store tells nothing; nor does one whose store has
//! not answered yet, until it has. Links wait for neither.

use alloc::vec;
use alloc::vec::Vec;

use lacis_wire::{Code, NodeId, PeerId};

use super::Node;
use crate::cx::Cx;
use crate::ids::OpId;
use crate::io::Output;
use crate::remote::Remote;
use crate::start::Start;
use crate::store::{StoreChange, StoreReply, StoreRequest, StoreTable};
use crate::table::TableExt;

/// How far this node knows which start it is.
#[derive(Debug)]
pub(crate) enum Starting {
    /// There is no store, or it does not work.
    Unknown,
    /// The store is asked for the last start.
    Reading(OpId),
    /// This start is being stored: only then may it be told.
    Writing(OpId, Start),
    /// It is stored.
    Known,
}

impl Starting {
    pub(crate) fn begin(cx: &mut Cx) -> Self {
        let op = cx.op_id();
        let request = StoreRequest::Read { table: StoreTable::Meta, keys: vec![key(&cx.me.peer)] };
        cx.outputs.push_back(Output::Store(op, request));
        Self::Reading(op)
    }

    fn owns(&self, op: OpId) -> bool {
        matches!(self, Self::Reading(own) | Self::Writing(own, _) if *own == op)
    }
}

/// Where an identity counts its starts. It has the length of a group's id and is none: nobody knows
/// a key for it.
fn key(peer: &PeerId) -> Vec<u8> {
    blake3::derive_key("lacis 2026 store 1 start", peer.as_bytes()).to_vec()
}

impl Node {
    /// The store answers; whether it was asked for the start.
    pub(crate) fn on_start_stored(&mut self, op: OpId, reply: &StoreReply) -> bool {
        if !self.starting.owns(op) {
            return false;
        }
        let cx = &mut self.cx;
        let key = key(&cx.me.peer);
        self.starting = match (&self.starting, reply) {
            (Starting::Reading(_), StoreReply::Values(values)) => {
                let stored = values.first().and_then(Option::as_deref);
                let last = stored.and_then(|it| Start::from_stored(&cx.me.vault, &key, it));
                let last = last.unwrap_or_else(|| Start { store: cx.random(), number: 0 });
                let start = Start { number: last.number.saturating_add(1), ..last };
                let value = Some(start.to_stored(&cx.me.vault, &key));
                let change = StoreChange { table: StoreTable::Meta, key, value };
                let op = cx.op_id();
                cx.outputs.push_back(Output::Store(op, StoreRequest::Write(vec![change])));
                Starting::Writing(op, start)
            }
            (Starting::Writing(_, start), StoreReply::Written) => {
                cx.me.start = Some(*start);
                Starting::Known
            }
            _ => Starting::Unknown,
        };
        for remote in self.remotes.values_mut() {
            remote.tell_start(&mut self.cx);
        }
        true
    }

    /// Nodes have said which start they are: earlier starts of theirs are over.
    pub(crate) fn end_earlier_starts(&mut self) {
        for node in core::mem::take(&mut self.started) {
            for earlier in self.earlier_starts(node) {
                self.with_remote(earlier, |remote, env| {
                    remote.connection.dismiss(env, Code::Replaced);
                });
            }
        }
    }

    fn earlier_starts(&self, node: NodeId) -> Vec<NodeId> {
        let Some(later) = self.remotes.get(&node) else { return Vec::new() };
        let Some(start) = later.start else { return Vec::new() };
        let is_earlier = |remote: &&Remote| {
            let peer = remote.connection.peer;
            let same = peer.is_some() && peer == later.connection.peer;
            same && remote.start.is_some_and(|other| start.follows(other))
        };
        self.remotes.values().filter(is_earlier).map(Remote::node).collect()
    }
}
