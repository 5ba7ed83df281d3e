//! The limits on fields of the formats of groups and records; those of headers stand in
//! `headers.rs`, those of frames about groups in `group_frames.rs`.

use lacis_wire::body::{Attribute, Body, Value};
use lacis_wire::card::Card;
use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::keys::{Cover, KeyPart, SealedKey};
use lacis_wire::system::{Budget, GroupProperties, OpenInvitation, Revocation, Scope, Servers};
use lacis_wire::{DecodeError, EndId, Millis, PeerId, Roles, codec, limits};

use crate::group_samples as sample;
use crate::limits::boundary;

/// Bytes that grow with the number.
fn numbered<const N: usize>(number: usize) -> [u8; N] {
    let mut bytes = [0xff; N];
    let number = u16::try_from(number).expect("few");
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    bytes
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
    let with = |change: &dyn Fn(&mut Credential)| {
        let mut credential = sample::member();
        change(&mut credential);
        credential
    };
    let until =
        |not_after| with(&|it| (it.not_before, it.not_after) = (Millis(5), Millis(not_after)));
    boundary!(Credential, "not_after", until(6), until(5));
    for bits in [0_u8, 2, 4, 5, 6, 9, 15, 16, 255] {
        let roles = codec::read(&codec::encode(&bits)).expect("any bits");
        boundary!(Credential, "roles", until(6), with(&|it| it.roles = roles));
    }
    // What an admin has ends by a revocation and begins at once.
    let admin = |not_before, not_after| {
        with(&|it| {
            it.roles = Roles::ADMIN;
            (it.not_before, it.not_after) = (Millis(not_before), not_after);
        })
    };
    boundary!(Credential, "not_after", admin(0, Millis::MAX), admin(1, Millis::MAX));
    boundary!(Credential, "not_after", admin(0, Millis::MAX), admin(0, Millis(u64::MAX - 1)));

    let lifts = |count: usize| with(&|it| it.lifts = (0..count).map(numbered).map(EndId).collect());
    boundary!(Credential, "lifts", lifts(16), lifts(17));
    let pair =
        |one: u8, next: u8| with(&|it| it.lifts = [one, next].map(|at| EndId([at; 16])).into());
    boundary!(Credential, "lifts", pair(1, 2), pair(2, 2));
    boundary!(Credential, "lifts", pair(1, 2), pair(2, 1));
}

#[test]
fn the_longest_chain_of_the_largest_credentials_fits() {
    let largest = Credential {
        not_before: Millis(u64::MAX - 1),
        serial: u64::MAX,
        invitation: Some(sample::invitation_use()),
        lifts: (0..limits::LIFTS_MAX).map(numbered).map(EndId).collect(),
        ..sample::member()
    };
    assert_eq!(encode(&largest).len(), 588);
    let chain = Chain(vec![largest; limits::CHAIN_MAX]);
    assert_eq!(decode::<Chain>(&encode(&chain)), Ok(chain));
}

#[test]
fn parts_of_key_records() {
    let with = |change: &dyn Fn(&mut KeyPart)| {
        let mut part = sample::key_part(0, vec![], &[], &[]);
        change(&mut part);
        part
    };
    let sealed = |subject| SealedKey {
        subject: PeerId(numbered(subject)),
        enc: [0xff; 32],
        ciphertext: [0xff; 48],
    };
    let cover = |at| Cover { subject: PeerId(numbered(at)), end: EndId([0xff; 16]) };
    let meeting = |bytes: usize| with(&|it| it.meeting = vec![0; bytes]);
    boundary!(KeyPart, "meeting", meeting(72), meeting(71));
    boundary!(KeyPart, "meeting", meeting(72), meeting(73));
    let number = |part, parts| with(&|it| (it.part, it.parts) = (part, parts));
    boundary!(KeyPart, "part", number(0, 1), number(1, 1));
    boundary!(KeyPart, "part", number(19, 20), number(0, 0));
    boundary!(KeyPart, "part", number(19, 20), number(19, 21));

    let covers =
        |ends: &[usize]| with(&|it| it.covers = ends.iter().map(|at| cover(*at)).collect());
    boundary!(KeyPart, "covers", covers(&[1, 2]), covers(&[2, 1]));
    boundary!(KeyPart, "covers", covers(&[1, 2]), covers(&[1, 1]));
    let both = |members: &[usize], keepers: &[usize]| {
        with(&|it| {
            it.sealed = members.iter().map(|at| sealed(*at)).collect();
            it.keepers = keepers.iter().map(|at| sealed(*at)).collect();
        })
    };
    boundary!(KeyPart, "subject", both(&[1, 2], &[1, 2]), both(&[2, 1], &[]));
    boundary!(KeyPart, "subject", both(&[1, 2], &[1, 2]), both(&[], &[1, 1]));

    // The largest of everything fits, and one more of anything is refused for itself.
    let most = limits::KEY_PART_ENTRIES;
    let full = |ends: usize, members: usize, keepers: usize| KeyPart {
        covers: (0..ends).map(cover).collect(),
        sealed: (0..members).map(sealed).collect(),
        keepers: (0..keepers).map(sealed).collect(),
        ..number(19, 20)
    };
    let largest = full(most, most - 1, 1);
    assert_eq!(decode::<KeyPart>(&encode(&largest)).as_ref(), Ok(&largest));
    boundary!(KeyPart, "covers", full(most, 0, 0), full(most + 1, 0, 0));
    boundary!(KeyPart, "sealed", full(0, most, 0), full(0, most, 1));
}

#[test]
fn revocations() {
    let naming = |actions: &[usize]| Revocation {
        subject: crate::group_samples::peer(7),
        nonce: [0xff; 16],
        adds: Some(EndId([0xff; 16])),
        scope: Scope::All,
        actions: actions.iter().flat_map(|at| numbered::<16>(*at)).collect(),
    };
    boundary!(Revocation, "actions", naming(&[1, 2]), naming(&[2, 1]));
    boundary!(Revocation, "actions", naming(&[1, 2]), naming(&[2, 2]));
    let mut odd = naming(&[1, 2]);
    odd.actions.pop();
    boundary!(Revocation, "actions", naming(&[]), odd);
    let most: Vec<usize> = (0..=limits::REVOCATION_ACTIONS).collect();
    boundary!(Revocation, "actions", naming(&most[1..]), naming(&most));
}

#[test]
fn properties_and_budgets() {
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

    let most = limits::BUDGET_RECORDS_MAX;
    let of = |budget_records| GroupProperties { budget_records, ..fine() };
    let member = |records| Budget { subject: crate::group_samples::peer(7), records, bytes: 1 };
    boundary!(GroupProperties, "budget_records", of(1), of(0));
    boundary!(GroupProperties, "budget_records", of(most), of(most + 1));
    boundary!(Budget, "budget_records", member(1), member(0));
    boundary!(Budget, "budget_records", member(most), member(most + 1));
    let most = limits::BUDGET_BYTES_MAX;
    let of = |budget_bytes| GroupProperties { budget_bytes, ..fine() };
    let member = |bytes| Budget { bytes, ..member(1) };
    boundary!(GroupProperties, "budget_bytes", of(1), of(0));
    boundary!(GroupProperties, "budget_bytes", of(most), of(most + 1));
    boundary!(Budget, "budget_bytes", member(1), member(0));
    boundary!(Budget, "budget_bytes", member(most), member(most + 1));
}

#[test]
fn servers_of_a_group_have_limits() {
    let of = |urls: &[String]| Servers { servers: urls.to_vec(), before: urls.to_vec() };
    let url = "wss://a.example/ws".to_owned();
    boundary!(Servers, "servers", of(&vec![url.clone(); 4]), of(&vec![url.clone(); 5]));
    let long = |bytes: usize| format!("wss://{}", "a".repeat(bytes - 6));
    let most = limits::URL_BYTES;
    boundary!(Servers, "server", of(&[long(most)]), of(&[long(most + 1)]));
    let largest = encode(&of(&vec![long(most); 4]));
    assert!(largest.len() <= limits::GROUP_SERVERS_BYTES, "{}", largest.len());
    for (fine, wrong) in [
        ("wss://a.example", "https://a.example"),
        ("ws://localhost/ws", "ws://localhost.example/ws"),
        ("ws://127.0.0.1:80/ws", "ws://128.0.0.1:80/ws"),
        ("ws://[::1]:80/ws", "ws://[::2]:80/ws"),
        ("ws://[::1]", "ws://[::1]a.example/ws"),
        ("wss://[::2]", "wss://:80/ws"),
        ("wss://a.example/@", "wss://a@a.example/"),
        ("wss://a.example?a@b", "wss://a.example#a"),
        ("wss://a.example/%5c", "wss://a.example/\\"),
        ("wss://a.example/ws", "wss://a.example/w s"),
    ] {
        boundary!(Servers, "server", of(&[fine.into()]), of(&[wrong.into()]));
    }
}

#[test]
fn cards() {
    let card = |name: &str| Card::new(&sample::key(sample::MEMBER), name);
    let (longest, longer) = ("n".repeat(255), "n".repeat(256));
    boundary!(Card, "name", card(&longest), card(&longer));
    assert_eq!(Card::parse(&card(&longest).to_text()), Ok(card(&longest)));
}

#[test]
fn records_of_open_invitations() {
    let with = |change: &dyn Fn(&mut OpenInvitation)| {
        let mut invitation = sample::open_invitations().remove(0).1;
        change(&mut invitation);
        invitation
    };
    let fine = || with(&|_| ());
    boundary!(OpenInvitation, "uses", with(&|it| it.uses = 1), with(&|it| it.uses = 0));
    boundary!(OpenInvitation, "uses", with(&|it| it.member_for = 1), with(&|it| it.member_for = 0));
    boundary!(OpenInvitation, "flags", with(&|it| it.flags = 3), with(&|it| it.flags = 4));
    let odd = codec::read(&codec::encode(&2_u8)).expect("any bits");
    boundary!(OpenInvitation, "roles", fine(), with(&|it| it.roles = odd));
    // Nobody becomes an admin for a time.
    let admin = |member_for| with(&|it| (it.roles, it.member_for) = (Roles::ADMIN, member_for));
    boundary!(OpenInvitation, "member_for", admin(u64::MAX), admin(u64::MAX - 1));
}

#[test]
fn invitations_and_links() {
    let with = |name: &str, servers: &[String]| Invitation {
        name: name.into(),
        servers: servers.to_vec(),
        ..sample::invitations().remove(0).1
    };
    let (longest, longer) = ("n".repeat(255), "n".repeat(256));
    boundary!(Invitation, "name", with(&longest, &[]), with(&longer, &[]));
    let servers = vec![format!("wss://{}", "a".repeat(506)); 5];
    boundary!(Invitation, "servers", with("", &servers[..4]), with("", &servers));
    boundary!(Invitation, "server", with("", &[]), with("", &["https://a".into()]));
    let link = |servers: &[String]| InvitationLink {
        servers: servers.to_vec(),
        ..sample::invitation_links().remove(0).1
    };
    boundary!(InvitationLink, "server", link(&servers[..4]), link(&["https://a".into()]));
    let many = vec!["ws://a".to_owned(); 5];
    boundary!(InvitationLink, "servers", link(&many[..4]), link(&many));
    let largest = link(&servers[..4]);
    assert_eq!(InvitationLink::parse(&largest.to_text()).as_ref(), Ok(&largest));

    // The largest of everything fits, with credentials of today's size and with larger ones.
    let credential = Credential { serial: u64::MAX, ..sample::member() };
    let chain = Chain(vec![credential; limits::CHAIN_MAX]);
    let largest = Invitation { chain, ..with(&longest, &servers[..4]) };
    let bytes = encode(&largest);
    let later = limits::CHAIN_BYTES - encode(&largest.chain).len();
    assert!(bytes.len() + later <= limits::INVITATION_BYTES);
    assert_eq!(decode::<Invitation>(&bytes), Ok(largest));
}
