//! Two tabs are linked by texts that people carry; there is no server.

use std::time::Duration;

use lacis_core::PairError;
use lacis_sim::{Pairing, TabId, TabSetup, World};
use lacis_wire::{Code, limits};

const SECOND: Duration = Duration::from_secs(1);

/// Tabs that are in a room that no server knows of.
fn alone<const N: usize>(seed: u64) -> (World, usize, [TabId; N]) {
    let mut world = World::scenario(seed);
    let room = world.add_room(&[]);
    let tabs = [(); N].map(|()| world.open(TabSetup::at(&[])));
    for tab in tabs {
        world.join(tab, room);
    }
    (world, room, tabs)
}

fn offer(world: &mut World, tab: TabId, room: usize) -> (Pairing, String) {
    let pairing = world.pair(tab, room, None).expect("it may offer");
    let text = world.expect_text(tab, pairing);
    (pairing, text)
}

fn answer(world: &mut World, tab: TabId, room: usize, offer: &str) -> (Pairing, String) {
    let pairing = world.pair(tab, room, Some(offer)).expect("it may answer");
    let text = world.expect_text(tab, pairing);
    (pairing, text)
}

#[test]
fn two_texts_make_a_link_however_long_they_are_carried() {
    for (seed, carried) in [1, 30, 240].into_iter().enumerate() {
        let (mut world, room, [ada, bob]) = alone(seed as u64);
        let (first, text) = offer(&mut world, ada, room);
        world.run_for(SECOND * carried);
        let (second, text) = answer(&mut world, bob, room, &text);
        world.run_for(SECOND * carried);
        world.complete_pairing(ada, first, &text).expect("the answer fits");
        for (tab, pairing) in [(ada, first), (bob, second)] {
            world.expect_outcome(tab, pairing.linked, Ok(()), SECOND * 3);
        }
        world.expect_delivery(ada, room, bob, SECOND);
        world.expect_delivery(bob, room, ada, SECOND);
    }
}

#[test]
fn one_offers_to_several_and_all_are_linked() {
    let (mut world, room, [ada, bob, eve]) = alone(3);
    let offers = [offer(&mut world, ada, room), offer(&mut world, ada, room)];
    for ((first, text), other) in offers.into_iter().zip([bob, eve]) {
        let (_, text) = answer(&mut world, other, room, &text);
        world.complete_pairing(ada, first, &text).expect("the answer fits");
        world.expect_outcome(ada, first.linked, Ok(()), SECOND * 3);
    }
    for other in [bob, eve] {
        world.expect(SECOND, "the other side knows too", |w| w.are_linked(ada, other));
    }
}

#[test]
fn texts_that_do_not_fit_are_told_apart_and_change_nothing() {
    let (mut world, room, [ada, bob, eve]) = alone(4);
    let other_room = world.add_room(&[]);
    world.join(eve, other_room);
    world.join(bob, other_room);
    let (first, text) = offer(&mut world, ada, room);
    let (_, strange) = offer(&mut world, eve, other_room);
    let refused = |world: &mut World, tab, text: &str, why| {
        assert_eq!(world.pair(tab, room, Some(text)).map(|_| ()), Err(why));
    };
    refused(&mut world, bob, "hello", PairError::PairingUnknown);
    refused(&mut world, bob, &text[..text.len() - 9], PairError::PairingDamaged);
    refused(&mut world, bob, &text.replacen('1', "2", 1), PairError::PairingVersion);
    refused(&mut world, bob, &strange, PairError::PairingMismatch);
    refused(&mut world, ada, &text, PairError::PairingMismatch);
    let (_, right) = answer(&mut world, bob, room, &text);
    refused(&mut world, bob, &text, PairError::PairingMismatch);
    refused(&mut world, eve, &right, PairError::PairingMismatch);
    for wrong in [&text, &strange, "lp1"] {
        assert!(world.complete_pairing(ada, first, wrong).is_err());
    }
    world.complete_pairing(ada, first, &right).expect("the answer fits");
    world.expect_outcome(ada, first.linked, Ok(()), SECOND * 3);
    assert_eq!(world.complete_pairing(ada, first, &right), Err(PairError::PairingMismatch));
}

#[test]
fn nobody_waits_for_ever() {
    let (mut world, room, [ada, bob]) = alone(5);
    let (first, text) = offer(&mut world, ada, room);
    let (second, _) = answer(&mut world, bob, room, &text);
    let limit = limits::PAIRING_DEADLINE + SECOND;
    world.expect_outcome(ada, first.linked, Err(Code::NoAnswer), limit);
    world.expect_outcome(bob, second.linked, Err(Code::Timeout), limit);
    world.run_for(SECOND);
    assert_eq!((world.connections(ada), world.connections(bob)), (0, 0));
}

#[test]
fn it_ends_with_its_ticket_its_room_and_its_tab() {
    let (mut world, room, [ada, bob]) = alone(6);
    let (first, _) = offer(&mut world, ada, room);
    world.command(ada, |node, now| node.cancel(now, first.linked));
    world.expect_outcome(ada, first.linked, Err(Code::Aborted), SECOND);
    let (second, text) = offer(&mut world, ada, room);
    let (third, _) = answer(&mut world, bob, room, &text);
    world.leave(ada, room);
    world.expect_outcome(ada, second.linked, Err(Code::Aborted), SECOND);
    world.command(bob, |node, now| node.leave_now(now));
    world.expect_outcome(bob, third.linked, Err(Code::Closed), SECOND);
    world.run_for(SECOND * 2);
    assert_eq!((world.connections(ada), world.connections(bob)), (0, 0));
}

#[test]
fn who_lost_each_other_are_linked_again() {
    let (mut world, room, [ada, bob]) = alone(7);
    for _ in 0..2 {
        let (first, text) = offer(&mut world, ada, room);
        let (_, text) = answer(&mut world, bob, room, &text);
        world.complete_pairing(ada, first, &text).expect("the answer fits");
        world.expect_outcome(ada, first.linked, Ok(()), SECOND * 3);
        world.expect_delivery(bob, room, ada, SECOND);
        world.fabric.net.change(bob, |access| access.island = 1);
        world.expect(SECOND * 60, "both notice", |w| !w.are_linked(ada, bob));
        world.run_for(SECOND * 20);
        world.fabric.net.change(bob, |access| access.island = 0);
    }
}
