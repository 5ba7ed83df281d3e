//! What a node does about clocks that do not agree with its own, and how often.

use std::time::Duration;

use lacis_core::GroupEvent;
use lacis_sim::insider::changes_group_frames;
use lacis_sim::{TabSetup, World};
use lacis_wire::group::GroupFrame;
use lacis_wire::{Millis, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: i64 = 86_400_000;

fn off_by(setup: &TabSetup, error: i64) -> TabSetup {
    TabSetup { wall_error: error, ..setup.clone() }
}

const fn is_rewritten(event: &GroupEvent) -> bool {
    matches!(event, GroupEvent::Rewritten { .. })
}

/// Three whom somebody let in agree that it is half a century ago.
#[test]
fn clocks_that_agree_against_ours_make_nobody_write_everything_anew() {
    for has_honest in [true, false] {
        let mut world = World::scenario(1);
        let server = world.add_server();
        let [ada, bob] = [1, 2].map(|identity| {
            let setup = world.stored(server, identity);
            world.open(setup)
        });
        let group = world.found(ada, "Board");
        world.bring_in(ada, group, bob, Roles::MEMBER);
        world.run_for(SECOND * 15);
        for number in 0..20 {
            world.write(ada, group, &format!("text {number}")).expect("she may write");
            world.run_for(SECOND);
        }
        world.run_for(SECOND * 15);
        if !has_honest {
            world.kill(bob, false);
        }
        for identity in [7, 8, 9] {
            let setup = world.stored(server, identity);
            let tab = world.open(setup);
            world.sabotage(
                tab,
                changes_group_frames(|_, frame| match frame {
                    GroupFrame::Enter { chain, first, held, keys, .. } => {
                        vec![GroupFrame::Enter { clock: Millis(0), chain, first, held, keys }]
                    }
                    other => vec![other],
                }),
            );
            world.bring_in(ada, group, tab, Roles::MEMBER);
        }
        world.expect(MINUTE, "they are linked", |world| world.connections(ada) >= 3);
        world.run_for(MINUTE * 10);
        let differs = |event: &GroupEvent| matches!(event, GroupEvent::Clock { ahead: Some(_) });
        assert!(world.told(ada, differs) > 0);
        assert_eq!(world.told(ada, is_rewritten), 0, "honest: {has_honest}");
    }
}

/// Alone with a clock that is a day ahead, and that stays so.
#[test]
fn what_a_clock_that_stays_ahead_dated_is_written_anew_once() {
    let mut world = World::scenario(2);
    let server = world.add_server();
    let setups = [1, 2, 3, 4].map(|identity| world.stored(server, identity));
    let ada = world.open(setups[0].clone());
    let group = world.found(ada, "Board");
    let tabs = [1, 2, 3].map(|at: usize| world.open(setups[at].clone()));
    let groups = tabs.map(|tab| world.bring_in(ada, group, tab, Roles::MEMBER));
    let id = world.group_id(tabs[0], groups[0]);
    world.run_for(SECOND * 30);
    world.kill(tabs[0], false);
    let bob = world.open(off_by(&setups[1], DAY));
    let at_bob = world.open_stored(bob, id);
    for text in ["one", "two"] {
        world.write(bob, at_bob, text).expect("he may write");
        world.run_for(MINUTE);
    }
    world.connect(bob, at_bob);
    world.run_for(MINUTE * 10);
    assert_eq!(world.texts(ada, group), ["one", "two"]);
    assert_eq!(world.told(bob, is_rewritten), 2);
}

/// A neighbor whose clock is behind, and a record that ended a day ago.
#[test]
fn nothing_rings_on_and_on_until_a_clock_that_is_behind_has_come_so_far() {
    let mut world = World::scenario(3);
    let server = world.add_server();
    let setups = [1, 2].map(|identity| world.stored(server, identity));
    let ada = world.open(setups[0].clone());
    let bob = world.open(off_by(&setups[1], -5 * 60_000));
    let group = world.found(ada, "Board");
    world.bring_in(ada, group, bob, Roles::MEMBER);
    world.run_for(SECOND * 30);
    world.write_for(ada, group, "for an hour", MINUTE * 60);
    world.run_for(MINUTE * 60 * 25 - MINUTE);
    let before = world.events();
    world.run_for(MINUTE * 4);
    let rang = world.events() - before;
    assert!(rang < 2_000, "{rang}");
}
