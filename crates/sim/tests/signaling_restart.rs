//! The server is needed to find each other and for nothing else.

use std::time::Duration;

use lacis_core::{Event, RoomState};
use lacis_signaling::hub::HubConfig;
use lacis_sim::{Scene, TabSetup, World};

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

/// A pair in a room whose server comes back with that secret, and how many joins it hears then.
fn joins_after_a_restart(secret: Option<Vec<u8>>) -> (u64, u64) {
    let mut world = World::scenario(1);
    let server = world.add_server_with(HubConfig { secret, ..HubConfig::default() });
    let room = world.add_room(&[server]);
    let [ada, bob] = [(); 2].map(|()| world.open(TabSetup::at(&[server])));
    for tab in [ada, bob] {
        world.join(tab, room);
    }
    world.expect(Duration::from_secs(5), "they are linked", |w| w.are_linked(ada, bob));
    let all_are = |w: &World, state| {
        [ada, bob].iter().all(|tab| w.seen(*tab).rooms.values().all(|seen| *seen == state))
    };
    world.stop_server(server, true);
    world.expect(Duration::from_secs(1), "both know", |w| all_are(w, RoomState::Offline));
    world.start_server(server);
    world.expect(Duration::from_secs(20), "it is open again", |w| all_are(w, RoomState::Open));
    let stats = world.hub_stats(server).expect("it is up");
    assert_eq!(stats.members, 2);
    // A newcomer finds them either way, and they go on announcing themselves.
    let eve = world.open(TabSetup::at(&[server]));
    world.join(eve, room);
    world.expect(Duration::from_secs(2), "a newcomer finds both", |w| {
        w.all_linked(&[ada, bob, eve])
    });
    world.run_for(Duration::from_secs(200));
    assert_eq!(world.hub_stats(server).expect("it is up").members, 3);
    (stats.received.join, stats.resumed)
}

#[test]
fn a_token_renews_what_was_announced_before_the_restart() {
    assert_eq!(joins_after_a_restart(Some(vec![1; 32])), (0, 2));
    assert_eq!(joins_after_a_restart(None), (2, 0));
}

#[test]
fn a_token_that_is_not_taken_costs_a_join() {
    let mut world = World::scenario(1);
    let config = |secret| HubConfig { secret: Some(vec![secret; 32]), ..HubConfig::default() };
    let server = world.add_server_with(config(1));
    let room = world.add_room(&[server]);
    let ada = world.open(TabSetup::at(&[server]));
    world.join(ada, room);
    let is_now = |w: &World, state| w.seen(ada).rooms.values().next() == Some(&state);
    world.expect(Duration::from_secs(5), "it is open", |w| is_now(w, RoomState::Open));
    world.stop_server(server, true);
    world.expect(Duration::from_secs(1), "it knows", |w| is_now(w, RoomState::Offline));
    world.start_server_with(server, config(2));
    world.expect(Duration::from_secs(20), "it is open again", |w| is_now(w, RoomState::Open));
    let stats = world.hub_stats(server).expect("it is up");
    assert_eq!((stats.resumed, stats.received.resume, stats.received.join), (0, 1, 1));
}

#[test]
fn a_node_is_told_when_it_is_online_and_when_it_is_not_any_more() {
    let mut world = World::scenario(11);
    let server = world.add_server();
    let dead = world.add_server();
    world.stop_server(dead, false);
    let ada = world.open(TabSetup::at(&[server, dead]));
    let told = |world: &World, tab| {
        let log = world.seen(tab).log.iter();
        log.filter_map(|event| match event {
            Event::Online { online } => Some(*online),
            _ => None,
        })
        .collect::<Vec<_>>()
    };
    world.run_for(Duration::from_secs(20));
    // That the other one is dead changes nothing.
    assert_eq!(told(&world, ada).last(), Some(&true));
    let before = told(&world, ada).len();
    world.stop_server(server, false);
    world.run_for(Duration::from_secs(60));
    assert_eq!(told(&world, ada)[before..], [false]);
    world.start_server(server);
    world.run_for(Duration::from_secs(60));
    assert_eq!(told(&world, ada)[before..], [false, true]);

    // Who finds none at first is offline, once.
    world.stop_server(server, false);
    let bob = world.open(TabSetup::at(&[server, dead]));
    world.run_for(Duration::from_secs(60));
    assert_eq!(told(&world, bob), [false]);
}
