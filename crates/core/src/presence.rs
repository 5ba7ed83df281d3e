//! What the nodes in a room say of themselves: this one, and of the others until when it holds.
//!
//! It is said to all when it changes and again before it would end, and to newcomers when they
//! come. What the others say is not kept: the application hears it, and when it is over.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::{NodeId, PeerId, codec, limits, presence};

use crate::cx::Cx;
use crate::ids::RoomId;
use crate::time::Timestamp;

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
    /// Who was told over a link what is said now.
    told: Vec<NodeId>,
    /// Who says something, and until when that holds; at most [`limits::COMPANY_MAX`].
    others: Vec<(NodeId, PeerId, Timestamp)>,
    /// Before then none of it ends.
    ends_at: Option<Timestamp>,
}

impl Presence {
    pub(crate) const fn new(room: RoomId) -> Self {
        Self {
            room,
            own: None,
            said_at: None,
            due: None,
            told: Vec::new(),
            others: Vec::new(),
            ends_at: None,
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

    /// Whether this node says something.
    pub(crate) const fn speaks(&self) -> bool {
        self.own.is_some()
    }

    /// What is said, as it travels.
    pub(crate) fn words(&self, lifetime: Duration) -> Arc<Vec<u8>> {
        let lifetime_ms = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let value = self.own.as_deref();
        Arc::new(codec::encode(&presence::Presence { lifetime_ms, value }))
    }

    /// Whether it is to be said to all now.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|at| now >= at)
    }

    /// It was said to all, of whom these have a link.
    pub(crate) fn on_said(&mut self, now: Timestamp, lifetime: Duration, present: Vec<NodeId>) {
        self.said_at = Some(now);
        self.told = present;
        self.due = self.own.as_ref().map(|_| now + lifetime / 3);
    }

    /// Nobody is there to whom it could be said.
    pub(crate) const fn rest(&mut self) {
        self.due = None;
    }

    /// Of those who have a link, the newcomers, who count as told from now on.
    pub(crate) fn greet(
        &mut self,
        now: Timestamp,
        lifetime: Duration,
        present: &[NodeId],
    ) -> Vec<NodeId> {
        self.told.retain(|node| present.contains(node));
        let is_new = |node: &&NodeId| !self.told.contains(node);
        let new: Vec<NodeId> = present.iter().filter(is_new).copied().collect();
        self.told.extend(&new);
        self.due.get_or_insert(now + lifetime / 3);
        new
    }

    /// Somebody has come without a link, and hears of this node what is said to all.
    pub(crate) fn on_far(&mut self, cx: &mut Cx) {
        if self.own.is_some() {
            let at = cx.now + cx.jitter(limits::PRESENCE_NEWCOMERS);
            self.due = Some(self.due.map_or(at, |due| due.min(at)));
        }
    }

    /// A node says something of itself; whether it is heard.
    pub(crate) fn hear(
        &mut self,
        now: Timestamp,
        (node, peer): (NodeId, PeerId),
        lifetime_ms: u64,
    ) -> bool {
        self.forget(node);
        if self.others.len() >= limits::COMPANY_MAX {
            return false;
        }
        let until = now + Duration::from_millis(lifetime_ms).min(limits::PRESENCE_LIFETIME_MAX);
        self.others.push((node, peer, until));
        self.ends_at = Some(self.ends_at.map_or(until, |at| at.min(until)));
        true
    }

    /// A node says nothing any more; who it is, if it said anything.
    pub(crate) fn forget(&mut self, node: NodeId) -> Option<PeerId> {
        let at = self.others.iter().position(|(known, ..)| *known == node)?;
        Some(self.others.swap_remove(at).1)
    }

    /// Whose words do not hold any more. Who was not called for a while has not heard them said
    /// again yet.
    pub(crate) fn expire(&mut self, cx: &Cx) -> Vec<(NodeId, PeerId)> {
        if self.next_end(cx).is_none_or(|at| cx.now < at) {
            return Vec::new();
        }
        let over = self.others.extract_if(.., |(.., until)| cx.now >= *until);
        let over = over.map(|(node, peer, _)| (node, peer)).collect();
        self.ends_at = self.others.iter().map(|(.., until)| *until).min();
        over
    }

    /// A node has left the room: should it come back, it is told anew.
    pub(crate) fn on_left(&mut self, node: NodeId) {
        self.told.retain(|told| *told != node);
    }

    /// This node leaves the room: nothing of what others say holds. Gives who said something.
    pub(crate) fn leave(&mut self) -> Vec<(NodeId, PeerId)> {
        (self.due, self.ends_at) = (None, None);
        self.told.clear();
        let others = core::mem::take(&mut self.others).into_iter();
        others.map(|(node, peer, _)| (node, peer)).collect()
    }

    fn next_end(&self, cx: &Cx) -> Option<Timestamp> {
        self.ends_at.map(|at| at.max(cx.stalled_until))
    }

    pub(crate) fn deadline(&self, cx: &Cx) -> Option<Timestamp> {
        self.due.into_iter().chain(self.next_end(cx)).min()
    }
}
