//! Records whose time is over: when they go, and that nobody is given one.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{Event, GroupEvent, RoomId, Timer};
use lacis_sim::{Outgoing, Saboteur, ServerId, TabId, TabSetup, World, group_properties};
use lacis_wire::system::GroupProperties;
use lacis_wire::{GroupId, RecordId, Roles};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// A publisher, and a reader who will be away.
struct Letter {
    world: World,
    server: ServerId,
    publisher: (TabId, RoomId),
    reader: (TabId, RoomId),
    setup: TabSetup,
    id: GroupId,
}

fn stored(world: &mut World, server: ServerId, identity: u8) -> TabSetup {
    let disk = Some(world.add_disk());
    TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) }
}

impl Letter {
    fn new(seed: u64, flags: u32) -> Self {
        let mut world = World::scenario(seed);
        let server = world.add_server();
        let setups = [1, 2].map(|identity| stored(&mut world, server, identity));
        let [publisher, reader] = setups.clone().map(|setup| world.open(setup));
        let properties = GroupProperties { flags, ..group_properties("Letter") };
        let group = world.found_with(publisher, &properties);
        let joined = world.bring_in(publisher, group, reader, Roles::MEMBER);
        let id = world.group_id(publisher, group);
        let [_, setup] = setups;
        let (publisher, reader) = ((publisher, group), (reader, joined));
        Self { world, server, publisher, reader, setup, id }
    }

    fn deferring(seed: u64) -> Self {
        Self::new(seed, GroupProperties::DEFER_EXPIRATION)
    }

    fn publish(&mut self, text: &str, time: Duration) -> RecordId {
        let (tab, group) = self.publisher;
        let id = self.world.write_for(tab, group, text, time);
        let (reader, at_reader) = self.reader;
        self.world.expect(MINUTE, "the reader has it", |world| {
            world.replica(reader, at_reader).is_some_and(|it| it.held(&id).is_some())
        });
        self.world.run_for(Duration::from_secs(1));
        id
    }

    fn close_reader(&mut self) {
        self.world.kill(self.reader.0, false);
    }

    fn reopen_reader(&mut self) {
        let tab = self.world.open(self.setup.clone());
        self.reader = (tab, self.world.open_stored(tab, self.id));
    }

    fn connect_reader(&mut self) {
        self.world.connect(self.reader.0, self.reader.1);
    }

    fn read(&mut self) -> Vec<String> {
        self.world.texts(self.reader.0, self.reader.1)
    }

    fn expect_read(&mut self, texts: &[&str]) {
        expect_texts(&mut self.world, self.reader, texts);
    }

    /// Whether the alarm of the reader's node would ring for something that is over.
    fn rings(&mut self) -> bool {
        let due = self.world.command(self.reader.0, |node, now| (node.poll_timeout(), now));
        let (due, now) = due.expect("the reader is there");
        let soon = now + Duration::from_secs(1);
        due.is_some_and(|(at, timer)| timer == Timer::Expiry && at < soon)
    }
}

fn expect_texts(world: &mut World, (tab, group): (TabId, RoomId), texts: &[&str]) {
    let mut last = Vec::new();
    for _ in 0..150 {
        last = world.texts(tab, group);
        if last == texts {
            return;
        }
        world.run_for(Duration::from_millis(100));
    }
    panic!("{last:?} instead of {texts:?}\n{}", world.describe());
}

fn lost(world: &World, tab: TabId) -> Vec<RecordId> {
    let heard = world.seen(tab).log.iter().filter_map(|event| match event {
        Event::Group { event, .. } => match &**event {
            GroupEvent::Gone { id, .. } => Some(*id),
            _ => None,
        },
        _ => None,
    });
    heard.collect()
}

/// All that a tab sends over links from now on.
fn watch(world: &mut World, tab: TabId) -> Rc<RefCell<Vec<Vec<u8>>>> {
    let sent = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&sent);
    let note = move |outgoing: Outgoing<'_>| {
        seen.borrow_mut().push(outgoing.bytes.to_vec());
        vec![(outgoing.channel, outgoing.bytes.to_vec())]
    };
    world.sabotage(tab, Saboteur::new(note));
    sent
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_record_goes_where_it_is_when_its_time_is_over() {
    let mut letter = Letter::new(1, 0);
    letter.publish("short", MINUTE);
    letter.publish("long", 10 * MINUTE);
    letter.close_reader();
    letter.world.run_for(2 * MINUTE);
    letter.reopen_reader();
    assert_eq!(letter.read(), ["long"]);
    letter.world.run_for(10 * MINUTE);
    assert_eq!(letter.read(), [""; 0]);
}

#[test]
fn who_was_away_keeps_what_expired_until_it_has_met_a_member() {
    for seed in 0..10 {
        let mut letter = Letter::deferring(seed);
        let over = letter.publish("over", MINUTE);
        let renewed = letter.publish("renewed", MINUTE);
        letter.close_reader();
        let (publisher, group) = letter.publisher;
        letter.world.renew(publisher, group, renewed, ("renewed twice", 20 * DAY));
        letter.world.run_for(2 * MINUTE);
        letter.reopen_reader();
        assert_eq!(letter.read(), ["over", "renewed"]);
        letter.world.run_for(MINUTE);
        assert_eq!(letter.read(), ["over", "renewed"]);
        letter.connect_reader();
        letter.expect_read(&["renewed twice"]);
        assert_eq!(lost(&letter.world, letter.reader.0), [over], "what was renewed stayed");
    }
}

#[test]
fn the_alarm_is_quiet_while_expiration_is_deferred() {
    let mut letter = Letter::deferring(1);
    letter.publish("over", MINUTE);
    letter.close_reader();
    letter.world.run_for(2 * MINUTE);
    letter.reopen_reader();
    assert!(!letter.rings());
    // There is a server, and nobody behind it.
    letter.world.kill(letter.publisher.0, false);
    letter.world.run_for(MINUTE);
    letter.connect_reader();
    for _ in 0..20 {
        letter.world.run_for(Duration::from_secs(10));
        assert!(!letter.rings());
    }
    assert_eq!(letter.read(), ["over"]);
}

#[test]
fn nothing_expires_any_more_once_the_last_member_has_gone() {
    let mut letter = Letter::deferring(1);
    letter.publish("while together", MINUTE);
    letter.publish("while alone", 4 * MINUTE);
    letter.world.run_for(2 * MINUTE);
    letter.expect_read(&["while alone"]);
    let (publisher, group) = letter.publisher;
    expect_texts(&mut letter.world, (publisher, group), &["while alone"]);
    letter.world.kill(publisher, false);
    letter.world.run_for(5 * MINUTE);
    assert_eq!(letter.read(), ["while alone"]);
    assert!(!letter.rings());
}

#[test]
fn what_is_kept_beyond_its_time_is_given_to_nobody() {
    for seed in 0..5 {
        let mut letter = Letter::deferring(seed);
        let over = letter.publish("over", MINUTE);
        let (publisher, group) = letter.publisher;
        let newcomer = stored(&mut letter.world, letter.server, 3);
        let newcomer = letter.world.open(newcomer);
        let peer = letter.world.peer_id(newcomer);
        let invitation = letter
            .world
            .command(publisher, |node, now| node.invite(now, group, peer, Roles::MEMBER, None))
            .expect("it is there")
            .expect("it may invite");
        let held = letter.world.read_all(publisher, group).into_iter();
        let salt = held.map(|it| it.header).find(|it| it.id == over).expect("it is held").salt;
        letter.world.kill(publisher, false);
        letter.world.run_for(2 * MINUTE);
        assert_eq!(letter.read(), ["over"]);
        let sent = watch(&mut letter.world, letter.reader.0);
        let joined = letter.world.take_invitation(newcomer, &invitation);
        letter.world.connect(newcomer, joined);
        letter.expect_read(&[]);
        letter.world.run_for(2 * MINUTE);
        assert!(sent.borrow().iter().all(|bytes| !contains(bytes, &salt)));
        assert_eq!(letter.world.texts(newcomer, joined), [""; 0]);
    }
}

#[test]
fn what_is_kept_beyond_its_time_can_be_deleted_here() {
    let mut letter = Letter::deferring(1);
    let (publisher, group) = letter.publisher;
    let over = letter.publish("over", MINUTE);
    letter.world.kill(letter.reader.0, false);
    letter.world.run_for(2 * MINUTE);
    let mut held = letter.world.read_all(publisher, group).into_iter();
    let held = held.find(|it| it.header.id == over).expect("it is kept").header;
    let ticket = letter.world.plain_ticket(publisher);
    let deleted =
        letter.world.command(publisher, |node, now| node.delete_record(now, ticket, group, &held));
    assert_eq!(deleted, Some(Ok(())));
    letter.world.done(publisher, ticket, "it is deleted");
    assert_eq!(letter.world.texts(publisher, group), [""; 0]);
    let is_tombstone = |event: &Event| match event {
        Event::Group { event, .. } => match &**event {
            GroupEvent::Record { record, .. } => {
                record.header.id == over && record.header.is_deleted()
            }
            _ => false,
        },
        _ => false,
    };
    assert!(letter.world.seen(publisher).log.iter().any(is_tombstone));
}

#[test]
fn a_founder_who_ends_deferring_lets_go_what_was_kept() {
    let mut letter = Letter::deferring(1);
    let (publisher, group) = letter.publisher;
    letter.publish("over", MINUTE);
    letter.close_reader();
    letter.world.run_for(2 * MINUTE);
    assert_eq!(letter.world.texts(publisher, group), ["over"]);
    let ticket = letter.world.plain_ticket(publisher);
    let set = letter.world.command(publisher, |node, now| {
        node.set_properties(now, ticket, group, &group_properties("Letter"))
    });
    assert_eq!(set, Some(Ok(())));
    letter.world.run_for(Duration::from_secs(1));
    assert_eq!(letter.world.texts(publisher, group), [""; 0]);
}

/// Bodies go a day after the end. Who opens the group alone after that has lost nothing.
#[test]
fn what_was_erased_is_no_damage_where_expiration_is_deferred() {
    let mut letter = Letter::deferring(1);
    let over = letter.publish("over", MINUTE);
    letter.publish("long", 10 * DAY);
    letter.close_reader();
    letter.world.run_for(2 * DAY);
    letter.reopen_reader();
    letter.connect_reader();
    letter.expect_read(&["long"]);
    letter.world.run_for(MINUTE);
    letter.close_reader();
    letter.reopen_reader();
    let is_damage = |event: &&Event| match event {
        Event::Group { event, .. } => matches!(**event, GroupEvent::Damaged { .. }),
        _ => false,
    };
    for _ in 0..2 {
        letter.expect_read(&["long"]);
        let (reader, group) = letter.reader;
        assert_eq!(letter.world.seen(reader).log.iter().filter(is_damage).count(), 0);
        let held = letter.world.replica(reader, group);
        let held = held.and_then(|it| it.held(&over).map(|it| it.has_ended));
        assert_eq!(held, Some(true), "older versions stay away");
    }
}
