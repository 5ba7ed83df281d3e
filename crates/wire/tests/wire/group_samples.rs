//! Fixed values of the formats of groups and records, signed by fixed keys.

use lacis_wire::body::{Attribute, Body, Place, Value};
use lacis_wire::card::Card;
use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential, InvitationUse};
use lacis_wire::invitation::{Invitation, InvitationKey, InvitationLink};
use lacis_wire::keys::{Cover, EpochKey, KeyPart, Meeting, SealedKey};
use lacis_wire::proof::{IdentityKey, peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::room::MeetingKey;
use lacis_wire::symbol::{Symbol, SymbolKey};
use lacis_wire::system::{
    self, Budget, GroupProperties, OpenInvitation, Revocation, Scope, Servers,
};
use lacis_wire::{EndId, GroupId, KeyName, Millis, PeerId, RecordId, Roles};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::samples::{Samples, count};

/// Seeds of the group's root and of those who play a part in it.
pub(crate) const ROOT: u8 = 0x01;
pub(crate) const FOUNDER: u8 = 0x02;
pub(crate) const INVITER: u8 = 0x03;
pub(crate) const MEMBER: u8 = 0x04;
pub(crate) const KEEPER: u8 = 0x05;

/// A moment in 2027.
pub(crate) const NOW: Millis = Millis(1_800_000_000_000);

const DAY: u64 = 86_400_000;

pub(crate) fn key(seed: u8) -> IdentityKey {
    signing_key(&count(seed))
}

pub(crate) fn peer(seed: u8) -> PeerId {
    peer_id(&key(seed))
}

pub(crate) fn group() -> GroupId {
    GroupId(peer(ROOT).0)
}

/// A credential that lasts as long as it may, given by the subject of the parent or the root key.
pub(crate) fn credential(
    parent: Option<&Credential>,
    issuer: u8,
    subject: u8,
    roles: Roles,
) -> Credential {
    Credential {
        group: group(),
        subject: peer(subject),
        roles,
        not_before: Millis(0),
        not_after: Millis::MAX,
        serial: 1,
        parent: parent.map(Credential::id),
        invitation: None,
        lifts: vec![],
        issuer: peer(issuer),
        signature: [0; 64],
    }
    .signed(&key(issuer))
}

pub(crate) fn founder() -> Credential {
    credential(None, ROOT, FOUNDER, Roles::ADMIN)
}

/// What the founder gives to the member, with something changed.
pub(crate) fn by_founder(change: impl FnOnce(&mut Credential)) -> Credential {
    let mut given = credential(Some(&founder()), FOUNDER, MEMBER, Roles::MEMBER);
    change(&mut given);
    given.signed(&key(FOUNDER))
}

/// From the root to a member, by the founder and an inviter.
pub(crate) fn member_chain() -> Chain {
    let inviter = credential(Some(&founder()), FOUNDER, INVITER, Roles::INVITER);
    let member = credential(Some(&inviter), INVITER, MEMBER, Roles::MEMBER);
    Chain(vec![founder(), inviter, member])
}

/// What the member writes under.
pub(crate) fn member() -> Credential {
    member_chain().0.remove(2)
}

/// That the member came by the open invitation.
pub(crate) fn invitation_use() -> InvitationUse {
    InvitationUse::prove(&invitation_link().key(), &group(), &peer(MEMBER))
}

pub(crate) fn looking_use() -> InvitationUse {
    InvitationUse::prove_look(&invitation_link().key(), &group(), &peer(MEMBER))
}

/// From the root key to the inviter.
pub(crate) fn inviter_chain() -> Chain {
    Chain(member_chain().0.into_iter().take(2).collect())
}

/// Two ends of the member's, ascending.
pub(crate) fn ends() -> Vec<EndId> {
    let end = |nonce| EndId::derive(&group(), &peer(FOUNDER), &peer(MEMBER), &count(nonce));
    let mut ends = vec![end(0xa0), end(0xb0)];
    ends.sort_unstable();
    ends
}

pub(crate) fn chains() -> Samples<Chain> {
    let month = Credential {
        not_before: NOW,
        not_after: Millis(NOW.0 + 30 * DAY),
        serial: u64::MAX,
        ..credential(Some(&founder()), FOUNDER, KEEPER, Roles::KEEPER)
    };
    let inviter = member_chain().0.remove(1);
    let guest = Credential { invitation: Some(invitation_use()), ..member() };
    let again = by_founder(|it| it.lifts = ends());
    vec![
        ("founder", Chain(vec![founder()])),
        ("keeper-for-a-month", Chain(vec![founder(), month.signed(&key(FOUNDER))])),
        ("member-by-an-inviter", member_chain()),
        ("by-a-link", Chain(vec![founder(), inviter, guest.signed(&key(INVITER))])),
        ("let-in-again-after-two-ends", Chain(vec![founder(), again])),
    ]
}

fn kind(text: &str) -> RecordType {
    RecordType::new(text).expect("a type")
}

/// A first version by the member, with this body.
pub(crate) fn header(body: &[u8]) -> Header {
    let mut header = Header {
        format: Header::FORMAT,
        kind: kind("chat"),
        id: RecordId([0; 16]),
        salt: count(0x30),
        version: 1,
        flags: 0,
        creator: peer(MEMBER),
        modifier: None,
        credential: Some(member().id()),
        created: NOW,
        modified: NOW,
        expires: Millis(NOW.0 + DAY),
        latest: Millis(NOW.0 + 3_652 * DAY),
        replaces: None,
        key: Some(key_name()),
        length: 0,
        hash: [0; 32],
        signature: [0; 64],
    };
    header.id = header.born_as();
    header.set_body(body);
    header.sign(&group(), &key(MEMBER));
    header
}

/// The header and its sealed body, signed by whoever has this seed.
fn sealed(mut header: Header, author: u8) -> (Header, Vec<u8>) {
    let place = Place {
        group: group(),
        id: header.id,
        version: header.version,
        key: header.key.expect("sealed"),
    };
    let body = bodies().remove(1).1.seal(&epoch_key(), &place, count(0x90));
    header.set_body(&body);
    header.sign(&group(), &key(author));
    (header, body)
}

/// The header with nothing in its body, signed by whoever has this seed.
fn bare(mut header: Header, author: u8) -> (Header, Vec<u8>) {
    header.set_body(&[]);
    header.sign(&group(), &key(author));
    (header, vec![])
}

/// Name, what of it travels, and the seed of the author.
pub(crate) type Written = (&'static str, (Header, Vec<u8>), u8);

pub(crate) fn records() -> Vec<Written> {
    let first = sealed(header(&[]), MEMBER);
    let second = Header {
        version: 2,
        modifier: Some(peer(MEMBER)),
        modified: Millis(NOW.0 + 10),
        expires: first.0.latest,
        ..first.0.clone()
    };
    let deleted = Header {
        version: 3,
        flags: Header::DELETED,
        modifier: Some(peer(FOUNDER)),
        credential: Some(founder().id()),
        modified: Millis(NOW.0 + 20),
        expires: first.0.latest,
        key: None,
        ..first.0.clone()
    };
    let mut again = Header {
        created: Millis(NOW.0 + 1),
        modified: Millis(NOW.0 + 1),
        replaces: Some(first.0.id),
        ..first.0.clone()
    };
    again.id = again.born_as();
    let later = Header { format: 700, ..first.0.clone() };
    let second = sealed(second, MEMBER);
    vec![
        ("created", first, MEMBER),
        ("modified", second, MEMBER),
        ("deleted-by-an-admin", bare(deleted, FOUNDER), FOUNDER),
        ("in-place-of-another", sealed(again, MEMBER), MEMBER),
        ("of-a-later-format", sealed(later, MEMBER), MEMBER),
        ("system", system_record(), ROOT),
    ]
}

/// The properties of the group, by the root key.
pub(crate) fn system_record() -> (Header, Vec<u8>) {
    let body = encode(&properties());
    let mut header = Header {
        kind: kind(system::GROUP),
        salt: count(0),
        creator: peer(ROOT),
        credential: None,
        expires: Millis::MAX,
        latest: Millis::MAX,
        key: None,
        ..header(&[])
    };
    header.id = header.born_as();
    header.set_body(&body);
    header.sign(&group(), &key(ROOT));
    (header, body)
}

/// An open invitation, by the inviter; its key begins with its salt.
pub(crate) fn invitation_record() -> (Header, Vec<u8>) {
    let (_, says) = open_invitations().remove(0);
    let body = encode(&says);
    let mut header = Header {
        kind: kind(system::INVITATION),
        salt: *says.key.0.first_chunk().expect("longer"),
        creator: peer(INVITER),
        credential: inviter_chain().leaf().map(Credential::id),
        expires: says.not_after,
        latest: says.not_after,
        key: None,
        ..header(&[])
    };
    header.id = header.born_as();
    header.set_body(&body);
    header.sign(&group(), &key(INVITER));
    (header, body)
}

/// The first symbols of all samples of records.
pub(crate) fn symbols(count: usize) -> Vec<u8> {
    let key = SymbolKey::new(&group());
    let mut symbols = vec![Symbol::default(); count];
    for (_, header) in headers() {
        let mark = key.mark(&header.name());
        for place in mark.places().take_while(|place| *place < count) {
            symbols[place].toggle(&header.name(), &mark);
        }
    }
    let mut bytes = Vec::new();
    symbols.iter().for_each(|symbol| symbol.write(&mut bytes));
    bytes
}

pub(crate) fn headers() -> Samples<Header> {
    records().into_iter().map(|(name, (header, _), _)| (name, header)).collect()
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

pub(crate) fn meeting() -> Meeting {
    Meeting { topic: MeetingKey(count(0x50)), door: MeetingKey(count(0x58)) }
}

/// A part by the founder that gives the key to these members and keepers.
pub(crate) fn key_part(part: u16, covers: Vec<Cover>, members: &[u8], keepers: &[u8]) -> KeyPart {
    let (key, nonce) = (epoch_key(), count(0xd0));
    let mut part = KeyPart {
        nonce,
        commitment: key.commitment(&group(), &nonce),
        meeting: meeting().seal(&key.meeting_key(), count(0x90)),
        part,
        parts: 2,
        covers,
        sealed: vec![],
        keepers: vec![],
    };
    let name = part.name(&group(), &peer(FOUNDER));
    let mut rng = ChaCha20Rng::from_seed(count(0x70));
    let mut seal = |key: &EpochKey, seeds: &[u8]| {
        let mut subjects: Vec<PeerId> = seeds.iter().map(|seed| peer(*seed)).collect();
        subjects.sort_unstable();
        let to = |subject| SealedKey::seal(&group(), &name, key, subject, &mut rng);
        subjects.into_iter().map(to).collect::<Result<_, _>>().expect("members")
    };
    part.sealed = seal(&key, members);
    part.keepers = seal(&key.meeting_key(), keepers);
    part
}

/// Both parts of one key record.
pub(crate) fn key_parts() -> Samples<KeyPart> {
    let covers = ends().into_iter().map(|end| Cover { subject: peer(MEMBER), end }).collect();
    vec![
        ("two-ends-two-members-and-a-keeper", key_part(0, covers, &[INVITER, FOUNDER], &[KEEPER])),
        ("one-member-more", key_part(1, vec![], &[MEMBER], &[])),
    ]
}

pub(crate) fn key_name() -> KeyName {
    key_part(0, vec![], &[], &[]).name(&group(), &peer(FOUNDER))
}

pub(crate) fn properties() -> GroupProperties {
    GroupProperties {
        name: "Board".into(),
        comment: "Sketches\nand notes".into(),
        presence_lifetime: 30_000,
        flags: GroupProperties::DEFER_EXPIRATION,
        member_lifetime: 30 * DAY,
        budget_records: 65_536,
        budget_bytes: 1 << 36,
    }
}

/// Of the inviter, by the founder.
pub(crate) fn revocations() -> Samples<Revocation> {
    let mut actions = [member().id().0, headers()[0].1.name().digest];
    actions.sort_unstable();
    let of = |scope, actions: &[[u8; 16]]| Revocation {
        subject: peer(INVITER),
        nonce: count(0xe0),
        adds: None,
        scope,
        actions: actions.concat(),
    };
    let adds = EndId::derive(&group(), &peer(KEEPER), &peer(INVITER), &count(0xe0));
    vec![
        ("nothing-stands", of(Scope::All, &[])),
        ("a-credential-and-a-version-stand", of(Scope::All, &actions)),
        ("of-rights-alone", of(Scope::Rights, &actions[..1])),
        (
            "adds-to-the-list-of-another",
            Revocation { adds: Some(adds), ..of(Scope::All, &actions) },
        ),
    ]
}

pub(crate) fn open_invitations() -> Samples<OpenInvitation> {
    let week = OpenInvitation {
        key: peer_id(&invitation_link().key()),
        roles: Roles::MEMBER,
        not_after: Millis(NOW.0 + 7 * DAY),
        member_for: 30 * DAY,
        uses: 25,
        flags: 0,
    };
    let endless = OpenInvitation {
        roles: Roles::ADMIN,
        not_after: Millis::MAX,
        member_for: u64::MAX,
        uses: 1,
        flags: OpenInvitation::EXACT,
        ..week.clone()
    };
    vec![("for-a-week", week), ("exact-and-without-end", endless)]
}

pub(crate) fn budgets() -> Samples<Budget> {
    let least = Budget { subject: peer(MEMBER), records: 1, bytes: 1 };
    let most = Budget { subject: peer(INVITER), records: 1_048_576, bytes: 64 << 30 };
    vec![("least", least), ("most", most)]
}

pub(crate) fn moves() -> Samples<Servers> {
    let before = vec!["ws://127.0.0.1:8080/ws".into(), "wss://a.example:8443/ws?token=x".into()];
    let moved = Servers { servers: servers(), before };
    vec![("moved", moved), ("to-those-of-each", Servers { servers: vec![], before: servers() })]
}

fn servers() -> Vec<String> {
    vec!["wss://signal.example.org/ws".into()]
}

/// The key of the samples, for the member.
pub(crate) fn invitation_key() -> InvitationKey {
    let mut rng = ChaCha20Rng::from_seed(count(0x71));
    let name = key_name();
    let sealed = SealedKey::seal(&group(), &name, &epoch_key(), peer(MEMBER), &mut rng);
    InvitationKey { name, sealed: sealed.expect("a key") }
}

pub(crate) fn invitations() -> Samples<Invitation> {
    let all = Invitation {
        chain: member_chain(),
        name: "Board".into(),
        door: meeting().door,
        servers: servers(),
        key: Some(invitation_key()),
        signature: [0; 64],
    };
    let bare = Invitation { name: String::new(), servers: vec![], key: None, ..all.clone() };
    let samples = [("member", all), ("no-name-and-no-server", bare)];
    samples.map(|(name, invitation)| (name, invitation.signed(&key(INVITER)))).into()
}

fn invitation_link() -> InvitationLink {
    InvitationLink { group: group(), door: meeting().door, seed: count(0x60), servers: vec![] }
}

pub(crate) fn invitation_links() -> Samples<InvitationLink> {
    let elsewhere = InvitationLink { servers: servers(), ..invitation_link() };
    vec![("no-server", invitation_link()), ("one-server", elsewhere)]
}

pub(crate) fn cards() -> Samples<Card> {
    vec![("ada", Card::new(&key(MEMBER), "Ada")), ("no-name", Card::new(&key(KEEPER), ""))]
}
