//! Rooms that are too large for everybody to be linked with everybody.

use std::time::Duration;

use lacis_core::RemoteState;
use lacis_sim::{Mail, Scene, TabId, TabSetup, World};
use lacis_wire::limits::{EPHEMERAL_BYTES, LINKS_MAX, NEIGHBORS, NEIGHBORS_MAX};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Whether each of them knows that all others are there.
fn all_known(world: &World, room: usize, tabs: &[TabId]) -> bool {
    let knows =
        |tab: &TabId, other: &TabId| tab == other || world.state_in(*tab, room, *other).is_some();
    tabs.iter().all(|tab| tabs.iter().all(|other| knows(tab, other)))
}

/// Everybody tells all something; demands that all of it comes, once.
fn expect_all_to_all(world: &mut World, room: usize, tabs: &[TabId], size: usize, limit: Duration) {
    let before: Vec<usize> = tabs.iter().map(|tab| world.seen(*tab).messages.len()).collect();
    for tab in tabs {
        world.broadcast(*tab, room, size, true).expect("it may be told");
    }
    let others = tabs.len() - 1;
    world.expect(limit, "everybody hears everybody", |w| {
        let came = |(tab, before): (&TabId, &usize)| w.seen(*tab).messages.len() - before;
        tabs.iter().zip(&before).all(|both| came(both) >= others)
    });
    world.run_for(SECOND);
    for (tab, before) in tabs.iter().zip(before) {
        assert_eq!(world.seen(*tab).messages.len() - before, others, "some came twice");
    }
}

#[test]
fn a_room_of_nine_is_linked_fully() {
    let Scene { mut world, room, tabs, .. } = Scene::<9>::joined(1);
    world.expect(4 * SECOND, "all are linked", |w| w.all_linked(&tabs));
    world.run_for(2 * MINUTE);
    assert!(world.all_linked(&tabs));
    expect_all_to_all(&mut world, room, &tabs, 100, SECOND);
}

#[test]
fn in_a_room_of_twenty_four_all_hear_all_with_few_links() {
    for seed in 1..3 {
        let Scene { mut world, room, tabs, .. } = Scene::<24>::joined(seed);
        world.expect(10 * SECOND, "all know all", |w| all_known(w, room, &tabs));
        expect_all_to_all(&mut world, room, &tabs, 100, 2 * SECOND);
        world.run_for(MINUTE / 2);
        let links = tabs.map(|tab| world.connections(tab));
        assert!(links.iter().all(|count| *count <= NEIGHBORS_MAX), "{links:?}");
        assert!(links.iter().all(|count| *count >= NEIGHBORS - 1), "{links:?}");
        expect_all_to_all(&mut world, room, &tabs, 100, 2 * SECOND);
    }
}

#[test]
fn what_is_large_reaches_all_too() {
    let Scene { mut world, room, tabs, .. } = Scene::<12>::joined(7);
    world.run_for(MINUTE / 2);
    world.broadcast(tabs[0], room, 100_000, true).expect("it may be told");
    world.broadcast(tabs[1], room, 100, false).expect("it may be told");
    world.expect(10 * SECOND, "all hear both", |w| {
        tabs.iter().skip(2).all(|tab| w.seen(*tab).messages.len() == 2)
    });
}

#[test]
fn what_may_be_lost_reaches_all_in_the_largest_size() {
    let Scene { mut world, room, tabs, .. } = Scene::<14>::joined(7);
    world.run_for(MINUTE / 2);
    world.broadcast(tabs[0], room, EPHEMERAL_BYTES, false).expect("it may be told");
    world.run_for(5 * SECOND);
    let heard = tabs.iter().filter(|tab| world.seen(**tab).messages.len() == 1).count();
    assert_eq!(heard, tabs.len() - 1);
}

#[test]
fn whoever_is_in_several_small_rooms_keeps_its_links() {
    let mut world = World::scenario(8);
    let server = world.add_server();
    let ada = world.open(TabSetup::at(&[server]));
    let mut rooms = Vec::new();
    for _ in 0..3 {
        let room = world.add_room(&[server]);
        world.join(ada, room);
        let others: Vec<TabId> = (0..7).map(|_| world.open(TabSetup::at(&[server]))).collect();
        for tab in &others {
            world.join(*tab, room);
        }
        rooms.push((room, others));
    }
    world.run_for(2 * MINUTE);
    let before = world.links(ada).len();
    world.run_for(5 * MINUTE);
    let made = world.links(ada).len() - before;
    assert!(made < 20, "{made} links");
    for (room, mut tabs) in rooms {
        tabs.push(ada);
        expect_all_to_all(&mut world, room, &tabs, 100, 2 * SECOND);
    }
}

#[test]
fn whoever_comes_is_let_in() {
    let Scene { mut world, room, server, tabs } = Scene::<16>::joined(2);
    world.run_for(10 * SECOND);
    let mut all = tabs.to_vec();
    for _ in 0..16 {
        let late = world.open(TabSetup::at(&[server]));
        world.join(late, room);
        world.expect(5 * SECOND, "it is in", |w| {
            all.iter().filter(|tab| w.are_linked(**tab, late)).count() >= 2
        });
        all.push(late);
    }
    world.expect(10 * SECOND, "all know all", |w| all_known(w, room, &all));
    assert!(all.iter().all(|tab| world.connections(*tab) <= LINKS_MAX));
    expect_all_to_all(&mut world, room, &all, 100, 3 * SECOND);
}

#[test]
fn who_is_not_linked_can_be_spoken_to() {
    let Scene { mut world, room, tabs, .. } = Scene::<20>::joined(3);
    world.run_for(MINUTE);
    for tab in tabs {
        let far = tabs
            .into_iter()
            .find(|other| world.state_in(tab, room, *other) == Some(RemoteState::Indirect));
        let far = far.expect("nobody is linked with all");
        let sent = world.send(tab, room, far, Mail::delivered(50)).expect("it may be sent");
        world.expect_outcome(tab, sent, Ok(()), 2 * SECOND);
    }
    assert!(tabs.iter().all(|tab| world.connections(*tab) <= LINKS_MAX));
    world.run_for(MINUTE);
    let links = tabs.map(|tab| world.connections(tab));
    assert!(links.iter().all(|count| *count <= NEIGHBORS_MAX), "{links:?}");
}

#[test]
fn who_leaves_is_gone_for_all() {
    let Scene { mut world, room, tabs, .. } = Scene::<20>::joined(4);
    world.run_for(MINUTE / 2);
    assert!(all_known(&world, room, &tabs));
    let [one, two, rest @ ..] = tabs;
    world.close(one);
    world.leave(two, room);
    world.expect(2 * SECOND, "all know", |w| {
        let gone = |tab: &TabId, who| w.state_in(*tab, room, who).is_none();
        rest.iter().all(|tab| gone(tab, one) && gone(tab, two))
    });
    world.join(two, room);
    let back: Vec<TabId> = tabs[1..].to_vec();
    world.expect(5 * SECOND, "it is back", |w| all_known(w, room, &back));
    expect_all_to_all(&mut world, room, &back, 100, 2 * SECOND);
}

#[test]
fn who_dies_is_gone_in_the_end_and_nobody_is_cut_off() {
    let Scene { mut world, room, tabs, .. } = Scene::<24>::joined(5);
    world.run_for(MINUTE);
    let (dead, living) = tabs.split_at(8);
    for tab in dead {
        world.kill(*tab, true);
    }
    // As soon as it is noticed that links are dead, others are looked for.
    world.run_for(2 * MINUTE);
    expect_all_to_all(&mut world, room, living, 100, 3 * SECOND);
    world.run_for(3 * MINUTE);
    for tab in living {
        let ghosts = dead.iter().filter(|who| world.state_in(*tab, room, **who).is_some());
        assert_eq!(ghosts.count(), 0);
    }
}

#[test]
fn a_page_in_many_rooms_keeps_few_links() {
    let Scene { mut world, room, server, tabs } = Scene::<16>::joined(6);
    let other = world.add_room(&[server]);
    for tab in tabs {
        world.join(tab, other);
    }
    world.run_for(MINUTE);
    let links = tabs.map(|tab| world.connections(tab));
    assert!(links.iter().all(|count| *count <= NEIGHBORS_MAX), "{links:?}");
    expect_all_to_all(&mut world, room, &tabs, 100, 2 * SECOND);
    expect_all_to_all(&mut world, other, &tabs, 100, 2 * SECOND);
}

#[test]
fn what_was_told_to_a_neighbor_it_hears_also_if_it_has_forgotten_who_passes_it_on() {
    let Scene { mut world, room, tabs, .. } = Scene::<14>::joined(9);
    world.run_for(60 * SECOND);
    let [first, .., last] = tabs;
    world.isolate(&[last], 1);
    world.run_for(SECOND);
    world.broadcast(first, room, 50, true).expect("it may be told");
    world.run_for(SECOND);
    world.leave(last, room);
    world.run_for(SECOND);
    world.join(last, room);
    world.run_for(8 * SECOND);
    assert_eq!(world.seen(last).messages.len(), 0);
    world.isolate(&[last], 0);
    world.expect(60 * SECOND, "it hears it", |w| w.seen(last).messages.len() == 1);
}
