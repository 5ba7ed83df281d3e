//! The limits on fields of the formats of groups and records.

use lacis_wire::body::{Attribute, Body, Value};
use lacis_wire::card::Card;
use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::invitation::{Invitation, OpenInvitation};
use lacis_wire::keys::{EpochKeys, SealedKey};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::GroupProperties;
use lacis_wire::{DecodeError, Millis, PeerId, limits};

use crate::group_samples as sample;
use crate::limits::boundary;

/// A valid header with one thing changed.
fn header(change: impl FnOnce(&mut Header)) -> Header {
    let mut header = sample::header(b"body");
    change(&mut header);
    header
}

#[test]
fn headers() {
    let fine = || header(|_| ());
    boundary!(Header, "version", fine(), header(|it| it.version = 0));
    let modifier = Some(sample::peer(sample::FOUNDER));
    let second = || {
        header(|it| {
            it.version = 2;
            it.modifier = modifier;
        })
    };
    boundary!(Header, "modifier", second(), header(|it| it.version = 2));
    boundary!(Header, "modifier", second(), header(|it| it.modifier = modifier));
    boundary!(Header, "flags", fine(), header(|it| it.flags = 2));
    // What never changes gives the id: none of it can be another.
    boundary!(Header, "id", fine(), header(|it| it.creator = sample::peer(sample::FOUNDER)));
    boundary!(Header, "id", fine(), header(|it| it.created = Millis(it.created.0 - 1)));
    boundary!(Header, "id", fine(), header(|it| it.salt[0] ^= 1));
    boundary!(
        Header,
        "modified",
        fine(),
        header(|it| {
            it.created = Millis(it.modified.0 + 1);
            it.id = it.born_as();
        })
    );
    boundary!(
        Header,
        "expires",
        header(|it| it.expires = it.modified),
        header(|it| it.expires = Millis(it.modified.0 - 1))
    );
    let most = u32::try_from(limits::RECORD_BYTES).expect("small");
    let long = |length| header(|it| it.length = length);
    boundary!(Header, "length", long(most), long(most + 1));
    boundary!(Header, "epoch", fine(), header(|it| it.epoch = 0));
}

#[test]
fn headers_of_deleted_and_of_system_records() {
    let deleted = |change: fn(&mut Header)| {
        header(|it| {
            it.flags = Header::DELETED;
            it.epoch = 0;
            it.set_body(&[]);
            change(it);
        })
    };
    boundary!(Header, "length", deleted(|_| ()), deleted(|it| it.length = 1));
    boundary!(Header, "length", deleted(|_| ()), deleted(|it| it.hash = [0; 32]));
    boundary!(Header, "epoch", deleted(|_| ()), deleted(|it| it.epoch = 1));
    let system = |epoch| {
        header(|it| {
            it.kind = RecordType::new("lacis.later").expect("a type");
            it.id = it.born_as();
            it.epoch = epoch;
        })
    };
    boundary!(Header, "epoch", system(0), system(1));
    // A type is the first field: an array of 14, and a text of four letters.
    let mut bytes = encode(&header(|_| ()));
    assert_eq!(bytes[..6], *b"\x8e\x64chat");
    bytes[2] = b'C';
    assert_eq!(decode::<Header>(&bytes), Err(DecodeError::Limit("type")));
    let longest = RecordType::new(&"x".repeat(limits::RECORD_TYPE_BYTES)).expect("a type");
    let largest = header(|it| {
        *it = Header {
            kind: longest,
            version: u64::MAX,
            modifier: Some(it.creator),
            created: Millis::MAX,
            modified: Millis::MAX,
            expires: Millis::MAX,
            epoch: u32::MAX,
            ..it.clone()
        };
        it.id = it.born_as();
    });
    assert!(encode(&largest).len() <= 350, "what the limit on headers says");
    assert_eq!(decode::<Header>(&encode(&largest)), Ok(largest));
}

#[test]
fn bodies() {
    let with = |count: usize, name: &str, text: &str| {
        let attribute = Attribute { name: name.into(), value: Value::Text(text.into()) };
        Body { attributes: vec![attribute; count], data: vec![] }
    };
    let most = limits::ATTRIBUTES_MAX;
    boundary!(Body, "attributes", with(most, "a", ""), with(most + 1, "a", ""));
    let (longest, longer) = ("n".repeat(40), "n".repeat(41));
    boundary!(Body, "attribute", with(1, &longest, ""), with(1, &longer, ""));
    for name in ["", "a b", "a-b", "a_b", "\u{e9}"] {
        boundary!(Body, "attribute", with(1, "aZ09", ""), with(1, name, ""));
    }
    let (longest, longer) = ("t".repeat(1024), "t".repeat(1025));
    boundary!(Body, "value", with(1, "a", &longest), with(1, "a", &longer));
}

#[test]
fn credentials() {
    let until = |not_after| {
        let credential = sample::member_chain().0.remove(0);
        Credential { not_before: Millis(5), not_after: Millis(not_after), ..credential }
    };
    boundary!(Credential, "not_after", until(6), until(5));
    let largest = Credential {
        not_before: Millis(u64::MAX - 1),
        not_after: Millis::MAX,
        serial: u64::MAX,
        ..until(6)
    };
    assert_eq!(encode(&largest).len(), 197);
}

#[test]
fn epoch_keys() {
    let keys = |epoch, subjects: &[u16]| {
        let seal = |subject: &u16| {
            let mut bytes = [0; 32];
            bytes[..2].copy_from_slice(&subject.to_be_bytes());
            SealedKey { subject: PeerId(bytes), enc: [0xff; 32], ciphertext: [0xff; 48] }
        };
        EpochKeys { epoch, sealed: subjects.iter().map(seal).collect(), commitment: [7; 32] }
    };
    boundary!(EpochKeys, "epoch", keys(1, &[1]), keys(0, &[1]));
    boundary!(EpochKeys, "sealed", keys(1, &[1]), keys(1, &[]));
    boundary!(EpochKeys, "subject", keys(1, &[1, 2]), keys(1, &[2, 1]));
    boundary!(EpochKeys, "subject", keys(1, &[1, 2]), keys(1, &[1, 1]));
    let most = u16::try_from(limits::GROUP_MEMBERS_MAX).expect("small");
    let all: Vec<u16> = (0..=most).collect();
    let largest = keys(u32::MAX, &all[1..]);
    assert_eq!(decode::<EpochKeys>(&encode(&largest)).as_ref(), Ok(&largest));
    assert_eq!(keys(1, &all).check(), Err(DecodeError::Limit("sealed")));
}

#[test]
fn properties_and_cards() {
    let with = |name: &str, comment: &str| GroupProperties {
        name: name.into(),
        comment: comment.into(),
        ..sample::properties()
    };
    let (longest, longer) = ("n".repeat(255), "n".repeat(256));
    boundary!(GroupProperties, "name", with(&longest, ""), with(&longer, ""));
    boundary!(GroupProperties, "name", with("a b", ""), with("a\nb", ""));
    let (comment, too_long) = ("c".repeat(512), "c".repeat(513));
    boundary!(GroupProperties, "comment", with(&longest, &comment), with("", &too_long));
    boundary!(GroupProperties, "comment", with("", "a\nb"), with("", "a\rb"));
    // Letters are joined by U+200C and U+200D in some scripts.
    let joined = with("\u{645}\u{6cc}\u{200c}\u{62e}\u{200d}", "");
    for mark in "\u{80}\u{9f}\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}".chars() {
        let marked = format!("a{mark}b");
        boundary!(GroupProperties, "name", joined.clone(), with(&marked, ""));
        boundary!(GroupProperties, "comment", joined.clone(), with("", &marked));
    }
    let fine = || sample::properties();
    let presence = GroupProperties { presence_lifetime: 0, ..fine() };
    boundary!(GroupProperties, "presence_lifetime", fine(), presence);
    let member = GroupProperties { member_lifetime: 0, ..fine() };
    boundary!(GroupProperties, "member_lifetime", fine(), member);

    let card = |name: &str| Card::new(&sample::key(sample::MEMBER), name);
    boundary!(Card, "name", card(&longest), card(&longer));
    assert_eq!(Card::parse(&card(&longest).to_text()), Ok(card(&longest)));
}

#[test]
fn invitations() {
    let fine = || sample::invitations().remove(0).1;
    let with = |name: &str, servers: &[String]| Invitation {
        name: name.into(),
        servers: servers.to_vec(),
        ..fine()
    };
    let (longest, longer) = ("n".repeat(255), "n".repeat(256));
    boundary!(Invitation, "name", with(&longest, &[]), with(&longer, &[]));
    let servers = vec![format!("wss://{}", "a".repeat(506)); 5];
    boundary!(Invitation, "servers", with("", &servers[..4]), with("", &servers));
    boundary!(Invitation, "server", with("", &[]), with("", &["https://a".into()]));
    let open = || sample::open_invitations().remove(0).1;
    let spent = OpenInvitation { uses: 0, ..open() };
    boundary!(OpenInvitation, "uses", open(), spent);

    // The largest of everything fits, with credentials of today's size and with larger ones.
    let credential = Credential { serial: u64::MAX, ..fine().chain.0.remove(0) };
    let chain = Chain(vec![credential; limits::CHAIN_MAX]);
    let largest = OpenInvitation {
        name: longest,
        chain,
        not_after: Millis::MAX,
        uses: u32::MAX,
        servers: servers[..4].to_vec(),
        ..open()
    };
    let bytes = encode(&largest);
    let later = limits::CHAIN_BYTES - encode(&largest.chain).len();
    assert!(bytes.len() + later <= limits::INVITATION_BYTES);
    assert_eq!(decode::<OpenInvitation>(&bytes), Ok(largest));
}
