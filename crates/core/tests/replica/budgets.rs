//! How much one credential may stand for, and that nobody uses up what another one has.

use lacis_core::graph::{Outcome, Refusal, Replica};
use lacis_wire::codec::encode;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::system::{BUDGET, Budget, GROUP, GroupProperties};
use lacis_wire::{Roles, limits};

use super::people::*;

/// The founder says it anew.
pub(crate) fn properties_again(records: u32, bytes: u64) -> lacis_core::graph::Copy {
    let copy = properties(records, bytes);
    let mut draft = Draft::new(GROUP, ROOT, 1, &copy.body).version(2, ROOT).at(900_000);
    draft.header.credential = None;
    draft.sign()
}

pub(crate) fn properties(records: u32, bytes: u64) -> lacis_core::graph::Copy {
    let properties = GroupProperties {
        name: "Board".into(),
        comment: String::new(),
        presence_lifetime: 60_000,
        flags: 0,
        member_lifetime: 1,
        budget_records: records,
        budget_bytes: bytes,
    };
    Draft::new(GROUP, ROOT, 1, &encode(&properties)).sign()
}

#[cfg_attr(test, test)]
pub(crate) fn whoever_writes_too_much_pushes_out_its_own() {
    let mut replica = populated();
    replica.offer(NOW, &properties(3, 1_000));
    let ada = Draft::new("chat", 5, 1, b"ada").created(900_000).sign();
    replica.offer(NOW, &ada);
    let many: Vec<_> = (0..6_u8)
        .map(|number| {
            Draft::new("chat", 4, number, b"x").created(800_000 - u64::from(number)).sign()
        })
        .collect();
    for copy in &many {
        replica.offer(NOW, copy);
    }
    let live: Vec<bool> = many.iter().map(|copy| is_live(&replica, copy)).collect();
    assert_eq!(live, [false, false, false, true, true, true], "the first by creation stay");
    assert!(is_live(&replica, &ada));
    let last = Draft::new("chat", 4, 99, b"x").created(850_000).sign();
    assert_eq!(refused(replica.offer(NOW, &last)), Refusal::OverBudget);
}

/// Otherwise those who got both in another order would hold more.
#[cfg_attr(test, test)]
pub(crate) fn what_was_beaten_is_back_when_its_winner_has_no_place() {
    let notes: Vec<_> = [900_000, 700_000, 600_000, 500_000]
        .iter()
        .map(|at| Draft::new("chat", 4, 1, b"x").created(*at))
        .collect();
    let changed = notes.iter().map(|it| it.clone().version(2, 2).at(950_000).sign());
    let changed: Vec<_> = changed.collect();
    let mut replica = populated();
    replica.offer(NOW, &properties(4, 1_000));
    for note in &notes {
        assert_eq!(replica.offer(NOW, &note.clone().sign()), Outcome::Taken);
    }
    replica.offer(NOW, &changed[0]);
    assert!(is_live(&replica, &changed[0]));
    replica.offer(NOW, &properties_again(3, 1_000));
    for copy in &changed[1..] {
        replica.offer(NOW, copy);
    }
    let live: Vec<bool> = changed.iter().map(|copy| is_live(&replica, copy)).collect();
    assert_eq!(live, [false, true, true, true]);
    assert!(is_live(&replica, &notes[0].clone().sign()), "it has a place of its own");
}

/// Whether the founder says so before or after the records came.
#[cfg_attr(test, test)]
pub(crate) fn a_smaller_budget_holds_for_what_is_there_already() {
    let chats: Vec<_> = (0..5_u8)
        .map(|number| {
            Draft::new("chat", 4, number, b"x").created(800_000 + u64::from(number)).sign()
        })
        .collect();
    let more = Budget { subject: peer(5), records: 5, bytes: 1_000 };
    let raised = Draft::new(BUDGET, 2, 1, &encode(&more));
    let (given, taken) = (raised.clone().sign(), raised.version(2, 2).at(900_000).deleted().sign());
    let others: Vec<_> =
        (0..3_u8).map(|number| Draft::new("chat", 5, number, b"x").sign()).collect();
    let mut early = populated();
    let mut late = populated();
    for copy in chats.iter().chain([&given]).chain(&others).chain([&properties(2, 1_000), &taken]) {
        early.offer(NOW, copy);
    }
    for copy in [&properties(2, 1_000), &taken].into_iter().chain(&chats).chain(&others) {
        late.offer(NOW, copy);
    }
    let live = |replica: &Replica| {
        let all = chats.iter().chain(&others);
        all.map(|copy| is_live(replica, copy)).collect::<Vec<_>>()
    };
    assert_eq!(live(&early), live(&late));
    assert_eq!(live(&early).iter().filter(|it| **it).count(), 4);
    assert_eq!(live(&early)[..5], [true, true, false, false, false]);
}

#[cfg_attr(test, test)]
pub(crate) fn bytes_count_as_records_do_and_deleting_is_always_possible() {
    let mut replica = populated();
    replica.offer(NOW, &properties(100, 1_000));
    let big = Draft::new("chat", 4, 1, &[0; 1_100]).created(600_000);
    assert_eq!(replica.offer(NOW, &big.clone().sign()), Outcome::Taken);
    let next = Draft::new("chat", 4, 2, b"x").created(700_000);
    assert_eq!(refused(replica.offer(NOW, &next.clone().sign())), Refusal::OverBudget);
    let deleted = big.version(2, 4).at(800_000).deleted().sign();
    assert_eq!(replica.offer(NOW, &deleted), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &next.sign()), Outcome::Taken);
}

#[cfg_attr(test, test)]
pub(crate) fn what_was_deleted_takes_no_place_of_what_lives() {
    let mut replica = populated();
    replica.offer(NOW, &properties(1, 1_000));
    let first = Draft::new("chat", 4, 1, b"x").created(600_000);
    assert_eq!(replica.offer(NOW, &first.clone().sign()), Outcome::Taken);
    let deleted = first.version(2, 4).at(700_000).deleted().sign();
    assert_eq!(replica.offer(NOW, &deleted), Outcome::Taken);
    let next = Draft::new("chat", 4, 2, b"x").created(800_000).sign();
    assert_eq!(replica.offer(NOW, &next), Outcome::Taken);
}

#[cfg_attr(test, test)]
pub(crate) fn an_admin_who_has_written_all_it_may_still_shuts_out() {
    let mut replica = populated();
    replica.offer(NOW, &properties(1, 1_000));
    let written = Draft::new("chat", 2, 1, b"x").sign();
    assert_eq!(replica.offer(NOW, &written), Outcome::Taken);
    for (number, who) in [(1, 4), (2, 5)] {
        assert_eq!(replica.offer(NOW, &revocation(2, number, who, &[])), Outcome::Taken);
        assert_eq!(roles(&replica, who), None);
    }
}

#[cfg_attr(test, test)]
pub(crate) fn an_admin_gives_one_member_more() {
    let mut replica = populated();
    replica.offer(NOW, &properties(1, 1_000));
    replica.offer(NOW, &Draft::new("chat", 4, 1, b"x").sign());
    let second = Draft::new("chat", 4, 2, b"x").created(600_000).sign();
    assert_eq!(refused(replica.offer(NOW, &second)), Refusal::OverBudget);
    let more = Budget { subject: peer(4), records: 5, bytes: 1_000 };
    for who in [3, 4] {
        let own = Draft::new(BUDGET, who, 1, &encode(&more)).sign();
        assert_eq!(refused(replica.offer(NOW, &own)), Refusal::NotAllowed);
    }
    assert_eq!(
        replica.offer(NOW, &Draft::new(BUDGET, 2, 1, &encode(&more)).sign()),
        Outcome::Taken
    );
    assert_eq!(replica.offer(NOW, &second), Outcome::Taken);
}

#[cfg_attr(test, test)]
pub(crate) fn an_inviter_mints_members_in_its_own_places_only() {
    let mut replica = populated();
    let ivy = place(3);
    let mallory = ivy.gives(8, Roles::INVITER);
    replica.offer(NOW, &member(&mallory));
    let honest = ivy.gives(9, Roles::MEMBER);
    let quota = limits::CREDENTIALS_PER_INVITER;
    for number in 0..quota + 50 {
        replica.offer(NOW, &sock_puppet(&mallory, number));
    }
    let count = replica.members().subjects().count();
    assert!(count <= quota + 7, "{count}");
    assert_eq!(replica.offer(NOW, &member(&honest)), Outcome::Taken, "Ivy's own come in turn");
    assert_eq!(roles(&replica, 9), Some(Roles::MEMBER));
    assert_eq!(roles(&replica, 4), Some(Roles::MEMBER));
}

#[cfg_attr(test, test)]
pub(crate) fn nobody_is_pushed_out_by_many_credentials_of_another_issuer() {
    let mut replica = populated();
    for serial in 2..100 {
        let weak = place(3).gives_until(5, Roles::INVITER, 2, serial, &[]);
        replica.offer(NOW, &member_by(&weak, 3));
    }
    assert_eq!(roles(&replica, 5), Some(Roles::MEMBER));
    let copy = Draft::new("chat", 5, 1, b"still here").sign();
    assert_eq!(replica.offer(NOW, &copy), Outcome::Taken);
}

/// Of what one issuer gives one subject the last few count.
#[cfg_attr(test, test)]
pub(crate) fn one_issuer_gives_one_subject_a_few_credentials() {
    let mut replica = populated();
    let given = |serial| place(2).gives_until(40, Roles::MEMBER, u64::MAX, serial, &[]);
    let most = limits::CREDENTIALS_PER_PAIR as u64;
    for serial in 1..=most + 3 {
        replica.offer(NOW, &member(&given(serial)));
    }
    let is_known = |serial| replica.members().credential(&given(serial).leaf().id()).is_some();
    assert_eq!((1..=most + 3).filter(|serial| is_known(*serial)).count() as u64, most);
    assert!(is_known(most + 3), "the last counts");
    assert_eq!(roles(&replica, 40), Some(Roles::MEMBER));
}

/// The last of what one issuer gives one subject may be known first by what that gave.
#[test]
fn places_of_a_pair_are_the_same_whoever_shows_the_last_of_them_first() {
    let given = |serial| place(2).gives_until(40, Roles::INVITER, u64::MAX, serial, &[]);
    let most = limits::CREDENTIALS_PER_PAIR as u64;
    let below = given(most + 1).gives(41, Roles::MEMBER);
    let (last, below) = (member(&given(most + 1)), member(&below));
    let known = |order: [&lacis_core::graph::Copy; 2]| {
        let mut replica = populated();
        for serial in 1..=most {
            replica.offer(NOW, &member(&given(serial)));
        }
        for copy in order {
            replica.offer(NOW, copy);
        }
        let is_known = |serial| replica.members().credential(&given(serial).leaf().id()).is_some();
        (1..=most + 1).filter(|serial| is_known(*serial)).collect::<Vec<_>>()
    };
    assert_eq!(known([&last, &below]), (2..=most + 1).collect::<Vec<_>>());
    assert_eq!(known([&below, &last]), (2..=most + 1).collect::<Vec<_>>());
}

/// A record by which an inviter shows a member with a key of its own.
pub(crate) fn sock_puppet(by: &Place, number: usize) -> lacis_core::graph::Copy {
    let mut sock = by.gives(110, Roles::MEMBER);
    let mut seed = [200; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let mut leaf = sock.chain.0.pop().expect("a credential");
    leaf.subject = peer_id(&signing_key(&seed));
    sock.chain.0.push(leaf.signed(&key(by.who)));
    member_by(&sock, by.who)
}
