//! Two nodes share two rooms and one link.

use std::time::Duration;

use lacis_core::{Event, RemoteState, SendError};
use lacis_sim::{Mail, Scene, TabId, World, liar};

const SECOND: Duration = Duration::from_secs(1);

/// Two tabs that are linked through one room and have joined another.
fn two_rooms(seed: u64) -> (World, [usize; 2], [TabId; 2]) {
    let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(seed);
    let other = world.add_room(&[server]);
    world.join(ada, other);
    world.run_for(SECOND);
    world.join(bob, other);
    world.expect(SECOND, "both rooms are shared", |w| {
        w.reaches(ada, other, bob) && w.reaches(bob, other, ada)
    });
    (world, [room, other], [ada, bob])
}

#[test]
fn one_link_carries_both_rooms_and_keeps_them_apart() {
    let (mut world, rooms, [ada, bob]) = two_rooms(1);
    world.run_for(SECOND * 60);
    assert_eq!((world.links(ada).len(), world.links(bob).len()), (1, 1));
    // The checkers look whether a message comes in the room where it was sent.
    for room in rooms {
        world.expect_delivery(ada, room, bob, SECOND);
        world.broadcast(bob, room, 20, true).expect("it may be sent");
    }
    world.run_for(SECOND);
    assert_eq!((world.seen(ada).messages.len(), world.seen(bob).messages.len()), (2, 2));
}

#[test]
fn leaving_one_room_keeps_the_other() {
    for at in 0..2 {
        let (mut world, rooms, [ada, bob]) = two_rooms(1);
        let (left, kept) = (rooms[at], rooms[1 - at]);
        world.leave(ada, left);
        world.expect(SECOND, "it is told", |w| w.state_in(bob, left, ada).is_none());
        assert!(world.reaches(bob, kept, ada));
        world.expect_delivery(bob, kept, ada, SECOND);
        let refused = world.send(bob, left, ada, Mail::delivered(1));
        assert_eq!(refused, Err(SendError::RemoteUnknown));
        assert_eq!(world.links(ada).len(), 1);
        world.leave(ada, kept);
        world.expect(SECOND, "the link ends", |w| w.connections(ada) + w.connections(bob) == 0);
    }
}

#[test]
fn who_left_a_room_before_the_other_came_is_not_in_it() {
    let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(1);
    let other = world.add_room(&[server]);
    world.join(ada, other);
    world.run_for(SECOND);
    world.leave(ada, other);
    world.run_for(SECOND);
    world.join(bob, other);
    world.run_for(SECOND * 5);
    assert_eq!(world.state_in(bob, other, ada), None);
    world.expect_delivery(bob, room, ada, SECOND);
}

#[test]
fn what_a_server_says_of_a_linked_member_counts_nothing() {
    let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(1);
    let named = world.node_id(bob);
    world.meddle(liar::rewrite_samples(move |_, _, _| vec![named]));
    let other = world.add_room(&[server]);
    world.join(ada, other);
    world.run_for(SECOND * 2);
    // Otherwise a message to it would wait for a proof that never comes.
    let refused = world.send(ada, other, bob, Mail::delivered(1));
    assert_eq!(refused, Err(SendError::RemoteUnknown));
    assert_eq!(world.state_in(ada, other, bob), None);
    world.expect_delivery(ada, room, bob, SECOND);
}

#[test]
fn a_member_that_was_linked_elsewhere_appears_as_linked() {
    let (world, [_, other], [ada, bob]) = two_rooms(1);
    let was_connecting = world.seen(ada).log.iter().any(|event| match event {
        Event::Remote { node, state: RemoteState::Connecting, room, .. } => {
            *node == world.node_id(bob) && world.truth.rooms.get(&(ada, *room)) == Some(&other)
        }
        _ => false,
    });
    assert!(!was_connecting);
}
