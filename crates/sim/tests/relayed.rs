//! Whether a relay stands between is known a moment after a link stands.

use std::time::Duration;

use lacis_core::{Event, RemoteState};
use lacis_signaling::hub::HubConfig;
use lacis_sim::{Access, TabId, TabSetup, World};
use lacis_wire::signal::IceServer;

fn states(world: &World, tab: TabId) -> Vec<RemoteState> {
    let state = |event: &Event| match event {
        Event::Remote { state, .. } => Some(*state),
        _ => None,
    };
    let mut states: Vec<RemoteState> = world.seen(tab).log.iter().filter_map(state).collect();
    states.dedup();
    states
}

#[test]
fn nobody_is_told_that_a_path_is_direct_which_is_relayed() {
    for relayed in [true, false] {
        let mut world = World::scenario(1);
        let turn = IceServer {
            urls: vec!["turn:relay.example.org".to_owned()],
            username: Some("somebody".to_owned()),
            credential: Some("secret".to_owned()),
        };
        let config = HubConfig { ice_servers: vec![turn], ..HubConfig::default() };
        let server = world.add_server_with(config);
        let room = world.add_room(&[server]);
        let access = Access { symmetric: relayed, ..Access::default() };
        let tabs = [(); 2].map(|()| world.open(TabSetup { access, ..TabSetup::at(&[server]) }));
        for tab in tabs {
            world.join(tab, room);
        }
        world.expect(Duration::from_secs(5), "they are linked", |w| w.all_linked(&tabs));
        world.run_for(Duration::from_secs(5));
        let last = if relayed { RemoteState::Relayed } else { RemoteState::Direct };
        for tab in tabs {
            assert_eq!(states(&world, tab), [RemoteState::Connecting, last]);
        }
    }
}
