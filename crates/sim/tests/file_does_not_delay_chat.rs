//! A chat line does not wait behind a file.

use std::time::Duration;

use lacis_sim::{Mail, Scene, TabId, World};

/// The longest time that a chat line took to be delivered and acknowledged.
fn slowest_line(world: &mut World, ada: TabId, room: usize, bob: TabId) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let ticket = world.send(ada, room, bob, Mail::delivered(50)).expect("it may be sent");
        world.expect_outcome(ada, ticket, Ok(()), Duration::from_secs(5));
        slowest = slowest.max(world.took(ada, ticket).unwrap_or_default());
        world.run_for(Duration::from_millis(130));
    }
    slowest
}

#[test]
fn lines_are_as_fast_as_without_a_file_but_for_one_chunk() {
    for bandwidth in [300_000, 1_000_000, 5_000_000] {
        let mut scene = Scene::<2>::linked_as(1, |setup| setup.access.bandwidth = bandwidth);
        let [ada, bob] = scene.tabs;
        let world = &mut scene.world;
        let alone = slowest_line(world, ada, scene.room, bob);
        let size = bandwidth * 8;
        let (_, file) = world.send_file(ada, scene.room, bob, size).expect("it may be offered");
        world.run_for(Duration::from_secs(1));
        let beside = slowest_line(world, ada, scene.room, bob);
        assert!(!world.truth.files[&file].ended, "the file was too short to be in the way");
        assert!(beside < alone + Duration::from_millis(400), "{alone:?} alone, {beside:?} beside");
        world.expect(Duration::from_secs(60), "it arrives", |w| w.truth.files[&file].ended);
    }
}

#[test]
fn a_large_message_does_not_hold_up_a_small_stream() {
    let mut scene = Scene::<2>::linked_as(1, |setup| setup.access.bandwidth = 1_000_000);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let large = world.send(ada, scene.room, bob, Mail::delivered(8_000_000)).expect("sent");
    world.run_for(Duration::from_millis(500));
    let small = world.send(ada, scene.room, bob, Mail::delivered(150_000)).expect("sent");
    world.expect_outcome(ada, small, Ok(()), Duration::from_secs(2));
    assert_eq!(world.outcome(ada, large), None);
    world.expect_outcome(ada, large, Ok(()), Duration::from_secs(20));
}

#[test]
fn files_of_two_members_do_not_wait_for_each_other() {
    let mut scene = Scene::<3>::linked(1);
    let [ada, bob, eve] = scene.tabs;
    let world = &mut scene.world;
    let sizes = [(bob, 4_000_000), (eve, 4_000_000)];
    let files = sizes
        .map(|(to, size)| world.send_file(ada, scene.room, to, size).expect("it may be offered").1);
    world.expect(Duration::from_secs(10), "both arrive", |w| {
        files.iter().all(|file| w.truth.files[file].ended)
    });
}
