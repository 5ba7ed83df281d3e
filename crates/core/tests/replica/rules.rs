//! The rules for every copy, and that the order of arrival changes nothing.

use lacis_core::graph::{Copy, Outcome, Refusal, Replica, ShelfSummary};
use lacis_wire::codec::encode;
use lacis_wire::record::{CopyName, Header, RecordType};
use lacis_wire::system::{GROUP, GroupProperties, Scope};
use lacis_wire::{Millis, Roles};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert_eq, proptest};

use super::people::*;

#[test]
fn a_member_writes_and_an_admin_corrects() {
    let mut replica = populated();
    let first = Draft::new("chat", 4, 1, b"salut");
    assert_eq!(replica.offer(NOW, &first.clone().sign()), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &first.clone().sign()), Outcome::Known);
    let meddled = first.clone().version(2, 5).at(600_000).sign();
    assert_eq!(refused(replica.offer(NOW, &meddled)), Refusal::NotOwner);
    let corrected = first.clone().version(2, 2).at(600_000).sign();
    assert_eq!(replica.offer(NOW, &corrected), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &first.clone().sign()), Outcome::Older);
    let held = replica.held(&first.header.id).expect("it is held");
    assert_eq!((held.name(), held.version), (corrected.header.name(), 2));
}

#[test]
fn what_breaks_a_rule_is_refused_by_its_name() {
    let mut replica = populated();
    let draft = Draft::new("chat", 4, 1, b"salut");
    let cases = [
        (Draft::new("chat", 6, 1, b"from a keeper").sign(), Refusal::NotAllowed),
        (draft.clone().at(NOW.0 + 21 * 60_000).sign(), Refusal::Future),
        (Copy { body: b"other".to_vec(), ..draft.clone().sign() }, Refusal::Body),
        (Draft { author: 5, ..draft.clone() }.sign(), Refusal::Signature),
        (Draft::new(GROUP, 2, 1, b"").sign(), Refusal::System),
        (member(4, 9, &chain(&[(1, Roles::FOUNDER), (7, Roles::MEMBER)])), Refusal::NotAllowed),
        (Draft::new("chat", ROOT, 1, b"root").sign(), Refusal::NotAllowed),
        (revocation(3, 9, 4, 1, 500_000), Refusal::NotAllowed),
    ];
    for (copy, refusal) in cases {
        assert_eq!(refused(replica.offer(NOW, &copy)), refusal);
    }
    // What a record was from the beginning cannot be told otherwise later, not even by its creator.
    let mut other = draft.clone().version(2, 4).at(600_000);
    other.header.kind = RecordType::new("stroke").expect("a type");
    assert_eq!(refused(replica.offer(NOW, &other.sign())), Refusal::Form);
    let mut older = draft.version(2, 4).at(600_000);
    older.header.created = Millis(400_000);
    assert_eq!(refused(replica.offer(NOW, &older.sign())), Refusal::Form);
}

#[test]
fn only_the_root_key_says_what_the_group_is_called() {
    let properties = GroupProperties {
        name: "Board".into(),
        comment: String::new(),
        presence_lifetime: 60_000,
        flags: 0,
        member_lifetime: 1,
    };
    let mut replica = populated();
    let body = encode(&properties);
    let by_admin = Draft::new(GROUP, 2, 1, &body).sign();
    assert_eq!(refused(replica.offer(NOW, &by_admin)), Refusal::NotAllowed);
    assert_eq!(replica.offer(NOW, &Draft::new(GROUP, ROOT, 1, &body).sign()), Outcome::Taken);
}

#[test]
fn a_record_waits_for_its_authors_membership() {
    let mut replica = Replica::new(group());
    let copy = Draft::new("chat", 4, 1, b"early").sign();
    assert_eq!(replica.offer(NOW, &copy), Outcome::Deferred);
    assert_eq!((replica.deferred(), replica.len()), (1, 0));
    for person in people() {
        replica.offer(NOW, &person);
    }
    let ready = replica.poll_ready().expect("its author is known now");
    assert_eq!(replica.offer(NOW, &ready), Outcome::Taken);
    assert_eq!((replica.deferred(), ready), (0, copy));
}

#[test]
fn strangers_can_make_only_so_many_wait() {
    let mut replica = populated();
    for number in 0..=255 {
        for stranger in [50, 51, 52] {
            replica.offer(NOW, &Draft::new("chat", stranger, number, b"spam").sign());
        }
    }
    assert_eq!(replica.deferred(), lacis_wire::limits::DEFERRED_MAX);
}

#[test]
fn a_record_does_not_outlast_its_authors_credential() {
    let mut replica = populated();
    let mut short = chain(&[(1, Roles::FOUNDER)]);
    short.0.push(credential(1, 7, Roles::MEMBER, (1, 2_000_000)));
    replica.offer(NOW, &member(7, 200, &short));
    let draft = Draft::new("chat", 7, 1, b"x");
    assert_eq!(refused(replica.offer(NOW, &draft.clone().sign())), Refusal::NotAllowed);
    assert_eq!(replica.offer(NOW, &draft.until(2_000_000).sign()), Outcome::Taken);
    assert_eq!(replica.next_expiry(), Some(Millis(2_000_000)));
    let length = replica.len();
    replica.expire(Millis(2_000_000));
    assert_eq!((replica.len(), replica.next_expiry()), (length - 1, None));
}

/// All that happens in a group with quarrels: admins who revoke each other, records that are
/// changed, deleted and expire.
fn quarrel() -> Vec<Copy> {
    let mut all = people();
    let some = Draft::new("chat", 2, 1, &[2, 1]).at(600_000).sign();
    let earlier = revocation(2, 10, 4, 650_000, 650_000);
    let (two, three) = ((2, 700_000, 700_000), (3, 670_000, 690_000));
    all.push(revocation_with(1, 9, two, kept(Scope::All, 2, &[&some, &earlier], &[])));
    all.push(revocation(2, 9, 1, 690_000, 710_000));
    all.push(earlier);
    all.push(revocation(2, 11, 5, 640_000, 660_000));
    all.push(revocation_with(1, 12, three, kept(Scope::Rights, 3, &[], &[])));
    for author in 1..=6_u8 {
        for (number, at) in [(1, 600_000), (2, 680_000), (3, 705_000), (4, 800_000)] {
            let draft = Draft::new("chat", author, number, &[author, number]).at(at);
            all.push(draft.clone().sign());
            all.push(draft.clone().version(2, author).at(at + 5).sign());
            all.push(draft.clone().version(2, 1).at(at + 7).sign());
            all.push(draft.clone().version(3, 2).at(at + 9).deleted().sign());
        }
    }
    all
}

/// Everything that a replica holds, after everybody has told everybody often enough.
fn settle(order: &[Copy]) -> (Vec<CopyName>, Vec<ShelfSummary>) {
    let mut replica = Replica::new(group());
    for _ in 0..4 {
        for copy in order {
            replica.offer(NOW, copy);
        }
    }
    (names(&replica), replica.summary())
}

fn names(replica: &Replica) -> Vec<CopyName> {
    let held = replica.ids_where(|_| true).filter_map(|id| replica.held(&id));
    held.map(|held| held.name()).collect()
}

fn what_is_restored_is_what_was_held(order: Vec<Copy>) {
    let mut replica = Replica::new(group());
    for copy in quarrel() {
        replica.offer(NOW, &copy);
    }
    let held = names(&replica);
    let kept: Vec<Copy> =
        order.into_iter().filter(|copy| held.contains(&copy.header.name())).collect();
    let mut restored = Replica::new(group());
    for copy in kept.iter().filter(|copy| copy.header.kind.is_system()) {
        restored.restore_system(copy);
    }
    for copy in kept.iter().filter(|copy| !copy.header.kind.is_system()) {
        restored.restore(&copy.header);
    }
    restored.settle_restored();
    restored.expire(NOW);
    assert_eq!((names(&restored), restored.summary()), (held, replica.summary()));
    assert_eq!(restored.poll_change(), None);
    for (who, time) in (1..=6).flat_map(|who| [1, 660_000, 695_000, 990_000].map(|at| (who, at))) {
        assert_eq!(replica_roles(&restored, who, time), replica_roles(&replica, who, time));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_in_the_store_changes_nothing(order in Just(quarrel()).prop_shuffle()) {
        what_is_restored_is_what_was_held(order);
    }

    #[test]
    fn the_order_of_arrival_changes_nothing(order in Just(quarrel()).prop_shuffle()) {
        prop_assert_eq!(settle(&order), settle(&quarrel()));
    }

    #[test]
    fn one_changed_bit_is_refused(at in any::<proptest::sample::Index>(), bit in 0..8) {
        let mut replica = populated();
        let copy = Draft::new("chat", 4, 1, b"salut").sign();
        let mut bytes = encode(&copy.header);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(header) = lacis_wire::codec::decode::<Header>(&bytes) {
            let outcome = replica.offer(NOW, &Copy { header, body: copy.body });
            let taken = matches!(outcome, Outcome::Taken | Outcome::Known | Outcome::Older);
            assert!(!taken, "{outcome:?}");
        }
    }
}
