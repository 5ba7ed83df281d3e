//! What a node remembers of a group beside its records.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};
use lacis_wire::codec::{DecodeError, Frame};
use lacis_wire::credential::Chain;
use lacis_wire::group::GivenKey;
use lacis_wire::room::RendezvousKey;
use lacis_wire::{GroupId, limits};

/// Kept under the group's id.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Profile {
    #[n(0)]
    pub(super) group: GroupId,
    #[n(1)]
    pub(super) name: String,
    #[n(2)]
    pub(super) rendezvous: RendezvousKey,
    #[n(3)]
    pub(super) servers: Vec<String>,
    /// What makes this identity a member; nothing while it applies.
    #[n(4)]
    pub(super) chain: Option<Chain>,
    /// The root key, on the founder's devices only.
    #[cbor(n(5), bytes)]
    pub(super) root: Option<[u8; 32]>,
    /// The open invitation by which it applies.
    #[cbor(n(6), bytes)]
    pub(super) invitation: Option<Vec<u8>>,
    /// Keys that came inside links.
    #[n(7)]
    pub(super) keys: Vec<GivenKey>,
}

impl Frame for Profile {
    /// It comes from our own store, marked by ourselves.
    const BYTES_MAX: usize = 16 * limits::INVITATION_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        self.chain.as_ref().map_or(Ok(()), Frame::check)
    }
}
