//! What it costs to tell a whole group of a record: how often it is sent, and how soon it is there.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::{Saboteur, TabId, World};
use lacis_wire::codec::decode;
use lacis_wire::group::GroupFrame;
use lacis_wire::link::LinkFrame;

const SECOND: Duration = Duration::from_secs(1);

/// Records that each member writes, one after the other.
const ROUNDS: usize = 3;

struct Group {
    world: World,
    members: Vec<(TabId, RoomId)>,
    /// Records and frames of names sent by all.
    records: Rc<Cell<usize>>,
    names: Rc<Cell<usize>>,
}

impl Group {
    /// Members who are linked, and say nothing any more.
    fn new(seed: u64, count: usize) -> Self {
        let (mut world, members) = World::group_of(seed, count);
        world.run_for(60 * SECOND);
        let (records, names) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        for (tab, _) in &members {
            let (records, names) = (Rc::clone(&records), Rc::clone(&names));
            world.sabotage(
                *tab,
                Saboteur::new(move |out| {
                    if let Ok(LinkFrame::Group { data, .. }) = decode(out.bytes) {
                        match decode::<GroupFrame>(data) {
                            Ok(GroupFrame::Record { .. }) => records.set(records.get() + 1),
                            Ok(GroupFrame::Have { .. }) => names.set(names.get() + 1),
                            _ => {}
                        }
                    }
                    vec![(out.channel, out.bytes.to_vec())]
                }),
            );
        }
        Self { world, members, records, names }
    }

    /// One writes; gives how long it takes until the last one has it.
    fn write(&mut self, at: usize) -> Duration {
        self.write_within(at, 3 * SECOND)
    }

    fn write_within(&mut self, at: usize, limit: Duration) -> Duration {
        let (tab, group) = self.members[at];
        let begun = self.world.now();
        let (id, _) = self.world.write(tab, group, "line").expect("it may write");
        let members = self.members.clone();
        self.world.expect(limit, "all hold it", |w| {
            let holds = |(tab, group): &(TabId, RoomId)| {
                w.replica(*tab, *group).is_some_and(|replica| replica.held(&id).is_some())
            };
            members.iter().all(holds)
        });
        let took = self.world.now() - begun;
        self.world.run_for(SECOND);
        took
    }

    /// Everybody writes in turn; gives what is sent of a record beside what is needed, on average,
    /// and the longest time.
    fn all_write(&mut self) -> (f64, Duration) {
        self.records.set(0);
        let mut longest = Duration::ZERO;
        for _ in 0..ROUNDS {
            for at in 0..self.members.len() {
                longest = longest.max(self.write(at));
            }
        }
        let needed = ROUNDS * self.members.len() * (self.members.len() - 1);
        (self.records.get() as f64 / needed as f64 - 1.0, longest)
    }
}

#[test]
fn where_all_are_linked_a_record_is_sent_once_to_each() {
    let mut group = Group::new(1, 8);
    // The first ones tell who has what from whom.
    group.all_write();
    let (spare, longest) = group.all_write();
    assert!(spare <= 0.05, "{spare} too much");
    assert!(longest <= SECOND / 10, "{longest:?}");
}

#[test]
fn where_few_are_linked_a_record_is_sent_little_more_than_once_to_each() {
    let mut group = Group::new(2, 24);
    group.all_write();
    let (spare, longest) = group.all_write();
    println!("{spare} too much, {longest:?}, {} names", group.names.get());
    assert!(spare <= 0.1, "{spare} too much");
    assert!(longest <= SECOND, "{longest:?}");
}

#[test]
fn what_the_tree_lost_is_asked_for() {
    let mut group = Group::new(3, 20);
    group.all_write();
    // Whoever passed most on is gone, and nobody knows yet.
    for _ in 0..6 {
        let (tab, _) = group.members.remove(1);
        group.world.kill(tab, true);
    }
    for at in 0..group.members.len() {
        group.write(at);
    }
}

#[test]
fn those_who_name_what_they_never_send_delay_it_for_seconds_at_most() {
    let mut group = Group::new(4, 20);
    group.all_write();
    for at in [3, 9, 15] {
        let (tab, _) = group.members[at];
        group.world.sabotage(
            tab,
            Saboteur::new(|out| {
                let is_record = match decode(out.bytes) {
                    Ok(LinkFrame::Group { data, .. }) => {
                        matches!(decode(data), Ok(GroupFrame::Record { .. }))
                    }
                    _ => false,
                };
                if is_record { Vec::new() } else { vec![(out.channel, out.bytes.to_vec())] }
            }),
        );
    }
    let honest = (0..20).filter(|at| ![3, 9, 15].contains(at));
    let longest = honest.map(|at| group.write_within(at, 8 * SECOND)).max();
    assert!(longest.is_some_and(|longest| longest < 6 * SECOND), "{longest:?}");
}
