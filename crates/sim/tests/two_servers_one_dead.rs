//! Two servers are there so that one may die.

use std::time::Duration;

use lacis_sim::{TabSetup, World};

#[test]
fn one_living_server_is_enough() {
    for dead in 0..2 {
        let mut world = World::scenario(1);
        let servers = [(); 2].map(|()| world.add_server());
        world.stop_server(servers[dead], false);
        let room = world.add_room(&servers);
        let tabs = [(); 2].map(|()| world.open(TabSetup::at(&servers)));
        let tickets = tabs.map(|tab| world.join(tab, room));
        world.expect(Duration::from_secs(1), "they are linked", |w| w.are_linked(tabs[0], tabs[1]));
        for (tab, ticket) in tabs.into_iter().zip(tickets) {
            assert_eq!(world.outcome(tab, ticket), Some(Ok(())));
        }
    }
}

#[test]
fn a_link_can_be_set_up_again_through_the_server_that_is_left() {
    let mut world = World::scenario(1);
    let servers = [(); 2].map(|()| world.add_server());
    let room = world.add_room(&servers);
    let [ada, bob] = [(); 2].map(|()| world.open(TabSetup::at(&servers)));
    world.join(ada, room);
    world.join(bob, room);
    world.expect(Duration::from_secs(1), "they are linked", |w| w.are_linked(ada, bob));
    world.run_for(Duration::from_secs(2));
    for server in servers {
        world.stop_server(server, false);
        world.isolate(&[ada], 1);
        world.run_for(Duration::from_secs(30));
        world.isolate(&[ada], 0);
        world.expect(Duration::from_secs(15), "they are linked again", |w| w.are_linked(ada, bob));
        world.start_server(server);
        world.run_for(Duration::from_secs(60));
    }
}

#[test]
fn members_who_know_different_servers_meet_at_those_in_the_link() {
    let mut world = World::scenario(1);
    let [one, two, common] = [(); 3].map(|()| world.add_server());
    let room = world.add_room(&[common]);
    let ada = world.open(TabSetup::at(&[one]));
    let bob = world.open(TabSetup::at(&[two]));
    world.join(ada, room);
    world.join(bob, room);
    world.expect(Duration::from_secs(2), "they are linked", |w| w.are_linked(ada, bob));
}
