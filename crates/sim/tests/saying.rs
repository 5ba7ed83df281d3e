//! What nodes say of themselves: who is here hears it, for as long as it holds.

use std::collections::BTreeMap;
use std::time::Duration;

use lacis_core::{RoomId, SendError};
use lacis_sim::{Mail, Scene, TabId, TabSetup, World};
use lacis_wire::{NodeId, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);

fn said(world: &World, all: &[(TabId, &str)]) -> BTreeMap<NodeId, Vec<u8>> {
    all.iter().map(|(tab, text)| (world.node_id(*tab), Vec::from(*text))).collect()
}

fn expect_heard(world: &mut World, tab: TabId, all: &[(TabId, &str)], limit: Duration) {
    let all = said(world, all);
    world.expect(limit, "it is heard", |world| world.hears(tab) == all);
}

#[test]
fn who_is_in_a_room_hears_what_others_say_and_newcomers_do() {
    let Scene { mut world, server, room, tabs: [ada, bob] } = Scene::<2>::linked(1);
    world.say(ada, room, Some(b"here")).expect("she may");
    expect_heard(&mut world, bob, &[(ada, "here")], SECOND);
    let eve = world.open(TabSetup::at(&[server]));
    world.join(eve, room);
    expect_heard(&mut world, eve, &[(ada, "here")], 5 * SECOND);
    // He has heard it already, and is not told again because somebody comes.
    assert_eq!(world.hearings(bob), (1, 0));

    world.say(bob, room, Some(b"")).expect("he may");
    expect_heard(&mut world, eve, &[(ada, "here"), (bob, "")], SECOND);
    world.say(ada, room, None).expect("she may");
    expect_heard(&mut world, eve, &[(bob, "")], SECOND);
    world.leave(bob, room);
    expect_heard(&mut world, eve, &[], SECOND);
}

#[test]
fn what_is_said_in_quick_succession_is_sent_now_and_then_and_the_last_arrives() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::<2>::linked(2);
    for at in 0..100 {
        world.say(ada, room, Some(format!("at {at}").as_bytes())).expect("she may");
        world.run_for(Duration::from_millis(2));
    }
    expect_heard(&mut world, bob, &[(ada, "at 99")], SECOND / 5);
    let (heard, over) = world.hearings(bob);
    assert!((5..=8).contains(&heard), "{heard}");
    assert_eq!(over, 0);
}

#[test]
fn it_is_said_again_before_it_would_end_and_ends_with_who_said_it() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::<2>::linked(3);
    world.say(ada, room, Some(b"here")).expect("she may");
    world.run_for(61 * SECOND);
    // Each third of the lifetime.
    assert_eq!(world.hearings(bob), (7, 0));
    world.kill(ada, true);
    // No longer than it holds, and before her link counts as lost for good.
    world.expect(limits::PRESENCE_LIFETIME + SECOND, "it is over", |w| w.hears(bob).is_empty());
    world.run_for(2 * limits::RECOVERY_DEADLINE);
    assert_eq!(world.hearings(bob).1, 1);
}

#[test]
fn who_slept_has_not_missed_that_others_say_it_again() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::<2>::linked(4);
    world.say(ada, room, Some(b"here")).expect("she may");
    world.say(bob, room, Some(b"here too")).expect("he may");
    world.run_for(SECOND);
    for tab in [ada, bob] {
        world.freeze(tab, 200 * SECOND);
    }
    world.run_for(230 * SECOND);
    for (tab, other, text) in [(ada, bob, "here too"), (bob, ada, "here")] {
        assert_eq!(world.hears(tab), said(&world, &[(other, text)]));
        assert_eq!(world.hearings(tab).1, 0, "it never was over");
    }
}

#[test]
fn in_a_large_room_it_reaches_all_and_newcomers_too() {
    let Scene { mut world, server, room, tabs } = Scene::<16>::joined(5);
    world.run_for(30 * SECOND);
    let [ada, others @ ..] = tabs;
    world.say(ada, room, Some(b"here")).expect("she may");
    for tab in others {
        expect_heard(&mut world, tab, &[(ada, "here")], 2 * SECOND);
    }
    let late = world.open(TabSetup::at(&[server]));
    world.join(late, room);
    expect_heard(&mut world, late, &[(ada, "here")], 10 * SECOND);
    world.close(ada);
    for tab in others.into_iter().chain([late]) {
        expect_heard(&mut world, tab, &[], 2 * SECOND);
    }
}

/// Two members of a group, who are not connected with it.
fn members(world: &mut World) -> [(TabId, RoomId); 2] {
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.run_for(5 * SECOND);
    for (tab, group) in [(ada, group), (bob, joined)] {
        world.command(tab, |node, now| node.disconnect_group(now, group));
    }
    world.run_for(5 * SECOND);
    [(ada, group), (bob, joined)]
}

#[test]
fn in_a_group_it_is_said_as_soon_as_that_is_connected_and_for_as_long_as_its_founder_says() {
    let mut world = World::scenario(6);
    let [(ada, group), (bob, joined)] = members(&mut world);
    let say = |world: &mut World, value: Option<Vec<u8>>| {
        world.command(ada, |node, now| node.set_presence(now, group, value)).expect("she is there")
    };
    say(&mut world, Some(b"here".into())).expect("it is open");
    world.connect(ada, group);
    world.connect(bob, joined);
    expect_heard(&mut world, bob, &[(ada, "here")], 10 * SECOND);
    // A minute in the groups of this world, of which a third passes before it is said again.
    let before = world.hearings(bob).0;
    world.run_for(65 * SECOND);
    assert_eq!(world.hearings(bob).0 - before, 3);

    // It goes when she disconnects, and comes back with her.
    world.command(ada, |node, now| node.disconnect_group(now, group));
    expect_heard(&mut world, bob, &[], SECOND);
    world.connect(ada, group);
    expect_heard(&mut world, bob, &[(ada, "here")], 10 * SECOND);
    world.command(ada, |node, now| node.close_group(now, group));
    expect_heard(&mut world, bob, &[], SECOND);
    assert_eq!(say(&mut world, None), Err(SendError::NotInRoom));
}

#[test]
fn it_has_bounds_and_its_label_is_nobody_elses() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::<2>::linked(7);
    let most = vec![7; limits::PRESENCE_BYTES];
    world.say(ada, room, Some(&most)).expect("it fits");
    world.run_for(SECOND);
    assert!(world.hears(bob).into_values().eq([most.clone()]));
    let more = [&most[..], &[7]].concat();
    assert_eq!(world.say(ada, room, Some(&more)), Err(SendError::TooLarge));
    let id = RoomId(0);
    let unknown = world.command(ada, |node, now| node.set_presence(now, id, None));
    assert_eq!(unknown, Some(Err(SendError::NotInRoom)));
    world.expect_delivery(ada, room, bob, SECOND);
    assert!(world.send(ada, room, bob, Mail::default()).is_ok());
    world.close(ada);
    assert_eq!(world.say(ada, room, None), Err(SendError::Closed));
}
