//! Keepers: they give what nobody else has any more, and hold no more than they may.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::insider::changes_group_frames;
use lacis_sim::{ServerId, TabId, TabSetup, World};
use lacis_wire::group::GroupFrame;
use lacis_wire::{RecordId, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A founder and a keeper, linked.
fn kept(seed: u64) -> (World, ServerId, (TabId, RoomId), (TabId, RoomId)) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let ada = world.open(TabSetup::at(&[server]));
    let keeper = world.open(TabSetup::at(&[server]));
    let group = world.found(ada, "Board");
    let at_keeper = world.bring_in(ada, group, keeper, Roles::KEEPER);
    world.expect(SECOND * 10, "they are linked", |world| world.connections(ada) == 1);
    (world, server, (ada, group), (keeper, at_keeper))
}

/// An invitation for the identity of a tab.
fn invitation_of(world: &mut World, (tab, group): (TabId, RoomId), whom: TabId) -> String {
    let peer = world.peer_id(whom);
    let text = world.command(tab, |node, now| node.invite(now, group, peer, Roles::MEMBER, None));
    text.expect("she is there").expect("she may invite")
}

fn has(world: &World, (tab, group): (TabId, RoomId), id: &RecordId) -> bool {
    world.replica(tab, group).is_some_and(|it| it.held(id).is_some())
}

#[test]
fn who_comes_when_all_have_gone_gets_everything_from_a_keeper() {
    for seed in 0..3 {
        let (mut world, server, ada, keeper) = kept(seed);
        let bob = world.open(TabSetup::at(&[server]));
        let text = invitation_of(&mut world, ada, bob);
        let (id, _) = world.write(ada.0, ada.1, "left behind").expect("she may write");
        world.expect(MINUTE, "the keeper has it", |world| has(world, keeper, &id));
        world.close(ada.0);
        world.run_for(MINUTE);
        let at_bob = world.take_invitation(bob, &text);
        world.connect(bob, at_bob);
        world.expect(MINUTE, "he has it", |world| has(world, (bob, at_bob), &id));
        assert_eq!(world.texts(bob, at_bob), ["left behind"]);
    }
}

#[test]
fn a_keeper_that_starts_again_is_found_at_once() {
    let mut world = World::scenario(4);
    let server = world.add_server();
    let ada = world.open(TabSetup::at(&[server]));
    let setup = world.stored(server, 7);
    let keeper = world.open(setup.clone());
    let group = world.found(ada, "Board");
    let at_keeper = world.bring_in(ada, group, keeper, Roles::KEEPER);
    let bob = world.open(TabSetup::at(&[server]));
    let text = invitation_of(&mut world, (ada, group), bob);
    let (id, _) = world.write(ada, group, "left behind").expect("she may write");
    world.expect(MINUTE, "the keeper has it", |world| has(world, (keeper, at_keeper), &id));
    world.run_for(SECOND * 5);
    let kept = world.group_id(keeper, at_keeper);
    world.close(ada);
    world.kill(keeper, false);
    world.run_for(MINUTE);

    let keeper = world.open(setup);
    let at_keeper = world.open_stored(keeper, kept);
    world.connect(keeper, at_keeper);
    world.run_for(SECOND);
    let at_bob = world.take_invitation(bob, &text);
    world.connect(bob, at_bob);
    world.expect(SECOND * 2, "he has it", |world| has(world, (bob, at_bob), &id));
}

#[test]
fn a_keeper_knows_from_its_first_link_where_members_meet() {
    let mut world = World::scenario(5);
    let server = world.add_server();
    let setup = world.stored(server, 7);
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    world.run_for(SECOND * 5);
    let keeper = world.open(TabSetup::at(&[server]));
    world.bring_in(ada, group, keeper, Roles::KEEPER);
    world.expect(SECOND * 10, "they are linked", |world| world.connections(ada) == 1);
    world.run_for(SECOND);
    let id = world.group_id(ada, group);
    world.close(ada);
    world.run_for(SECOND * 5);
    // Whoever knows the topic looks there first, and at the door seconds later.
    let ada = world.open(setup);
    let group = world.open_stored(ada, id);
    world.connect(ada, group);
    world.expect(SECOND, "they are linked again", |world| world.connections(ada) == 1);
}

#[test]
fn a_keeper_takes_no_more_than_its_limit_until_something_has_gone() {
    const LIMIT: u64 = 20_000;
    let (mut world, _, ada, keeper) = kept(1);
    let limited = world.command(keeper.0, |node, now| node.limit_group(now, keeper.1, Some(LIMIT)));
    assert_eq!(limited, Some(Ok(())));
    let large = "x".repeat(8_000);
    let ids: Vec<RecordId> =
        (0..4).map(|_| world.write(ada.0, ada.1, &large).expect("she may write").0).collect();
    world.run_for(MINUTE * 5);
    let taken = |world: &World| ids.iter().filter(|id| has(world, keeper, id)).count();
    assert_eq!(taken(&world), 2, "as many as have room");
    let is_full =
        |world: &mut World| world.command(keeper.0, |node, _| node.is_group_at_limit(keeper.1));
    assert_eq!(is_full(&mut world), Some(Ok(true)));
    // It is neither warned of nor asked for on and on.
    let before = world.events();
    world.run_for(MINUTE * 5);
    assert_eq!(taken(&world), 2);
    println!("{} events in five minutes at the limit", world.events() - before);

    // The end of a record is taken, and makes room for another.
    let gone = ids.iter().find(|id| has(&world, keeper, id)).expect("two are there");
    let ticket = world.plain_ticket(ada.0);
    let records = world.read_all(ada.0, ada.1);
    let held = records.into_iter().find(|it| it.header.id == *gone).expect("she has it").header;
    let deleted = world.command(ada.0, |node, now| node.delete_record(now, ticket, ada.1, &held));
    assert_eq!(deleted, Some(Ok(())));
    world.run_for(MINUTE * 2);
    let (small, _) = world.write(ada.0, ada.1, "small").expect("she may write");
    world.expect(MINUTE * 5, "the small one has room", |world| has(world, keeper, &small));
    world.expect(MINUTE * 10, "so has another large one", |world| {
        ids.iter().filter(|id| *id != gone && has(world, keeper, id)).count() == 2
    });
}

/// What it refused it does not fetch again, however much that is.
#[test]
fn a_keeper_that_is_full_does_not_fetch_what_it_has_no_room_for_again() {
    const RECORDS: usize = 5_000;
    let (mut world, _, ada, keeper) = kept(2);
    let limited = world.command(keeper.0, |node, now| node.limit_group(now, keeper.1, Some(1_000)));
    assert_eq!(limited, Some(Ok(())));
    let sent = Rc::new(Cell::new(0));
    let count = Rc::clone(&sent);
    world.sabotage(
        ada.0,
        changes_group_frames(move |_, frame| {
            count.set(count.get() + usize::from(matches!(frame, GroupFrame::Record { .. })));
            vec![frame]
        }),
    );
    for number in 0..RECORDS {
        world.write(ada.0, ada.1, &format!("{number}")).expect("she may write");
        if number % 100 == 0 {
            world.run_for(SECOND);
        }
    }
    world.run_for(MINUTE * 10);
    assert!(sent.get() > RECORDS / 2, "{}", sent.get());
    sent.set(0);
    world.run_for(MINUTE * 10);
    assert!(sent.get() < 50, "{} records in ten minutes", sent.get());
}
