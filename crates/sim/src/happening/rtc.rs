//! What may happen to a connection between two tabs.

use lacis_core::{LinkId, OpId};
use lacis_wire::link::Channel;

use crate::ids::TabId;

/// A connection, as its tab names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConnectionId {
    pub(crate) tab: TabId,
    pub(crate) link: LinkId,
}

/// What happens to a connection.
#[derive(Debug)]
pub(crate) enum Step {
    /// The operation at the head of the chain is done.
    Operate,
    Inspected(OpId),
    /// A candidate of that generation was found.
    Gathered(String, CandidateKind),
    /// Time to look at the path, if the number still counts.
    Tick(u32),
    /// The handshake that this end leads ends.
    Handshake,
    Open(Channel),
    /// A message has left the sender.
    Sent,
    Arrive(Parcel),
    RemoteClosed(ConnectionId),
}

/// A message on its way.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) from: ConnectionId,
    pub(crate) channel: Channel,
    /// Its place among the messages of a reliable channel.
    pub(crate) place: u64,
    pub(crate) bytes: Vec<u8>,
    /// Whether it was lost and had to be sent again, which nobody does for a sender that is gone.
    pub(crate) again: bool,
}

/// Where a candidate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CandidateKind {
    Host,
    Reflexive,
    Relay,
}
