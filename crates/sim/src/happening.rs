//! What may happen in the world, as plain values.

pub(crate) mod rtc;
pub(crate) mod signaling;

use lacis_core::{Input, OpId, StoreRequest};

use crate::app::Deed;
use crate::ids::TabId;

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A tab's event loop is to do something.
    Call(TabId, Call),
    /// A frozen tab goes on, if it is still the same freeze.
    Thaw(TabId, u32),
    /// Something about a socket or a server.
    Signaling(signaling::Step),
    /// Something about a connection between two tabs.
    Rtc(rtc::ConnectionId, rtc::Step),
}

/// What an event loop does.
#[derive(Debug)]
pub(crate) enum Call {
    /// Hands an input to the node.
    Input(Input<'static>),
    /// The timer fires, if it is still the same.
    Timer(u32),
    /// The application does something.
    Deed(Deed),
    /// The store is at it.
    Store(OpId, StoreRequest),
}
