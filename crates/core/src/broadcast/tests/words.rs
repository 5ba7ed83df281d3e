//! How words travel: over which links, and whom a node asks for what it lacks.

use alloc::vec;
use alloc::vec::Vec;

use lacis_wire::gossip::{Gossip, GossipName, News, Passed};
use lacis_wire::pen::Pen;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::{NodeId, codec, limits, presence};

use super::{
    FARTHER, NEAR, NEARER, NOON, SECOND, TOPIC, cx, node_of, over_nine, room_of_a_root, room_with,
    told,
};
use crate::broadcast::{Broadcast, Dropped, Hearing, Told};

#[test]
fn whoever_did_not_give_a_word_is_asked_for_the_next_one_all_the_same() {
    let mut cx = cx();
    let [slow, other] = [1, 2].map(|at| NodeId([at; 16]));
    let (mut room, node) = room_with(&mut cx, &[slow, other]);
    let name = |number| GossipName { node, number }.over(1);
    let me = NodeId([8; 16]);
    assert!(room.on_names((cx.now, me), slow, &[name(101)]).0.is_some());
    cx.now = cx.now + limits::WANT_PATIENCE;
    assert_eq!(room.wants_due(cx.now).1, [node]);
    assert_eq!(room.on_names((cx.now, me), slow, &[name(102)]).0, Some([name(102)].to_vec()));
    // Whoever gave what it named is asked at once, and once.
    assert_eq!(room.on_names((cx.now, me), other, &[name(102)]).0, Some([name(102)].to_vec()));
    assert_eq!(room.on_names((cx.now, me), other, &[name(102)]).0, None);
    cx.now = cx.now + SECOND * 2;
    assert!(room.wants_due(cx.now).0.is_empty());
}

/// Two words of the root that were on their way at once.
#[test]
fn what_else_was_on_its_way_does_not_end_that_words_come_from_whoever_is_nearer() {
    let mut cx = cx();
    let (mut room, of_root, _) = room_of_a_root(&mut cx, FARTHER, NEARER);
    let next = GossipName { number: of_root.number + 1, ..of_root };
    room.keep(cx.now, &over_nine(next, FARTHER), Vec::new());
    let at = (cx.now, cx.me.node);
    assert_eq!(room.on_spare(at, NEARER, &of_root.over(2)), Some(FARTHER));
    assert_eq!(room.on_spare(at, NEARER, &next.over(2)), None);
    assert_eq!(room.lazy().collect::<Vec<_>>(), [FARTHER]);
}

#[test]
fn words_that_cross_leave_a_link_over_which_words_come() {
    let mut cx = cx();
    let (mut room, _, of_other) = room_of_a_root(&mut cx, FARTHER, NEARER);
    let at = (cx.now, cx.me.node);
    assert_eq!(room.on_spare(at, NEARER, &of_other.over(9)), Some(NEARER));
    assert_eq!(room.on_spare(at, FARTHER, &of_other.over(9)), None);
    assert_eq!(room.lazy().collect::<Vec<_>>(), [NEARER]);
    // Nor is it given up because the other side could do without.
    assert_eq!(room.on_names(at, FARTHER, &[]).0, Some(Vec::new()));
    assert_eq!(room.lazy().collect::<Vec<_>>(), [NEARER]);
}

/// What a node of ours tells, under its own numbers.
fn number_of(told: &Told) -> u64 {
    let passed = codec::decode::<Passed<'_>>(&told.bytes).expect("it is one");
    codec::decode::<Gossip<'_>>(passed.gossip).expect("it is one").number
}

/// As somebody else tells it who counts in the same way.
fn told_likewise(told: &Told) -> Vec<u8> {
    let passed = codec::decode::<Passed<'_>>(&told.bytes).expect("it is one");
    let gossip = codec::decode::<Gossip<'_>>(passed.gossip).expect("it is one");
    let key = signing_key(&[7; 32]);
    let gossip = Gossip::unsigned((peer_id(&key), [3; 16]), (gossip.number, NOON), gossip.news);
    let gossip = codec::encode(&gossip.signed(&Pen::new(&key), &TOPIC));
    codec::encode(&Passed { gossip: &gossip, ..passed })
}

#[test]
fn what_is_told_often_does_not_overtake_what_travels_slowly() {
    let mut cx = cx();
    let [mut teller, mut room] = [1, 2].map(|_| Broadcast::new(TOPIC, cx.now, false));
    let large = vec![7; limits::INTERACTIVE_BYTES];
    let word = News::Message { label: "a", payload: b"b" };
    let slow = [News::Message { label: "a", payload: &large }, word.clone(), News::Here]
        .map(|news| teller.tell(&cx, news));
    assert_eq!(slow.each_ref().map(|told| told.is_large), [true, false, false]);
    let mut hear = |told: &Told| {
        let bytes = told_likewise(told);
        room.take(&mut cx, (NEAR, &bytes), |_, _| Hearing::Heard).is_ok()
    };
    for _ in 0..300 {
        let cursor = teller.tell(&super::cx(), News::Ephemeral { label: "c", payload: b"d" });
        assert!(hear(&cursor) && !hear(&cursor));
    }
    assert!(slow.iter().all(&mut hear));
    assert!(!slow.iter().any(&mut hear));
    // Nor does anything overtake what is large.
    let large = teller.tell(&super::cx(), News::Message { label: "a", payload: &large });
    for _ in 0..300 {
        assert!(hear(&teller.tell(&super::cx(), word.clone())));
    }
    assert!(hear(&large) && number_of(&large) > number_of(&slow[0]));
}

#[test]
fn of_what_somebody_says_of_itself_the_last_counts_whatever_comes_last() {
    let mut cx = cx();
    let (mut room, _) = room_with(&mut cx, &[]);
    let mut hear = |number, label, value: &[u8]| {
        let payload = presence::write(1_000, value);
        let bytes = told(1, number, News::Message { label, payload: &payload });
        room.take(&mut cx, (NEAR, &bytes), |_, _| Hearing::Heard).map(drop)
    };
    assert!(hear(103, presence::LABEL, b"").is_ok());
    assert_eq!(hear(101, presence::LABEL, b"typing"), Err(Dropped::Known));
    assert!(hear(102, "chat", b"late").is_ok());
    assert!(hear(104, presence::LABEL, b"typing").is_ok());
}

#[test]
fn a_new_neighbor_is_told_the_names_of_what_it_may_have_missed() {
    let mut cx = cx();
    let (mut room, of_root, of_other) = room_of_a_root(&mut cx, FARTHER, NEARER);
    room.names_due(cx.now + limits::ANNOUNCE_AFTER);
    // One was there before that was told, one told it, and one has come after it.
    let [before, after] = [1, 900].map(node_of);
    cx.now = cx.now + SECOND;
    let here = told(900, 8, News::Here);
    room.take(&mut cx, (NEAR, &here), |_, _| Hearing::Heard).expect("it is new");
    room.greet(&mut cx, &[before, after, FARTHER]);
    let named = room.names_due(cx.now + limits::ANNOUNCE_AFTER);
    let of_one = named.iter().find(|(node, _)| *node == before).map(|(_, names)| names.len());
    let own = [of_root, of_other].iter().filter(|name| name.node == before).count();
    assert_eq!((named.len(), of_one), (1, Some(2 - own)));
}

#[test]
fn whoever_slept_waits_until_others_tell_again_that_they_are_there() {
    let mut cx = cx();
    let (mut room, node) = room_with(&mut cx, &[]);
    cx.now = cx.now + limits::HERE_LIFE * 2;
    assert!(room.expire(cx.now, true).is_empty());
    cx.now = cx.now + (limits::HERE_INTERVAL - SECOND);
    assert!(room.expire(cx.now, false).is_empty() && room.is_here(node));
    cx.now = cx.now + SECOND;
    assert_eq!(room.expire(cx.now, false).len(), 1);
}

#[test]
fn who_comes_nearer_tells_its_other_neighbors() {
    let mut cx = cx();
    let (mut room, of_root, _) = room_of_a_root(&mut cx, FARTHER, NEARER);
    let at = (cx.now, cx.me.node);
    // What a neighbor that is farther by far names does not end that it is told of it.
    room.announce(cx.now, FARTHER, of_root.over(9));
    room.on_names(at, FARTHER, &[of_root.over(20)]);
    for (hops, from) in [(7, NEARER), (4, NEARER)] {
        room.on_names(at, from, &[of_root.over(hops)]);
        let named = room.names_due(cx.now + limits::ANNOUNCE_AFTER);
        assert_eq!(named, [(FARTHER, Vec::from([of_root.over(hops + 1)]))], "{hops}");
    }
    // It has told that it is nearest: not again within a minute in the place of another one.
    assert!(room.on_names(at, FARTHER, &[of_root.over(2)]).0.is_some());
    assert_eq!(room.on_names(at, NEARER, &[of_root.over(0)]).0, None);
}
