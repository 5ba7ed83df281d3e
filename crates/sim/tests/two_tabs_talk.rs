//! The least that must work.

use std::time::Duration;

use lacis_sim::{Mail, TabSetup, World};

#[test]
fn two_tabs_of_a_room_link_and_talk() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let room = world.add_room(&[server]);
    let ada = world.open(TabSetup::at(&[server]));
    let bob = world.open(TabSetup::at(&[server]));
    world.join(ada, room);
    world.join(bob, room);
    world.expect(Duration::from_secs(2), "both are linked", |w| w.are_linked(ada, bob));
    let ticket = world.send(ada, room, bob, Mail::delivered(100)).expect("sent");
    world.expect(Duration::from_secs(1), "it arrived", |w| w.outcome(ada, ticket) == Some(Ok(())));
    assert_eq!(world.seen(bob).messages.len(), 1);
}
