//! What a driver asks a connection to do, which takes its time.

use lacis_core::OpId;

/// What a driver asked for.
#[derive(Debug)]
pub(super) enum Operation {
    Offer { op: OpId, restart: bool },
    Accept { op: OpId, sdp: String },
    SetAnswer { op: OpId, sdp: String },
    AddCandidate(String),
}

impl Operation {
    pub(super) const fn op(&self) -> Option<OpId> {
        match self {
            Self::Offer { op, .. } | Self::Accept { op, .. } | Self::SetAnswer { op, .. } => {
                Some(*op)
            }
            Self::AddCandidate(_) => None,
        }
    }
}
