//! A hostile keeper delays at the most: whatever it drops, reorders, keeps old, makes up or claims,
//! members get everything from each other, and take nothing that is forged or was replaced.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::insider::{Insider, changes_group_frames, peer};
use lacis_sim::{Saboteur, TabId, TabSetup, World};
use lacis_wire::codec::decode;
use lacis_wire::group::GroupFrame;
use lacis_wire::record::Header;
use lacis_wire::{Millis, RecordId, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Who keeps, by identity.
const KEEPER: u8 = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Malice {
    /// It names records and sends none of them.
    Drops,
    /// It sends records backwards, some at a time, and some never.
    Reorders,
    /// It sends the first version of each record that it ever sent, whenever it sends one.
    ServesOld,
    /// It claims to hold what members hold, or other things, and that it has told all.
    Lies,
    /// It changes records on their way, and writes some itself.
    Forges,
    /// All of it, in turn.
    All,
}

const EACH: [Malice; 5] =
    [Malice::Drops, Malice::Reorders, Malice::ServesOld, Malice::Lies, Malice::Forges];

/// A frame that says nothing.
const NOTHING: GroupFrame = GroupFrame::Keys { keys: Vec::new(), meetings: Vec::new() };

/// How many records it holds back before it sends them backwards.
const BACKWARDS: usize = 3;

/// What a hostile keeper has seen.
struct Keeper {
    malice: Malice,
    insider: Insider,
    turns: usize,
    first: BTreeMap<RecordId, GroupFrame>,
    waiting: Vec<GroupFrame>,
}

/// How many frames went out as something else.
type Changed = Rc<Cell<usize>>;

impl Keeper {
    fn node(malice: Malice, insider: Insider, changed: Changed) -> Saboteur {
        let (first, waiting) = (BTreeMap::new(), Vec::new());
        let mut keeper = Self { malice, insider, turns: 0, first, waiting };
        changes_group_frames(move |_, frame| {
            let meant = frame.clone();
            let sent = keeper.change(frame);
            changed.set(changed.get() + usize::from(sent != [meant]));
            sent
        })
    }

    fn change(&mut self, frame: GroupFrame) -> Vec<GroupFrame> {
        self.turns += 1;
        let malice = match self.malice {
            Malice::All => EACH.get(self.turns % EACH.len()).copied().unwrap_or(Malice::Drops),
            one => one,
        };
        match (malice, frame) {
            (Malice::Lies, frame) => lies(frame),
            (malice, GroupFrame::Record { header, body }) => {
                self.change_record(malice, header, body)
            }
            (_, frame) => vec![frame],
        }
    }

    fn change_record(&mut self, malice: Malice, header: Header, body: Vec<u8>) -> Vec<GroupFrame> {
        let frame = GroupFrame::Record { header: header.clone(), body: body.clone() };
        let old = self.first.entry(header.id).or_insert_with(|| frame.clone()).clone();
        match malice {
            Malice::Drops => vec![NOTHING],
            Malice::Reorders => {
                self.waiting.push(frame);
                if self.waiting.len() < BACKWARDS {
                    return vec![NOTHING];
                }
                self.waiting.drain(..).rev().collect()
            }
            Malice::ServesOld => vec![old.clone(), old],
            _ => self.forges(header, body),
        }
    }

    /// In the place of a record: one with another body, one that claims to be newer, one that it
    /// signed itself, and one of its own.
    fn forges(&self, header: Header, mut body: Vec<u8>) -> Vec<GroupFrame> {
        let later = Header { version: header.version + 1, ..header.clone() };
        let claimed = GroupFrame::Record { header: later, body: body.clone() };
        let version = header.version + 1;
        let follows = self.insider.follows(&header, version, Millis(header.modified.0 + 20));
        let signed = self.insider.signs(follows, body.clone());
        let own = self.insider.writes(header.modified, self.turns as u64, b"forged");
        let of = |bytes: Vec<u8>| decode::<GroupFrame>(&bytes).expect("a frame");
        match body.first_mut() {
            Some(byte) => *byte ^= 1,
            None => body.push(1),
        }
        let changed = GroupFrame::Record { header, body };
        vec![changed, claimed, of(signed), of(own)]
    }
}

/// Another thing than it holds.
fn lies(frame: GroupFrame) -> Vec<GroupFrame> {
    match frame {
        GroupFrame::Enter { clock, chain, first, held, keys } => {
            let held = held.map(|mut held| {
                held.count += 7;
                held.fingerprint[0] ^= 1;
                held
            });
            vec![GroupFrame::Enter { clock, chain, first, held, keys }]
        }
        GroupFrame::Sketch { mut held, from, mut symbols } => {
            held.count += 7;
            symbols.iter_mut().step_by(5).for_each(|byte| *byte ^= 1);
            vec![GroupFrame::Sketch { held, from, symbols }]
        }
        GroupFrame::Summary { mut buckets } => {
            buckets.iter_mut().for_each(|bucket| bucket.fingerprint[3] ^= 1);
            vec![GroupFrame::Summary { buckets }]
        }
        GroupFrame::Have { mut names } => {
            names.iter_mut().step_by(32).for_each(|byte| *byte ^= 1);
            vec![GroupFrame::Have { names }]
        }
        // It was asked for that, and says that it has no more of it.
        GroupFrame::Record { header, .. } => {
            vec![GroupFrame::Missing { names: header.name().to_bytes().to_vec() }]
        }
        GroupFrame::Query { bucket, .. } | GroupFrame::Reply { bucket, .. } => {
            vec![GroupFrame::Done { bucket }, GroupFrame::Told { unasked: Vec::new() }]
        }
        GroupFrame::More { .. } => vec![GroupFrame::Told { unasked: Vec::new() }],
        other => vec![other],
    }
}

struct Board {
    world: World,
    ada: (TabId, RoomId),
    bob: (TabId, RoomId),
    changed: Changed,
}

/// What any member ever wrote.
const WRITTEN: [&str; 5] = ["one", "one again", "two", "three", "gone"];

/// What is left of it.
const LEFT: [&str; 3] = ["one again", "three", "two"];

/// A founder, a member and a hostile keeper, all linked, who have worked for a while.
fn worked(malice: Malice, seed: u64) -> (Board, TabSetup, String, TabSetup) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    let text = world.invite(ada, group, peer(KEEPER), Roles::KEEPER, None);
    let insider = Insider::invited(KEEPER, &text);
    let keeps = world.stored(server, KEEPER);
    let keeper = world.open(keeps);
    let changed = Changed::default();
    world.sabotage(keeper, Keeper::node(malice, insider, Rc::clone(&changed)));
    let kept = world.take_invitation(keeper, &text);
    world.connect(keeper, kept);
    let second = world.stored(server, 2);
    let bob = world.open(second);
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.expect(MINUTE, "all are linked", |world| {
        [ada, bob].iter().all(|tab| world.connections(*tab) == 2)
    });
    let one = world.write_for(ada, group, "one", DAY);
    world.write_for(bob, at_bob, "two", DAY);
    let gone = world.write_for(ada, group, "gone", DAY);
    world.expect_texts(bob, at_bob, &["gone", "one", "two"]);
    world.run_for(SECOND * 10);
    world.renew(ada, group, one, ("one again", DAY));
    let held = world.read_all(ada, group).into_iter().find(|it| it.header.id == gone);
    let held = held.expect("she has it").header;
    let ticket = world.plain_ticket(ada);
    let deleted = world.command(ada, |node, now| node.delete_record(now, ticket, group, &held));
    assert_eq!(deleted, Some(Ok(())));
    world.write_for(bob, at_bob, "three", DAY);
    let third = world.stored(server, 3);
    let invitation = world.invite(ada, group, peer(3), Roles::MEMBER, None);
    let board = Board { world, ada: (ada, group), bob: (bob, at_bob), changed };
    (board, setup, invitation, third)
}

/// The versions that somebody holds, whether it can read them or not.
fn headers(world: &mut World, (tab, group): (TabId, RoomId)) -> Vec<Header> {
    world.read_all(tab, group).into_iter().map(|record| record.header).collect()
}

/// A keeper may write nothing.
fn nothing_of_the_keeper(headers: &[Header]) {
    let keeper = peer(KEEPER);
    assert!(headers.iter().all(|it| it.creator != keeper && it.modifier != Some(keeper)));
}

fn delays_at_most(malice: Malice, seed: u64) {
    let (mut board, setup, invitation, third) = worked(malice, seed);
    let Board { world, ada, bob, changed } = &mut board;
    world.expect_texts(bob.0, bob.1, &LEFT);
    world.expect_texts(ada.0, ada.1, &LEFT);
    world.run_for(MINUTE);
    let written = headers(world, *ada);
    let id = world.group_id(ada.0, ada.1);
    for tab in [ada.0, bob.0] {
        world.close(tab);
    }
    world.run_for(MINUTE);

    // A newcomer finds nobody but the keeper.
    let before = changed.get();
    let cleo = world.open(third);
    let at_cleo = world.take_invitation(cleo, &invitation);
    world.connect(cleo, at_cleo);
    world.run_for(MINUTE * 3);
    let texts = world.texts(cleo, at_cleo);
    assert!(texts.iter().all(|text| WRITTEN.contains(&&text[..])), "{malice:?}: {texts:?}");
    assert!(changed.get() > before, "{malice:?}: she was lied to");
    nothing_of_the_keeper(&headers(world, (cleo, at_cleo)));

    // The first honest member that comes has everything.
    let ada = world.open(setup);
    let group = world.open_stored(ada, id);
    world.connect(ada, group);
    world.expect_texts(cleo, at_cleo, &LEFT);
    world.run_for(MINUTE * 5);
    assert_eq!(world.texts(cleo, at_cleo), LEFT, "{malice:?}: nothing old comes back");
    assert_eq!(world.texts(ada, group), LEFT, "{malice:?}: nothing old comes back");
    for at in [(cleo, at_cleo), (ada, group)] {
        assert_eq!(headers(world, at), written, "{malice:?}: nothing forged is taken");
    }
    let fingerprint = |world: &World, (tab, group): (TabId, RoomId)| {
        world.replica(tab, group).map(|it| it.compared().fingerprint)
    };
    assert_eq!(fingerprint(world, (cleo, at_cleo)), fingerprint(world, (ada, group)));
    assert!(world.violation().is_none());
}

#[test]
fn one_that_drops_records_delays_at_most() {
    delays_at_most(Malice::Drops, 1);
}

#[test]
fn one_that_reorders_records_delays_at_most() {
    delays_at_most(Malice::Reorders, 2);
}

#[test]
fn one_that_serves_old_versions_delays_at_most() {
    delays_at_most(Malice::ServesOld, 3);
}

#[test]
fn one_that_lies_about_what_it_holds_delays_at_most() {
    delays_at_most(Malice::Lies, 4);
}

#[test]
fn one_that_forges_records_delays_at_most() {
    delays_at_most(Malice::Forges, 5);
}

#[test]
fn one_that_does_all_of_it_delays_at_most() {
    for seed in 6..9 {
        delays_at_most(Malice::All, seed);
    }
}
