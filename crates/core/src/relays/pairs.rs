//! Pairs of neighbors who cannot link: this node passes on what they say to each other.
//!
//! It reads none of it. What it has to bear is bounded: so many pairs, so much under way in each
//! direction, and no more in the buffer of a link than the pairs together may have there.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::{AttemptId, NodeId, PeerId, limits};

use super::{Relayed, Said};
use crate::ids::LinkId;
use crate::time::Timestamp;

/// The pairs that there are.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    /// At most [`limits::RELAYS_MAX`].
    list: Vec<Pair>,
    /// What came, of these pairs or of links that end here, and by whom. Drained at once.
    pub(crate) heard: VecDeque<(NodeId, Relayed)>,
}

/// One pair.
#[derive(Debug)]
pub(crate) struct Pair {
    attempt: AttemptId,
    pub(crate) sides: [Side; 2],
    used: Timestamp,
}

/// One of the two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub(crate) node: NodeId,
    peer: PeerId,
    /// The link with it: the pair ends with that.
    pub(crate) over: LinkId,
    /// What it has sent.
    sent: u64,
    /// Of that, what the other has taken.
    taken: u64,
}

impl Side {
    pub(crate) const fn new(node: NodeId, peer: PeerId, over: LinkId) -> Self {
        Self { node, peer, over, sent: 0, taken: 0 }
    }
}

impl Pair {
    pub(crate) fn is_of(&self, one: NodeId, two: NodeId) -> bool {
        let [first, second] = self.sides.map(|side| side.node);
        (first, second) == (one, two) || (first, second) == (two, one)
    }

    /// What the node on one side is told when the pair ends.
    pub(crate) fn farewells(&self) -> [Relayed; 2] {
        let [one, two] = self.sides.map(|side| side.node);
        [(one, two), (two, one)].map(|(from, to)| Relayed {
            from,
            to,
            attempt: self.attempt,
            said: Said::End,
        })
    }

    /// Whether a frame keeps to the rules, which is counted.
    fn counts(&mut self, from: NodeId, taken: u64, bytes: u64) -> bool {
        let [one, two] = &mut self.sides;
        let (own, other) = if one.node == from { (one, two) } else { (two, one) };
        if taken < other.taken || taken > other.sent {
            return false;
        }
        other.taken = taken;
        own.sent += bytes;
        own.sent - own.taken <= limits::RELAY_WINDOW_BYTES
    }
}

impl Pairs {
    /// Takes account of what one end says to the other: whether it may be passed on, and the pairs
    /// that end. A pair that is new begins with these sides if the way is clear, so that who makes
    /// ever new ones is not in the way of others; without any it ends.
    pub(crate) fn on_relayed(
        &mut self,
        now: Timestamp,
        relayed: &Relayed,
        sides: Option<([Side; 2], bool)>,
    ) -> (bool, Vec<Pair>) {
        let (from, attempt) = (relayed.from, relayed.attempt);
        let is_of = |pair: &Pair| pair.is_of(from, relayed.to);
        let Said::More(taken, sealed) = &relayed.said else {
            let ended = self.take(|pair| is_of(pair) && pair.attempt == attempt);
            return (!ended.is_empty(), Vec::new());
        };
        let Some((sides, is_clear)) = sides else { return (false, self.take(is_of)) };
        // Two have one link, so a new one takes the place of the one before.
        let mut over = self.take(|pair| {
            (is_of(pair) && pair.attempt != attempt)
                || now.since(pair.used) >= limits::RELAY_SILENCE
        });
        // Who says something has a use for it; telling of what was taken costs nothing.
        let says = !sealed.is_empty();
        if is_clear && says && !self.list.iter().any(is_of) {
            over.extend(self.make_place(&sides));
            if self.list.len() < limits::RELAYS_MAX {
                self.list.push(Pair { attempt, sides, used: now });
            }
        }
        let Some(pair) = self.list.iter_mut().find(|pair| is_of(pair)) else {
            return (false, over);
        };
        if says {
            pair.used = now;
        }
        let is_fair = pair.counts(from, *taken, sealed.len() as u64);
        if !is_fair {
            over.extend(self.take(is_of));
        }
        (is_fair, over)
    }

    /// Where there is no place for a pair of these, an identity that is in more than half of all
    /// gives up the one that was silent for longest.
    fn make_place(&mut self, sides: &[Side; 2]) -> Option<Pair> {
        let count = |sides: &[Side; 2]| {
            let of = |peer| move |pair: &&Pair| pair.sides.iter().any(|side| side.peer == peer);
            let counts = sides.iter().map(|side| self.list.iter().filter(of(side.peer)).count());
            counts.max().unwrap_or_default()
        };
        let share = limits::RELAYS_MAX / 2;
        if self.list.len() < limits::RELAYS_MAX || count(sides) >= share {
            return None;
        }
        let pairs = self.list.iter().enumerate();
        let greedy = pairs.filter(|(_, pair)| count(&pair.sides) > share);
        let (at, _) = greedy.min_by_key(|(_, pair)| pair.used)?;
        Some(self.list.swap_remove(at))
    }

    /// Takes out pairs.
    pub(crate) fn take(&mut self, which: impl Fn(&Pair) -> bool) -> Vec<Pair> {
        self.list.extract_if(.., |pair| which(pair)).collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::time::Duration;

    use lacis_wire::{AttemptId, NodeId, PeerId, limits};

    use super::{Pairs, Side};
    use crate::ids::LinkId;
    use crate::relays::{Relayed, Said};
    use crate::time::Timestamp;

    const WINDOW: usize = limits::RELAY_WINDOW_BYTES as usize;

    fn node(number: usize) -> NodeId {
        NodeId([u8::try_from(number).unwrap_or(255); 16])
    }

    /// One end, of an identity of its own up to 100; all others have one.
    fn side(number: usize, link: u32) -> Side {
        let peer = PeerId([u8::try_from(number.min(101)).unwrap_or(255); 32]);
        Side::new(node(number), peer, LinkId::numbered(link.into(), false))
    }

    /// What one says to another, under an attempt, of so many bytes.
    fn says(pairs: &mut Pairs, [from, to]: [usize; 2], attempt: u64, said: (u64, usize)) -> bool {
        says_at(pairs, Timestamp::ZERO, [from, to], attempt, said)
    }

    fn says_at(
        pairs: &mut Pairs,
        now: Timestamp,
        [from, to]: [usize; 2],
        attempt: u64,
        (taken, bytes): (u64, usize),
    ) -> bool {
        let said = Said::More(taken, Vec::from_iter(core::iter::repeat_n(0, bytes)));
        let sides = [side(from, 1), side(to, 2)];
        let (from, to) = (node(from), node(to));
        let relayed = Relayed { from, to, attempt: AttemptId(attempt), said };
        pairs.on_relayed(now, &relayed, Some((sides, true))).0
    }

    #[test]
    fn there_are_so_many_pairs_and_two_nodes_have_one() {
        let mut pairs = Pairs::default();
        for number in 1..=limits::RELAYS_MAX {
            for attempt in 0..1_000 {
                assert!(says(&mut pairs, [number, 100], attempt, (0, 10)));
            }
        }
        assert_eq!(pairs.list.len(), limits::RELAYS_MAX);
        assert!(!says(&mut pairs, [99, 100], 1, (0, 10)), "there is no place");
        assert!(says(&mut pairs, [100, 1], 999, (10, 0)), "those who are there go on");
        let later = Timestamp::ZERO + (limits::RELAY_SILENCE - Duration::from_secs(1));
        assert!(says_at(&mut pairs, later, [1, 100], 999, (0, 10)));
        let late = later + Duration::from_secs(2);
        assert!(says_at(&mut pairs, late, [99, 100], 1, (0, 10)), "the silent make place");
        assert_eq!(pairs.list.len(), 2);
    }

    #[test]
    fn who_sends_more_than_the_window_or_tells_what_is_not_true_ends_the_pair() {
        let mut pairs = Pairs::default();
        assert!(says(&mut pairs, [1, 2], 7, (0, WINDOW)));
        assert!(says(&mut pairs, [2, 1], 7, (10, WINDOW)), "both directions have one");
        assert!(says(&mut pairs, [1, 2], 7, (0, 10)), "what was taken makes room");
        assert!(!says(&mut pairs, [1, 2], 7, (0, 1)));
        assert!(pairs.list.is_empty());
        for (told, again) in [(0, 11), (10, 9), (0, u64::MAX)] {
            assert!(says(&mut pairs, [1, 2], 8, (0, 10)));
            assert!(says(&mut pairs, [2, 1], 8, (told, 0)));
            assert!(!says(&mut pairs, [2, 1], 8, (again, 0)), "{told} and then {again}");
            assert!(pairs.list.is_empty());
        }
    }

    #[test]
    fn one_identity_holds_half_of_all_where_others_want_a_place_and_who_says_nothing_none() {
        let mut pairs = Pairs::default();
        // Each of its nodes speaks with another one of its own.
        for number in 0..limits::RELAYS_MAX {
            assert!(says(&mut pairs, [110 + number, 130 + number], 1, (0, 10)), "there is place");
        }
        for number in 0..limits::RELAYS_MAX / 2 {
            assert!(says(&mut pairs, [2 * number, 2 * number + 1], 1, (0, 10)), "pair {number}");
        }
        assert_eq!(pairs.list.len(), limits::RELAYS_MAX);
        assert!(!says(&mut pairs, [98, 99], 1, (0, 10)), "what is left of it is its share");
        let later = Timestamp::ZERO + limits::RELAY_SILENCE;
        assert!(!says_at(&mut pairs, later, [0, 1], 1, (0, 0)), "it says nothing");
        assert!(says_at(&mut pairs, later, [98, 99], 1, (0, 10)), "the silent make place");
        assert_eq!(pairs.list.len(), 1);
    }

    #[test]
    fn without_two_links_nothing_passes_and_what_was_there_ends() {
        let mut pairs = Pairs::default();
        assert!(says(&mut pairs, [1, 2], 7, (0, 10)));
        let said = Said::More(0, Vec::new());
        let relayed = Relayed { from: node(2), to: node(1), attempt: AttemptId(7), said };
        let (passes, over) = pairs.on_relayed(Timestamp::ZERO, &relayed, None);
        assert!(!passes && over.len() == 1);
        let told = over.iter().flat_map(super::Pair::farewells).map(|it| it.to);
        assert_eq!(told.collect::<Vec<_>>(), [node(2), node(1)]);
        let sides = [side(2, 1), side(1, 2)];
        let begun = pairs.on_relayed(Timestamp::ZERO, &relayed, Some((sides, true)));
        assert!(!begun.0, "nothing is said");
        let relayed = Relayed { said: Said::More(0, Vec::from([0])), ..relayed };
        let begun = pairs.on_relayed(Timestamp::ZERO, &relayed, Some((sides, false)));
        assert!(!begun.0, "too much is in the way for a new one");
        let end = Relayed { said: Said::End, ..relayed };
        assert!(!pairs.on_relayed(Timestamp::ZERO, &end, None).0, "it is over already");
    }
}
