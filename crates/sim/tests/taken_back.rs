//! A frame about a group that is not sent to its end.

use std::time::Duration;

use lacis_core::Event;
use lacis_sim::{Access, TabSetup, World};
use lacis_wire::Roles;

const SECOND: Duration = Duration::from_secs(1);
const RECORDS: usize = 4;

#[test]
fn who_disconnects_in_the_middle_of_a_record_keeps_the_link_that_a_room_needs() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let room = world.add_room(&[server]);
    let [ada, bob] = [1, 2].map(|identity| {
        let access = Access { bandwidth: 200_000, ..Access::default() };
        let setup = TabSetup { access, identity: Some([identity; 32]), ..TabSetup::at(&[server]) };
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.join(ada, room);
    world.join(bob, room);
    world.expect(SECOND * 20, "the room is shared", |w| {
        w.reaches(ada, room, bob) && w.reaches(bob, room, ada)
    });
    world.run_for(SECOND * 5);
    let links = world.links(bob);

    // After two seconds the first has left, and of the second there was place for the first part.
    for _ in 0..RECORDS {
        world.write(ada, group, &"x".repeat(262_000)).expect("she may write");
    }
    world.run_for(SECOND * 2);
    world.command(ada, |node, now| node.disconnect_group(now, group)).expect("she is connected");
    world.expect_delivery(ada, room, bob, SECOND * 10);
    world.run_for(SECOND * 5);
    assert_eq!(world.links(bob), links);
    let warned = |event: &&Event| matches!(event, Event::Warning { .. });
    assert_eq!(world.seen(bob).log.iter().find(warned), None);
    assert!(world.texts(bob, joined).len() < RECORDS, "none was left to be taken back");
}
