//! What connections, addresses, servers and questions are told apart by.

/// One connection, numbered by whoever runs the hub. A number must never come back, because a late
/// input for a connection that is gone is recognised by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// Where a connection comes from, as an opaque number: equal addresses have equal keys. A hash of
/// the network address will do; the hub never sees an address itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressKey(pub u64);

/// One run of a server among those that act as one: a number drawn at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub u64);

/// A question for others at a topic, numbered by the hub that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupId(pub u64);
