//! Programs that speak versions we do not.

use std::time::Duration;

use lacis_core::{Event, ServerState};
use lacis_sim::{Scene, TabId, TabSetup, Way, World, liar};
use lacis_wire::codec::{decode, encode};
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{Code, VersionRange};

const NEWER: VersionRange = VersionRange { min: 9, max: 12 };

fn server_says(world: &World, tab: TabId) -> Vec<Code> {
    let log = world.seen(tab).log.iter();
    log.filter_map(|event| match event {
        Event::Server { state: ServerState::Waiting, code, .. } => *code,
        _ => None,
    })
    .collect()
}

#[test]
fn a_server_that_knows_only_other_versions_refuses_with_that_reason() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    world.meddle(Box::new(|passing| match decode(passing.bytes) {
        Ok(ClientFrame::Hello { node, secret, .. }) if passing.way == Way::Up => {
            vec![encode(&ClientFrame::Hello { versions: NEWER, node, secret })]
        }
        _ => vec![passing.bytes.to_vec()],
    }));
    let room = world.add_room(&[server]);
    let ada = world.open(TabSetup::at(&[server]));
    let ticket = world.join(ada, room);
    world.expect_outcome(ada, ticket, Err(Code::VersionMismatch), Duration::from_secs(11));
    assert_eq!(server_says(&world, ada), [Code::VersionMismatch], "it was dialled again soon");
}

#[test]
fn a_welcome_in_another_version_is_not_accepted() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    world.meddle(Box::new(|passing| match decode(passing.bytes) {
        Ok(ServerFrame::Welcome { ice_servers, .. }) if passing.way == Way::Down => {
            vec![encode(&ServerFrame::Welcome { version: 9, ice_servers })]
        }
        _ => vec![passing.bytes.to_vec()],
    }));
    let room = world.add_room(&[server]);
    let ada = world.open(TabSetup::at(&[server]));
    let ticket = world.join(ada, room);
    world.expect_outcome(ada, ticket, Err(Code::VersionMismatch), Duration::from_secs(11));
}

#[test]
fn two_nodes_without_a_common_version_say_so_and_try_no_further() {
    for in_offer in [true, false] {
        let mut scene = Scene::<2>::joined(1);
        let [ada, bob] = scene.tabs;
        let world = &mut scene.world;
        let keys = world.room_link(scene.room).keys();
        world.meddle(liar::rewrite_setups(keys, move |_, _, mut setup| {
            match &mut setup {
                Setup::Offer { versions, .. } if in_offer => *versions = NEWER,
                Setup::Answer { version, .. } if !in_offer => *version = 9,
                _ => {}
            }
            vec![setup]
        }));
        world.run_for(Duration::from_secs(30));
        let codes = [world.failures(ada, bob), world.failures(bob, ada)].concat();
        assert!(codes.contains(&Code::VersionMismatch), "{codes:?}");
        assert!(codes.iter().all(|code| *code == Code::VersionMismatch), "{codes:?}");
        assert!(codes.len() <= 2, "{} attempts in half a minute", codes.len());
        assert!(!world.is_encrypted(ada, bob));
    }
}

#[test]
fn frames_of_no_version_end_the_session_and_it_is_dialled_again() {
    let mut scene = Scene::<2>::linked(1);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let mut spoilt = 0;
    world.meddle(Box::new(move |passing| {
        spoilt += 1;
        if spoilt < 3 { vec![vec![0x83, 0x18, 0x63]] } else { vec![passing.bytes.to_vec()] }
    }));
    world.run_for(Duration::from_secs(120));
    assert!(world.are_linked(ada, bob));
    let open = |tab| {
        let report = world.report(tab).expect("the tab is there");
        report.servers.iter().all(|server| server.state == ServerState::Open)
    };
    assert!(open(ada) && open(bob));
}
