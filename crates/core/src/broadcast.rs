//! How something reaches everybody in a room in which not everybody is linked.
//!
//! It is flooded: whoever hears it for the first time verifies who tells it, and passes it on to
//! all neighbors but the one it came from. Neighbors keep the order of what they pass on, so what
//! one node tells arrives in its order everywhere. In a room of many it goes over a tree of links
//! instead (`tree.rs`). Members tell now and then that they are there;
//! in a room of many only some tell all (`company.rs`).

mod company;
mod depth;
mod heard;
mod held;
mod islands;
mod kept;
mod taking;
#[cfg(test)]
mod tests;
mod tree;
mod window;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::gossip::{Gossip, GossipName, NamedGossip, News, Passed};
use lacis_wire::{Millis, NodeId, PeerId, Topic, codec, limits};

use crate::clock::Clocks;
use crate::cx::Cx;
use crate::table::Table;
use crate::time::Timestamp;

use company::Member;
use heard::Heard;
use held::Held;
pub(crate) use held::Said;
use kept::Kept;
pub(crate) use tree::Names;
use tree::{Branch, Want};
use window::{BEGINNINGS, sequence};

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
    /// Of what this node has told last, in each sequence.
    numbers: [u64; 3],
    /// Who is there or was lately, at most [`limits::COMPANY_MAX`]; of more some.
    members: Table<NodeId, Member>,
    /// Those who made place for others, and whether the application knows of them.
    over: Vec<(NodeId, bool)>,
    /// What was heard, of whomever.
    heard: Heard,
    /// The clocks of neighbors, by what they told themselves.
    clocks: Clocks,
    /// When to tell next that this node is there. None while a server says who is, and everybody is
    /// linked.
    here_at: Option<Timestamp>,
    /// Whether there were more than everybody can be linked with: what is told is passed on.
    is_large: bool,
    /// How often that was told, as far as it matters.
    heres: u8,
    /// The same as it was told last.
    here: Option<Arc<Vec<u8>>>,
    /// Neighbors, who were told who is there, and how words travel to them; at most
    /// [`limits::REMOTES_MAX`].
    branches: Table<NodeId, Branch>,
    /// When names are to be told that wait for it.
    names_at: Option<Timestamp>,
    /// Words that are asked for.
    wants: Vec<Want>,
    /// Words that were passed on lately.
    kept: VecDeque<Kept>,
    kept_bytes: usize,
    /// Until then it is not known whether everybody is linked; without it nobody is yet.
    new_until: Option<Timestamp>,
    /// What somebody told who is not known to be a member yet, or told before that is here.
    held: Vec<Held>,
    /// A member with whom a link is wanted beside those there are, until then.
    bridge: Option<(NodeId, Timestamp)>,
}

/// What is to be done with gossip that came.
#[derive(Debug)]
pub(crate) struct Fresh<'a> {
    pub(crate) name: GossipName,
    pub(crate) peer: PeerId,
    pub(crate) news: News<'a>,
    /// Neighbors who have it, as they said.
    pub(crate) has_it: Vec<NodeId>,
    /// To whom it goes from here.
    pub(crate) course: Course,
    /// As it goes on from here.
    pub(crate) passed: Passed<'a>,
    /// Whether neighbors to whom it does not go whole are told its name.
    pub(crate) is_named: bool,
    /// Whether nobody told of its origin before, or that is gone.
    pub(crate) is_news: bool,
    /// Whether its origin was on another island so far.
    pub(crate) is_strange: bool,
}

/// Something as it goes to neighbors.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) bytes: Vec<u8>,
    pub(crate) course: Course,
    /// What those are told to whom it does not go whole.
    pub(crate) name: Option<GossipName>,
    /// Whether it goes whole to everybody: nobody keeps it for others.
    pub(crate) is_large: bool,
    /// Who passed it on, and over how many links it came.
    pub(crate) from: Option<NodeId>,
    pub(crate) hops: u8,
}

/// How far something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// To everybody.
    All,
    /// Over so many links more, one after the other.
    Walk(u8),
    /// No further.
    Here,
}

/// Why gossip goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// It was heard before, and whoever passed it on need not have.
    Spare(NamedGossip),
    /// It is not to be heard.
    Known,
    /// Whoever passed it on broke the protocol.
    Forged,
    /// Whoever told it is not known to be a member yet.
    Early(Said),
    /// Something that it told before is asked for.
    Ahead(Said),
}

impl Broadcast {
    /// A room that was just joined. Who was in it before counts on, however short that was ago.
    pub(crate) fn new(topic: Topic, now: Timestamp, is_of_group: bool) -> Self {
        Self {
            topic,
            numbers: BEGINNINGS.map(|first| first + now.as_micros()),
            members: Table::new(),
            over: Vec::new(),
            heard: Heard::default(),
            clocks: Clocks::default(),
            here_at: None,
            is_large: false,
            heres: 0,
            here: None,
            branches: Table::new(),
            names_at: None,
            wants: Vec::new(),
            kept: VecDeque::new(),
            kept_bytes: 0,
            // Of a room a server tells at once who is there; of a group it tells of few.
            new_until: (!is_of_group).then_some(now),
            held: Vec::new(),
            bridge: None,
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

    /// Our own clock was set.
    pub(crate) fn wall_jumped(&mut self) {
        self.clocks.forget_all();
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

    /// This node is out of reach for a while, and comes back as if it were new.
    pub(crate) fn rest(&mut self, now: Timestamp) {
        self.branches.clear();
        (self.here, self.heres) = (None, 0);
        self.here_at = self.here_at.map(|_| now);
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.here_at.into_iter().chain(self.tree_deadline()).min()
    }

    /// Whether it is to be told now that this node is there.
    pub(crate) fn is_due(&mut self, cx: &mut Cx) -> bool {
        let is_due = self.here_at.is_some_and(|at| cx.now >= at);
        if is_due {
            let pace = match (self.pace(limits::SHOWN_MAX), self.is_shown(cx.me.node, cx.me.node)) {
                _ if self.is_root(cx.me.node, cx.me.node) => 1,
                (pace, true) => pace,
                (pace, false) => pace.div_ceil(2),
            };
            // The first may have come before links and the tree were there.
            let interval = match self.heres {
                0 => limits::HERE_AGAIN,
                _ => limits::HERE_INTERVAL * pace,
            };
            self.here_at = Some(cx.now + cx.jitter(interval));
        }
        is_due
    }

    /// What this node tells, as it travels, and how far.
    pub(crate) fn tell(&mut self, cx: &Cx, news: News<'_>) -> Told {
        let is_here = matches!(news, News::Here | News::Alone);
        let is_named_here = is_here && (self.heres < 2 || self.is_root(cx.me.node, cx.me.node));
        let [words, ephemeral, large] = &mut self.numbers;
        let number = match news {
            News::Ephemeral { .. } => ephemeral,
            News::Message { payload, .. } if payload.len() > WORD_BYTES => large,
            _ => words,
        };
        *number += 1;
        if is_named_here {
            *number = number.next_multiple_of(limits::NAMED_HERE);
        }
        let number = *number;
        self.heres = self.heres.saturating_add(u8::from(is_here));
        let is_shown = (!is_here && news != News::Gone) || self.is_shown(cx.me.node, cx.me.node);
        let course = if is_shown { Course::All } else { Course::Walk(limits::WALK_MAX) };
        let name = GossipName { node: cx.me.node, number };
        let name = is_named(&news, number).then_some(name);
        // By a clock that is wrong, nobody but neighbors would take it for new.
        let at = Millis(cx.wall().0.saturating_add_signed(self.clocks.apart()));
        let gossip = Gossip::unsigned((cx.me.peer, cx.me.salt), (number, at), news);
        let gossip = codec::encode(&gossip.signed(&cx.me.pen, &self.topic));
        let passed = Passed { age_ms: 0, gossip: &gossip, walk: course.walk(), hops: None };
        let bytes = codec::encode(&passed);
        if is_here {
            self.here = Some(Arc::new(gossip));
        }
        let is_large = is_large(number, &bytes);
        Told { bytes, course, name, is_large, from: None, hops: 0 }
    }

    /// Who is there, for neighbors who were not told of it yet; some of a large room.
    pub(crate) fn greet(
        &mut self,
        cx: &mut Cx,
        neighbors: &[NodeId],
    ) -> Vec<(NodeId, Vec<Vec<u8>>)> {
        let is_new = |node: &&NodeId| !self.branches.contains_key(node);
        let new: Vec<NodeId> = neighbors.iter().filter(is_new).copied().collect();
        if new.is_empty() {
            return Vec::new();
        }
        if self.here.is_none() {
            // Until now nobody would have heard of it.
            self.here_at = self.here_at.map(|_| cx.now);
        }
        for node in &new {
            self.branches.insert(*node, Branch::default());
            self.name_kept(cx.now, *node);
        }
        let greeting = |age_ms: u64, gossip: &[u8]| {
            codec::encode(&Passed { age_ms, gossip, walk: None, hops: None })
        };
        let mut known: Vec<(NodeId, Vec<u8>)> = Vec::new();
        if let Some(gossip) = &self.here {
            known.push((cx.me.node, greeting(1, gossip)));
        }
        let life = self.life();
        let mut members: Vec<_> = self.members.iter().filter(|(_, it)| !it.is_gone).collect();
        cx.shuffle(&mut members);
        for (node, member) in members.into_iter().take(limits::GREETED_MEMBERS) {
            let Some((gossip, _)) = &member.here else { continue };
            let left = member.until.since(cx.now);
            if left < limits::HERE_LEAST {
                continue;
            }
            let age = life.saturating_sub(left);
            let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            known.push((*node, greeting(age_ms, gossip)));
        }
        let to_each = |neighbor: NodeId| {
            let others = known.iter().filter(move |(node, _)| *node != neighbor);
            others.map(|(_, bytes)| bytes.clone()).collect()
        };
        new.into_iter().map(|neighbor| (neighbor, to_each(neighbor))).collect()
    }
}

/// The largest message that travels as a word, however far it went.
const WORD_BYTES: usize = limits::INTERACTIVE_BYTES - limits::GOSSIP_WRAPPING_BYTES;

const fn is_large(number: u64, passed: &[u8]) -> bool {
    sequence(number) == 2 || passed.len() > limits::INTERACTIVE_BYTES
}

/// Whether neighbors who are not told something are told its name.
const fn is_named(news: &News<'_>, number: u64) -> bool {
    match news {
        // Whoever leaves is part of the tree: those behind it have lost a link just then.
        News::Message { .. } | News::Gone => sequence(number) == 0,
        News::Here => number.is_multiple_of(limits::NAMED_HERE),
        News::Alone | News::Ephemeral { .. } => false,
    }
}

impl Fresh<'_> {
    /// As it goes on from here.
    pub(crate) fn told(&self, from: NodeId) -> Told {
        let (course, hops) = (self.course, self.passed.hops.unwrap_or(0));
        let name = Some(self.name).filter(|_| self.is_named);
        let bytes = codec::encode(&self.passed);
        let is_large = is_large(self.name.number, &bytes);
        Told { bytes, course, name, is_large, from: Some(from), hops }
    }
}

impl Course {
    const fn walk(self) -> Option<u8> {
        match self {
            Self::Walk(left) => Some(left),
            Self::All | Self::Here => None,
        }
    }
}
