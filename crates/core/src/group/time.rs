//! Which time of day it is for a group: for what is judged, and for what is written.

use lacis_wire::{Millis, NodeId, limits};

use super::{Group, GroupEvent};
use crate::cx::Cx;
use crate::rule::Rule;
use crate::time::Timestamp;

/// Members whose clocks together are surer than our own.
const SURE: usize = 3;

/// How often it is written down how far time has come, in milliseconds.
const TIME_STEP: u64 = 3_600_000;

/// The latest that others date what they write, where it is `at`.
pub(super) fn clocks_ahead(at: Millis) -> Millis {
    let ahead = u64::try_from(limits::CLOCK_AHEAD.as_millis()).unwrap_or(u64::MAX);
    Millis(at.0.saturating_add(ahead))
}

impl Group {
    /// The time that the members agree on.
    pub(crate) fn now(&self, cx: &Cx) -> Millis {
        Millis(cx.wall().0.saturating_add_signed(self.correction()))
    }

    /// Milliseconds by which that is ahead of our own clock.
    pub(crate) fn correction(&self) -> i64 {
        self.clocks.correction()
    }

    /// When it will be `at`, and one moment more.
    pub(super) fn when(&self, cx: &Cx, at: Millis) -> Timestamp {
        let wait = at.0.saturating_sub(self.now(cx).0).saturating_add(1);
        cx.now + core::time::Duration::from_millis(wait)
    }

    /// The time by which rights end. What ended by the highest group time that this store ever held
    /// has ended, wherever a clock goes back to.
    pub(crate) fn rights_time(&self, cx: &Cx) -> Millis {
        let held = if Rule::RightsStayEnded.holds() { self.profile.time } else { Millis(0) };
        self.now(cx).max(held)
    }

    /// A time that our own clock and those of the members have passed: by it bytes are erased.
    /// Nothing, while no member says its clock.
    pub(super) fn certain_time(&self, cx: &Cx) -> Option<Millis> {
        let own = cx.wall();
        let members = own.0.saturating_add_signed(self.clocks.median()?);
        let is_certain = Rule::CertainTime.holds();
        Some(if is_certain { own.min(Millis(members)) } else { own.max(Millis(members)) })
    }

    /// The time by which is seen whether this node was ahead when it wrote: that of several members
    /// who agree, else its own. What they say is no time before the highest that was ever certain
    /// here.
    pub(super) fn surest_time(&self, cx: &Cx) -> Millis {
        let own = cx.wall();
        let members = self.clocks.agreed(SURE).map(|by| Millis(own.0.saturating_add_signed(by)));
        let members = members.filter(|it| clocks_ahead(*it) >= self.profile.time);
        members.map_or(own, |members| members.min(own))
    }

    /// Remembers how far time has come, as far as a member's clock agrees with ours.
    pub(super) fn note_time(&mut self, cx: &mut Cx) {
        let now = self.now(cx);
        let agrees = self.clocks.median().is_some() && self.clocks.difference().is_none();
        if self.is_open && agrees && now.0 > self.profile.time.0.saturating_add(TIME_STEP) {
            self.profile.time = now;
            self.keep_profile(cx);
        }
    }

    /// How what is written now is dated: by the earlier of our own clock and that of the members,
    /// so that a clock that is ahead is not believed as soon as one member is here, and a lying
    /// neighbor can only take time away; never before what it follows, nor before what others made
    /// by our own clock's leave.
    pub(super) fn writing_time(&self, cx: &Cx, follows: Millis) -> Millis {
        let own = cx.wall();
        let members = self.clocks.median().map(|ahead| own.0.saturating_add_signed(ahead));
        let members = members.filter(|_| Rule::DatedByTheEarlier.holds());
        let date = Millis(members.map_or(own.0, |members| members.min(own.0)));
        let held = self.replica.latest_until(own).unwrap_or(Millis(0));
        date.max(held).max(follows)
    }

    /// A member told its clock.
    pub(super) fn hear_clock(&mut self, cx: &mut Cx, node: NodeId, clock: Millis) {
        let Some(peer) = self.neighbours.get(&node).map(|it| it.peer) else { return };
        self.clocks.hear(node, peer, clock, cx.wall());
        self.tell_clock(cx);
        self.note_time(cx);
        self.rewrite_ahead(cx);
    }

    /// Our clock was set: what was heard of others is no news of the one that is now.
    pub(crate) fn wall_jumped(&mut self, cx: &mut Cx) {
        self.clocks.forget_all();
        self.door.look_again();
        self.introduce(cx);
        self.tell_clock(cx);
        let now = self.now(cx);
        self.replica.reveal(now);
        self.tell_changes(cx, None);
        self.rewrite_ahead(cx);
    }

    /// Tells the application once that its clock differs from that of the members, and once that it
    /// does no longer.
    fn tell_clock(&mut self, cx: &mut Cx) {
        let ahead = self.clocks.difference();
        if ahead.is_some() != self.clock_differs {
            self.clock_differs = ahead.is_some();
            self.event(cx, GroupEvent::Clock { ahead });
        }
    }
}
