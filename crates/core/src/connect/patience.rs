//! How long attempts to link may take: as long as the path to that node has shown to need.
//!
//! Each attempt that runs out of time doubles the time of the next, and one that succeeds sets it
//! to twice what it took. Both ends count, because both keep a deadline; so this outlives what else
//! is known of a node.

use alloc::collections::VecDeque;
use core::time::Duration;

use lacis_wire::{NodeId, limits};

/// The time for attempts with each node, where it is not the usual one. The oldest is forgotten
/// first.
#[derive(Debug, Default)]
pub(crate) struct Patience(VecDeque<(NodeId, Duration)>);

/// Nodes to which no path was found, though they answered, and in how many attempts. The oldest is
/// forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Pathless(VecDeque<(NodeId, u32)>);

impl Pathless {
    /// Attempts that have found no path since one was found.
    pub(crate) fn count(&self, node: NodeId) -> u32 {
        self.0.iter().find(|(known, _)| *known == node).map_or(0, |(_, count)| *count)
    }

    /// So many have found none; 0 when one has.
    pub(crate) fn set(&mut self, node: NodeId, count: u32) {
        self.0.retain(|(known, _)| *known != node);
        if count > 0 {
            if self.0.len() >= limits::PACES_REMEMBERED {
                self.0.pop_front();
            }
            self.0.push_back((node, count));
        }
    }
}

impl Patience {
    /// How long the next attempt may take.
    pub(crate) fn with(&self, node: NodeId) -> Duration {
        let known = self.0.iter().find(|(known, _)| *known == node);
        known.map_or(limits::ATTEMPT_DEADLINE, |(_, time)| *time)
    }

    /// An attempt ran out of time.
    pub(crate) fn on_late(&mut self, node: NodeId) {
        self.set(node, self.with(node) * 2);
    }

    /// An attempt took so long and succeeded.
    pub(crate) fn on_success(&mut self, node: NodeId, took: Duration) {
        self.set(node, took * 2);
    }

    fn set(&mut self, node: NodeId, time: Duration) {
        self.0.retain(|(known, _)| *known != node);
        if time > limits::ATTEMPT_DEADLINE {
            if self.0.len() >= limits::PACES_REMEMBERED {
                self.0.pop_front();
            }
            self.0.push_back((node, time.min(limits::ATTEMPT_DEADLINE_MAX)));
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::time::Duration;

    use lacis_wire::{NodeId, limits};

    use super::Patience;

    const NODE: NodeId = NodeId([1; 16]);

    #[test]
    fn it_doubles_up_to_a_limit_and_shrinks_with_success() {
        let mut patience = Patience::default();
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(patience.with(NODE).as_secs());
            patience.on_late(NODE);
        }
        assert_eq!(all, [8, 16, 32, 60, 60]);
        patience.on_success(NODE, Duration::from_secs(7));
        assert_eq!(patience.with(NODE).as_secs(), 14);
        patience.on_success(NODE, Duration::from_secs(1));
        assert_eq!(patience.with(NODE), limits::ATTEMPT_DEADLINE);
        assert_eq!(patience.0.len(), 0);
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut patience = Patience::default();
        for number in 0..=limits::PACES_REMEMBERED {
            patience.on_late(NodeId([u8::try_from(number).unwrap_or(255); 16]));
        }
        assert_eq!(patience.0.len(), limits::PACES_REMEMBERED);
        assert_eq!(patience.with(NodeId([0; 16])), limits::ATTEMPT_DEADLINE);
    }
}
