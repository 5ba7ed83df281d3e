//! How something reaches everybody in a room in which not everybody is linked.
//!
//! It is flooded: whoever hears it for the first time verifies who tells it, and passes it on to
//! all neighbors but the one it came from. Neighbors keep the order of what they pass on, so what
//! one node tells arrives in its order everywhere. Members tell now and then that they are there.

mod held;
mod window;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::gossip::{Gossip, News, Passed};
use lacis_wire::{NodeId, PeerId, Topic, codec, limits};

use crate::cx::Cx;
use crate::table::{Table, TableExt};
use crate::time::Timestamp;

use held::Held;
pub(crate) use held::Said;
use window::Window;

/// Whether what somebody tells in a room is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// It is one of those whose room it is.
    Heard,
    /// It was shut out, or may not read what is said.
    Ignored,
    /// Nothing is known of it yet: its credential may be on the way.
    Unknown,
}

/// What is known of a room that is not linked fully.
#[derive(Debug)]
pub(crate) struct Broadcast {
    topic: Topic,
    /// Of what this node has told last.
    number: u64,
    /// Who is there or was lately, at most [`limits::COMPANY_MAX`].
    members: Table<NodeId, Member>,
    /// When to tell next that this node is there. None while a server says who is, and everybody is
    /// linked.
    here_at: Option<Timestamp>,
    /// Whether there were more than everybody can be linked with: what is told is passed on.
    is_large: bool,
    /// The same as it was told last.
    here: Option<Arc<Vec<u8>>>,
    /// Neighbors who were told who is there.
    greeted: Vec<NodeId>,
    /// Whether there were more members than are kept track of.
    is_full: bool,
    /// Until then it is not known whether everybody is linked; without it nobody is yet.
    new_until: Option<Timestamp>,
    /// What somebody told who is not known to be a member yet.
    held: Vec<Held>,
}

/// A member, as far as others told of it.
#[derive(Debug)]
struct Member {
    peer: PeerId,
    heard: Window,
    /// Unless it tells something before.
    until: Timestamp,
    /// That it is there, in its own words.
    here: Option<Arc<Vec<u8>>>,
    /// Whether it has said that it leaves. It is remembered, so that nobody can repeat its words.
    is_gone: bool,
    /// Whether the application knows of it, by us.
    is_told: bool,
    /// Until then no link with it is looked for again.
    sought_until: Option<Timestamp>,
}

/// What is to be done with gossip that came.
#[derive(Debug)]
pub(crate) struct Fresh<'a> {
    pub(crate) node: NodeId,
    pub(crate) peer: PeerId,
    pub(crate) news: News<'a>,
}

/// Why gossip goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// It was heard before, or is not to be heard.
    Known,
    /// Whoever passed it on broke the protocol.
    Forged,
    /// No more members are kept track of.
    Full,
    /// Whoever told it is not known to be a member yet.
    Early(Said),
}

impl Broadcast {
    /// A room that was just joined. Who was in it before counts on, however short that was ago.
    pub(crate) fn new(topic: Topic, now: Timestamp, is_of_group: bool) -> Self {
        Self {
            topic,
            number: now.as_micros(),
            members: Table::new(),
            here_at: None,
            is_large: false,
            here: None,
            greeted: Vec::new(),
            is_full: false,
            // Of a room a server tells at once who is there; of a group it tells of few.
            new_until: (!is_of_group).then_some(now),
            held: Vec::new(),
        }
    }

    /// Whether members tell each other who is there.
    pub(crate) const fn is_on(&self) -> bool {
        self.here_at.is_some()
    }

    /// Whether what is told has to be passed on.
    pub(crate) const fn is_large(&self) -> bool {
        self.is_large
    }

    /// The first neighbor is there: how many others there are, it is still to say.
    pub(crate) fn on_first(&mut self, now: Timestamp) {
        self.new_until = Some(now + limits::NEWCOMER_TIME);
    }

    /// Whether it is not known yet whether everybody is linked.
    pub(crate) fn is_new(&self, now: Timestamp) -> bool {
        self.new_until.is_none_or(|until| now < until)
    }

    /// From now on members tell each other who is there.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.here_at.get_or_insert(now);
    }

    /// Not everybody can be linked any more.
    pub(crate) fn grow(&mut self, now: Timestamp) {
        if !core::mem::replace(&mut self.is_large, true) {
            self.here_at = Some(now);
        }
    }

    pub(crate) const fn deadline(&self) -> Option<Timestamp> {
        self.here_at
    }

    /// Whether it is to be told now that this node is there.
    pub(crate) fn is_due(&mut self, cx: &mut Cx) -> bool {
        let is_due = self.here_at.is_some_and(|at| cx.now >= at);
        if is_due {
            self.here_at = Some(cx.now + cx.jitter(limits::HERE_INTERVAL));
        }
        is_due
    }

    /// What this node tells, as it travels.
    pub(crate) fn tell(&mut self, cx: &Cx, news: News<'_>) -> Vec<u8> {
        self.number += 1;
        let is_here = matches!(news, News::Here | News::Alone);
        let gossip = Gossip::unsigned((cx.me.peer, cx.me.salt), self.number, news);
        let gossip = codec::encode(&gossip.signed(&cx.me.pen, &self.topic));
        let passed = codec::encode(&Passed { age_ms: 0, gossip: &gossip });
        if is_here {
            self.here = Some(Arc::new(gossip));
        }
        passed
    }

    /// Who is there, for neighbors who were not told of it yet; some of a large room.
    pub(crate) fn greet(
        &mut self,
        cx: &mut Cx,
        neighbors: &[NodeId],
    ) -> Vec<(NodeId, Vec<Vec<u8>>)> {
        self.greeted.retain(|node| neighbors.contains(node));
        let new: Vec<NodeId> =
            neighbors.iter().filter(|node| !self.greeted.contains(node)).copied().collect();
        if new.is_empty() {
            return Vec::new();
        }
        self.greeted.extend(&new);
        let mut known: Vec<(NodeId, Vec<u8>)> = Vec::new();
        if let Some(gossip) = &self.here {
            known.push((cx.me.node, codec::encode(&Passed { age_ms: 0, gossip })));
        }
        let mut members: Vec<_> = self.members.iter().filter(|(_, it)| !it.is_gone).collect();
        cx.shuffle(&mut members);
        for (node, member) in members.into_iter().take(limits::GREETED_MEMBERS) {
            let Some(gossip) = &member.here else { continue };
            let left = member.until.since(cx.now);
            let age = limits::HERE_LIFE.saturating_sub(left);
            let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            known.push((*node, codec::encode(&Passed { age_ms, gossip })));
        }
        let to_each = |neighbor: NodeId| {
            let others = known.iter().filter(move |(node, _)| *node != neighbor);
            others.map(|(_, bytes)| bytes.clone()).collect()
        };
        new.into_iter().map(|neighbor| (neighbor, to_each(neighbor))).collect()
    }

    /// Takes gossip that a neighbor passed on; `hears` says whether an identity is heard here.
    pub(crate) fn take<'a>(
        &mut self,
        cx: &Cx,
        bytes: &'a [u8],
        hears: impl Fn(&PeerId) -> Hearing,
    ) -> Result<Fresh<'a>, Dropped> {
        let passed = codec::decode::<Passed<'a>>(bytes).map_err(|_| Dropped::Forged)?;
        // Of a later version, perhaps, whose words nobody here understands.
        let gossip = codec::decode::<Gossip<'a>>(passed.gossip).map_err(|_| Dropped::Known)?;
        let life = limits::HERE_LIFE.saturating_sub(Duration::from_millis(passed.age_ms));
        if life.is_zero() {
            return Err(Dropped::Known);
        }
        let (node, number) = (gossip.node(), gossip.number);
        if node == cx.me.node {
            return Err(Dropped::Known);
        }
        let member = self.members.get(&node);
        if member.is_some_and(|member| member.heard.contains(number)) {
            return Err(Dropped::Known);
        }
        match hears(&gossip.peer) {
            Hearing::Heard => {}
            Hearing::Unknown => {
                return Err(Dropped::Early(Said { peer: gossip.peer, node, number }));
            }
            Hearing::Ignored => return Err(Dropped::Known),
        }
        if member.is_none() && self.members.len() >= limits::COMPANY_MAX {
            // Said once: others may be any number.
            let was_full = core::mem::replace(&mut self.is_full, true);
            return Err(if was_full { Dropped::Known } else { Dropped::Full });
        }
        if !gossip.verify(&self.topic) {
            return Err(Dropped::Forged);
        }
        let member = self.members.entry(node).or_insert_with(|| Member {
            heard: Window::new(number),
            until: cx.now,
            ..Member::new(gossip.peer, cx.now)
        });
        member.heard.insert(number);
        member.until = member.until.max(cx.now + life);
        member.is_gone = gossip.news == News::Gone;
        if matches!(gossip.news, News::Here | News::Alone) {
            member.here = Some(Arc::new(passed.gossip.to_vec()));
        }
        Ok(Fresh { node, peer: gossip.peer, news: gossip.news })
    }

    /// A link with a member ends, but the member stays in the room.
    pub(crate) fn on_unlinked(&mut self, now: Timestamp, node: NodeId, peer: PeerId) {
        self.grow(now);
        if !self.members.contains_key(&node) && self.members.len() >= limits::COMPANY_MAX {
            return;
        }
        let member = self.members.entry(node).or_insert_with(|| Member::new(peer, now));
        member.until = member.until.max(now + limits::HERE_LIFE);
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
        self.members.get(&node).is_some_and(|member| !member.is_gone)
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

    /// Forgets those who have not been heard of for long; says whom of them the application knows.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Vec<(NodeId, bool)> {
        let over = self.members.take_where(|_, member| now >= member.until);
        over.into_iter().map(|(node, member)| (node, member.is_told)).collect()
    }
}

impl Member {
    fn new(peer: PeerId, now: Timestamp) -> Self {
        Self {
            peer,
            heard: Window { highest: 0, bits: 0 },
            until: now + limits::HERE_LIFE,
            here: None,
            is_gone: false,
            is_told: false,
            sought_until: None,
        }
    }
}
