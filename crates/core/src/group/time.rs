//! Which time of day it is for a group: for what is judged, and for what is written.

use lacis_wire::{Millis, NodeId};

use super::{Group, GroupEvent};
use crate::shared::Shared;
use crate::time::Timestamp;

impl Group {
    /// The time that the members agree on.
    pub(crate) fn now(&self, shared: &Shared) -> Millis {
        Millis(shared.wall().0.saturating_add_signed(self.clocks.correction()))
    }

    /// When it will be `at`, and one moment more.
    pub(super) fn when(&self, shared: &Shared, at: Millis) -> Timestamp {
        let wait = at.0.saturating_sub(self.now(shared).0).saturating_add(1);
        shared.io.now + core::time::Duration::from_millis(wait)
    }

    /// How what is written now is dated: by the earlier of our own clock and that of the members,
    /// so that a clock that is ahead is not believed as soon as one member is here, and a lying
    /// neighbor can only take time away; never before what it follows.
    pub(super) fn writing_time(&self, shared: &Shared, follows: Millis) -> Millis {
        let own = shared.wall();
        let members = self.clocks.median().map(|ahead| own.0.saturating_add_signed(ahead));
        Millis(members.map_or(own.0, |members| members.min(own.0))).max(follows)
    }

    /// A member told its clock.
    pub(super) fn hear_clock(&mut self, shared: &mut Shared, node: NodeId, clock: Millis) {
        let Some(peer) = self.neighbours.get(&node).map(|it| it.peer) else { return };
        self.clocks.hear(node, peer, clock, shared.wall());
        self.tell_clock(shared);
    }

    /// Our clock was set: what was heard of others is no news of the one that is now.
    pub(crate) fn wall_jumped(&mut self, shared: &mut Shared) {
        self.clocks.forget_all();
        self.introduce(shared);
        self.tell_clock(shared);
    }

    /// Tells the application once that its clock differs from that of the members, and once that it
    /// does no longer.
    fn tell_clock(&mut self, shared: &mut Shared) {
        let ahead = self.clocks.difference();
        if ahead.is_some() != self.clock_differs {
            self.clock_differs = ahead.is_some();
            self.event(shared, GroupEvent::Clock { ahead });
        }
    }
}
