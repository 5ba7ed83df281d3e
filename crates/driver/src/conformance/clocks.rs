//! The one timer, and the two clocks.

use core::time::Duration;

use lacis_core::{Event, Output, RoomId};
use lacis_wire::room::RoomLink;
use lacis_wire::{Code, limits};

use super::bench::Bench;
use super::harness::{Harness, Logged};
use crate::driver::{Driver, Platform};

const WAIT: Duration = Duration::from_millis(150);

/// A timer fires at its time or a little later, once.
pub async fn a_timer_fires_once_and_not_early<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    while bench.next(0).is_some() {}
    let at = bench.now(0) + WAIT;
    bench.harness.platform(0).arm(at);
    bench.expect(0, "its timer", |logged| matches!(logged, Logged::Timeout).then_some(())).await;
    assert!(bench.now(0) >= at, "it is early");
    assert_eq!(timeouts(&mut bench, WAIT * 4).await, 0);
}

/// There is one timer: setting it again takes back what was set before.
pub async fn an_earlier_timer_takes_the_place_of_a_later<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    while bench.next(0).is_some() {}
    let now = bench.now(0);
    bench.harness.platform(0).arm(now + WAIT * 3);
    bench.harness.platform(0).arm(now + WAIT);
    assert_eq!(timeouts(&mut bench, WAIT * 2).await, 1);
    assert_eq!(timeouts(&mut bench, WAIT * 3).await, 0);
}

async fn timeouts<H: Harness>(bench: &mut Bench<'_, H>, time: Duration) -> usize {
    let passed = bench.within(0, time).await;
    passed.iter().filter(|logged| matches!(logged, Logged::Timeout)).count()
}

/// What a node has to do earlier than it had is done in time, and the timer rests after it.
pub async fn a_deadline_of_the_node_is_kept<H: Harness>(harness: &mut H) {
    const TICKET: u32 = 1;
    const ROOM: RoomId = RoomId(1);
    let mut bench = Bench::new(harness);
    while bench.next(0).is_some() {}
    let due = bench.now(0) + WAIT;
    let link = RoomLink { secret: [9; 16], servers: [bench.harness.dead_address()].into() };
    let joined = Driver::with(&mut bench.harness.platform(0), |node, now| {
        node.join(now, TICKET, ROOM, &link, WAIT)
    });
    joined.expect("the room can be joined");
    let settled = |logged| match logged {
        Logged::Output(Output::Event(Event::Completed { ticket: TICKET, result })) => Some(result),
        _ => None,
    };
    let result = bench.expect(0, "that it waited long enough", settled).await;
    assert_eq!(result, Err(Code::SignalingUnreachable));
    let late = bench.now(0).since(due);
    assert!(late < Duration::from_secs(1), "it comes {late:?} late");
    Driver::with(&mut bench.harness.platform(0), |node, now| node.leave(now, ROOM));
    bench.within(0, WAIT).await;
    let count = timeouts(&mut bench, WAIT * 4).await;
    assert!(count <= 2, "{count} timeouts for nothing");
}

/// Who was asleep, or had its clock set, knows it with the next thing that happens.
pub async fn the_clock_on_the_wall_is_read_with_every_input<H: Harness>(harness: &mut H) {
    let bench = Bench::new(harness);
    let before = bench.harness.platform(0).driver().node().wall();
    let jump = limits::WALL_JUMP.as_millis() * 100;
    bench.harness.move_wall(0, i64::try_from(jump).unwrap_or(i64::MAX));
    Driver::with(&mut bench.harness.platform(0), |_, _| ());
    let after = bench.harness.platform(0).driver().node().wall();
    bench.harness.move_wall(0, -i64::try_from(jump).unwrap_or(i64::MAX));
    assert!(u128::from(after.0 - before.0) >= jump, "{before:?}, then {after:?}");
}
