//! What lies are made of: records, chains and keys that look like true ones.

use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::GroupFrame;
use lacis_wire::keys::{EpochKey, KeyPart, MEETING_BYTES, SealedKey};
use lacis_wire::proof::{IdentityKey, peer_id};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{KEY, MEMBER, Revocation, Scope};
use lacis_wire::{CredentialId, KeyName, Millis, PeerId, RecordId, Roles};

use super::Liar;

impl Liar {
    pub(super) fn draft(&mut self, kind: &str, creator: PeerId, body: &[u8]) -> Header {
        let salt = self.random.bytes();
        let (now, kind) = (self.now(), RecordType::new(kind).expect("a type"));
        let end = Millis(now.0 + 3_600_000);
        let mut header = Header {
            format: Header::FORMAT,
            key: (!kind.is_system()).then_some(KeyName([1; 16])),
            kind,
            id: RecordId([0; 16]),
            salt,
            version: 1,
            flags: 0,
            creator,
            modifier: None,
            credential: Some(self.own_credential()),
            created: now,
            modified: now,
            expires: end,
            latest: end,
            replaces: None,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        header.id = header.born_as();
        header.set_body(body);
        header
    }

    /// The credential that it has, or one that nobody has.
    pub(super) fn own_credential(&self) -> CredentialId {
        let leaf = self.chain.as_ref().and_then(Chain::leaf);
        leaf.map_or(CredentialId([7; 16]), Credential::id)
    }

    /// Signs, and notes that nobody may take it.
    pub(super) fn forged(
        &mut self,
        mut header: Header,
        body: Vec<u8>,
        key: &IdentityKey,
    ) -> GroupFrame {
        header.sign(&self.group, key);
        // A key record of whoever was an admin is held, and nothing of what it says counts.
        let was_admin = self.standing.borrow().roles.is_some_and(Roles::may_change_others);
        let is_own = header.creator == peer_id(&self.key) && peer_id(key) == header.creator;
        if !(header.kind.as_str() == KEY && was_admin && is_own) {
            self.note(&header);
        }
        GroupFrame::Record { header, body }
    }

    pub(super) fn note(&self, header: &Header) {
        self.lies.borrow_mut().forged.insert(header.name());
    }

    pub(super) fn victim(&mut self) -> PeerId {
        *self.random.pick(&self.victims).expect("somebody is honest")
    }

    pub(super) fn some_record(&mut self) -> Option<(Header, Vec<u8>)> {
        self.random.pick(&self.records).cloned()
    }

    pub(super) fn revocation(&mut self, subject: PeerId) -> Revocation {
        let nonce = self.random.bytes();
        Revocation { subject, nonce, adds: None, scope: Scope::All, actions: Vec::new() }
    }

    /// A key that nobody is to seal with.
    pub(super) fn key_part(&mut self) -> KeyPart {
        let (key, nonce) = (EpochKey(self.random.bytes()), self.random.bytes());
        let mut part = KeyPart {
            nonce,
            commitment: key.commitment(&self.group, &nonce),
            meeting: vec![7; MEETING_BYTES],
            part: 0,
            parts: 1,
            covers: Vec::new(),
            sealed: Vec::new(),
            keepers: Vec::new(),
        };
        let name = part.name(&self.group, &peer_id(&self.key));
        let mut everybody = self.victims.clone();
        everybody.push(peer_id(&self.key));
        everybody.sort_unstable();
        let random = self.random.rng();
        let sealed =
            everybody.iter().map(|it| SealedKey::seal(&self.group, &name, &key, *it, random));
        part.sealed = sealed.map(|it| it.expect("a member")).collect();
        part
    }

    pub(super) fn credential(
        &self,
        issuer: &IdentityKey,
        above: &Chain,
        subject: PeerId,
        roles: Roles,
    ) -> Credential {
        let credential = Credential {
            group: self.group,
            subject,
            roles,
            not_before: Millis(0),
            not_after: Millis::MAX,
            serial: 7,
            parent: above.leaf().map(Credential::id),
            invitation: None,
            lifts: Vec::new(),
            issuer: peer_id(issuer),
            signature: [0; 64],
        };
        credential.signed(issuer)
    }

    pub(super) fn lengthen(
        &self,
        chain: &mut Chain,
        issuer: &IdentityKey,
        subject: PeerId,
        roles: Roles,
    ) {
        let credential = self.credential(issuer, chain, subject, roles);
        chain.0.push(credential);
    }

    /// The record by which somebody shows a chain.
    pub(super) fn shown(&mut self, chain: &Chain, creator: PeerId) -> (Header, Vec<u8>) {
        let body = encode(chain);
        let mut header = self.draft(MEMBER, creator, &body);
        if let Some(leaf) = chain.leaf() {
            let id = leaf.id();
            header.salt = id.0.first_chunk().copied().unwrap_or_default();
            header.credential = Some(id);
            (header.expires, header.latest) = (leaf.not_after, leaf.not_after);
        }
        (header.created, header.modified) = (Millis(0), Millis(0));
        header.id = header.born_as();
        (header, body)
    }
}

pub(super) fn lasting_for_ever(header: &mut Header) {
    (header.expires, header.latest) = (Millis::MAX, Millis::MAX);
    header.id = header.born_as();
}
