//! Who announced itself where.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use lacis_wire::{NodeId, Topic};
use rand_core::Rng;

use super::ids::ConnId;

/// All topics. A topic exists as long as it has members.
///
/// A member is found by its position, which its connection keeps; leaving moves the last member
/// into the gap. So joining, leaving and sampling cost the same in a topic of 2 and of 4,000.
#[derive(Debug)]
pub(super) struct Topics {
    topics: BTreeMap<Topic, Members>,
    members: usize,
}

#[derive(Debug)]
struct Members {
    list: Vec<Member>,
    /// The one of them whose address the topic counts for.
    payer: ConnId,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    conn: ConnId,
    node: NodeId,
}

/// A member that has another position now, because somebody left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) conn: ConnId,
    pub(super) position: usize,
}

/// What is different after somebody left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) moved: Option<Moved>,
    pub(super) pays: Pays,
}

/// Whose address a topic counts for after somebody left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pays {
    /// That of before.
    Before,
    /// Another one's in place of that of who left.
    Now(ConnId),
    /// Nobody's: that was the last member.
    Nobody,
}

impl Topics {
    pub(super) const fn new() -> Self {
        Self { topics: BTreeMap::new(), members: 0 }
    }

    /// Topics that have members.
    pub(super) fn len(&self) -> usize {
        self.topics.len()
    }

    /// Members of all topics together.
    pub(super) const fn members(&self) -> usize {
        self.members
    }

    /// Members of one topic.
    pub(super) fn size(&self, topic: &Topic) -> usize {
        self.topics.get(topic).map_or(0, |members| members.list.len())
    }

    /// Adds a member, which must not be there yet, and gives back its position. The first one pays.
    pub(super) fn join(&mut self, topic: Topic, conn: ConnId, node: NodeId) -> usize {
        let first = || Members { list: Vec::with_capacity(1), payer: conn };
        let members = &mut self.topics.entry(topic).or_insert_with(first).list;
        members.push(Member { conn, node });
        self.members += 1;
        members.len() - 1
    }

    /// Takes the member at `position` away.
    pub(super) fn leave(&mut self, topic: &Topic, position: usize) -> Option<Left> {
        let Members { list: members, payer } = self.topics.get_mut(topic)?;
        if position >= members.len() {
            return None;
        }
        let left = members.swap_remove(position);
        self.members -= 1;
        let Some(first) = members.first() else {
            self.topics.remove(topic);
            return Some(Left { moved: None, pays: Pays::Nobody });
        };
        let mut pays = Pays::Before;
        if *payer == left.conn {
            *payer = first.conn;
            pays = Pays::Now(first.conn);
        }
        // A topic that was large once does not keep its memory.
        if members.len() < members.capacity() / 4 {
            members.shrink_to(members.len() * 2);
        }
        let moved = members.get(position).map(|moved| Moved { conn: moved.conn, position });
        Some(Left { moved, pays })
    }

    /// Up to `want` members other than the one at `position`, each set of them equally likely.
    ///
    /// Floyd's algorithm: the cost depends on `want` alone, which is at most 16.
    pub(super) fn sample(
        &self,
        topic: &Topic,
        position: usize,
        want: usize,
        random: &mut impl Rng,
    ) -> Vec<NodeId> {
        let Some(Members { list: members, .. }) = self.topics.get(topic) else {
            return Vec::new();
        };
        let others = members.len().saturating_sub(1);
        let want = want.min(others);
        let mut chosen: Vec<usize> = Vec::with_capacity(want);
        for top in others - want..others {
            let pick = below(random, top + 1);
            chosen.push(if chosen.contains(&pick) { top } else { pick });
        }
        // The others are numbered as if the asker were not there.
        let skip = |index: usize| if index < position { index } else { index + 1 };
        let picked = chosen.into_iter().filter_map(|index| members.get(skip(index)));
        picked.map(|member| member.node).collect()
    }
}

/// A random number below `bound`. The bias of multiplying is under one part in 2^50 here.
fn below(random: &mut impl Rng, bound: usize) -> usize {
    let wide = u128::from(random.next_u64()) * u128::try_from(bound).unwrap_or(0);
    usize::try_from(wide >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng;

    use super::{ConnId, Left, Moved, NodeId, Pays, Topic, Topics, Vec};

    const TOPIC: Topic = Topic([7; 32]);

    fn filled(count: u8) -> Topics {
        let mut topics = Topics::new();
        for index in 0..count {
            let position = topics.join(TOPIC, ConnId(index.into()), NodeId([index; 16]));
            assert_eq!(position, usize::from(index));
        }
        topics
    }

    #[test]
    fn who_leaves_is_replaced_by_the_last() {
        let mut topics = filled(4);
        let moved = |position| Some(Moved { conn: ConnId(3), position });
        let left = |moved, pays| Some(Left { moved, pays });
        assert_eq!(topics.leave(&TOPIC, 1), left(moved(1), Pays::Before));
        assert_eq!(topics.leave(&TOPIC, 2), left(None, Pays::Before));
        assert_eq!(topics.size(&TOPIC), 2);
        // The first one paid, and the one that is left does so now.
        assert_eq!(topics.leave(&TOPIC, 0), left(moved(0), Pays::Now(ConnId(3))));
        assert_eq!(topics.leave(&TOPIC, 0), left(None, Pays::Nobody));
        assert_eq!(topics.leave(&TOPIC, 0), None);
        assert_eq!((topics.len(), topics.members()), (0, 0));
    }

    #[test]
    fn everybody_but_the_asker_is_equally_likely() {
        let topics = filled(10);
        let mut random = ChaCha8Rng::from_seed([1; 32]);
        let mut seen = [0_u32; 10];
        for _ in 0..9_000 {
            let sample = topics.sample(&TOPIC, 4, 3, &mut random);
            assert_eq!(sample.len(), 3);
            for node in &sample {
                assert_eq!(sample.iter().filter(|other| *other == node).count(), 1);
                seen[usize::from(node.0[0])] += 1;
            }
        }
        // Each of nine is expected 3,000 times, with a standard deviation of 45.
        let fair = |count: &u32| (2_750..3_250).contains(count);
        assert_eq!(seen[4], 0);
        assert_eq!(seen.iter().filter(|count| fair(count)).count(), 9, "{seen:?}");
    }

    #[test]
    fn who_wants_more_than_there_are_gets_all_others() {
        let topics = filled(3);
        let mut random = ChaCha8Rng::from_seed([1; 32]);
        let mut nodes: Vec<u8> =
            topics.sample(&TOPIC, 0, 16, &mut random).iter().map(|node| node.0[0]).collect();
        nodes.sort_unstable();
        assert_eq!(nodes, [1, 2]);
        assert!(filled(1).sample(&TOPIC, 0, 16, &mut random).is_empty());
        assert!(topics.sample(&Topic([0; 32]), 0, 16, &mut random).is_empty());
    }
}
