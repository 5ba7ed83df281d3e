//! What is stored of a group is never made anew over: who founds, joins or imports a group again
//! keeps its root key, its credential and all keys. And what cannot be stored does not pile up.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, RevokeOptions, RoomId, Ticket};
use lacis_sim::insider::{Insider, peer};
use lacis_sim::{ServerId, TabId, TabSetup, World, group_properties, invitation_for};
use lacis_wire::export::framed;
use lacis_wire::{Code, GroupId, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

struct Founder {
    world: World,
    server: ServerId,
    setup: TabSetup,
    ada: TabId,
    group: RoomId,
    id: GroupId,
}

/// A founder whose record is stored.
fn founder(seed: u64) -> Founder {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    let id = world.group_id(ada, group);
    let (_, ticket) = world.write(ada, group, "kept").expect("she may write");
    world.done(ada, ticket, "it is stored");
    Founder { world, server, setup, ada, group, id }
}

fn join(world: &mut World, tab: TabId, text: &str) -> (RoomId, Ticket) {
    let ticket = world.plain_ticket(tab);
    let joined = world
        .open_group(tab, |node, now, number| node.join_group(now, ticket, number, text, MINUTE));
    (joined.expect("the tab is there").expect("it can be tried"), ticket)
}

/// That somebody has all that a founder has.
fn is_whole(world: &mut World, tab: TabId, group: RoomId, texts: &[&str]) {
    assert_eq!(world.texts(tab, group), texts);
    assert_eq!(world.roles(tab, group, peer(1)), Some(Roles::ADMIN));
    let founder = world.command(tab, |node, _| node.group_founder(group));
    assert_eq!(founder, Some(Ok(Some(peer(1)))));
    let ticket = world.plain_ticket(tab);
    let properties = group_properties("New");
    let renamed =
        world.command(tab, |node, now| node.set_properties(now, ticket, group, &properties));
    assert_eq!(renamed, Some(Ok(())), "it has the root key");
    world.done(tab, ticket, "it is renamed");
    world.invite(tab, group, peer(77), Roles::ADMIN, None);
}

#[test]
fn joining_a_stored_group_again_loses_nothing() {
    let Founder { mut world, setup, ada, group, id, .. } = founder(3);
    let text = world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 10));
    world.run_for(SECOND);
    world.kill(ada, false);
    // The page is opened with the invitation in its address.
    let ada = world.open(setup.clone());
    let (joined, ticket) = join(&mut world, ada, &text);
    world.done(ada, ticket, "she is a member");
    is_whole(&mut world, ada, joined, &["kept"]);
    let (again, ticket) = join(&mut world, ada, &text);
    world.done(ada, ticket, "she still is");
    assert_eq!(again, joined);
    world.write(ada, joined, "more").expect("she may write");
    world.run_for(SECOND);
    world.kill(ada, false);
    let ada = world.open(setup);
    let group = world.open_stored(ada, id);
    is_whole(&mut world, ada, group, &["kept", "more"]);
}

/// The tab dies at any moment of joining what it has stored.
#[test]
fn a_crash_while_a_stored_group_is_joined_loses_nothing() {
    for millis in [0, 1, 3, 6, 10, 20, 50] {
        let Founder { mut world, setup, ada, group, id, .. } = founder(millis);
        let text = world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 10));
        world.run_for(SECOND);
        world.kill(ada, true);
        let ada = world.open(setup.clone());
        join(&mut world, ada, &text);
        world.run_for(Duration::from_millis(millis));
        world.kill(ada, true);
        let ada = world.open(setup);
        let group = world.open_stored(ada, id);
        is_whole(&mut world, ada, group, &["kept"]);
    }
}

#[test]
fn an_invitation_to_less_takes_nothing_from_a_member() {
    let Founder { mut world, server, ada, group, id, .. } = founder(4);
    let setup = world.stored(server, 2);
    let bob = world.open(setup.clone());
    let less = world.invite(ada, group, peer(2), Roles::MEMBER, Some(MINUTE));
    let open = world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 10));
    let at_bob = world.bring_in(ada, group, bob, Roles::ADMIN);
    world.expect_texts(bob, at_bob, &["kept"]);
    world.run_for(SECOND);
    for text in [less, open] {
        world.kill(bob, false);
        let bob = world.open(setup.clone());
        let (joined, ticket) = join(&mut world, bob, &text);
        world.done(bob, ticket, "he is a member");
        assert_eq!(world.texts(bob, joined), ["kept"]);
        assert_eq!(world.roles(bob, joined, peer(2)), Some(Roles::ADMIN));
        world.kill(bob, false);
    }
    world.run_for(MINUTE * 2);
    let bob = world.open(setup);
    let opened = world.open_stored(bob, id);
    assert_eq!(world.roles(bob, opened, peer(2)), Some(Roles::ADMIN));
    world.write(bob, opened, "more").expect("he may write");
}

/// A group as a file, its first part apart.
fn export(world: &mut World, tab: TabId, group: RoomId) -> (Vec<u8>, Vec<Vec<u8>>) {
    let ticket = world.plain_ticket(tab);
    let asked = world.command(tab, |node, now| node.export_group(now, ticket, group));
    assert_eq!(asked, Some(Ok(())));
    world.done(tab, ticket, "it is exported");
    let log = world.seen(tab).log.iter();
    let mut parts: Vec<Vec<u8>> = log
        .filter_map(|event| match event {
            Event::Group { event, .. } => match &**event {
                GroupEvent::Exported { ticket: known, part } if *known == ticket => Some(part),
                _ => None,
            },
            _ => None,
        })
        .cloned()
        .collect();
    (parts.remove(0), parts)
}

fn import(world: &mut World, tab: TabId, first: &[u8], parts: &[Vec<u8>]) -> RoomId {
    let ticket = world.plain_ticket(tab);
    let begins = framed(first);
    let opened =
        world.open_group(tab, |node, now, number| node.import_group(now, ticket, number, &begins));
    let group = opened.expect("the tab is there").expect("the file is good");
    world.done(tab, ticket, "it is opened");
    let parts = parts.iter().map(|part| framed(part));
    let file: Vec<u8> = [begins].into_iter().chain(parts).flatten().collect();
    let taken = world.command(tab, |node, now| node.import_file(now, group, 1, &file, true));
    taken.expect("the tab is there").expect("the file is good");
    let ticket = world.plain_ticket(tab);
    world.command(tab, |node, now| node.group_stored(now, ticket, group));
    world.done(tab, ticket, "all is stored");
    group
}

#[test]
fn a_file_that_is_older_than_what_is_stored_takes_nothing_away() {
    let Founder { mut world, server, setup, ada, group, id } = founder(5);
    let (first, parts) = export(&mut world, ada, group);
    // Another key follows, under which more is written.
    let bob = world.stored(server, 2);
    let bob = world.open(bob);
    world.bring_in(ada, group, bob, Roles::MEMBER);
    world.run_for(SECOND * 15);
    world.revoke(ada, group, peer(2));
    world.run_for(SECOND * 15);
    world.write(ada, group, "later").expect("she may write");
    world.run_for(SECOND);
    // Into the open group, and into the closed one.
    import(&mut world, ada, &first, &parts);
    is_whole(&mut world, ada, group, &["kept", "later"]);
    world.run_for(SECOND);
    world.kill(ada, false);
    let ada = world.open(setup.clone());
    let group = import(&mut world, ada, &first, &parts);
    is_whole(&mut world, ada, group, &["kept", "later"]);
    assert_eq!(world.roles(ada, group, peer(2)), None);
    world.kill(ada, false);
    let ada = world.open(setup);
    let group = world.open_stored(ada, id);
    is_whole(&mut world, ada, group, &["kept", "later"]);
    // And onto another device, all that the first one has.
    let (first, parts) = export(&mut world, ada, group);
    let other = world.stored(server, 1);
    let other = world.open(other);
    let group = import(&mut world, other, &first, &parts);
    is_whole(&mut world, other, group, &["kept", "later"]);
}

#[test]
fn one_bad_part_of_a_file_does_not_take_the_others_along() {
    let Founder { mut world, server, ada, group, .. } = founder(6);
    let text = world.invite(ada, group, peer(9), Roles::MEMBER, None);
    let mallory = Insider::invited(9, &text);
    world.import(ada, group, &mallory.introduces_itself()).expect("she is a member");
    let (first, mut parts) = export(&mut world, ada, group);
    let now = world.wall_now();
    let mut forged = mallory.header("note", now, lacis_wire::Millis(now.0 + 5), 1);
    forged.creator = peer(1);
    parts.insert(0, mallory.signs(forged, b"forged".to_vec()));
    parts.insert(2, b"noise".to_vec());
    let other = world.stored(server, 1);
    let other = world.open(other);
    let group = import(&mut world, other, &first, &[]);
    let results: Vec<_> = parts.iter().map(|part| world.import(other, group, part)).collect();
    let bad = results.iter().filter(|it| **it == Err(Code::ExportDamaged)).count();
    assert_eq!(bad, 2, "{results:?}");
    is_whole(&mut world, other, group, &["kept"]);
}

/// A disk that is full takes nothing, and what others push meanwhile does not fill the memory.
#[test]
fn what_is_pushed_to_one_whose_disk_is_full_is_bounded() {
    let Founder { mut world, server, setup, ada, group, .. } = founder(7);
    let bob = world.stored(server, 2);
    let bob = world.open(bob);
    let text = world.invite(ada, group, peer(2), Roles::MEMBER, None);
    let insider = Insider::invited(2, &text);
    let at_bob = world.take_invitation(bob, &text);
    world.connect(bob, at_bob);
    world.expect_texts(bob, at_bob, &["kept"]);
    let disk = setup.disk.expect("she has one");
    world.disk(disk).is_full = true;
    let bound = limits::UNSAVED_BYTES + limits::RECORD_BYTES;
    let body = vec![7; 250_000];
    let count = limits::UNSAVED_BYTES / body.len() + 12;
    for number in 0..count as u64 {
        // What nobody can open is stored and pushed like anything else.
        let part = insider.writes(world.wall_now(), number, &body);
        assert_eq!(world.import(bob, at_bob, &part), Ok(true));
        world.run_for(Duration::from_millis(200));
        let load = world.group_load(ada, group).expect("it is open");
        assert!(load.body_bytes <= bound, "{load:?}");
    }
    let held = |world: &World| {
        let replica = world.replica(ada, group).expect("it is open");
        replica.ids_where(|it| it.as_str() == "note").count() - 1
    };
    assert!(held(&world) < count);
    // Nothing is lost by that.
    world.disk(disk).is_full = false;
    world.expect(MINUTE * 5, "all is here in the end", |world| held(world) == count);
}

/// What a command does, it does as a whole: one that is refused leaves nothing behind.
#[test]
fn what_is_refused_has_taken_no_effect() {
    let Founder { mut world, server, ada, group, .. } = founder(8);
    let [bob, cleo] = [2, 3].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let at_bob = world.bring_in(ada, group, bob, Roles::ADMIN);
    let at_cleo = world.bring_in(ada, group, cleo, Roles::MEMBER);
    world.run_for(SECOND * 15);
    let state = |world: &mut World| {
        let [ada, bob] = [(ada, group), (bob, at_bob)].map(|(tab, group)| {
            let roles = [1, 2, 3].map(|identity| world.roles(tab, group, peer(identity)));
            (roles, world.replica(tab, group).expect("it is open").summary())
        });
        (ada, bob)
    };
    let before = state(&mut world);
    let refused = |world: &mut World, tab, group, subject: u8| {
        let ticket = world.plain_ticket(tab);
        let options = RevokeOptions::default();
        world.command(tab, |node, now| node.revoke(now, ticket, group, peer(subject), options))
    };
    // A member, of anybody; somebody of itself; and of somebody who is no member.
    assert_eq!(refused(&mut world, cleo, at_cleo, 2), Some(Err(Code::NotAllowed)));
    assert_eq!(refused(&mut world, ada, group, 1), Some(Err(Code::NotAllowed)));
    let ticket = world.plain_ticket(bob);
    let roles = (Roles::MEMBER, None);
    let asked = world.command(bob, |node, now| node.set_roles(now, ticket, at_bob, peer(1), roles));
    assert!(asked.is_some_and(|it| it.is_err()), "the founder is nearer");
    let ticket = world.plain_ticket(ada);
    let dated = (Roles::ADMIN, Some(MINUTE));
    let asked = world.command(ada, |node, now| node.set_roles(now, ticket, group, peer(3), dated));
    assert_eq!(asked, Some(Err(Code::InvalidArgument)), "admins have no dates");
    let ticket = world.plain_ticket(ada);
    let asked = world.command(ada, |node, now| node.set_roles(now, ticket, group, peer(50), roles));
    assert_eq!(asked, Some(Err(Code::NotMember)));
    assert_eq!(refused(&mut world, bob, at_bob, 1), Some(Err(Code::NotAllowed)));
    world.run_for(MINUTE * 2);
    assert_eq!(state(&mut world), before);
}
