//! Two nodes that learn of each other at the same moment offer both.

use std::time::Duration;

use lacis_core::{Event, Input, SocketId};
use lacis_sim::{Scene, TabSetup, Way, World, liar};
use lacis_wire::code::Code;
use lacis_wire::codec::{decode, encode};
use lacis_wire::signal::{ClientFrame, ServerFrame};

/// Both are told of each other as soon as they have joined.
fn both_offer(seed: u64) -> Scene<2> {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let room = world.add_room(&[server]);
    let tabs = [(); 2].map(|()| world.open(TabSetup::at(&[server])));
    let [ada, bob] = tabs.map(|tab| world.node_id(tab));
    world
        .meddle(liar::rewrite_samples(move |node, _, _| vec![if node == ada { bob } else { ada }]));
    for tab in tabs {
        world.join(tab, room);
    }
    Scene { world, server, room, tabs }
}

#[test]
fn one_of_two_offers_wins_and_one_link_is_left() {
    let mut crossed = 0;
    for seed in 0..40 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = both_offer(seed);
        world.expect(Duration::from_secs(2), "they are linked", |w| w.are_linked(ada, bob));
        world.run_for(Duration::from_secs(3));
        for (one, two) in [(ada, bob), (bob, ada)] {
            assert_eq!(world.connections(one), 1);
            assert_eq!(world.failures(one, two), []);
            world.expect_delivery(one, room, two, Duration::from_secs(1));
        }
        crossed += usize::from(world.made_in_vain(ada) + world.made_in_vain(bob) > 0);
    }
    assert!(crossed > 10, "only {crossed} of 40 offers crossed");
}

#[test]
fn it_is_the_offer_of_the_greater_node_that_wins() {
    for seed in 0..40 {
        let Scene { mut world, tabs: [ada, bob], .. } = both_offer(seed);
        world.expect(Duration::from_secs(2), "they are linked", |w| w.are_linked(ada, bob));
        let greater = if world.node_id(ada) > world.node_id(bob) { ada } else { bob };
        // It goes on with the connection it made first.
        assert_eq!(world.links(greater).first().map(|(_, open)| *open), Some(true));
    }
}

#[test]
fn a_lost_link_is_rebuilt_by_one_of_both() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(3);
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(30));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(12), "they are linked again", |w| w.are_linked(ada, bob));
    world.run_for(Duration::from_secs(10));
    assert_eq!((world.connections(ada), world.connections(bob)), (1, 1));
    assert!(!world.failures(ada, bob).contains(&Code::IdentityMismatch));
    world.expect_delivery(ada, room, bob, Duration::from_secs(1));
}

/// One of two servers names both to each other and delivers nothing.
#[test]
fn an_offer_that_a_server_keeps_back_does_not_win_over_one_that_came() {
    for seed in 0..10 {
        let mut world = World::scenario(seed);
        let servers = [world.add_server(), world.add_server()];
        let room = world.add_room(&servers);
        let mut tabs = [(); 2].map(|()| world.open(TabSetup::at(&servers)));
        tabs.sort_by_key(|tab| world.node_id(*tab));
        let [lesser, greater] = tabs;
        let nodes = tabs.map(|tab| world.node_id(tab));
        world.meddle(Box::new(move |passing| match decode(passing.bytes) {
            Ok(ClientFrame::Send { .. })
                if passing.way == Way::Up && passing.server == servers[0] =>
            {
                Vec::new()
            }
            _ => match decode(passing.bytes) {
                Ok(ServerFrame::Joined { topic, .. }) if passing.way == Way::Down => {
                    let is_named = passing.server == servers[0] && passing.node == nodes[1];
                    let members = Vec::from_iter(is_named.then_some(nodes[0]));
                    vec![encode(&ServerFrame::Joined { topic, members })]
                }
                _ => vec![passing.bytes.to_vec()],
            },
        }));
        world.join(lesser, room);
        world.run_for(Duration::from_secs(1));
        world.join(greater, room);
        world.run_for(Duration::from_millis(200));
        let topic = world.room_link(room).keys().topic;
        let named = encode(&ServerFrame::Joined { topic, members: vec![nodes[1]] });
        world.tell(lesser, Input::SocketFrame(SocketId(2), named.into()));
        let limit = Duration::from_secs(2);
        world.expect(limit, "they are linked", |w| w.are_linked(lesser, greater));
    }
}

/// Each of two servers names the other one to one of both, at the same moment: two offers go two
/// ways, and both are answered.
#[test]
fn of_two_links_that_prove_themselves_at_the_same_moment_one_stays() {
    let mut crossed = 0;
    for seed in 0..40 {
        let mut world = World::scenario(seed);
        let servers = [world.add_server(), world.add_server()];
        let room = world.add_room(&servers);
        let tabs = [(); 2].map(|()| world.open(TabSetup::at(&servers)));
        let [ada, bob] = tabs;
        let nodes = tabs.map(|tab| world.node_id(tab));
        world.meddle(liar::rewrite_samples(|_, _, _| Vec::new()));
        for tab in tabs {
            world.join(tab, room);
        }
        world.run_for(Duration::from_secs(1));
        let topic = world.room_link(room).keys().topic;
        for (tab, socket, other) in [(ada, 1, nodes[1]), (bob, 2, nodes[0])] {
            let named = encode(&ServerFrame::Joined { topic, members: vec![other] });
            world.tell(tab, Input::SocketFrame(SocketId(socket), named.into()));
        }
        world.expect(Duration::from_secs(5), "they are linked", |w| w.are_linked(ada, bob));
        world.run_for(Duration::from_secs(5));
        for (one, two) in [(ada, bob), (bob, ada)] {
            assert!(world.are_linked(one, two), "{seed}");
            assert_eq!(world.connections(one), 1, "{seed}");
            assert_eq!(world.failures(one, two), [], "{seed}");
            let left = |event: &Event| matches!(event, Event::RemoteLeft { .. });
            assert!(!world.seen(one).log.iter().any(left), "{seed}");
            world.expect_delivery(one, room, two, Duration::from_secs(1));
        }
        crossed += usize::from(tabs.iter().all(|tab| world.links(*tab).len() > 1));
    }
    assert!(crossed > 10, "only {crossed} of 40 crossed");
}
