//! What it costs two members who were apart to hold the same again.
//!
//! Counted is what their nodes say about the group over the new link, without what carries it:
//! from when both have shown that they are members, until the last record that one lacked arrives.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::{Saboteur, TabId, TabSetup, World};
use lacis_wire::Roles;
use lacis_wire::codec::decode;
use lacis_wire::group::GroupFrame;
use lacis_wire::link::LinkFrame;

const ONE_WAY: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(120);

/// A frame of a link that is about a group.
#[derive(Debug)]
struct Said {
    at: u64,
    kind: &'static str,
    bytes: usize,
    /// Of a record, if it is one.
    record: usize,
}

type Log = Rc<RefCell<Vec<Said>>>;

fn kind(frame: &GroupFrame) -> &'static str {
    match frame {
        GroupFrame::Enter { .. } => "enter",
        GroupFrame::Keys { .. } => "keys",
        GroupFrame::Sketch { .. } => "sketch",
        GroupFrame::More { .. } => "more",
        GroupFrame::Told { .. } => "told",
        GroupFrame::Have { .. } => "have",
        GroupFrame::Want { .. } => "want",
        GroupFrame::Record { .. } => "record",
        GroupFrame::Summary { .. } => "summary",
        GroupFrame::Query { .. } | GroupFrame::Reply { .. } | GroupFrame::Done { .. } => "range",
        _ => "other",
    }
}

fn listen(world: &mut World, tab: TabId, log: &Log) {
    let log = Rc::clone(log);
    world.sabotage(
        tab,
        Saboteur::new(move |out| {
            if let Ok(LinkFrame::Group { data, .. }) = decode(out.bytes) {
                let frame = decode::<GroupFrame>(data);
                let kind = frame.as_ref().map_or("part", kind);
                let record = if kind == "record" { data.len() } else { 0 };
                log.borrow_mut().push(Said { at: 0, kind, bytes: out.bytes.len(), record });
            }
            vec![(out.channel, out.bytes.to_vec())]
        }),
    );
}

/// What it took.
#[derive(Debug, Default)]
struct Cost {
    /// Way there and way back, from when both have shown who they are.
    half_trips: u64,
    bytes: usize,
    /// Without the records themselves.
    overhead: usize,
    /// How many frames of each kind.
    kinds: BTreeMap<&'static str, usize>,
}

/// Two who hold the same are parted; each writes some records, and they meet again.
fn catching_up(seed: u64, held: usize, written: [usize; 2]) -> Cost {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let [ada, bob] = [0; 2].map(|_| world.open(TabSetup::at(&[server])));
    for tab in [ada, bob] {
        world.fabric.net.change(tab, |access| {
            (access.latency, access.jitter, access.loss) = (ONE_WAY / 2, Duration::ZERO, 0);
        });
    }
    let at_ada = world.found(ada, "Board");
    for number in 0..held {
        world.write(ada, at_ada, &format!("{number}")).expect("she may write");
    }
    let at_bob = world.bring_in(ada, at_ada, bob, Roles::MEMBER);
    let both = [(ada, at_ada), (bob, at_bob)];
    world.expect(LONG * 5, "they hold the same", |world| are_equal(world, both));
    world.isolate(&[bob], 1);
    world.expect(LONG, "they are parted", |world| !world.are_linked(ada, bob));
    for ((tab, group), count) in both.into_iter().zip(written) {
        for number in 0..count {
            world.write(tab, group, &format!("{number} of {tab:?}")).expect("it may write");
        }
    }
    world.run_for(LONG);
    meet(world, both)
}

fn meet(mut world: World, both: [(TabId, RoomId); 2]) -> Cost {
    let log = Log::default();
    both.iter().for_each(|(tab, _)| listen(&mut world, *tab, &log));
    world.heal();
    let until = world.wall_now().0 + LONG.as_millis() as u64;
    let mut settled = None;
    while world.wall_now().0 < settled.map_or(until, |at| at + 2_000) {
        // What is said of it then is of the next comparison.
        let known = log.borrow().len();
        world.step(Duration::MAX);
        let now = world.wall_now().0;
        if settled.is_some_and(|at| now > at + 2_000) {
            log.borrow_mut().truncate(known);
        }
        log.borrow_mut()[known..].iter_mut().for_each(|it| it.at = now);
        let shown = log.borrow().iter().filter(|it| it.kind == "enter").count();
        if settled.is_none() && shown >= 2 && are_equal(&world, both) {
            settled = Some(now);
        }
    }
    assert!(settled.is_some(), "{}", world.describe());
    cost_of(&log.borrow())
}

fn are_equal(world: &World, both: [(TabId, RoomId); 2]) -> bool {
    let held = both.map(|(tab, group)| world.replica(tab, group).map(|it| it.compared()));
    held[0].is_some() && held[0] == held[1]
}

fn cost_of(log: &[Said]) -> Cost {
    let one_way = ONE_WAY.as_millis() as u64;
    let entered = log.iter().filter(|it| it.kind == "enter").take(2).map(|it| it.at);
    let shown = entered.max().expect("they said who they are") + one_way;
    let last = log.iter().filter(|it| it.kind == "record").map(|it| it.at + one_way).max();
    let last = last.unwrap_or(shown);
    // Bandwidth adds less than a millisecond.
    let half_trips = (last.saturating_sub(shown) + one_way / 2) / one_way;
    let mut cost = Cost { half_trips, ..Cost::default() };
    for said in log.iter().filter(|it| it.kind != "enter") {
        cost.bytes += said.bytes;
        cost.overhead += said.bytes - said.record;
        *cost.kinds.entry(said.kind).or_insert(0) += 1;
    }
    cost
}

/// Ten differences, on either side or on one.
fn ten_differences(seeds: u64, held: usize) {
    let ways = [[5, 5], [10, 0], [0, 10]];
    let mut costs = Vec::new();
    for (seed, way) in (1..=seeds).flat_map(|seed| ways.map(|way| (seed, way))) {
        let cost = catching_up(seed, held, way);
        println!("{held} held, {way:?} written: {cost:?}");
        assert!(cost.overhead <= 3_000, "{seed} {way:?}: {cost:?}");
        assert!(cost.bytes <= 11_000, "{seed} {way:?}: {cost:?}");
        assert_eq!(cost.kinds.get("record"), Some(&10), "each once: {seed} {way:?}: {cost:?}");
        costs.push(cost);
    }
    let half_trips: u64 = costs.iter().map(|it| it.half_trips).sum();
    assert!(half_trips <= 3 * costs.len() as u64, "{costs:?}");
}

#[test]
fn ten_differences_take_a_round_trip_and_a_half_and_few_bytes() {
    ten_differences(3, 300);
}

/// The same of many: `cargo test --release -p lacis-sim --test catching_up -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn ten_differences_of_a_hundred_thousand_take_no_more() {
    ten_differences(1, 100_000);
}

#[test]
fn who_holds_the_same_says_so_and_no_more() {
    for seed in 1..4 {
        let cost = catching_up(seed, 60, [0, 0]);
        println!("{cost:?}");
        assert!(cost.bytes <= 200, "{cost:?}");
        assert_eq!(cost.kinds, [("sketch", 1), ("told", 1)].into(), "{cost:?}");
    }
}

#[test]
fn what_is_too_much_for_the_first_symbols_takes_more_of_them() {
    // As many on each side: the counts say nothing of it.
    let cost = catching_up(1, 60, [30, 30]);
    println!("{cost:?}");
    assert_eq!(cost.kinds.get("more"), Some(&1), "{cost:?}");
    assert_eq!((cost.kinds.get("summary"), cost.kinds.get("record")), (None, Some(&60)));
    // One way and a half more.
    assert!(cost.half_trips <= 5, "{cost:?}");
}

#[test]
fn what_is_too_much_for_symbols_is_found_by_ranges() {
    for (written, asked) in [([300, 0], None), ([120, 120], Some(&4))] {
        let cost = catching_up(1, 60, written);
        println!("{cost:?}");
        assert_eq!(cost.kinds.get("more"), asked, "{cost:?}");
        assert!(cost.kinds.contains_key("summary") && cost.kinds.contains_key("range"));
        assert_eq!(cost.kinds.get("record"), Some(&written.iter().sum()), "{cost:?}");
    }
}
