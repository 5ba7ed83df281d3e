//! The two nodes that the samples are about, and the link that they set up.

use lacis_wire::proof::{self, IdentityKey, Party, Role};
use lacis_wire::room::{MeetingKey, RoomLink};
use lacis_wire::setup::Introduction;
use lacis_wire::{AttemptId, NodeId, RoomTag};

use crate::samples::count;

/// One end of the link.
pub(crate) struct End {
    pub(crate) seed: [u8; 32],
    pub(crate) salt: [u8; 16],
    pub(crate) party: Party,
    pub(crate) key: IdentityKey,
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
    let party = Party { node: node_of(&peer.0, &salt), peer, nonce, fingerprint };
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
    let (version, attempt) = (1_u16, ATTEMPT.0);
    let mut parts = [&version.to_be_bytes()[..], &attempt.to_be_bytes()].concat();
    for Party { node, peer, nonce, fingerprint } in [offerer().party, answerer().party] {
        parts.extend([node.0.as_slice(), &peer.0, &nonce, &fingerprint].concat());
    }
    assert_eq!(parts.len(), 2 + 8 + 2 * 112);
    blake3::derive_key("lacis 2026 link 1 transcript", &parts)
}
