//! How the setup of a link travels.

/// The way that setup messages take to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Through a signaling server, by its index among those of the node.
    Server(usize),
    /// From member to member, over links that stand.
    Mesh,
    /// As texts that people carry.
    Manual,
}

impl Route {
    /// The index of the server that it goes through, if it does.
    pub(crate) const fn server(self) -> Option<usize> {
        match self {
            Self::Server(index) => Some(index),
            Self::Mesh | Self::Manual => None,
        }
    }
}
