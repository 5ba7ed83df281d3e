//! How words travel: over which links, and whom a node asks for what it lacks.

use alloc::vec::Vec;

use lacis_wire::gossip::GossipName;
use lacis_wire::{NodeId, limits};

use super::{FARTHER, NEARER, SECOND, cx, room_of_a_root, room_with};
use crate::broadcast::{Course, Told};

#[test]
fn whoever_did_not_give_a_word_is_asked_for_the_next_one_all_the_same() {
    let mut cx = cx();
    let [slow, other] = [1, 2].map(|at| NodeId([at; 16]));
    let (mut room, node) = room_with(&mut cx, &[slow, other]);
    let name = |number| GossipName { node, number }.over(1);
    let me = NodeId([8; 16]);
    assert!(room.on_names((cx.now, me), slow, &[name(101)]).is_some());
    cx.now = cx.now + limits::WANT_PATIENCE;
    assert_eq!(room.wants_due(cx.now).1, [node]);
    assert_eq!(room.on_names((cx.now, me), slow, &[name(102)]), Some([name(102)].to_vec()));
    // Whoever gave what it named is asked at once, and once.
    assert_eq!(room.on_names((cx.now, me), other, &[name(102)]), Some([name(102)].to_vec()));
    assert_eq!(room.on_names((cx.now, me), other, &[name(102)]), None);
    cx.now = cx.now + SECOND * 2;
    assert!(room.wants_due(cx.now).0.is_empty());
}

/// Two words of the root that were on their way at once.
#[test]
fn what_else_was_on_its_way_does_not_end_that_words_come_from_whoever_is_nearer() {
    let mut cx = cx();
    let (mut room, of_root, _) = room_of_a_root(&mut cx, FARTHER, NEARER);
    let next = GossipName { number: of_root.number + 1, ..of_root };
    let (bytes, from) = (Vec::from([2]), Some(FARTHER));
    let told = Told { bytes, course: Course::All, name: Some(next), from, hops: 9 };
    room.keep(cx.now, &told, Vec::new());
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
    assert_eq!(room.on_names(at, FARTHER, &[]), Some(Vec::new()));
    assert_eq!(room.lazy().collect::<Vec<_>>(), [NEARER]);
}

#[test]
fn whoever_says_that_it_is_nearest_takes_the_place_of_another_once_words_come_from_it() {
    let mut cx = cx();
    let (mut room, of_root, of_other) = room_of_a_root(&mut cx, FARTHER, NEARER);
    let at = (cx.now, cx.me.node);
    assert_eq!(room.on_names(at, NEARER, &[of_root.over(0)]), Some(Vec::new()));
    assert_eq!(room.lazy().count(), 0);
    // What it was named for is there, and it is asked no more than once.
    assert_eq!(room.on_names(at, NEARER, &[of_root.over(0)]), None);
    assert_eq!(room.on_spare(at, NEARER, &of_other.over(9)), Some(FARTHER));
    assert_eq!(room.lazy().collect::<Vec<_>>(), [FARTHER]);
}
