//! The application gives up waiting.

use std::time::Duration;

use lacis_core::Event;
use lacis_sim::{Mail, Manners, Requests, Scene, TabSetup, World};
use lacis_wire::Code;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_join_that_is_given_up_is_settled_at_once_and_the_room_stays() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    world.stop_server(server, false);
    let room = world.add_room(&[server]);
    let ada = world.open(TabSetup::at(&[server]));
    let ticket = world.join(ada, room);
    world.run_for(SECOND);
    world.cancel(ada, ticket);
    assert_eq!(world.outcome(ada, ticket), Some(Err(Code::Aborted)));
    world.start_server(server);
    let bob = world.open(TabSetup::at(&[server]));
    world.join(bob, room);
    world.expect(SECOND * 30, "they are linked", |w| w.are_linked(ada, bob));
}

#[test]
fn a_message_that_was_not_sent_yet_is_not_sent() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.isolate(&[ada], 1);
    world.run_for(SECOND * 32);
    let tickets = world.send_many(ada, room, bob, 3).expect("they may be sent");
    world.cancel(ada, tickets[1]);
    assert_eq!(world.outcome(ada, tickets[1]), Some(Err(Code::Aborted)));
    world.isolate(&[ada], 0);
    for ticket in [tickets[0], tickets[2]] {
        world.expect_outcome(ada, ticket, Ok(()), SECOND * 15);
    }
    world.run_for(SECOND);
    assert_eq!(world.seen(bob).messages.len(), 2);
}

#[test]
fn a_message_on_its_way_may_still_arrive() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    let ticket = world.send_many(ada, room, bob, 1).expect("it may be sent")[0];
    world.cancel(ada, ticket);
    assert_eq!(world.outcome(ada, ticket), Some(Err(Code::Aborted)));
    world.run_for(SECOND);
    assert_eq!(world.seen(bob).messages.len(), 1);
    world.expect_delivery(ada, room, bob, SECOND);
}

#[test]
fn a_large_message_stops_in_the_middle() {
    let Scene { mut world, room, tabs: [ada, bob], .. } =
        Scene::linked_as(1, |setup| setup.access.bandwidth = 500_000);
    let ticket = world.send(ada, room, bob, Mail::delivered(5_000_000)).expect("sent");
    world.run_for(SECOND);
    world.cancel(ada, ticket);
    assert_eq!(world.outcome(ada, ticket), Some(Err(Code::Aborted)));
    world.run_for(SECOND * 20);
    assert_eq!(world.seen(bob).messages.len(), 0);
    world.expect_delivery(ada, room, bob, SECOND);
}

#[test]
fn a_question_that_is_given_up_ignores_its_answer() {
    let manners = Manners { thinks: SECOND * 4, ..Manners::default() };
    let Scene { mut world, room, tabs: [ada, bob], .. } =
        Scene::linked_as(1, |setup| setup.manners = manners);
    let ticket = world.request(ada, room, bob, 10, SECOND * 20).expect("it may be asked");
    world.run_for(SECOND / 4);
    world.cancel(ada, ticket);
    assert_eq!(world.outcome(ada, ticket), Some(Err(Code::Aborted)));
    // A second settlement would be found by the checkers.
    world.run_for(SECOND * 30);
}

#[test]
fn a_file_may_be_given_up_by_either_side_and_both_hear_of_it() {
    for by_receiver in [true, false] {
        let Scene { mut world, room, tabs: [ada, bob], .. } =
            Scene::linked_as(1, |setup| setup.access.bandwidth = 500_000);
        let (ours, file) = world.send_file(ada, room, bob, 5_000_000).expect("it may be offered");
        world.run_for(SECOND * 2);
        let theirs = world.seen(bob).log.iter().find_map(|event| match event {
            Event::File { stream, .. } => Some(*stream),
            _ => None,
        });
        let theirs = theirs.expect("the file was offered");
        let (tab, stream) = if by_receiver { (bob, theirs) } else { (ada, ours) };
        world.command(tab, |node, now| node.cancel_stream(now, stream, Code::Aborted));
        world.run_for(SECOND);
        for (tab, stream) in [(ada, ours), (bob, theirs)] {
            let code = Code::Aborted;
            let failed = Event::StreamFailed { stream, code };
            assert_eq!(world.seen(tab).log.iter().filter(|event| **event == failed).count(), 1);
        }
        let received = world.truth.files[&file].received;
        world.run_for(SECOND * 20);
        assert_eq!(world.truth.files[&file].received, received);
        assert!(world.truth.promises.values().all(|promise| promise.settled.is_some()));
    }
}

#[test]
fn a_file_that_is_not_wanted_is_rejected() {
    let manners = Manners { takes_files: Some(false), ..Manners::default() };
    let Scene { mut world, room, tabs: [ada, bob], .. } =
        Scene::linked_as(1, |setup| setup.manners = manners);
    let (stream, _) = world.send_file(ada, room, bob, 5_000).expect("it may be offered");
    world.run_for(SECOND);
    let code = Code::Rejected;
    assert!(world.seen(ada).log.contains(&Event::StreamFailed { stream, code }));
    assert!(world.truth.promises.values().all(|promise| promise.settled.is_some()));
}

#[test]
fn what_was_settled_or_never_given_cannot_be_given_up() {
    let manners = Manners { requests: Requests::Refuse, ..Manners::default() };
    let Scene { mut world, room, tabs: [ada, bob], .. } =
        Scene::linked_as(1, |setup| setup.manners = manners);
    let ticket = world.request(ada, room, bob, 10, SECOND).expect("it may be asked");
    world.expect_outcome(ada, ticket, Err(Code::NoHandler), SECOND);
    let before = world.hash();
    world.cancel(ada, ticket);
    world.cancel(ada, 4_000_000);
    assert_eq!(world.hash(), before);
}
