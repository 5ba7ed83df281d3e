//! A proxy on the way to the server holds every frame for a while.

use std::time::Duration;

use lacis_core::Event;
use lacis_sim::{Access, Scene, TabId, TabSetup, World};
use lacis_wire::limits::{ATTEMPT_DEADLINE, ATTEMPT_DEADLINE_MAX, RECOVERY_DEADLINE};

fn behind_proxies(seed: u64, held: u64) -> (World, usize, [TabId; 2]) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let room = world.add_room(&[server]);
    let held = Duration::from_secs(held);
    let access = Access { held, ..Access::default() };
    let tabs = [(); 2].map(|()| world.open(TabSetup { access, ..TabSetup::at(&[server]) }));
    for tab in tabs {
        world.try_join(tab, room, Duration::from_secs(60)).expect("it can be joined");
    }
    (world, room, tabs)
}

#[test]
fn pages_link_though_every_frame_is_held_for_two_seconds() {
    for seed in 0..5 {
        let (mut world, room, [ada, bob]) = behind_proxies(seed, 2);
        world.expect(Duration::from_secs(60), "they are linked", |w| w.are_linked(ada, bob));
        world.expect_delivery(ada, room, bob, Duration::from_secs(2));
    }
}

#[test]
fn pages_link_though_every_frame_is_held_for_five_seconds() {
    for seed in 0..5 {
        let (mut world, room, [ada, bob]) = behind_proxies(seed, 5);
        world.expect(Duration::from_secs(120), "they are linked", |w| w.are_linked(ada, bob));
        world.expect_delivery(ada, room, bob, Duration::from_secs(2));
    }
}

#[test]
fn a_link_that_took_long_is_found_again_before_it_is_given_up() {
    let (mut world, room, [ada, bob]) = behind_proxies(1, 5);
    world.expect(Duration::from_secs(120), "they are linked", |w| w.are_linked(ada, bob));
    world.run_for(Duration::from_secs(5));
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(35));
    world.isolate(&[ada], 0);
    world.expect(RECOVERY_DEADLINE, "they are linked again", |w| w.are_linked(ada, bob));
    let left = |event: &Event| matches!(event, Event::RemoteLeft { .. });
    assert!(!world.seen(ada).log.iter().any(left), "it was given up in between");
    world.expect_delivery(ada, room, bob, Duration::from_secs(2));
}

#[test]
fn attempts_that_are_never_answered_take_longer_each_time_and_end() {
    let Scene { mut world, server, room, tabs: [ada] } = Scene::<1>::joined(1);
    world.run_for(Duration::from_secs(1));
    let bob = world.open(TabSetup::at(&[server]));
    world.join(bob, room);
    world.run_for(Duration::from_millis(20));
    world.freeze(ada, Duration::from_secs(400));
    let failed = |world: &World| world.failures(bob, ada).len();
    let mut times = Vec::new();
    for number in 1..=4 {
        let begun = world.wall_now().0;
        world.expect(ATTEMPT_DEADLINE_MAX * 2, "one fails", |w| failed(w) >= number);
        times.push(Duration::from_millis(world.wall_now().0 - begun));
    }
    assert!(times[0] >= ATTEMPT_DEADLINE && times[0] < ATTEMPT_DEADLINE * 2, "{times:?}");
    assert!(times.is_sorted(), "{times:?}");
    world
        .expect(Duration::from_secs(1), "it is given up", |w| w.state_in(bob, room, ada).is_none());
}
