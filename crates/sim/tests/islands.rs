//! A large room that falls apart into islands, of which none knows of the others after a while.

use std::time::Duration;

use lacis_sim::{Scene, TabId, World};
use lacis_wire::limits;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Everybody tells all something; demands that all of it comes.
fn expect_all_to_all(world: &mut World, room: usize, tabs: &[TabId]) {
    let before: Vec<usize> = tabs.iter().map(|tab| world.seen(*tab).messages.len()).collect();
    for tab in tabs {
        world.broadcast(*tab, room, 50, true).expect("it may be told");
    }
    world.expect(10 * SECOND, "everybody hears everybody", |w| {
        let came = |(tab, before): (&TabId, &usize)| w.seen(*tab).messages.len() - before;
        tabs.iter().zip(&before).all(|both| came(both) >= tabs.len() - 1)
    });
}

/// How many links there are between two halves.
fn bridges(world: &World, halves: (&[TabId], &[TabId])) -> usize {
    let across = |one: &TabId| halves.1.iter().filter(|two| world.are_linked(*one, **two)).count();
    halves.0.iter().map(across).sum()
}

#[test]
fn halves_that_have_forgotten_each_other_find_each_other_by_a_server() {
    for (seed, apart) in [(1, MINUTE), (2, 2 * MINUTE), (3, limits::HERE_LIFE * 2)] {
        let Scene { mut world, room, tabs, .. } = Scene::<24>::joined(seed);
        world.run_for(MINUTE);
        let halves = tabs.split_at(12);
        world.isolate(halves.1, 1);
        world.run_for(apart);
        assert_eq!(bridges(&world, halves), 0);
        world.isolate(halves.1, 0);
        // A server names others this often, and a link takes a moment.
        world.run_for(limits::TOPIC_REFRESH + 20 * SECOND);
        expect_all_to_all(&mut world, room, &tabs);
        // What has grown together does not hang on one link, and stays so.
        assert!(bridges(&world, halves) >= 4, "{}", bridges(&world, halves));
        world.run_for(4 * MINUTE);
        assert!(bridges(&world, halves) >= 4, "{}", bridges(&world, halves));
        expect_all_to_all(&mut world, room, &tabs);
    }
}

#[test]
fn halves_grow_together_by_one_link_that_people_make() {
    let Scene { mut world, server, room, tabs } = Scene::<24>::joined(4);
    world.run_for(MINUTE);
    let halves = tabs.split_at(12);
    world.isolate(halves.1, 1);
    world.run_for(limits::HERE_LIFE * 2);
    world.stop_server(server, false);
    world.isolate(halves.1, 0);
    let (one, two) = (tabs[0], tabs[23]);
    let offer = world.pair(one, room, None).expect("it may offer");
    let text = world.expect_text(one, offer);
    let answer = world.pair(two, room, Some(&text)).expect("it may answer");
    let text = world.expect_text(two, answer);
    world.complete_pairing(one, offer, &text).expect("the answer fits");
    world.run_for(MINUTE / 2);
    expect_all_to_all(&mut world, room, &tabs);
    assert!(bridges(&world, halves) >= 4, "{}", bridges(&world, halves));
    // The link that people made is not missed.
    world.kill(one, true);
    world.run_for(MINUTE);
    expect_all_to_all(&mut world, room, &tabs[1..]);
}

#[test]
fn a_link_that_people_make_finds_place_among_attempts_that_nobody_answers() {
    for (seed, few) in [(5, 4), (6, 6), (7, 8), (8, 10), (9, 12)] {
        let Scene { mut world, server, room, tabs } = Scene::<24>::joined(seed);
        world.run_for(MINUTE);
        world.stop_server(server, false);
        let (few, others) = tabs.split_at(few);
        world.isolate(few, 1);
        for round in 0..60 {
            world.run_for(2 * SECOND);
            let (one, two) = (few[round % few.len()], others[round % others.len()]);
            let offer = world.pair(one, room, None).expect("it may offer");
            let text = world.expect_text(one, offer);
            world.cancel(one, offer.linked);
            let answer = world.pair(two, room, Some(&text)).expect("it may answer");
            world.expect_text(two, answer);
            world.cancel(two, answer.linked);
        }
    }
}

/// Offers to members who are on the other island go from member to member there, for up to a minute
/// each. Of whoever comes back to the server each ends, or is answered, at once.
#[test]
fn offers_that_lead_nowhere_do_not_keep_halves_apart_that_one_can_join() {
    let mut slow = 0;
    for seed in 10..18 {
        let Scene { mut world, server, tabs, .. } = Scene::<16>::joined(seed);
        world.run_for(MINUTE);
        let halves = tabs.split_at(8);
        world.isolate(halves.1, 1);
        for tab in halves.1 {
            world.fabric.net.cut(*tab, server, true);
            world.silence_sockets(*tab);
        }
        world.run_for(2 * MINUTE + seed.try_into().map_or(SECOND, |count: u32| SECOND * count));
        assert_eq!(bridges(&world, halves), 0);
        world.isolate(halves.1, 0);
        world.fabric.net.cut(halves.1[0], server, false);
        let is_back = |w: &World| w.hub_stats(server).is_some_and(|it| it.nodes == 9);
        world.expect(45 * SECOND, "one is back at the server", is_back);
        let back_at = world.now();
        world.expect(45 * SECOND, "they are linked", |w| bridges(w, halves) > 0);
        slow += usize::from(world.now() - back_at > 2 * SECOND);
    }
    // Whoever came back can offer to the others in the moment in which they offer to it.
    assert!(slow <= 1, "{slow} of 8 took long");
}
