//! Setups that members hand on: the server is gone, or brings some of them together no more.

use std::time::Duration;

use lacis_core::RemoteState;
use lacis_sim::{Scene, TabId, TabSetup, World};
use lacis_wire::{Roles, limits};

const SECOND: Duration = Duration::from_secs(1);

fn sever(world: &mut World, tab: TabId, others: &[TabId], severed: bool) {
    for other in others {
        world.fabric.net.sever(tab, *other, severed);
    }
}

/// People carry texts between two tabs.
fn pair(world: &mut World, room: usize, one: TabId, two: TabId) {
    let offer = world.pair(one, room, None).expect("it may offer");
    let text = world.expect_text(one, offer);
    let answer = world.pair(two, room, Some(&text)).expect("it may answer");
    let text = world.expect_text(two, answer);
    world.complete_pairing(one, offer, &text).expect("the answer fits");
}

#[test]
fn who_lost_links_finds_back_over_the_one_that_is_left() {
    for seed in 0..8 {
        let Scene { mut world, server, tabs, room } = Scene::<6>::linked(seed);
        world.stop_server(server, false);
        let [first, .., last] = tabs;
        sever(&mut world, first, &tabs[1..5], true);
        // Long enough for ICE to give up: only another connection helps.
        world.run_for(SECOND * 32);
        let direct = |w: &World, tab| w.state_in(first, room, tab) == Some(RemoteState::Direct);
        assert!(!tabs[1..5].iter().any(|tab| direct(&world, *tab)) && direct(&world, last));
        sever(&mut world, first, &tabs[1..5], false);
        world.expect(SECOND * 15, "all are linked again", |w| w.all_linked(&tabs));
        world.expect(SECOND * 60, "no link goes over another", |w| {
            tabs[1..].iter().all(|tab| direct(w, *tab))
        });
        for other in &tabs[1..5] {
            world.expect_delivery(first, room, *other, SECOND);
        }
    }
}

#[test]
fn who_was_given_up_is_found_again_by_what_members_tell() {
    let Scene { mut world, server, tabs, .. } = Scene::<5>::linked(1);
    world.stop_server(server, false);
    let first = tabs[0];
    sever(&mut world, first, &tabs[1..4], true);
    world.run_for(limits::RECOVERY_DEADLINE + SECOND * 30);
    sever(&mut world, first, &tabs[1..4], false);
    let limit = limits::HERE_INTERVAL + limits::SEEK_REST;
    world.expect(limit, "all are linked again", |w| w.all_linked(&tabs));
}

#[test]
fn who_comes_by_texts_that_people_carry_gets_to_know_all() {
    for seed in 0..8 {
        let Scene { mut world, server, tabs, room } = Scene::<6>::linked(seed);
        world.stop_server(server, false);
        world.run_for(SECOND * 3);
        let late = world.open(TabSetup::at(&[server]));
        world.join(late, room);
        pair(&mut world, room, late, tabs[2]);
        let limit = SECOND * 10;
        for other in tabs {
            world.expect(limit, "it is linked with all", |w| w.are_linked(late, other));
        }
        world.expect_delivery(late, room, tabs[5], SECOND);
    }
}

#[test]
fn two_of_whom_one_has_lost_the_server_find_each_other_over_a_third() {
    for seed in 0..8 {
        let Scene { mut world, server, tabs, .. } = Scene::<3>::linked(seed);
        let [ada, bob, _] = tabs;
        world.fabric.net.cut(ada, server, true);
        world.break_sockets(ada);
        sever(&mut world, ada, &[bob], true);
        world.run_for(SECOND * 32);
        sever(&mut world, ada, &[bob], false);
        world.expect(SECOND * 15, "they are linked again", |w| w.are_linked(ada, bob));
    }
}

#[test]
fn two_who_were_never_linked_link_over_several_others() {
    for seed in 0..8 {
        let Scene { mut world, server, tabs, room } = Scene::<24>::joined(seed);
        world.run_for(SECOND * 60);
        world.stop_server(server, false);
        world.run_for(SECOND * 5);
        let far = |world: &World, one: TabId| {
            tabs.iter().copied().find(|two| *two != one && !world.are_linked(one, *two))
        };
        for one in tabs.into_iter().take(4) {
            let two = far(&world, one).expect("nobody is linked with all");
            world.expect_delivery(one, room, two, SECOND * 10);
            assert!(world.are_linked(one, two));
        }
    }
}

#[test]
fn a_member_without_a_server_is_let_in_by_a_link_that_people_made() {
    let mut world = World::scenario(3);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let founder = world.open(setup);
    let group = world.found(founder, "Alone");
    let room = world.room_of_group(founder, group);
    let mut tabs = vec![founder];
    for identity in 2..6 {
        let setup = world.stored(server, identity);
        let tab = world.open(setup);
        let joined = world.bring_in(founder, group, tab, Roles::MEMBER);
        assert_eq!(world.room_of_group(tab, joined), room);
        tabs.push(tab);
    }
    world.expect(SECOND * 10, "all are linked", |w| w.all_linked(&tabs));
    world.run_for(SECOND * 20);
    world.stop_server(server, false);
    world.run_for(SECOND * 3);
    let setup = world.stored(server, 9);
    let late = world.open(setup);
    let joined = world.bring_in(founder, group, late, Roles::MEMBER);
    assert_eq!(world.room_of_group(late, joined), room);
    pair(&mut world, room, late, founder);
    for tab in &tabs {
        world.expect(SECOND * 15, "it is linked with all", |w| w.are_linked(late, *tab));
    }
    world.expect_delivery(late, room, tabs[4], SECOND);
}

#[test]
fn what_is_told_as_soon_as_all_are_linked_comes_to_all() {
    for seed in 0..60 {
        let Scene { mut world, server, tabs, room } = Scene::<6>::linked_as(seed, |setup| {
            setup.access.latency = Duration::from_micros(100 + 100 * (seed % 7));
            setup.access.jitter = Duration::from_millis(seed % 3);
        });
        world.stop_server(server, false);
        world.run_for(SECOND * 3);
        let late = world.open(TabSetup::at(&[server]));
        world.join(late, room);
        pair(&mut world, room, late, tabs[2]);
        let mut all = tabs.to_vec();
        all.push(late);
        let connected = |w: &World, one: TabId, two: TabId| {
            let told = w.state_in(one, room, two);
            one == two || matches!(told, Some(RemoteState::Direct | RemoteState::Indirect))
        };
        world.expect(SECOND * 10, "all know all as linked", |w| {
            all.iter().all(|one| all.iter().all(|two| connected(w, *one, *two)))
        });
        let before: Vec<usize> = all.iter().map(|tab| world.seen(*tab).messages.len()).collect();
        for tab in &all {
            world.broadcast(*tab, room, 10, true).expect("it may be told");
        }
        world.run_for(SECOND * 10);
        let heard: Vec<usize> = all
            .iter()
            .zip(before)
            .map(|(tab, was)| world.seen(*tab).messages.len() - was)
            .collect();
        assert_eq!(heard, vec![6; 7], "seed {seed}");
    }
}
