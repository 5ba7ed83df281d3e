//! When a node dials a server again that has sent it away.

use std::time::Duration;

use lacis_core::{Event, ServerState};
use lacis_sim::{TabId, TabSetup, Way, World};
use lacis_wire::codec::{decode, encode};
use lacis_wire::signal::{ByeReason, ServerFrame};

/// A tab whose server says goodbye in place of each welcome, and closes.
fn sent_away(reason: ByeReason, retry_after_ms: u32) -> (World, TabId) {
    let mut world = World::scenario(1);
    let server = world.add_server();
    world.meddle(Box::new(move |passing| match decode(passing.bytes) {
        Ok(ServerFrame::Welcome { .. }) if passing.way == Way::Down => {
            vec![encode(&ServerFrame::Bye { reason, retry_after_ms })]
        }
        _ => vec![passing.bytes.to_vec()],
    }));
    let tab = world.open(TabSetup::at(&[server]));
    // The hub goes on, so it is the deadline of the greeting that ends the session.
    world.expect(Duration::from_secs(15), "it is sent away", |world| dials(world, tab).1.is_some());
    (world, tab)
}

/// How often the server was dialled, and what was said of the last end of a session.
fn dials(world: &World, tab: TabId) -> (usize, Option<Duration>) {
    let log = &world.seen(tab).log;
    let dialled = log
        .iter()
        .filter(|event| matches!(event, Event::Server { state: ServerState::Dialing, .. }))
        .count();
    let waits = log.iter().rev().find_map(|event| match event {
        Event::Server { state: ServerState::Waiting, retry, .. } => *retry,
        _ => None,
    });
    (dialled, waits)
}

#[test]
fn who_is_refused_for_what_only_people_change_asks_again_rarely() {
    let people = [ByeReason::Version, ByeReason::Origin, ByeReason::Unauthorized];
    for reason in people.into_iter().chain([ByeReason::Replaced]) {
        // However short a time a server names.
        let (mut world, tab) = sent_away(reason, 0);
        assert!(dials(&world, tab).1 >= Some(Duration::from_secs(60)), "{reason:?}");
        world.run_for(Duration::from_secs(55));
        assert_eq!(dials(&world, tab).0, 1, "{reason:?}");
        world.run_for(Duration::from_secs(10));
        assert_eq!(dials(&world, tab).0, 2, "{reason:?}");
    }
}

#[test]
fn a_server_is_not_dialled_before_it_wants_to_be_however_often_the_device_wakes() {
    let (mut world, tab) = sent_away(ByeReason::RateLimited, 90_000);
    for _ in 0..8 {
        world.run_for(Duration::from_secs(10));
        world.command(tab, |node, now| node.wake(now));
        assert_eq!(dials(&world, tab).0, 1);
    }
    world.run_for(Duration::from_secs(12));
    assert_eq!(dials(&world, tab).0, 2);
}

#[test]
fn nor_by_a_page_that_was_put_aside_and_comes_back() {
    let (mut world, tab) = sent_away(ByeReason::RateLimited, 90_000);
    world.command(tab, |node, now| node.suspend(now));
    world.run_for(Duration::from_secs(60));
    world.command(tab, |node, now| node.resume(now));
    assert_eq!(dials(&world, tab).0, 1);
    world.run_for(Duration::from_secs(32));
    assert_eq!(dials(&world, tab).0, 2);
}

#[test]
fn nobody_is_sent_away_for_good() {
    let (mut world, tab) = sent_away(ByeReason::Shutdown, u32::MAX);
    world.run_for(Duration::from_secs(590));
    assert_eq!(dials(&world, tab).0, 1);
    world.run_for(Duration::from_secs(20));
    assert_eq!(dials(&world, tab).0, 2);
}
