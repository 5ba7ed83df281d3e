//! A link is replaced by another; what was under way arrives once.

use std::time::Duration;

use lacis_core::Ticket;
use lacis_sim::{Mail, Scene, TabId, World};
use lacis_wire::Code;

/// The link of both breaks for so long that only a new one helps.
fn relink(world: &mut World, ada: TabId, bob: TabId) {
    let before = world.links(ada).len();
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(32));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(15), "they are linked again", |w| w.are_linked(ada, bob));
    assert!(world.links(ada).len() > before, "the old link came back");
}

fn all_arrived(world: &mut World, tab: TabId, tickets: &[Ticket]) {
    for ticket in tickets {
        world.expect_outcome(tab, *ticket, Ok(()), Duration::from_secs(5));
    }
}

#[test]
fn messages_that_were_not_acknowledged_arrive_once_and_in_order() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        let mut tickets = world.send_many(ada, room, bob, 20).expect("they may be sent");
        // Some are on their way, some have arrived and their acknowledgement has not.
        world.run_for(Duration::from_millis(seed * 8));
        world.isolate(&[ada], 1);
        tickets.extend(world.send_many(ada, room, bob, 20).expect("they may be sent"));
        relink(&mut world, ada, bob);
        all_arrived(&mut world, ada, &tickets);
        // That none came twice, and all in order, is what the checkers look for.
        assert_eq!(world.seen(bob).messages.len(), 40);
    }
}

#[test]
fn messages_flow_both_ways_over_several_links() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    let mut tickets = Vec::new();
    for _ in 0..4 {
        for (one, two) in [(ada, bob), (bob, ada)] {
            let sent = world.send_many(one, room, two, 7).expect("they may be sent");
            tickets.extend(sent.into_iter().map(|ticket| (one, ticket)));
        }
        relink(&mut world, ada, bob);
    }
    for (tab, ticket) in tickets {
        world.expect_outcome(tab, ticket, Ok(()), Duration::from_secs(5));
    }
    assert_eq!((world.seen(ada).messages.len(), world.seen(bob).messages.len()), (28, 28));
}

#[test]
fn messages_in_every_shared_room_survive_and_so_do_broadcasts() {
    for seed in 0..4 {
        let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(seed);
        let other = world.add_room(&[server]);
        world.join(ada, other);
        world.join(bob, other);
        world.run_for(Duration::from_secs(2));
        world.isolate(&[ada], 1);
        world.run_for(Duration::from_secs(32));
        world.isolate(&[ada], 0);
        let mut tickets = Vec::new();
        // All the time while the new link is made, and until both know what it is for.
        for _ in 0..750 {
            for room in [room, other] {
                let mail = Mail::delivered(5);
                tickets.push(world.send(ada, room, bob, mail).expect("it may be sent"));
                tickets.push(world.broadcast(ada, room, 5, true).expect("it may be sent"));
            }
            world.run_for(Duration::from_millis(20));
        }
        all_arrived(&mut world, ada, &tickets);
        assert_eq!(world.seen(bob).messages.len(), 3000);
    }
}

#[test]
fn who_forgot_us_gets_nothing_twice() {
    for seed in 0..20 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        let ticket = world.send_many(ada, room, bob, 1).expect("it may be sent")[0];
        let unsure = world.request(ada, room, bob, 5, Duration::from_secs(300)).expect("asked");
        // The message arrives, its acknowledgement does not.
        world.expect(Duration::from_secs(1), "it came", |w| !w.seen(bob).messages.is_empty());
        world.isolate(&[ada], 1);
        world.run_for(Duration::from_secs(1));
        world.leave(bob, room);
        world.run_for(Duration::from_secs(1));
        world.join(bob, room);
        world.run_for(Duration::from_secs(8));
        world.isolate(&[ada], 0);
        world.expect(Duration::from_secs(50), "they are linked again", |w| w.are_linked(ada, bob));
        // Nobody can say whether it arrived; the checkers see that it did not come again.
        world.expect_outcome(ada, ticket, Err(Code::LinkLost), Duration::from_secs(2));
        world.expect_outcome(ada, unsure, Err(Code::LinkLost), Duration::from_secs(2));
        world.expect_delivery(ada, room, bob, Duration::from_secs(2));
        world.expect_delivery(bob, room, ada, Duration::from_secs(2));
    }
}
