//! Attempts of others that came already.

use alloc::collections::VecDeque;

use lacis_wire::{AttemptId, NodeId, limits};

/// Attempts seen, so that an offer played again is recognised; bounded, oldest forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    order: VecDeque<(NodeId, AttemptId)>,
}

impl Seen {
    pub(crate) fn contains(&self, node: NodeId, attempt: AttemptId) -> bool {
        self.order.contains(&(node, attempt))
    }

    /// Remembers an attempt that is new.
    pub(crate) fn insert(&mut self, node: NodeId, attempt: AttemptId) {
        self.order.push_back((node, attempt));
        if self.order.len() > limits::ATTEMPTS_REMEMBERED {
            self.order.pop_front();
        }
    }
}
