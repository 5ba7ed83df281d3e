//! When a node wants to be called next, and what it does then.

use core::time::Duration;

use alloc::vec::Vec;

use lacis_wire::limits;

use super::Node;
use super::timers::{Due, Source};
use crate::meter::{self, Cost};
use crate::remote::Remote;
use crate::time::{Earliest, Timer, Timestamp};

impl Node {
    /// Does what is due. Early or repeated calls do nothing. A driver hands in [`Input::Wall`]
    /// before it calls this.
    ///
    /// [`Input::Wall`]: crate::Input::Wall
    pub fn handle_timeout(&mut self, now: Timestamp) {
        let is_late = self.promised.is_some_and(|promised| now.since(promised) > limits::STALL);
        if is_late {
            self.cx.stalled_until = now + limits::STALL_GRACE;
        }
        self.set_time(now);
        meter::begin(true);
        self.cx.clock.on_timeout(now);
        self.set_timers();
        // Most of what is due concerns one link. What has no deadline of its own is looked at soon
        // after, however much is due meanwhile.
        let look_due = self.looked_at + LOOK;
        match self.timers.take_due(now) {
            Due::Remotes(nodes) if !is_late && now < look_due => {
                self.look_due = Some(look_due);
                for node in nodes {
                    self.changes.remote(node);
                    self.with_remote(node, Remote::on_timeout);
                }
            }
            _ => self.look_at_everything(),
        }
        self.carry_on();
        self.closing_timeout();
    }

    /// Does what is due everywhere.
    fn look_at_everything(&mut self) {
        (self.looked_at, self.look_due) = (self.cx.now, None);
        for index in 0..self.signaling.servers.len() {
            let Some(server) = self.signaling.servers.get_mut(index) else { break };
            if server.on_timeout(&mut self.cx) {
                self.forget_server(index);
            }
        }
        self.rooms_timeout();
        self.groups_timeout();
        for node in self.remotes.keys().copied().collect::<Vec<_>>() {
            self.with_remote(node, Remote::on_timeout);
        }
        self.end_strangers();
        self.forget_unnamed();
        self.end_idle_relayed();
        self.mesh_timeout();
        self.review_presence();
        self.changes.everything();
    }

    /// Asks whatever has changed when it wants to be called.
    pub(super) fn set_timers(&mut self) {
        let changed = core::mem::take(&mut self.changes.timers);
        if changed.signaling || changed.all {
            self.timers.set(Source::Signaling, self.signaling_deadline());
        }
        if changed.connections || changed.all {
            self.timers.set(Source::Dial, self.dial_deadline());
            self.timers.set(Source::Strangers, self.stranger_deadline());
        }
        if changed.mesh || changed.connections || changed.all {
            self.timers.set(Source::Mesh, self.mesh_deadline());
        }
        if changed.presence || changed.all {
            self.timers.set(Source::Presence, self.presence_deadline());
        }
        let (mut remotes, mut groups) = (changed.remotes, changed.groups);
        if changed.all {
            // Beside those that are gone, whose deadlines go too.
            remotes.extend(self.remotes.keys().copied());
            groups.extend(self.groups.open.keys().copied());
        }
        meter::count(Cost::Deadline, remotes.len() + groups.len());
        for node in remotes {
            let remote = self.remotes.get(&node);
            self.timers.set(Source::Remote(node), remote.and_then(Remote::deadline));
        }
        for number in groups {
            let group = self.groups.open.get(&number);
            let next = group.and_then(|group| group.deadline(&self.cx));
            self.timers.set(Source::Group(number), next);
        }
    }

    pub(super) fn signaling_deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut earliest = Earliest::default();
        for server in &self.signaling.servers {
            server.deadlines(&mut earliest);
        }
        // Of a node that is suspended they stand still.
        if !self.cx.is_suspended() {
            self.signaling.rooms.values().for_each(|room| room.deadlines(&mut earliest));
        }
        self.signaling.pairing_deadlines(&mut earliest);
        earliest.get()
    }

    /// When a link is to be offered next, or may be because a stranger or
    /// another link can make place by then.
    pub(super) fn dial_deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut earliest = Earliest::default();
        let overlay = self.overlay();
        let wanted = self.remotes.values().filter(|remote| self.is_wanted(&overlay, remote));
        let first = wanted.filter_map(|remote| remote.connection.wants_link()).min();
        let at = match self.may_dial() {
            true => first,
            false => {
                let free = self.place_at().into_iter().chain(self.turn_at());
                first.and(free.filter(|at| *at > self.cx.now).min())
            }
        };
        earliest.see(at, Timer::Retry);
        earliest.get()
    }
}

/// How long it is at the most, once something was due, until what has no deadline of its own is
/// looked at.
const LOOK: Duration = Duration::from_secs(2);
