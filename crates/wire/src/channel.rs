//! The data channels of a link.

/// One of the three data channels of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Reliable, ordered, never far behind.
    Control,
    /// Reliable, ordered, for streams.
    Bulk,
    /// Unordered, never sent twice.
    Ephemeral,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Control, Self::Bulk, Self::Ephemeral];

    /// The negotiated stream id.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::Control => 0,
            Self::Bulk => 1,
            Self::Ephemeral => 2,
        }
    }

    /// The label, for people who look at `about:webrtc`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Control => "lacis-control",
            Self::Bulk => "lacis-bulk",
            Self::Ephemeral => "lacis-ephemeral",
        }
    }

    /// Whether messages arrive complete and in order.
    #[must_use]
    pub const fn reliable(self) -> bool {
        !matches!(self, Self::Ephemeral)
    }
}
