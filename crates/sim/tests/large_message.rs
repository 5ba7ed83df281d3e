//! Messages that do not fit one frame, up to the largest there may be.

use std::time::Duration;

use lacis_core::{Priority, SendError, Until};
use lacis_sim::{Mail, Scene};
use lacis_wire::limits;

#[test]
fn every_size_around_a_limit_arrives_whole() {
    let mut scene = Scene::<2>::linked(1);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let edges = [
        limits::FRAME_BYTES_MIN,
        limits::INTERACTIVE_BYTES,
        limits::CHUNK_BYTES,
        limits::FRAME_BYTES,
        1_000_000,
    ];
    for edge in edges {
        for size in edge - 1..=edge + 1 {
            for priority in [Priority::Automatic, Priority::Bulk] {
                let mail = Mail { size, priority, until: Until::Delivered };
                let ticket = world.send(ada, scene.room, bob, mail).expect("it may be sent");
                world.expect_outcome(ada, ticket, Ok(()), Duration::from_secs(3));
            }
        }
    }
}

#[test]
fn the_largest_message_arrives_and_one_byte_more_is_refused() {
    let mut scene = Scene::<2>::linked_as(1, |setup| setup.access.bandwidth = 20_000_000);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let mail = Mail::delivered(limits::MESSAGE_BYTES);
    let ticket = world.send(ada, scene.room, bob, mail).expect("it may be sent");
    world.expect_outcome(ada, ticket, Ok(()), Duration::from_secs(60));
    let mail = Mail::delivered(limits::MESSAGE_BYTES + 1);
    assert_eq!(world.send(ada, scene.room, bob, mail), Err(SendError::TooLarge));
    let size = limits::INTERACTIVE_BYTES + 1;
    let mail = Mail { size, priority: Priority::Interactive, until: Until::Accepted };
    assert_eq!(world.send(ada, scene.room, bob, mail), Err(SendError::TooLarge));
}

#[test]
fn browsers_that_take_small_messages_get_them_in_smaller_pieces() {
    for (ours, theirs) in [(16_384, 262_144), (262_144, 16_384), (65_536, 0)] {
        let mut sizes = [ours, theirs].into_iter();
        let mut scene = Scene::<2>::linked_as(1, |setup| {
            setup.browser.message_bytes_max = sizes.next().unwrap_or_default();
        });
        let tabs = scene.tabs;
        let world = &mut scene.world;
        // The model of the browser refuses a message that the other side does not take.
        for (from, to) in [(tabs[0], tabs[1]), (tabs[1], tabs[0])] {
            for size in [100, 16_000, 17_000, 61_000, 500_000] {
                let mail = Mail::delivered(size);
                let ticket = world.send(from, scene.room, to, mail).expect("it may be sent");
                world.expect_outcome(from, ticket, Ok(()), Duration::from_secs(5));
            }
            world.broadcast(from, scene.room, limits::EPHEMERAL_BYTES, false).expect("sent");
            let patience = Duration::from_secs(5);
            let asked = world.request(from, scene.room, to, 40_000, patience).expect("asked");
            world.expect_outcome(from, asked, Ok(()), patience);
            world.run_for(Duration::from_secs(1));
        }
    }
}

#[test]
fn many_large_messages_at_once_are_bounded_and_arrive() {
    let mut scene = Scene::<2>::linked_as(1, |setup| setup.access.bandwidth = 50_000_000);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let mut sent = Vec::new();
    let refused = loop {
        match world.send(ada, scene.room, bob, Mail::delivered(4_000_000)) {
            Ok(ticket) => sent.push(ticket),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, SendError::WouldBlock);
    assert!(sent.len() >= 10);
    for ticket in sent {
        world.expect_outcome(ada, ticket, Ok(()), Duration::from_secs(60));
    }
}
