//! Whoever is no member any more is served nothing and reads nothing that is sealed afterwards,
//! whatever clocks say, and whoever has heard of its end by then.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{GroupEvent, LinkId, RoomId};
use lacis_sim::insider::{Insider, changes_group_frames};
use lacis_sim::{Saboteur, ServerId, TabId, TabSetup, World, invitation_for};
use lacis_wire::codec::decode;
use lacis_wire::credential::Chain;
use lacis_wire::group::GroupFrame;
use lacis_wire::keys::KeyPart;
use lacis_wire::system::{KEY, MEMBER, REVOCATION};
use lacis_wire::{Millis, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A founder and a member, linked, and somebody else who is not a member yet.
struct Board {
    world: World,
    server: ServerId,
    ada: (TabId, RoomId),
    bob: (TabId, RoomId),
    mallory: TabId,
    setups: [TabSetup; 3],
}

fn board(seed: u64) -> Board {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let setups = [1, 2, 3].map(|identity| world.stored(server, identity));
    let [ada, bob, mallory] = setups.clone().map(|setup| world.open(setup));
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.write(ada, group, "before").expect("she may write");
    world.expect_texts(bob, at_bob, &["before"]);
    Board { world, server, ada: (ada, group), bob: (bob, at_bob), mallory, setups }
}

/// What somebody sent over links that led to nobody it knew when this began.
type Sent = Rc<RefCell<Vec<GroupFrame>>>;

/// Notes what a tab sends to whoever comes from now on.
fn watch(world: &mut World, tab: TabId) -> Sent {
    let sent = Sent::default();
    let (log, known) = (Rc::clone(&sent), open_links(world, tab));
    world.sabotage(
        tab,
        changes_group_frames(move |link, frame| {
            if !known.contains(&link) {
                log.borrow_mut().push(frame.clone());
            }
            vec![frame]
        }),
    );
    sent
}

fn open_links(world: &World, tab: TabId) -> Vec<LinkId> {
    let open = |(link, is_open)| if is_open { Some(link) } else { None };
    world.links(tab).into_iter().filter_map(open).collect()
}

/// What only members are to be sent, but for what says that somebody is none.
fn is_for_members(frame: &GroupFrame) -> bool {
    match frame {
        GroupFrame::Enter { .. }
        | GroupFrame::Refuse { .. }
        | GroupFrame::JoinRequest { .. }
        | GroupFrame::JoinAccept { .. }
        | GroupFrame::PreviewRequest { .. } => false,
        GroupFrame::Record { header, .. } => header.kind.as_str() != REVOCATION,
        _ => true,
    }
}

/// The kinds of such frames.
fn for_members(sent: &Sent) -> Vec<String> {
    let sent = sent.borrow();
    let kind = |frame: &GroupFrame| format!("{frame:?}").chars().take(12).collect();
    sent.iter().filter(|frame| is_for_members(frame)).map(kind).collect()
}

/// Says its own chain whenever it says anything of who it is, and a time that is off by as much on
/// its first link as it is the other way on all others.
fn insists(chain: Option<Chain>, minutes: i64) -> Saboteur {
    let mut first = None;
    changes_group_frames(move |link, frame| match frame {
        GroupFrame::Enter { clock, chain: own, first: types, held, keys } => {
            let sign = if *first.get_or_insert(link) == link { 1 } else { -1 };
            let clock = Millis(clock.0.saturating_add_signed(sign * minutes * 60_000));
            let chain = own.or_else(|| chain.clone());
            let enter = GroupFrame::Enter { clock, chain, first: types, held, keys };
            vec![enter, GroupFrame::Summary { buckets: Vec::new() }]
        }
        other => vec![other],
    })
}

fn unlocked(world: &World, tab: TabId) -> usize {
    world.told(tab, |event| *event == GroupEvent::Unlocked)
}

/// All chains are published: who shows that of somebody else is nobody.
#[cfg_attr(test, test)]
pub(crate) fn who_shows_the_chain_of_another_is_served_nothing() {
    let Board { mut world, ada: (ada, group), bob: (bob, _), mallory, .. } = board(7);
    let sent = [ada, bob].map(|tab| watch(&mut world, tab));
    let bobs = world.peer_id(bob);
    let members = world.replica(ada, group).expect("it is open").members();
    let chain = members.best(&bobs, world.wall_now()).and_then(|id| members.chain(&id));
    assert!(chain.is_some());
    world.sabotage(
        mallory,
        changes_group_frames(move |_, frame| match frame {
            GroupFrame::JoinRequest { .. } | GroupFrame::Enter { .. } => {
                let (clock, chain) = (Millis(0), chain.clone());
                vec![GroupFrame::Enter { clock, chain, first: Vec::new(), held: None, keys: None }]
            }
            other => vec![other],
        }),
    );
    let link = world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 5));
    let ticket = world.plain_ticket(mallory);
    let joined = world.open_group(mallory, |node, now, number| {
        node.join_group(now, ticket, number, &link, MINUTE)
    });
    let joined = joined.expect("it is there").expect("the link is good");
    world.connect(mallory, joined);
    world.run_for(SECOND * 20);
    for sent in &sent {
        assert!(!sent.borrow().is_empty(), "it has come");
        assert_eq!(for_members(sent), [""; 0]);
    }
}

#[cfg_attr(test, test)]
pub(crate) fn a_new_key_is_sealed_to_members_alone() {
    let Board { mut world, ada: (ada, group), bob: (bob, _), mallory, .. } = board(8);
    let at_mallory = world.bring_in(ada, group, mallory, Roles::MEMBER);
    world.expect_texts(mallory, at_mallory, &["before"]);
    let (gone, stays) = (world.peer_id(bob), world.peer_id(mallory));
    world.revoke(ada, group, gone);
    world.run_for(SECOND * 20);
    let replica = world.replica(ada, group).expect("it is open");
    let keys = replica.keys();
    let newest = keys.newest_first(replica.members()).first().copied().expect("there is one");
    assert!(keys.uncovered(Some(&newest), replica.members()).is_empty(), "it is the new one");
    let parts = replica.system_of(KEY).filter_map(|copy| {
        let part = decode::<KeyPart>(&copy.body).expect("a part of a key");
        (part.name(replica.group(), copy.header.author()) == newest).then_some(part.sealed)
    });
    let readers: Vec<_> = parts.flatten().map(|it| it.subject).collect();
    assert!(readers.contains(&stays) && !readers.contains(&gone), "{readers:?}");
}

#[cfg_attr(test, test)]
pub(crate) fn who_tells_two_times_is_shut_out_all_the_same() {
    for (seed, minutes) in [(1, 0), (2, 1), (3, -1), (4, 9), (5, -9), (6, 525_600)] {
        let Board { mut world, ada: (ada, group), bob: (bob, _), mallory, .. } = board(seed);
        let sent = [ada, bob].map(|tab| watch(&mut world, tab));
        let peer = world.peer_id(mallory);
        let text = world.invite(ada, group, peer, Roles::MEMBER, None);
        let chain = Insider::invited(3, &text).chain;
        world.sabotage(mallory, insists(Some(chain), minutes));
        let at_mallory = world.take_invitation(mallory, &text);
        world.connect(mallory, at_mallory);
        world.expect_texts(mallory, at_mallory, &["before"]);
        world.run_for(SECOND * 20);
        let keys = unlocked(&world, mallory);
        world.revoke(ada, group, peer);
        world.run_for(SECOND * 5);
        sent.iter().for_each(|sent| sent.borrow_mut().clear());
        world.write(ada, group, "secret").expect("she may write");
        world.run_for(MINUTE * 10);
        for sent in &sent {
            assert_eq!(for_members(sent), [""; 0], "{minutes} minutes off");
        }
        assert_eq!(unlocked(&world, mallory), keys, "{minutes} minutes off");
        assert_eq!(world.texts(mallory, at_mallory), ["before"]);
        assert!(sent.iter().any(|sent| !sent.borrow().is_empty()), "it came back in vain");
    }
}

/// A key covers an end of which the revocation is held up: whoever has the key knows enough.
#[cfg_attr(test, test)]
pub(crate) fn a_key_that_overtakes_its_revocation_is_not_given_to_whom_it_shuts_out() {
    for seed in 0..4 {
        let Board { mut world, ada: (ada, group), bob: (bob, at_bob), mallory, .. } = board(seed);
        let sent = watch(&mut world, bob);
        let at_mallory = world.bring_in(ada, group, mallory, Roles::MEMBER);
        world.expect_texts(mallory, at_mallory, &["before"]);
        let peer = world.peer_id(mallory);
        let to_bob = |frame: &GroupFrame| match frame {
            GroupFrame::Record { header, .. } => header.kind.as_str() == REVOCATION,
            _ => false,
        };
        // Nobody is told of the revocation by her.
        world.sabotage(
            ada,
            changes_group_frames(move |_, frame| {
                if to_bob(&frame) { vec![GroupFrame::Done { bucket: 0 }] } else { vec![frame] }
            }),
        );
        let keys = unlocked(&world, mallory);
        world.revoke(ada, group, peer);
        world.expect(MINUTE, "he has the new key", |world| {
            let replica = world.replica(bob, at_bob).expect("it is open");
            replica.members().roles(&peer, world.wall_now()).is_none()
        });
        let replica = world.replica(bob, at_bob).expect("it is open");
        assert_eq!(replica.system_of(REVOCATION).count(), 0, "it is held up");
        sent.borrow_mut().clear();
        world.write(ada, group, "secret").expect("she may write");
        world.expect_texts(bob, at_bob, &["before", "secret"]);
        world.run_for(MINUTE * 3);
        assert_eq!(for_members(&sent), [""; 0]);
        assert_eq!(unlocked(&world, mallory), keys);
        assert_eq!(world.texts(mallory, at_mallory), ["before"]);
    }
}

#[test]
fn who_was_away_gives_no_new_key_to_one_who_was_shut_out_meanwhile() {
    for seed in 0..6 {
        let Board { mut world, ada: (ada, group), bob: (bob, _), mallory, setups, .. } =
            board(seed);
        let id = world.group_id(ada, group);
        let at_mallory = world.bring_in(ada, group, mallory, Roles::MEMBER);
        world.expect_texts(mallory, at_mallory, &["before"]);
        world.run_for(SECOND * 5);
        world.kill(bob, false);
        world.kill(mallory, false);
        world.run_for(SECOND);
        world.revoke(ada, group, lacis_sim::insider::peer(3));
        world.write(ada, group, "secret").expect("she may write");
        world.run_for(SECOND * 5);
        // Both come back at once, and she waits for one who does not know yet.
        let [mallory, bob] = [2, 1].map(|at: usize| world.open(setups[at].clone()));
        let [at_mallory, at_bob] = [mallory, bob].map(|tab| world.open_stored(tab, id));
        let keys = unlocked(&world, mallory);
        world.connect(mallory, at_mallory);
        world.run_for(SECOND * 3);
        world.connect(bob, at_bob);
        world.expect_texts(bob, at_bob, &["before", "secret"]);
        world.run_for(MINUTE * 2);
        assert_eq!(unlocked(&world, mallory), keys, "seed {seed}");
        assert_eq!(world.texts(mallory, at_mallory), ["before"]);
    }
}

/// How a membership for a minute ends, whatever its holder makes of it.
fn ends_after_a_minute(seed: u64, change: impl FnOnce(&mut World, TabId, &str)) {
    let Board { mut world, ada: (ada, group), bob: (bob, _), mallory, .. } = board(seed);
    let sent = [ada, bob].map(|tab| watch(&mut world, tab));
    let peer = world.peer_id(mallory);
    let text = world.invite(ada, group, peer, Roles::MEMBER, Some(MINUTE * 2));
    change(&mut world, mallory, &text);
    let at_mallory = world.take_invitation(mallory, &text);
    world.connect(mallory, at_mallory);
    world.expect_texts(mallory, at_mallory, &["before"]);
    // The clocks of two members may be wrong by ten minutes together.
    world.run_for(MINUTE * 13);
    assert_eq!(world.roles(ada, group, peer), None);
    sent.iter().for_each(|sent| sent.borrow_mut().clear());
    world.write(ada, group, "secret").expect("she may write");
    world.run_for(MINUTE * 3);
    for sent in &sent {
        assert_eq!(for_members(sent), [""; 0]);
    }
    assert_eq!(world.texts(mallory, at_mallory), ["before"]);
}

#[test]
fn a_membership_that_ends_by_date_ends_while_the_link_stands() {
    ends_after_a_minute(1, |_, _, _| {});
    // It insists, and its clock is behind or ahead, by little and by much.
    for (seed, minutes) in [(2, 0), (3, -9), (4, 9), (5, -525_600)] {
        ends_after_a_minute(seed, |world, mallory, text| {
            let chain = Insider::invited(3, text).chain;
            world.sabotage(mallory, insists(Some(chain), minutes));
        });
    }
}

#[test]
fn who_shows_its_membership_cannot_make_it_longer() {
    let Board { mut world, ada: (ada, group), mallory, .. } = board(1);
    let peer = world.peer_id(mallory);
    let text = world.invite(ada, group, peer, Roles::MEMBER, Some(MINUTE));
    let insider = Insider::invited(3, &text);
    let now = world.wall_now();
    for expires in [Millis(now.0 + 3_600_000), Millis::MAX] {
        let mut header = insider.header(MEMBER, Millis(0), expires, 0);
        header.salt = *insider.credential().0.first_chunk().expect("16 bytes");
        header.id = header.born_as();
        let part = insider.signs(header, lacis_wire::codec::encode(&insider.chain));
        assert!(world.import(ada, group, &part).is_err());
    }
    assert_eq!(world.import(ada, group, &insider.introduces_itself()), Ok(true));
    assert_eq!(world.roles(ada, group, peer), Some(Roles::MEMBER));
    world.run_for(MINUTE + SECOND);
    assert_eq!(world.roles(ada, group, peer), None);
}

/// What ended by the time on which two clocks agreed has ended, though ours is set back.
#[cfg_attr(test, test)]
pub(crate) fn a_clock_that_is_set_back_lets_nobody_in_again() {
    let Board { mut world, server, ada: (ada, group), mallory, .. } = board(1);
    let peer = world.peer_id(mallory);
    let hours = Duration::from_secs(2 * 3_600);
    let text = world.invite(ada, group, peer, Roles::MEMBER, Some(hours));
    world.run_for(hours * 2);
    let setup = TabSetup { wall_error: -4 * 3_600_000, ..world.stored(server, 3) };
    world.kill(mallory, false);
    world.set_clock(ada, -4 * 3_600_000);
    world.run_for(MINUTE * 2);
    let sent = watch(&mut world, ada);
    let mallory = world.open(setup);
    let at_mallory = world.take_invitation(mallory, &text);
    world.connect(mallory, at_mallory);
    world.run_for(MINUTE * 3);
    assert!(!sent.borrow().is_empty(), "it has come");
    assert_eq!(for_members(&sent), [""; 0]);
    assert_eq!(world.texts(mallory, at_mallory), Vec::<String>::new());
}

/// What others said of our clock says nothing once it was set.
#[cfg_attr(test, test)]
pub(crate) fn a_clock_that_was_ahead_for_a_moment_ends_no_rights() {
    let Board { mut world, ada: (ada, group), bob: (bob, _), mallory, .. } = board(9);
    let peer = world.peer_id(mallory);
    let hours = Duration::from_secs(2 * 3_600);
    let text = world.invite(ada, group, peer, Roles::MEMBER, Some(hours));
    let at_mallory = world.take_invitation(mallory, &text);
    world.connect(mallory, at_mallory);
    world.expect_texts(mallory, at_mallory, &["before"]);
    world.run_for(MINUTE * 2);
    world.set_clock(ada, 4 * 3_600_000);
    world.run_for(MINUTE);
    world.set_clock(ada, 0);
    world.run_for(MINUTE * 2);
    // Nobody else is there who could serve her.
    world.kill(bob, false);
    world.write(ada, group, "after").expect("she may write");
    world.expect_texts(mallory, at_mallory, &["after", "before"]);
}
