//! What a neighbor passes on: whether it is heard, and how far it goes.
//!
//! Who passes something on is not trusted with when it was told: its origin signs that. Of clocks
//! that are wrong a neighbor's own words tell, since nobody else can say these over its link; so
//! whoever is off finds out by several neighbors, and goes by their clocks (`clock.rs`).

use alloc::sync::Arc;
use core::time::Duration;

use lacis_wire::gossip::{Gossip, GossipName, News, Passed};
use lacis_wire::{Millis, NodeId, PeerId, codec, limits, presence};

use super::heard::State;
use super::window::sequence;
use super::{Broadcast, Course, Dropped, Fresh, Hearing, Said, is_named};
use crate::cx::Cx;

impl Broadcast {
    /// Takes gossip that a neighbor passed on; `hears` says whether an identity is heard here.
    pub(crate) fn take<'a>(
        &mut self,
        cx: &mut Cx,
        (from, bytes): (NodeId, &'a [u8]),
        hears: impl Fn(&Cx, &PeerId) -> Hearing,
    ) -> Result<Fresh<'a>, Dropped> {
        let passed = codec::decode::<Passed<'a>>(bytes).map_err(|_| Dropped::Forged)?;
        // Of a later version, perhaps, whose words nobody here understands.
        let gossip = codec::decode::<Gossip<'a>>(passed.gossip).map_err(|_| Dropped::Known)?;
        let life = self.life().saturating_sub(Duration::from_millis(passed.age_ms));
        let (node, peer, number) = (gossip.node(), gossip.peer, gossip.number);
        let name = GossipName { node, number };
        if node == cx.me.node || self.heard.contains(node, number) {
            self.on_come(&name);
            self.on_again(cx, node, passed.gossip, life);
            // What is told to a new neighbor again is older, and who walks meets others by chance.
            let is_spare = passed.age_ms == 0 && passed.walk.is_none();
            let named = name.over(passed.hops.unwrap_or(0));
            return Err(if is_spare { Dropped::Spare(named) } else { Dropped::Known });
        }
        if life.is_zero() {
            return Err(Dropped::Known);
        }
        let hearing = hears(cx, &peer);
        if hearing == Hearing::Ignored {
            self.on_come(&name);
            return Err(Dropped::Known);
        }
        // Before it is held, too: something forged would keep away what is told under its name.
        if !gossip.verify(&self.topic) {
            return Err(Dropped::Forged);
        }
        let is_past = self.heard.is_past(&name, state_of(&gossip.news), gossip.at);
        if is_past || (from != node && !self.is_new_by(cx, gossip.at)) {
            self.on_come(&name);
            return Err(Dropped::Known);
        }
        if hearing == Hearing::Unknown {
            // Whoever was asked for it has given it.
            self.on_come(&name);
            return Err(Dropped::Early(Said { peer, name }));
        }
        let waits = matches!(gossip.news, News::Message { .. } | News::Gone);
        if waits && sequence(number) == 0 && self.is_ahead(&name) {
            return Err(Dropped::Ahead(Said { peer, name }));
        }
        if passed.age_ms == 0 && passed.walk.is_none() {
            self.on_first_copy(from);
        }
        if from == node {
            self.clocks.hear(node, peer, gossip.at, cx.wall());
        }
        Ok(self.accept(cx, (passed, gossip), name, life))
    }

    /// Takes note of what is heard, and of how long its origin is there by that.
    fn accept<'a>(
        &mut self,
        cx: &mut Cx,
        (mut passed, gossip): (Passed<'a>, Gossip<'a>),
        name: GossipName,
        life: Duration,
    ) -> Fresh<'a> {
        let Gossip { peer, news, at, .. } = gossip;
        let (node, state) = (name.node, state_of(&news));
        let is_state = state == Some(State::There);
        self.heard.open(|| cx.random_u64());
        let is_last = self.heard.insert(cx.now, (peer, name), state, at);
        let has_it = self.on_come(&name);
        // In a room of dozens at once; in one of many only what changes something.
        let is_new = self.members.len() < limits::SHOWN_MAX || !self.is_here(node);
        let is_strange = self.is_strange((cx.now, cx.me.node), node);
        let life = life.max(limits::HERE_LEAST);
        // Of somebody who has left, what it told before is heard, and no more follows from it.
        let until = cx.now + if is_last { life } else { life.min(limits::AHEAD_LIFE) };
        let is_gone = news == News::Gone;
        let (member, since) = (self.member(cx, node, peer), cx.now);
        if member.is_gone {
            member.since = since;
        }
        member.until = if member.is_gone { until } else { member.until.max(until) };
        member.is_gone = is_gone;
        if is_state && !is_gone {
            member.here = Some((Arc::new(passed.gossip.to_vec()), since));
        }
        let course = self.course(cx.me.node, node, !is_state, passed.walk);
        go_on(&mut passed, course, !is_state);
        let is_named = is_named(&news, name.number) && passed.walk.is_none();
        let is_news = is_new || is_gone;
        Fresh { name, peer, news, course, passed, is_named, has_it, is_news, is_strange }
    }

    /// Whether something may have been told just now, by what its origin says: by our clock, or by
    /// those of neighbors if ours is wrong.
    fn is_new_by(&self, cx: &Cx, at: Millis) -> bool {
        [0, self.clocks.apart()].iter().any(|ahead| {
            let off = at.0.abs_diff(cx.wall().0.saturating_add_signed(*ahead));
            u128::from(off) <= limits::GOSSIP_SPREAD.as_millis()
        })
    }

    /// That a node is there comes in the same words again. Nobody signs an age, so the least one
    /// counts; but it was told before it came for the first time.
    fn on_again(&mut self, cx: &Cx, node: NodeId, gossip: &[u8], life: Duration) {
        let most = self.life();
        if let Some(member) = self.members.get_mut(&node)
            && let Some((here, since)) = &member.here
            && here[..] == *gossip
            && !member.is_gone
        {
            member.until = member.until.max((cx.now + life).min(*since + most));
        }
    }

    /// How far something of a node goes that came with that walk.
    fn course(&self, me: NodeId, node: NodeId, is_word: bool, walk: Option<u8>) -> Course {
        match walk {
            // Whatever whoever passed it on says: nobody signs how far it is to go.
            _ if is_word || self.is_shown(me, node) => Course::All,
            // Of those who are known by chance only those hear who are on the way. Who ends that
            // could as well be silent, and the next one goes another way.
            Some(left @ 1..) => Course::Walk(left.min(limits::WALK_MAX) - 1),
            _ => Course::Here,
        }
    }
}

/// What else of its origin is over once this is heard.
fn state_of(news: &News<'_>) -> Option<State> {
    match news {
        News::Here | News::Alone | News::Gone => Some(State::There),
        News::Message { label: presence::LABEL, .. } => Some(State::Said),
        News::Message { .. } | News::Ephemeral { .. } => None,
    }
}

/// As something goes on from here.
fn go_on(passed: &mut Passed<'_>, course: Course, is_word: bool) {
    // What has walked so far reaches some, and may meet itself: no tree changes by that.
    let met = passed.walk.filter(|_| !is_word && course == Course::All).map(|_| 0);
    passed.walk = course.walk().or(met);
    passed.hops = Some(passed.hops.unwrap_or(0).saturating_add(1));
}
