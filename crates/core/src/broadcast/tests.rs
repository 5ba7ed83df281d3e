//! What is told in a room, to whom it goes, and what waits.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::gossip::{Gossip, GossipName, NamedGossip, News, Passed};
use lacis_wire::pen::Pen;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::{Millis, NodeId, Topic, codec, limits};

use crate::broadcast::{Broadcast, Course, Dropped, Hearing, Told};
use crate::config::Config;
use crate::cx::Cx;
use crate::time::Timestamp;

mod words;

const TOPIC: Topic = Topic([2; 32]);
/// When all begins.
const NOON: Millis = Millis(1_800_000_000_000);
/// A neighbor, that tells nothing of its own.
const NEAR: NodeId = NodeId([254; 16]);

fn cx() -> Cx {
    let config = Config {
        servers: Vec::new(),
        ice_servers: None,
        relay_only: false,
        identity: [255; 32],
        wall: NOON,
        store: false,
    };
    Cx::new(config, [1; 32], Timestamp::from_micros(1))
}

/// Something that one of many tells.
fn told(who: u16, number: u64, news: News<'_>) -> Vec<u8> {
    told_by((who, [3; 16]), number, news)
}

fn told_by((who, salt): (u16, [u8; 16]), number: u64, news: News<'_>) -> Vec<u8> {
    told_at((who, salt), (number, NOON), news)
}

fn told_at((who, salt): (u16, [u8; 16]), number: (u64, Millis), news: News<'_>) -> Vec<u8> {
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
        let fresh = room.take(&mut cx, (NEAR, &bytes), |_, _| Hearing::Heard).expect("it is new");
        let met = walk.map(|_| 0).filter(|_| at > 0);
        assert_eq!((fresh.course, fresh.passed.walk), (Course::All, met), "{at} {walk:?}");
    }
}

#[test]
fn what_is_forged_is_not_held_in_the_place_of_what_is_not() {
    let (mut cx, mut bytes) = (cx(), told(1, 1, News::Message { label: "a", payload: b"b" }));
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    let mut hear = |bytes: &[u8]| room.take(&mut cx, (NEAR, bytes), |_, _| Hearing::Unknown).err();
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
    let first =
        room.take(&mut cx, (NEAR, &word(100)), |_, _| Hearing::Heard).expect("it is new").name;
    let wanted = GossipName { node: first.node, number: 101 }.over(1);
    room.on_names((cx.now, NodeId([8; 16])), neighbor, &[wanted]);
    for number in 102..110 {
        let bytes = word(number);
        match room.take(&mut cx, (NEAR, &bytes), |_, _| Hearing::Heard) {
            Err(Dropped::Ahead(said)) => {
                assert!(!room.hold_ahead(cx.now, (neighbor, said), bytes.clone()));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(room.take_released(cx.now, first.node).is_empty());
    assert!(room.take(&mut cx, (NEAR, &word(101)), |_, _| Hearing::Heard).is_ok());
    assert_eq!(room.take_released(cx.now, first.node).len(), 8);
}

#[test]
fn nodes_of_one_identity_push_out_nobody_else() {
    let (mut cx, here) = (cx(), told(1, 1, News::Here));
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    let other =
        room.take(&mut cx, (NEAR, &here), |_, _| Hearing::Heard).expect("it is new").name.node;
    for salt in 0..1_000_u16 {
        let mut salts = [0; 16];
        salts[..2].copy_from_slice(&salt.to_be_bytes());
        let here = told_by((2, salts), 1, News::Here);
        room.take(&mut cx, (NEAR, &here), |_, _| Hearing::Heard).expect("it is new");
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
            let heard = room.take(&mut cx, (NEAR, &word), |_, _| Hearing::Heard);
            assert!(heard.is_ok_and(|fresh| fresh.course == Course::All), "{who}");
            let again = room.take(&mut cx, (NEAR, &word), |_, _| Hearing::Heard);
            assert!(matches!(again.err(), Some(Dropped::Spare(_))));
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
            let fresh =
                room.take(&mut cx, (NEAR, &here), |_, _| Hearing::Heard).expect("it is new");
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
        room.take(cx, (NEAR, &here), |_, _| Hearing::Heard).expect("it is new");
    }
    let mut lowest = room.members().map(|(node, _)| node);
    let (first, second) = (lowest.next().expect("some"), lowest.next().expect("some"));
    drop(lowest);
    assert!(second < cx.me.node);
    (room, first, second)
}

/// A word that came from a neighbor over nine links.
fn over_nine(name: GossipName, from: NodeId) -> Told {
    let (bytes, course, from) = (Vec::from([1]), Course::All, Some(from));
    Told { bytes, course, name: Some(name), is_large: false, from, hops: 9 }
}

/// A room of many with these neighbors, in which its root has told something that came from `far`
/// over nine links, and somebody else likewise.
fn room_of_a_root(cx: &mut Cx, far: NodeId, near: NodeId) -> (Broadcast, GossipName, GossipName) {
    let (mut room, root, other) = room_of_many(cx);
    room.greet(cx, &[near, far]);
    let names = [root, other].map(|node| GossipName { node, number: 7 });
    for name in names {
        let told = over_nine(name, far);
        room.keep(cx.now, &told, Vec::new());
        // As if it had been heard.
        room.heard.open(|| 1);
        room.heard.insert(cx.now, (cx.me.peer, name), None, Millis(0));
    }
    (room, names[0], names[1])
}

const NEARER: NodeId = NodeId([1; 16]);
const FARTHER: NodeId = NodeId([2; 16]);

#[test]
fn a_tree_becomes_shorter_towards_the_lowest_id_and_no_other() {
    let mut cx = cx();
    let (mut room, of_root, of_other) = room_of_a_root(&mut cx, FARTHER, NEARER);
    let at = (cx.now, cx.me.node);
    let mut named = |name: NamedGossip| room.on_names(at, NEARER, &[name]);
    assert_eq!(named(of_other.over(0)), (None, None));
    assert_eq!(named(of_root.over(8)), (None, None));
    assert_eq!(named(of_root.over(7)), (Some(Vec::new()), Some(FARTHER)));
    assert_eq!(named(of_root.over(7)), (None, None));
    assert_eq!(room.lazy().collect::<Vec<_>>(), [FARTHER]);
}

#[test]
fn what_comes_whole_over_fewer_links_takes_the_place_of_what_came_first() {
    let mut cx = cx();
    let (mut room, of_root, of_other) = room_of_a_root(&mut cx, FARTHER, NEARER);
    let at = (cx.now, cx.me.node);
    assert_eq!(room.on_spare(at, NEARER, &of_root.over(7)), Some(FARTHER));
    assert_eq!(room.lazy().collect::<Vec<_>>(), [FARTHER]);
    assert_eq!(room.on_spare(at, NEARER, &of_other.over(0)), None);
}

/// That names are enough may have been told to nobody: it is told once a second at most.
#[test]
fn a_link_over_which_something_new_comes_carries_words_back() {
    let mut cx = cx();
    let (mut room, _, of_other) = room_of_a_root(&mut cx, FARTHER, NEARER);
    room.on_spare((cx.now, cx.me.node), NEARER, &of_other.over(0));
    assert_eq!(room.lazy().collect::<Vec<_>>(), [NEARER]);
    let word = told(1, 100, News::Message { label: "a", payload: b"b" });
    room.take(&mut cx, (NEARER, &word), |_, _| Hearing::Heard).expect("it is new");
    assert_eq!(room.lazy().count(), 0);
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

/// Waiting for one word costs none of those behind it.
#[test]
fn more_than_may_wait_is_heard_without_what_it_waited_for() {
    let mut cx = cx();
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    let neighbor = NodeId([9; 16]);
    room.greet(&mut cx, &[neighbor]);
    let word = |number| told(1, number, News::Message { label: "a", payload: b"b" });
    let first =
        room.take(&mut cx, (NEAR, &word(100)), |_, _| Hearing::Heard).expect("it is new").name;
    let wanted = GossipName { node: first.node, number: 101 }.over(1);
    room.on_names((cx.now, NodeId([8; 16])), neighbor, &[wanted]);
    let (mut heard, most) = (0, u64::try_from(limits::HELD_GOSSIP_MAX).expect("few"));
    for number in 102..102 + most + 50 {
        let bytes = word(number);
        match room.take(&mut cx, (NEAR, &bytes), |_, _| Hearing::Heard) {
            Ok(_) => heard += 1,
            Err(Dropped::Ahead(said)) => {
                if room.hold_ahead(cx.now, (neighbor, said), bytes.clone()) {
                    for (_, bytes) in room.take_released(cx.now, first.node) {
                        assert!(room.take(&mut cx, (NEAR, &bytes), |_, _| Hearing::Heard).is_ok());
                        heard += 1;
                    }
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard, most + 50);
}

/// Whoever gives what it was asked for is heeded, also if nobody here knows who told it.
#[test]
fn what_came_is_not_waited_for_whatever_becomes_of_it() {
    for hearing in [Hearing::Unknown, Hearing::Ignored] {
        let mut cx = cx();
        let mut room = Broadcast::new(TOPIC, cx.now, false);
        let neighbor = NodeId([9; 16]);
        room.greet(&mut cx, &[neighbor]);
        let word = |number| told(1, number, News::Message { label: "a", payload: b"b" });
        let first =
            room.take(&mut cx, (NEAR, &word(100)), |_, _| Hearing::Heard).expect("it is new").name;
        let wanted = GossipName { node: first.node, number: 101 }.over(1);
        room.on_names((cx.now, NodeId([8; 16])), neighbor, &[wanted]);
        assert!(room.take(&mut cx, (NEAR, &word(101)), |_, _| hearing).is_err());
        let (asked, over) = room.wants_due(cx.now + limits::WANT_PATIENCE);
        assert!(asked.is_empty() && over.is_empty(), "{hearing:?}");
    }
}

/// A room in which one has told something under the number 100, and whose neighbors these are.
fn room_with(cx: &mut Cx, neighbors: &[NodeId]) -> (Broadcast, NodeId) {
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    room.greet(cx, neighbors);
    let first = word(100);
    let fresh = room.take(cx, (NEAR, &first), |_, _| Hearing::Heard).expect("it is new");
    let node = fresh.name.node;
    (room, node)
}

fn word(number: u64) -> Vec<u8> {
    told(1, number, News::Message { label: "a", payload: b"b" })
}

/// What comes and waits for its turn is kept until then.
fn comes(room: &mut Broadcast, cx: &mut Cx, from: NodeId, number: u64) {
    match room.take(cx, (NEAR, &word(number)), |_, _| Hearing::Heard) {
        Err(Dropped::Ahead(said)) => {
            assert!(!room.hold_ahead(cx.now, (from, said), word(number)));
        }
        other => panic!("{other:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_neighbor_that_names_a_word_again_takes_the_place_of_no_other() {
    let mut cx = cx();
    let [silent, again, other] = [1, 2, 3].map(|at| NodeId([at; 16]));
    let (mut room, node) = room_with(&mut cx, &[silent, again, other]);
    let name = GossipName { node, number: 101 }.over(1);
    for from in [silent, again, again, again, again, other] {
        room.on_names((cx.now, NodeId([8; 16])), from, &[name, name, name]);
    }
    let mut asked = Vec::new();
    for _ in 0..2 {
        cx.now = cx.now + limits::WANT_PATIENCE;
        asked.extend(room.wants_due(cx.now).0.into_iter().map(|(node, _)| node));
    }
    assert!(asked.contains(&other) && asked.contains(&again), "{asked:?}");
}

/// Whoever gave what it was asked for is heeded, and does not get it back.
#[test]
fn a_word_that_waits_for_others_is_waited_for_no_longer() {
    let mut cx = cx();
    let [near, liar] = [1, 2].map(|at| NodeId([at; 16]));
    let (mut room, node) = room_with(&mut cx, &[near, liar]);
    let at = (cx.now, NodeId([8; 16]));
    let name = |number| GossipName { node, number }.over(1);
    assert!(room.on_names(at, near, &[name(109)]).0.is_some());
    assert!(room.on_names(at, liar, &[name(105)]).0.is_some());
    comes(&mut room, &mut cx, near, 109);
    cx.now = cx.now + limits::WANT_PATIENCE;
    assert_eq!(room.wants_due(cx.now).1, [node]);
    let at = (cx.now, at.1);
    assert_eq!(room.on_names(at, near, &[name(110)]).0, Some([name(110)].to_vec()));
    // Nothing waits for what the other one names.
    assert_eq!(room.on_names(at, liar, &[name(108)]).0, Some([name(108)].to_vec()));
    let released = room.take_released(cx.now, node);
    assert_eq!(released.len(), 1);
    let fresh =
        room.take(&mut cx, (NEAR, &released[0].1), |_, _| Hearing::Heard).expect("its turn");
    assert_eq!(fresh.has_it, [near]);
}

#[test]
fn a_word_waits_for_seconds_however_many_are_named_before_it() {
    let mut cx = cx();
    let neighbors = [1, 2, 3, 4, 5].map(|at| NodeId([at; 16]));
    let (mut room, node) = room_with(&mut cx, &neighbors);
    let begun = cx.now;
    let (mut named, mut released) = (0, None);
    while released.is_none() && cx.now < begun + 10 * SECOND {
        let each = [neighbors[named % 5], neighbors[(named + 1) % 5]];
        if cx.now >= begun + SECOND * 29 / 10 * u32::try_from(named).expect("few") {
            let number = 101 + u64::try_from(named).expect("few");
            let name = GossipName { node, number }.over(1);
            for from in each {
                room.on_names((cx.now, NodeId([8; 16])), from, &[name]);
            }
            named += 1;
        }
        if cx.now == begun {
            comes(&mut room, &mut cx, neighbors[4], 120);
        }
        cx.now = cx.now + SECOND / 10;
        if room.wants_due(cx.now).1.contains(&node) {
            released = room.take_released(cx.now, node).pop();
        }
    }
    assert!(released.is_some());
    // What it waited for is still asked for, and heard late.
    assert!(room.take(&mut cx, (NEAR, &word(120)), |_, _| Hearing::Heard).is_ok());
    assert!(room.take(&mut cx, (NEAR, &word(103)), |_, _| Hearing::Heard).is_ok());
}

#[test]
fn what_one_neighbor_gives_of_strangers_pushes_out_nothing_that_others_gave() {
    let mut cx = cx();
    let [near, liar] = [1, 2].map(|at| NodeId([at; 16]));
    let (mut room, node) = room_with(&mut cx, &[near, liar]);
    let mut hold = |who, from| {
        let here = told(who, 1, News::Here);
        match room.take(&mut cx, (NEAR, &here), |_, _| Hearing::Unknown) {
            Err(Dropped::Early(said)) => room.hold(cx.now, (from, said), here),
            other => panic!("{other:?}"),
        }
    };
    hold(7, near);
    (1_000..1_300).for_each(|who| hold(who, liar));
    // Nor does it keep anything from waiting for its turn.
    let name = GossipName { node, number: 101 }.over(1);
    room.on_names((cx.now, NodeId([8; 16])), near, &[name]);
    comes(&mut room, &mut cx, near, 102);
    let held = room.take_known(cx.now, &|_| true);
    assert!(held.iter().all(|(_, bytes)| *bytes != word(102)), "it waits");
    assert!(held.iter().any(|(from, bytes)| *from == near && *bytes == told(7, 1, News::Here)));
}

/// Whoever has no place in its queue gets the word once it has, also if it asks meanwhile.
#[test]
fn a_word_that_could_not_be_sent_is_given_once_there_is_place() {
    let mut cx = cx();
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    let neighbor = NodeId([9; 16]);
    for who in 0..20 {
        room.take(&mut cx, (NEAR, &told(who, 1, News::Here)), |_, _| Hearing::Heard)
            .expect("it is new");
    }
    room.greet(&mut cx, &[neighbor]);
    let first = word(100);
    let fresh = room.take(&mut cx, (NEAR, &first), |_, _| Hearing::Heard).expect("it is new");
    let told = fresh.told(NodeId([7; 16]));
    room.keep(cx.now, &told, Vec::from([neighbor]));
    let name = told.name.expect("it has one").over(1);
    assert!(room.on_lacking(neighbor, &[name]).is_empty(), "it has it");
    room.not_given(cx.now, neighbor, &told.bytes);
    assert_eq!(room.on_lacking(neighbor, &[name]).len(), 1);
    room.not_given(cx.now, neighbor, &told.bytes);
    // What comes meanwhile is named after that.
    room.announce(cx.now, neighbor, GossipName { number: 101, ..name.name() }.over(1));
    for _ in 0..2 {
        cx.now = cx.now + limits::ASK_AGAIN_MIN;
        assert_eq!(room.owed(cx.now), [(neighbor, Vec::from([told.bytes.clone()]))]);
        room.not_given(cx.now, neighbor, &told.bytes);
        assert!(room.names_due(cx.now).is_empty());
    }
    cx.now = cx.now + limits::ASK_AGAIN_MIN;
    assert_eq!(room.owed(cx.now).len(), 1);
    assert_eq!(room.names_due(cx.now).len(), 1);
    cx.now = cx.now + limits::ASK_AGAIN_MIN;
    assert!(room.owed(cx.now).is_empty() && room.names_due(cx.now).is_empty());
    assert_eq!(room.on_lacking(neighbor, &[name]).len(), 0);
}

/// The first words of one, and when it tells them.
fn word_at(who: u16, number: u64, at: Millis) -> Vec<u8> {
    told_at((who, [3; 16]), (number, at), News::Message { label: "a", payload: b"b" })
}

fn node_of(who: u16) -> NodeId {
    let bytes = told(who, 1, News::Here);
    let passed = codec::decode::<Passed<'_>>(&bytes).expect("it is one");
    codec::decode::<Gossip<'_>>(passed.gossip).expect("it is one").node()
}

const HOUR: u64 = 3_600_000;

#[test]
fn what_was_told_long_ago_is_heard_of_its_origin_alone() {
    let mut cx = cx();
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    let of = |at: i64| Millis(NOON.0.saturating_add_signed(at));
    let hour = 3_600_000;
    for (who, off, is_heard) in
        [(1, -7 * hour, false), (2, 7 * hour, false), (3, -5 * hour, true), (4, 5 * hour, true)]
    {
        let (node, bytes) = (node_of(who), word_at(who, 100, of(off)));
        room.greet(&mut cx, &[NEAR, node]);
        let name = GossipName { node, number: 100 }.over(1);
        let at = (cx.now, cx.me.node);
        assert!(room.on_names(at, NEAR, &[name]).0.is_some());
        let heard = room.take(&mut cx, (NEAR, &bytes), |_, _| Hearing::Heard);
        assert_eq!(heard.is_ok(), is_heard, "{off}");
        // It came, whatever it was.
        assert!(room.wants_due(cx.now + limits::WANT_PATIENCE).1.is_empty());
        let own = room.take(&mut cx, (node, &bytes), |_, _| Hearing::Heard);
        assert_eq!(own.is_ok(), !is_heard, "{off}");
    }
}

#[test]
fn what_comes_much_later_than_what_was_told_after_it_is_not_heard() {
    let mut cx = cx();
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    let late = u64::try_from(limits::GOSSIP_LATE.as_millis()).expect("minutes");
    for (number, before, is_heard) in [(100, 0, true), (99, late + 1, false), (98, late, true)] {
        let bytes = word_at(1, number, Millis(NOON.0 - before));
        let heard = room.take(&mut cx, (NEAR, &bytes), |_, _| Hearing::Heard);
        assert_eq!(heard.is_ok(), is_heard, "{number}");
    }
}

#[test]
fn whose_clock_is_wrong_by_days_hears_and_is_heard_after_several_neighbors() {
    let mut cx = cx();
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    let at = Millis(NOON.0 + 40 * 24 * HOUR);
    let mut hears = |cx: &mut Cx, who, is_own: bool| {
        let from = if is_own { node_of(who) } else { NEAR };
        room.take(cx, (from, &word_at(who, 100, at)), |_, _| Hearing::Heard).is_ok()
    };
    assert!(hears(&mut cx, 1, true) && !hears(&mut cx, 7, false));
    assert!(hears(&mut cx, 2, true) && hears(&mut cx, 7, false));
    let told = room.tell(&cx, News::Here);
    let passed = codec::decode::<Passed<'_>>(&told.bytes).expect("it is one");
    assert_eq!(codec::decode::<Gossip<'_>>(passed.gossip).expect("it is one").at, at);
    room.wall_jumped();
    assert!(room.take(&mut cx, (NEAR, &word_at(8, 100, at)), |_, _| Hearing::Heard).is_err());
}

/// Whether one is there after a while.
fn is_there(room: &mut Broadcast, cx: &mut Cx, who: u16, later: Duration) -> bool {
    cx.now = cx.now + later;
    room.expire(cx.now, false);
    room.is_here(node_of(who))
}

#[test]
fn who_has_left_is_not_brought_back_by_what_it_told_before() {
    let mut cx = cx();
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    room.greet(&mut cx, &[NEAR]);
    let take = |room: &mut Broadcast, cx: &mut Cx, number, news: News<'_>| {
        room.take(cx, (NEAR, &told(1, number, news)), |_, _| Hearing::Heard).map(drop)
    };
    take(&mut room, &mut cx, 100, News::Here).expect("it is new");
    // It leaves after what it told, also for those who have to ask for that.
    let name = GossipName { node: node_of(1), number: 103 }.over(1);
    room.on_names((cx.now, cx.me.node), NEAR, &[name]);
    let left = take(&mut room, &mut cx, 104, News::Gone);
    assert!(matches!(left, Err(Dropped::Ahead(_))));
    room.hurry(name.node, 104);
    take(&mut room, &mut cx, 104, News::Gone).expect("it does not wait any more");
    assert_eq!(take(&mut room, &mut cx, 101, News::Here), Err(Dropped::Known));
    assert!(!is_there(&mut room, &mut cx, 1, limits::HERE_LIFE));
    assert_eq!(take(&mut room, &mut cx, 102, News::Here), Err(Dropped::Known));
    let word = News::Message { label: "a", payload: b"b" };
    take(&mut room, &mut cx, 103, word).expect("it is late");
    assert!(!is_there(&mut room, &mut cx, 1, limits::AHEAD_LIFE));
    take(&mut room, &mut cx, 105, News::Here).expect("it came back");
    assert!(is_there(&mut room, &mut cx, 1, limits::AHEAD_LIFE));
}

#[test]
fn of_the_ages_of_the_same_words_the_least_counts() {
    let mut cx = cx();
    let mut room = Broadcast::new(TOPIC, cx.now, false);
    let life = room.life();
    let aged = |left: Duration| {
        let age_ms = u64::try_from((life - left).as_millis()).expect("minutes");
        let bytes = told(1, 100, News::Here);
        let passed = codec::decode::<Passed<'_>>(&bytes).expect("it is one");
        codec::encode(&Passed { age_ms, ..passed })
    };
    let comes = |room: &mut Broadcast, cx: &mut Cx, left| {
        room.take(cx, (NEAR, &aged(left)), |_, _| Hearing::Heard).is_ok()
    };
    assert!(comes(&mut room, &mut cx, Duration::from_millis(1)));
    assert!(is_there(&mut room, &mut cx, 1, limits::HERE_LEAST / 2));
    assert!(!comes(&mut room, &mut cx, life - SECOND));
    assert!(is_there(&mut room, &mut cx, 1, life - limits::HERE_LEAST));
    // Nobody lives by being named again.
    assert!(!comes(&mut room, &mut cx, life));
    assert!(!is_there(&mut room, &mut cx, 1, limits::HERE_LEAST / 2));
}
