//! Rooms, groups and files have the numbers that the application chose, each once.

use std::time::Duration;

use lacis_core::{Event, JoinError, OpenError, RoomId, SendError, StreamId};
use lacis_sim::{Scene, TabId, World};
use lacis_wire::{Code, GroupId};

const SECOND: Duration = Duration::from_secs(1);
/// Behind it the numbers of another client begin.
const GREATEST: u32 = (1 << 28) - 1;

/// A page that is in no room.
fn page() -> (World, TabId) {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup);
    world.run_for(SECOND);
    (world, ada)
}

fn join(world: &mut World, tab: TabId, number: u32) -> Result<(), JoinError> {
    let room = world.add_room(&[]);
    let link = world.room_link(room).clone();
    let ticket = world.plain_ticket(tab);
    let joined =
        world.command(tab, |node, now| node.join(now, ticket, RoomId(number), &link, SECOND));
    joined.expect("the tab is there")
}

/// What comes of opening a group that is not stored.
fn open(world: &mut World, tab: TabId, number: u32) -> Result<(), OpenError> {
    let ticket = world.plain_ticket(tab);
    let (number, id) = (RoomId(number), GroupId([7; 32]));
    let opened = world.command(tab, |node, now| node.open_group(now, ticket, number, id));
    opened.expect("the tab is there")
}

#[test]
fn a_room_has_a_number_that_no_other_has_had() {
    let (mut world, ada) = page();
    assert_eq!(join(&mut world, ada, 0), Err(JoinError::InvalidArgument));
    assert_eq!(join(&mut world, ada, 7), Ok(()));
    assert_eq!(join(&mut world, ada, 7), Err(JoinError::InvalidArgument));
    world.command(ada, |node, now| node.leave(now, RoomId(7)));
    world.run_for(SECOND);
    for used in [7, 6] {
        assert_eq!(join(&mut world, ada, used), Err(JoinError::InvalidArgument));
    }
    assert_eq!(join(&mut world, ada, 8), Ok(()));
    let rooms = world.report(ada).expect("she is there").rooms;
    assert_eq!(rooms.iter().map(|room| room.room).collect::<Vec<_>>(), [RoomId(8)]);
}

#[test]
fn behind_the_greatest_number_there_is_none() {
    let (mut world, ada) = page();
    assert_eq!(join(&mut world, ada, GREATEST), Ok(()));
    world.command(ada, |node, now| node.leave(now, RoomId(GREATEST)));
    for used in [1, GREATEST] {
        assert_eq!(join(&mut world, ada, used), Err(JoinError::InvalidArgument));
        assert_eq!(open(&mut world, ada, used), Err(OpenError::Refused(Code::InvalidArgument)));
    }
    // Another client has its own, and the node itself.
    assert_eq!(join(&mut world, ada, GREATEST + 2), Ok(()));
    assert_eq!(join(&mut world, ada, u32::MAX), Err(JoinError::InvalidArgument));
}

#[test]
fn rooms_and_groups_share_their_numbers() {
    let (mut world, ada) = page();
    assert_eq!(join(&mut world, ada, 4), Ok(()));
    assert_eq!(open(&mut world, ada, 4), Err(OpenError::Refused(Code::InvalidArgument)));
    assert_eq!(open(&mut world, ada, 5), Ok(()));
    assert_eq!(join(&mut world, ada, 5), Err(JoinError::InvalidArgument));
}

#[test]
fn a_group_that_is_open_has_the_number_that_it_has() {
    let (mut world, ada) = page();
    let group = world.found(ada, "Board");
    let id = world.group_id(ada, group);
    let ticket = world.plain_ticket(ada);
    let other = RoomId(group.0 + 7);
    let asked = world.command(ada, |node, now| node.open_group(now, ticket, other, id));
    assert_eq!(asked, Some(Err(OpenError::Open(group))));
    assert_eq!(world.settled(ada, ticket), None, "the ticket was not used");
    let asked = world.command(ada, |node, now| node.open_group(now, ticket, group, id));
    assert_eq!(asked, Some(Ok(())));
    world.done(ada, ticket, "it is open");
    // It was not used either, and a group that was closed does not have its number for good.
    world.command(ada, |node, now| node.close_group(now, group));
    let again = world.plain_ticket(ada);
    let asked = world.command(ada, |node, now| node.open_group(now, again, group, id));
    assert_eq!(asked, Some(Err(OpenError::Refused(Code::InvalidArgument))));
    let asked = world.command(ada, |node, now| node.open_group(now, again, other, id));
    assert_eq!(asked, Some(Ok(())));
    world.done(ada, again, "it is open");
}

#[test]
fn a_file_has_a_number_that_no_other_has_had_and_one_that_comes_another() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    let (sent, _) = world.send_file(ada, room, bob, 9).expect("it may be sent");
    world.expect(SECOND, "it is offered", |world| offered(world, bob).is_some());
    let came = offered(&world, bob).expect("it came");
    assert!(came.0 > u64::from(u32::MAX));
    let at = world.report(ada).expect("she is there").rooms[0].room;
    let to = world.node_id(bob);
    for wrong in [StreamId(0), sent, came, StreamId(u32::MAX.into()), StreamId(u64::MAX)] {
        let ticket = world.plain_ticket(ada);
        let asked =
            world.command(ada, |node, now| node.open_file(now, ticket, wrong, at, to, "a", "", 9));
        assert_eq!(asked, Some(Err(SendError::InvalidArgument)), "{wrong:?}");
    }
}

fn offered(world: &World, tab: TabId) -> Option<StreamId> {
    world.seen(tab).log.iter().find_map(|event| match event {
        Event::File { stream, .. } => Some(*stream),
        _ => None,
    })
}
