//! Ids and names that JavaScript hands in as texts or bytes.

use lacis_wire::codec::decode;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::{Code, GroupId, NodeId, PeerId, RecordId, Roles};
use wasm_bindgen::JsValue;

use crate::error;

pub(crate) fn node_id(text: &str) -> Result<NodeId, JsValue> {
    NodeId::parse(text).map_err(|_| error::coded(Code::RemoteUnknown))
}

/// Whom a message is for.
pub(crate) enum Receiver {
    Node(NodeId),
    /// Each node of an identity.
    Peer(PeerId),
}

/// A node first: most messages go to one, and an error that nobody hears of takes longer to make
/// than the message.
pub(crate) fn receiver(text: &str) -> Result<Receiver, JsValue> {
    let node = NodeId::parse(text).map(Receiver::Node);
    node.or_else(|_| PeerId::parse(text).map(Receiver::Peer))
        .map_err(|_| error::coded(Code::RemoteUnknown))
}

pub(crate) fn peer_id(text: &str) -> Result<PeerId, JsValue> {
    PeerId::parse(text).map_err(|_| error::coded(Code::InvalidArgument))
}

pub(crate) fn group_id(text: &str) -> Result<GroupId, JsValue> {
    GroupId::parse(text).map_err(|_| error::coded(Code::GroupUnknown))
}

pub(crate) fn record_id(text: &str) -> Result<RecordId, JsValue> {
    RecordId::parse(text).map_err(|_| error::coded(Code::RecordUnknown))
}

pub(crate) fn roles_of(bits: u8) -> Result<Roles, JsValue> {
    Roles::from_bits(bits).ok_or_else(|| error::coded(Code::InvalidArgument))
}

pub(crate) fn record_type(kind: &str) -> Result<RecordType, JsValue> {
    RecordType::new(kind).map_err(|_| error::coded(Code::InvalidArgument))
}

pub(crate) fn record_types(kinds: &[String]) -> Result<Vec<RecordType>, JsValue> {
    kinds.iter().map(|kind| record_type(kind)).collect()
}

pub(crate) fn header(header: &[u8]) -> Result<Header, JsValue> {
    decode(header).map_err(|_| error::coded(Code::InvalidArgument))
}
