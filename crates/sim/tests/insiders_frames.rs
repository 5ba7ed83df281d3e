//! What a neighbor says by frames alone: a stranger ends nobody's hopes, and nobody makes others
//! keep, look at or send without end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use lacis_core::graph::{Index, Replica, reconcile};
use lacis_core::{Event, GroupEvent, RevokeOptions, RoomId, Ticket};
use lacis_sim::insider::{Insider, changes_group_frames, peer};
use lacis_sim::{Saboteur, ServerId, TabId, TabSetup, World, invitation_for, kind};
use lacis_wire::codec::decode;
use lacis_wire::group::GroupFrame;
use lacis_wire::record::CopyName;
use lacis_wire::{Code, Millis, RecordId, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

struct Board {
    world: World,
    server: ServerId,
    setup: TabSetup,
    ada: TabId,
    group: RoomId,
}

fn board(seed: u64) -> Board {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    Board { world, server, setup, ada, group }
}

impl Board {
    fn tab(&mut self, identity: u8) -> TabId {
        let setup = self.world.stored(self.server, identity);
        self.world.open(setup)
    }

    fn join(&mut self, tab: TabId, link: &str) -> (RoomId, Ticket) {
        let ticket = self.world.plain_ticket(tab);
        let joined = self.world.open_group(tab, |node, now, number| {
            node.join_group(now, ticket, number, link, MINUTE * 10)
        });
        let group = joined.expect("it is there").expect("the link can be read");
        self.world.connect(tab, group);
        (group, ticket)
    }

    /// The founder goes, and comes back later.
    fn leave(&mut self) -> lacis_wire::GroupId {
        self.world.run_for(SECOND * 5);
        let id = self.world.group_id(self.ada, self.group);
        self.world.kill(self.ada, false);
        id
    }

    fn come_back(&mut self, id: lacis_wire::GroupId) {
        let setup = self.setup.clone();
        self.ada = self.world.open(setup);
        self.group = self.world.open_stored(self.ada, id);
        self.world.connect(self.ada, self.group);
    }
}

/// Answers whoever comes with a refusal.
fn refuses(code: Code) -> Saboteur {
    changes_group_frames(move |_, frame| match frame {
        GroupFrame::JoinRequest { .. } => vec![GroupFrame::Refuse { code }],
        other => vec![other, GroupFrame::Refuse { code }],
    })
}

#[test]
fn who_has_shown_nothing_ends_nobodys_joining() {
    for code in [Code::InvitationUsedUp, Code::InvitationExpired, Code::Revoked] {
        let mut board = board(11);
        let options = invitation_for(Roles::MEMBER, 10);
        let link = board.world.invite_anybody(board.ada, board.group, options);
        let id = board.leave();
        let eve = board.tab(3);
        board.world.sabotage(eve, refuses(code));
        board.join(eve, &link);
        board.world.run_for(SECOND * 5);
        let bob = board.tab(2);
        let (_, ticket) = board.join(bob, &link);
        board.world.run_for(SECOND * 30);
        assert_eq!(board.world.settled(bob, ticket), None, "he waits for somebody who may");
        assert_eq!(board.world.told(bob, |it| matches!(it, GroupEvent::Refused { .. })), 0);
        board.come_back(id);
        board.world.done(bob, ticket, "he is let in");
    }
}

/// A member without the right to invite does not speak for those who have it.
#[test]
fn a_member_who_may_not_invite_ends_nobodys_joining() {
    let mut board = board(12);
    let mallory = board.tab(3);
    let (ada, group) = (board.ada, board.group);
    let at_mallory = board.world.bring_in(ada, group, mallory, Roles::MEMBER);
    let link = board.world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 10));
    board.world.write(ada, group, "before").expect("she may write");
    board.world.expect_texts(mallory, at_mallory, &["before"]);
    let id = board.leave();
    board.world.sabotage(mallory, refuses(Code::InvitationUsedUp));
    let bob = board.tab(2);
    let (_, ticket) = board.join(bob, &link);
    board.world.run_for(SECOND * 30);
    assert_eq!(board.world.settled(bob, ticket), None, "he waits for somebody who may");
    board.come_back(id);
    board.world.done(bob, ticket, "he is let in");
}

/// An inviter who has met the founder, what it was given, and a link for newcomers.
fn with_inviter(board: &mut Board) -> (TabId, Insider, String) {
    let (ada, group) = (board.ada, board.group);
    let mallory = board.tab(3);
    let text = board.world.invite(ada, group, peer(3), Roles::INVITER, None);
    let insider = Insider::invited(3, &text);
    let at_mallory = board.world.take_invitation(mallory, &text);
    board.world.connect(mallory, at_mallory);
    let link = board.world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 10));
    board.world.write(ada, group, "before").expect("she may write");
    board.world.expect_texts(mallory, at_mallory, &["before"]);
    (mallory, insider, link)
}

/// An inviter who was shut out waits for newcomers, and lets them in by what it has no more.
fn caught_by_one_who_may_no_more(restarts: bool) {
    let mut board = board(13);
    let (ada, group) = (board.ada, board.group);
    let (mallory, insider, link) = with_inviter(&mut board);
    let keep = RevokeOptions { keep_invitations: true, ..RevokeOptions::default() };
    board.world.revoke_with(ada, group, peer(3), keep);
    board.world.run_for(SECOND * 15);
    let id = board.leave();
    let own = insider.chain.clone();
    let given = insider.gives(peer(2), Roles::MEMBER, Millis::MAX, 5);
    board.world.sabotage(
        mallory,
        changes_group_frames(move |_, frame| match frame {
            GroupFrame::Enter { clock, first, held, keys, .. } => {
                vec![GroupFrame::Enter { clock, chain: Some(own.clone()), first, held, keys }]
            }
            GroupFrame::Refuse { .. } => vec![GroupFrame::JoinAccept { chain: given.clone() }],
            other => vec![other],
        }),
    );
    let setup = board.world.stored(board.server, 2);
    let mut bob = board.world.open(setup.clone());
    let (mut joined, mut ticket) = board.join(bob, &link);
    board.world.run_for(MINUTE);
    if restarts {
        board.world.kill(bob, false);
        bob = board.world.open(setup);
        (joined, ticket) = board.join(bob, &link);
    }
    board.come_back(id);
    board.world.run_for(MINUTE * 5);
    assert_eq!(board.world.settled(bob, ticket), Some(Ok(())));
    assert_eq!(board.world.roles(board.ada, board.group, peer(2)), Some(Roles::MEMBER));
    board.world.write(bob, joined, "here").expect("he may write");
    board.world.expect_texts(board.ada, board.group, &["before", "here"]);
}

#[test]
fn who_was_let_in_by_one_who_may_no_more_is_let_in_all_the_same() {
    caught_by_one_who_may_no_more(false);
    caught_by_one_who_may_no_more(true);
}

/// What it was a member by once, on a device that does not know it, ends no joining either.
#[test]
fn who_is_given_what_has_ended_is_let_in_by_the_next() {
    let mut board = board(14);
    let (mallory, insider, link) = with_inviter(&mut board);
    let id = board.leave();
    let ended = insider.gives(peer(2), Roles::MEMBER, board.world.wall_now(), 5);
    board.world.sabotage(
        mallory,
        changes_group_frames(move |_, frame| match frame {
            GroupFrame::JoinAccept { .. } => vec![GroupFrame::JoinAccept { chain: ended.clone() }],
            GroupFrame::Keys { .. } | GroupFrame::Record { .. } => vec![],
            other => vec![other],
        }),
    );
    let bob = board.tab(2);
    let (_, ticket) = board.join(bob, &link);
    board.world.run_for(SECOND * 30);
    assert_eq!(board.world.settled(bob, ticket), None, "he waits for another one");
    board.come_back(id);
    board.world.done(bob, ticket, "he is let in");
}

/// A founder and a member whose node says more than it should once it is told to.
struct Loaded {
    board: Board,
    mallory: TabId,
    at_mallory: RoomId,
    insider: Insider,
    armed: Rc<Cell<bool>>,
}

impl Loaded {
    fn fire(&mut self) {
        self.armed.set(true);
        let written = self.board.world.write(self.mallory, self.at_mallory, "go");
        written.expect("she may write");
    }
}

fn loaded(seed: u64, more: impl Fn(&Insider) -> Vec<GroupFrame> + 'static) -> Loaded {
    let mut board = board(seed);
    let (ada, group) = (board.ada, board.group);
    let mallory = board.tab(3);
    let text = board.world.invite(ada, group, peer(3), Roles::MEMBER, None);
    let insider = Insider::invited(3, &text);
    let at_mallory = board.world.take_invitation(mallory, &text);
    board.world.connect(mallory, at_mallory);
    board.world.write(ada, group, "before").expect("she may write");
    board.world.expect_texts(mallory, at_mallory, &["before"]);
    board.world.run_for(SECOND * 5);
    let armed = Rc::new(Cell::new(false));
    let (gun, own) = (Rc::clone(&armed), insider.clone());
    board.world.sabotage(
        mallory,
        changes_group_frames(move |_, frame| {
            let mut all = vec![frame];
            if gun.replace(false) {
                all.extend(more(&own));
            }
            all
        }),
    );
    Loaded { board, mallory, at_mallory, insider, armed }
}

#[test]
fn names_that_nobody_has_are_kept_once_and_within_bounds() {
    for distinct in [false, true] {
        let mut loaded = loaded(14, move |_| {
            let name = |number: u32| {
                let mut name = [7; 32];
                name[..4].copy_from_slice(&number.to_le_bytes());
                name
            };
            (0..300_u32)
                .map(|frame| {
                    let of = |at| name(if distinct { frame * 1_024 + at } else { 0 });
                    GroupFrame::Have { names: (0..1_024).flat_map(of).collect() }
                })
                .collect()
        });
        loaded.fire();
        let Loaded { mut board, mallory, at_mallory, .. } = loaded;
        board.world.run_for(SECOND * 20);
        let load = board.world.group_load(board.ada, board.group).expect("it is open");
        let most = if distinct { limits::MISSING_MAX + limits::WANTED_MAX } else { 4 };
        assert!(load.names <= most, "{load:?}");
        assert!(!distinct || load.names > limits::MISSING_MAX / 2, "it has come: {load:?}");
        // Everything else goes on.
        let text = "still here";
        board.world.write(board.ada, board.group, text).expect("she may write");
        board.world.expect_texts(mallory, at_mallory, &["before", "go", text]);
    }
}

fn warned(board: &Board, of: Code) -> usize {
    let log = board.world.seen(board.ada).log.iter();
    log.filter(|it| matches!(it, Event::Warning { code, .. } if *code == of)).count()
}

/// Verifying a chain costs more than sending one. She is a member of another group, so that the
/// link is not one of strangers.
#[cfg_attr(test, test)]
pub(crate) fn chains_that_nobody_knows_are_verified_within_bounds() {
    let mut loaded = loaded(17, |insider| {
        let enter = |number: u64| {
            let chain = Some(insider.gives(peer(3), Roles::MEMBER, Millis::MAX, number));
            GroupFrame::Enter { clock: Millis(0), chain, first: Vec::new(), held: None, keys: None }
        };
        (0..150).map(enter).collect()
    });
    let world = &mut loaded.board.world;
    let another = world.found(loaded.board.ada, "Another");
    world.bring_in(loaded.board.ada, another, loaded.mallory, Roles::MEMBER);
    world.run_for(SECOND * 10);
    loaded.fire();
    loaded.board.world.run_for(SECOND * 2);
    let refused = warned(&loaded.board, Code::RateLimited);
    assert!((20..100).contains(&refused), "{refused}");
}

/// The names that a node asked for.
fn wants(board: &mut Board) -> Rc<RefCell<Vec<CopyName>>> {
    let wanted = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&wanted);
    board.world.sabotage(
        board.ada,
        changes_group_frames(move |_, frame| {
            if let GroupFrame::Want { names } = &frame {
                let names = names.as_chunks().0.iter().map(CopyName::from_bytes);
                log.borrow_mut().extend(names);
            }
            vec![frame]
        }),
    );
    wanted
}

#[cfg_attr(test, test)]
pub(crate) fn what_broke_a_rule_is_not_asked_for_again() {
    // She is no admin, and there is nothing by the other name.
    let revocation = |insider: &Insider| {
        let part = insider.revokes(peer(1), Millis(1_000), 1, &[]);
        decode::<GroupFrame>(&part).expect("a frame")
    };
    let bad = move |insider: &Insider| match revocation(insider) {
        GroupFrame::Record { header, .. } => header.name(),
        other => panic!("{other:?}"),
    };
    let other = |bad: &CopyName| CopyName { id: RecordId([9; 16]), ..*bad };
    let mut loaded = loaded(18, move |insider| {
        let name = bad(insider);
        let names = [name, other(&name)].iter().flat_map(CopyName::to_bytes).collect();
        vec![revocation(insider), GroupFrame::Have { names }]
    });
    let name = bad(&loaded.insider);
    let wanted = wants(&mut loaded.board);
    loaded.fire();
    loaded.board.world.run_for(SECOND * 5);
    assert!(wanted.borrow().contains(&other(&name)), "it asks for what it lacks");
    assert!(!wanted.borrow().contains(&name));
    assert!(warned(&loaded.board, Code::Protocol) > 0, "it was given");
}

/// A small question may have a large answer.
#[cfg_attr(test, test)]
pub(crate) fn who_asks_faster_than_it_listens_gets_no_answers() {
    let mut loaded = loaded(19, |_| {
        let bucket = Replica::bucket_of(&kind("note"));
        let message = reconcile::begin(&Index::new()).expect("a question");
        vec![GroupFrame::Query { bucket, message }; 600]
    });
    let now = loaded.board.world.wall_now();
    for number in 0..400 {
        let part = loaded.insider.writes(now, number, b"x");
        let (ada, group) = (loaded.board.ada, loaded.board.group);
        assert_eq!(loaded.board.world.import(ada, group, &part), Ok(true));
    }
    loaded.board.world.run_for(SECOND * 20);
    loaded.fire();
    let mut most = 0;
    for _ in 0..100 {
        let Board { world, ada, group, .. } = &mut loaded.board;
        world.run_for(SECOND / 20);
        most = most.max(world.group_load(*ada, *group).expect("it is open").frame_bytes);
    }
    let bound = limits::GROUP_QUEUE_BYTES + limits::GROUP_FRAME_BYTES;
    assert!((limits::GROUP_QUEUE_BYTES / 2..bound).contains(&most), "{most}");
}

/// Comparing goes on for ever; keys are given once a link.
#[test]
fn keys_are_given_once_a_link() {
    let given = Rc::new(Cell::new(0));
    let mut board = board(16);
    let count = Rc::clone(&given);
    board.world.sabotage(
        board.ada,
        changes_group_frames(move |_, frame| {
            let is_keys = matches!(frame, GroupFrame::Keys { .. });
            count.set(count.get() + usize::from(is_keys));
            vec![frame]
        }),
    );
    let bob = board.tab(2);
    board.world.bring_in(board.ada, board.group, bob, Roles::MEMBER);
    board.world.run_for(MINUTE * 5);
    assert_eq!(given.get(), 1);
}

/// Each of them is answered by a chain, all keys and a summary.
#[test]
fn who_is_told_a_thousand_times_that_it_is_let_in_answers_a_few_times() {
    let mut board = board(21);
    let (ada, group) = (board.ada, board.group);
    let mallory = board.tab(3);
    let at_mallory = board.world.bring_in(ada, group, mallory, Roles::MEMBER);
    board.world.write(ada, group, "first").expect("she may write");
    board.world.expect_texts(mallory, at_mallory, &["first"]);
    let members = board.world.replica(ada, group).expect("it is open").members();
    let best = members.best(&peer(1), board.world.wall_now()).expect("she is a member");
    let chain = members.chain(&best).expect("it is known");
    board.world.sabotage(
        mallory,
        changes_group_frames(move |_, frame| match frame {
            GroupFrame::Record { .. } => {
                let mut all = vec![GroupFrame::JoinAccept { chain: chain.clone() }; 1_000];
                all.push(frame);
                all
            }
            other => vec![other],
        }),
    );
    let answers = Rc::new(Cell::new(0));
    let count = Rc::clone(&answers);
    board.world.sabotage(
        ada,
        changes_group_frames(move |_, frame| {
            count.set(count.get() + u32::from(matches!(frame, GroupFrame::Enter { .. })));
            vec![frame]
        }),
    );
    board.world.write(mallory, at_mallory, "second").expect("she may write");
    board.world.expect_texts(ada, group, &["first", "second"]);
    board.world.run_for(SECOND * 10);
    assert!((1..=32).contains(&answers.get()), "{} answers", answers.get());
}
