//! Machines that sleep, and clocks that are set: the time of day is right again without a reload.

use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::{Scene, ServerId, TabId, TabSetup, World};
use lacis_wire::Roles;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A founder and a member who have read each other.
fn pair(seed: u64) -> (World, [(TabId, RoomId); 2]) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| stored(&mut world, server, identity));
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.write(ada, group, "before").expect("she may write");
    expect_texts(&mut world, bob, joined, &["before"]);
    (world, [(ada, group), (bob, joined)])
}

fn stored(world: &mut World, server: ServerId, identity: u8) -> TabId {
    let disk = Some(world.add_disk());
    world.open(TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) })
}

fn expect_texts(world: &mut World, tab: TabId, group: RoomId, texts: &[&str]) {
    let mut last = Vec::new();
    for _ in 0..150 {
        last = world.texts(tab, group);
        if last == texts {
            return;
        }
        world.run_for(Duration::from_millis(1_000));
    }
    panic!("{last:?} instead of {texts:?}\n{}", world.describe());
}

/// How far group time of a tab is from the true time, in milliseconds.
fn off(world: &mut World, tab: TabId, group: RoomId) -> u64 {
    let now = world.wall_now();
    let told = world.command(tab, |node, now| node.group_time(now, group)).expect("it is there");
    told.expect("the group is open").0.abs_diff(now.0)
}

#[test]
fn a_laptop_that_slept_hears_the_other_without_a_reload() {
    for (seed, time) in [(1, HOUR), (2, 8 * HOUR), (3, 21 * DAY)] {
        let (mut world, [(ada, at_ada), (bob, at_bob)]) = pair(seed);
        world.sleep(bob, time);
        world.run_for(time - Duration::from_secs(60));
        world.write(ada, at_ada, "meanwhile").expect("she may write");
        world.run_for(Duration::from_secs(60));
        expect_texts(&mut world, bob, at_bob, &["before", "meanwhile"]);
        assert!(off(&mut world, bob, at_bob) < 1_000, "after {time:?}");
        world.write(bob, at_bob, "well rested").expect("he may write");
        expect_texts(&mut world, ada, at_ada, &["before", "meanwhile", "well rested"]);
    }
}

#[test]
fn who_slept_knows_the_time_within_a_minute_though_nobody_tells() {
    for seed in 0..10 {
        let mut world = World::scenario(seed);
        let server = world.add_server();
        let ada = world.open(TabSetup::at(&[server]));
        let group = world.found(ada, "Diary");
        world.run_for(Duration::from_secs(100 + seed * 7));
        world.sleep(ada, 8 * HOUR);
        world.run_for(8 * HOUR + Duration::from_secs(61));
        assert!(off(&mut world, ada, group) < 10);
    }
}

#[test]
fn a_clock_that_is_set_while_the_page_runs_is_believed() {
    for (seed, error) in [(1, 30 * 60_000), (2, -86_400_000), (3, 86_400_000 * 365)] {
        let mut world = World::scenario(seed);
        let server = world.add_server();
        let ada = world.open(TabSetup { wall_error: error, ..TabSetup::at(&[server]) });
        let group = world.found(ada, "Diary");
        world.run_for(Duration::from_secs(10));
        assert!(off(&mut world, ada, group) >= 1_000_000);
        world.set_clock(ada, 0);
        world.run_for(Duration::from_secs(61));
        assert!(off(&mut world, ada, group) < 10);
    }
}

#[test]
fn a_record_whose_end_passed_during_a_sleep_is_gone_after_it() {
    let (mut world, [_, (bob, at_bob)]) = pair(5);
    world.write_for(bob, at_bob, "until noon", HOUR);
    world.isolate(&[bob], 1);
    world.sleep(bob, 2 * HOUR);
    world.run_for(2 * HOUR + Duration::from_secs(61));
    assert_eq!(world.texts(bob, at_bob), ["before"]);
}

#[test]
fn a_sleep_in_a_room_costs_no_member() {
    for seed in 0..5 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        world.sleep(ada, 8 * HOUR);
        world.sleep(bob, 8 * HOUR);
        world.run_for(8 * HOUR);
        world.expect(Duration::from_secs(90), "they are linked again", |w| w.are_linked(ada, bob));
        world.expect_delivery(ada, room, bob, Duration::from_secs(5));
    }
}
