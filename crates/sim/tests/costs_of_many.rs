//! What one input costs in a large group, and what waits for somebody who takes nothing.

use std::time::Duration;

use lacis_core::RoomId;
use lacis_core::meter::{self, Cost};
use lacis_sim::insider::{Insider, peer};
use lacis_sim::{ServerId, TabId, World, invitation_for};
use lacis_wire::limits::BUFFERED_HIGH_BYTES;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::{Millis, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MEMBERS: u64 = 1_000;

/// A group of so many: the founder, an inviter who brought in all others, and one who is shut out
/// easily. Only the founder has a node.
fn crowd(seed: u64) -> (World, ServerId, TabId, RoomId) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup);
    let group = world.found(ada, "Crowd");
    let text = world.invite(ada, group, peer(9), Roles::INVITER, None);
    let inviter = Insider::invited(9, &text);
    let text = world.invite(ada, group, peer(8), Roles::MEMBER, None);
    let guest = Insider::invited(8, &text);
    for part in [inviter.introduces_itself(), guest.introduces_itself()] {
        assert_eq!(world.import(ada, group, &part), Ok(true));
    }
    for number in 0..MEMBERS {
        let mut secret = [1; 32];
        secret[..8].copy_from_slice(&number.to_le_bytes());
        let subject = peer_id(&signing_key(&secret));
        let one = inviter.gives(subject, Roles::MEMBER, Millis::MAX, number);
        assert_eq!(world.import(ada, group, &inviter.shows(&one)), Ok(true));
    }
    world.run_for(SECOND * 15);
    (world, server, ada, group)
}

/// Judgements to which one input may lead: the records that are verified together, and some of the
/// system's that are judged anew.
const JUDGED_AT_ONCE: u64 = 400;

#[test]
fn who_joins_a_group_of_a_thousand_judges_each_of_its_records_a_few_times() {
    let (mut world, server, ada, group) = crowd(1);
    let setup = world.stored(server, 2);
    let bob = world.open(setup);
    meter::reset();
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    let held = |world: &World, tab, group| world.replica(tab, group).map_or(0, |it| it.len());
    let all = held(&world, ada, group);
    world.expect(SECOND * 30, "it holds all", |w| held(w, bob, at_bob) >= all);
    let (dearest, total) = (meter::dearest(), meter::total());
    let records = u64::try_from(all).expect("they are few");
    assert!(records >= MEMBERS, "{records}");
    assert!(total.of(Cost::Judgement) <= records * 3, "{records}: {total:?}");
    assert!(dearest.of(Cost::Judgement) <= JUDGED_AT_ONCE, "{dearest:?}");
    assert!(total.of(Cost::Entry) <= records * 32, "{records}: {total:?}");
}

/// Members to whom a key is sealed in one go.
const SLICE: u64 = 24;

#[test]
fn a_key_that_is_renewed_is_sealed_to_few_at_a_time_and_once_to_each() {
    let (mut world, _, ada, group) = crowd(2);
    meter::reset();
    world.revoke(ada, group, peer(8));
    world.run_for(SECOND * 60);
    let (dearest, total) = (meter::dearest(), meter::total());
    // The founder, the inviter, and all whom that brought in.
    assert_eq!(total.of(Cost::Sealed), MEMBERS + 2, "{total:?}");
    assert!(dearest.of(Cost::Sealed) <= SLICE, "{dearest:?}");
}

#[test]
fn what_changes_often_waits_once_for_somebody_who_takes_nothing() {
    let mut world = World::scenario(3);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.run_for(SECOND * 20);
    let day = Duration::from_secs(86_400);
    let id = world.write_for(ada, group, &"a".repeat(8_000), day);
    world.run_for(SECOND * 2);
    // Nothing reaches him, and nobody knows that yet.
    world.isolate(&[bob], 1);
    let load = |world: &World| world.group_load(ada, group).expect("it is open");
    for number in 0..200_u32 {
        let text = number.to_string().repeat(2_000);
        world.renew(ada, group, id, (&text, day));
        let now = load(&world);
        assert!(now.names <= 4, "after {number}: {now:?}");
        assert!(now.frame_bytes <= 64 * 1024, "after {number}: {now:?}");
    }
    meter::reset();
    world.isolate(&[bob], 0);
    let newest = "199".repeat(2_000);
    world.run_for(SECOND * 30);
    world.expect_texts(bob, at_bob, &[&newest]);
    // Of two hundred versions those travel that the browser had taken already, each to be copied by
    // whoever gets it, into its store and out of frames; and the last one.
    let copied = meter::total().of(Cost::Byte);
    let taken = u64::try_from(BUFFERED_HIGH_BYTES).expect("it is small");
    assert!(copied <= 4 * taken, "{copied} bytes");
}

#[test]
fn who_comes_and_goes_where_there_are_many_links_makes_nobody_count_who_came_by_each() {
    let (mut world, server, ada, group) = crowd(4);
    for _ in 0..200 {
        world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 9));
    }
    world.run_for(SECOND * 5);
    meter::reset();
    world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 9));
    let setup = world.stored(server, 2);
    let bob = world.open(setup);
    world.bring_in(ada, group, bob, Roles::MEMBER);
    world.run_for(SECOND * 15);
    let (dearest, total) = (meter::dearest(), meter::total());
    assert!(dearest.of(Cost::Invitation) <= 1_000, "{dearest:?}");
    assert!(total.of(Cost::Invitation) <= 20_000, "{total:?}");
}

/// Each key covers all ends before it, so their order costs the product of both.
#[test]
fn the_order_of_keys_is_found_when_keys_or_ends_change_and_not_for_anything_else() {
    let (mut world, members) = World::group_of(5, 2);
    let (ada, group) = members[0];
    for number in 0..12 {
        let subject = peer_id(&signing_key(&[100 + number; 32]));
        world.revoke(ada, group, subject);
        world.run_for(SECOND * 5);
    }
    world.run_for(SECOND * 20);
    meter::reset();
    world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 9));
    world.run_for(SECOND * 120);
    let total = meter::total();
    assert_eq!(total.of(Cost::Cover), 0, "{total:?}");
}
