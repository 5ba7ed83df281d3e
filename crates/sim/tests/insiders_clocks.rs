//! No clock, be it wrong or a lie, erases what others have, keeps anybody from being heard, or
//! holds up what shuts somebody out.

use std::time::Duration;

use lacis_core::{Content, GroupEvent, RoomId, StoreTable};
use lacis_sim::insider::{Insider, changes_group_frames, peer};
use lacis_sim::{DiskId, ServerId, TabId, TabSetup, World};
use lacis_wire::group::GroupFrame;
use lacis_wire::record::Header;
use lacis_wire::{Millis, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const YEAR: i64 = 365 * 86_400_000;

fn world(seed: u64) -> (World, ServerId) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    (world, server)
}

fn off_by(setup: &TabSetup, error: i64) -> TabSetup {
    TabSetup { wall_error: error, ..setup.clone() }
}

/// The headers of the application that a tab holds.
fn headers(world: &mut World, tab: TabId, group: RoomId) -> Vec<Header> {
    let records = world.read_all(tab, group).into_iter().map(|record| record.header);
    records.filter(|header| !header.kind.is_system()).collect()
}

/// How far group time of a tab is from the true time.
fn off(world: &mut World, tab: TabId, group: RoomId) -> Duration {
    let now = world.wall_now();
    let told = world.command(tab, |node, now| node.group_time(now, group)).expect("it is there");
    Duration::from_millis(told.expect("the group is open").0.abs_diff(now.0))
}

#[cfg_attr(test, test)]
pub(crate) fn members_of_one_group_set_the_clock_of_no_other() {
    let (mut world, server) = world(4);
    let setup = world.stored(server, 1);
    let victim = world.open(setup.clone());
    let own = world.found(victim, "Mine");
    let id = world.group_id(victim, own);
    world.write_for(victim, own, "for a month", DAY * 30);
    let evils = [8, 9, 10].map(|identity| world.stored(server, identity));
    let tabs = evils.clone().map(|setup| world.open(setup));
    let evil = world.found(tabs[0], "Evil");
    let evil_id = world.group_id(tabs[0], evil);
    for tab in &tabs[1..] {
        world.bring_in(tabs[0], evil, *tab, Roles::MEMBER);
    }
    let text = world.invite(tabs[0], evil, peer(1), Roles::MEMBER, None);
    world.run_for(MINUTE);
    tabs.iter().for_each(|tab| world.kill(*tab, false));
    for setup in &evils {
        let tab = world.open(off_by(setup, YEAR));
        let group = world.open_stored(tab, evil_id);
        world.connect(tab, group);
    }
    let joined = world.take_invitation(victim, &text);
    world.connect(victim, joined);
    world.expect(MINUTE, "the clocks differ", |world| {
        world.told(victim, |event| matches!(event, GroupEvent::Clock { ahead: Some(_) })) > 0
    });
    world.run_for(MINUTE * 10);
    assert!(off(&mut world, victim, own) < SECOND);
    assert_eq!(world.texts(victim, own), ["for a month"]);
    // And in their own group, no further than clocks differ that are right.
    assert!(off(&mut world, victim, joined) <= lacis_wire::limits::CLOCK_SPREAD + SECOND);
    world.kill(victim, false);
    let victim = world.open(setup);
    let own = world.open_stored(victim, id);
    assert_eq!(world.texts(victim, own), ["for a month"]);
}

#[cfg_attr(test, test)]
pub(crate) fn a_member_with_many_devices_has_one_clock() {
    let (mut world, server) = world(7);
    let [ada, carol] = [1, 2].map(|identity| world.stored(server, identity));
    let [ada, carol] = [ada, carol].map(|setup| world.open(setup));
    let group = world.found(ada, "Board");
    world.bring_in(ada, group, carol, Roles::MEMBER);
    for _ in 0..4 {
        let setup = world.stored(server, 3);
        let device = world.open(off_by(&setup, 5 * 60_000));
        world.bring_in(ada, group, device, Roles::MEMBER);
    }
    world.run_for(MINUTE);
    assert_eq!(world.connections(ada), 5);
    assert!(off(&mut world, ada, group) < SECOND);
}

#[cfg_attr(test, test)]
pub(crate) fn two_whose_clocks_differ_hear_each_other_and_are_told() {
    for (seed, minutes) in [(1, -9), (2, -30), (3, 30), (4, -8 * 60), (5, 8 * 60), (6, 525_600)] {
        let (mut world, server) = world(seed);
        let setups = [1, 2].map(|identity| world.stored(server, identity));
        let ada = world.open(setups[0].clone());
        let bob = world.open(off_by(&setups[1], minutes * 60_000));
        let group = world.found(ada, "Board");
        let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
        world.run_for(SECOND * 15);
        world.write(ada, group, "by ada").expect("she may write");
        world.write(bob, at_bob, "by bob").expect("he may write");
        world.expect_texts(ada, group, &["by ada", "by bob"]);
        // To a clock that is behind hers it is not time yet for what she says.
        match minutes {
            -30 => world.run_for(MINUTE * 11),
            -480 => world.set_clock(bob, 0),
            _ => {}
        }
        world.expect_texts(bob, at_bob, &["by ada", "by bob"]);
        let told = |tab| world.told(tab, |event| matches!(event, GroupEvent::Clock { .. })) > 0;
        assert_eq!([ada, bob].map(told), [minutes.abs() > 10; 2], "{minutes} minutes");
    }
}

/// Bob writes for an evening with a clock that is a year ahead, and comes back with the right one.
fn after_an_evening() -> (World, [(TabId, RoomId); 2]) {
    let (mut world, server) = world(8);
    let setups = [1, 2].map(|identity| world.stored(server, identity));
    let [ada, bob] = setups.clone().map(|setup| world.open(setup));
    let group = world.found(ada, "Board");
    world.bring_in(ada, group, bob, Roles::MEMBER);
    let id = world.group_id(ada, group);
    world.run_for(SECOND * 15);
    world.kill(bob, false);
    let bob = world.open(off_by(&setups[1], YEAR));
    let at_bob = world.open_stored(bob, id);
    let (_, ticket) = world.write(bob, at_bob, "my evening's work").expect("he may write");
    world.done(bob, ticket, "it is stored");
    world.kill(bob, false);
    let bob = world.open(setups[1].clone());
    let at_bob = world.open_stored(bob, id);
    world.connect(bob, at_bob);
    (world, [(ada, group), (bob, at_bob)])
}

#[cfg_attr(test, test)]
pub(crate) fn what_was_written_by_a_clock_that_was_ahead_is_written_anew() {
    let (mut world, [(ada, group), (bob, at_bob)]) = after_an_evening();
    world.expect_texts(ada, group, &["my evening's work"]);
    world.expect_texts(bob, at_bob, &["my evening's work"]);
    let now = world.wall_now();
    let [held] = &headers(&mut world, ada, group)[..] else { panic!("one") };
    assert!(held.modified <= now && held.created <= now, "{held:?}");
    assert_eq!(world.told(bob, |event| matches!(event, GroupEvent::Rewritten { .. })), 1);
    // It can be changed and deleted like any other.
    let ticket = world.plain_ticket(bob);
    let content = Content { data: "saved again".into(), ..Content::default() };
    let held = held.clone();
    world
        .command(bob, |node, now| node.update_record(now, ticket, at_bob, &held, content))
        .expect("he is there")
        .expect("he may change it");
    world.expect_texts(ada, group, &["saved again"]);
    let held = headers(&mut world, ada, group).remove(0);
    let ticket = world.plain_ticket(bob);
    world
        .command(bob, |node, now| node.delete_record(now, ticket, at_bob, &held))
        .expect("he is there")
        .expect("he may delete it");
    world.expect_texts(ada, group, &[]);
}

#[test]
fn what_another_dates_ahead_comes_when_it_is_time() {
    let (mut world, server) = world(1);
    let setup = world.stored(server, 1);
    let ada = world.open(setup);
    let group = world.found(ada, "Board");
    let text = world.invite(ada, group, peer(9), Roles::MEMBER, None);
    let mallory = Insider::invited(9, &text);
    assert_eq!(world.import(ada, group, &mallory.introduces_itself()), Ok(true));
    let later = Millis(world.wall_now().0 + 2 * 3_600_000);
    assert_eq!(world.import(ada, group, &mallory.writes(later, 1, b"early")), Ok(true));
    world.run_for(HOUR);
    assert_eq!(headers(&mut world, ada, group), []);
    assert_eq!(world.group_load(ada, group).expect("it is open").waiting, 1);
    world.run_for(HOUR);
    assert_eq!(headers(&mut world, ada, group).len(), 1);
}

/// How many bodies a store has.
fn bodies(world: &mut World, disk: DiskId) -> usize {
    let entries = world.disk(disk).entries.keys();
    entries.filter(|(table, _)| *table == StoreTable::Bodies).count()
}

#[test]
fn one_start_with_a_clock_that_is_ahead_erases_nothing() {
    for error in [YEAR, 40 * 86_400_000] {
        let (mut world, server) = world(9);
        let setup = world.stored(server, 1);
        let ada = world.open(setup.clone());
        let group = world.found(ada, "Board");
        let id = world.group_id(ada, group);
        world.write_for(ada, group, "for a month", DAY * 30);
        world.kill(ada, false);
        let wrong = world.open(off_by(&setup, error));
        let opened = world.open_stored(wrong, id);
        world.run_for(HOUR);
        assert_eq!(world.texts(wrong, opened), [""; 0], "by that clock it is over");
        world.kill(wrong, false);
        let ada = world.open(setup);
        let group = world.open_stored(ada, id);
        assert_eq!(world.texts(ada, group), ["for a month"]);
    }
}

/// Bytes are erased by no clock alone, neither ours nor those of others.
#[cfg_attr(test, test)]
pub(crate) fn erasing_takes_our_clock_and_those_of_others_past_the_end_and_a_day_more() {
    let ended = 3 * 86_400_000;
    let early = 86_400_000 + 60_000;
    for (ours, theirs, is_erased) in [
        (ended, 0, false),
        (0, ended, false),
        (ended, early, false),
        (early, ended, false),
        (early, early, false),
        (ended, ended, true),
    ] {
        let (mut world, server) = world(3);
        let setups = [1, 2].map(|identity| world.stored(server, identity));
        let [ada, bob] = setups.clone().map(|setup| world.open(setup));
        let group = world.found(ada, "Board");
        let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
        let id = world.group_id(ada, group);
        world.write_for(ada, group, "for a day", DAY);
        world.expect_texts(bob, at_bob, &["for a day"]);
        world.run_for(SECOND * 15);
        [ada, bob].iter().for_each(|tab| world.kill(*tab, false));
        for (setup, error) in [(&setups[0], ours), (&setups[1], theirs)] {
            let tab = world.open(off_by(setup, error));
            let opened = world.open_stored(tab, id);
            world.connect(tab, opened);
        }
        world.run_for(MINUTE * 3);
        let left = bodies(&mut world, setups[0].disk.expect("she has one"));
        assert_eq!(left, usize::from(!is_erased), "ours {ours}, theirs {theirs}");
    }
}

#[test]
fn a_revocation_counts_at_once_though_its_author_is_a_day_ahead_or_behind() {
    for (seed, error) in [(1, 86_400_000), (2, -86_400_000), (3, YEAR)] {
        let (mut world, server) = world(seed);
        let setups = [1, 2, 3].map(|identity| world.stored(server, identity));
        let ada = world.open(off_by(&setups[0], error));
        let [bob, mallory] = [1, 2].map(|at: usize| world.open(setups[at].clone()));
        let group = world.found(ada, "Board");
        let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
        let at_mallory = world.bring_in(ada, group, mallory, Roles::MEMBER);
        world.run_for(SECOND * 15);
        world.revoke(ada, group, peer(3));
        world.expect(SECOND * 10, "he knows", |world| {
            let replica = world.replica(bob, at_bob).expect("it is open");
            replica.members().roles(&peer(3), world.wall_now()).is_none()
        });
        world.write(bob, at_bob, "secret").expect("he may write");
        world.run_for(MINUTE * 2);
        assert!(!world.texts(mallory, at_mallory).contains(&"secret".to_owned()));
        // She is let in again, and may at once do all.
        let text = world.invite(ada, group, peer(3), Roles::MEMBER, None);
        world.take_invitation(mallory, &text);
        world.expect_texts(mallory, at_mallory, &["secret"]);
        world.write(mallory, at_mallory, "back").expect("she may write");
        world.expect_texts(bob, at_bob, &["back", "secret"]);
    }
}

/// The only neighbor says that it is a year ago.
#[cfg_attr(test, test)]
pub(crate) fn nothing_is_born_over_by_the_clock_of_a_neighbor() {
    let (mut world, server) = world(2);
    let setups = [1, 2, 3].map(|identity| world.stored(server, identity));
    let [ada, bob, mallory] = setups.clone().map(|setup| world.open(setup));
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.write(ada, group, "before").expect("she may write");
    world.expect_texts(bob, at_bob, &["before"]);
    let written = headers(&mut world, ada, group)[0].modified;
    world.sabotage(
        mallory,
        changes_group_frames(|_, frame| match frame {
            GroupFrame::Enter { clock, chain, first, held, keys } => {
                let clock = Millis(clock.0.saturating_add_signed(-YEAR));
                vec![GroupFrame::Enter { clock, chain, first, held, keys }]
            }
            other => vec![other],
        }),
    );
    world.bring_in(ada, group, mallory, Roles::MEMBER);
    world.isolate(&[bob, mallory], 1);
    world.run_for(MINUTE * 3);
    let id = world.write_for(bob, at_bob, "for an hour", HOUR);
    world.heal();
    world.expect_texts(ada, group, &["before", "for an hour"]);
    let held = headers(&mut world, ada, group).into_iter().find(|header| header.id == id);
    assert!(held.expect("it is held").created >= written);
}
