//! Somebody who takes slowly slows its sender down, and nothing piles up on the way.

use std::time::Duration;

use lacis_core::{Event, SendError};
use lacis_sim::{Mail, Manners, Purpose, Saboteur, Scene, World};
use lacis_wire::codec::{decode, encode};
use lacis_wire::limits;
use lacis_wire::link::LinkFrame;

/// Bytes of a file that its sender could write so far.
fn written(world: &World, file: u64) -> usize {
    let promises = world.truth.promises.values();
    let done = promises
        .filter(|promise| promise.purpose == Purpose::Write { file } && promise.settled.is_some());
    done.count() * Manners::default().piece_bytes
}

#[test]
fn a_file_that_nobody_takes_stops_at_the_window() {
    let never = Duration::from_secs(3600);
    let mut scene = Scene::<2>::linked_as(1, |setup| setup.manners.thinks = never);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let size = 20 * 1024 * 1024;
    let (_, file) = world.send_file(ada, scene.room, bob, size).expect("it may be sent");
    world.accept_files(bob);
    world.run_for(Duration::from_secs(60));
    let window = usize::try_from(limits::STREAM_WINDOW_BYTES).expect("it is small");
    let received = world.truth.files[&file].received;
    assert_eq!(received, limits::STREAM_WINDOW_BYTES);
    assert!(written(world, file) <= window + 2 * limits::WRITE_AHEAD_BYTES);
    // A chat line passes it all the same.
    world.expect_delivery(ada, scene.room, bob, Duration::from_secs(1));
}

#[test]
fn a_file_flows_as_fast_as_it_is_taken() {
    let mut scene = Scene::<2>::linked_as(1, |setup| {
        setup.manners.thinks = Duration::from_millis(500);
    });
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let size = 10 * 1024 * 1024;
    let (_, file) = world.send_file(ada, scene.room, bob, size).expect("it may be sent");
    world.expect(Duration::from_secs(60), "it has arrived", |w| w.truth.files[&file].ended);
    let progress = world.seen(ada).log.iter();
    let told = progress.filter(|event| matches!(event, Event::Progress { .. })).count();
    assert!(told > 10, "its sender was told {told} times");
}

#[test]
fn a_slow_line_says_so_before_memory_fills() {
    let mut scene = Scene::<2>::linked_as(1, |setup| setup.access.bandwidth = 200_000);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    let mut refused = None;
    for _ in 0..10_000 {
        match world.send(ada, scene.room, bob, Mail::delivered(1000)) {
            Ok(_) => {}
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert_eq!(refused, Some(SendError::WouldBlock));
    // Checkers look at every queue on the way; here it is enough that all of it arrives.
    world.expect(Duration::from_secs(60), "all has arrived", |w| {
        w.truth.promises.values().all(|promise| promise.settled.is_some())
    });
    world.expect_delivery(ada, scene.room, bob, Duration::from_secs(2));
}

#[test]
fn cursors_are_dropped_rather_than_queued() {
    let mut scene = Scene::<2>::linked_as(1, |setup| setup.access.bandwidth = 20_000);
    let [ada, bob] = scene.tabs;
    let world = &mut scene.world;
    for _ in 0..1000 {
        world.broadcast(ada, scene.room, 1000, false).expect("it may be sent");
    }
    world.run_for(Duration::from_secs(60));
    let came = world.seen(bob).messages.len();
    assert!((100..400).contains(&came), "{came} of 1000 came");
}

#[test]
fn nobody_who_acknowledges_nothing_holds_up_what_is_told_to_all() {
    let mut scene = Scene::<3>::linked(1);
    let [ada, bob, eve] = scene.tabs;
    let world = &mut scene.world;
    let silent = Saboteur::new(|out| {
        let bytes = match decode(out.bytes) {
            Ok(LinkFrame::Ack { .. }) => return vec![],
            Ok(LinkFrame::Message { seq, envelope, payload, .. }) => {
                encode(&LinkFrame::Message { seq, ack: 0, envelope, payload })
            }
            _ => out.bytes.to_vec(),
        };
        vec![(out.channel, bytes)]
    });
    world.sabotage(eve, silent);
    for _ in 0..limits::UNACKED_MAX + 10 {
        world.broadcast(ada, scene.room, 100, true).expect("it may be sent");
    }
    world.expect(limits::STREAM_IDLE * 2, "all has been handed over", |w| {
        w.truth.promises.values().all(|promise| promise.settled.is_some())
    });
    world.expect_delivery(ada, scene.room, bob, Duration::from_secs(2));
}
