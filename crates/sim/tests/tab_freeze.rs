//! Hidden and sleeping tabs: timers are late, or nothing happens for a long time.

use std::time::Duration;

use lacis_core::{Event, RemoteState};
use lacis_sim::{Scene, TabId, World};

fn was(world: &World, tab: TabId, wanted: RemoteState) -> bool {
    world
        .seen(tab)
        .log
        .iter()
        .any(|event| matches!(event, Event::Remote { state, .. } if *state == wanted))
}

fn lost_members(world: &World, tab: TabId) -> usize {
    let left = |event: &&Event| matches!(event, Event::RemoteLeft { .. });
    world.seen(tab).log.iter().filter(left).count()
}

#[test]
fn a_short_sleep_is_not_noticed() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        let ticket = world.send_many(ada, room, bob, 3).expect("they may be sent")[2];
        world.freeze(bob, Duration::from_secs(20));
        world.run_for(Duration::from_secs(30));
        assert!(world.are_linked(ada, bob));
        assert_eq!(world.outcome(ada, ticket), Some(Ok(())));
        for tab in [ada, bob] {
            assert!(!was(&world, tab, RemoteState::Recovering), "tab {} noticed", tab.0);
            assert_eq!(world.links(tab).len(), 1);
        }
    }
}

#[test]
fn who_wakes_up_does_not_blame_others_for_the_silence() {
    for seed in 0..10 {
        let Scene { mut world, tabs: [ada, bob], .. } = Scene::linked(seed);
        // Both sleep, as when a laptop is closed, so that nothing waits to be read.
        world.freeze(ada, Duration::from_secs(200));
        world.freeze(bob, Duration::from_secs(200));
        world.run_for(Duration::from_secs(230));
        assert!(world.are_linked(ada, bob));
        assert_eq!((lost_members(&world, ada), lost_members(&world, bob)), (0, 0));
    }
}

#[test]
fn a_long_sleep_is_bridged_and_no_message_is_lost() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        world.freeze(bob, Duration::from_secs(40));
        world.run_for(Duration::from_secs(35));
        assert_eq!(world.state_in(ada, room, bob), Some(RemoteState::Recovering));
        let tickets = world.send_many(ada, room, bob, 5).expect("they may be sent");
        world.expect(Duration::from_secs(30), "they are linked again", |w| w.are_linked(ada, bob));
        for ticket in tickets {
            world.expect_outcome(ada, ticket, Ok(()), Duration::from_secs(5));
        }
        assert_eq!(lost_members(&world, ada), 0);
    }
}

#[test]
fn after_a_very_long_sleep_they_meet_anew() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        world.freeze(bob, Duration::from_secs(300));
        world.run_for(Duration::from_secs(290));
        assert_eq!(lost_members(&world, ada), 1);
        assert!(!world.reaches(ada, room, bob));
        world.expect(Duration::from_secs(60), "they are linked again", |w| w.are_linked(ada, bob));
        world.expect_delivery(bob, room, ada, Duration::from_secs(2));
    }
}

#[test]
fn slow_timers_of_hidden_tabs_break_no_link() {
    for grid in [1, 60] {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
        world.throttle(bob, Duration::from_secs(grid));
        world.run_for(Duration::from_secs(600));
        assert!(world.are_linked(ada, bob));
        assert!(!was(&world, ada, RemoteState::Recovering));
        assert!(!was(&world, bob, RemoteState::Recovering));
        world.expect_delivery(ada, room, bob, Duration::from_secs(61));
    }
}

/// Chromium calls the timers of a page that was hidden for long once a minute.
#[test]
fn a_page_whose_timers_come_once_a_minute_gives_up_who_is_gone() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.throttle(ada, Duration::from_secs(60));
    world.kill(bob, true);
    world.run_for(Duration::from_secs(300));
    assert_eq!(lost_members(&world, ada), 1);
    assert!(!world.reaches(ada, room, bob));
}
