//! Members who lie, for tests: they sign what no honest node would, and their nodes send something
//! else than they say.

use std::collections::BTreeMap;

use lacis_core::LinkId;
use lacis_wire::codec::{decode, encode};
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::Invitation;
use lacis_wire::keys::{Cover, EpochKey, KeyPart, MEETING_BYTES, SealedKey};
use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::proof::{IdentityKey, peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{ActionId, KEY, MEMBER, REVOCATION, Revocation, Scope};
use lacis_wire::{Code, CredentialId, EndId, GroupId, KeyName, Millis, PeerId, RecordId, Roles};

use crate::random::Random;
use crate::saboteur::Saboteur;

/// How much of a group frame goes into one frame of a link.
const PIECE: usize = 8_192;

/// Somebody with a credential who signs what it likes. What it makes are parts of a group's file,
/// which are taken by the same rules as what comes over a link.
#[derive(Clone, Debug)]
pub struct Insider {
    /// The group.
    pub group: GroupId,
    /// Its identity.
    pub key: IdentityKey,
    /// What makes it a member.
    pub chain: Chain,
}

impl Insider {
    /// The one with this identity, by the invitation that it was sent.
    ///
    /// # Panics
    /// If that is none.
    #[must_use]
    pub fn invited(identity: u8, invitation: &str) -> Self {
        let invitation = Invitation::parse(invitation).expect("an invitation");
        let group = invitation.group().expect("it is of a group");
        Self { group, key: signing_key(&[identity; 32]), chain: invitation.chain }
    }

    /// Its identity.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        peer_id(&self.key)
    }

    /// The credential under which it writes.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn credential(&self) -> CredentialId {
        self.chain.leaf().expect("a credential").id()
    }

    /// A chain for somebody else, whatever its rights to give one.
    ///
    /// # Panics
    /// If its own is as long as chains may be.
    #[must_use]
    pub fn gives(&self, subject: PeerId, roles: Roles, until: Millis, serial: u64) -> Chain {
        let credential = Credential {
            group: self.group,
            subject,
            roles,
            not_before: Millis(0),
            not_after: until,
            serial,
            parent: Some(self.credential()),
            invitation: None,
            lifts: Vec::new(),
            issuer: self.peer(),
            signature: [0; 64],
        };
        self.chain.extended(credential.signed(&self.key)).expect("the chain is short")
    }

    /// The record that shows a chain.
    ///
    /// # Panics
    /// If the chain is empty.
    #[must_use]
    pub fn shows(&self, chain: &Chain) -> Vec<u8> {
        let leaf = chain.leaf().expect("a credential");
        let mut header = self.header(MEMBER, Millis(0), leaf.not_after, 0);
        header.salt = *leaf.id().0.first_chunk().expect("16 bytes");
        header.credential = Some(leaf.id());
        header.id = header.born_as();
        self.signs(header, encode(chain))
    }

    /// The record that shows its own chain.
    #[must_use]
    pub fn introduces_itself(&self) -> Vec<u8> {
        self.shows(&self.chain)
    }

    /// The header of a first version; `number` tells those of one time apart.
    ///
    /// # Panics
    /// If `kind` is no record type.
    #[must_use]
    pub fn header(&self, kind: &str, at: Millis, until: Millis, number: u64) -> Header {
        let kind = RecordType::new(kind).expect("a record type");
        let mut header = Header {
            format: Header::FORMAT,
            key: (!kind.is_system()).then_some(KeyName([1; 16])),
            kind,
            id: RecordId([0; 16]),
            salt: number.to_le_bytes(),
            version: 1,
            flags: 0,
            creator: self.peer(),
            modifier: None,
            credential: Some(self.credential()),
            created: at,
            modified: at,
            expires: until,
            latest: until,
            replaces: None,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        header.id = header.born_as();
        header
    }

    /// A record of the application.
    #[must_use]
    pub fn writes(&self, at: Millis, number: u64, body: &[u8]) -> Vec<u8> {
        let until = Millis(at.0.saturating_add(86_400_000));
        self.signs(self.header("note", at, until, number), body.to_vec())
    }

    /// The version that follows `held`, by this one.
    #[must_use]
    pub fn follows(&self, held: &Header, version: u64, at: Millis) -> Header {
        let credential = Some(self.credential());
        let modifier = Some(self.peer());
        Header { version, modifier, credential, modified: at, ..held.clone() }
    }

    /// Signs a header for a body.
    #[must_use]
    pub fn signs(&self, mut header: Header, body: Vec<u8>) -> Vec<u8> {
        header.set_body(&body);
        header.sign(&self.group, &self.key);
        encode(&GroupFrame::Record { header, body })
    }

    /// A revocation; `number` makes its end another one than those before.
    #[must_use]
    pub fn revokes(&self, subject: PeerId, at: Millis, number: u8, names: &[ActionId]) -> Vec<u8> {
        let mut names = names.to_vec();
        names.sort_unstable();
        let content = Revocation {
            subject,
            nonce: [number; 16],
            adds: None,
            scope: Scope::All,
            actions: names.as_flattened().to_vec(),
        };
        let header = self.header(REVOCATION, at, Millis::MAX, u64::from(number));
        self.signs(header, encode(&content))
    }

    /// A key of its own, sealed to some; its name, and the record.
    ///
    /// # Panics
    /// If one of them is no key.
    #[must_use]
    pub fn makes_key(
        &self,
        key: &EpochKey,
        at: Millis,
        covers: &[(PeerId, EndId)],
        readers: &[PeerId],
    ) -> (KeyName, Vec<u8>) {
        let nonce = key.0.first_chunk().copied().expect("32 bytes");
        let mut covers: Vec<Cover> =
            covers.iter().map(|(subject, end)| Cover { subject: *subject, end: *end }).collect();
        covers.sort_unstable();
        let mut part = KeyPart {
            nonce,
            commitment: key.commitment(&self.group, &nonce),
            meeting: vec![7; MEETING_BYTES],
            part: 0,
            parts: 1,
            covers,
            sealed: Vec::new(),
            keepers: Vec::new(),
        };
        let name = part.name(&self.group, &self.peer());
        let mut random = Random::new(1, "insider");
        let mut readers = readers.to_vec();
        readers.sort_unstable();
        for reader in readers {
            let sealed = SealedKey::seal(&self.group, &name, key, reader, random.rng());
            part.sealed.push(sealed.expect("a key"));
        }
        let header = self.header(KEY, at, Millis::MAX, u64::from(nonce[0]));
        (name, self.signs(header, encode(&part)))
    }
}

/// The identity by a number.
#[must_use]
pub fn peer(identity: u8) -> PeerId {
    peer_id(&signing_key(&[identity; 32]))
}

/// A node that sends other group frames than it says: each whole frame is replaced by some, of
/// which there must be one at least for one that travels in one piece.
#[must_use]
pub fn changes_group_frames(
    mut change: impl FnMut(LinkId, GroupFrame) -> Vec<GroupFrame> + 'static,
) -> Saboteur {
    let mut parts: BTreeMap<(LinkId, Channel), Vec<u8>> = BTreeMap::new();
    Saboteur::new(move |out| {
        let same = vec![(out.channel, out.bytes.to_vec())];
        let Ok(LinkFrame::Group { room, more, data }) = decode::<LinkFrame<'_>>(out.bytes) else {
            return same;
        };
        let begun = parts.entry((out.link, out.channel)).or_default();
        let is_whole = begun.is_empty() && !more;
        begun.extend_from_slice(data);
        if more {
            return same;
        }
        let bytes = std::mem::take(begun);
        let Ok(frame) = decode::<GroupFrame>(&bytes) else { return same };
        let mut frames = change(out.link, frame.clone());
        let mut sent = Vec::new();
        if !is_whole {
            // Its beginning has left: it stays, and others follow.
            frames.retain(|it| *it != frame);
            sent = same;
        } else if frames.is_empty() {
            frames.push(GroupFrame::Refuse { code: Code::NotMember });
        }
        for frame in frames {
            let bytes = encode(&frame);
            let count = bytes.chunks(PIECE).count();
            for (at, data) in bytes.chunks(PIECE).enumerate() {
                let frame = LinkFrame::Group { room, more: at + 1 < count, data };
                sent.push((out.channel, encode(&frame)));
            }
        }
        sent
    })
}
