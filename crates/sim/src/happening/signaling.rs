//! What may happen to a socket or a server.

use lacis_core::SocketId;

use crate::ids::{ServerId, TabId};

/// A socket, as its tab names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SocketKey {
    pub(crate) tab: TabId,
    pub(crate) id: SocketId,
}

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the server.
    Up,
    /// To the tab.
    Down,
}

/// What happens to a socket or server.
#[derive(Debug)]
pub(crate) enum Step {
    /// The wish to connect reaches the server.
    Connect(SocketKey),
    /// The browser gives a dial up.
    DialFailed(SocketKey),
    Arrive(SocketKey, Way, Parcel),
    /// What is stuck may go on.
    Flush(SocketKey, Way),
    HubTimer(ServerId, u32),
}

/// What travels.
#[derive(Debug)]
pub(crate) enum Parcel {
    /// The connection stands.
    Opened,
    Frame(Vec<u8>),
    /// A ping downwards, its answer upwards.
    Pong,
    Close(Option<u16>),
}
