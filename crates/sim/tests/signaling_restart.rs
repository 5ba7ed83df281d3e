//! The server is needed to find each other and for nothing else.

use std::time::Duration;

use lacis_core::RoomState;
use lacis_sim::{Scene, TabSetup};

#[test]
fn links_go_on_while_the_server_is_away() {
    for gracefully in [true, false] {
        let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(1);
        world.stop_server(server, gracefully);
        world.run_for(Duration::from_secs(120));
        let offline = |state: Option<&RoomState>| state == Some(&RoomState::Offline);
        assert!(offline(world.seen(ada).rooms.values().next()));
        assert!(world.are_linked(ada, bob));
        world.expect_delivery(ada, room, bob, Duration::from_secs(1));
    }
}

#[test]
fn everybody_comes_back_to_a_server_that_was_restarted() {
    let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(1);
    world.stop_server(server, false);
    world.run_for(Duration::from_secs(60));
    world.start_server(server);
    world.expect(Duration::from_secs(35), "the room is open again", |w| {
        [ada, bob].iter().all(|tab| w.seen(*tab).rooms.values().all(|s| *s == RoomState::Open))
    });
    let eve = world.open(TabSetup::at(&[server]));
    world.join(eve, room);
    world.expect(Duration::from_secs(2), "a newcomer finds both", |w| {
        w.all_linked(&[ada, bob, eve])
    });
}

#[test]
fn a_restart_makes_no_second_link() {
    let Scene { mut world, server, tabs: [ada, bob], .. } = Scene::linked(1);
    for _ in 0..5 {
        world.stop_server(server, true);
        world.start_server(server);
        world.run_for(Duration::from_secs(50));
    }
    assert_eq!((world.links(ada).len(), world.links(bob).len()), (1, 1));
}

#[test]
fn a_socket_that_went_dead_silently_is_replaced() {
    let Scene { mut world, room, server, tabs: [ada, _] } = Scene::linked(1);
    world.silence_sockets(ada);
    // Nobody hears of it before the next sign of life is due and does not come.
    world.run_for(Duration::from_secs(35));
    let eve = world.open(TabSetup::at(&[server]));
    world.join(eve, room);
    world.expect(Duration::from_secs(5), "a newcomer finds it", |w| w.are_linked(ada, eve));
}
