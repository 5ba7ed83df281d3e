//! What a header has to be to be one, and which of two wins.

use std::cmp::Ordering;

use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::record::{CopyName, Header, RecordType};
use lacis_wire::{CredentialId, DecodeError, GroupId, KeyName, Millis, PeerId, RecordId, limits};
use proptest::prelude::*;

use crate::group_arbitrary;
use crate::group_samples::{self as sample, FOUNDER, MEMBER, group, key, peer};
use crate::limits::boundary;

/// A valid header with one thing changed.
fn header(change: impl FnOnce(&mut Header)) -> Header {
    let mut header = sample::header(b"body");
    change(&mut header);
    header
}

/// The same, born with what was changed.
fn born(change: impl FnOnce(&mut Header)) -> Header {
    header(|it| {
        change(it);
        it.id = it.born_as();
    })
}

#[test]
fn fields() {
    let fine = || header(|_| ());
    boundary!(Header, "version", fine(), header(|it| it.version = 0));
    let modifier = Some(peer(FOUNDER));
    let second = || {
        header(|it| {
            (it.version, it.modifier) = (2, modifier);
            it.modified = Millis(it.created.0 + 10);
        })
    };
    boundary!(Header, "modifier", second(), header(|it| it.version = 2));
    boundary!(Header, "modifier", second(), header(|it| it.modifier = modifier));
    boundary!(Header, "flags", fine(), header(|it| it.flags = 2));
    let most = u32::try_from(limits::RECORD_BYTES).expect("small");
    let long = |length| header(|it| it.length = length);
    boundary!(Header, "length", long(most), long(most + 1));
    boundary!(Header, "key", fine(), header(|it| it.key = None));
    // A type is the second field: an array of 18, the format, and a text of four letters.
    let mut bytes = encode(&fine());
    assert_eq!(bytes[..7], *b"\x92\x01\x64chat");
    bytes[3] = b'C';
    assert_eq!(decode::<Header>(&bytes), Err(DecodeError::Limit("type")));
}

#[test]
fn what_never_changes_gives_the_id() {
    let fine = || header(|_| ());
    let other = RecordType::new("chat2").expect("a type");
    boundary!(Header, "id", fine(), header(|it| it.creator = peer(FOUNDER)));
    boundary!(Header, "id", fine(), header(|it| it.created = Millis(it.created.0 - 1)));
    boundary!(Header, "id", fine(), header(|it| it.salt[0] ^= 1));
    boundary!(Header, "id", fine(), header(|it| it.kind = other));
    boundary!(Header, "id", fine(), header(|it| it.latest = Millis(it.latest.0 + 1)));
    boundary!(Header, "id", fine(), header(|it| it.latest = Millis(it.latest.0 - 1)));
    boundary!(Header, "id", fine(), header(|it| it.replaces = Some(RecordId([7; 16]))));

    let replacing = born(|it| it.replaces = Some(RecordId([7; 16])));
    assert_ne!(replacing.id, fine().id);
    assert!(replacing.id.belongs_to(&peer(MEMBER)) && !replacing.id.belongs_to(&peer(FOUNDER)));
    boundary!(Header, "id", replacing.clone(), Header { replaces: None, ..replacing });
}

#[test]
fn times_come_in_their_order() {
    let from = |at: fn(&Header) -> u64| {
        born(|it| (it.created, it.modified) = (Millis(at(it)), it.modified))
    };
    boundary!(Header, "modified", from(|it| it.modified.0), from(|it| it.modified.0 + 1));
    let until = |before: u64| header(|it| it.expires = Millis(it.modified.0 - before));
    boundary!(Header, "expires", until(0), until(1));
    let beyond = |after: u64| header(|it| it.expires = Millis(it.latest.0 + after));
    boundary!(Header, "expires", beyond(0), beyond(1));
    // Without an end now it has to have been born without an end.
    let endless = || born(|it| (it.expires, it.latest) = (Millis::MAX, Millis::MAX));
    boundary!(Header, "expires", endless(), header(|it| it.expires = Millis::MAX));
}

#[test]
fn nobody_counts_versions_faster_than_the_pace() {
    let version = |version: u64, after: u64| {
        header(|it| {
            (it.version, it.modifier) = (version, Some(peer(MEMBER)));
            it.modified = Millis(it.created.0 + after);
        })
    };
    boundary!(Header, "modified", version(2, 10), version(2, 9));
    boundary!(Header, "modified", version(1_001, 10_000), version(1_001, 9_999));
    boundary!(Header, "modified", version(2, 10), version(u64::MAX, 10));
    // Nothing is of the end of all times, where no range finds it: no version has the last number.
    let last = |version: u64, modified: u64| {
        born(|it| {
            (it.version, it.modifier) = (version, Some(peer(MEMBER)));
            (it.modified, it.expires, it.latest) = (Millis(modified), Millis::MAX, Millis::MAX);
        })
    };
    boundary!(Header, "modified", last(2, u64::MAX - 1), last(2, u64::MAX));
    boundary!(Header, "modified", last(2, u64::MAX - 1), last(u64::MAX, u64::MAX));
    boundary!(Header, "modified", last(2, u64::MAX - 1), last(u64::MAX, u64::MAX - 1));
    let (now, pace) = (Millis(7), limits::VERSION_PACE.as_millis());
    assert_eq!(Header::modified_min(now, 1), now);
    assert_eq!(u128::from(Header::modified_min(now, 3).0), 7 + 2 * pace);
    assert_eq!(Header::modified_min(Millis::MAX, u64::MAX), Millis::MAX);
}

#[test]
fn what_is_left_of_a_deleted_record_has_no_body_and_stays_to_the_latest_end() {
    let deleted = |change: fn(&mut Header)| {
        header(|it| {
            it.flags = Header::DELETED;
            (it.key, it.expires) = (None, it.latest);
            it.set_body(&[]);
            change(it);
        })
    };
    let fine = || deleted(|_| ());
    boundary!(Header, "length", fine(), deleted(|it| it.length = 1));
    boundary!(Header, "length", fine(), deleted(|it| it.hash = [0; 32]));
    boundary!(Header, "expires", fine(), deleted(|it| it.expires = Millis(it.latest.0 - 1)));
    boundary!(Header, "key", fine(), deleted(|it| it.key = Some(KeyName([7; 16]))));
}

#[test]
fn records_of_the_system_are_in_clear() {
    let system = |key: Option<KeyName>| {
        born(|it| {
            it.kind = RecordType::new("lacis.later").expect("a type");
            it.key = key;
        })
    };
    boundary!(Header, "key", system(None), system(Some(KeyName([7; 16]))));
}

#[test]
fn a_header_of_another_format_is_judged_like_any_other() {
    let of = |format| {
        header(|it| {
            it.format = format;
            it.sign(&group(), &key(MEMBER));
        })
    };
    boundary!(Header, "format", of(2), of(0));
    boundary!(Header, "format", of(u16::MAX), of(0));
    for format in [2, 700, u16::MAX] {
        let later: Header = decode(&encode(&of(format))).expect("a header");
        assert!(!later.is_known_format() && later.verify(&group()));
        let passed_off = Header { format: Header::FORMAT, ..later };
        assert!(passed_off.is_known_format() && !passed_off.verify(&group()));
    }
}

#[test]
fn the_largest_header_has_366_bytes() {
    let longest = RecordType::new(&"x".repeat(limits::RECORD_TYPE_BYTES)).expect("a type");
    let largest = born(|it| {
        *it = Header {
            format: u16::MAX,
            kind: longest,
            version: 1 << 60,
            modifier: Some(it.creator),
            created: Millis(1 << 60),
            modified: Millis(u64::MAX - 1),
            expires: Millis::MAX,
            latest: Millis::MAX,
            replaces: Some(it.id),
            length: 262_144,
            ..it.clone()
        };
    });
    assert_eq!(encode(&largest).len(), 366, "what the limit on headers says");
    assert_eq!(decode::<Header>(&encode(&largest)), Ok(largest));
}

#[test]
fn a_record_is_its_authors_only() {
    let mut header = sample::header(b"body");
    header.sign(&group(), &key(FOUNDER));
    assert!(!header.verify(&group()), "signed by another");
    (header.version, header.modifier) = (2, Some(peer(FOUNDER)));
    header.sign(&group(), &key(MEMBER));
    assert!(!header.verify(&group()), "signed by the creator in a modifier's name");
    header.sign(&group(), &key(FOUNDER));
    assert!(header.verify(&group()));
    assert!(header.matches_body(b"body") && !header.matches_body(b"bodY"));
    header.creator = peer(FOUNDER);
    assert_eq!(header.check(), Err(DecodeError::Limit("id")), "taken from its creator");
}

#[test]
fn nothing_that_a_record_is_judged_by_can_be_changed_without_its_author() {
    let signed = sample::headers().remove(1).1;
    let other = Some(CredentialId([7; 16]));
    let changes: [fn(&mut Header); 8] = [
        |it| it.format += 1,
        |it| it.version += 1,
        |it| it.modified.0 += 1,
        |it| it.expires.0 -= 1,
        |it| it.key = Some(KeyName([7; 16])),
        |it| it.length += 1,
        |it| it.hash[0] ^= 1,
        |it| it.credential = None,
    ];
    assert!(signed.verify(&group()) && !signed.verify(&GroupId([7; 32])));
    for change in changes {
        let mut changed = signed.clone();
        change(&mut changed);
        assert!(changed != signed && !changed.verify(&group()), "{changed:?}");
    }
    assert!(!Header { credential: other, ..signed }.verify(&group()), "under another credential");
}

/// Headers that differ in few ways, so that every step of the order decides sometimes.
fn copy() -> impl Strategy<Value = Header> {
    (0..2_u8, 1..3_u64, prop::option::of(0..3_u8), 0..3_u64, 0..3_u8).prop_map(
        |(flags, version, modifier, modified, signature)| Header {
            flags,
            version,
            modifier: modifier.map(|byte| PeerId([byte; 32])),
            modified: Millis(modified),
            signature: [signature; 64],
            ..sample::header(b"")
        },
    )
}

fn ordered_by_the_rule(a: &Header, b: &Header) -> Ordering {
    if a.flags != b.flags {
        return a.flags.cmp(&b.flags);
    }
    if a.version != b.version {
        return a.version.cmp(&b.version);
    }
    match (a.modifier, b.modifier) {
        (Some(_), None) => return Ordering::Greater,
        (None, Some(_)) => return Ordering::Less,
        (Some(a), Some(b)) if a != b => return a.0.cmp(&b.0),
        _ => {}
    }
    let digest = |it: &Header| blake3::hash(&encode(it)).as_bytes()[..16].to_vec();
    let rest = |it: &Header| (it.modified.0, digest(it));
    rest(a).cmp(&rest(b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn which_copy_wins_is_a_total_order(a in copy(), b in copy(), c in copy()) {
        prop_assert_eq!(a.rank().cmp(&b.rank()), ordered_by_the_rule(&a, &b));
        prop_assert_eq!(a.rank() == b.rank(), a == b);
        if a.rank() <= b.rank() && b.rank() <= c.rank() {
            prop_assert!(a.rank() <= c.rank());
        }
    }

    #[test]
    fn a_name_survives_its_bytes(header in group_arbitrary::header()) {
        let name = header.name();
        prop_assert_eq!(name.id, header.id);
        prop_assert_eq!(CopyName::from_bytes(&name.to_bytes()), name);
    }
}
