//! The members of a small group, and records under their hands.

use lacis_core::graph::{Copy, Outcome, Refusal, Replica};
use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::proof::{IdentityKey, peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{ActionId, MEMBER, REVOCATION, Revocation, Scope};
use lacis_wire::{EndId, GroupId, KeyName, Millis, PeerId, RecordId, Roles};

pub(crate) const NOW: Millis = Millis(10_000_000);
pub(crate) const ROOT: u8 = 100;
pub(crate) const LATEST: u64 = 900_000_000;

pub(crate) fn key(who: u8) -> IdentityKey {
    signing_key(&[who; 32])
}

pub(crate) fn peer(who: u8) -> PeerId {
    peer_id(&key(who))
}

pub(crate) fn group() -> GroupId {
    GroupId(*peer(ROOT).as_bytes())
}

/// A chain, and whoever its last credential is of.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) chain: Chain,
    pub(crate) who: u8,
}

impl Place {
    pub(crate) fn leaf(&self) -> &Credential {
        self.chain.leaf().expect("a credential")
    }

    /// What its last subject gives somebody else.
    pub(crate) fn gives(&self, subject: u8, roles: Roles) -> Self {
        self.gives_until(subject, roles, u64::MAX, 1, &[])
    }

    pub(crate) fn gives_until(
        &self,
        subject: u8,
        roles: Roles,
        until: u64,
        serial: u64,
        lifts: &[EndId],
    ) -> Self {
        let mut lifts = lifts.to_vec();
        lifts.sort_unstable();
        let credential = Credential {
            group: group(),
            subject: peer(subject),
            roles,
            not_before: Millis(0),
            not_after: Millis(until),
            serial,
            parent: Some(self.leaf().id()),
            invitation: None,
            lifts,
            issuer: peer(self.who),
            signature: [0; 64],
        };
        let chain = self.chain.extended(credential.signed(&key(self.who))).expect("it is short");
        Self { chain, who: subject }
    }
}

pub(crate) fn founder() -> Place {
    let credential = Credential {
        group: group(),
        subject: peer(1),
        roles: Roles::ADMIN,
        not_before: Millis(0),
        not_after: Millis::MAX,
        serial: 1,
        parent: None,
        invitation: None,
        lifts: vec![],
        issuer: peer(ROOT),
        signature: [0; 64],
    };
    Place { chain: Chain(vec![credential.signed(&key(ROOT))]), who: 1 }
}

/// A founder 1, an admin 2, an inviter 3, members 4 (by 3) and 5 (by 2), a keeper 6, and an admin 7
/// (by 2).
pub(crate) fn place(who: u8) -> Place {
    match who {
        1 => founder(),
        2 => founder().gives(2, Roles::ADMIN),
        3 => founder().gives(3, Roles::INVITER),
        4 => place(3).gives(4, Roles::MEMBER),
        5 => place(2).gives(5, Roles::MEMBER),
        6 => founder().gives(6, Roles::KEEPER),
        7 => place(2).gives(7, Roles::ADMIN),
        _ => founder().gives(who, Roles::MEMBER),
    }
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
        let kind = RecordType::new(kind).expect("a type");
        let is_system = kind.is_system();
        let header = Header {
            format: Header::FORMAT,
            key: (!is_system).then_some(KeyName([1; 16])),
            id: RecordId([0; 16]),
            salt: [number; 8],
            kind,
            version: 1,
            flags: 0,
            creator: peer(author),
            modifier: None,
            credential: (author != ROOT).then(|| place(author).leaf().id()),
            created: Millis(500_000),
            modified: Millis(500_000),
            expires: Millis(if is_system { u64::MAX } else { LATEST }),
            latest: Millis(if is_system { u64::MAX } else { LATEST }),
            replaces: None,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        let draft = Self { header, body: body.to_vec(), author };
        draft.born()
    }

    fn born(mut self) -> Self {
        self.header.id = self.header.born_as();
        self
    }

    /// Under another credential of its author.
    pub(crate) fn under(mut self, place: &Place) -> Self {
        self.header.credential = Some(place.leaf().id());
        self
    }

    pub(crate) fn at(mut self, modified: u64) -> Self {
        self.header.modified = Millis(modified);
        self
    }

    pub(crate) fn created(mut self, created: u64) -> Self {
        self.header.created = Millis(created);
        self.header.modified = self.header.modified.max(Millis(created));
        self.born()
    }

    pub(crate) fn until(mut self, expires: u64) -> Self {
        self.header.expires = Millis(expires);
        self
    }

    /// With this as the latest end that any version may have.
    pub(crate) fn lasting(mut self, latest: u64) -> Self {
        self.header.latest = Millis(latest);
        self.until(latest).born()
    }

    pub(crate) fn in_place_of(mut self, old: RecordId) -> Self {
        self.header.replaces = Some(old);
        self.born()
    }

    pub(crate) fn version(mut self, version: u64, modifier: u8) -> Self {
        self.header.version = version;
        self.header.modifier = Some(peer(modifier));
        self.header.credential = (modifier != ROOT).then(|| place(modifier).leaf().id());
        self.author = modifier;
        self
    }

    pub(crate) fn deleted(mut self) -> Self {
        self.header.flags = Header::DELETED;
        self.header.key = None;
        self.header.expires = self.header.latest;
        self.body.clear();
        self
    }

    pub(crate) fn sign(mut self) -> Copy {
        self.header.set_body(&self.body);
        self.header.sign(&group(), &key(self.author));
        Copy { header: self.header, body: self.body }
    }
}

/// The record that shows a chain, published by its subject.
pub(crate) fn member(place: &Place) -> Copy {
    member_by(place, place.who)
}

pub(crate) fn member_by(place: &Place, author: u8) -> Copy {
    let leaf = place.leaf();
    let mut draft = Draft::new(MEMBER, author, 0, &encode(&place.chain)).under(place);
    let header = &mut draft.header;
    header.salt = *leaf.id().0.first_chunk().expect("16 bytes");
    (header.created, header.modified) = (Millis(0), Millis(0));
    (header.expires, header.latest) = (leaf.not_after, leaf.not_after);
    draft.born().sign()
}

/// A revocation by an admin that names what stands.
pub(crate) fn revocation(author: u8, number: u8, subject: u8, actions: &[ActionId]) -> Copy {
    revocation_as(author, number, subject, Scope::All, None, actions)
}

/// A revocation by somebody who is no admin by itself.
pub(crate) fn revocation_under(
    place: &Place,
    number: u8,
    subject: u8,
    actions: &[ActionId],
) -> Copy {
    let copy = revocation(place.who, number, subject, actions);
    Draft { header: copy.header, body: copy.body, author: place.who }.under(place).sign()
}

pub(crate) fn revocation_as(
    author: u8,
    number: u8,
    subject: u8,
    scope: Scope,
    adds: Option<EndId>,
    actions: &[ActionId],
) -> Copy {
    let mut actions = actions.to_vec();
    actions.sort_unstable();
    actions.dedup();
    let nonce = [number; 16];
    let actions = actions.as_flattened().to_vec();
    let content = Revocation { subject: peer(subject), nonce, adds, scope, actions };
    Draft::new(REVOCATION, author, number, &encode(&content)).sign()
}

/// The end that such a revocation makes.
pub(crate) fn end(author: u8, number: u8, subject: u8) -> EndId {
    EndId::derive(&group(), &peer(author), &peer(subject), &[number; 16])
}

pub(crate) fn action(copy: &Copy) -> ActionId {
    copy.header.name().digest
}

pub(crate) fn people() -> Vec<Copy> {
    (1..=7).map(|who| member(&place(who))).collect()
}

pub(crate) fn populated() -> Replica {
    let mut replica = Replica::new(group());
    for copy in people() {
        assert_eq!(replica.offer(NOW, &copy), Outcome::Taken);
    }
    replica
}

/// Offers versions, and what waited for them, in order.
pub(crate) fn offer_all<'a>(replica: &mut Replica, copies: impl IntoIterator<Item = &'a Copy>) {
    for copy in copies {
        replica.offer(NOW, copy);
        while let Some(ready) = replica.poll_ready() {
            replica.offer(NOW, &ready);
        }
    }
}

pub(crate) fn refused(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn roles(replica: &Replica, who: u8) -> Option<Roles> {
    replica.members().roles(&peer(who), NOW)
}

pub(crate) fn is_live(replica: &Replica, copy: &Copy) -> bool {
    let name = copy.header.name();
    replica.held(&name.id).is_some_and(|held| held.name() == name && !held.has_ended)
}
