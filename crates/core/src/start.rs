//! Which start of which store this node is.
//!
//! A page that crashed, or was loaded anew, stands beside its dead self until that is missed. But
//! a store has one owner at a time: a later start of the same store says that the earlier one is
//! over. So each node that has a store counts its starts there, and tells the number on each link,
//! where its identity is proven. A node without a store tells nothing; nor does one whose store has
//! not answered yet, until it has. Links wait for neither.

use alloc::vec;
use alloc::vec::Vec;

use lacis_wire::link::LinkFrame;
use lacis_wire::{Code, NodeId, PeerId};

use crate::io::{OpId, Output};
use crate::node::Node;
use crate::remote::Remote;
use crate::shared::{Io, Shared};
use crate::store::{StoreChange, StoreReply, StoreRequest, StoreTable, Vault};
use crate::table::TableExt;

/// A start of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    store: [u8; 16],
    number: u64,
}

/// How far this node knows which start it is.
#[derive(Debug)]
pub(crate) enum Starting {
    /// There is no store, or it does not work.
    Unknown,
    /// The store is asked for the last start.
    Reading(OpId),
    /// This start is being stored: only then may it be told.
    Writing(OpId, Start),
    Known(Start),
}

impl Starting {
    pub(crate) fn begin(io: &mut Io, peer: &PeerId) -> Self {
        let op = io.op_id();
        let request = StoreRequest::Read { table: StoreTable::Meta, keys: vec![key(peer)] };
        io.outputs.push_back(Output::Store(op, request));
        Self::Reading(op)
    }

    fn owns(&self, op: OpId) -> bool {
        matches!(self, Self::Reading(own) | Self::Writing(own, _) if *own == op)
    }
}

impl Start {
    fn from_stored(vault: &Vault, key: &[u8], stored: &[u8]) -> Option<Self> {
        let (store, number) = vault.check(StoreTable::Meta, key, stored)?.split_first_chunk()?;
        Some(Self { store: *store, number: u64::from_be_bytes(number.try_into().ok()?) })
    }

    fn to_stored(self, vault: &Vault, key: &[u8]) -> Vec<u8> {
        let mut value = self.store.to_vec();
        value.extend_from_slice(&self.number.to_be_bytes());
        vault.mark(StoreTable::Meta, key, &value)
    }

    const fn frame(self) -> LinkFrame<'static> {
        LinkFrame::Start { store: self.store, number: self.number }
    }

    /// Whether this is a later start of the same store.
    fn follows(self, other: Self) -> bool {
        self.store == other.store && self.number > other.number
    }
}

/// Where an identity counts its starts. It has the length of a group's id and is none: nobody knows
/// a key for it.
fn key(peer: &PeerId) -> Vec<u8> {
    blake3::derive_key("lacis 2026 store 1 start", peer.as_bytes()).to_vec()
}

impl Remote {
    /// Tells the other side of a new link which start we are, if that is known.
    pub(crate) fn tell_start(&mut self, shared: &mut Shared) {
        if let (Starting::Known(start), Some(link)) = (&shared.starting, &mut self.link) {
            link.control(&mut shared.io, &start.frame());
        }
    }

    /// The other side says which start it is. What it says first counts.
    pub(crate) fn on_start(&mut self, shared: &mut Shared, store: [u8; 16], number: u64) {
        if self.start.is_none() {
            self.start = Some(Start { store, number });
            shared.started.push(self.node);
        }
    }
}

impl Node {
    /// The store answers; whether it was asked for the start.
    pub(crate) fn on_start_stored(&mut self, op: OpId, reply: &StoreReply) -> bool {
        let shared = &mut self.shared;
        if !shared.starting.owns(op) {
            return false;
        }
        let key = key(&shared.peer);
        shared.starting = match (&shared.starting, reply) {
            (Starting::Reading(_), StoreReply::Values(values)) => {
                let stored = values.first().and_then(Option::as_deref);
                let last = stored.and_then(|it| Start::from_stored(&shared.vault, &key, it));
                let last = last.unwrap_or_else(|| Start { store: shared.io.random(), number: 0 });
                let start = Start { number: last.number.saturating_add(1), ..last };
                let value = Some(start.to_stored(&shared.vault, &key));
                let change = StoreChange { table: StoreTable::Meta, key, value };
                let op = shared.io.op_id();
                let write = StoreRequest::Write(vec![change]);
                shared.io.outputs.push_back(Output::Store(op, write));
                Starting::Writing(op, start)
            }
            (Starting::Writing(_, start), StoreReply::Written) => Starting::Known(*start),
            _ => Starting::Unknown,
        };
        for remote in self.remotes.values_mut() {
            remote.tell_start(&mut self.shared);
        }
        true
    }

    /// Nodes have said which start they are: earlier starts of theirs are over.
    pub(crate) fn end_earlier_starts(&mut self) {
        for node in core::mem::take(&mut self.shared.started) {
            for earlier in self.earlier_starts(node) {
                self.with_remote(earlier, |remote, shared| {
                    remote.dismiss(shared, Code::Replaced);
                });
            }
        }
    }

    fn earlier_starts(&self, node: NodeId) -> Vec<NodeId> {
        let Some(later) = self.remotes.get(&node) else { return Vec::new() };
        let Some(start) = later.start else { return Vec::new() };
        let is_earlier = |remote: &&Remote| {
            let same = remote.peer.is_some() && remote.peer == later.peer;
            same && remote.start.is_some_and(|other| start.follows(other))
        };
        self.remotes.values().filter(is_earlier).map(|remote| remote.node).collect()
    }
}
