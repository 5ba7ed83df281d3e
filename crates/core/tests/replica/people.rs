//! The members of a small group, and records under their hands.

use lacis_core::graph::{Copy, Outcome, Refusal, Replica};
use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::proof::{IdentityKey, peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{Deed, Kept, MEMBER, REVOCATION, Revocation, Scope};
use lacis_wire::{GroupId, Millis, PeerId, RecordId, Roles};

pub(crate) const NOW: Millis = Millis(1_000_000);
pub(crate) const ROOT: u8 = 100;

pub(crate) fn key(who: u8) -> IdentityKey {
    signing_key(&[who; 32])
}

pub(crate) fn peer(who: u8) -> PeerId {
    peer_id(&key(who))
}

pub(crate) fn group() -> GroupId {
    GroupId(*peer(ROOT).as_bytes())
}

pub(crate) fn credential(issuer: u8, subject: u8, roles: Roles, times: (u64, u64)) -> Credential {
    let unsigned = Credential {
        group: group(),
        subject: peer(subject),
        roles,
        not_before: Millis(times.0),
        not_after: Millis(times.1),
        serial: 1,
        issuer: peer(issuer),
        signature: [0; 64],
    };
    unsigned.signed(&key(issuer))
}

/// The chain through these members, each with its roles, from the founder on.
pub(crate) fn chain(links: &[(u8, Roles)]) -> Chain {
    let mut issuer = ROOT;
    let mut list = Vec::new();
    for (subject, roles) in links {
        list.push(credential(issuer, *subject, *roles, (1, u64::MAX)));
        issuer = *subject;
    }
    Chain(list)
}

/// A record under the hand of its author.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) header: Header,
    pub(crate) body: Vec<u8>,
    pub(crate) author: u8,
}

impl Draft {
    pub(crate) fn new(kind: &str, author: u8, number: u8, body: &[u8]) -> Self {
        let creator = peer(author);
        let kind = RecordType::new(kind).expect("a type");
        let header = Header {
            epoch: u32::from(!kind.is_system()),
            id: RecordId::derive(&creator, kind.as_str(), 500_000, &[number; 8]),
            salt: [number; 8],
            kind,
            version: 1,
            flags: 0,
            creator,
            modifier: None,
            created: Millis(500_000),
            modified: Millis(500_000),
            expires: Millis::MAX,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        Self { header, body: body.to_vec(), author }
    }

    pub(crate) fn at(mut self, modified: u64) -> Self {
        self.header.modified = Millis(modified);
        self
    }

    pub(crate) fn until(mut self, expires: u64) -> Self {
        self.header.expires = Millis(expires);
        self
    }

    pub(crate) fn version(mut self, version: u64, modifier: u8) -> Self {
        self.header.version = version;
        self.header.modifier = Some(peer(modifier));
        self.author = modifier;
        self
    }

    pub(crate) fn deleted(mut self) -> Self {
        self.header.flags = Header::DELETED;
        self.header.epoch = 0;
        self.body.clear();
        self
    }

    pub(crate) fn sign(mut self) -> Copy {
        self.header.set_body(&self.body);
        self.header.sign(&group(), &key(self.author));
        Copy { header: self.header, body: self.body }
    }
}

pub(crate) fn member(author: u8, number: u8, chain: &Chain) -> Copy {
    Draft::new(MEMBER, author, number, &encode(chain)).sign()
}

/// A revocation after which everything stands that was before.
pub(crate) fn revocation(author: u8, number: u8, subject: u8, from: u64, at: u64) -> Copy {
    revocation_with(author, number, (subject, from, at), None)
}

pub(crate) fn revocation_with(
    author: u8,
    number: u8,
    (subject, from, at): (u8, u64, u64),
    kept: Option<Kept>,
) -> Copy {
    let above: &[(u8, Roles)] = match author {
        1 => &[],
        3 => &[(1, Roles::FOUNDER), (3, Roles::INVITER.with(Roles::MEMBER))],
        8 => &[(1, Roles::FOUNDER), (2, Roles::FOUNDER), (8, Roles::FOUNDER)],
        _ => &[(1, Roles::FOUNDER), (author, Roles::FOUNDER)],
    };
    let chain = chain(if above.is_empty() { &[(1, Roles::FOUNDER)] } else { above });
    let revocation = Revocation { subject: peer(subject), from: Millis(from), chain, kept };
    Draft::new(REVOCATION, author, number, &encode(&revocation)).at(at).sign()
}

/// A list of deeds of a member: these, and the chains that it has published.
pub(crate) fn kept(
    scope: Scope,
    subject: u8,
    copies: &[&Copy],
    credentials: &[&Credential],
) -> Option<Kept> {
    let people = people();
    let shown = people.iter().filter(|copy| *copy.header.author() == peer(subject));
    let copies = shown.chain(copies.iter().copied()).map(|copy| copy.header.name().digest);
    let mut deeds: Vec<Deed> = copies.chain(credentials.iter().map(|it| it.digest())).collect();
    deeds.sort_unstable();
    let total = u32::try_from(deeds.len()).expect("few");
    Some(Kept { scope, total, deeds: deeds.concat() })
}

/// A founder 1, an admin 2, an inviter 3, members 4 (by 3) and 5 (by 2), a keeper 6.
pub(crate) fn people() -> Vec<Copy> {
    let (founder, admin) = ((1, Roles::FOUNDER), (2, Roles::FOUNDER));
    let inviter = (3, Roles::INVITER.with(Roles::MEMBER));
    [
        chain(&[founder]),
        chain(&[founder, admin]),
        chain(&[founder, inviter]),
        chain(&[founder, inviter, (4, Roles::MEMBER)]),
        chain(&[founder, admin, (5, Roles::MEMBER)]),
        chain(&[founder, (6, Roles::KEEPER)]),
    ]
    .iter()
    .zip(1..)
    .map(|(chain, number)| member(number, 200, chain))
    .collect()
}

pub(crate) fn populated() -> Replica {
    let mut replica = Replica::new(group());
    for copy in people() {
        assert_eq!(replica.offer(NOW, &copy), Outcome::Taken);
    }
    replica
}

pub(crate) fn refused(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn replica_roles(replica: &Replica, who: u8, time: u64) -> Option<Roles> {
    replica.members().roles(&peer(who), Millis(time), Millis(time))
}
