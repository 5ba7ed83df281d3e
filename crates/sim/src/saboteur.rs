//! A tab whose node is not ours: what it sends to others over its links is changed on the way out.

use std::fmt;

use lacis_core::LinkId;
use lacis_wire::link::Channel;

/// What a tab is about to send.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// Over which of its links.
    pub link: LinkId,
    /// On which channel.
    pub channel: Channel,
    /// What its node wanted to send.
    pub bytes: &'a [u8],
}

/// What is sent instead.
pub type Sent = Vec<(Channel, Vec<u8>)>;

/// Replaces a message by others.
pub struct Saboteur(Box<dyn FnMut(Outgoing<'_>) -> Sent>);

impl Saboteur {
    /// Changes messages in that way.
    pub fn new(change: impl FnMut(Outgoing<'_>) -> Sent + 'static) -> Self {
        Self(Box::new(change))
    }

    /// What it sends in the place of a message.
    pub fn replace(&mut self, outgoing: Outgoing<'_>) -> Sent {
        self.change(outgoing)
    }

    pub(crate) fn change(&mut self, outgoing: Outgoing<'_>) -> Sent {
        (self.0)(outgoing)
    }
}

impl fmt::Debug for Saboteur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saboteur").finish_non_exhaustive()
    }
}
