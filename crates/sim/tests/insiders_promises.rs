//! A member promises records and does not give them: nobody waits for it longer than for others.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{RemoteReport, RemoteState, RoomId};
use lacis_sim::insider::changes_group_frames;
use lacis_sim::{TabId, TabSetup, World};
use lacis_wire::group::GroupFrame;
use lacis_wire::record::CopyName;
use lacis_wire::{RecordId, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(120);

/// More than anybody sends without being asked.
const NOTES: usize = limits::UNASKED_MAX + 8;

/// A founder, a member who promises, and one who comes back.
struct Board {
    world: World,
    ada: (TabId, RoomId),
    mallory: (TabId, RoomId),
    bob: (TabId, RoomId),
    setup: TabSetup,
}

fn board(seed: u64) -> Board {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let [ada, mallory] = [1, 3].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let setup = world.stored(server, 2);
    let bob = world.open(setup.clone());
    let group = world.found(ada, "Board");
    let at_mallory = world.bring_in(ada, group, mallory, Roles::MEMBER);
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.write(ada, group, "first").expect("she may write");
    world.expect_texts(bob, at_bob, &["first"]);
    world.expect_texts(mallory, at_mallory, &["first"]);
    world.run_for(SECOND * 10);
    Board { world, ada: (ada, group), mallory: (mallory, at_mallory), bob: (bob, at_bob), setup }
}

/// Whoever is asked for these promises them again with all that it writes, and never gives them.
fn promises(world: &mut World, mallory: TabId, withheld: &Rc<RefCell<BTreeSet<CopyName>>>) {
    let withheld = Rc::clone(withheld);
    world.sabotage(
        mallory,
        changes_group_frames(move |_, frame| {
            let GroupFrame::Record { header, .. } = &frame else { return vec![frame] };
            let name = header.name();
            if withheld.borrow().contains(&name) {
                return vec![GroupFrame::Told { unasked: Vec::new() }];
            }
            let all: Vec<CopyName> = withheld.borrow().iter().copied().chain([name]).collect();
            let told = all.chunks(limits::UNASKED_MAX).map(|some| {
                let unasked = some.iter().flat_map(CopyName::to_bytes).collect();
                GroupFrame::Told { unasked }
            });
            told.chain([frame.clone()]).collect()
        }),
    );
}

/// Whether one has a link to the other.
fn linked(world: &World, one: TabId, two: TabId) -> bool {
    let mut remotes = world.report(one).into_iter().flat_map(|report| report.remotes);
    let direct =
        |it: RemoteReport| it.node == world.node_id(two) && it.state == RemoteState::Direct;
    remotes.any(direct)
}

#[test]
fn what_one_promises_and_does_not_give_comes_from_another() {
    for seed in 0..6 {
        let Board { mut world, ada, mallory, bob, setup } = board(seed);
        let id = world.group_id(ada.0, ada.1);
        world.kill(bob.0, false);
        let withheld = Rc::new(RefCell::new(BTreeSet::new()));
        let written = Rc::clone(&withheld);
        world.sabotage(
            ada.0,
            changes_group_frames(move |_, frame| {
                if let GroupFrame::Record { header, .. } = &frame {
                    written.borrow_mut().insert(header.name());
                }
                vec![frame]
            }),
        );
        let texts: Vec<String> = (0..NOTES).map(|number| format!("note {number}")).collect();
        for text in &texts {
            world.write(ada.0, ada.1, text).expect("she may write");
        }
        world.run_for(SECOND * 20);
        assert!(withheld.borrow().len() >= NOTES, "{}", withheld.borrow().len());
        promises(&mut world, mallory.0, &withheld);
        // He meets her first.
        world.isolate(&[ada.0], 1);
        world.run_for(LONG);
        let bob = world.open(setup);
        let group = world.open_stored(bob, id);
        world.connect(bob, group);
        world.expect(LONG, "they are linked", |world| linked(world, bob, mallory.0));
        world.isolate(&[ada.0], 0);
        let has_all = |world: &World| {
            let replica = world.replica(bob, group).expect("it is open");
            withheld.borrow().iter().all(|name| replica.has(name))
        };
        let mut linked_for = 0;
        for _ in 0..200 {
            if has_all(&world) {
                break;
            }
            world.write(mallory.0, mallory.1, "more").expect("she may write");
            world.run_for(SECOND * 2);
            linked_for += usize::from(linked(&world, bob, ada.0));
        }
        assert!(has_all(&world), "seed {seed}: not in {} s of links", 2 * linked_for);
        let most = 2 * limits::WANT_DEADLINE;
        assert!(SECOND * 2 * linked_for as u32 <= most, "seed {seed}: {} s", 2 * linked_for);
    }
}

/// Each promise is looked at with every frame until its time is over.
#[test]
fn promises_without_end_are_kept_within_bounds() {
    let Board { mut world, ada, mallory, .. } = board(7);
    let frames = Rc::new(Cell::new(400_u32));
    let left = Rc::clone(&frames);
    world.sabotage(
        mallory.0,
        changes_group_frames(move |_, frame| {
            let mut all = vec![frame];
            for number in 0..left.take() {
                let of = |at: u32| {
                    let mut id = [9; 16];
                    id[..4].copy_from_slice(&(number * 32 + at).to_le_bytes());
                    CopyName { id: RecordId(id), digest: id }.to_bytes()
                };
                all.push(GroupFrame::Told { unasked: (0..32).flat_map(of).collect() });
            }
            all
        }),
    );
    world.write(mallory.0, mallory.1, "go").expect("she may write");
    world.run_for(SECOND * 5);
    assert_eq!(frames.get(), 0);
    let load = world.group_load(ada.0, ada.1).expect("it is open");
    assert!(load.awaited <= limits::WANTED_MAX, "{load:?}");
    assert!(load.names > 10_000, "they have come: {load:?}");
    world.write(ada.0, ada.1, "still here").expect("she may write");
    world.expect_texts(mallory.0, mallory.1, &["first", "go", "still here"]);
}
