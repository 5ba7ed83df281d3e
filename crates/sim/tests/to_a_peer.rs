//! What is sent to an identity reaches each of its nodes, and nobody else.

use std::time::Duration;

use lacis_core::SendError;
use lacis_sim::{Mail, Scene, TabId, TabSetup, World};
use lacis_wire::Code;

const SECOND: Duration = Duration::from_secs(1);

fn heard(world: &World, tabs: &[TabId]) -> Vec<usize> {
    tabs.iter().map(|tab| world.seen(*tab).messages.len()).collect()
}

/// Opens a tab of an identity in a room.
fn open(world: &mut World, from: &TabSetup, room: usize, identity: u8) -> TabId {
    let tab = world.open(TabSetup { identity: Some([identity; 32]), ..from.clone() });
    world.join(tab, room);
    tab
}

#[test]
fn each_node_of_the_peer_gets_it_and_nobody_else() {
    let Scene { mut world, server, room, tabs: [ada] } = Scene::<1>::joined(1);
    let setup = TabSetup::at(&[server]);
    let [one, two, eve] = [2, 2, 3].map(|identity| open(&mut world, &setup, room, identity));
    world.expect(8 * SECOND, "all are linked", |w| w.all_linked(&[ada, one, two, eve]));
    let him = world.peer_id(one);
    let sent = world.send_to_peer(ada, room, him, Mail::delivered(40)).expect("he is there");
    world.expect_outcome(ada, sent, Ok(()), SECOND);
    assert_eq!(heard(&world, &[one, two, eve]), [1, 1, 0]);

    // One of them is gone before it has it: the other one has.
    world.kill(two, true);
    let sent = world.send_to_peer(ada, room, him, Mail::delivered(40)).expect("he is there");
    world.run_for(SECOND);
    assert_eq!(heard(&world, &[one]), [2]);
    world.expect_outcome(ada, sent, Ok(()), 60 * SECOND);

    // Nobody has it.
    world.kill(one, true);
    let sent = world.send_to_peer(ada, room, him, Mail::delivered(40)).expect("nobody knows yet");
    world.run_until(90 * SECOND, |w| w.outcome(ada, sent).is_some());
    assert!(matches!(world.outcome(ada, sent), Some(Err(Code::RemoteLeft | Code::LinkLost))));
    let nobody = world.send_to_peer(ada, room, him, Mail::delivered(40));
    assert_eq!(nobody, Err(SendError::NotConnected));
}

#[test]
fn a_peer_without_a_link_is_reached_in_a_large_room() {
    let Scene { mut world, server, room, tabs } = Scene::<14>::joined(2);
    let bob = open(&mut world, &TabSetup::at(&[server]), room, 2);
    world.run_for(60 * SECOND);
    let him = world.peer_id(bob);
    for tab in tabs {
        let sent = world.send_to_peer(tab, room, him, Mail::delivered(40)).expect("he is there");
        world.expect_outcome(tab, sent, Ok(()), 5 * SECOND);
    }
    assert_eq!(heard(&world, &[bob]), [tabs.len()]);
}
