//! What a group does about a store that refuses, is found empty, or holds more than is known.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, RoomId};
use lacis_sim::{DiskId, TabId, TabSetup, World, invitation_for};
use lacis_wire::{Code, Roles};

const SOON: Duration = Duration::from_secs(15);
/// Longer than a store takes to answer, and shorter than any wait before another try.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Somebody with a store of her own who has founded a group.
struct Founder {
    world: World,
    setup: TabSetup,
    disk: DiskId,
    ada: TabId,
    group: RoomId,
}

fn founder(seed: u64) -> Founder {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let disk = world.add_disk();
    let setup = TabSetup { disk: Some(disk), identity: Some([1; 32]), ..TabSetup::at(&[server]) };
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    Founder { world, setup, disk, ada, group }
}

impl Founder {
    /// What became of a record, as soon as the store can have answered.
    fn write(&mut self, text: &str) -> Option<Result<(), Code>> {
        let (_, ticket) = self.world.write(self.ada, self.group, text).expect("she may write");
        self.world.run_for(AT_ONCE);
        self.world.settled(self.ada, ticket)
    }

    /// Deletes the record with that text; what became of that.
    fn delete(&mut self, text: &str) -> Option<Result<(), Code>> {
        let records = self.world.read_all(self.ada, self.group);
        let fits = |body: &lacis_wire::body::Body| body.data == text.as_bytes();
        let record = records.into_iter().find(|record| record.body.as_ref().is_some_and(fits));
        let held = record.expect("it is there").header;
        let (ticket, group) = (self.world.plain_ticket(self.ada), self.group);
        let deleted =
            self.world.command(self.ada, |node, now| node.delete_record(now, ticket, group, &held));
        deleted.expect("she is there").expect("she may delete it");
        self.world.run_for(AT_ONCE);
        self.world.settled(self.ada, ticket)
    }

    /// How often she was told of something.
    fn heard(&self, fits: impl Fn(&GroupEvent) -> bool) -> usize {
        let log = self.world.seen(self.ada).log.iter();
        log.filter(|event| matches!(event, Event::Group { event, .. } if fits(event))).count()
    }

    /// The texts that outlast a crash.
    fn texts_after_crash(&mut self) -> Vec<String> {
        let id = self.world.group_id(self.ada, self.group);
        self.world.kill(self.ada, true);
        let again = self.world.open(self.setup.clone());
        let opened = self.world.open_stored(again, id);
        self.world.texts(again, opened)
    }
}

const fn is_unsaved(event: &GroupEvent) -> bool {
    matches!(event, GroupEvent::Unsaved { code: Code::StoreFull })
}

#[test]
fn every_refusal_comes_at_once_and_full_and_no_longer_full_are_told_once() {
    for seed in 0..5 {
        let mut it = founder(seed);
        it.world.disk(it.disk).is_full = true;
        for number in 10..40 {
            let outcome = it.write(&format!("note {number}"));
            assert_eq!(outcome, Some(Err(Code::StoreFull)), "note {number} of seed {seed}");
            it.world.run_for(Duration::from_millis(700));
        }
        assert_eq!((it.heard(is_unsaved), it.heard(|e| *e == GroupEvent::Saved)), (1, 0));
        it.world.disk(it.disk).is_full = false;
        it.world.run_for(Duration::from_secs(61));
        assert_eq!((it.heard(is_unsaved), it.heard(|e| *e == GroupEvent::Saved)), (1, 1));
        assert_eq!(it.write("after"), Some(Ok(())));
        assert_eq!((it.heard(is_unsaved), it.heard(|e| *e == GroupEvent::Saved)), (1, 1));
        let texts = it.texts_after_crash();
        assert_eq!(texts.len(), 31, "{texts:?}");
    }
}

#[test]
fn what_fits_is_stored_at_once_though_something_else_does_not() {
    let mut it = founder(1);
    assert_eq!(it.write("first"), Some(Ok(())));
    it.world.disk(it.disk).is_full = true;
    assert_eq!(it.write("second"), Some(Err(Code::StoreFull)));
    it.world.disk(it.disk).is_full = false;
    // The second waits for its next try; the third does not wait for it.
    assert_eq!(it.write("third"), Some(Ok(())));
    assert!(it.texts_after_crash().contains(&"third".to_owned()));
}

#[test]
fn deletions_go_through_where_nothing_else_does() {
    let mut it = founder(1);
    let long = "long ".repeat(300);
    for text in ["kept", &long] {
        assert_eq!(it.write(text), Some(Ok(())));
    }
    it.world.disk(it.disk).is_full = true;
    assert_eq!(it.write("refused"), Some(Err(Code::StoreFull)));
    assert_eq!(it.delete(&long), Some(Ok(())));
    let texts = it.texts_after_crash();
    assert!(texts.contains(&"kept".to_owned()) && !texts.contains(&long), "{texts:?}");
}

#[test]
fn what_replaces_a_refused_version_is_not_undone_by_its_next_try() {
    let mut it = founder(1);
    it.world.disk(it.disk).is_full = true;
    assert_eq!(it.write("short lived"), Some(Err(Code::StoreFull)));
    it.world.disk(it.disk).is_full = false;
    assert_eq!(it.delete("short lived"), Some(Ok(())));
    it.world.run_for(Duration::from_secs(61));
    assert_eq!(it.heard(|event| *event == GroupEvent::Saved), 1);
    assert_eq!(it.texts_after_crash(), Vec::<String>::new());
}

#[test]
fn whoever_asks_whether_all_is_stored_is_told_why_not_at_once() {
    let mut it = founder(1);
    it.world.disk(it.disk).is_full = true;
    assert_eq!(it.write("refused"), Some(Err(Code::StoreFull)));
    let (ada, group) = (it.ada, it.group);
    let ticket = it.world.plain_ticket(ada);
    let asked = it.world.command(ada, |node, now| node.group_stored(now, ticket, group));
    asked.expect("she is there").expect("the group is open");
    assert_eq!(it.world.settled(ada, ticket), Some(Err(Code::StoreFull)));
}

#[test]
fn what_waits_is_written_when_the_group_is_closed() {
    let mut it = founder(1);
    for number in 0..3 {
        it.world.write(it.ada, it.group, &format!("note {number}")).expect("she may write");
    }
    let id = it.world.group_id(it.ada, it.group);
    let (ada, group) = (it.ada, it.group);
    it.world.command(ada, |node, now| node.close_group(now, group)).expect("she is there");
    it.world.run_for(AT_ONCE);
    let opened = it.world.open_stored(ada, id);
    assert_eq!(it.world.texts(ada, opened).len(), 3);
}

#[test]
fn a_store_found_empty_is_told_and_written_anew() {
    for seed in 0..5 {
        let mut it = founder(seed);
        assert_eq!(it.write("before"), Some(Ok(())));
        it.world.disk(it.disk).empty();
        // Nobody has to know: what was being written is stored with all the rest.
        assert_eq!(it.write("after"), Some(Ok(())));
        assert_eq!(it.heard(|event| *event == GroupEvent::Damaged { count: 0 }), 1);
        assert_eq!(it.heard(|event| matches!(event, GroupEvent::Unsaved { .. })), 0);
        assert_eq!(it.texts_after_crash(), ["after", "before"]);
    }
}

#[test]
fn what_was_only_in_a_store_found_empty_is_fetched_again() {
    let mut it = founder(1);
    let server = it.setup.servers.clone();
    let disk = Some(it.world.add_disk());
    let bob = TabSetup { disk, identity: Some([2; 32]), servers: server, ..it.setup.clone() };
    let bob = it.world.open(bob);
    let at_bob = it.world.bring_in(it.ada, it.group, bob, Roles::MEMBER);
    assert_eq!(it.write("bonjour"), Some(Ok(())));
    it.world.run_for(Duration::from_secs(2));
    assert_eq!(it.world.texts(bob, at_bob), ["bonjour"]);
    // She opens the group anew, so that its bodies are in her store and nowhere else.
    let id = it.world.group_id(it.ada, it.group);
    it.world.kill(it.ada, false);
    it.ada = it.world.open(it.setup.clone());
    it.group = it.world.open_stored(it.ada, id);
    it.world.disk(it.disk).empty();
    assert_eq!(it.write("salut"), Some(Ok(())));
    assert_eq!(it.heard(|event| *event == GroupEvent::Damaged { count: 1 }), 1);
    it.world.connect(it.ada, it.group);
    it.world.run_for(SOON);
    assert_eq!(it.texts_after_crash(), ["bonjour", "salut"]);
}

#[test]
fn deleting_a_group_leaves_nothing_of_it_even_if_it_was_joined_twice() {
    let mut it = founder(1);
    let disk = it.world.add_disk();
    let bob = TabSetup { disk: Some(disk), identity: Some([2; 32]), ..it.setup.clone() };
    let bob = it.world.open(bob);
    let (ada, group) = (it.ada, it.group);
    it.world.run_for(SOON);
    // The number of its start is of no group.
    let before: Vec<_> = it.world.disk(disk).entries.keys().cloned().collect();
    assert_eq!(before.len(), 1);
    let five = invitation_for(Roles::MEMBER, 5);
    let invite = |node: &mut lacis_core::Node, now| node.invite_anybody(now, group, five);
    let text = it.world.command(ada, invite).expect("she is there").expect("she may invite");
    assert_eq!(it.write("bonjour"), Some(Ok(())));
    let joined = it.world.take_invitation(bob, &text);
    it.world.connect(bob, joined);
    it.world.run_for(SOON);
    assert_eq!(it.world.texts(bob, joined), ["bonjour"]);
    it.world.command(bob, |node, now| node.close_group(now, joined)).expect("he is there");
    // By the second joining he knows nothing of what the first one has stored.
    let joined = it.world.take_invitation(bob, &text);
    let ticket = it.world.plain_ticket(bob);
    let deleted = it.world.command(bob, |node, now| node.delete_group(now, ticket, joined));
    deleted.expect("he is there").expect("the group is open");
    it.world.done(bob, ticket, "the group is deleted");
    let left: Vec<_> = it.world.disk(disk).entries.keys().cloned().collect();
    assert_eq!(left, before);
}

/// Records that came are judged together with those that follow. Who deletes the group meanwhile
/// must not find them in the store afterwards.
#[test]
fn deleting_a_group_while_its_records_come_leaves_nothing_of_it() {
    for delay in 0..12 {
        let mut it = founder(2);
        let disk = it.world.add_disk();
        let bob = TabSetup { disk: Some(disk), identity: Some([2; 32]), ..it.setup.clone() };
        let bob = it.world.open(bob);
        let (ada, group) = (it.ada, it.group);
        it.world.run_for(SOON);
        let before: Vec<_> = it.world.disk(disk).entries.keys().cloned().collect();
        let joined = it.world.bring_in(ada, group, bob, Roles::MEMBER);
        it.world.run_for(SOON);
        it.world.command(bob, |node, now| node.disconnect_group(now, joined)).expect("he is there");
        for number in 0..60 {
            it.world.write(ada, group, &number.to_string()).expect("she may write");
        }
        it.world.run_for(SOON);
        it.world.connect(bob, joined);
        for _ in 0..5_000 {
            if !it.world.texts(bob, joined).is_empty() {
                break;
            }
            it.world.run_for(Duration::from_millis(1));
        }
        it.world.run_for(Duration::from_millis(delay));
        let ticket = it.world.plain_ticket(bob);
        let deleted = it.world.command(bob, |node, now| node.delete_group(now, ticket, joined));
        deleted.expect("he is there").expect("the group is open");
        it.world.done(bob, ticket, "the group is deleted");
        it.world.run_for(AT_ONCE);
        let left: Vec<_> = it.world.disk(disk).entries.keys().cloned().collect();
        assert_eq!(left, before, "{delay} ms after the first came");
    }
}

/// A neighbor asks for what the store has and does not give.
#[test]
fn a_store_that_cannot_be_read_is_not_asked_on_and_on() {
    let mut it = founder(9);
    let server = it.setup.servers[0];
    let (world, ada, group) = (&mut it.world, it.ada, it.group);
    let id = world.group_id(ada, group);
    for number in 0..40 {
        world.write(ada, group, &format!("{number:02}")).expect("she may write");
    }
    world.run_for(SOON);
    world.kill(ada, false);
    let ada = world.open(it.setup.clone());
    let group = world.open_stored(ada, id);
    world.connect(ada, group);
    world.disk(it.disk).is_unreadable = true;
    let setup = world.stored(server, 2);
    let bob = world.open(setup);
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.run_for(SOON);
    let tried = world.disk(it.disk).failed_reads;
    assert!((1..20).contains(&tried), "{tried}");
    world.disk(it.disk).is_unreadable = false;
    world.run_for(SOON * 40);
    assert_eq!(world.texts(bob, at_bob).len(), 40);
}
