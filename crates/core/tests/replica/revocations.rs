//! Who was shut out, and what of its actions stands, whatever it says afterwards.

use lacis_core::graph::{Change, Outcome};
use lacis_wire::Roles;
use lacis_wire::system::Scope;

use super::people::*;

#[cfg_attr(test, test)]
pub(crate) fn a_revoked_member_is_none_at_once_and_what_is_named_stays() {
    let mut replica = populated();
    let named = Draft::new("chat", 4, 1, b"named").at(600_000).sign();
    let unnamed = Draft::new("chat", 4, 2, b"unnamed").at(600_000).sign();
    offer_all(&mut replica, [&named, &unnamed]);
    while replica.poll_change().is_some() {}
    assert_eq!(replica.offer(NOW, &revocation(2, 9, 4, &[action(&named)])), Outcome::Taken);
    assert_eq!(roles(&replica, 4), None);
    assert!(is_live(&replica, &named) && !is_live(&replica, &unnamed));
    let changes: Vec<Change> = std::iter::from_fn(|| replica.poll_change()).collect();
    let told =
        |change: &Change| matches!(change, Change::SetAside { author, .. } if *author == peer(4));
    assert!(changes.iter().any(told), "{changes:?}");
    // Whatever it dates back or ahead is set aside, in no summary.
    let summary = replica.summary();
    for (number, at) in [(3, 500_000), (4, NOW.0)] {
        let copy = Draft::new("chat", 4, number, b"late").at(at).sign();
        assert_eq!(replica.offer(NOW, &copy), Outcome::SetAside);
    }
    assert_eq!(replica.summary(), summary);
}

#[cfg_attr(test, test)]
pub(crate) fn an_admin_lets_somebody_in_again_and_can_shut_it_out_again() {
    let mut replica = populated();
    replica.offer(NOW, &revocation(2, 9, 4, &[]));
    let plain = place(1).gives_until(4, Roles::MEMBER, u64::MAX, 2, &[]);
    replica.offer(NOW, &member(&plain));
    assert_eq!(roles(&replica, 4), None, "it does not name the end");
    let back = place(1).gives_until(4, Roles::MEMBER, u64::MAX, 3, &[end(2, 9, 4)]);
    replica.offer(NOW, &member(&back));
    assert_eq!(roles(&replica, 4), Some(Roles::MEMBER));
    // At whatever time it says: it is a member again.
    let copy = Draft::new("chat", 4, 3, b"back").under(&back).at(500_001).sign();
    assert_eq!(replica.offer(NOW, &copy), Outcome::Taken);
    replica.offer(NOW, &revocation(1, 8, 4, &[action(&copy)]));
    assert_eq!(roles(&replica, 4), None);
    assert!(is_live(&replica, &copy));
}

#[cfg_attr(test, test)]
pub(crate) fn whom_a_revoked_inviter_brought_in_stays_only_if_named() {
    let late = place(3).gives(8, Roles::MEMBER);
    let known = place(4).leaf().id().0;
    let end = revocation(2, 9, 3, &[known]);
    let (of_late, of_known) =
        (Draft::new("chat", 8, 1, b"x").under(&late).sign(), Draft::new("chat", 4, 1, b"y").sign());
    for is_first in [true, false] {
        let mut replica = populated();
        if is_first {
            replica.offer(NOW, &end);
        }
        offer_all(&mut replica, [&member(&late), &of_late, &of_known, &end]);
        assert_eq!((is_live(&replica, &of_late), is_live(&replica, &of_known)), (false, true));
        assert_eq!((roles(&replica, 8), roles(&replica, 4)), (None, Some(Roles::MEMBER)));
    }
}

#[cfg_attr(test, test)]
pub(crate) fn a_revoked_admin_cannot_strike_back() {
    let end = revocation(1, 9, 2, &[]);
    let strikes = [revocation(2, 20, 1, &[]), revocation(2, 21, 5, &[]), revocation(2, 22, 4, &[])];
    for is_first in [true, false] {
        let mut replica = populated();
        if is_first {
            replica.offer(NOW, &end);
        }
        offer_all(&mut replica, strikes.iter().chain([&end]));
        for strike in &strikes {
            assert!(!is_live(&replica, strike));
        }
        let is_member = |who| roles(&replica, who).is_some();
        // 5 was brought in by 2, and nobody names that.
        assert_eq!([1, 2, 4, 5].map(is_member), [true, false, true, false]);
    }
}

#[cfg_attr(test, test)]
pub(crate) fn an_admin_is_shut_out_only_by_one_who_is_nearer_to_the_founder() {
    for (author, subject, holds) in
        [(2, 1, false), (7, 2, false), (7, 1, false), (2, 7, true), (1, 2, true), (7, 4, true)]
    {
        let mut replica = populated();
        replica.offer(NOW, &revocation(author, 60, subject, &[]));
        assert_eq!(roles(&replica, subject).is_none(), holds, "{author} shuts {subject} out");
    }
}

#[cfg_attr(test, test)]
pub(crate) fn fewer_rights_leave_what_took_none() {
    let mut replica = populated();
    let own = Draft::new("chat", 2, 1, b"its own, unknown to the founder").at(600_000).sign();
    let others = Draft::new("chat", 4, 1, b"of another");
    let changed = others.clone().version(2, 2).at(600_000).sign();
    let others = others.sign();
    offer_all(&mut replica, [&own, &others, &changed]);
    replica.offer(NOW, &revocation_as(1, 9, 2, Scope::Rights, None, &[]));
    assert!(is_live(&replica, &own));
    assert!(!is_live(&replica, &changed) && is_live(&replica, &others), "what it beat is back");
    let fewer = place(1).gives_until(2, Roles::MEMBER, u64::MAX, 2, &[end(1, 9, 2)]);
    replica.offer(NOW, &member(&fewer));
    assert_eq!(roles(&replica, 2), Some(Roles::MEMBER));
}

#[cfg_attr(test, test)]
pub(crate) fn an_admin_who_overwrote_everything_leaves_what_it_beat() {
    let mut replica = populated();
    let drafts: Vec<Draft> = (0..5).map(|number| Draft::new("chat", 4, number, b"x")).collect();
    for draft in &drafts {
        let vandalised = draft.clone().version(2, 7).at(600_000).sign();
        offer_all(&mut replica, [&draft.clone().sign(), &vandalised]);
    }
    let deleted = drafts[0].clone().version(3, 7).at(700_000).deleted().sign();
    replica.offer(NOW, &deleted);
    replica.offer(NOW, &revocation(2, 9, 7, &[]));
    for draft in &drafts[1..] {
        assert!(is_live(&replica, &draft.clone().sign()));
    }
    assert!(is_live(&replica, &drafts[0].clone().sign()), "a tombstone falls like the rest");
}

#[cfg_attr(test, test)]
pub(crate) fn what_no_list_names_comes_back_once_an_admin_names_it() {
    let copy = Draft::new("chat", 4, 1, b"written while the admin was away").sign();
    let first = revocation(2, 9, 4, &[]);
    let by =
        |author| revocation_as(author, 30, 4, Scope::All, Some(end(2, 9, 4)), &[action(&copy)]);
    let mut replica = populated();
    offer_all(&mut replica, [&copy, &first]);
    assert!(!is_live(&replica, &copy));
    replica.offer(NOW, &by(7));
    assert!(!is_live(&replica, &copy), "it is further from the founder than whoever made the end");
    replica.offer(NOW, &by(1));
    assert!(is_live(&replica, &copy));
    assert_eq!(roles(&replica, 4), None);
}

#[cfg_attr(test, test)]
pub(crate) fn of_two_lists_that_of_the_nearer_author_counts() {
    let copies: Vec<_> = (0..3).map(|number| Draft::new("chat", 4, number, b"x").sign()).collect();
    let near = revocation(1, 9, 4, &[action(&copies[0])]);
    let far = revocation(7, 9, 4, &[action(&copies[0]), action(&copies[1])]);
    for order in [[&near, &far], [&far, &near]] {
        let mut replica = populated();
        offer_all(&mut replica, copies.iter().chain(order));
        let live: Vec<bool> = copies.iter().map(|copy| is_live(&replica, copy)).collect();
        assert_eq!(live, [true, false, false]);
    }
    // Two who are as near: together.
    let equal = revocation(2, 9, 4, &[action(&copies[1])]);
    let other = place(1).gives(8, Roles::ADMIN);
    let third = revocation_under(&other, 9, 4, &[action(&copies[2])]);
    let mut replica = populated();
    offer_all(&mut replica, copies.iter().chain([&member(&other), &equal, &third]));
    let live: Vec<bool> = copies.iter().map(|copy| is_live(&replica, copy)).collect();
    assert_eq!(live, [false, true, true]);
}

/// What an admin adds to an end may overtake it.
#[test]
fn what_is_added_to_an_end_holds_also_if_it_came_before_the_end() {
    let copy = Draft::new("chat", 4, 1, b"named").at(600_000).sign();
    let added = revocation_as(1, 30, 4, Scope::All, Some(end(2, 9, 4)), &[action(&copy)]);
    let ended = revocation(2, 9, 4, &[]);
    for order in [[&added, &copy, &ended], [&ended, &copy, &added], [&copy, &added, &ended]] {
        let mut replica = populated();
        offer_all(&mut replica, order);
        assert_eq!(roles(&replica, 4), None);
        assert!(is_live(&replica, &copy));
    }
}

/// Not even by what was named when somebody else ended it: whoever is let in again stays in.
#[cfg_attr(test, test)]
pub(crate) fn who_had_revoked_itself_can_be_let_in_again() {
    let mut replica = populated();
    let itself = revocation(2, 9, 2, &[]);
    replica.offer(NOW, &itself);
    assert_eq!(roles(&replica, 2), Some(Roles::ADMIN), "nobody ends itself");
    replica.offer(NOW, &revocation(1, 10, 2, &[action(&itself)]));
    assert_eq!(roles(&replica, 2), None);
    let back = place(1).gives_until(2, Roles::MEMBER, u64::MAX, 2, &[end(1, 10, 2)]);
    replica.offer(NOW, &member(&back));
    assert_eq!(roles(&replica, 2), Some(Roles::MEMBER));
}

/// Its own credential was not ended, but that of whoever brought it in.
#[cfg_attr(test, test)]
pub(crate) fn whose_issuer_was_ended_ends_nobody() {
    let mut replica = populated();
    let below = place(2).gives(8, Roles::ADMIN);
    assert_eq!(replica.offer(NOW, &member(&below)), Outcome::Taken);
    let id = below.leaf().id();
    assert!(replica.members().may_end(&id, &peer(4)));
    replica.offer(NOW, &revocation(1, 9, 2, &[]));
    assert_eq!(roles(&replica, 8), None);
    assert!(!replica.members().may_end(&id, &peer(4)));
    replica.offer(NOW, &revocation_under(&below, 9, 4, &[]));
    assert_eq!(roles(&replica, 4), Some(Roles::MEMBER));
}
