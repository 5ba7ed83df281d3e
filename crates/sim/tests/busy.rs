//! More people in a room than a node keeps links.

use std::time::Duration;

use lacis_core::Event;
use lacis_sim::{Scene, TabId, World};

const MINUTE: Duration = Duration::from_secs(60);

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
