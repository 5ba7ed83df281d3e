//! The two nodes that the samples are about, and the link that they set up.

use lacis_wire::proof::{self, IdentityKey, Party, Role, Terms};
use lacis_wire::room::{MeetingKey, RoomLink};
use lacis_wire::setup::Introduction;
use lacis_wire::{AttemptId, NodeId, RoomTag, VersionRange};

use crate::samples::count;

/// One end of the link.
pub(crate) struct End {
    pub(crate) seed: [u8; 32],
    pub(crate) salt: [u8; 16],
    pub(crate) party: Party,
    pub(crate) key: IdentityKey,
}

/// What both have agreed on.
pub(crate) fn terms() -> Terms {
    let offered = VersionRange { min: 1, max: 1 };
    Terms { version: 1, offered, attempt: ATTEMPT, topic: room().keys().topic }
}

pub(crate) const ATTEMPT: AttemptId = AttemptId(0x0102_0304_0506_0708);

pub(crate) fn offerer() -> End {
    end(0x01, 0x40, 0x80)
}

pub(crate) fn answerer() -> End {
    end(0x02, 0x60, 0xa0)
}

fn end(seed: u8, nonce: u8, fingerprint: u8) -> End {
    let (seed, salt) = (count(seed), count(seed + 1));
    let key = proof::signing_key(&seed);
    let peer = proof::peer_id(&key);
    let (nonce, fingerprint) = (count(nonce), count(fingerprint));
    let session = u64::from(salt[0]);
    let party = Party { node: node_of(&peer.0, &salt), peer, nonce, fingerprint, session };
    End { seed, salt, party, key }
}

impl End {
    pub(crate) fn introduction(&self, session: u64) -> Introduction {
        let Party { peer, nonce, .. } = self.party;
        Introduction { peer, nonce, session, salt: self.salt }
    }

    pub(crate) fn proof(&self, role: Role) -> [u8; 64] {
        proof::sign(&self.key, role, &transcript())
    }

    /// What this end shows for the room of the samples.
    pub(crate) fn room_tag(&self) -> RoomTag {
        room().keys().tag(&transcript(), self.party.node)
    }

    /// What this end shows for the meeting place of the samples' group.
    pub(crate) fn group_tag(&self) -> RoomTag {
        MeetingKey(count(0x50)).keys().tag(&transcript(), self.party.node)
    }
}

/// The room in which both are.
pub(crate) fn room() -> RoomLink {
    RoomLink { secret: count(0), servers: vec![] }
}

/// The node id by the specification, without the code under test.
fn node_of(peer: &[u8; 32], salt: &[u8; 16]) -> NodeId {
    let hash = blake3::derive_key("lacis 2026 node 1 id", &[&peer[..], salt].concat());
    NodeId(hash[..16].try_into().expect("16 bytes"))
}

/// The transcript by the specification, without the code under test.
pub(crate) fn transcript() -> [u8; 32] {
    let versions = [0, 1, 0, 1, 0, 1];
    let topic = room().keys().topic;
    let mut parts = [&versions[..], &ATTEMPT.0.to_be_bytes(), &topic.0].concat();
    for Party { node, peer, nonce, fingerprint, session } in [offerer().party, answerer().party] {
        let session = session.to_be_bytes();
        parts.extend([node.0.as_slice(), &peer.0, &nonce, &fingerprint, &session].concat());
    }
    assert_eq!(parts.len(), 3 * 2 + 8 + 32 + 2 * 120);
    blake3::derive_key("lacis 2026 link 1 transcript", &parts)
}
