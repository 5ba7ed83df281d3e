//! Through whom others can be reached, as far as what came from them has shown, and how much of
//! what is to be handed on is taken from whom.

use lacis_wire::{NodeId, limits};

use crate::table::Table;
use crate::time::Timestamp;

/// Through which neighbor other nodes were heard of last.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    /// At most [`limits::PATHS_MAX`].
    known: Table<NodeId, (NodeId, Timestamp)>,
    /// What was taken from each neighbor since when; at most [`limits::PATHS_MAX`].
    taken: Table<NodeId, (Timestamp, u32)>,
}

impl Paths {
    /// Something of a node came through a neighbor.
    pub(crate) fn note(&mut self, now: Timestamp, node: NodeId, by: NodeId) {
        if !self.known.contains_key(&node) && self.known.len() >= limits::PATHS_MAX {
            let oldest = self.known.iter().min_by_key(|(_, (_, at))| *at);
            if let Some(oldest) = oldest.map(|(node, _)| *node) {
                self.known.remove(&oldest);
            }
        }
        self.known.insert(node, (by, now));
    }

    /// Something in the name of a node came through a neighbor, and nobody knows whether it is of
    /// that: what is known for sure stays, and makes no place.
    pub(crate) fn guess(&mut self, now: Timestamp, node: NodeId, by: NodeId) {
        if self.known.len() < limits::PATHS_MAX && !self.known.contains_key(&node) {
            self.known.insert(node, (by, now));
        }
    }

    /// What came through a neighbor leads nowhere any more.
    pub(crate) fn forget(&mut self, by: NodeId) {
        self.known.retain(|_, (through, _)| *through != by);
    }

    /// The neighbor through whom a node was heard of last.
    pub(crate) fn to(&self, node: NodeId) -> Option<NodeId> {
        self.known.get(&node).map(|(by, _)| *by)
    }

    /// Whether one more message is handed on for a neighbor; else whether it is the first that is
    /// not.
    pub(crate) fn spend(&mut self, now: Timestamp, by: NodeId) -> Result<(), bool> {
        self.taken.retain(|_, (since, _)| now.since(*since) < limits::CARRY_TIME);
        if !self.taken.contains_key(&by) && self.taken.len() >= limits::PATHS_MAX {
            return Err(false);
        }
        let (_, count) = self.taken.entry(by).or_insert((now, 0));
        *count += 1;
        let over = count.saturating_sub(limits::CARRY_MAX);
        if over == 0 { Ok(()) } else { Err(over == 1) }
    }
}

#[cfg(test)]
mod tests {
    use lacis_wire::{NodeId, limits};

    use super::Paths;
    use crate::time::Timestamp;

    fn node(number: usize) -> NodeId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
        NodeId(bytes)
    }

    #[test]
    fn of_too_many_nodes_the_one_that_was_heard_of_first_is_forgotten() {
        let mut paths = Paths::default();
        for number in 0..=limits::PATHS_MAX {
            let now = Timestamp::from_micros(number as u64);
            paths.note(now, node(number), node(1_000));
        }
        assert_eq!(paths.to(node(0)), None);
        assert_eq!(paths.to(node(1)), Some(node(1_000)));
        paths.note(Timestamp::ZERO, node(1), node(2_000));
        assert_eq!(paths.to(node(1)), Some(node(2_000)));
    }

    #[test]
    fn a_neighbor_has_so_much_handed_on_in_a_while() {
        let (mut paths, now) = (Paths::default(), Timestamp::ZERO);
        for _ in 0..limits::CARRY_MAX {
            assert_eq!(paths.spend(now, node(1)), Ok(()));
        }
        assert_eq!(paths.spend(now, node(1)), Err(true));
        assert_eq!(paths.spend(now, node(1)), Err(false), "it is told once");
        assert_eq!(paths.spend(now, node(2)), Ok(()), "what one sends takes nothing from another");
        assert_eq!(paths.spend(now + limits::CARRY_TIME, node(1)), Ok(()));
    }

    #[test]
    fn what_anybody_may_have_sent_changes_no_path_that_is_known() {
        let (mut paths, now) = (Paths::default(), Timestamp::ZERO);
        paths.note(now, node(1), node(1_000));
        for number in 1..=2 * limits::PATHS_MAX {
            paths.guess(now, node(number), node(2_000));
        }
        assert_eq!(paths.to(node(1)), Some(node(1_000)));
        assert_eq!(paths.to(node(2)), Some(node(2_000)));
        paths.note(now, node(5_000), node(1_000));
        assert_eq!(paths.to(node(5_000)), Some(node(1_000)), "what is sure finds place");
        paths.forget(node(1_000));
        assert_eq!(paths.to(node(1)), None);
        paths.guess(now, node(1), node(2_000));
        assert_eq!(paths.to(node(1)), Some(node(2_000)));
    }
}
