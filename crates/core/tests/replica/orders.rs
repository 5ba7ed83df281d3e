//! Whoever has the same versions comes to the same result, whatever came first, and whoever has had
//! others meanwhile.

use lacis_core::graph::{BucketSummary, Copy, Replica};
use lacis_wire::codec::encode;
use lacis_wire::record::{CopyName, Header};
use lacis_wire::system::{ActionId, KEY, Scope};
use lacis_wire::{KeyName, Millis, Roles};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert_eq, proptest};
use proptest::sample::subsequence;

use super::budgets::properties;
use super::keys::part;
use super::people::*;

/// All that happens in a group with quarrels: admins who revoke each other, names and adds, people
/// who are let in again, records that are changed by several, deleted and end.
fn quarrel() -> Vec<Copy> {
    let mut all = people();
    all.push(member(&place(8)));
    let some = Draft::new("chat", 2, 1, &[2, 1]).at(600_000).sign();
    let by_two = revocation(2, 10, 4, &[]);
    let given = place(5).leaf().id().0;
    all.push(revocation(1, 9, 2, &[action(&some), action(&by_two), given]));
    all.push(revocation(2, 9, 1, &[]));
    all.push(revocation(7, 11, 5, &[]));
    all.push(revocation(7, 12, 2, &[]));
    all.push(revocation_as(1, 12, 3, Scope::Rights, None, &[]));
    let late = Draft::new("chat", 4, 4, &[4, 4]).created(800_000).sign();
    all.push(revocation_as(1, 13, 4, Scope::All, Some(end(2, 10, 4)), &[action(&late)]));
    all.push(revocation_as(2, 14, 2, Scope::All, Some(end(1, 9, 2)), &[action(&late)]));
    let back = place(1).gives_until(4, Roles::INVITER, u64::MAX, 2, &[end(2, 10, 4)]);
    all.push(member(&back));
    all.push(member_by(&back.gives(9, Roles::MEMBER), 4));
    all.push(
        Draft::new("chat", 9, 1, b"by whom 4 let in").under(&back.gives(9, Roles::MEMBER)).sign(),
    );
    all.push(Draft::new("chat", 4, 9, b"back").under(&back).sign());
    all.push(by_two);
    all.push(late);
    let wrong = Draft::new("chat", 8, 7, b"wrong").created(600_000).sign();
    all.push(Draft::new("chat", 8, 8, b"right").in_place_of(wrong.header.id).sign());
    for number in [20, 21, 22] {
        let draft = Draft::new("chat", 8, number, &[8, number]).created(590_000);
        all.push(draft.in_place_of(wrong.header.id).sign());
    }
    all.push(wrong);
    // Two first parts of one key, between which another one was made.
    for (number, nonce, at) in [(40, 40, 600_000), (41, 41, 650_000), (42, 40, 690_000)] {
        let part = part(nonce, 0, 1, &[]);
        all.push(Draft::new(KEY, 1, number, &encode(&part)).at(at).sign());
    }
    // A guest whose time is over before all else is, and an admin who changes what it left.
    let guest = founder().gives_until(3, Roles::MEMBER, NOW.0 + 50, 5, &[]);
    all.push(member(&guest));
    for number in [30, 31] {
        let draft = Draft::new("chat", 3, number, &[3, number]).under(&guest).lasting(NOW.0 + 50);
        all.push(draft.clone().sign());
        all.push(draft.clone().version(2, 1).at(600_100).sign());
        all.push(draft.version(3, 3).under(&guest).at(600_200).deleted().sign());
    }
    for author in [1_u8, 2, 3, 4, 5, 7, 8] {
        for (number, at) in [(1, 600_000), (2, 680_000), (3, 705_000)] {
            let draft = Draft::new("chat", author, number, &[author, number]).created(at);
            all.push(draft.clone().sign());
            all.push(draft.clone().version(2, author).at(at + 15).sign());
            all.push(draft.clone().version(2, 1).at(at + 17).sign());
            if number == 2 {
                all.push(draft.clone().version(3, 2).at(at + 25).deleted().sign());
            }
            if number == 3 {
                all.push(draft.clone().version(3, 7).at(at + 25).until(NOW.0 - 5).sign());
            }
        }
    }
    all
}

type State = (Vec<CopyName>, Vec<BucketSummary>, Vec<Option<Roles>>, Vec<KeyName>);

fn state(replica: &Replica) -> State {
    let roles = (1..=9).map(|who| roles(replica, who)).collect();
    let keys = replica.keys().newest_first(replica.members());
    (names(replica), replica.summary(), roles, keys)
}

fn names(replica: &Replica) -> Vec<CopyName> {
    let held = replica.ids_where(|_| true).filter_map(|id| replica.held(&id));
    held.map(|held| held.name()).collect()
}

fn settled(order: &[Copy]) -> Replica {
    let mut replica = Replica::new(group());
    for _ in 0..3 {
        offer_all(&mut replica, order);
    }
    replica.expire(NOW);
    replica
}

fn find<'a>(all: &'a [Copy], name: &CopyName) -> &'a Copy {
    all.iter().find(|copy| copy.header.name() == *name).expect("one of them")
}

/// Two who each have some tell each other what is live with them, until nothing is new.
fn meet(one: &mut Replica, other: &mut Replica, all: &[Copy]) {
    for _ in 0..12 {
        let (ours, theirs) = (names(one), names(other));
        offer_all(other, ours.iter().map(|name| find(all, name)));
        offer_all(one, theirs.iter().map(|name| find(all, name)));
    }
    one.expire(NOW);
    other.expire(NOW);
}

/// What a store gives back of a replica, in some order.
fn read_anew(order: &[Copy], replica: &Replica) -> Replica {
    let stored: Vec<CopyName> = replica.all_names().into_iter().map(|(name, _)| name).collect();
    let mut restored = Replica::new(group());
    for copy in order.iter().filter(|copy| stored.contains(&copy.header.name())) {
        if is_system(copy) {
            restored.restore_system(copy.clone());
        } else {
            restored.restore(&copy.header, &copy.header.name());
        }
    }
    restored.settle_restored(NOW);
    restored.expire(NOW);
    restored
}

/// More of what lives and of what has ended than there are places for.
fn crowded() -> Vec<Copy> {
    let mut all = people();
    all.push(properties(2, 1_000));
    for author in [4_u8, 5] {
        for number in 0..30 {
            let created = 600_000 + 7 * (u64::from(number) * 11 % 30);
            let draft = Draft::new("chat", author, number, &[author, number]).created(created);
            let ends = [LATEST, NOW.0 - 1][usize::from(number % 8 != 0)];
            all.push(draft.until(ends).sign());
        }
    }
    all
}

fn is_system(copy: &Copy) -> bool {
    copy.header.kind.is_system()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_arrival_changes_nothing(order in Just(quarrel()).prop_shuffle()) {
        prop_assert_eq!(state(&settled(&order)), state(&settled(&quarrel())));
    }

    /// What of it has a place, by a budget that all of them exceed.
    #[test]
    fn nor_does_it_where_budgets_are_small(order in Just(crowded()).prop_shuffle()) {
        let replica = settled(&order);
        prop_assert_eq!(state(&replica), state(&settled(&crowded())));
        prop_assert_eq!(state(&read_anew(&order, &replica)), state(&replica));
    }

    #[test]
    fn any_set_of_versions_comes_to_one_result(
        (some, again) in subsequence(quarrel(), 10..60)
            .prop_flat_map(|some| (Just(some.clone()).prop_shuffle(), Just(some).prop_shuffle())),
    ) {
        prop_assert_eq!(state(&settled(&some)), state(&settled(&again)));
    }

    #[test]
    fn two_halves_that_meet_come_to_what_the_whole_comes_to(
        side in vec(any::<bool>(), quarrel().len()),
        order in Just(quarrel()).prop_shuffle(),
    ) {
        let (mut one, mut other) = (Replica::new(group()), Replica::new(group()));
        for (copy, first) in order.iter().zip(side) {
            // Who the members are is what everybody hears first.
            let is_member = copy.header.kind.as_str() == lacis_wire::system::MEMBER;
            if first || is_member {
                offer_all(&mut one, [copy]);
            }
            if !first || is_member {
                offer_all(&mut other, [copy]);
            }
        }
        meet(&mut one, &mut other, &order);
        prop_assert_eq!(state(&one), state(&other));
        prop_assert_eq!(state(&one), state(&settled(&quarrel())));
    }

    #[test]
    fn the_order_in_the_store_changes_nothing(order in Just(quarrel()).prop_shuffle()) {
        let replica = settled(&quarrel());
        let restored = read_anew(&order, &replica);
        prop_assert_eq!(state(&restored), state(&replica));
        prop_assert_eq!(restored.aside(), replica.aside());
    }

    #[test]
    fn one_changed_bit_is_refused(at in any::<proptest::sample::Index>(), bit in 0..8) {
        let mut replica = populated();
        let copy = Draft::new("chat", 4, 1, b"salut").sign();
        let mut bytes = encode(&copy.header);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(header) = lacis_wire::codec::decode::<Header>(&bytes) {
            replica.offer(NOW, &Copy { header, body: copy.body });
            assert_eq!(replica.len(), populated().len());
        }
    }
}

/// A list of everything that somebody did, as an admin would name it.
#[test]
fn a_revocation_that_names_everything_takes_nothing_away() {
    let mut replica = settled(&quarrel());
    let before = names(&replica);
    let actions: Vec<ActionId> = replica.actions(&peer(8), Scope::All);
    replica.offer(NOW, &revocation(1, 77, 8, &actions));
    let after: Vec<CopyName> =
        names(&replica).into_iter().filter(|name| before.contains(name)).collect();
    assert_eq!(after, before);
    assert_eq!(replica.members().roles(&peer(8), Millis(NOW.0)), None);
}

/// Revocations of one author make one end, however near to the founder it was with each.
#[test]
fn an_end_is_as_near_as_the_nearest_of_its_revocations_whichever_came_first() {
    let near = founder().gives_until(7, Roles::ADMIN, u64::MAX, 2, &[]);
    let text = Draft::new("chat", 5, 1, b"x").sign();
    let far = revocation(7, 30, 5, &[action(&text)]);
    let again = Draft { header: far.header.clone(), body: far.body.clone(), author: 7 };
    let again = again.created(500_001).under(&near).sign();
    // It counts beside a list of the nearest only, and names nothing.
    let second = revocation(2, 32, 5, &[]);
    let three = [&far, &again, &second];
    for [a, b, c] in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut replica = populated();
        offer_all(&mut replica, [&member(&near), &text, three[a], three[b], three[c]]);
        assert!(is_live(&replica, &text), "{a}, {b}, {c}");
    }
}
