//! A server that has no place for a room is asked again, and says meanwhile why.

use std::time::Duration;

use lacis_core::{Event, RoomState};
use lacis_signaling::hub::HubConfig;
use lacis_sim::{TabSetup, World};
use lacis_wire::Code;

#[test]
fn a_join_that_a_full_server_refused_succeeds_once_there_is_room() {
    let mut world = World::scenario(1);
    let server = world.add_server_with(HubConfig { topics_max: 1, ..HubConfig::default() });
    let (first, second) = (world.add_room(&[server]), world.add_room(&[server]));
    let [ada, bob] = [(); 2].map(|()| world.open(TabSetup::at(&[server])));
    world.join(ada, first);
    world.run_for(Duration::from_secs(2));
    world.join(bob, second);
    world.run_for(Duration::from_secs(5));
    assert!(world.seen(bob).rooms.values().all(|state| *state == RoomState::Connecting));
    let full = |event: &Event| matches!(event, Event::Warning { code: Code::ServerFull, .. });
    let told = world.seen(bob).log.iter().filter(|event| full(event)).count();
    assert!((1..10).contains(&told), "told {told} times");
    world.leave(ada, first);
    world.expect(Duration::from_secs(60), "there is room now", |world| {
        world.seen(bob).rooms.values().all(|state| *state == RoomState::Open)
    });
}
