//! What its author's node writes anew because nobody would get it as it is, and what is told of
//! records that have ended to who was away.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{GroupEvent, RoomId};
use lacis_sim::insider::changes_group_frames;
use lacis_sim::{TabId, World};
use lacis_wire::group::GroupFrame;
use lacis_wire::{RecordId, Roles};

const SECOND: Duration = Duration::from_secs(1);

/// A founder and a member who has written something, linked.
fn two(seed: u64) -> (World, (TabId, RoomId), (TabId, RoomId)) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.write(bob, at_bob, "known").expect("he may write");
    world.expect_texts(ada, group, &["known"]);
    (world, (ada, group), (bob, at_bob))
}

/// The member writes while he is away; meanwhile he is shut out and let in again.
fn unheard(
    world: &mut World,
    (ada, group): (TabId, RoomId),
    (bob, at_bob): (TabId, RoomId),
    undo: bool,
) {
    world.command(bob, |node, now| node.disconnect_group(now, at_bob));
    world.run_for(SECOND * 5);
    world.write(bob, at_bob, "unheard").expect("as far as he knows");
    let peer = world.peer_id(bob);
    let options = lacis_core::RevokeOptions { undo, ..Default::default() };
    world.revoke_with(ada, group, peer, options);
    let ticket = world.plain_ticket(ada);
    let roles = (Roles::MEMBER, None);
    let done = world.command(ada, |node, now| node.set_roles(now, ticket, group, peer, roles));
    done.expect("she is there").expect("she may");
    world.run_for(SECOND * 20);
    world.connect(bob, at_bob);
}

/// Whoever shut it out cannot have seen it, and nobody else is offered what is set aside.
#[cfg_attr(test, test)]
pub(crate) fn what_was_written_unheard_is_written_anew_by_who_is_let_in_again() {
    let (mut world, (ada, group), (bob, at_bob)) = two(1);
    unheard(&mut world, (ada, group), (bob, at_bob), false);
    world.expect_texts(ada, group, &["known", "unheard"]);
    world.expect_texts(bob, at_bob, &["known", "unheard"]);
    let rewritten = |event: &GroupEvent| matches!(event, GroupEvent::Rewritten { .. });
    assert_eq!(world.told(bob, rewritten), 1);
}

#[test]
fn what_was_taken_back_as_a_whole_is_not_written_anew() {
    let (mut world, (ada, group), (bob, at_bob)) = two(2);
    unheard(&mut world, (ada, group), (bob, at_bob), true);
    world.run_for(SECOND * 60);
    world.expect_texts(ada, group, &[]);
    let about_own = |event: &GroupEvent| matches!(event, GroupEvent::SetAside { .. });
    assert!(world.told(bob, about_own) > 0, "he is told");
}

/// A record that he has ends while he is away.
fn ends_meanwhile(
    world: &mut World,
    (ada, group): (TabId, RoomId),
    (bob, at_bob): (TabId, RoomId),
) -> RecordId {
    let (id, _) = world.write(ada, group, "brief").expect("she may write");
    world.expect_texts(bob, at_bob, &["brief", "known"]);
    world.command(bob, |node, now| node.disconnect_group(now, at_bob));
    world.run_for(SECOND * 5);
    world.renew(ada, group, id, ("brief", SECOND * 30));
    world.run_for(SECOND * 120);
    id
}

/// Each offer would cost a read of the store and an answer.
#[test]
fn who_offers_it_a_thousand_times_is_told_once() {
    let (mut world, (ada, group), (bob, at_bob)) = two(4);
    let id = ends_meanwhile(&mut world, (ada, group), (bob, at_bob));
    let is_it = move |frame: &GroupFrame| {
        let GroupFrame::Record { header, .. } = frame else { return false };
        header.id == id
    };
    let told = Rc::new(RefCell::new(0));
    let count = Rc::clone(&told);
    world.sabotage(
        ada,
        changes_group_frames(move |_, frame| {
            *count.borrow_mut() += u32::from(is_it(&frame));
            vec![frame]
        }),
    );
    world.sabotage(
        bob,
        changes_group_frames(move |_, frame| {
            let times = if is_it(&frame) { 1_000 } else { 1 };
            vec![frame; times]
        }),
    );
    world.connect(bob, at_bob);
    world.run_for(SECOND * 20);
    assert_eq!(*told.borrow(), 1);
}

/// Its end came while he was away: he would go on offering what he has.
#[cfg_attr(test, test)]
pub(crate) fn who_was_away_is_told_of_an_end_that_came_meanwhile() {
    let (mut world, (ada, group), (bob, at_bob)) = two(3);
    let id = ends_meanwhile(&mut world, (ada, group), (bob, at_bob));
    assert!(world.replica(ada, group).and_then(|it| it.held(&id)).is_some_and(|it| it.has_ended));
    world.connect(bob, at_bob);
    world.expect(SECOND * 60, "he hears of its end", |world| {
        let held = world.replica(bob, at_bob).and_then(|it| it.held(&id));
        held.is_some_and(|held| held.has_ended && held.version == 2)
    });
    world.expect_texts(bob, at_bob, &["known"]);
}
