//! Memberships that are given on: nobody loses by that what it was given before, nor what it wrote.

use std::time::Duration;

use lacis_core::RoomId;
use lacis_sim::{TabId, TabSetup, World, group_properties};
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, Millis, PeerId, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: u64 = 3_600_000;

/// Those who are there, each with its store.
fn people<const N: usize>(seed: u64) -> (World, [(TabSetup, TabId); N]) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let people = core::array::from_fn(|at| {
        let setup = world.stored(server, u8::try_from(at + 1).expect("few"));
        let tab = world.open(setup.clone());
        (setup, tab)
    });
    (world, people)
}

/// Gives somebody other roles.
fn set_roles(
    world: &mut World,
    (tab, group): (TabId, RoomId),
    peer: PeerId,
    roles: Roles,
) -> Result<(), Code> {
    let ticket = world.plain_ticket(tab);
    let to = (roles, None);
    let asked = world.command(tab, |node, now| node.set_roles(now, ticket, group, peer, to));
    let asked = asked.expect("the tab is there");
    if asked.is_ok() {
        world.done(tab, ticket, "it is stored");
    }
    asked
}

fn until(world: &World, (tab, group): (TabId, RoomId), peer: PeerId) -> Option<Millis> {
    let replica = world.replica(tab, group).expect("it is open");
    replica.members().until(&peer, world.wall_now())
}

/// How many records show that somebody is a member.
fn proofs(world: &World, (tab, group): (TabId, RoomId), peer: PeerId) -> usize {
    let replica = world.replica(tab, group).expect("it is open");
    let all = replica.system_of(lacis_wire::system::MEMBER);
    let shown = all.filter_map(|copy| {
        let id = copy.header.credential.as_ref()?;
        replica.members().credential(id)
    });
    shown.filter(|credential| credential.subject == peer).count()
}

#[test]
fn who_was_demoted_once_is_given_more_time_like_anybody() {
    let (mut world, [(_, ada), (_, bob)]) = people(1);
    let properties = GroupProperties { member_lifetime: HOUR, ..group_properties("Board") };
    let group = world.found_with(ada, &properties);
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    let peer = world.peer_id(bob);
    world.run_for(SECOND * 10);
    for roles in [Roles::INVITER, Roles::MEMBER] {
        set_roles(&mut world, (ada, group), peer, roles).expect("she may");
        world.run_for(SECOND * 10);
    }
    world.run_for(SECOND * 20);
    world.write(bob, at_bob, "mine").expect("he may write");
    world.run_for(MINUTE * 57);
    assert!(proofs(&world, (ada, group), peer) <= 4, "{}", proofs(&world, (ada, group), peer));
    assert_eq!(world.texts(ada, group), ["mine"]);
    world.run_for(MINUTE * 30);
    for (tab, group) in [(ada, group), (bob, at_bob)] {
        assert_eq!(world.roles(tab, group, peer), Some(Roles::MEMBER));
    }
    world.write(bob, at_bob, "still here").expect("he may write");
    world.run_for(SECOND * 10);
    assert!(world.texts(ada, group).contains(&"still here".to_owned()));
}

/// Ian lets Bob in, and has little time left himself when Bob would get more.
#[test]
fn whose_issuer_had_little_time_left_gets_all_of_it_later() {
    let (mut world, [(setup, ada), (_, ian), (_, bob)]) = people(2);
    let properties = GroupProperties { member_lifetime: HOUR, ..group_properties("Board") };
    let group = world.found_with(ada, &properties);
    let id = world.group_id(ada, group);
    let at_ian = world.bring_in(ada, group, ian, Roles::INVITER);
    world.run_for(SECOND * 10);
    world.bring_in(ian, at_ian, bob, Roles::MEMBER);
    world.run_for(SECOND * 10);
    let peer = world.peer_id(bob);
    world.kill(ada, false);
    world.run_for(MINUTE * 51);
    let ada = world.open(setup);
    let group = world.open_stored(ada, id);
    world.connect(ada, group);
    world.run_for(MINUTE * 7);
    let left = until(&world, (ian, at_ian), peer).expect("he is a member").0;
    assert!(left >= world.wall_now().0 + HOUR / 2, "{left} at {:?}", world.wall_now());
}

#[test]
fn roles_that_are_given_and_taken_again_and_again_take_nothing_that_was_written() {
    let (mut world, [(_, ada), (_, bob)]) = people(3);
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    let peer = world.peer_id(bob);
    world.run_for(SECOND * 10);
    world.write(bob, at_bob, "first").expect("he may write");
    world.run_for(SECOND * 5);
    // He is away, and writes nothing anew meanwhile.
    world.command(bob, |node, now| node.disconnect_group(now, at_bob));
    for round in 0..limits::LIFTS_MAX + 3 {
        let up = set_roles(&mut world, (ada, group), peer, Roles::INVITER);
        let down = set_roles(&mut world, (ada, group), peer, Roles::MEMBER);
        world.run_for(SECOND * 20);
        assert_eq!(world.texts(ada, group), ["first"], "round {round}: {up:?} {down:?}");
        assert!(world.roles(ada, group, peer).is_some(), "round {round}: {up:?} {down:?}");
        assert!(round >= 5 || (up.is_ok() && down.is_ok()), "round {round}: {up:?} {down:?}");
    }
    let down = set_roles(&mut world, (ada, group), peer, Roles::MEMBER);
    assert_eq!(down, Err(Code::OverBudget), "he lifts as many ends as one may");
    world.connect(bob, at_bob);
    world.run_for(MINUTE);
    world.write(bob, at_bob, "last").expect("he may write");
    world.expect_texts(ada, group, &["first", "last"]);
    // And he can still be shut out.
    world.revoke(ada, group, peer);
    assert_eq!(world.roles(ada, group, peer), None);
}
