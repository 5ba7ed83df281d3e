//! Who is in a large room, as far as others told: all of those with the lowest node ids, and some
//! of the others.
//!
//! In a room of up to [`limits::SHOWN_MAX`] everybody is among the lowest, so everybody is known.
//! In a larger one that somebody else is there takes a walk of a few links, and those on the way
//! know it for a while: enough to find other neighbors when some are lost.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::{NodeId, PeerId, limits};

use super::Broadcast;
use super::heard::first;
use crate::cx::Cx;
use crate::table::TableExt;
use crate::time::Timestamp;

/// A member, as far as others told of it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) peer: PeerId,
    /// Unless it tells something before.
    pub(super) until: Timestamp,
    /// That it is there, in its own words, and when these came.
    pub(super) here: Option<(Arc<Vec<u8>>, Timestamp)>,
    /// Since when it is there.
    pub(super) since: Timestamp,
    /// Whether it has said that it leaves. It is remembered, so that nobody can repeat its words.
    pub(super) is_gone: bool,
    /// Whether the application knows of it, by us.
    is_told: bool,
    /// Until then no link with it is looked for again.
    sought_until: Option<Timestamp>,
}

impl Broadcast {
    /// The highest of the ids that tell all that they are there, if there are others.
    fn last_shown(&self) -> Option<NodeId> {
        self.members.iter().nth(limits::SHOWN_MAX - 1).map(|(node, _)| *node)
    }

    /// Whether all are told that a node is there: this one is one of those who are.
    pub(super) fn is_shown(&self, me: NodeId, node: NodeId) -> bool {
        let place = limits::SHOWN_MAX - 1 - usize::from(me < node);
        self.members.iter().nth(place).is_none_or(|(last, _)| node <= *last)
    }

    /// Whether nobody is known who has a lower id: words travel over the tree that is shortest from
    /// there.
    pub(super) fn is_root(&self, me: NodeId, node: NodeId) -> bool {
        node <= me && self.members().next().is_none_or(|(first, _)| node <= first)
    }

    /// How many others are in the room; an estimate if they are many.
    pub(crate) fn company(&self) -> usize {
        let shown = limits::SHOWN_MAX as u64;
        let apart = self.last_shown().map_or(0, |last| u64::MAX / (first(&last.0) / shown + 1));
        self.members.len().max(usize::try_from(apart).unwrap_or(usize::MAX))
    }

    /// How many times rarer than in a small room its members tell that they are there.
    pub(super) fn pace(&self, each: usize) -> u32 {
        u32::try_from(self.company() / each).unwrap_or(4).clamp(1, 4)
    }

    /// How long a member is there without a word. In between rooms of two sizes who hears waits for
    /// longer than who tells.
    pub(super) fn life(&self) -> Duration {
        limits::HERE_LIFE * self.pace(limits::SHOWN_MAX * 3 / 4)
    }

    /// A member, which takes the place of another one if there is none.
    pub(super) fn member(&mut self, cx: &mut Cx, node: NodeId, peer: PeerId) -> &mut Member {
        if !self.members.contains_key(&node)
            && let Some(over) = self.who_makes_place(cx, peer)
            && let Some(member) = self.members.remove(&over)
        {
            self.over.push((over, member.is_told));
        }
        self.members.entry(node).or_insert_with(|| Member {
            peer,
            until: cx.now,
            here: None,
            since: cx.now,
            is_gone: false,
            is_told: false,
            sought_until: None,
        })
    }

    /// Who makes place for one more node of an identity: if that has many, the one of them that was
    /// heard of longest ago, or the nodes of one identity would push out everybody else; if there
    /// are many others, one at random.
    fn who_makes_place(&self, cx: &mut Cx, peer: PeerId) -> Option<NodeId> {
        let own = self.members.iter().filter(|(_, member)| member.peer == peer);
        if own.clone().count() >= limits::ORIGINS_PER_PEER {
            return own.min_by_key(|(_, member)| member.until).map(|(node, _)| *node);
        }
        if self.members.len() < limits::COMPANY_MAX {
            return None;
        }
        let others = limits::COMPANY_MAX - limits::SHOWN_MAX;
        let place = usize::try_from(cx.random_u64() % others as u64).unwrap_or(0);
        self.members.iter().nth(limits::SHOWN_MAX + place).map(|(node, _)| *node)
    }

    /// A link with a member ends, but the member stays in the room.
    pub(crate) fn on_unlinked(&mut self, cx: &mut Cx, node: NodeId, peer: PeerId) {
        self.grow(cx.now);
        let until = cx.now + self.life();
        let member = self.member(cx, node, peer);
        member.until = member.until.max(until);
        member.is_gone = false;
    }

    /// A neighbor has left.
    pub(crate) fn on_left(&mut self, node: NodeId) {
        if let Some(member) = self.members.get_mut(&node) {
            member.is_gone = true;
        }
    }

    /// Whether a node is in the room, as far as is known from others.
    pub(crate) fn is_here(&self, node: NodeId) -> bool {
        self.peer_of(node).is_some()
    }

    /// The identity of a node that is in the room, as far as is known from others.
    pub(crate) fn peer_of(&self, node: NodeId) -> Option<PeerId> {
        self.members.get(&node).filter(|member| !member.is_gone).map(|member| member.peer)
    }

    /// Who is in the room, as far as is known from others.
    pub(crate) fn members(&self) -> impl Iterator<Item = (NodeId, PeerId)> {
        let here = self.members.iter().filter(|(_, member)| !member.is_gone);
        here.map(|(node, member)| (*node, member.peer))
    }

    /// Members to link with, at random: so many, none whom we know, nor one who was sought lately.
    pub(crate) fn seek(
        &mut self,
        cx: &mut Cx,
        count: usize,
        is_known: impl Fn(NodeId) -> bool,
    ) -> Vec<NodeId> {
        let now = cx.now;
        let rested = |member: &Member| member.sought_until.is_none_or(|until| now >= until);
        let free = self
            .members
            .iter()
            .filter(|(node, member)| !member.is_gone && rested(member) && !is_known(**node));
        let mut free: Vec<NodeId> = free.map(|(node, _)| *node).collect();
        cx.shuffle(&mut free);
        // Those that everybody knows come last, or all would want a link with them.
        if let Some(last) = self.last_shown() {
            let (first, others) = free.into_iter().partition(|node| *node > last);
            free = first;
            let others: Vec<NodeId> = others;
            free.extend(others);
        }
        free.truncate(count);
        for node in &free {
            if let Some(member) = self.members.get_mut(node) {
                member.sought_until = Some(now + limits::SEEK_REST);
            }
        }
        free
    }

    /// The application is told that a member is here; says whether that is news.
    pub(crate) fn mark_told(&mut self, node: NodeId) -> bool {
        let member = self.members.get_mut(&node).filter(|member| !member.is_gone);
        member.is_some_and(|member| !core::mem::replace(&mut member.is_told, true))
    }

    /// The application is told otherwise of a member, or that it left; says whether it knew of it.
    pub(crate) fn unmark_told(&mut self, node: NodeId) -> bool {
        let member = self.members.get_mut(&node);
        member.is_some_and(|member| core::mem::replace(&mut member.is_told, false))
    }

    /// Forgets those who have not been heard of for long; says whom of them, and of those who made
    /// place for others, the application knows. Whoever was not called for a while may have missed
    /// that they told it, and waits until they do again.
    pub(crate) fn expire(&mut self, now: Timestamp, is_stalled: bool) -> Vec<(NodeId, bool)> {
        self.expire_kept(now);
        if is_stalled {
            let least = now + limits::HERE_INTERVAL * self.pace(limits::SHOWN_MAX * 3 / 4);
            self.members.values_mut().for_each(|it| it.until = it.until.max(least));
        }
        let over = self.members.take_where(|_, member| now >= member.until);
        self.over.extend(over.into_iter().map(|(node, member)| (node, member.is_told)));
        self.take_over()
    }

    /// Those who made place for others, and whether the application knows of them.
    pub(crate) fn take_over(&mut self) -> Vec<(NodeId, bool)> {
        core::mem::take(&mut self.over)
    }
}
