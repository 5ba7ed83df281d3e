//! When each part of a node wants to be called: told whenever that changes, so that asking for the
//! next deadline costs nothing of what has not changed.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use lacis_wire::{NodeId, limits};

use crate::ids::RoomId;
use crate::table::Table;
use crate::time::{Earliest, Timer, Timestamp};

/// A part of a node that has deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Signaling,
    /// Remotes that want a link.
    Dial,
    /// Large rooms.
    Mesh,
    Strangers,
    Presence,
    Remote(NodeId),
    Group(RoomId),
}

/// What is due.
#[derive(Debug)]
pub(super) enum Due {
    /// Something with these remotes.
    Remotes(Vec<NodeId>),
    /// Something else, too: everything is looked at then.
    Everything,
}

/// The next deadline of each part.
#[derive(Debug)]
pub(super) struct Timers {
    /// At most 256: one for each remote and each group, and a few others.
    due: Table<Source, (Timestamp, Timer)>,
    /// What was told. What is not true any more is recognised when it comes to the top.
    queue: BinaryHeap<Reverse<(Timestamp, Source)>>,
}

const _: () = assert!(limits::REMOTES_MAX + limits::GROUPS_MAX + 5 <= 256);

impl Default for Timers {
    fn default() -> Self {
        Self { due: Table::new(), queue: BinaryHeap::new() }
    }
}

/// Entries that are not true any more, beside one for each part, after which they are cleared away.
const STALE_MAX: usize = 64;

impl Timers {
    /// A part wants to be called then, and not when it said before.
    pub(super) fn set(&mut self, source: Source, next: Option<(Timestamp, Timer)>) {
        let Some((at, timer)) = next else {
            self.due.remove(&source);
            return;
        };
        if self.due.insert(source, (at, timer)).is_some_and(|(before, _)| before == at) {
            return;
        }
        self.queue.push(Reverse((at, source)));
        if self.queue.len() > 2 * self.due.len() + STALE_MAX {
            self.queue = self.due.iter().map(|(source, (at, _))| Reverse((*at, *source))).collect();
        }
    }

    /// What is due. It is told again when it wants to be called next.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Due {
        let mut nodes = Vec::new();
        let mut is_all = false;
        while let Some(Reverse((at, source))) = self.queue.peek().copied() {
            if at > now {
                break;
            }
            self.queue.pop();
            if self.due.get(&source).is_none_or(|(due, _)| *due != at) {
                continue;
            }
            self.due.remove(&source);
            match source {
                Source::Remote(node) => nodes.push(node),
                _ => is_all = true,
            }
        }
        if is_all { Due::Everything } else { Due::Remotes(nodes) }
    }

    /// The earliest of all.
    pub(super) fn earliest(&mut self) -> Earliest {
        let mut earliest = Earliest::default();
        while let Some(Reverse((at, source))) = self.queue.peek() {
            if let Some((due, timer)) = self.due.get(source)
                && due == at
            {
                earliest.see(Some(*at), *timer);
                break;
            }
            self.queue.pop();
        }
        earliest
    }
}

#[cfg(test)]
mod tests {
    use lacis_wire::NodeId;

    use super::{Due, STALE_MAX, Source, Timers};
    use crate::ids::RoomId;
    use crate::time::{Timer, Timestamp};

    fn at(micros: u64) -> Option<(Timestamp, Timer)> {
        Some((Timestamp::from_micros(micros), Timer::Ack))
    }

    #[test]
    fn what_was_told_last_counts() {
        let mut timers = Timers::default();
        timers.set(Source::Dial, at(5));
        timers.set(Source::Signaling, at(7));
        assert_eq!(timers.earliest().get(), at(5));
        timers.set(Source::Dial, at(9));
        assert_eq!(timers.earliest().get(), at(7));
        timers.set(Source::Dial, at(5));
        assert_eq!(timers.earliest().get(), at(5));
        timers.set(Source::Dial, None);
        timers.set(Source::Signaling, None);
        assert_eq!(timers.earliest().get(), None);
    }

    #[test]
    fn what_was_due_is_told_again() {
        let remote = Source::Remote(NodeId([1; 16]));
        let mut timers = Timers::default();
        timers.set(remote, at(5));
        timers.set(Source::Dial, at(7));
        let Due::Remotes(nodes) = timers.take_due(Timestamp::from_micros(6)) else { panic!() };
        assert_eq!(nodes, [NodeId([1; 16])]);
        timers.set(remote, at(5));
        assert_eq!(timers.earliest().get(), at(5));
        let due = timers.take_due(Timestamp::from_micros(7));
        assert!(matches!(due, Due::Everything));
        assert_eq!(timers.earliest().get(), None);
    }

    #[test]
    fn what_is_not_true_any_more_does_not_pile_up() {
        let mut timers = Timers::default();
        for number in 0..10_000 {
            timers.set(Source::Group(RoomId(number as u32 % 3)), at(number));
        }
        assert!(timers.queue.len() <= 2 * 3 + STALE_MAX + 1, "{}", timers.queue.len());
        assert_eq!(timers.earliest().get(), at(9_997));
    }
}
