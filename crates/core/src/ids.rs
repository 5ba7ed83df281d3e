//! Numbers of sockets, links, rooms and the like, which a node gives out once each, and the numbers
//! that applications give.

macro_rules! counter_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
    };
}

counter_id! {
    /// One dial of a signaling server; a new one for every dial, so that callbacks of a dead
    /// socket are recognised.
    SocketId
}
counter_id! {
    /// One connection object; a new one for every attempt, so that callbacks of a dead connection
    /// are recognised.
    LinkId
}
counter_id! {
    /// One asynchronous call that the driver makes for the node.
    OpId
}
counter_id! {
    /// A room this node joined.
    RoomId
}
counter_id! {
    /// A stream, in either direction.
    StreamId
}
counter_id! {
    /// A request of another remote that waits for our answer.
    RequestId
}

/// Marks connections that go over a neighbor, and that no driver hears of.
const RELAYED: u32 = 1 << 31;

impl LinkId {
    /// The connection of that number, over a neighbor or by a driver.
    pub(crate) const fn numbered(number: u32, is_relayed: bool) -> Self {
        Self(if is_relayed { number | RELAYED } else { number & !RELAYED })
    }

    /// Whether it goes over a neighbor.
    pub(crate) const fn is_relayed(self) -> bool {
        self.0 & RELAYED != 0
    }
}

/// The application's number for something that will be settled.
pub type Ticket = u32;
