//! Groups: members, records, and what outlasts links, tabs and crashes.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, RevokeOptions, RoomId, StoreTable};
use lacis_sim::{Access, ServerId, TabId, TabSetup, World, invitation_for};
use lacis_wire::{Code, Roles};

const SOON: Duration = Duration::from_secs(15);

fn world(seed: u64) -> (World, ServerId) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    (world, server)
}

fn stored(world: &mut World, server: ServerId, identity: u8) -> TabSetup {
    let disk = Some(world.add_disk());
    TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) }
}

fn expect_texts(world: &mut World, tab: TabId, group: RoomId, texts: &[&str]) {
    let mut last = Vec::new();
    for _ in 0..150 {
        last = world.texts(tab, group);
        if last == texts {
            return;
        }
        world.run_for(Duration::from_millis(100));
    }
    panic!("{last:?} instead of {texts:?}\n{}", world.describe());
}

/// A founder and a member, linked.
fn pair(seed: u64) -> (World, [(TabId, RoomId); 2]) {
    let (mut world, server) = world(seed);
    let [ada, bob] = [1, 2].map(|identity| {
        let setup = stored(&mut world, server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    (world, [(ada, group), (bob, joined)])
}

#[test]
fn what_one_writes_the_other_reads() {
    for seed in 0..10 {
        let (mut world, [(ada, at_ada), (bob, at_bob)]) = pair(seed);
        world.write(ada, at_ada, "bonjour").expect("she may write");
        expect_texts(&mut world, bob, at_bob, &["bonjour"]);
        world.write(bob, at_bob, "salut").expect("he may write");
        expect_texts(&mut world, ada, at_ada, &["bonjour", "salut"]);
    }
}

#[test]
fn an_invitee_writes_before_it_has_met_anybody() {
    let (mut world, server) = world(3);
    let [ada, bob] = [1, 2].map(|identity| {
        let setup = stored(&mut world, server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let peer = world.peer_id(bob);
    let text = world
        .command(ada, |node, now| node.invite(now, group, peer, Roles::MEMBER, None))
        .expect("she is there")
        .expect("she may invite");
    let joined = world.take_invitation(bob, &text);
    world.write(bob, joined, "ahead").expect("the invitation brought the key");
    world.connect(bob, joined);
    expect_texts(&mut world, ada, group, &["ahead"]);
}

#[test]
fn who_is_admitted_may_write_at_once() {
    for seed in 0..20 {
        let (mut world, server) = world(seed);
        let [ada, bob] = [1, 2].map(|identity| {
            let setup = stored(&mut world, server, identity);
            world.open(setup)
        });
        let group = world.found(ada, "Board");
        let once = invitation_for(Roles::MEMBER, 1);
        let text = world
            .command(ada, |node, now| node.invite_anybody(now, group, once))
            .expect("she is there")
            .expect("she may invite");
        let ticket = world.plain_ticket(bob);
        let patience = Duration::from_secs(60);
        let joined = world
            .open_group(bob, |node, now, number| {
                node.join_group(now, ticket, number, &text, patience)
            })
            .expect("he is there")
            .expect("the invitation is good");
        world.connect(bob, joined);
        world.expect(SOON, "he is admitted", |world| world.settled(bob, ticket) == Some(Ok(())));
        world.write(bob, joined, "at once").expect("he has the key");
        expect_texts(&mut world, ada, group, &["at once"]);
    }
}

#[test]
fn a_reader_gets_everything_from_another_reader_and_keeps_it() {
    let (mut world, server) = world(1);
    let setups = [1, 2, 3].map(|identity| stored(&mut world, server, identity));
    let [publisher, ada, bob] = setups.clone().map(|setup| world.open(setup));
    let group = world.found(publisher, "Letter");
    let at_ada = world.bring_in(publisher, group, ada, Roles::MEMBER);
    let texts: Vec<String> = (0..20).map(|number| format!("issue {number:02}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for text in &texts {
        world.write(publisher, group, text).expect("it may publish");
    }
    expect_texts(&mut world, ada, at_ada, &texts);
    let peer = world.peer_id(bob);
    let invitation = world
        .command(publisher, |node, now| node.invite(now, group, peer, Roles::MEMBER, None))
        .expect("it is there")
        .expect("it may invite");
    world.kill(publisher, false);
    let at_bob = world.take_invitation(bob, &invitation);
    world.connect(bob, at_bob);
    expect_texts(&mut world, bob, at_bob, &texts);
    let id = world.group_id(bob, at_bob);
    world.run_for(Duration::from_secs(1));
    world.kill(ada, false);
    world.kill(bob, true);
    let again = world.open(setups[2].clone());
    let opened = world.open_stored(again, id);
    expect_texts(&mut world, again, opened, &texts);
}

#[test]
fn whoever_has_an_open_invitation_is_admitted_as_often_as_it_says() {
    let (mut world, server) = world(1);
    let ada = stored(&mut world, server, 1);
    let ada = world.open(ada);
    let group = world.found(ada, "Board");
    world.write(ada, group, "bonjour").expect("she may write");
    let once = invitation_for(Roles::MEMBER, 1);
    let text = world
        .command(ada, |node, now| node.invite_anybody(now, group, once))
        .expect("she is there")
        .expect("she may invite");
    let bob = stored(&mut world, server, 2);
    let bob = world.open(bob);
    let joined = world.take_invitation(bob, &text);
    world.connect(bob, joined);
    expect_texts(&mut world, bob, joined, &["bonjour"]);
    world.write(bob, joined, "salut").expect("he is a member now");
    expect_texts(&mut world, ada, group, &["bonjour", "salut"]);
    let eve = world.open(TabSetup { identity: Some([3; 32]), ..TabSetup::at(&[server]) });
    let ticket = world.plain_ticket(eve);
    let late = world
        .open_group(eve, |node, now, number| node.join_group(now, ticket, number, &text, SOON))
        .expect("she is there")
        .expect("it can be read");
    world.connect(eve, late);
    world.expect(SOON, "she is refused", |world| {
        world.settled(eve, ticket) == Some(Err(Code::InvitationUsedUp))
    });
    assert_eq!(world.texts(eve, late), Vec::<String>::new());
}

#[test]
fn a_revoked_member_reads_nothing_new_and_writes_nothing_more() {
    let (mut world, [(ada, at_ada), (bob, at_bob)]) = pair(1);
    world.write(ada, at_ada, "before").expect("she may write");
    expect_texts(&mut world, bob, at_bob, &["before"]);
    let (ticket, peer) = (world.plain_ticket(ada), world.peer_id(bob));
    world
        .command(ada, |node, now| node.revoke(now, ticket, at_ada, peer, RevokeOptions::default()))
        .expect("she is there")
        .expect("she may");
    world.done(ada, ticket, "it is stored");
    world.expect(SOON, "he is told", |world| {
        world.seen(bob).log.iter().any(|event| {
            let refused = GroupEvent::Refused { code: Code::Revoked };
            matches!(event, Event::Group { event, .. } if **event == refused)
        })
    });
    world.write(ada, at_ada, "after").expect("she may write");
    // His clock may not even know yet.
    let _ = world.write(bob, at_bob, "from outside");
    world.run_for(Duration::from_secs(90));
    assert_eq!(world.texts(ada, at_ada), ["after", "before"]);
    assert!(!world.texts(bob, at_bob).contains(&"after".to_owned()));
}

#[test]
fn who_comes_later_learns_what_somebody_shut_out_might_do_before() {
    let (mut world, server) = world(5);
    let [ada, bob, cleo] = [1, 2, 3].map(|identity| {
        let setup = stored(&mut world, server, identity);
        world.open(setup)
    });
    let at_ada = world.found(ada, "Letter");
    let at_bob = world.bring_in(ada, at_ada, bob, Roles::ADMIN);
    world.write(ada, at_ada, "issue 0").expect("she may write");
    expect_texts(&mut world, bob, at_bob, &["issue 0"]);
    world.write(bob, at_bob, "issue 1").expect("he may write");
    expect_texts(&mut world, ada, at_ada, &["issue 0", "issue 1"]);
    world.run_for(Duration::from_secs(60));
    let (ticket, peer) = (world.plain_ticket(ada), world.peer_id(bob));
    world
        .command(ada, |node, now| node.revoke(now, ticket, at_ada, peer, RevokeOptions::default()))
        .expect("she is there")
        .expect("she may");
    world.done(ada, ticket, "it is stored");
    world.run_for(Duration::from_secs(60));
    let at_cleo = world.bring_in(ada, at_ada, cleo, Roles::MEMBER);
    expect_texts(&mut world, cleo, at_cleo, &["issue 0", "issue 1"]);
    let mut issues = world.read_all(cleo, at_cleo).into_iter().map(|it| it.header);
    let written = issues.find(|it| it.creator == peer).expect("it is held").modified;
    let asked = world.command(cleo, |node, _| node.roles_at(at_cleo, &peer, written));
    assert_eq!(asked, Some(Ok(Some(Roles::ADMIN))));
    let now = world.wall_now();
    let replica = world.replica(cleo, at_cleo).expect("it is open");
    assert_eq!(replica.members().roles(&peer, now), None);
}

#[test]
fn what_was_reported_stored_survives_a_crash() {
    for seed in 0..20 {
        let (mut world, server) = world(seed);
        let setup = stored(&mut world, server, 1);
        let ada = world.open(setup.clone());
        let group = world.found(ada, "Board");
        let id = world.group_id(ada, group);
        let mut written = Vec::new();
        for number in 0..30 {
            let text = format!("note {number:02}");
            let (_, ticket) = world.write(ada, group, &text).expect("she may write");
            written.push((text, ticket));
            world.run_for(Duration::from_millis(3));
        }
        let safe: Vec<String> = written
            .iter()
            .filter(|(_, ticket)| world.settled(ada, *ticket) == Some(Ok(())))
            .map(|(text, _)| text.clone())
            .collect();
        world.kill(ada, true);
        let again = world.open(setup);
        let opened = world.open_stored(again, id);
        let found = world.texts(again, opened);
        assert!(safe.iter().all(|text| found.contains(text)), "{safe:?} {found:?}");
    }
}

fn has_heard(world: &World, tab: TabId, fits: impl Fn(&GroupEvent) -> bool) -> bool {
    world.seen(tab).log.iter().any(|event| match event {
        Event::Group { event, .. } => fits(event),
        _ => false,
    })
}

#[test]
fn what_was_damaged_in_the_store_is_told_and_fetched_again() {
    let (mut world, server) = world(1);
    let setups = [1, 2].map(|identity| stored(&mut world, server, identity));
    let [ada, bob] = setups.clone().map(|setup| world.open(setup));
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.write(ada, group, "bonjour").expect("she may write");
    expect_texts(&mut world, bob, at_bob, &["bonjour"]);
    let id = world.group_id(bob, at_bob);
    world.run_for(Duration::from_secs(1));
    world.kill(bob, false);
    let disk = setups[1].disk.expect("he has one");
    world.disk(disk).damage(StoreTable::Bodies);
    let again = world.open(setups[1].clone());
    let opened = world.open_stored(again, id);
    assert_eq!(world.texts(again, opened), Vec::<String>::new());
    assert!(has_heard(&world, again, |event| *event == GroupEvent::Damaged { count: 1 }));
    world.connect(again, opened);
    expect_texts(&mut world, again, opened, &["bonjour"]);
}

#[test]
fn damaged_headers_are_dropped_and_fetched_again() {
    let (mut world, server) = world(2);
    let setups = [1, 2].map(|identity| stored(&mut world, server, identity));
    let [ada, bob] = setups.clone().map(|setup| world.open(setup));
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.write(ada, group, "bonjour").expect("she may write");
    expect_texts(&mut world, bob, at_bob, &["bonjour"]);
    let id = world.group_id(bob, at_bob);
    world.run_for(Duration::from_secs(1));
    world.kill(bob, false);
    let disk = setups[1].disk.expect("he has one");
    for table in [StoreTable::Heads, StoreTable::System] {
        world.disk(disk).damage(table);
    }
    let again = world.open(setups[1].clone());
    let opened = world.open_stored(again, id);
    assert_eq!(world.texts(again, opened), Vec::<String>::new());
    world.connect(again, opened);
    expect_texts(&mut world, again, opened, &["bonjour"]);
}

#[test]
fn a_full_store_is_told_and_everything_is_stored_once_there_is_place() {
    let (mut world, server) = world(1);
    let setup = stored(&mut world, server, 1);
    let disk = setup.disk.expect("she has one");
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    let id = world.group_id(ada, group);
    world.disk(disk).is_full = true;
    let (_, ticket) = world.write(ada, group, "bonjour").expect("she may write");
    world.expect(SOON, "she is told", |world| {
        world.settled(ada, ticket) == Some(Err(Code::StoreFull))
    });
    let full = GroupEvent::Unsaved { code: Code::StoreFull };
    assert!(has_heard(&world, ada, |event| *event == full));
    assert_eq!(world.texts(ada, group), ["bonjour"]);
    world.disk(disk).is_full = false;
    world.expect(Duration::from_secs(90), "it is stored after all", |world| {
        has_heard(world, ada, |event| *event == GroupEvent::Saved)
    });
    world.kill(ada, true);
    let again = world.open(setup);
    let opened = world.open_stored(again, id);
    assert_eq!(world.texts(again, opened), ["bonjour"]);
}

#[test]
fn two_halves_that_were_cut_apart_end_equal() {
    for seed in 0..5 {
        let (mut world, server) = world(seed);
        let tabs: Vec<TabId> = (1..=6)
            .map(|identity| {
                let setup = stored(&mut world, server, identity);
                world.open(setup)
            })
            .collect();
        let group = world.found(tabs[0], "Board");
        let mut places = vec![(tabs[0], group)];
        for &tab in &tabs[1..] {
            places.push((tab, world.bring_in(tabs[0], group, tab, Roles::MEMBER)));
        }
        world.write(tabs[0], group, "together").expect("she may write");
        for &(tab, group) in &places {
            expect_texts(&mut world, tab, group, &["together"]);
        }
        world.isolate(&tabs[3..], 1);
        world.run_for(Duration::from_secs(20));
        for (number, &(tab, group)) in places.iter().enumerate() {
            world.write(tab, group, &format!("page {number}")).expect("it may write");
        }
        world.run_for(Duration::from_secs(120));
        world.heal();
        let mut all: Vec<String> = (0..6).map(|number| format!("page {number}")).collect();
        all.push("together".to_owned());
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        for &(tab, group) in &places {
            expect_texts(&mut world, tab, group, &all);
        }
    }
}

#[test]
fn two_who_are_linked_meet_in_a_second_group_too() {
    let (mut world, [(ada, _), (bob, _)]) = pair(8);
    world.run_for(SOON);
    let second = world.found(ada, "Second");
    let at_bob = world.bring_in(ada, second, bob, Roles::INVITER);
    world.run_for(SOON);
    world.write(ada, second, "bonjour").expect("she has founded it");
    expect_texts(&mut world, bob, at_bob, &["bonjour"]);
}

/// The page has the group when the join is done: what it says then of records that are to be
/// refused, and whoever listens, must miss none.
#[test]
fn records_come_when_the_join_is_done_and_not_before() {
    for seed in 0..20 {
        let (mut world, server) = world(seed);
        let [ada, bob] = [1, 2].map(|identity| {
            let setup = stored(&mut world, server, identity);
            // What is near comes before the store has taken what makes a member.
            let access = Access { latency: Duration::ZERO, ..setup.access };
            world.open(TabSetup { access, ..setup })
        });
        let group = world.found(ada, "Letter");
        for number in 0..8 {
            world.write(ada, group, &format!("{number}")).expect("she may write");
        }
        let once = invitation_for(Roles::MEMBER, 1);
        let text = world
            .command(ada, |node, now| node.invite_anybody(now, group, once))
            .expect("she is there")
            .expect("she may invite");
        let ticket = world.plain_ticket(bob);
        let patience = Duration::from_secs(60);
        let joined = world
            .open_group(bob, |node, now, number| {
                node.join_group(now, ticket, number, &text, patience)
            })
            .expect("he is there")
            .expect("the invitation is good");
        world.connect(bob, joined);
        world.expect(SOON, "he is admitted", |world| world.settled(bob, ticket) == Some(Ok(())));
        expect_texts(&mut world, bob, joined, &["0", "1", "2", "3", "4", "5", "6", "7"]);
        let log = &world.seen(bob).log;
        let done = log
            .iter()
            .position(|it| matches!(it, Event::Completed { ticket: one, .. } if *one == ticket))
            .expect("it is done");
        let is_record = |event: &Event| {
            matches!(event, Event::Group { event, .. }
                if matches!(&**event, GroupEvent::Record { record, .. }
                    if !record.header.kind.is_system()))
        };
        assert!(!log[..done].iter().any(is_record), "seed {seed}: a record came before");
        assert_eq!(log[done..].iter().filter(|it| is_record(it)).count(), 8);
    }
}
