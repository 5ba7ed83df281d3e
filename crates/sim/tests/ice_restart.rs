//! The path breaks and comes back, or comes back elsewhere.

use std::time::Duration;

use lacis_core::{Event, RemoteState};
use lacis_sim::{Mail, Scene, TabId, World};

fn restarts(world: &World, tab: TabId) -> u32 {
    let report = world.report(tab).expect("the tab is there");
    report.remotes.iter().filter_map(|member| member.link).map(|link| link.restarts).sum()
}

#[test]
fn a_broken_path_is_repaired_on_the_same_connection() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        world.isolate(&[ada], 1);
        world.run_for(Duration::from_secs(11));
        let ticket = world.send(ada, room, bob, Mail::delivered(9)).expect("it may be sent");
        assert_eq!(world.state_in(ada, room, bob), Some(RemoteState::Recovering));
        world.isolate(&[ada], 0);
        world.expect(Duration::from_secs(5), "it is repaired", |w| w.are_linked(ada, bob));
        world.expect_outcome(ada, ticket, Ok(()), Duration::from_secs(3));
        assert!(restarts(&world, ada) > 0 && restarts(&world, bob) > 0);
        assert_eq!((world.links(ada).len(), world.links(bob).len()), (1, 1));
    }
}

#[test]
fn a_short_gap_needs_no_restart() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(3));
    world.isolate(&[ada], 0);
    world.run_for(Duration::from_secs(5));
    assert!(world.are_linked(ada, bob));
    assert_eq!(restarts(&world, ada), 0);
    world.expect_delivery(ada, room, bob, Duration::from_secs(1));
}

#[test]
fn without_a_server_the_old_path_is_taken_again_when_it_comes_back() {
    let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(1);
    world.stop_server(server, false);
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(13));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(5), "it is repaired", |w| w.are_linked(ada, bob));
    world.expect_delivery(bob, room, ada, Duration::from_secs(2));
    assert_eq!(world.links(ada).len(), 1);
}

#[test]
fn a_path_that_stays_broken_gives_way_to_a_new_connection() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(32));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(12), "there is a new link", |w| w.are_linked(ada, bob));
    assert!(world.links(ada).len() > 1);
    world.expect_delivery(ada, room, bob, Duration::from_secs(1));
}

#[test]
fn a_link_can_be_repaired_after_the_room_it_was_made_in_was_left() {
    let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(1);
    let other = world.add_room(&[server]);
    world.join(ada, other);
    world.join(bob, other);
    world.run_for(Duration::from_secs(2));
    world.leave(ada, room);
    world.run_for(Duration::from_secs(2));
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(10));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(5), "it is repaired", |w| w.are_linked(ada, bob));
    assert!(restarts(&world, ada) > 0);
    assert_eq!(world.links(ada).len(), 1);
}

/// ICE tells a side nothing that had not noticed the break yet: what comes back over the path does.
#[test]
fn who_did_not_notice_the_break_does_not_take_the_repaired_link_for_lost() {
    let mut unnoticed = 0;
    for seed in 0..40 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        world.run_for(Duration::from_secs(5));
        world.fabric.net.sever(ada, bob, true);
        let was = |world: &World, tab, other| {
            world.state_in(tab, room, other) == Some(RemoteState::Recovering)
        };
        let noticed = |world: &World| was(world, ada, bob) || was(world, bob, ada);
        world.expect(Duration::from_secs(12), "it is noticed", noticed);
        world.fabric.net.sever(ada, bob, false);
        world.run_for(Duration::from_secs(1));
        let recovering =
            |event: &&Event| matches!(event, Event::Remote { state: RemoteState::Recovering, .. });
        let count = |world: &World, tab| world.seen(tab).log.iter().filter(recovering).count();
        let before = [ada, bob].map(|tab| count(&world, tab));
        unnoticed += usize::from(before.contains(&0));
        world.run_for(Duration::from_secs(15));
        assert_eq!([ada, bob].map(|tab| count(&world, tab)), before, "seed {seed}");
        assert_eq!((world.links(ada).len(), world.links(bob).len()), (1, 1), "seed {seed}");
    }
    assert!(unnoticed > 3, "{unnoticed}");
}
