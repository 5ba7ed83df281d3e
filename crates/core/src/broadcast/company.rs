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
    /// That it is there, in its own words.
    pub(super) here: Option<Arc<Vec<u8>>>,
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
    /// place for others, the application knows.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Vec<(NodeId, bool)> {
        self.expire_kept(now);
        let over = self.members.take_where(|_, member| now >= member.until);
        self.over.extend(over.into_iter().map(|(node, member)| (node, member.is_told)));
        self.take_over()
    }

    /// Those who made place for others, and whether the application knows of them.
    pub(crate) fn take_over(&mut self) -> Vec<(NodeId, bool)> {
        core::mem::take(&mut self.over)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use lacis_wire::gossip::{Gossip, GossipName, News, Passed};
    use lacis_wire::pen::Pen;
    use lacis_wire::proof::{peer_id, signing_key};
    use lacis_wire::{Millis, NodeId, Topic, codec, limits};

    use crate::broadcast::{Broadcast, Course, Dropped, Hearing, Told};
    use crate::config::Config;
    use crate::cx::Cx;
    use crate::time::Timestamp;

    const TOPIC: Topic = Topic([2; 32]);

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

    /// Something that one of many tells.
    fn told(who: u16, number: u64, news: News<'_>) -> Vec<u8> {
        told_by((who, [3; 16]), number, news)
    }

    fn told_by((who, salt): (u16, [u8; 16]), number: u64, news: News<'_>) -> Vec<u8> {
        let mut seed = [0; 32];
        seed[..2].copy_from_slice(&who.to_be_bytes());
        let key = signing_key(&seed);
        let gossip = Gossip::unsigned((peer_id(&key), salt), number, news);
        let gossip = codec::encode(&gossip.signed(&Pen::new(&key), &TOPIC));
        codec::encode(&Passed { age_ms: 0, gossip: &gossip, walk: None, hops: None })
    }

    /// The signature covers no more than what was told: anybody on the way can change the rest.
    #[test]
    fn nobody_on_the_way_can_say_of_something_that_goes_to_all_that_it_ends_here() {
        let all = [News::Message { label: "a", payload: b"b" }, News::Here, News::Gone];
        for (at, walk) in (0..3).flat_map(|at| [None, Some(0), Some(1)].map(|walk| (at, walk))) {
            let (mut cx, bytes) = (cx(), told(1, 1, all[at].clone()));
            let mut room = Broadcast::new(TOPIC, cx.now, false);
            let passed = codec::decode::<Passed<'_>>(&bytes).expect("it is one");
            let bytes = codec::encode(&Passed { walk, ..passed });
            let fresh = room.take(&mut cx, &bytes, |_, _| Hearing::Heard).expect("it is new");
            let met = walk.map(|_| 0).filter(|_| at > 0);
            assert_eq!((fresh.course, fresh.passed.walk), (Course::All, met), "{at} {walk:?}");
        }
    }

    #[test]
    fn what_is_forged_is_not_held_in_the_place_of_what_is_not() {
        let (mut cx, mut bytes) = (cx(), told(1, 1, News::Message { label: "a", payload: b"b" }));
        let mut room = Broadcast::new(TOPIC, cx.now, false);
        let mut hear = |bytes: &[u8]| room.take(&mut cx, bytes, |_, _| Hearing::Unknown).err();
        assert!(matches!(hear(&bytes), Some(Dropped::Early(_))));
        let passed = codec::decode::<Passed<'_>>(&bytes).expect("it is one");
        let mut gossip = passed.gossip.to_vec();
        if let Some(last) = gossip.last_mut() {
            *last ^= 1;
        }
        bytes = codec::encode(&Passed { gossip: &gossip, ..passed });
        assert_eq!(hear(&bytes), Some(Dropped::Forged));
    }

    /// What waits is not looked at again for everything else that its origin tells.
    #[test]
    fn what_waits_for_a_word_stays_until_that_is_not_waited_for_any_more() {
        let mut cx = cx();
        let mut room = Broadcast::new(TOPIC, cx.now, false);
        let neighbor = NodeId([9; 16]);
        room.greet(&mut cx, &[neighbor]);
        let word = |number| told(1, number, News::Message { label: "a", payload: b"b" });
        let first = room.take(&mut cx, &word(100), |_, _| Hearing::Heard).expect("it is new").name;
        let wanted = GossipName { node: first.node, number: 101 }.over(1);
        room.on_names((cx.now, NodeId([8; 16])), neighbor, &[wanted]);
        for number in 102..110 {
            let bytes = word(number);
            match room.take(&mut cx, &bytes, |_, _| Hearing::Heard) {
                Err(Dropped::Early(said)) => room.hold(cx.now, (neighbor, said), bytes.clone()),
                other => panic!("{other:?}"),
            }
        }
        assert!(room.take_released(cx.now, first.node).is_empty());
        assert!(room.take(&mut cx, &word(101), |_, _| Hearing::Heard).is_ok());
        assert_eq!(room.take_released(cx.now, first.node).len(), 8);
    }

    #[test]
    fn nodes_of_one_identity_push_out_nobody_else() {
        let (mut cx, here) = (cx(), told(1, 1, News::Here));
        let mut room = Broadcast::new(TOPIC, cx.now, false);
        let other = room.take(&mut cx, &here, |_, _| Hearing::Heard).expect("it is new").name.node;
        for salt in 0..1_000_u16 {
            let mut salts = [0; 16];
            salts[..2].copy_from_slice(&salt.to_be_bytes());
            let here = told_by((2, salts), 1, News::Here);
            room.take(&mut cx, &here, |_, _| Hearing::Heard).expect("it is new");
        }
        assert!(room.is_here(other));
        assert_eq!(room.members().count(), 1 + limits::ORIGINS_PER_PEER);
    }

    #[test]
    fn however_many_there_are_everybody_is_heard_once() {
        let mut cx = cx();
        let mut room = Broadcast::new(TOPIC, cx.now, false);
        for number in [1, 2] {
            for who in 0..1_000 {
                let word = told(who, number, News::Message { label: "chat", payload: b"hello" });
                let heard = room.take(&mut cx, &word, |_, _| Hearing::Heard);
                assert!(heard.is_ok_and(|fresh| fresh.course == Course::All), "{who}");
                let again = room.take(&mut cx, &word, |_, _| Hearing::Heard);
                assert_eq!(again.err(), Some(Dropped::Spare));
                assert!(room.members().count() <= limits::COMPANY_MAX);
            }
        }
    }

    #[test]
    fn only_some_of_many_tell_all_that_they_are_there_and_so_tell_how_many_there_are() {
        let mut cx = cx();
        let mut room = Broadcast::new(TOPIC, cx.now, false);
        for number in [1, 2] {
            let mut shown = 0;
            for who in 0..1_000 {
                let here = told(who, number, News::Here);
                let fresh = room.take(&mut cx, &here, |_, _| Hearing::Heard).expect("it is new");
                shown += usize::from(fresh.course == Course::All);
            }
            assert!(number == 1 || shown == limits::SHOWN_MAX, "{shown}");
        }
        let company = room.company();
        assert!((700..1_400).contains(&company), "{company}");
    }

    /// A room of many, and the two that tell with the lowest ids.
    fn room_of_many(cx: &mut Cx) -> (Broadcast, NodeId, NodeId) {
        let mut room = Broadcast::new(TOPIC, cx.now, false);
        for who in 0..100 {
            let here = told(who, limits::NAMED_HERE, News::Here);
            room.take(cx, &here, |_, _| Hearing::Heard).expect("it is new");
        }
        let mut lowest = room.members().map(|(node, _)| node);
        let (first, second) = (lowest.next().expect("some"), lowest.next().expect("some"));
        drop(lowest);
        assert!(second < cx.me.node);
        (room, first, second)
    }

    #[test]
    fn a_tree_becomes_shorter_towards_the_lowest_id_and_no_other() {
        let mut cx = cx();
        let (mut room, root, other) = room_of_many(&mut cx);
        let (near, far) = (NodeId([1; 16]), NodeId([2; 16]));
        room.greet(&mut cx, &[near, far]);
        assert!(room.on_spare(cx.now, near));
        let at = (cx.now, cx.me.node);
        for (node, hops, is_taken) in [(other, 0, false), (root, 4, false), (root, 3, true)] {
            let name = GossipName { node, number: u64::from(hops) };
            let (bytes, from) = (Vec::from([1]), Some(far));
            let told = Told { bytes, course: Course::All, name: Some(name), from, hops: 5 };
            room.keep(cx.now, &told, Vec::new());
            // As if it had been heard.
            room.heard.open(|| 1);
            room.heard.insert(cx.now, (cx.me.peer, node), name.number);
            let (asked, spared) = room.on_names(at, near, &[name.over(hops)]);
            assert_eq!(spared, is_taken.then_some(far), "{node:?} {hops}");
            assert_eq!(asked, is_taken.then(Vec::new));
        }
    }

    #[test]
    fn once_the_lowest_has_left_the_next_is_the_root() {
        let mut cx = cx();
        let (mut room, first, second) = room_of_many(&mut cx);
        assert!(room.is_root(cx.me.node, first) && !room.is_root(cx.me.node, second));
        room.on_left(first);
        assert!(room.is_root(cx.me.node, second));
    }

    #[test]
    fn the_first_two_times_it_is_told_by_name_that_a_node_is_there() {
        let mut cx = cx();
        let (mut room, ..) = room_of_many(&mut cx);
        room.grow(cx.now);
        let mut named = Vec::new();
        for _ in 0..4 {
            assert!(room.is_due(&mut cx));
            named.push(room.tell(&cx, News::Here).name.is_some());
            let at = room.deadline().expect("it is told again");
            assert_eq!(at.since(cx.now) <= limits::HERE_AGAIN, named.len() == 1);
            cx.now = at;
        }
        assert_eq!(named, [true, true, false, false]);
    }
}
