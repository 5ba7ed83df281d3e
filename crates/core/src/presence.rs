//! What the nodes in a room say of themselves: this one, and of the others until when it holds.
//!
//! It is said to all when it changes and again before it would end, and to newcomers when they
//! come. What the others say is not kept: the application hears it, and when it is over.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::{NodeId, PeerId, limits, presence};

use crate::cx::Cx;
use crate::event::Event;
use crate::ids::RoomId;
use crate::time::{Earliest, Timer, Timestamp};

/// What is said in one room.
#[derive(Debug)]
pub(crate) struct Presence {
    pub(crate) room: RoomId,
    /// What this node says of itself; `None` if it says nothing.
    own: Option<Vec<u8>>,
    /// When that was said to all last.
    said_at: Option<Timestamp>,
    /// When it is said to all next.
    due: Option<Timestamp>,
    /// Until then it is not said because somebody comes without a link.
    rests_until: Timestamp,
    /// Who was told over a link what is said now.
    told: Vec<NodeId>,
    /// Who says something, and until when that holds; at most [`limits::COMPANY_MAX`].
    others: Vec<(NodeId, PeerId, Timestamp)>,
}

impl Presence {
    pub(crate) const fn new(room: RoomId) -> Self {
        Self {
            room,
            own: None,
            said_at: None,
            due: None,
            rests_until: Timestamp::ZERO,
            told: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Says this from now on: at once, or soon if something was said just before.
    pub(crate) fn set(&mut self, now: Timestamp, value: Option<Vec<u8>>) {
        if value.is_some() || self.own.is_some() {
            self.own = value;
            let soon = self.said_at.map(|at| at + limits::PRESENCE_SPACING);
            self.due = Some(soon.map_or(now, |soon| soon.max(now)));
        }
    }

    /// What is said for so long, as it travels.
    pub(crate) fn words(&self, lifetime_ms: u32) -> Vec<u8> {
        let said = self.own.as_deref().map(|own| (lifetime_ms, own));
        let (lifetime_ms, own) = said.unwrap_or_default();
        presence::write(lifetime_ms, own)
    }

    /// Whether something is to be said now, or would be to newcomers.
    pub(crate) fn speaks(&self, now: Timestamp) -> bool {
        self.own.is_some() || self.is_due(now)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|at| now >= at)
    }

    /// Those who have a link are these. Says whether something is said to all now, which counts as
    /// said; else the newcomers among them, to whom it is.
    pub(crate) fn say(
        &mut self,
        now: Timestamp,
        lifetime_ms: u32,
        present: Vec<NodeId>,
    ) -> (bool, Vec<NodeId>) {
        let again = now + Duration::from_millis(u64::from(lifetime_ms / 3));
        let again = self.own.as_ref().map(|_| again);
        let is_due = self.is_due(now);
        if is_due {
            (self.said_at, self.due) = (Some(now), again);
            self.told.clear();
        }
        self.due = self.due.or(again);
        let is_new = |node: &&NodeId| !self.told.contains(node);
        let new = present.iter().filter(is_new).copied().collect();
        self.told = present;
        (is_due, new)
    }

    /// Nobody hears this node.
    pub(crate) fn rest(&mut self) {
        self.due = None;
        self.told.clear();
    }

    /// Somebody has come without a link, and hears of this node what is said to all.
    pub(crate) fn on_far(&mut self, cx: &mut Cx) {
        if self.own.is_some() {
            // Anybody can make up as many as they like who come.
            let at = (cx.now + cx.jitter(limits::PRESENCE_NEWCOMERS)).max(self.rests_until);
            if self.due.is_none_or(|due| at < due) {
                (self.due, self.rests_until) = (Some(at), at + limits::PRESENCE_LIFETIME / 3);
            }
        }
    }

    /// A node says something of itself, or nothing any more.
    pub(crate) fn hear(
        &mut self,
        cx: &mut Cx,
        (node, peer): (NodeId, PeerId),
        (lifetime_ms, value): (u32, &[u8]),
    ) {
        if lifetime_ms == 0 {
            return self.end(cx, Some(node), Timestamp::ZERO);
        }
        let lifetime = Duration::from_millis(lifetime_ms.into());
        let until = cx.now + lifetime.min(limits::PRESENCE_LIFETIME_MAX);
        // One identity may make up nodes without end, and pushes out nobody else.
        let own = self.others.iter().filter(|(_, other, _)| *other == peer).count();
        let is_full = self.others.len() >= limits::COMPANY_MAX || own >= limits::ORIGINS_PER_PEER;
        let known = self.others.iter_mut().find(|(other, ..)| *other == node);
        match known {
            Some(known) => known.2 = until,
            None if is_full => return,
            None => self.others.push((node, peer, until)),
        }
        let value = Some(value.to_vec());
        cx.event(Event::Presence { room: self.room, node, peer, value });
    }

    /// What others said is over if it does not hold any more. Who was not called for a while has
    /// not heard them say it again yet.
    pub(crate) fn expire(&mut self, cx: &mut Cx) {
        if cx.now >= cx.stalled_until {
            self.end(cx, None, cx.now);
        }
    }

    /// What a node said is over, and what holds no longer than until then.
    pub(crate) fn end(&mut self, cx: &mut Cx, node: Option<NodeId>, time: Timestamp) {
        let room = self.room;
        self.others.retain(|(other, peer, until)| {
            let is_over = node == Some(*other) || *until <= time;
            if is_over {
                let (node, peer) = (*other, *peer);
                cx.event(Event::Presence { room, node, peer, value: None });
            }
            !is_over
        });
    }

    pub(crate) fn deadlines(&self, cx: &Cx, earliest: &mut Earliest) {
        earliest.see(self.due, Timer::Presence);
        for (.., until) in &self.others {
            earliest.see(Some((*until).max(cx.stalled_until)), Timer::Presence);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use lacis_wire::{Millis, NodeId, PeerId, limits};

    use super::Presence;
    use crate::config::Config;
    use crate::cx::Cx;
    use crate::ids::RoomId;
    use crate::time::Timestamp;

    fn cx() -> Cx {
        let config = Config {
            servers: Vec::new(),
            ice_servers: None,
            relay_only: false,
            identity: [255; 32],
            wall: Millis(0),
            store: false,
        };
        Cx::new(config, [1; 32], Timestamp::from_micros(1))
    }

    #[test]
    fn however_many_come_it_is_said_again_for_them_now_and_then() {
        let (mut cx, mut room) = (cx(), Presence::new(RoomId(1)));
        room.set(cx.now, Some(b"here".to_vec()));
        let (begun, mut times) = (cx.now, Vec::new());
        while cx.now < begun + limits::PRESENCE_LIFETIME {
            // Whoever says it for ten minutes says it again after three.
            if room.say(cx.now, 600_000, Vec::new()).0 {
                times.push(cx.now);
            }
            room.on_far(&mut cx);
            cx.now = cx.now + limits::PRESENCE_SPACING;
        }
        assert!((3..=5).contains(&times.len()), "{times:?}");
        // The first who come hear it soon.
        assert!(times[1].since(begun) <= limits::PRESENCE_NEWCOMERS + limits::PRESENCE_SPACING);
    }

    #[test]
    fn nodes_of_one_identity_keep_nobody_else_from_being_heard() {
        let mut cx = cx();
        let mut room = Presence::new(RoomId(1));
        for number in 0..=255 {
            room.hear(&mut cx, (NodeId([number; 16]), PeerId([1; 32])), (u32::MAX, b"here"));
        }
        assert_eq!(room.others.len(), limits::ORIGINS_PER_PEER);
        let other = (NodeId(core::array::from_fn(|at| u8::from(at == 0))), PeerId([2; 32]));
        room.hear(&mut cx, other, (1_000, b"here"));
        assert!(room.others.iter().any(|(node, peer, _)| (*node, *peer) == other));
    }
}
