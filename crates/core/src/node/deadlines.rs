//! When a node wants to be called next.

use super::Node;
use super::timers::Source;
use crate::meter::{self, Cost};
use crate::remote::Remote;
use crate::time::{Earliest, Timer, Timestamp};

impl Node {
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
