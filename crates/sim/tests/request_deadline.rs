//! A question is answered, refused, or its time is up.

use std::time::Duration;

use lacis_core::{Event, SendError};
use lacis_sim::{Manners, Requests, Scene};
use lacis_wire::{Code, limits};

const PATIENCE: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(20);

fn pair_with(manners: Manners) -> Scene<2> {
    Scene::linked_as(1, |setup| setup.manners = manners)
}

#[test]
fn an_answer_comes_back_whatever_its_size() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = pair_with(Manners::default());
    for size in [0, 10, 60_000, 200_000].into_iter().cycle().take(30) {
        let ticket = world.request(ada, room, bob, size, PATIENCE).expect("it may be asked");
        world.expect_outcome(ada, ticket, Ok(()), PATIENCE);
    }
}

#[test]
fn nobody_waits_longer_than_the_deadline() {
    let manners = Manners { requests: Requests::Ignore, ..Manners::default() };
    let Scene { mut world, room, tabs: [ada, bob], .. } = pair_with(manners);
    let ticket = world.request(ada, room, bob, 10, PATIENCE).expect("it may be asked");
    world.expect_outcome(ada, ticket, Err(Code::Timeout), PATIENCE + TICK);
    assert!(world.took(ada, ticket).is_some_and(|took| took >= PATIENCE));
}

#[test]
fn an_answer_that_comes_too_late_is_dropped() {
    let manners = Manners { thinks: Duration::from_secs(600), ..Manners::default() };
    let Scene { mut world, room, tabs: [ada, bob], .. } = pair_with(manners);
    let ticket = world.request(ada, room, bob, 10, PATIENCE).expect("it may be asked");
    world.expect_outcome(ada, ticket, Err(Code::Timeout), PATIENCE + TICK);
    // A second settlement would be found by the checkers.
    world.run_for(Duration::from_secs(700));
    world.expect_delivery(ada, room, bob, PATIENCE);
}

#[test]
fn who_has_no_handler_says_so() {
    let manners = Manners { requests: Requests::Refuse, ..Manners::default() };
    let Scene { mut world, room, tabs: [ada, bob], .. } = pair_with(manners);
    let ticket = world.request(ada, room, bob, 10, PATIENCE).expect("it may be asked");
    world.expect_outcome(ada, ticket, Err(Code::NoHandler), Duration::from_secs(1));
}

#[test]
fn questions_to_one_member_are_bounded_and_the_bound_is_lifted_by_answers() {
    let manners = Manners { requests: Requests::Ignore, ..Manners::default() };
    let Scene { mut world, room, tabs: [ada, bob], .. } = pair_with(manners);
    for _ in 0..limits::REQUESTS_MAX {
        world.request(ada, room, bob, 10, PATIENCE).expect("it may be asked");
    }
    let refused = world.request(ada, room, bob, 10, PATIENCE);
    assert_eq!(refused, Err(SendError::WouldBlock));
    world.run_for(PATIENCE * 2);
    // The other side still thinks about all of them, and has no place for more.
    let ticket = world.request(ada, room, bob, 10, PATIENCE).expect("it may be asked");
    world.expect_outcome(ada, ticket, Err(Code::Busy), Duration::from_secs(1));
}

#[test]
fn a_question_lives_through_a_new_link() {
    let manners = Manners { thinks: Duration::from_secs(2), ..Manners::default() };
    let Scene { mut world, room, tabs: [ada, bob], .. } = pair_with(manners);
    let patience = Duration::from_secs(90);
    let ticket = world.request(ada, room, bob, 10, patience).expect("it may be asked");
    world.run_for(Duration::from_millis(500));
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(32));
    world.isolate(&[ada], 0);
    world.expect_outcome(ada, ticket, Ok(()), Duration::from_secs(20));
}

#[test]
fn a_question_that_was_given_up_is_not_asked_once_the_link_is_back() {
    for size in [10, 200_000] {
        let Scene { mut world, room, tabs: [ada, bob], .. } = pair_with(Manners::default());
        world.isolate(&[ada], 1);
        // The connection has failed; what is sent over one that may come back is sent.
        world.run_for(Duration::from_secs(32));
        let late = world.request(ada, room, bob, size, PATIENCE).expect("it may be asked");
        let given_up = world.request(ada, room, bob, size, PATIENCE * 10).expect("it may be asked");
        world.expect_outcome(ada, late, Err(Code::Timeout), PATIENCE + TICK);
        world.cancel(ada, given_up);
        world.isolate(&[ada], 0);
        world.expect(Duration::from_secs(15), "they are linked", |w| w.are_linked(ada, bob));
        world.run_for(PATIENCE);
        let asked = |event: &Event| matches!(event, Event::Request { .. });
        assert!(!world.seen(bob).log.iter().any(asked));
    }
}
