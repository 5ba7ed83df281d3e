//! Somebody leaves and says so.

use std::time::Duration;

use lacis_core::Event;
use lacis_sim::{Mail, Scene, TabSetup};
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
        Event::MemberLeft { code, .. } => Some(*code),
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
