//! Files and large messages go on where they were when their link is replaced by another.
//!
//! That every byte comes once and in its place is what the checkers look for.

use std::time::Duration;

use lacis_core::{Event, StreamId};
use lacis_sim::{Mail, Manners, Purpose, Random, Scene, TabId, World};
use lacis_wire::{Code, limits};

/// At this bandwidth a megabyte takes some seconds.
const SLOW: u64 = 400_000;

/// The link of both breaks for so long that only a new one helps.
fn cut(world: &mut World, ada: TabId, bob: TabId) {
    cut_and(world, ada, bob, |_| ());
}

/// The same, while something is done as long as there is no link.
fn cut_and(world: &mut World, ada: TabId, bob: TabId, meanwhile: impl FnOnce(&mut World)) {
    let before = world.links(ada).len();
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(30));
    meanwhile(world);
    world.run_for(Duration::from_secs(2));
    world.isolate(&[ada], 0);
    let relinked = |world: &World| world.are_linked(ada, bob) && world.links(ada).len() > before;
    world.expect(Duration::from_secs(15), "they have a new link", relinked);
}

fn finished(world: &World, tab: TabId) -> Vec<Option<Result<(), Code>>> {
    let promises = world.truth.promises.iter();
    let own = promises.filter(|((of, _), _)| *of == tab);
    own.filter(|(_, it)| matches!(it.purpose, Purpose::Finish { .. }))
        .map(|(_, it)| it.settled.map(|(_, result)| result))
        .collect()
}

fn failure(world: &World, tab: TabId) -> Option<Code> {
    world.seen(tab).log.iter().find_map(|event| match event {
        Event::StreamFailed { code, .. } => Some(*code),
        _ => None,
    })
}

fn incoming(world: &World, tab: TabId) -> Option<StreamId> {
    world.seen(tab).log.iter().find_map(|event| match event {
        Event::File { stream, .. } => Some(*stream),
        _ => None,
    })
}

/// Bytes of files that a node keeps for the others.
fn kept(world: &mut World, tab: TabId) -> usize {
    let report = world.command(tab, |node, _| node.report()).expect("it is there");
    report.remotes.iter().map(|member| member.file_bytes).sum()
}

#[test]
fn files_and_messages_go_on_after_cuts_at_any_moment() {
    for seed in 0..40 {
        let Scene { mut world, room, tabs: [ada, bob], .. } =
            Scene::linked_as(seed, |setup| setup.access.bandwidth = SLOW);
        let mut random = Random::new(seed, "cuts");
        let (_, one) = world.send_file(ada, room, bob, 1_500_000).expect("it may be offered");
        let (_, two) = world.send_file(bob, room, ada, 700_000).expect("it may be offered");
        let large = world.send(ada, room, bob, Mail::delivered(600_000)).expect("it may be sent");
        for _ in 0..3 {
            world.run_for(random.millis(0, 3_000));
            cut(&mut world, ada, bob);
        }
        let whole = |world: &World, file| world.truth.files[&file].ended;
        world.expect(Duration::from_secs(60), "both files are whole", |world| {
            whole(world, one) && whole(world, two)
        });
        world.expect_outcome(ada, large, Ok(()), Duration::from_secs(60));
        world.run_for(Duration::from_secs(2));
        for tab in [ada, bob] {
            assert_eq!(finished(&world, tab), [Some(Ok(()))], "seed {seed}");
            assert_eq!(failure(&world, tab), None);
            assert_eq!(kept(&mut world, tab), 0);
        }
    }
}

#[test]
fn what_was_received_is_not_sent_again() {
    let Scene { mut world, room, tabs: [ada, bob], .. } =
        Scene::linked_as(1, |setup| setup.access.bandwidth = SLOW);
    let size = 4_000_000;
    let (_, file) = world.send_file(ada, room, bob, size).expect("it may be offered");
    let most = |world: &World| world.truth.files[&file].received > size / 10 * 9;
    world.expect(Duration::from_secs(30), "most is there", most);
    cut(&mut world, ada, bob);
    // The whole file takes ten seconds at this bandwidth.
    let done = |world: &World| world.truth.files[&file].ended;
    world.expect(Duration::from_secs(3), "the rest is there", done);
}

#[test]
fn an_end_that_was_lost_with_the_link_is_told_on_the_next() {
    for seed in 0..20 {
        let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(seed);
        let (_, file) = world.send_file(ada, room, bob, 300_000).expect("it may be offered");
        let large = world.send(ada, room, bob, Mail::delivered(90_000)).expect("it may be sent");
        let ended = |world: &World| world.truth.files[&file].ended;
        world.expect(Duration::from_secs(5), "the file is there", ended);
        cut(&mut world, ada, bob);
        world.expect_outcome(ada, large, Ok(()), Duration::from_secs(3));
        world.run_for(Duration::from_secs(1));
        assert_eq!(finished(&world, ada), [Some(Ok(()))]);
        assert_eq!(world.seen(bob).messages.len(), 1);
    }
}

#[test]
fn who_gives_up_while_there_is_no_link_is_heard_on_the_next() {
    for by_sender in [true, false] {
        let Scene { mut world, room, tabs: [ada, bob], .. } =
            Scene::linked_as(1, |setup| setup.access.bandwidth = SLOW);
        let (ours, _) = world.send_file(ada, room, bob, 3_000_000).expect("it may be offered");
        world.run_for(Duration::from_secs(2));
        let theirs = incoming(&world, bob).expect("it was offered");
        let (tab, stream) = if by_sender { (ada, ours) } else { (bob, theirs) };
        cut_and(&mut world, ada, bob, |world| {
            world.command(tab, |node, now| node.cancel_stream(now, stream, Code::Aborted));
        });
        world.run_for(Duration::from_secs(2));
        for tab in [ada, bob] {
            assert_eq!(failure(&world, tab), Some(Code::Aborted));
        }
        assert_eq!(kept(&mut world, ada), 0);
    }
}

#[test]
fn a_file_may_be_accepted_while_there_is_no_link() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked_as(1, |setup| {
        setup.manners = Manners { takes_files: None, ..Manners::default() };
    });
    let (_, file) = world.send_file(ada, room, bob, 300_000).expect("it may be offered");
    world.run_for(Duration::from_secs(1));
    cut_and(&mut world, ada, bob, |world| world.accept_files(bob));
    let done = |world: &World| world.truth.files[&file].ended;
    world.expect(Duration::from_secs(5), "the file is there", done);
}

#[test]
fn when_the_member_is_given_up_both_sides_say_the_same() {
    for seed in 0..10 {
        let Scene { mut world, room, tabs: [ada, bob], .. } =
            Scene::linked_as(seed, |setup| setup.access.bandwidth = SLOW);
        world.send_file(ada, room, bob, 3_000_000).expect("it may be offered");
        let large = world.send(ada, room, bob, Mail::delivered(3_000_000)).expect("sent");
        world.run_for(Duration::from_secs(2));
        world.isolate(&[ada], 1);
        world.run_for(Duration::from_secs(90));
        for tab in [ada, bob] {
            assert_eq!(failure(&world, tab), Some(Code::LinkLost));
        }
        assert_eq!(world.outcome(ada, large), Some(Err(Code::LinkLost)));
        let open = world.truth.promises.values().filter(|it| it.settled.is_none()).count();
        assert_eq!(open, 0);
    }
}

#[test]
fn one_who_forgot_the_other_goes_on_with_nothing_of_before() {
    let Scene { mut world, room, tabs: [ada, bob], .. } =
        Scene::linked_as(1, |setup| setup.access.bandwidth = SLOW);
    world.send_file(ada, room, bob, 3_000_000).expect("it may be offered");
    world.run_for(Duration::from_secs(2));
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(1));
    world.leave(bob, room);
    world.run_for(Duration::from_secs(1));
    world.join(bob, room);
    world.run_for(Duration::from_secs(8));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(50), "they are linked again", |w| w.are_linked(ada, bob));
    world.run_for(Duration::from_secs(2));
    assert_eq!(failure(&world, ada), Some(Code::LinkLost));
    assert!(failure(&world, bob).is_some());
    let (_, file) = world.send_file(ada, room, bob, 300_000).expect("it may be offered");
    let done = |world: &World| world.truth.files[&file].ended;
    world.expect(Duration::from_secs(9), "the new file is there", done);
}

#[test]
fn no_more_than_the_window_is_kept_of_a_file() {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked_as(1, |setup| {
        setup.access.bandwidth = 50_000_000;
        setup.manners = Manners { piece_bytes: limits::WRITE_AHEAD_BYTES, ..Manners::default() };
    });
    let (_, file) = world.send_file(ada, room, bob, 30_000_000).expect("it may be offered");
    let window = usize::try_from(limits::STREAM_WINDOW_BYTES).expect("a small number");
    let mut most = 0;
    for round in 0..2_000 {
        if world.truth.files[&file].ended {
            break;
        }
        if round == 20 {
            cut(&mut world, ada, bob);
        }
        world.run_for(Duration::from_millis(10));
        most = most.max(kept(&mut world, ada));
    }
    assert!(world.truth.files[&file].ended);
    assert!(most > limits::WRITE_AHEAD_BYTES, "{most}");
    assert!(most <= window + 2 * limits::WRITE_AHEAD_BYTES, "{most}");
}

#[test]
fn what_lost_members_had_begun_to_send_is_bounded_together() {
    let Scene { mut world, room, tabs: [ada, others @ ..], .. } =
        Scene::<5>::linked_as(1, |setup| setup.access.bandwidth = 8_000_000);
    for from in others {
        for _ in 0..2 {
            let large = Mail::delivered(limits::MESSAGE_BYTES);
            world.send(from, room, ada, large).expect("it may be sent");
        }
    }
    let gathered = |world: &World| -> usize {
        let report = world.report(ada).expect("it is there");
        report.remotes.iter().map(|member| member.gathered_bytes).sum()
    };
    let much = |world: &World| gathered(world) > limits::ORPHAN_BYTES + 20_000_000;
    world.expect(Duration::from_secs(60), "much has come", much);
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(40));
    assert!(gathered(&world) <= limits::ORPHAN_BYTES);
    assert!(gathered(&world) > 0);
    world.isolate(&[ada], 0);
    world.run_for(Duration::from_secs(90));
    let open = world.truth.promises.values().filter(|it| it.settled.is_none()).count();
    assert_eq!(open, 0, "whoever has sent is told, or has succeeded");
    let told = others.iter().flat_map(|from| {
        let own = world.truth.promises.iter().filter(move |((tab, _), _)| tab == from);
        own.filter(|(_, it)| matches!(it.purpose, Purpose::Send { .. }))
            .filter_map(|(_, it)| it.settled.map(|(_, result)| result))
    });
    let told: Vec<_> = told.collect();
    assert!(told.contains(&Err(Code::Busy)) && told.contains(&Ok(())), "{told:?}");
}
