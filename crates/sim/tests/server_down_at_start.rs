//! Somebody opens the page while the server is down.

use std::time::Duration;

use lacis_core::RoomState;
use lacis_sim::{Scene, TabSetup, World};
use lacis_wire::Code;

#[test]
fn a_join_says_that_no_server_answers_and_the_room_goes_on_trying() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    world.stop_server(server, false);
    let room = world.add_room(&[server]);
    let tabs = [(); 2].map(|()| world.open(TabSetup::at(&[server])));
    let patience = Duration::from_secs(4);
    let tickets = tabs.map(|tab| world.try_join(tab, room, patience).expect("it may join"));
    for (tab, ticket) in tabs.into_iter().zip(tickets) {
        world.expect_outcome(tab, ticket, Err(Code::SignalingUnreachable), patience * 2);
        assert!(world.took(tab, ticket).is_some_and(|took| took < patience + TICK));
    }
    world.start_server(server);
    world.expect(Duration::from_secs(20), "they find each other without being asked", |w| {
        w.are_linked(tabs[0], tabs[1])
    });
    let open = |tab| world.seen(tab).rooms.values().all(|state| *state == RoomState::Open);
    assert!(tabs.into_iter().all(open));
}

#[test]
fn a_server_that_is_cut_off_is_the_same_as_one_that_is_down() {
    let Scene { mut world, room, server, .. } = Scene::<0>::joined(1);
    let ada = world.open(TabSetup::at(&[server]));
    world.fabric.net.cut(ada, server, true);
    let ticket = world.join(ada, room);
    world.expect_outcome(ada, ticket, Err(Code::SignalingUnreachable), Duration::from_secs(11));
    world.fabric.net.cut(ada, server, false);
    world.expect(Duration::from_secs(35), "the room opens", |w| {
        w.seen(ada).rooms.values().any(|state| *state == RoomState::Open)
    });
}

#[test]
fn waking_up_dials_at_once() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    world.stop_server(server, false);
    let room = world.add_room(&[server]);
    let ada = world.open(TabSetup::at(&[server]));
    world.join(ada, room);
    world.run_for(Duration::from_secs(120));
    world.start_server(server);
    world.command(ada, |node, now| node.wake(now));
    world.expect(Duration::from_secs(1), "the room opens", |w| {
        w.seen(ada).rooms.values().any(|state| *state == RoomState::Open)
    });
}

const TICK: Duration = Duration::from_millis(20);
