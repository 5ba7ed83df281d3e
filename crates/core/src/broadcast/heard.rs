//! What was heard of whom in a room, so that nothing is heard twice: for each origin a window of
//! its numbers, bounded in all, and for each identity.
//!
//! Who is there or has left, the last number says under which it told so: whatever is older and
//! comes later changes nothing.
//!
//! Of too many, who has been silent for longest is forgotten, and could be heard again if somebody
//! repeats its words. Members of a group have few places each, so they push out nobody else; in a
//! room by link, where anybody may make up identities, that takes thousands of words.

use alloc::vec::Vec;

use lacis_wire::gossip::GossipName;
use lacis_wire::{Millis, NodeId, PeerId, limits};

use super::window::{Window, sequence};
use crate::time::Timestamp;

/// Origins and what was heard of them.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Nobody else knows which ids share a row.
    seed: u64,
    rows: Vec<Vec<Origin>>,
}

/// What holds until its origin tells it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Whether it is there.
    There,
    /// What it says of itself.
    Said,
}

#[derive(Debug)]
struct Origin {
    node: NodeId,
    /// The beginning of its identity: as good as all of it.
    peer: u64,
    /// One for each of its sequences.
    windows: [Window; 3],
    /// When the highest number of the first one was told, by what it says.
    at: Millis,
    /// The highest numbers under which it told that it is there, or leaves, and what it says of
    /// itself; of none 0.
    last_of: [u64; 2],
    last: Timestamp,
}

const ROWS: usize = 64;
const ROW_MAX: usize = limits::ORIGINS_MAX / ROWS;

impl Heard {
    /// Something is about to be heard. Most rooms are small, and nothing ever is.
    pub(super) fn open(&mut self, seed: impl FnOnce() -> u64) {
        if self.rows.is_empty() {
            *self = Self { seed: seed(), rows: (0..ROWS).map(|_| Vec::new()).collect() };
        }
    }

    fn row(&self, node: NodeId) -> usize {
        let mixed = (first(&node.0) ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mixed >> 32).unwrap_or(0) % ROWS
    }

    fn find(&self, node: NodeId) -> Option<&Origin> {
        let mut row = self.rows.get(self.row(node)).into_iter().flatten();
        row.find(|origin| origin.node == node)
    }

    /// Whether something was heard.
    pub(super) fn contains(&self, node: NodeId, number: u64) -> bool {
        let window = |origin: &Origin| origin.windows.get(sequence(number)).copied();
        self.find(node).and_then(window).is_some_and(|window| window.contains(number))
    }

    /// Whether something that was not heard has been overtaken by what was.
    pub(super) fn is_past(&self, name: &GossipName, of: Option<State>, at: Millis) -> bool {
        let late = Millis(at.0.saturating_add(limits::GOSSIP_LATE.as_millis() as u64));
        self.find(name.node).is_some_and(|origin| {
            let is_past = match sequence(name.number) {
                0 => origin.windows.iter().take(1).any(|window| name.number < window.highest),
                // What is large goes its own way, also past others.
                place => place == 1,
            };
            of.and_then(|of| origin.last_of.get(of as usize))
                .is_some_and(|last| name.number < *last)
                || (is_past && late < origin.at)
        })
    }

    /// Something is heard. Says whether nothing that was told later says who is there.
    pub(super) fn insert(
        &mut self,
        now: Timestamp,
        (peer, GossipName { node, number }): (PeerId, GossipName),
        of: Option<State>,
        at: Millis,
    ) -> bool {
        let (place, which) = (self.row(node), sequence(number));
        let mut row = self.rows.get_mut(place).into_iter().flatten();
        if let Some(origin) = row.find(|origin| origin.node == node) {
            let is_last = which == 0 && origin.last_of.first().is_some_and(|last| number > *last);
            origin.last = now;
            origin.insert(number, of, at);
            return is_last;
        }
        let peer = first(&peer.0);
        let own = |origin: &Origin| origin.peer == peer;
        if self.rows.iter().flatten().filter(|it| own(it)).count() >= limits::ORIGINS_PER_PEER {
            let oldest = self.rows.iter().flatten().filter(|it| own(it)).map(|it| it.last).min();
            for row in &mut self.rows {
                row.retain(|it| !own(it) || Some(it.last) != oldest);
            }
        }
        let Some(row) = self.rows.get_mut(place) else { return true };
        if row.len() >= ROW_MAX
            && let Some(oldest) = (0..row.len()).min_by_key(|at| row.get(*at).map(|it| it.last))
        {
            row.swap_remove(oldest);
        }
        let windows = [Window::default(); 3];
        let mut origin = Origin { node, peer, windows, at: Millis(0), last_of: [0; 2], last: now };
        origin.insert(number, of, at);
        row.push(origin);
        true
    }
}

impl Origin {
    fn insert(&mut self, number: u64, of: Option<State>, at: Millis) {
        let which = sequence(number);
        if let Some(window) = self.windows.get_mut(which) {
            if which == 0 && number > window.highest {
                self.at = at;
            }
            window.insert(number);
        }
        if let Some(last) = of.and_then(|of| self.last_of.get_mut(of as usize)) {
            *last = number.max(*last);
        }
    }
}

/// The first bytes of an id as a number.
pub(super) fn first(id: &[u8]) -> u64 {
    id.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use lacis_wire::gossip::GossipName;
    use lacis_wire::{Millis, NodeId, PeerId, limits};

    use super::Heard;
    use crate::time::Timestamp;

    fn id<const N: usize>(number: u64) -> [u8; N] {
        let mut id = [0; N];
        id[..8].copy_from_slice(&number.wrapping_mul(0x1234_5678_9abc_def1).to_be_bytes());
        id
    }

    fn insert(heard: &mut Heard, micros: u64, peer: u64, node: u64) {
        let name = GossipName { node: NodeId(id(node)), number: 5 };
        let now = Timestamp::from_micros(micros);
        heard.insert(now, (PeerId(id(peer)), name), None, Millis(0));
    }

    #[test]
    fn of_too_many_the_one_that_was_silent_for_longest_is_forgotten() {
        let mut heard = Heard::default();
        heard.open(|| 7);
        let most = limits::ORIGINS_MAX as u64;
        for number in 0..4 * most {
            insert(&mut heard, number, number, number);
        }
        let known = |number| heard.contains(NodeId(id(number)), 5);
        assert!((3 * most + most / 2..4 * most).all(known));
        assert!(!(0..most).any(known));
        assert!(heard.rows.iter().map(alloc::vec::Vec::len).sum::<usize>() <= limits::ORIGINS_MAX);
    }

    #[test]
    fn nodes_of_one_identity_push_out_each_other_alone() {
        let mut heard = Heard::default();
        heard.open(|| 7);
        insert(&mut heard, 0, 1, 1);
        for number in 2..10_000 {
            insert(&mut heard, number, 2, number);
        }
        assert!(heard.contains(NodeId(id(1)), 5) && heard.contains(NodeId(id(9_999)), 5));
        let count = heard.rows.iter().map(alloc::vec::Vec::len).sum::<usize>();
        assert_eq!(count, 1 + limits::ORIGINS_PER_PEER);
    }
}
