//! The least that must work.

use std::time::Duration;

use lacis_sim::{Mail, Scene};

#[test]
fn two_tabs_of_a_room_link_and_talk() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::joined(1);
    world.expect(Duration::from_secs(1), "both are linked", |w| w.are_linked(ada, bob));
    let ticket = world.send(ada, room, bob, Mail::delivered(100)).expect("it may be sent");
    world.expect_outcome(ada, ticket, Ok(()), Duration::from_secs(1));
    assert_eq!(world.seen(bob).messages.len(), 1);
}

#[test]
fn the_newcomer_may_talk_as_soon_as_it_is_linked() {
    for seed in 0..20 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::joined(seed);
        for (one, two) in [(ada, bob), (bob, ada)] {
            world.expect(Duration::from_secs(2), "it is linked", |w| w.reaches(one, room, two));
            world.expect_delivery(one, room, two, Duration::from_secs(1));
        }
    }
}
