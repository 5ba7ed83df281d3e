//! More people in a room than a node keeps links.

use std::time::Duration;

use lacis_core::Event;
use lacis_sim::{Scene, TabId, World};
use lacis_wire::Code;
use lacis_wire::limits::LINKS_MAX;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn thirteen_are_all_linked() {
    let Scene { mut world, tabs, .. } = Scene::<13>::joined(1);
    world.expect(MINUTE, "all are linked", |w| w.all_linked(&tabs));
}

#[test]
fn nobody_has_more_links_than_allowed_and_whoever_is_refused_is_told_why() {
    let Scene { mut world, room, tabs, .. } = Scene::<16>::joined(1);
    world.run_for(MINUTE);
    let links = tabs.map(|tab| world.connections(tab));
    // That nobody has more is a matter of the checkers.
    assert!(links.iter().all(|links| *links > LINKS_MAX / 2), "{links:?}");
    let refused = |event: &Event| matches!(event, Event::ConnectFailed { code: Code::Busy, .. });
    assert!(tabs.iter().any(|tab| world.seen(*tab).log.iter().any(refused)));
    for tab in tabs {
        let linked: Vec<TabId> =
            tabs.into_iter().filter(|other| world.reaches(tab, room, *other)).collect();
        world.expect_delivery(tab, room, linked[0], Duration::from_secs(2));
    }
}

#[test]
fn a_place_that_becomes_free_is_taken() {
    let Scene { mut world, tabs, .. } = Scene::<15>::joined(1);
    world.run_for(MINUTE);
    for tab in &tabs[..2] {
        world.close(*tab);
    }
    world.expect(MINUTE * 2, "the others are all linked", |w| w.all_linked(&tabs[2..]));
}

#[test]
fn who_was_never_reached_does_not_leave() {
    let Scene { mut world, room, tabs, .. } = Scene::<16>::joined(1);
    let left = |world: &World, tab: TabId| {
        let of_member = |event: &&Event| matches!(event, Event::RemoteLeft { .. });
        world.seen(tab).log.iter().filter(of_member).count()
    };
    // The checkers look whether anybody leaves who was not there.
    for tab in tabs {
        world.run_for(Duration::from_millis(70));
        world.leave(tab, room);
    }
    world.run_for(MINUTE);
    assert!(tabs.iter().any(|tab| left(&world, *tab) > 0));
    assert!(tabs.iter().all(|tab| world.connections(*tab) == 0));
}
