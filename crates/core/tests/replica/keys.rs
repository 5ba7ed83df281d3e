//! Which key is the newest, and what a key record proves.

use lacis_core::graph::{Copy, Outcome, Replica};
use lacis_wire::codec::encode;
use lacis_wire::keys::{Cover, EpochKey, KeyPart, Meeting};
use lacis_wire::room::MeetingKey;
use lacis_wire::system::KEY;
use lacis_wire::{EndId, KeyName, Roles};

use super::people::*;

pub(crate) fn part(number: u8, part: u16, parts: u16, covers: &[(u8, EndId)]) -> KeyPart {
    let key = EpochKey([number; 32]);
    let meeting = Meeting { topic: MeetingKey([1; 16]), door: MeetingKey([2; 16]) };
    let mut covers: Vec<Cover> =
        covers.iter().map(|(who, end)| Cover { subject: peer(*who), end: *end }).collect();
    covers.sort_unstable();
    KeyPart {
        nonce: [number; 16],
        commitment: key.commitment(&group(), &[number; 16]),
        meeting: meeting.seal(&key.meeting_key(), [0; 24]),
        part,
        parts,
        covers,
        sealed: vec![],
        keepers: vec![],
    }
}

fn record(author: u8, at: u64, part: &KeyPart) -> (Copy, KeyName) {
    let number = part.nonce[0].wrapping_add(u8::try_from(part.part).expect("few"));
    let copy = Draft::new(KEY, author, number, &encode(part)).at(at).sign();
    (copy, part.name(&group(), &peer(author)))
}

fn newest(replica: &Replica) -> Option<KeyName> {
    replica.keys().newest_first(replica.members()).first().copied()
}

#[cfg_attr(test, test)]
pub(crate) fn the_newest_covers_most_ends_then_is_later() {
    let ends = [(4, end(1, 1, 4)), (5, end(1, 2, 5))];
    let revocations = [revocation(1, 1, 4, &[]), revocation(1, 2, 5, &[])];
    let both = record(1, 600_000, &part(1, 0, 1, &ends));
    let one = record(2, 700_000, &part(2, 0, 1, &ends[..1]));
    let none = record(2, 9_000_000, &part(3, 0, 1, &[]));
    let bogus = record(2, 9_000_000, &part(4, 0, 1, &[(6, EndId([7; 16])), (3, EndId([8; 16]))]));
    let later = record(1, 650_000, &part(5, 0, 1, &ends));
    let mut replica = populated();
    offer_all(&mut replica, &revocations);
    for (copy, name) in [&none, &one, &both, &later] {
        assert_eq!(replica.offer(NOW, copy), Outcome::Taken);
        assert_eq!(newest(&replica), Some(*name));
    }
    replica.offer(NOW, &bogus.0);
    assert_eq!(newest(&replica), Some(later.1), "ends that nobody made do not count");
    assert!(replica.keys().uncovered(Some(&later.1), replica.members()).is_empty());
    assert_eq!(replica.keys().uncovered(Some(&one.1), replica.members()).len(), 1);
}

#[cfg_attr(test, test)]
pub(crate) fn of_keys_that_cover_as_much_the_latest_counts() {
    let mut replica = populated();
    for number in 1..=12 {
        let (copy, name) = record(2, 600_000 + u64::from(number), &part(number, 0, 1, &[]));
        assert_eq!(replica.offer(NOW, &copy), Outcome::Taken);
        assert_eq!(newest(&replica), Some(name), "whatever their names");
    }
}

#[cfg_attr(test, test)]
pub(crate) fn a_key_record_holds_once_all_parts_are_here() {
    let mut replica = populated();
    let parts: Vec<_> = (0..3).map(|number| record(2, 600_000, &part(1, number, 3, &[]))).collect();
    for (copy, _) in [&parts[2], &parts[0]] {
        replica.offer(NOW, copy);
        assert_eq!(newest(&replica), None);
    }
    replica.offer(NOW, &parts[1].0);
    assert_eq!(newest(&replica), Some(parts[0].1));
}

#[cfg_attr(test, test)]
pub(crate) fn a_key_that_overtakes_a_revocation_proves_it() {
    let mut replica = populated();
    let cover = end(2, 9, 4);
    replica.offer(NOW, &record(2, 600_000, &part(1, 0, 1, &[(4, cover)])).0);
    assert_eq!(roles(&replica, 4), None, "before the revocation is here");
    let written = Draft::new("chat", 4, 1, b"x").sign();
    assert_eq!(replica.offer(NOW, &written), Outcome::Taken, "what stands, only a list says");
    // Whoever is let in again by a credential that names the end is a member.
    let back = place(1).gives_until(4, Roles::MEMBER, u64::MAX, 2, &[cover]);
    replica.offer(NOW, &member(&back));
    assert_eq!(roles(&replica, 4), Some(Roles::MEMBER));
}

#[cfg_attr(test, test)]
pub(crate) fn a_key_record_shuts_nobody_out_whom_its_author_may_not() {
    let mut replica = populated();
    let covers = [(1, end(7, 9, 1)), (2, end(7, 9, 2)), (4, end(7, 9, 4))];
    replica.offer(NOW, &record(7, 600_000, &part(1, 0, 1, &covers)).0);
    let is_member = |who| roles(&replica, who).is_some();
    assert_eq!([1, 2, 4].map(is_member), [true, true, false]);
}

#[cfg_attr(test, test)]
pub(crate) fn the_key_of_an_admin_who_was_shut_out_falls_with_it() {
    let mut replica = populated();
    let (copy, name) = record(2, 9_000_000, &part(1, 0, 1, &[]));
    replica.offer(NOW, &copy);
    assert_eq!(newest(&replica), Some(name));
    replica.offer(NOW, &revocation(1, 9, 2, &[]));
    assert_eq!(newest(&replica), None);
    assert!(replica.keys().get(&name).is_some(), "what was sealed with it can be read");
    let mut later = populated();
    offer_all(&mut later, [&revocation(1, 9, 2, &[]), &copy]);
    assert_eq!((newest(&later), later.keys().get(&name).is_some()), (None, true));
    replica.offer(
        NOW,
        &revocation_as(
            1,
            10,
            2,
            lacis_wire::system::Scope::All,
            Some(end(1, 9, 2)),
            &[action(&copy)],
        ),
    );
    assert_eq!(newest(&replica), Some(name), "named, it is a key, but covers no end");
    assert_eq!(replica.keys().uncovered(Some(&name), replica.members()).len(), 1);
}
