//! A group comes from a file whole, or everything stays as it was.

use std::time::Duration;

use lacis_core::{Completion, Event, GroupEvent, RoomId};
use lacis_sim::insider::{Insider, peer};
use lacis_sim::{TabId, World, group_properties};
use lacis_wire::export::framed;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::system::{GroupProperties, REVOCATION};
use lacis_wire::{Code, PeerId, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);

/// A group as a file.
fn export(world: &mut World, tab: TabId, group: RoomId) -> Vec<u8> {
    export_parts(world, tab, group).concat()
}

/// The same in its parts.
fn export_parts(world: &mut World, tab: TabId, group: RoomId) -> Vec<Vec<u8>> {
    let ticket = world.plain_ticket(tab);
    let asked = world.command(tab, |node, now| node.export_group(now, ticket, group));
    assert_eq!(asked, Some(Ok(())));
    world.done(tab, ticket, "it is exported");
    let parts = world.seen(tab).log.iter().filter_map(|event| match event {
        Event::Group { event, .. } => match &**event {
            GroupEvent::Exported { ticket: known, part } if *known == ticket => Some(framed(part)),
            _ => None,
        },
        _ => None,
    });
    parts.collect()
}

/// Opens the group of a file, by the beginning of that.
fn open(world: &mut World, tab: TabId, file: &[u8]) -> RoomId {
    let ticket = world.plain_ticket(tab);
    let begins = file.chunks(limits::EXPORT_PART_BYTES).next().unwrap_or_default();
    let opened =
        world.open_group(tab, |node, now, number| node.import_group(now, ticket, number, begins));
    let group = opened.expect("the tab is there").expect("it begins well");
    world.done(tab, ticket, "it is opened");
    group
}

fn take(
    world: &mut World,
    tab: TabId,
    group: RoomId,
    (number, bytes): (u32, &[u8]),
    is_last: bool,
) -> Result<usize, Code> {
    let taken =
        world.command(tab, |node, now| node.import_file(now, group, number, bytes, is_last));
    taken.expect("the tab is there")
}

/// Takes all but the last byte of a file.
fn take_half(world: &mut World, tab: TabId, file: &[u8]) -> RoomId {
    let group = open(world, tab, file);
    let taken = take(world, tab, group, (1, &file[..file.len() - 1]), true);
    assert_eq!(taken, Err(Code::ExportDamaged));
    world.run_for(SECOND);
    group
}

fn is_open(world: &mut World, tab: TabId, group: RoomId) -> bool {
    world.command(tab, |node, _| node.group_info(group).is_ok()).expect("the tab is there")
}

fn closings(world: &World, tab: TabId) -> usize {
    world.told(tab, |event| matches!(event, GroupEvent::Closed { code: Code::ExportDamaged }))
}

#[test]
fn half_a_file_leaves_everything_as_it_was() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    let id = world.group_id(ada, group);
    world.write(ada, group, "kept").expect("she may write");
    world.run_for(SECOND);
    let file = export(&mut world, ada, group);

    // Nothing was known of it: all of it is gone.
    let other = world.stored(server, 1);
    let disk = other.disk.expect("it stores");
    let other = world.open(other);
    let half = take_half(&mut world, other, &file);
    assert_eq!((is_open(&mut world, other, half), closings(&world, other)), (false, 1));
    let is_left = |world: &mut World| {
        let mut keys = world.disk(disk).entries.keys();
        keys.any(|(_, key)| key.starts_with(id.as_bytes()))
    };
    assert!(!is_left(&mut world), "something of it is stored");

    // It was open: it still is.
    take_half(&mut world, ada, &file);
    assert_eq!((is_open(&mut world, ada, group), closings(&world, ada)), (true, 0));
    assert_eq!(world.texts(ada, group), ["kept"]);

    // It was stored: it is closed again, and can be opened.
    world.kill(ada, false);
    let ada = world.open(setup);
    let half = take_half(&mut world, ada, &file);
    assert_eq!((is_open(&mut world, ada, half), closings(&world, ada)), (false, 1));
    let group = world.open_stored(ada, id);
    assert_eq!(world.texts(ada, group), ["kept"]);

    // Whoever gives up has not taken it whole either.
    let half = open(&mut world, other, &file);
    take(&mut world, other, half, (7, &file), false).expect("it is good");
    world.command(other, |node, now| node.end_import(now, half, 7));
    world.run_for(SECOND);
    assert!(!is_open(&mut world, other, half) && !is_left(&mut world));
    let whole = open(&mut world, other, &file);
    take(&mut world, other, whole, (8, &file), true).expect("it is good");
    world.command(other, |node, now| node.end_import(now, whole, 8));
    world.run_for(SECOND);
    assert_eq!(world.texts(other, whole), ["kept"]);
}

#[test]
fn a_file_comes_in_pieces_of_any_size_and_beside_others() {
    let mut world = World::scenario(2);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup);
    let group = world.found(ada, "Board");
    for text in ["one", "two", "three"] {
        world.write(ada, group, text).expect("she may write");
    }
    world.run_for(SECOND);
    let file = export(&mut world, ada, group);
    let other = world.found(ada, "Other");
    assert_eq!(take(&mut world, ada, other, (1, &file), true), Err(Code::ExportDamaged));
    assert!(is_open(&mut world, ada, other), "it was not opened for the file");

    let tab = world.stored(server, 1);
    let tab = world.open(tab);
    let taken = open(&mut world, tab, &file);
    let mut new = 0;
    for (at, piece) in file.chunks(37).enumerate() {
        new += take(&mut world, tab, taken, (1, piece), false).expect("it is good");
        for number in 2..=8 {
            let piece = file.chunks(11).nth(at).unwrap_or_default();
            take(&mut world, tab, taken, (number, piece), false).expect("it is good");
        }
    }
    assert_eq!(take(&mut world, tab, taken, (1, &[]), true), Ok(0));
    assert!(new >= 3, "{new}");
    world.run_for(SECOND);
    assert_eq!(world.texts(tab, taken), ["one", "three", "two"]);
}

/// The groups that a tab says it keeps.
fn listed(world: &mut World, tab: TabId) -> Vec<String> {
    let ticket = world.plain_ticket(tab);
    world.command(tab, |node, now| node.stored_groups(now, ticket));
    world.expect(SECOND, "it says which groups it keeps", |world| {
        world.settled(tab, ticket).is_some()
    });
    let told = world.seen(tab).log.iter().rev().find_map(|event| match event {
        Event::Completed { result: Ok(Completion::Groups(groups)), .. } => Some(groups.clone()),
        _ => None,
    });
    told.expect("it is told").into_iter().map(|group| group.name).collect()
}

#[test]
fn what_is_being_deleted_is_gone_at_once_and_can_be_opened_anew() {
    for seed in 1..=16 {
        let mut world = World::scenario(seed);
        let server = world.add_server();
        let setup = world.stored(server, 1);
        let ada = world.open(setup);
        let group = world.found(ada, "Board");
        let id = world.group_id(ada, group);
        world.write(ada, group, "kept").expect("she may write");
        let file = export(&mut world, ada, group);

        let setup = world.stored(server, 1);
        let other = world.open(setup);
        let half = open(&mut world, other, &file);
        let cut = &file[..file.len() - 1];
        // Something is being written when it turns out that the file has no end.
        take(&mut world, other, half, (1, cut), false).expect("it is good");
        world.write(other, half, "lost").expect("she may write");
        assert_eq!(take(&mut world, other, half, (1, &[]), true), Err(Code::ExportDamaged));
        assert_eq!(listed(&mut world, other), [""; 0], "seed {seed}");

        let half = open(&mut world, other, &file);
        assert_eq!(take(&mut world, other, half, (1, cut), true), Err(Code::ExportDamaged));
        let whole = open(&mut world, other, &file);
        take(&mut world, other, whole, (1, &file), true).expect("it is good");
        assert_eq!(listed(&mut world, other), ["Board"], "seed {seed}");
        world.run_for(SECOND);
        assert_eq!(world.texts(other, whole), ["kept"]);

        // What is closed and opened at once has all that was written.
        world.write(other, whole, "more").expect("she may write");
        world.command(other, |node, now| node.close_group(now, whole));
        let again = world.open_stored(other, id);
        assert_eq!(world.texts(other, again), ["kept", "more"], "seed {seed}");
    }
}

/// Somebody who does not exist.
fn nobody(number: u16) -> PeerId {
    let mut secret = [3; 32];
    secret[..2].copy_from_slice(&number.to_le_bytes());
    peer_id(&signing_key(&secret))
}

/// More of the system by one author than may wait for what shows who that is.
#[test]
fn nothing_of_the_system_is_lost_on_the_way_through_a_file() {
    let mut world = World::scenario(3);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup);
    let group = world.found(ada, "Board");
    for identity in [7, 8, 9] {
        let text = world.invite(ada, group, peer(identity), Roles::ADMIN, None);
        let admin = Insider::invited(identity, &text);
        assert_eq!(world.import(ada, group, &admin.introduces_itself()), Ok(true));
        for number in 0..8 {
            let names: Vec<[u8; 16]> = (0..u32::try_from(limits::REVOCATION_ACTIONS).expect("few"))
                .map(|at| core::array::from_fn(|byte| at.to_be_bytes()[byte % 4]))
                .collect();
            let now = world.wall_now();
            let whom = nobody(u16::from(identity) * 8 + u16::from(number));
            let part = admin.revokes(whom, now, number, &names);
            assert_eq!(world.import(ada, group, &part), Ok(true));
        }
    }
    world.run_for(SECOND * 30);
    // Those who made a file may have written it in another order.
    let mut parts = export_parts(&mut world, ada, group);
    parts[1..].reverse();
    let file = parts.concat();
    let count = |world: &World, tab, group| {
        world.replica(tab, group).map_or(0, |it| it.system_of(REVOCATION).count())
    };
    assert_eq!(count(&world, ada, group), 24);
    let other = world.stored(server, 1);
    let other = world.open(other);
    let taken = open(&mut world, other, &file);
    take(&mut world, other, taken, (1, &file), true).expect("it is good");
    assert_eq!(count(&world, other, taken), 24);
}

/// A file of before there was less place, or of before something was written anew.
#[test]
fn nothing_is_wrong_with_a_file_of_what_has_no_place_any_more() {
    let mut world = World::scenario(4);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup);
    let group = world.found(ada, "Board");
    for text in ["one", "two", "three"] {
        world.write(ada, group, text).expect("she may write");
        world.run_for(SECOND);
    }
    let file = export(&mut world, ada, group);
    let less = GroupProperties { budget_records: 1, ..group_properties("Board") };
    let ticket = world.plain_ticket(ada);
    world
        .command(ada, |node, now| node.set_properties(now, ticket, group, &less))
        .expect("she is there")
        .expect("she may");
    world.run_for(SECOND);
    assert_eq!(world.texts(ada, group), ["one"]);
    assert_eq!(take(&mut world, ada, group, (1, &file), true), Ok(0));
    assert_eq!(world.texts(ada, group), ["one"]);
}
