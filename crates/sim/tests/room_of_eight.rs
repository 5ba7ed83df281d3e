//! Eight open the same page at the same time.

use std::time::Duration;

use lacis_sim::{Scene, TabSetup};

#[test]
fn all_are_linked_soon_and_hear_each_other() {
    for seed in 0..5 {
        let Scene { mut world, room, tabs, .. } = Scene::<8>::joined(seed);
        world.expect(Duration::from_secs(2), "all are linked", |w| w.all_linked(&tabs));
        let tickets = tabs.map(|tab| world.broadcast(tab, room, 100, true).expect("sent"));
        for (tab, ticket) in tabs.into_iter().zip(tickets) {
            world.expect_outcome(tab, ticket, Ok(()), Duration::from_secs(1));
        }
        world.run_for(Duration::from_secs(1));
        for tab in tabs {
            assert_eq!(world.seen(tab).messages.len(), 7);
            assert_eq!(world.connections(tab), 7);
            assert_eq!(world.links(tab).len(), 7, "a connection was made in vain");
        }
    }
}

#[test]
fn all_meet_again_after_the_network_was_in_two() {
    let Scene { mut world, tabs, .. } = Scene::<8>::linked(1);
    world.isolate(&tabs[..3], 1);
    world.run_for(Duration::from_secs(90));
    assert!(world.all_linked(&tabs[..3]) && world.all_linked(&tabs[3..]));
    world.isolate(&tabs[..3], 0);
    world.expect(Duration::from_secs(60), "all are linked", |w| w.all_linked(&tabs));
}

#[test]
fn who_comes_later_is_linked_to_all() {
    let Scene { mut world, room, server, tabs } = Scene::<7>::linked(1);
    let late = world.open(TabSetup::at(&[server]));
    world.join(late, room);
    world.expect(Duration::from_secs(2), "all are linked", |w| {
        tabs.iter().all(|tab| w.are_linked(*tab, late))
    });
}
