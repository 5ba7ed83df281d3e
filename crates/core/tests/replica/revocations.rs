//! Who was shut out, and what of its deeds stands, whatever it says afterwards.

use lacis_core::graph::{Copy, Outcome, Refusal, Replica};
use lacis_wire::Roles;
use lacis_wire::codec::encode;
use lacis_wire::keys::{EpochKey, EpochKeys};
use lacis_wire::system::{KEY, Scope};
use rand_core::SeedableRng;

use super::people::*;

#[test]
fn a_revoked_member_is_heard_no_more_and_what_it_wrote_before_stays() {
    let mut replica = populated();
    let before = Draft::new("chat", 4, 1, b"before").at(600_000).sign();
    let after = Draft::new("chat", 4, 2, b"after").at(800_000).sign();
    assert_eq!(replica.offer(NOW, &before), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &after), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &revocation(2, 9, 4, 700_000, 700_000)), Outcome::Taken);
    assert!(replica.held(&before.header.id).is_some());
    assert!(replica.held(&after.header.id).is_none());
    assert_eq!(refused(replica.offer(NOW, &after)), Refusal::Revoked);
    // A new credential, given later, brings it back.
    let mut again = chain(&[(1, Roles::FOUNDER)]);
    again.0.push(credential(1, 4, Roles::MEMBER, (900_000, u64::MAX)));
    replica.offer(NOW, &member(1, 9, &again));
    let later = Draft::new("chat", 4, 3, b"back").at(950_000).sign();
    assert_eq!(replica.offer(NOW, &later), Outcome::Taken);
}

#[test]
fn whom_a_revoked_inviter_brings_in_later_is_no_member() {
    let mut replica = populated();
    replica.offer(NOW, &revocation(2, 9, 3, 700_000, 700_000));
    let mut late = chain(&[(1, Roles::FOUNDER), (3, Roles::INVITER.with(Roles::MEMBER))]);
    late.0.push(credential(3, 8, Roles::MEMBER, (800_000, u64::MAX)));
    replica.offer(NOW, &member(8, 200, &late));
    let copy = Draft::new("chat", 8, 1, b"x").at(900_000).sign();
    assert_eq!(refused(replica.offer(NOW, &copy)), Refusal::NotAllowed);
    let copy = Draft::new("chat", 4, 1, b"brought in before").at(900_000).sign();
    assert_eq!(replica.offer(NOW, &copy), Outcome::Taken);
}

#[test]
fn nothing_that_a_revoked_member_dates_back_stands() {
    let known = Draft::new("chat", 4, 1, b"known").at(600_000).sign();
    let vandalised = Draft::new("chat", 4, 1, b"known").version(2, 4).at(650_000).sign();
    let unknown = Draft::new("chat", 4, 2, b"dated back").at(600_000).sign();
    let end = revocation_with(2, 9, (4, 700_000, 700_000), kept(Scope::All, 4, &[&known], &[]));
    for order in [[&known, &vandalised, &unknown, &end], [&end, &unknown, &vandalised, &known]] {
        let mut replica = populated();
        for copy in order.iter().chain(&order) {
            replica.offer(NOW, copy);
        }
        let held = replica.held(&known.header.id).expect("the known one");
        assert_eq!(held.name(), known.header.name());
        assert!(replica.held(&unknown.header.id).is_none());
        assert_eq!(refused(replica.offer(NOW, &unknown)), Refusal::Revoked);
    }
}

#[test]
fn whom_a_revoked_inviter_dates_back_is_no_member() {
    let inviter = (3, Roles::INVITER.with(Roles::MEMBER));
    let mut late = chain(&[(1, Roles::FOUNDER), inviter]);
    late.0.push(credential(3, 8, Roles::MEMBER, (600_000, u64::MAX)));
    let brought_in = credential(3, 4, Roles::MEMBER, (1, u64::MAX));
    let end =
        revocation_with(2, 9, (3, 700_000, 700_000), kept(Scope::All, 3, &[], &[&brought_in]));
    let (of_late, of_other) = (Draft::new("chat", 8, 1, b"x"), Draft::new("chat", 4, 1, b"y"));
    for is_first in [true, false] {
        let mut replica = populated();
        replica.offer(NOW, &if is_first { end.clone() } else { of_other.clone().sign() });
        replica.offer(NOW, &member(8, 200, &late));
        replica.offer(NOW, &of_late.clone().at(650_000).sign());
        replica.offer(NOW, &end);
        let is_held = |draft: &Draft| replica.held(&draft.header.id).is_some();
        assert_eq!((is_held(&of_late), is_held(&of_other)), (false, !is_first));
        assert_eq!(replica_roles(&replica, 8, 650_000), None);
        assert_eq!(replica_roles(&replica, 4, 900_000), Some(Roles::MEMBER));
    }
}

#[test]
fn a_revoked_admin_cannot_strike_back() {
    let end = revocation_with(1, 9, (2, 700_000, 700_000), kept(Scope::All, 2, &[], &[]));
    // At the founder, at a member, and with a key of its own, all of it before it was shut out.
    let key = Draft::new(KEY, 2, 30, &encode(&epoch_keys())).at(600_000).sign();
    let strikes = [revocation(2, 20, 1, 1, 600_000), revocation(2, 21, 5, 1, 600_000), key];
    for is_first in [true, false] {
        let mut replica = populated();
        if is_first {
            replica.offer(NOW, &end);
        }
        for strike in &strikes {
            replica.offer(NOW, strike);
        }
        replica.offer(NOW, &end);
        for strike in &strikes {
            assert!(replica.held(&strike.header.id).is_none());
        }
        assert_eq!(replica_roles(&replica, 2, 900_000), None);
        assert_eq!(replica_roles(&replica, 1, 900_000), Some(Roles::FOUNDER));
    }
}

#[test]
fn an_admin_is_shut_out_only_by_one_who_is_nearer_to_the_founder() {
    let mut replica = populated();
    let (founder, admin) = ((1, Roles::FOUNDER), (2, Roles::FOUNDER));
    replica.offer(NOW, &member(2, 50, &chain(&[founder, admin, (8, Roles::FOUNDER)])));
    replica.offer(NOW, &member(1, 51, &chain(&[founder, (9, Roles::FOUNDER)])));
    for (author, subject, fine) in [(9, 2, false), (8, 2, false), (8, 9, false), (8, 1, false)] {
        let copy = revocation(author, 60 + subject, subject, 700_000, 700_000);
        assert_eq!(replica.would_take(NOW, &copy), fine, "{author} shuts {subject} out");
    }
    assert_eq!(replica.offer(NOW, &revocation(9, 70, 8, 700_000, 700_000)), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &revocation(9, 71, 3, 700_000, 700_000)), Outcome::Taken);
    assert_eq!(replica_roles(&replica, 8, 900_000), None);
}

#[test]
fn who_has_fewer_rights_from_now_on_keeps_what_took_none() {
    let mut replica = populated();
    let own = Draft::new("chat", 5, 1, b"unknown to the admin").at(600_000).sign();
    let others = Draft::new("chat", 4, 1, b"of another").at(500_000);
    let changed = others.clone().version(2, 2).at(600_000).sign();
    for copy in [&own, &others.sign(), &changed] {
        replica.offer(NOW, copy);
    }
    let rights = |subject| kept(Scope::Rights, subject, &[], &[]);
    replica.offer(NOW, &revocation_with(1, 9, (5, 700_000, 700_000), rights(5)));
    replica.offer(NOW, &revocation_with(1, 10, (2, 700_000, 700_000), rights(2)));
    // 5 was brought in by 2, and nobody names that.
    assert!(replica.held(&own.header.id).is_none());
    assert!(replica.held(&changed.header.id).is_none());
    let own = Draft::new("chat", 2, 7, b"its own").at(600_000).sign();
    assert_eq!(replica.offer(NOW, &own), Outcome::Taken);
}

#[test]
fn a_list_in_parts_takes_nothing_away_before_it_is_whole() {
    let deeds: Vec<Copy> =
        (0..2).map(|number| Draft::new("chat", 4, number, b"x").at(600_000).sign()).collect();
    let unnamed = Draft::new("chat", 4, 9, b"x").at(600_000).sign();
    let part = |number: u8| {
        let mut kept = kept(Scope::All, 4, &[&deeds[usize::from(number)]], &[]).expect("a list");
        kept.total = 4;
        revocation_with(2, number, (4, 700_000, 700_000), Some(kept))
    };
    let mut replica = populated();
    for copy in deeds.iter().chain([&unnamed]) {
        replica.offer(NOW, copy);
    }
    let count = |replica: &Replica| {
        let all = deeds.iter().chain([&unnamed]);
        all.filter(|copy| replica.held(&copy.header.id).is_some()).count()
    };
    assert_eq!(replica.offer(NOW, &part(1)), Outcome::Taken);
    assert_eq!(count(&replica), 3);
    assert_eq!(replica.offer(NOW, &part(0)), Outcome::Taken);
    assert_eq!((count(&replica), replica.held(&unnamed.header.id).is_some()), (2, false));
}

#[test]
fn who_is_let_in_again_can_be_revoked_again() {
    let mut replica = populated();
    replica.offer(NOW, &revocation(1, 1, 3, 600_000, 600_000));
    let link = |subject, not_before| credential(1, subject, Roles::MEMBER, (not_before, u64::MAX));
    let mut again = chain(&[(1, Roles::FOUNDER)]);
    again.0.push(link(3, 600_000));
    assert_eq!(replica.offer(NOW, &member(1, 77, &again)), Outcome::Taken);
    let at = |time| replica_roles(&replica, 3, time);
    assert_eq!((at(650_000), at(900_000)), (Some(Roles::MEMBER), Some(Roles::MEMBER)));
    replica.offer(NOW, &revocation(1, 2, 3, 700_000, 700_000));
    let at = |time| replica_roles(&replica, 3, time);
    assert_eq!((at(650_000), at(900_000)), (Some(Roles::MEMBER), None));
}

fn epoch_keys() -> EpochKeys {
    let mut random = chacha20::ChaCha20Rng::seed_from_u64(1);
    let key = EpochKey([1; 32]);
    EpochKeys::seal(&group(), 9, &key, &[peer(1), peer(2)], &mut random).expect("two members")
}
