//! A tab is gone without a word.

use std::time::Duration;

use lacis_core::{Event, RemoteState, StreamId};
use lacis_sim::{Scene, TabId, TabSetup, World};
use lacis_wire::Code;
use lacis_wire::limits::{ABSENT_DEADLINE, RECOVERY_DEADLINE};

fn departure(world: &World, tab: TabId) -> Option<Code> {
    world.seen(tab).log.iter().find_map(|event| match event {
        Event::RemoteLeft { code, .. } => Some(*code),
        _ => None,
    })
}

/// Until the break is noticed, a restart is tried and an attempt begins.
const NOTICED: Duration = Duration::from_secs(20);

#[test]
fn a_dead_tab_is_given_up_early_when_the_server_knows_it_no_more() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        world.kill(bob, false);
        world.expect(NOTICED, "the break is told", |w| {
            w.state_in(ada, room, bob) == Some(RemoteState::Recovering)
        });
        world.expect(ABSENT_DEADLINE + NOTICED, "it is given up", |w| {
            departure(w, ada) == Some(Code::LinkLost)
        });
        assert_eq!(world.connections(ada), 0);
    }
}

#[test]
fn a_machine_that_lost_power_is_given_up_in_time() {
    for seed in 0..10 {
        let Scene { mut world, tabs: [ada, bob], .. } = Scene::linked(seed);
        world.kill(bob, true);
        world.expect(RECOVERY_DEADLINE + NOTICED, "it is given up", |w| {
            departure(w, ada) == Some(Code::LinkLost)
        });
        world.run_for(Duration::from_secs(200));
        assert_eq!(world.connections(ada), 0);
        assert!(world.seen(ada).members.is_empty(), "it has come back as a ghost");
    }
}

#[test]
fn whatever_waits_for_it_fails_with_it() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.kill(bob, false);
    let mut tickets = world.send_many(ada, room, bob, 5).expect("they may be sent");
    let patience = Duration::from_secs(300);
    tickets.push(world.request(ada, room, bob, 10, patience).expect("it may be asked"));
    tickets.push(world.request(ada, room, bob, 100_000, patience).expect("it may be asked"));
    let (stream, _) = world.send_file(ada, room, bob, 1_000_000).expect("it may be offered");
    world.expect(ABSENT_DEADLINE + NOTICED * 2, "it is given up", |w| departure(w, ada).is_some());
    for ticket in tickets {
        assert_eq!(world.outcome(ada, ticket), Some(Err(Code::LinkLost)));
    }
    let failed = |stream: StreamId| {
        let code = Code::LinkLost;
        world.seen(ada).log.contains(&Event::StreamFailed { stream, code })
    };
    assert!(failed(stream));
}

#[test]
fn who_reloads_is_there_at_once_beside_its_old_self() {
    let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(1);
    world.kill(bob, false);
    let identity = Some([7; 32]);
    let again = world.open(TabSetup { identity, ..TabSetup::at(&[server]) });
    world.join(again, room);
    world.expect(Duration::from_secs(1), "the new one is linked", |w| w.are_linked(ada, again));
    world.expect(Duration::from_secs(40), "the old one is given up", |w| {
        w.state_in(ada, room, bob).is_none()
    });
    assert!(world.are_linked(ada, again));
}

#[test]
fn a_page_that_is_closed_says_good_bye() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.hide_page(bob);
    world.expect(Duration::from_secs(1), "it is gone", |w| w.state_in(ada, room, bob).is_none());
    assert_eq!(departure(&world, ada), Some(Code::Left));
}
