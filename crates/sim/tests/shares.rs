//! Who has something to say over one link shares it: no sender holds up the others.

use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::{TabId, TabSetup, World};
use lacis_wire::Roles;

const LONG: Duration = Duration::from_secs(120);
/// Records of this size are large enough to go on bulk.
const RECORD_BYTES: usize = 12_000;
const RECORDS: usize = 150;

/// Two in so many groups, with links of so many bytes a second, who were apart while one of them
/// wrote records into each.
fn apart<const N: usize>(bandwidth: u64) -> (World, [TabId; 2], [[RoomId; 2]; N]) {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let [ada, bob] = [0; 2].map(|_| {
        let mut setup = TabSetup::at(&[server]);
        setup.access.bandwidth = bandwidth;
        world.open(setup)
    });
    let groups = [0; N].map(|_| {
        let at_ada = world.found(ada, "Board");
        [at_ada, world.bring_in(ada, at_ada, bob, Roles::MEMBER)]
    });
    world.isolate(&[bob], 1);
    world.expect(LONG, "they are parted", |world| !world.are_linked(ada, bob));
    let text = "x".repeat(RECORD_BYTES);
    for [at_ada, _] in groups {
        for _ in 0..RECORDS {
            world.write(ada, at_ada, &text).expect("she may write");
        }
    }
    world.run_for(Duration::from_secs(10));
    (world, [ada, bob], groups)
}

/// How many records of a group the second of them lacks.
fn lacks(world: &World, [ada, bob]: [TabId; 2], [at_ada, at_bob]: [RoomId; 2]) -> usize {
    let held = [(ada, at_ada), (bob, at_bob)]
        .map(|(tab, group)| world.replica(tab, group).map_or(0, |replica| replica.len()));
    held[0].saturating_sub(held[1])
}

#[test]
fn records_do_not_wait_for_a_file() {
    let (mut world, tabs, [group]) = apart::<1>(5_000_000);
    let [ada, bob] = tabs;
    let room = world.room_of_group(ada, group[0]);
    world.heal();
    world.expect(LONG, "they are linked", |world| world.reaches(ada, room, bob));
    let (_, file) = world.send_file(ada, room, bob, 60_000_000).expect("it may be offered");
    assert!(lacks(&world, tabs, group) > RECORDS / 2, "the records came before the file");
    // Alone they take half a second.
    let all = |world: &World| lacks(world, tabs, group) == 0;
    world.expect(Duration::from_secs(3), "the records come", all);
    assert!(!world.truth.files[&file].ended, "the file was too short to be in the way");
    world.expect(LONG, "the file comes", |world| world.truth.files[&file].ended);
}

#[test]
fn groups_share_a_link() {
    let (mut world, tabs, groups) = apart::<2>(1_000_000);
    world.heal();
    let least = |world: &World| groups.map(|group| lacks(world, tabs, group)).into_iter().min();
    world.expect(LONG, "the records of one come", |world| least(world) == Some(0));
    let lacking: usize = groups.iter().map(|group| lacks(&world, tabs, *group)).sum();
    assert!(lacking <= RECORDS / 2, "{lacking} of {RECORDS} lack then");
    world.expect(LONG, "all come", |world| groups.iter().all(|it| lacks(world, tabs, *it) == 0));
}
