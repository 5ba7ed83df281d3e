//! Group time: what the members of a group agree on as the time of day.
//!
//! Each neighbour tells its clock when a link begins; that of a member counts, and once, however
//! many instances it runs. The mean of how far they are ahead, our own clock counted as one of
//! them, corrects ours; those that are far from the middle are left out, so one wild clock moves
//! nothing. If more than half of the clocks are right within some bound, group time is right within
//! that bound and the time that a message takes.

use alloc::vec::Vec;

use lacis_wire::{Millis, NodeId, PeerId, limits};

use crate::table::Table;

/// How far the clocks of the neighbours are ahead of ours.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    ahead: Table<NodeId, (PeerId, i64)>,
}

impl Clocks {
    /// A member told its clock just now.
    pub(crate) fn hear(&mut self, node: NodeId, peer: PeerId, theirs: Millis, ours: Millis) {
        let (theirs, ours) = (i128::from(theirs.0), i128::from(ours.0));
        // What is beyond a number of 64 bits is wild whatever it is.
        self.ahead.insert(node, (peer, i64::try_from(theirs - ours).unwrap_or(i64::MAX)));
    }

    pub(crate) fn forget(&mut self, node: NodeId) {
        self.ahead.remove(&node);
    }

    /// Our own clock was set: what was heard is to be heard again.
    pub(crate) fn forget_all(&mut self) {
        self.ahead.clear();
    }

    /// Milliseconds to add to our clock.
    pub(crate) fn correction(&self) -> i64 {
        // Sorting code is large, and these are few.
        let (mut heard, mut all) = (Vec::new(), alloc::vec![0]);
        for (peer, ahead) in self.ahead.values() {
            if !heard.contains(peer) {
                heard.push(*peer);
                all.insert(all.partition_point(|it| it < ahead), *ahead);
            }
        }
        // With an even number of clocks the one nearer to ours, so that of two nobody is moved by
        // a wild one.
        let (low, high) = (all.get((all.len() - 1) / 2), all.get(all.len() / 2));
        let middle = low.into_iter().chain(high).copied().min_by_key(|it| it.unsigned_abs());
        let middle = middle.unwrap_or_default();
        // From the middle everything is near enough to be added up in 64 bits.
        let bound = u64::try_from(limits::CLOCK_SPREAD.as_millis()).unwrap_or_default();
        let from_middle =
            |it: i64| it.checked_sub(middle).filter(|off| off.unsigned_abs() <= bound);
        let kept: Vec<i64> = all.into_iter().filter_map(from_middle).collect();
        let count = i64::try_from(kept.len().max(1)).unwrap_or(1);
        middle.saturating_add(kept.iter().sum::<i64>() / count)
    }
}

#[cfg(test)]
mod tests {
    use lacis_wire::{Millis, NodeId, PeerId};

    use super::Clocks;

    fn clocks(ahead: &[i64]) -> Clocks {
        let mut clocks = Clocks::default();
        for (at, ahead) in (1..).zip(ahead) {
            let theirs = Millis(1_000_000_000_000_u64.saturating_add_signed(*ahead));
            clocks.hear(NodeId([at; 16]), PeerId([at; 32]), theirs, Millis(1_000_000_000_000));
        }
        clocks
    }

    #[test]
    fn near_clocks_are_averaged_and_wild_ones_ignored() {
        assert_eq!(clocks(&[]).correction(), 0);
        assert_eq!(clocks(&[3_000]).correction(), 1_500);
        assert_eq!(clocks(&[3_000, 6_000]).correction(), 3_000);
        let year = 365 * 86_400_000;
        assert_eq!(clocks(&[year]).correction(), 0);
        assert_eq!(clocks(&[3_000, 6_000, -year]).correction(), 3_000);
        assert_eq!(clocks(&[i64::MAX, 40, -40]).correction(), 0);
    }

    #[test]
    fn a_member_with_many_instances_counts_once() {
        let mut clocks = clocks(&[100, 200]);
        for at in 10..30 {
            let theirs = Millis(1_000_000_300_000);
            clocks.hear(NodeId([at; 16]), PeerId([9; 32]), theirs, Millis(1_000_000_000_000));
        }
        assert_eq!(clocks.correction(), (100 + 200 + 300_000) / 4);
    }

    #[test]
    fn who_has_the_wrong_clock_follows_the_others() {
        let day = 86_400_000;
        let correction = clocks(&[day, day + 100, day - 100]).correction();
        assert!((correction - day).abs() <= 100, "{correction}");
    }
}
