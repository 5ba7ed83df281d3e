//! Somebody leaves and says so.

use std::time::Duration;

use lacis_core::{Event, RemoteState};
use lacis_sim::{Mail, Scene, TabId, TabSetup, World};
use lacis_wire::Code;
use lacis_wire::limits::CLOSE_DEADLINE;

const TICK: Duration = Duration::from_millis(20);

#[test]
fn members_hear_of_it_at_once_and_do_not_look_for_it() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    let ticket = world.close(bob);
    world.expect_outcome(bob, ticket, Ok(()), CLOSE_DEADLINE + TICK);
    world.expect(Duration::from_secs(1), "it is gone", |w| w.state_in(ada, room, bob).is_none());
    let left = world.seen(ada).log.iter().find_map(|event| match event {
        Event::RemoteLeft { code, .. } => Some(*code),
        _ => None,
    });
    assert_eq!(left, Some(Code::Left));
    let links = world.links(ada).len();
    world.run_for(Duration::from_secs(120));
    assert_eq!(world.links(ada).len(), links);
    assert_eq!((world.connections(ada), world.connections(bob)), (0, 0));
}

#[test]
fn what_was_said_before_still_arrives() {
    for seed in 0..20 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        let tickets = world.send_many(bob, room, ada, 10).expect("they may be sent");
        let close = world.close(bob);
        world.expect_outcome(bob, close, Ok(()), CLOSE_DEADLINE + TICK);
        world.run_for(Duration::from_secs(1));
        assert_eq!(world.seen(ada).messages.len(), 10);
        for ticket in tickets {
            assert_eq!(world.outcome(bob, ticket), Some(Ok(())));
        }
    }
}

#[test]
fn nobody_waits_for_the_unreachable() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.isolate(&[ada], 1);
    let waits = world.send(bob, room, ada, Mail::delivered(5)).expect("it may be sent");
    let close = world.close(bob);
    world.expect_outcome(bob, close, Ok(()), CLOSE_DEADLINE + TICK);
    assert_eq!(world.outcome(bob, waits), Some(Err(Code::Closed)));
}

#[test]
fn a_node_that_never_met_anybody_closes_at_once() {
    let Scene { mut world, room, server, .. } = Scene::<0>::joined(1);
    let ada = world.open(TabSetup::at(&[server]));
    let join = world.join(ada, room);
    let close = world.close(ada);
    assert_eq!(world.outcome(ada, close), Some(Ok(())));
    assert_eq!(world.outcome(ada, join), Some(Err(Code::Closed)));
    let again = world.close(ada);
    assert_eq!(world.outcome(ada, again), Some(Ok(())));
}

#[test]
fn leaving_a_room_is_told_and_it_can_be_joined_again() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    for _ in 0..3 {
        world.leave(bob, room);
        world
            .expect(Duration::from_secs(1), "it is told", |w| w.state_in(ada, room, bob).is_none());
        assert_eq!((world.connections(ada), world.connections(bob)), (0, 0));
        world.join(bob, room);
        world.expect(Duration::from_secs(2), "they are linked", |w| w.are_linked(ada, bob));
        world.expect_delivery(ada, room, bob, Duration::from_secs(1));
    }
}

#[test]
fn a_server_forgets_who_left() {
    let Scene { mut world, server, tabs: [_, bob], .. } = Scene::linked(1);
    assert_eq!(world.hub_stats(server).map(|stats| (stats.nodes, stats.members)), Some((2, 2)));
    world.close(bob);
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.hub_stats(server).map(|stats| (stats.nodes, stats.members)), Some((1, 1)));
}

/// Two who have joined, stopped at a moment while a link is being made.
fn while_linking(seed: u64, after: Duration) -> Scene<2> {
    let Scene { mut world, server, room, tabs: [ada] } = Scene::<1>::joined(seed);
    world.run_for(Duration::from_secs(2));
    let bob = world.open(TabSetup::at(&[server]));
    world.join(bob, room);
    world.expect(Duration::from_secs(1), "bob offers", |w| w.state_in(bob, room, ada).is_some());
    world.run_for(after);
    Scene { world, server, room, tabs: [ada, bob] }
}

#[test]
fn who_leaves_while_a_link_is_being_made_is_gone_at_once() {
    let deeds: [fn(&mut World, TabId, usize); 3] = [
        |world, tab, room| world.leave(tab, room),
        |world, tab, _| world.hide_page(tab),
        |world, tab, _| {
            world.close(tab);
        },
    ];
    let (mut ghosts, mut unlinked) = (0, 0);
    for millis in (0..200).step_by(4) {
        for (deed, leaves_first) in deeds.iter().flat_map(|deed| [(deed, true), (deed, false)]) {
            let after = Duration::from_millis(millis);
            let Scene { mut world, room, tabs: [ada, bob], .. } = while_linking(millis, after);
            let (left, stays) = if leaves_first { (ada, bob) } else { (bob, ada) };
            unlinked += usize::from(!world.are_linked(ada, bob));
            deed(&mut world, left, room);
            world.expect(Duration::from_secs(3), "it is gone", |w| {
                w.state_in(stays, room, left).is_none() && w.connections(stays) == 0
            });
            world.run_for(Duration::from_secs(30));
            ghosts += usize::from(world.state_in(stays, room, left).is_some());
        }
    }
    assert_eq!(ghosts, 0);
    assert!(unlinked > 50, "only {unlinked} left while a link was being made");
}

#[test]
fn a_goodbye_passes_the_server_when_the_link_is_broken() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.isolate(&[bob], 1);
    world.expect(Duration::from_secs(40), "the break is told", |w| {
        [(ada, bob), (bob, ada)]
            .iter()
            .all(|(one, two)| w.state_in(*one, room, *two) == Some(RemoteState::Recovering))
    });
    world.close(bob);
    world.expect(Duration::from_secs(1), "it is gone", |w| w.state_in(ada, room, bob).is_none());
}

#[test]
fn who_leaves_one_of_two_rooms_while_a_link_is_made_there_is_linked_in_the_other() {
    for seed in 0..20 {
        let Scene { mut world, server, room, tabs: [ada, bob] } = Scene::<2>::joined(seed);
        let other = world.add_room(&[server]);
        for tab in [ada, bob] {
            world.join(tab, other);
        }
        world.run_for(Duration::from_millis(40 + seed * 4));
        world.leave(ada, room);
        world.expect(Duration::from_secs(10), "they are linked", |w| w.are_linked(ada, bob));
        world.expect_delivery(ada, other, bob, Duration::from_secs(1));
    }
}
