//! Fixed values of the formats of groups and records, signed by fixed keys.

use lacis_wire::body::{Attribute, Body, Place, Value};
use lacis_wire::card::Card;
use lacis_wire::code::Code;
use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::{GivenKey, GroupFrame, Shelf};
use lacis_wire::invitation::{Invitation, OpenInvitation};
use lacis_wire::keys::{EpochKey, EpochKeys};
use lacis_wire::proof::{IdentityKey, peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::room::RendezvousKey;
use lacis_wire::system::{self, GroupProperties, Kept, Revocation, Scope};
use lacis_wire::{GroupId, Millis, PeerId, RecordId, Roles};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::samples::{Samples, count};

/// Seeds of the group's root and of those who play a part in it.
pub(crate) const ROOT: u8 = 0x01;
pub(crate) const FOUNDER: u8 = 0x02;
pub(crate) const INVITER: u8 = 0x03;
pub(crate) const MEMBER: u8 = 0x04;
pub(crate) const KEEPER: u8 = 0x05;

/// A moment in 2026.
pub(crate) const NOW: Millis = Millis(1_800_000_000_000);

pub(crate) fn key(seed: u8) -> IdentityKey {
    signing_key(&count(seed))
}

pub(crate) fn peer(seed: u8) -> PeerId {
    peer_id(&key(seed))
}

pub(crate) fn group() -> GroupId {
    GroupId(peer(ROOT).0)
}

/// A credential that lasts as long as it may.
pub(crate) fn credential(issuer: u8, subject: u8, roles: Roles) -> Credential {
    Credential {
        group: group(),
        subject: peer(subject),
        roles,
        not_before: Millis(NOW.0 - 1_000),
        not_after: Millis::MAX,
        serial: 1,
        issuer: peer(issuer),
        signature: [0; 64],
    }
    .signed(&key(issuer))
}

/// From the root to a member, by the founder and an inviter.
pub(crate) fn member_chain() -> Chain {
    Chain(vec![
        credential(ROOT, FOUNDER, Roles::FOUNDER),
        credential(FOUNDER, INVITER, Roles::INVITER.with(Roles::MEMBER)),
        credential(INVITER, MEMBER, Roles::MEMBER),
    ])
}

pub(crate) fn chains() -> Samples<Chain> {
    let founder = credential(ROOT, FOUNDER, Roles::FOUNDER);
    let month = Credential {
        not_before: NOW,
        not_after: Millis(NOW.0 + 2_592_000_000),
        serial: u64::MAX,
        ..credential(FOUNDER, KEEPER, Roles::KEEPER)
    };
    vec![
        ("founder", Chain(vec![founder.clone()])),
        ("keeper-for-a-month", Chain(vec![founder, month.signed(&key(FOUNDER))])),
        ("member-by-an-inviter", member_chain()),
    ]
}

fn kind(text: &str) -> RecordType {
    RecordType::new(text).expect("a type")
}

/// A first version by the member, with this body.
pub(crate) fn header(body: &[u8]) -> Header {
    let mut header = Header {
        kind: kind("chat"),
        id: RecordId::derive(&peer(MEMBER), "chat", NOW.0, &count(0x30)),
        salt: count(0x30),
        version: 1,
        flags: 0,
        creator: peer(MEMBER),
        modifier: None,
        created: NOW,
        modified: NOW,
        expires: Millis(NOW.0 + 86_400_000),
        epoch: 1,
        length: 0,
        hash: [0; 32],
        signature: [0; 64],
    };
    header.set_body(body);
    header.sign(&group(), &key(MEMBER));
    header
}

/// Header, body as it travels, and the seed of the author.
pub(crate) fn records() -> Vec<(&'static str, Header, Vec<u8>, u8)> {
    let sealed = |epoch, version| {
        let place = Place { group: group(), id: header(&[]).id, version };
        let body = bodies().remove(1).1.seal(&epoch_key(), &place, count(0x90));
        (Header { epoch, ..header(&body) }, body)
    };
    let (mut first, body) = sealed(1, 1);
    first.sign(&group(), &key(MEMBER));
    let (second, changed) = sealed(u32::MAX, 2);
    let mut second = Header {
        version: 2,
        modifier: Some(peer(MEMBER)),
        modified: Millis(NOW.0 + 5),
        expires: Millis::MAX,
        ..second
    };
    second.sign(&group(), &key(MEMBER));
    let mut deleted = Header {
        version: 3,
        flags: Header::DELETED,
        modifier: Some(peer(FOUNDER)),
        modified: Millis(NOW.0 + 9),
        epoch: 0,
        ..second.clone()
    };
    deleted.set_body(&[]);
    deleted.sign(&group(), &key(FOUNDER));
    let properties = encode(&properties());
    let mut system = Header {
        kind: kind(system::GROUP),
        id: RecordId::derive(&peer(ROOT), system::GROUP, NOW.0, &count(0)),
        salt: count(0),
        creator: peer(ROOT),
        expires: Millis::MAX,
        epoch: 0,
        ..first.clone()
    };
    system.set_body(&properties);
    system.sign(&group(), &key(ROOT));
    vec![
        ("created", first, body, MEMBER),
        ("modified", second, changed, MEMBER),
        ("deleted-by-an-admin", deleted, vec![], FOUNDER),
        ("system", system, properties, ROOT),
    ]
}

pub(crate) fn headers() -> Samples<Header> {
    records().into_iter().map(|(name, header, ..)| (name, header)).collect()
}

pub(crate) fn bodies() -> Samples<Body> {
    let attribute = |name: &str, value| Attribute { name: name.into(), value };
    let attributes = vec![
        attribute("n", Value::Int(0)),
        attribute("n", Value::Int(-1)),
        attribute("least", Value::Int(i64::MIN)),
        attribute("most", Value::Int(i64::MAX)),
        attribute("due", Value::Date(NOW)),
        attribute("never", Value::Date(Millis::MAX)),
        attribute("author2", Value::Text("\u{e9}t\u{e9}".into())),
    ];
    vec![
        ("empty", Body { attributes: vec![], data: vec![] }),
        ("data", Body { attributes: vec![], data: b"bonjour".to_vec() }),
        ("attributes", Body { attributes, data: vec![0xa5; 300] }),
    ]
}

pub(crate) fn epoch_key() -> EpochKey {
    EpochKey(count(0xc0))
}

pub(crate) fn epoch_keys() -> Samples<EpochKeys> {
    vec![
        ("one-member", sealed_to(1, &[FOUNDER])),
        ("three-members", sealed_to(700, &[MEMBER, FOUNDER, INVITER])),
    ]
}

fn sealed_to(epoch: u32, seeds: &[u8]) -> EpochKeys {
    let mut rng = ChaCha20Rng::from_seed(count(0x70));
    let members: Vec<PeerId> = seeds.iter().map(|seed| peer(*seed)).collect();
    EpochKeys::seal(&group(), epoch, &epoch_key(), &members, &mut rng).expect("members")
}

pub(crate) fn properties() -> GroupProperties {
    GroupProperties {
        name: "Board".into(),
        comment: "Sketches\nand notes".into(),
        presence_lifetime: 30_000,
        flags: GroupProperties::DEFER_EXPIRATION,
        member_lifetime: 2_592_000_000,
    }
}

/// Of a member, naming a copy and a credential that stand; and one that names nothing.
pub(crate) fn revocations() -> Samples<Revocation> {
    let chain = Chain(vec![credential(ROOT, FOUNDER, Roles::FOUNDER)]);
    let given = credential(INVITER, MEMBER, Roles::MEMBER).digest();
    let mut deeds = [given, headers()[0].1.name().digest];
    deeds.sort_unstable();
    let kept = |scope| Kept { scope, total: 2, deeds: deeds.concat() };
    let of = |subject, kept| Revocation { subject, from: NOW, chain: chain.clone(), kept };
    vec![
        ("deeds", of(peer(INVITER), Some(kept(Scope::All)))),
        ("deeds-of-rights", of(peer(INVITER), Some(kept(Scope::Rights)))),
        ("all-stands", of(peer(MEMBER), None)),
    ]
}

fn servers() -> Vec<String> {
    vec!["wss://signal.example.org/ws".into()]
}

pub(crate) fn invitations() -> Samples<Invitation> {
    let all = Invitation {
        chain: member_chain(),
        name: "Board".into(),
        rendezvous: RendezvousKey(count(0x50)),
        servers: servers(),
        keys: Some(sealed_to(1, &[MEMBER])),
    };
    let bare = Invitation { name: String::new(), servers: vec![], ..all.clone() };
    vec![("member", all), ("no-name-and-no-server", bare)]
}

pub(crate) fn open_invitations() -> Samples<OpenInvitation> {
    let invitation = OpenInvitation {
        group: group(),
        name: "Board".into(),
        secret: count(0x60),
        chain: Chain(member_chain().0[..2].to_vec()),
        roles: Roles::MEMBER,
        not_after: Millis(NOW.0 + 604_800_000),
        uses: 25,
        rendezvous: RendezvousKey(count(0x50)),
        servers: servers(),
        signature: [0; 64],
    };
    vec![("by-an-inviter", invitation.signed(&key(INVITER)))]
}

pub(crate) fn cards() -> Samples<Card> {
    vec![("ada", Card::new(&key(MEMBER), "Ada")), ("no-name", Card::new(&key(KEEPER), ""))]
}

/// What members say on a link: a sample of each frame, in the order of their numbers.
pub(crate) fn frames() -> Samples<GroupFrame> {
    let (_, header, body, _) = records().remove(0);
    let names: Vec<u8> = headers().iter().flat_map(|(_, it)| it.name().to_bytes()).collect();
    let keys = || vec![GivenKey { epoch: 1, key: epoch_key() }];
    let shelf = |number, count| Shelf { number, count, fingerprint: self::count(number) };
    let invitation = encode(&open_invitations()[0].1);
    let enter = |chain, first| GroupFrame::Enter { clock: NOW, chain, first };
    // Negentropy: "I have nothing", and nothing in return.
    let (nothing, end) = (vec![0x61, 0, 0, 2, 0], vec![0x61]);
    vec![
        ("enter", enter(Some(member_chain()), vec![kind("chat"), kind("file")])),
        ("enter-to-apply", enter(None, vec![])),
        ("refuse", GroupFrame::Refuse { code: Code::Revoked }),
        ("apply", GroupFrame::Apply { invitation }),
        ("admit", GroupFrame::Admit { chain: member_chain(), keys: keys() }),
        ("admit-a-keeper", GroupFrame::Admit { chain: chains().remove(1).1, keys: vec![] }),
        ("keys", GroupFrame::Keys { keys: keys() }),
        ("summary", GroupFrame::Summary { shelves: vec![shelf(0, 4), shelf(32, u32::MAX)] }),
        ("summary-of-nothing", GroupFrame::Summary { shelves: vec![] }),
        ("ask", GroupFrame::Ask { shelf: 0, message: nothing }),
        ("answer", GroupFrame::Answer { shelf: 0, message: end }),
        ("have", GroupFrame::Have { names: names.clone() }),
        ("want", GroupFrame::Want { names: names[..32].to_vec() }),
        ("missing", GroupFrame::Missing { names: names[32..64].to_vec() }),
        ("done", GroupFrame::Done { shelf: 32 }),
        ("record", GroupFrame::Record { header, body }),
    ]
}
