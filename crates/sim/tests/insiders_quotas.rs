//! Whoever writes, invites or publishes too much uses up what is its own, and nobody else's.

use std::time::Duration;

use lacis_core::{GroupEvent, RoomId};
use lacis_sim::insider::{Insider, peer};
use lacis_sim::{ServerId, TabId, TabSetup, World, group_properties};
use lacis_wire::codec::encode;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::record::CopyName;
use lacis_wire::system::{BUDGET, GroupProperties, KEY, MEMBER, REVOCATION};
use lacis_wire::{Code, Millis, PeerId, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn world(seed: u64) -> (World, ServerId) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    (world, server)
}

/// A founder and a member, linked, and an insider whose node is not there.
struct Board {
    world: World,
    ada: (TabId, RoomId),
    bob: (TabId, RoomId),
    setups: [TabSetup; 2],
    mallory: Insider,
}

fn board(seed: u64, roles: Roles, properties: &GroupProperties) -> Board {
    let (mut world, server) = world(seed);
    let setups = [1, 2].map(|identity| world.stored(server, identity));
    let [ada, bob] = setups.clone().map(|setup| world.open(setup));
    let group = world.found_with(ada, properties);
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    let text = world.invite(ada, group, peer(9), roles, None);
    let mallory = Insider::invited(9, &text);
    world.write(bob, at_bob, "by bob").expect("he may write");
    world.expect_texts(ada, group, &["by bob"]);
    assert_eq!(world.import(ada, group, &mallory.introduces_itself()), Ok(true));
    world.run_for(SECOND * 5);
    Board { world, ada: (ada, group), bob: (bob, at_bob), setups, mallory }
}

fn subject(number: u64) -> PeerId {
    let mut seed = [200; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    peer_id(&signing_key(&seed))
}

fn names(world: &World, (tab, group): (TabId, RoomId), kind: &str) -> Vec<CopyName> {
    let replica = world.replica(tab, group).expect("it is open");
    let ids = replica.ids_where(|it| it.as_str() == kind);
    ids.filter_map(|id| replica.held(&id)).map(|held| held.name()).collect()
}

#[test]
fn an_inviter_shuts_out_no_member_and_erases_nothing() {
    let both = group_properties("Board");
    let Board { mut world, ada, bob, setups, mallory } = board(2, Roles::INVITER, &both);
    let now = world.wall_now().0;
    for number in 0..100 {
        // They allow more than his own, and are soon over.
        let weak = mallory.gives(peer(2), Roles::INVITER, Millis(now + 5_000 + number), number);
        let taken = [ada, bob].map(|(tab, at)| world.import(tab, at, &mallory.shows(&weak)));
        assert!(number > 0 || taken == [Ok(true); 2]);
    }
    assert_eq!(world.roles(ada.0, ada.1, peer(2)), Some(Roles::INVITER));
    world.run_for(SECOND * 10);
    let check = |world: &mut World, ada: (TabId, RoomId), bob: (TabId, RoomId), text: &str| {
        for (tab, group) in [ada, bob] {
            assert_eq!(world.roles(tab, group, peer(2)), Some(Roles::MEMBER));
        }
        world.write(bob.0, bob.1, text).expect("he may write");
        world.run_for(SECOND * 5);
        let texts = [ada, bob].map(|(tab, group)| world.texts(tab, group));
        assert_eq!(texts[0], texts[1]);
        assert!(texts[0].contains(&"by bob".to_owned()) && texts[0].contains(&text.to_owned()));
    };
    check(&mut world, ada, bob, "then");
    // Nor after a start, nor once she is shut out herself.
    let id = world.group_id(ada.0, ada.1);
    [ada, bob].iter().for_each(|(tab, _)| world.kill(*tab, false));
    let [ada, bob] = setups.map(|setup| {
        let tab = world.open(setup);
        let group = world.open_stored(tab, id);
        world.connect(tab, group);
        (tab, group)
    });
    check(&mut world, ada, bob, "after a start");
    world.revoke(ada.0, ada.1, mallory.peer());
    world.run_for(SECOND * 15);
    check(&mut world, ada, bob, "after her end");
}

#[test]
fn a_keeper_publishes_itself_once() {
    let properties = group_properties("Board");
    let Board { mut world, ada: (ada, group), mallory, .. } = board(7, Roles::KEEPER, &properties);
    let now = world.wall_now();
    let before = names(&world, (ada, group), MEMBER).len();
    for number in 1..200 {
        for at in [Millis(0), now] {
            let mut header = mallory.header(MEMBER, at, Millis::MAX, number);
            header.credential = Some(mallory.credential());
            let part = mallory.signs(header, encode(&mallory.chain));
            assert!(world.import(ada, group, &part).is_err());
        }
        // Nor with something behind what there is to say.
        let mut body = encode(&mallory.chain);
        body.extend(vec![0xaa; usize::try_from(number).expect("few")]);
        let mut header = mallory.header(MEMBER, Millis(0), Millis::MAX, 0);
        header.salt = *mallory.credential().0.first_chunk().expect("16 bytes");
        header.id = header.born_as();
        assert!(world.import(ada, group, &mallory.signs(header, body)).is_err());
        assert!(world.import(ada, group, &mallory.writes(now, number, b"x")).is_err());
    }
    assert_eq!(world.import(ada, group, &mallory.introduces_itself()), Ok(false), "it is known");
    assert_eq!(names(&world, (ada, group), MEMBER).len(), before);
}

#[test]
fn who_writes_too_much_pushes_out_its_own_and_all_end_equal() {
    let properties = GroupProperties { budget_records: 5, ..group_properties("Board") };
    let Board { mut world, ada, bob, mallory, .. } = board(3, Roles::MEMBER, &properties);
    world.isolate(&[bob.0], 1);
    let now = world.wall_now().0;
    // Each hears another half of it, in another order.
    let part = |number: u64| mallory.writes(Millis(now - 1_000 * number), number, b"much");
    for number in (0..40).rev() {
        let (tab, group) = if number % 2 == 0 { ada } else { bob };
        let _ = world.import(tab, group, &part(number));
    }
    for number in 0..40 {
        let (tab, group) = if number % 3 == 0 { ada } else { bob };
        let _ = world.import(tab, group, &part(number));
    }
    world.heal();
    world.run_for(MINUTE * 4);
    let mine = |world: &World, at: (TabId, RoomId)| {
        let replica = world.replica(at.0, at.1).expect("it is open");
        let all = names(world, at, "note").into_iter();
        let hers = |it: &CopyName| {
            replica.held(&it.id).is_some_and(|held| *held.creator == mallory.peer())
        };
        all.filter(hers).collect::<Vec<_>>()
    };
    let [at_ada, at_bob] = [ada, bob].map(|at| mine(&world, at));
    assert_eq!((at_ada.len(), &at_ada), (5, &at_bob));
    assert!(world.texts(ada.0, ada.1).contains(&"by bob".to_owned()));
    // What came first by what she said herself, whoever heard of it when.
    let first: Vec<_> = (35..40).map(part).collect();
    for part in first {
        assert_eq!(world.import(ada.0, ada.1, &part), Ok(false), "it is held");
    }
}

#[test]
fn the_own_node_says_when_the_budget_is_used_up_and_deleting_makes_place() {
    let properties = GroupProperties { budget_records: 3, ..group_properties("Board") };
    let Board { mut world, ada, bob: (bob, at_bob), mallory, .. } =
        board(4, Roles::ADMIN, &properties);
    for text in ["two", "three"] {
        world.write(bob, at_bob, text).expect("there is place");
    }
    assert_eq!(world.write(bob, at_bob, "four").err(), Some(Code::OverBudget));
    world.expect_texts(ada.0, ada.1, &["by bob", "three", "two"]);
    let held = world.read_all(bob, at_bob).into_iter().find(|it| !it.header.kind.is_system());
    let (ticket, held) = (world.plain_ticket(bob), held.expect("it is held").header);
    let deleted = world.command(bob, |node, now| node.delete_record(now, ticket, at_bob, &held));
    assert_eq!(deleted, Some(Ok(())));
    world.write(bob, at_bob, "four").expect("there is place again");
    assert_eq!(world.write(bob, at_bob, "five").err(), Some(Code::OverBudget));
    // An admin gives him more.
    let more = lacis_wire::system::Budget { subject: peer(2), records: 4, bytes: 1_000_000 };
    let header = mallory.header(BUDGET, world.wall_now(), Millis::MAX, 1);
    let part = mallory.signs(header, encode(&more));
    assert_eq!(world.import(ada.0, ada.1, &part), Ok(true));
    world.run_for(SECOND * 5);
    world.write(bob, at_bob, "five").expect("there is more place");
    world.run_for(SECOND * 5);
    assert_eq!(world.texts(ada.0, ada.1).len(), 4);
    let warned = world.told(ada.0, |event| matches!(event, GroupEvent::Unsaved { .. }));
    assert_eq!(warned, 0);
}

/// What others mint, write and delete leaves place for what shuts them out.
#[test]
fn a_revocation_and_a_key_have_their_place_whatever_others_have_filled() {
    let properties = GroupProperties { budget_records: 20, ..group_properties("Board") };
    let Board { mut world, ada: (ada, group), bob: (bob, at_bob), mallory, .. } =
        board(5, Roles::INVITER, &properties);
    let now = world.wall_now();
    let quota = limits::CREDENTIALS_PER_INVITER as u64;
    for number in 0..quota + 40 {
        let one = mallory.gives(subject(number), Roles::MEMBER, Millis::MAX, number);
        let _ = world.import(ada, group, &mallory.shows(&one));
        let _ = world.import(ada, group, &mallory.writes(now, number, b"much"));
    }
    let members = world.replica(ada, group).expect("it is open").members().subjects().count();
    assert!(members <= limits::CREDENTIALS_PER_INVITER + 4, "{members}");
    let keys = names(&world, (ada, group), KEY).len();
    world.revoke(ada, group, mallory.peer());
    world.expect(MINUTE, "he has both", |world| {
        names(world, (bob, at_bob), REVOCATION).len() == 1
            && names(world, (bob, at_bob), KEY).len() > keys
    });
    assert_eq!(world.roles(bob, at_bob, mallory.peer()), None);
    world.write(ada, group, "after").expect("she may write");
    world.expect_texts(bob, at_bob, &["after", "by bob"]);
    // She is the one who has no place left.
    let many = names(&world, (bob, at_bob), "note").len();
    assert!(many <= 20 + 2, "{many}");
}
