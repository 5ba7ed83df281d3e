//! What one input costs: what it concerns, and not what the node holds.

use std::time::Duration;

use lacis_core::meter::{self, Cost, Counts};
use lacis_sim::{Scene, TabId, TabSetup, World};
use lacis_wire::Roles;

/// The dearest single input or command of any tab, while one says something in a room.
fn chat_line(world: &mut World, from: TabId, room: usize) -> Counts {
    // Not until a group compares again: that is no part of it.
    world.run_for(Duration::from_secs(15));
    meter::reset();
    let ticket = world.broadcast(from, room, 60, true).expect("sent");
    world.expect_outcome(from, ticket, Ok(()), Duration::from_secs(1));
    // Not longer: a round of keep-alive is no part of it.
    world.run_for(Duration::from_millis(300));
    meter::dearest()
}

/// A remote node, and the one whose link takes more again.
const REMOTES_A_LINE: u64 = 2;

#[test]
fn a_chat_line_costs_the_same_with_many_links() {
    let Scene { mut world, room, tabs, .. } = Scene::<9>::linked(1);
    let costs = chat_line(&mut world, tabs[0], room);
    // Whoever broadcasts looks at each receiver once; a receiver at nobody else.
    assert!(costs.of(Cost::Remote) <= 8 + REMOTES_A_LINE, "{costs:?}");
    assert!(costs.of(Cost::Deadline) <= 8 + REMOTES_A_LINE, "{costs:?}");
    assert_eq!(costs.of(Cost::Group), 0, "{costs:?}");
}

#[test]
fn a_chat_line_costs_the_same_with_many_groups() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::<2>::linked(2);
    for _ in 0..15 {
        let group = world.found(ada, "Board");
        world.bring_in(ada, group, bob, Roles::MEMBER);
    }
    let costs = chat_line(&mut world, ada, room);
    assert!(costs.of(Cost::Remote) <= REMOTES_A_LINE, "{costs:?}");
    assert!(costs.of(Cost::Deadline) <= REMOTES_A_LINE, "{costs:?}");
    // The link takes more again: each group may have something for it.
    assert!(costs.of(Cost::Group) <= 15, "{costs:?}");
}

#[test]
fn a_record_costs_the_same_with_many_groups() {
    let mut world = World::scenario(3);
    let server = world.add_server();
    let [ada, bob] = [0; 2].map(|_| world.open(TabSetup::at(&[server])));
    let mut first = None;
    for _ in 0..15 {
        let group = world.found(ada, "Board");
        world.bring_in(ada, group, bob, Roles::MEMBER);
        first.get_or_insert(group);
    }
    world.run_for(Duration::from_secs(30));
    meter::reset();
    world.write(ada, first.expect("founded"), "bonjour").expect("she may write");
    world.run_for(Duration::from_millis(300));
    let costs = meter::dearest();
    assert!(costs.of(Cost::Group) <= 15 + 4, "{costs:?}");
    assert!(costs.of(Cost::Remote) <= 4, "{costs:?}");
    assert!(costs.of(Cost::Deadline) <= 4, "{costs:?}");
    assert!(costs.of(Cost::Judgement) <= 2, "{costs:?}");
    // By whom it comes to: who wrote it knows what it says.
    assert_eq!(meter::total().of(Cost::Opened), 1);
}

/// Times that what is held of a record is entered somewhere or moved when its group is opened: into
/// its table, two indices, and one byte of its times after the other.
const ENTRIES_A_RECORD: u64 = 16;

#[test]
fn opening_a_group_costs_the_same_for_each_record_that_ends() {
    for count in [500, 2_000] {
        let mut world = World::scenario(4);
        let server = world.add_server();
        let setup = world.stored(server, 1);
        let ada = world.open(setup.clone());
        let group = world.found(ada, "Board");
        let id = world.group_id(ada, group);
        for number in 0..count {
            // In no order, as the ids of records are.
            let days = 30 + (number * 7_919) % 3_000;
            let day = Duration::from_secs(86_400);
            world.write_for(ada, group, "bonjour", day * u32::try_from(days).expect("it is less"));
        }
        let closed = world.close(ada);
        world.expect_outcome(ada, closed, Ok(()), Duration::from_secs(10));
        let ada = world.open(setup);
        meter::reset();
        let group = world.open_stored(ada, id);
        let costs = meter::total();
        let held = world.replica(ada, group).expect("it is open").len();
        let held = u64::try_from(held).expect("they are few");
        assert!(held >= count, "{held} are held");
        assert!(costs.of(Cost::Entry) >= held * 3, "it counts: {costs:?}");
        assert!(costs.of(Cost::Entry) <= held * ENTRIES_A_RECORD, "{held}: {costs:?}");
        // Of the system's few, each may be judged more than once.
        assert!(costs.of(Cost::Judgement) <= held + 100, "{held}: {costs:?}");
    }
}
