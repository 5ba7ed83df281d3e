//! The rules for every version.

use lacis_core::graph::{Change, Copy, Outcome, Refusal, Replica};
use lacis_wire::codec::encode;
use lacis_wire::record::RecordType;
use lacis_wire::system::{GROUP, GroupProperties, INVITATION, OpenInvitation, SERVERS, Servers};
use lacis_wire::{Millis, Roles, limits};

use super::people::*;

#[cfg_attr(test, test)]
pub(crate) fn a_member_writes_and_an_admin_corrects() {
    let mut replica = populated();
    let first = Draft::new("chat", 4, 1, b"salut");
    assert_eq!(replica.offer(NOW, &first.clone().sign()), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &first.clone().sign()), Outcome::Known);
    let meddled = first.clone().version(2, 5).at(600_000).sign();
    assert_eq!(refused(replica.offer(NOW, &meddled)), Refusal::NotOwner);
    let corrected = first.clone().version(2, 2).at(600_000).sign();
    assert_eq!(replica.offer(NOW, &corrected), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &first.clone().sign()), Outcome::Known, "it is kept aside");
    let other = first.clone().at(500_001).version(2, 1).at(550_000).sign();
    assert!([Outcome::Beaten, Outcome::Taken].contains(&replica.offer(NOW, &other)));
}

#[cfg_attr(test, test)]
pub(crate) fn what_breaks_a_rule_is_refused_by_its_name() {
    let mut replica = populated();
    let draft = Draft::new("chat", 4, 1, b"salut");
    let borrowed = Draft::new("chat", 4, 1, b"x").under(&place(1));
    let unproven = place(4);
    let mut shown = member(&place(8));
    shown.header.created = Millis(5);
    let cases = [
        (Draft::new("chat", 6, 1, b"from a keeper").sign(), Refusal::NotAllowed),
        (borrowed.sign(), Refusal::NotAllowed),
        (Copy { body: b"other".to_vec(), ..draft.clone().sign() }, Refusal::Body),
        (Draft { author: 5, ..draft.clone() }.sign(), Refusal::Signature),
        (Draft::new(GROUP, 2, 1, b"").sign(), Refusal::System),
        (member_by(&unproven, 1), Refusal::System),
        (Draft::new("chat", ROOT, 1, b"root").sign(), Refusal::NotAllowed),
        (revocation(3, 9, 4, &[]), Refusal::NotAllowed),
        (shown, Refusal::Form),
    ];
    for (at, (copy, refusal)) in cases.into_iter().enumerate() {
        assert_eq!(refused(replica.offer(NOW, &copy)), refusal, "case {at}");
    }
    // What a record was from the beginning cannot be told otherwise later, not even by its creator.
    let mut other = draft.clone().version(2, 4).at(600_000);
    other.header.kind = RecordType::new("stroke").expect("a type");
    assert_eq!(refused(replica.offer(NOW, &other.sign())), Refusal::Form);
    let mut longer = draft.version(2, 4).at(600_000);
    longer.header.latest = Millis(LATEST + 1);
    assert_eq!(refused(replica.offer(NOW, &longer.sign())), Refusal::Form);
}

#[cfg_attr(test, test)]
pub(crate) fn nobody_counts_up_to_where_no_version_has_a_number() {
    let mut replica = populated();
    let draft = Draft::new("chat", 4, 1, b"x");
    replica.offer(NOW, &draft.clone().sign());
    for version in [u64::MAX, 1_000_000, 12] {
        let jump = draft.clone().version(version, 2).at(500_100).sign();
        assert_eq!(refused(replica.offer(NOW, &jump)), Refusal::Form, "{version}");
    }
    let fair = draft.version(11, 2).at(500_100).sign();
    assert_eq!(replica.offer(NOW, &fair), Outcome::Taken);
}

#[cfg_attr(test, test)]
pub(crate) fn only_the_root_key_says_what_the_group_is_called() {
    let properties = GroupProperties {
        name: "Board".into(),
        comment: String::new(),
        presence_lifetime: 60_000,
        flags: 0,
        member_lifetime: 1,
        budget_records: 10,
        budget_bytes: 1_000,
    };
    let mut replica = populated();
    let body = encode(&properties);
    let by_admin = Draft::new(GROUP, 2, 1, &body).sign();
    assert_eq!(refused(replica.offer(NOW, &by_admin)), Refusal::NotAllowed);
    assert_eq!(replica.offer(NOW, &Draft::new(GROUP, ROOT, 1, &body).sign()), Outcome::Taken);
}

/// Where an admin says that the group meets.
fn word(author: u8, url: &str) -> Draft {
    let said = Servers { servers: vec![url.into()], before: Vec::new() };
    Draft::new(SERVERS, author, 0, &encode(&said)).created(0)
}

#[cfg_attr(test, test)]
pub(crate) fn an_admin_has_one_word_about_where_the_group_meets() {
    let mut replica = populated();
    let of_two = word(2, "wss://two.example");
    let another = |number| Draft::new(SERVERS, 2, number, &of_two.body);
    let cases = [
        (another(1).created(0), Refusal::Form),
        (another(0), Refusal::Form),
        (of_two.clone().lasting(LATEST), Refusal::Form),
        (of_two.clone().until(LATEST), Refusal::Form),
        (of_two.clone().in_place_of(of_two.header.id), Refusal::Form),
        (of_two.clone().version(2, 2).deleted(), Refusal::Form),
        (of_two.clone().version(2, 1), Refusal::Form),
        (word(2, "wss://a:b@two.example"), Refusal::System),
        (word(3, "wss://three.example"), Refusal::NotAllowed),
        (word(4, "wss://four.example"), Refusal::NotAllowed),
        (word(6, "wss://six.example"), Refusal::NotAllowed),
    ];
    for (at, (draft, refusal)) in cases.into_iter().enumerate() {
        assert_eq!(refused(replica.offer(NOW, &draft.sign())), refusal, "case {at}");
    }
    let says = |replica: &Replica, draft: &Draft| {
        replica.servers().is_some_and(|copy| copy.body == draft.body)
    };
    assert!(replica.servers().is_none());
    assert_eq!(replica.offer(NOW, &of_two.clone().sign()), Outcome::Taken);
    assert!(says(&replica, &of_two));
    // What was written last counts, in whatever order it comes.
    let of_seven = word(7, "wss://seven.example").at(700_000);
    let of_one = word(1, "wss://one.example").at(600_000);
    assert_eq!(replica.offer(NOW, &of_seven.clone().sign()), Outcome::Taken);
    assert_eq!(replica.offer(NOW, &of_one.clone().sign()), Outcome::Taken);
    assert!(says(&replica, &of_seven));
    // Who is shut out and not named has said nothing, and the word before it counts again.
    assert_eq!(replica.offer(NOW, &revocation(1, 9, 7, &[])), Outcome::Taken);
    assert!(says(&replica, &of_one));
    let mut again = word(2, "wss://again.example").version(2, 2).at(650_000);
    assert_eq!(replica.offer(NOW, &again.clone().sign()), Outcome::Taken);
    assert!(says(&replica, &again));
    again = word(2, "wss://back.example").version(3, 2).at(590_000);
    assert_eq!(replica.offer(NOW, &again.sign()), Outcome::Taken);
    assert!(says(&replica, &of_one), "a later version may be of an earlier date");
}

#[cfg_attr(test, test)]
pub(crate) fn an_open_invitation_promises_no_more_than_its_author_may_give() {
    let mut replica = populated();
    let invitation = |roles| OpenInvitation {
        key: peer(50),
        roles,
        not_after: Millis::MAX,
        member_for: u64::MAX,
        uses: 1,
        flags: 0,
    };
    for (author, roles, fine) in [
        (1, Roles::ADMIN, true),
        (3, Roles::ADMIN, false),
        (3, Roles::KEEPER, false),
        (3, Roles::INVITER, true),
        (4, Roles::MEMBER, false),
    ] {
        let copy = Draft::new(INVITATION, author, 1, &encode(&invitation(roles))).sign();
        assert_eq!(replica.offer(NOW, &copy) == Outcome::Taken, fine, "{author} {roles:?}");
    }
}

#[cfg_attr(test, test)]
pub(crate) fn who_may_not_invite_shows_nobody() {
    let mut replica = populated();
    let by_member = place(4).gives(8, Roles::MEMBER);
    let mut forged = place(2).gives(9, Roles::MEMBER);
    forged.chain.0.last_mut().expect("a credential").signature[0] ^= 1;
    for copy in [member(&by_member), member(&forged), member_by(&by_member, 4)] {
        assert_eq!(refused(replica.offer(NOW, &copy)), Refusal::System);
    }
    assert_eq!([8, 9].map(|who| roles(&replica, who)), [None; 2]);
}

/// A version that was ended promises nothing, so that it is the author alone that is looked at.
#[cfg_attr(test, test)]
pub(crate) fn who_may_not_invite_ends_no_invitation_either() {
    let mut replica = populated();
    let ended = |who| Draft::new(INVITATION, who, 1, b"").version(2, who).at(600_000).deleted();
    assert_eq!(refused(replica.offer(NOW, &ended(4).sign())), Refusal::NotAllowed);
    assert_eq!(replica.offer(NOW, &ended(3).sign()), Outcome::Taken);
}

#[cfg_attr(test, test)]
pub(crate) fn what_waits_is_bounded_however_many_wrote_it() {
    let mut replica = populated();
    for who in 50..58 {
        for number in 0..3 {
            let body = vec![number; limits::RECORD_BYTES];
            let place = founder().gives(who, Roles::MEMBER);
            let copy = Draft::new("chat", who, number, &body).under(&place).sign();
            assert_eq!(replica.offer(NOW, &copy), Outcome::Deferred);
        }
    }
    let (_, bytes) = replica.waiting();
    assert!((limits::WAITING_BYTES / 2..=limits::WAITING_BYTES).contains(&bytes), "{bytes}");
}

#[cfg_attr(test, test)]
pub(crate) fn a_record_waits_for_its_authors_credential() {
    let mut replica = Replica::new(group());
    let copy = Draft::new("chat", 4, 1, b"early").sign();
    assert_eq!(replica.offer(NOW, &copy), Outcome::Deferred);
    assert_eq!((replica.waiting().0, replica.len()), (1, 0));
    for person in people() {
        replica.offer(NOW, &person);
    }
    let ready = replica.poll_ready().expect("its author is known now");
    assert_eq!(replica.offer(NOW, &ready), Outcome::Taken);
    assert_eq!((replica.waiting().0, ready), (0, copy));
}

#[cfg_attr(test, test)]
pub(crate) fn what_waits_is_signed_and_bounded_and_one_author_has_a_share_of_it() {
    let mut replica = populated();
    let big = |who: u8, number: u8| {
        let body = vec![number; limits::RECORD_BYTES];
        Draft::new("chat", who, number, &body).under(&founder().gives(who, Roles::MEMBER)).sign()
    };
    let honest = Draft::new("chat", 60, 1, b"a newcomer").sign();
    assert_eq!(replica.offer(NOW, &honest), Outcome::Deferred);
    for number in 0..40 {
        assert_eq!(replica.offer(NOW, &big(50, number)), Outcome::Deferred);
    }
    let (_, bytes) = replica.waiting();
    assert!(bytes <= limits::WAITING_BYTES / 4 + 2 * limits::HEADER_BYTES, "{bytes}");
    assert!(replica.has(&honest.header.name()));
    let forged =
        Copy { body: vec![], ..Draft { author: 51, ..Draft::new("chat", 52, 1, b"") }.sign() };
    assert_eq!(refused(replica.offer(NOW, &forged)), Refusal::Signature);
}

#[cfg_attr(test, test)]
pub(crate) fn what_is_dated_ahead_waits_for_its_time_and_is_in_no_summary() {
    let mut replica = populated();
    let before = replica.summary();
    let ahead = Draft::new("chat", 4, 1, b"x").at(NOW.0 + 21 * 60_000).sign();
    assert_eq!(replica.offer(NOW, &ahead), Outcome::Ahead);
    assert_eq!(replica.summary(), before);
    let due = replica.next_due().expect("a time");
    replica.wake(Millis(due.0 - 1));
    assert_eq!(replica.poll_ready(), None);
    replica.wake(due);
    let ready = replica.poll_ready().expect("it is due");
    assert_eq!(replica.offer(due, &ready), Outcome::Taken);
}

#[cfg_attr(test, test)]
pub(crate) fn a_record_does_not_outlast_its_authors_credential_and_none_is_written_after_it() {
    let mut replica = populated();
    let short = founder().gives_until(8, Roles::MEMBER, 2_000_000, 1, &[]);
    replica.offer(NOW, &member(&short));
    replica.offer(Millis(1), &member(&short));
    let draft = Draft::new("chat", 8, 1, b"x").under(&short);
    assert_eq!(
        refused(replica.offer(Millis(1_000_000), &draft.clone().sign())),
        Refusal::NotAllowed
    );
    let brief = draft.clone().until(2_000_000);
    assert_eq!(
        refused(replica.offer(Millis(1_000_000), &brief.sign())),
        Refusal::NotAllowed,
        "what is left of it would"
    );
    let fits = draft.lasting(2_000_000);
    assert_eq!(replica.offer(Millis(1_000_000), &fits.clone().sign()), Outcome::Taken);
    let late = Draft::new("chat", 8, 2, b"x").under(&short).at(2_000_000).lasting(2_000_000);
    assert_eq!(refused(replica.offer(Millis(1_000_000), &late.sign())), Refusal::NotAllowed);
    // Nobody else makes it last longer either, and when its author's time is over, nothing of it
    // waits for a proof that is gone.
    let tombstone = fits.clone().version(2, 1).at(600_000).deleted();
    assert_eq!(replica.offer(Millis(1_000_000), &tombstone.clone().sign()), Outcome::Taken);
    let grace = u64::try_from(limits::ERASE_GRACE.as_millis()).expect("a day");
    let over = Millis(2_000_000 + grace);
    replica.expire(over);
    replica.erase(over);
    assert!(replica.members().credential(&short.leaf().id()).is_none());
    assert!(replica.held(&tombstone.header.id).is_none());
    for copy in [fits.sign(), tombstone.sign()] {
        assert_eq!(replica.offer(over, &copy), Outcome::Expired);
    }
}

#[cfg_attr(test, test)]
pub(crate) fn nothing_that_was_deleted_or_has_ended_comes_back() {
    let mut replica = populated();
    let draft = Draft::new("chat", 4, 1, b"x");
    let tombstone = draft.clone().version(2, 4).at(600_000).deleted().sign();
    replica.offer(NOW, &draft.clone().sign());
    assert_eq!(replica.offer(NOW, &tombstone), Outcome::Taken);
    let undelete = draft.clone().version(3, 4).at(700_000).sign();
    assert_eq!(replica.offer(NOW, &undelete), Outcome::Older);
    // A version that ends earlier keeps those before it from coming back.
    let draft = Draft::new("chat", 4, 2, b"x");
    let shorter = draft.clone().version(2, 4).at(600_000).until(NOW.0 + 10).sign();
    replica.offer(NOW, &draft.clone().sign());
    assert_eq!(replica.offer(NOW, &shorter), Outcome::Taken);
    let count = replica.len();
    let later = Millis(NOW.0 + 10);
    replica.expire(later);
    assert_eq!(replica.len(), count - 1);
    assert_eq!(replica.offer(later, &draft.clone().sign()), Outcome::Older);
    assert!(!is_live(&replica, &draft.sign()));
    // What is left of both goes when no version could live any more.
    let grace = u64::try_from(limits::ERASE_GRACE.as_millis()).expect("a day");
    replica.expire(Millis(LATEST));
    replica.erase(Millis(LATEST + grace - 1));
    assert!(replica.held(&shorter.header.id).is_some());
    replica.erase(Millis(LATEST + grace));
    assert!(replica.held(&shorter.header.id).is_none());
    assert!(replica.held(&tombstone.header.id).is_none());
}

#[cfg_attr(test, test)]
pub(crate) fn a_record_in_place_of_another_drops_it_at_any_date() {
    let wrong = Draft::new("chat", 4, 1, b"x").created(600_000).sign();
    let right = Draft::new("chat", 4, 2, b"x").in_place_of(wrong.header.id).sign();
    let second = Draft::new("chat", 4, 3, b"x").in_place_of(wrong.header.id).sign();
    let third = Draft::new("chat", 4, 5, b"x").in_place_of(wrong.header.id).sign();
    let rivals = [&right, &second, &third];
    let stands = rivals.map(|copy| copy.header.id).into_iter().min().expect("three");
    let thief = Draft::new("chat", 5, 4, b"x").in_place_of(right.header.id).sign();
    for [a, b, c] in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let [a, b, c] = [rivals[a], rivals[b], rivals[c]];
        for order in [[&wrong, a, b, c, &thief], [&thief, a, b, c, &wrong]] {
            let mut replica = populated();
            offer_all(&mut replica, order);
            assert!(!is_live(&replica, &wrong));
            for rival in rivals {
                assert_eq!(is_live(&replica, rival), rival.header.id == stands);
            }
            assert!(is_live(&replica, &thief), "it replaces nothing");
            // Nor does it matter in which order a store gives them back.
            let mut restored = Replica::new(group());
            for copy in people() {
                restored.restore_system(copy);
            }
            order.iter().for_each(|copy| restored.restore(&copy.header, &copy.header.name()));
            restored.settle_restored(NOW);
            assert_eq!(restored.summary(), replica.summary());
        }
    }
}

/// A member could take back what it did as an admin, and its own node would not know it.
#[cfg_attr(test, test)]
pub(crate) fn nothing_stands_in_the_place_of_what_is_said_of_members() {
    let ended = revocation(2, 1, 4, &[]);
    let note = Draft::new("chat", 2, 1, b"x").in_place_of(ended.header.id).created(400_000).sign();
    for order in [[&ended, &note], [&note, &ended]] {
        let mut replica = populated();
        offer_all(&mut replica, order);
        assert!(is_live(&replica, &ended) && is_live(&replica, &note));
        assert_eq!(roles(&replica, 4), None);
    }
}

/// What falls with its author makes place again for what it stood in the place of, and what comes
/// later in the order of budgets stands in nothing's place.
#[cfg_attr(test, test)]
pub(crate) fn only_what_is_live_and_came_before_stands_in_the_place_of_another() {
    let old = Draft::new("chat", 4, 1, b"x").created(600_000).sign();
    let new = Draft::new("chat", 4, 2, b"x").in_place_of(old.header.id).sign();
    let late = Draft::new("chat", 4, 3, b"x").created(650_000).in_place_of(old.header.id).sign();
    let ended = revocation(2, 1, 4, &[action(&old), action(&late)]);
    for order in [[&old, &late, &new, &ended], [&ended, &new, &late, &old]] {
        let mut replica = populated();
        offer_all(&mut replica, order);
        offer_all(&mut replica, order);
        assert!(is_live(&replica, &late) && is_live(&replica, &old) && !is_live(&replica, &new));
    }
}

#[cfg_attr(test, test)]
pub(crate) fn another_format_is_kept_by_its_envelope_and_not_applied() {
    let mut replica = populated();
    let mut newer = revocation(1, 1, 4, &[]);
    newer.header.format = 2;
    newer.body = b"what nobody knows yet".to_vec();
    newer.header.set_body(&newer.body);
    newer.header.sign(&group(), &key(1));
    assert_eq!(replica.offer(NOW, &newer), Outcome::Taken);
    assert_eq!(roles(&replica, 4), Some(Roles::MEMBER));
    let mut by_member = Draft::new("chat", 6, 1, b"x");
    by_member.header.format = 9;
    assert_eq!(refused(replica.offer(NOW, &by_member.sign())), Refusal::NotAllowed);
}

#[cfg_attr(test, test)]
pub(crate) fn what_ends_is_told() {
    let mut replica = populated();
    let copy = Draft::new("chat", 4, 1, b"x").until(NOW.0 + 5).sign();
    replica.offer(NOW, &copy);
    while replica.poll_change().is_some() {}
    replica.expire(Millis(NOW.0 + 5));
    let changes: Vec<Change> = std::iter::from_fn(|| replica.poll_change()).collect();
    let gone = Change::Gone { id: copy.header.id, kind: copy.header.kind.clone() };
    assert!(changes.contains(&gone), "{changes:?}");
}

#[cfg_attr(test, test)]
pub(crate) fn a_clock_that_was_ahead_for_a_while_erases_nothing() {
    let mut replica = populated();
    let copy = Draft::new("chat", 4, 1, b"x").until(NOW.0 + 5).sign();
    replica.offer(NOW, &copy);
    let summary = replica.summary();
    replica.expire(Millis(LATEST));
    assert!(!is_live(&replica, &copy));
    replica.reveal(NOW);
    assert!(is_live(&replica, &copy));
    assert_eq!(replica.summary(), summary);
    replica.expire(Millis(NOW.0 + 5));
    assert!(!is_live(&replica, &copy));
    while replica.poll_change().is_some() {}
    let day = u64::try_from(limits::ERASE_GRACE.as_millis()).expect("a day");
    replica.erase(Millis(NOW.0 + 5 + day));
    let (name, kind) = (copy.header.name(), copy.header.kind.clone());
    let erased = Change::Erased { name, kind, keeps_header: true };
    assert!(std::iter::from_fn(|| replica.poll_change()).any(|change| change == erased));
}
