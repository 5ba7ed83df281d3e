//! Group time: what the members of a group agree on as the time of day. Each group has its own, so
//! that nobody in one group moves the time of another.
//!
//! Each neighbor tells its clock when a link begins and again at every comparison; that of a member
//! counts, and once, however many instances it runs. Group time is our own clock, corrected by the
//! middle one of theirs and ours, and by no more than clocks differ that are right: no vote moves
//! it further. Whoever is further off is told so instead.

use alloc::vec::Vec;

use lacis_wire::{Millis, NodeId, PeerId, limits};

use crate::rule::Rule;
use crate::table::{Table, in_order};

/// How far the clocks of the neighbors are ahead of ours.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    /// At most [`limits::REMOTES_MAX`].
    ahead: Table<NodeId, (PeerId, i64)>,
}

impl Clocks {
    /// A member told its clock just now.
    pub(crate) fn hear(&mut self, node: NodeId, peer: PeerId, theirs: Millis, ours: Millis) {
        if self.ahead.len() >= limits::REMOTES_MAX {
            self.ahead.clear();
        }
        let (theirs, ours) = (i128::from(theirs.0), i128::from(ours.0));
        // What is beyond a number of 64 bits is wild whatever it is.
        self.ahead.insert(node, (peer, i64::try_from(theirs - ours).unwrap_or(i64::MAX)));
    }

    pub(crate) fn forget(&mut self, node: NodeId) {
        self.ahead.remove(&node);
    }

    /// Our own clock was set: what was heard is to be heard again.
    pub(crate) fn forget_all(&mut self) {
        if Rule::ClockForgets.holds() {
            self.ahead.clear();
        }
    }

    /// The middle one of the members' clocks, if there are that many and all of them agree.
    pub(crate) fn agreed(&self, least: usize) -> Option<i64> {
        let all = self.members();
        let (first, last) = (all.first()?, all.last()?);
        let agree = last.saturating_sub(*first) <= spread() && all.len() >= least;
        middle(&all).filter(|_| agree)
    }

    /// One clock a member, in order.
    fn members(&self) -> Vec<i64> {
        let (mut heard, mut all) = (Vec::new(), Vec::new());
        for (peer, ahead) in self.ahead.values() {
            if !heard.contains(peer) || !Rule::OneClockEach.holds() {
                heard.push(*peer);
                all.push(*ahead);
            }
        }
        in_order(all)
    }

    /// How far the middle one of the members' clocks is ahead of ours; of two in the middle the one
    /// nearer to ours. Nothing, if nobody has told its clock.
    pub(crate) fn median(&self) -> Option<i64> {
        middle(&self.members())
    }

    /// Milliseconds to add to our clock.
    pub(crate) fn correction(&self) -> i64 {
        let mut all = self.members();
        all.insert(all.partition_point(|it| *it < 0), 0);
        let bound = if Rule::ClockBound.holds() { spread() } else { i64::MAX };
        middle(&all).unwrap_or_default().clamp(-bound, bound)
    }

    /// How far the middle one of several members' clocks is ahead of ours, if none of them agrees
    /// with ours.
    pub(crate) fn apart(&self) -> i64 {
        let all = self.members();
        let agrees = |ahead: &i64| ahead.unsigned_abs() <= spread().unsigned_abs();
        if all.len() < 2 || all.iter().any(agrees) { 0 } else { middle(&all).unwrap_or(0) }
    }

    /// How far our clock is from that of the members, if that is more than clocks differ that are
    /// right.
    pub(crate) fn difference(&self) -> Option<i64> {
        self.median().filter(|ahead| ahead.unsigned_abs() > spread().unsigned_abs())
    }
}

fn spread() -> i64 {
    i64::try_from(limits::CLOCK_SPREAD.as_millis()).unwrap_or(i64::MAX)
}

fn middle(sorted: &[i64]) -> Option<i64> {
    let last = sorted.len().checked_sub(1)?;
    if !Rule::MiddleClock.holds() {
        return sorted.get(last).copied();
    }
    let (low, high) = (sorted.get(last / 2), sorted.get(sorted.len() / 2));
    low.into_iter().chain(high).copied().min_by_key(|it| it.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use lacis_wire::{Millis, NodeId, PeerId, limits};

    use super::{Clocks, spread};

    const DAY: i64 = 86_400_000;

    fn clocks(ahead: &[i64]) -> Clocks {
        let mut clocks = Clocks::default();
        for (at, ahead) in (1_u16..).zip(ahead) {
            let at = u8::try_from(at % 251).expect("it fits");
            let theirs = Millis(1_000_000_000_000_u64.saturating_add_signed(*ahead));
            clocks.hear(NodeId([at; 16]), PeerId([at; 32]), theirs, Millis(1_000_000_000_000));
        }
        clocks
    }

    #[test]
    fn the_middle_clock_corrects_ours_within_bounds() {
        assert_eq!(clocks(&[]).correction(), 0);
        assert_eq!(clocks(&[3_000]).correction(), 0, "of two nobody is moved");
        assert_eq!(clocks(&[3_000, 6_000]).correction(), 3_000);
        assert_eq!(clocks(&[3_000, 6_000, -365 * DAY]).correction(), 0);
        assert_eq!(clocks(&[i64::MAX, 40, -40]).correction(), 0);
    }

    #[test]
    fn no_vote_moves_group_time_further_than_clocks_differ() {
        assert_eq!(clocks(&[365 * DAY; 20]).correction(), spread());
        assert_eq!(clocks(&[-365 * DAY; 20]).correction(), -spread());
    }

    #[test]
    fn whoever_is_off_is_told_by_how_much() {
        assert_eq!(clocks(&[DAY]).difference(), Some(DAY));
        assert_eq!(clocks(&[-DAY, -DAY + 5, 7]).difference(), Some(-DAY + 5));
        assert_eq!(clocks(&[60_000]).difference(), None);
        assert_eq!(clocks(&[]).difference(), None);
    }

    #[test]
    fn a_clock_with_which_one_other_agrees_is_not_taken_for_wrong() {
        assert_eq!(clocks(&[DAY]).apart(), 0);
        assert_eq!(clocks(&[DAY, DAY + 5]).apart(), DAY);
        assert_eq!(clocks(&[DAY, DAY + 5, -60_000]).apart(), 0);
        let many = clocks(&[DAY; 300]);
        assert!(many.members().len() <= limits::REMOTES_MAX);
    }

    #[test]
    fn a_member_with_many_instances_counts_once() {
        let mut clocks = clocks(&[100, 200]);
        for at in 10..30 {
            let theirs = Millis(1_000_000_300_000);
            clocks.hear(NodeId([at; 16]), PeerId([9; 32]), theirs, Millis(1_000_000_000_000));
        }
        assert_eq!(clocks.correction(), 100);
    }
}
