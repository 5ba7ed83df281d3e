//! Groups that are deleted, given up or cannot be read while they are opened, and large records
//! that are in the store alone.

use std::time::Duration;

use lacis_core::{RoomId, StoreTable};
use lacis_sim::insider::peer;
use lacis_sim::{ServerId, TabId, World, invitation_for};
use lacis_wire::{Code, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A group with an invitation that anybody may take.
struct Board {
    world: World,
    server: ServerId,
    founder: (TabId, RoomId),
    text: String,
}

fn board(seed: u64) -> Board {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup);
    let group = world.found(ada, "Board");
    let text = world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 10));
    world.run_for(SECOND);
    Board { world, server, founder: (ada, group), text }
}

/// Records that are larger together than what is kept at hand are read from the store and given.
#[test]
fn large_records_that_are_only_stored_are_given_to_a_newcomer() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    let id = world.group_id(ada, group);
    for number in 0..40_u8 {
        let text = char::from(b'A' + number).to_string().repeat(200_000);
        let (_, ticket) = world.write(ada, group, &text).expect("she may write");
        world.done(ada, ticket, "it is stored");
    }
    let text = world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 10));
    world.run_for(SECOND);
    world.kill(ada, false);
    let ada = world.open(setup);
    let group = world.open_stored(ada, id);
    world.connect(ada, group);
    let bob = world.stored(server, 2);
    let bob = world.open(bob);
    let at_bob = world.take_invitation(bob, &text);
    world.connect(bob, at_bob);
    world.run_for(MINUTE);
    let held = world.replica(bob, at_bob).expect("it is open");
    let count = held.ids_where(|it| it.as_str() == "note").count();
    assert_eq!(count, 40);
}

/// Whoever deletes a group that is being opened finds nothing of it in the store afterwards.
#[test]
fn deleting_a_group_that_is_being_opened_leaves_nothing() {
    for micros in [0, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000] {
        let Board { mut world, server, text, .. } = board(2);
        let setup = world.stored(server, 2);
        let disk = setup.disk.expect("he has one");
        let bob = world.open(setup);
        world.run_for(SECOND);
        let before: Vec<_> = world.disk(disk).entries.keys().cloned().collect();
        let ticket = world.plain_ticket(bob);
        let joined = world.open_group(bob, |node, now, number| {
            node.join_group(now, ticket, number, &text, MINUTE)
        });
        let joined = joined.expect("he is there").expect("it can be tried");
        world.run_for(Duration::from_micros(micros));
        let ticket = world.plain_ticket(bob);
        let deleted = world.command(bob, |node, now| node.delete_group(now, ticket, joined));
        deleted.expect("he is there").expect("the group is known");
        world.run_for(SECOND);
        let left: Vec<_> = world.disk(disk).entries.keys().cloned().collect();
        assert_eq!(left, before, "after {micros} microseconds");
    }
}

/// A group that was deleted because the store is full can be opened anew.
#[test]
fn a_group_that_the_store_refused_can_be_deleted_and_joined_anew() {
    let Board { mut world, server, text, .. } = board(3);
    let setup = world.stored(server, 2);
    let disk = setup.disk.expect("he has one");
    let bob = world.open(setup);
    let at_bob = world.take_invitation(bob, &text);
    world.connect(bob, at_bob);
    world.run_for(SECOND * 15);
    world.disk(disk).is_full = true;
    world.write(bob, at_bob, "refused").expect("he may write");
    world.run_for(SECOND);
    world.disk(disk).is_full = false;
    let ticket = world.plain_ticket(bob);
    let deleted = world.command(bob, |node, now| node.delete_group(now, ticket, at_bob));
    deleted.expect("he is there").expect("the group is open");
    let again = world.plain_ticket(bob);
    let joined = world
        .open_group(bob, |node, now, number| node.join_group(now, again, number, &text, MINUTE));
    joined.expect("he is there").expect("it can be tried");
    world.run_for(SECOND * 5);
    assert_eq!(world.settled(bob, ticket), Some(Ok(())));
    assert_ne!(world.settled(bob, again), Some(Err(Code::StoreFull)));
}

/// A group that cannot be read is not connected any more either.
#[test]
fn a_group_that_cannot_be_read_leaves_its_room() {
    let mut world = World::scenario(4);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let disk = setup.disk.expect("she has one");
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    let id = world.group_id(ada, group);
    world.run_for(SECOND);
    world.kill(ada, false);
    world.disk(disk).damage(StoreTable::Meta);
    let ada = world.open(setup);
    let ticket = world.plain_ticket(ada);
    let opened =
        world.open_group(ada, |node, now, number| node.open_group(now, ticket, number, id));
    let group = opened.expect("she is there").expect("it may be tried");
    let joined = world.plain_ticket(ada);
    let connected = world.command(ada, |node, now| node.connect_group(now, joined, group, MINUTE));
    connected.expect("she is there").expect("it can be tried");
    world.run_for(SECOND * 5);
    assert_eq!(world.settled(ada, ticket), Some(Err(Code::StoreDamaged)));
    assert_eq!(world.settled(ada, joined), Some(Err(Code::Aborted)));
    let report = world.report(ada).expect("she is there");
    assert!(report.rooms.is_empty());
}

/// An invitation whose taking was given up while the store was read is not taken.
#[test]
fn an_invitation_that_was_given_up_is_not_taken() {
    let Board { mut world, server, founder, text } = board(5);
    let setup = world.stored(server, 2);
    let bob = world.open(setup);
    world.run_for(SECOND);
    let ticket = world.plain_ticket(bob);
    let joined = world
        .open_group(bob, |node, now, number| node.join_group(now, ticket, number, &text, MINUTE));
    let joined = joined.expect("he is there").expect("it can be tried");
    world.connect(bob, joined);
    world.command(bob, |node, now| node.cancel(now, ticket));
    assert_eq!(world.settled(bob, ticket), Some(Err(Code::Aborted)));
    world.run_for(SECOND * 30);
    assert_eq!(world.roles(founder.0, founder.1, peer(2)), None);
}
