//! Two members between whom there is no path, and no TURN server: a neighbor of both passes on what
//! they say to each other.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{CandidateKind, RemoteState};
use lacis_sim::{Mail, Saboteur, Scene, TabId, TabSetup, World, liar};
use lacis_wire::codec::{decode, encode};
use lacis_wire::link::LinkFrame;
use lacis_wire::setup::Setup;
use lacis_wire::{Code, limits};

const SECOND: Duration = Duration::from_secs(1);

/// What two attempts may take that find no path, and one over a neighbor.
const PATIENCE: Duration = Duration::from_secs(40);

/// Whether one tab reaches another over a neighbor.
fn is_over_a_peer(world: &World, one: TabId, two: TabId) -> bool {
    let node = world.node_id(two);
    let remotes = world.report(one).map(|report| report.remotes).unwrap_or_default();
    let found = remotes.into_iter().find(|remote| remote.node == node);
    found.and_then(|remote| remote.link?.path?.local) == Some(CandidateKind::Peer)
}

fn are_over_a_peer(world: &World, one: TabId, two: TabId) -> bool {
    is_over_a_peer(world, one, two) && is_over_a_peer(world, two, one)
}

/// Tabs of which the first two have no path to each other.
fn parted<const N: usize>(seed: u64) -> Scene<N> {
    let mut scene = Scene::<N>::joined(seed);
    let [ada, bob, ..] = scene.tabs[..] else { panic!("more than one") };
    scene.world.fabric.net.sever(ada, bob, true);
    scene
}

/// The same, once the two are linked over a neighbor.
fn relayed<const N: usize>(seed: u64) -> Scene<N> {
    let mut scene = parted::<N>(seed);
    let [ada, bob, ..] = scene.tabs[..] else { panic!("more than one") };
    scene.world.expect(PATIENCE, "a neighbor is between", |w| are_over_a_peer(w, ada, bob));
    scene
}

#[test]
fn what_is_said_to_one_alone_arrives_over_a_neighbor() {
    for seed in 0..8 {
        let Scene { mut world, tabs: [ada, bob, carol], room, .. } = parted::<3>(seed);
        let limit = SECOND * 5;
        world.expect(limit, "carol is linked with both", |w| {
            w.are_linked(ada, carol) && w.are_linked(bob, carol)
        });
        let mails = world.send_many(ada, room, bob, 20).expect("they may be sent");
        for mail in mails {
            world.expect_outcome(ada, mail, Ok(()), PATIENCE);
        }
        assert!(are_over_a_peer(&world, ada, bob));
        assert_eq!(world.state_in(ada, room, bob), Some(RemoteState::Relayed));
        assert_eq!(world.state_in(bob, room, ada), Some(RemoteState::Relayed));
        let asked = world.request(bob, room, ada, 3_000, SECOND * 5).expect("it may be asked");
        world.expect_outcome(bob, asked, Ok(()), limit);
        let large = Mail { size: 1_000_000, ..Mail::delivered(0) };
        let large = world.send(ada, room, bob, large).expect("it may be sent");
        world.expect_outcome(ada, large, Ok(()), SECOND * 20);
        for one in [ada, bob, carol] {
            assert!(world.connections(one) <= 2, "no connection is left");
        }
    }
}

#[test]
fn a_file_of_a_megabyte_and_lines_meanwhile_arrive_over_a_neighbor() {
    let Scene { mut world, tabs: [ada, bob, _], room, .. } = relayed::<3>(2);
    let (_, file) = world.send_file(ada, room, bob, 1_000_000).expect("it may be offered");
    for _ in 0..5 {
        world.run_for(SECOND / 10);
        world.expect_delivery(ada, room, bob, SECOND);
        world.expect_delivery(bob, room, ada, SECOND);
    }
    world.expect(SECOND * 20, "the file is there", |w| w.truth.files[&file].ended);
    assert!(are_over_a_peer(&world, ada, bob));
}

#[test]
fn another_neighbor_takes_over_and_nothing_is_lost_or_doubled() {
    for (seed, silently) in [(0, true), (1, false), (2, true), (3, false)] {
        let Scene { mut world, tabs: [ada, bob, carol, dave], room, .. } = relayed::<4>(seed);
        let mut mails = Vec::new();
        for round in 0..30 {
            mails.push((ada, world.send(ada, room, bob, Mail::delivered(20_000)).expect("sent")));
            mails.push((bob, world.send(bob, room, ada, Mail::delivered(500)).expect("sent")));
            if round == 10 {
                world.kill(carol, silently);
            }
            world.run_for(SECOND / 20);
        }
        for (tab, mail) in mails {
            world.expect_outcome(tab, mail, Ok(()), PATIENCE + SECOND * 30);
        }
        assert!(are_over_a_peer(&world, ada, bob));
        // The other way round, too: whoever was not between may go.
        world.kill(dave, true);
        world.run_for(SECOND * 30);
        assert!(!are_over_a_peer(&world, ada, bob), "nobody is between any more");
        assert_eq!(world.violation(), None);
    }
}

#[test]
fn a_direct_path_takes_its_place_once_there_is_one() {
    for seed in 0..4 {
        let Scene { mut world, tabs: [ada, bob, _], room, .. } = relayed::<3>(seed);
        let large = Mail { size: 2_000_000, ..Mail::delivered(0) };
        world.fabric.net.sever(ada, bob, false);
        let large = world.send(ada, room, bob, large).expect("it may be sent");
        let limit = limits::DIRECT_AGAIN_MIN * 4 + SECOND * 16;
        world.expect(limit, "a direct link is made", |w| {
            w.state_in(ada, room, bob) == Some(RemoteState::Direct)
                && w.state_in(bob, room, ada) == Some(RemoteState::Direct)
        });
        world.expect_outcome(ada, large, Ok(()), SECOND * 30);
        world.expect_delivery(ada, room, bob, SECOND);
        world.expect_delivery(bob, room, ada, SECOND);
        assert!(world.is_encrypted(ada, bob));
    }
}

/// What a neighbor does with what it is to pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misdeed {
    Drops,
    DropsOne,
    Repeats,
    TurnsRound,
    Changes,
    MakesUp,
    TellsTooMuch,
    Ends,
}

impl Misdeed {
    const ALL: [Self; 8] = [
        Self::Drops,
        Self::DropsOne,
        Self::Repeats,
        Self::TurnsRound,
        Self::Changes,
        Self::MakesUp,
        Self::TellsTooMuch,
        Self::Ends,
    ];

    /// A node that does it to the fourth message and those after it, or only to that one. `done`
    /// counts.
    fn saboteur(self, done: Rc<Cell<u32>>) -> Saboteur {
        let (mut passed, mut held) = (0, None);
        Saboteur::new(move |outgoing| {
            let unchanged = vec![(outgoing.channel, outgoing.bytes.to_vec())];
            let Ok(LinkFrame::Relay { from, to, attempt, taken, sealed }) = decode(outgoing.bytes)
            else {
                return unchanged;
            };
            passed += u32::from(!sealed.is_empty());
            if passed < 4 {
                return unchanged;
            }
            done.set(done.get() + 1);
            let channel = outgoing.channel;
            let relay = |taken, sealed: &[u8]| {
                (channel, encode(&LinkFrame::Relay { from, to, attempt, taken, sealed }))
            };
            let other = |at: usize| {
                let mut other = sealed.to_vec();
                let at = at.min(other.len().saturating_sub(1));
                other.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
                relay(taken, &other)
            };
            match self {
                Self::Drops => vec![],
                Self::DropsOne if passed == 4 => vec![],
                Self::Repeats => [unchanged.clone(), unchanged].concat(),
                Self::TurnsRound => match held.take() {
                    Some(before) => [unchanged, before].concat(),
                    None => {
                        held = Some(unchanged);
                        vec![]
                    }
                },
                Self::Changes => vec![other(passed as usize % 50)],
                Self::MakesUp => vec![relay(taken, &[7; 40]), relay(taken, sealed)],
                Self::TellsTooMuch => vec![relay(taken + 1_000_000, sealed)],
                Self::Ends => vec![(channel, encode(&LinkFrame::RelayEnd { from, to, attempt }))],
                Self::DropsOne => unchanged,
            }
        })
    }
}

#[test]
fn a_neighbor_who_does_not_pass_on_what_is_said_is_found_out_and_another_taken() {
    for misdeed in Misdeed::ALL {
        let mut done = 0;
        for seed in 0..4 {
            let Scene { mut world, tabs: [ada, bob, mallory, _], room, .. } = parted::<4>(seed);
            let count = Rc::new(Cell::new(0));
            world.sabotage(mallory, misdeed.saboteur(Rc::clone(&count)));
            world.run_for(PATIENCE);
            let mut mails = Vec::new();
            for _ in 0..20 {
                let sent = world.send(ada, room, bob, Mail::delivered(300));
                mails.push((ada, sent.expect("it may be sent")));
                let sent = world.send(bob, room, ada, Mail::delivered(300));
                mails.push((bob, sent.expect("it may be sent")));
                world.run_for(SECOND / 10);
            }
            for (tab, mail) in mails {
                world.expect_outcome(tab, mail, Ok(()), SECOND * 60);
            }
            assert_eq!(world.violation(), None, "{misdeed:?}");
            done += count.get();
        }
        assert!(done > 0, "{misdeed:?} was never tried");
    }
}

#[test]
fn who_has_more_passed_on_than_it_may_harms_no_other_pair() {
    let Scene { mut world, tabs: [ada, bob, carol, eve], room, .. } = Scene::<4>::joined(3);
    world.fabric.net.sever(ada, bob, true);
    world.fabric.net.sever(eve, ada, true);
    world.fabric.net.sever(eve, bob, true);
    world.expect(PATIENCE * 2, "a neighbor is between", |w| are_over_a_peer(w, ada, bob));
    // With each frame come ten thousands of others, of pairs that nobody has agreed on.
    let [from, one, two, by] = [eve, ada, bob, carol].map(|tab| world.node_id(tab));
    let mut number = 0;
    world.sabotage(
        eve,
        Saboteur::new(move |outgoing| {
            let mut sent = vec![(outgoing.channel, outgoing.bytes.to_vec())];
            if let Ok(LinkFrame::Ping { .. }) = decode(outgoing.bytes) {
                for to in [one, two, by].into_iter().cycle().take(1_000) {
                    number += 1;
                    let attempt = lacis_wire::AttemptId(number);
                    let sealed = &[1; 20_000][..20 + number as usize * 7 % 19_000];
                    let relay = LinkFrame::Relay { from, to, attempt, taken: number % 3, sealed };
                    sent.push((outgoing.channel, encode(&relay)));
                }
            }
            sent
        }),
    );
    for _ in 0..20 {
        world.run_for(SECOND);
        world.expect_delivery(ada, room, bob, SECOND * 2);
        world.expect_delivery(bob, room, ada, SECOND * 2);
    }
    assert!(are_over_a_peer(&world, ada, bob));
}

/// Who answers names somebody whom the offer did not name: a neighbor in another room.
#[test]
fn nothing_is_said_over_a_neighbor_who_was_not_offered() {
    let Scene { mut world, server, room, tabs } = Scene::<3>::joined(3);
    let [ada, bob, _] = tabs;
    world.fabric.net.sever(ada, bob, true);
    let eve = world.open(TabSetup::at(&[server]));
    let other = world.add_room(&[server]);
    for tab in [ada, bob, eve] {
        world.join(tab, other);
    }
    let node = world.node_id(eve);
    let answered = Rc::new(Cell::new(0));
    let count = answered.clone();
    world.meddle(liar::rewrite_setups(world.room_link(room).keys(), move |_, _, mut setup| {
        if let Setup::Answer { description, .. } = &mut setup
            && let Some(through) = &mut description.through
        {
            *through = vec![node];
            count.set(count.get() + 1);
        }
        vec![setup]
    }));
    let said = Rc::new(Cell::new(0));
    for tab in [ada, bob] {
        let said = said.clone();
        world.sabotage(
            tab,
            Saboteur::new(move |out| {
                let is_said = matches!(decode(out.bytes), Ok(LinkFrame::Relay { .. }));
                said.set(said.get() + u32::from(is_said));
                vec![(out.channel, out.bytes.to_vec())]
            }),
        );
    }
    world.run_for(PATIENCE);
    assert!(answered.get() > 0, "nobody has offered so");
    assert_eq!(said.get(), 0);
}

#[test]
fn where_nobody_is_between_the_application_is_told_so() {
    for common in [false, true] {
        let Scene { mut world, tabs: [ada, bob, carol], room, .. } = parted::<3>(1);
        world.fabric.net.sever(bob, carol, true);
        if !common {
            world.fabric.net.sever(ada, carol, true);
        }
        world.run_for(SECOND);
        let mail = world.send(ada, room, bob, Mail::delivered(10)).expect("it may be sent");
        world.run_until(SECOND * 200, |w| w.outcome(ada, mail).is_some());
        let outcome = world.outcome(ada, mail).expect("it does not wait for ever");
        let codes = [Code::Timeout, Code::IceFailed];
        assert!(outcome.is_err_and(|code| codes.contains(&code)), "{outcome:?}");
        let failures = world.failures(ada, bob);
        assert!(!failures.is_empty() && failures.iter().all(|it| codes.contains(it)));
    }
}

#[test]
fn members_of_a_group_whose_path_is_lost_speak_over_another_one() {
    for seed in 0..3 {
        let (mut world, members) = World::group_of(seed, 3);
        let [(carol, first), (ada, own), (bob, theirs)] = members[..] else { panic!("three") };
        let room = world.room_of_group(ada, own);
        assert_eq!(world.room_of_group(bob, theirs), room);
        assert_eq!(world.room_of_group(carol, first), room);
        let tabs = [ada, bob, carol];
        world.expect(SECOND * 10, "all are linked", |w| w.all_linked(&tabs));
        world.fabric.net.sever(ada, bob, true);
        world.expect(SECOND * 90, "carol is between", |w| are_over_a_peer(w, ada, bob));
        world.expect(SECOND * 5, "both are known as members", |w| w.all_linked(&tabs));
        world.expect_delivery(ada, room, bob, SECOND);
        world.expect_delivery(bob, room, ada, SECOND);
        world.write(ada, own, "one").expect("it may be written");
        world.write(bob, theirs, "two").expect("it may be written");
        world.run_for(SECOND * 3);
        world.expect_texts(bob, theirs, &["one", "two"]);
        world.expect_texts(ada, own, &["one", "two"]);
    }
}

#[test]
fn who_slept_is_reached_over_a_neighbor_again() {
    for sleeper in 0..3 {
        let Scene { mut world, tabs, room, .. } = relayed::<3>(5);
        world.sleep(tabs[sleeper], SECOND * 20);
        world.run_for(SECOND * 25);
        let mail = world.send(tabs[0], room, tabs[1], Mail::delivered(9)).expect("sent");
        world.expect_outcome(tabs[0], mail, Ok(()), PATIENCE);
    }
}

#[test]
fn in_a_large_room_it_ends_when_nobody_needs_it() {
    let mut world = World::scenario(4);
    let server = world.add_server();
    let room = world.add_room(&[server]);
    let tabs = [(); 20].map(|()| world.open(TabSetup::at(&[server])));
    for tab in tabs {
        world.join(tab, room);
    }
    world.run_for(SECOND * 60);
    let ada = tabs[0];
    let far = |two: &&TabId| **two != ada && !world.are_linked(ada, **two);
    let bob = *tabs.iter().find(far).expect("nobody is linked with all");
    world.fabric.net.sever(ada, bob, true);
    let mail = world.send(ada, room, bob, Mail::delivered(9)).expect("it may be sent");
    world.expect_outcome(ada, mail, Ok(()), PATIENCE * 2);
    assert!(are_over_a_peer(&world, ada, bob));
    let heard = world.seen(bob).messages.len();
    world.broadcast(ada, room, 9, true).expect("it may be told");
    world.run_for(SECOND * 2);
    assert_eq!(world.seen(bob).messages.len(), heard + 1, "it is told by others");
    world.run_for(limits::RELAY_IDLE + SECOND * 30);
    assert!(!is_over_a_peer(&world, ada, bob) && !is_over_a_peer(&world, bob, ada));
    assert_eq!(world.state_in(ada, room, bob), Some(RemoteState::Indirect));
}
