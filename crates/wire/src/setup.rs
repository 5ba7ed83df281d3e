//! What two nodes say to each other through the server, sealed, to set a link up.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::code::Code;
use crate::codec::{DecodeError, Frame, demand};
use crate::description::{Description, candidate_ok};
use crate::ids::{AttemptId, PeerId};
use crate::limits;
use crate::version::VersionRange;

/// One sealed setup message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub enum Setup {
    /// Opens an attempt.
    #[n(0)]
    Offer {
        /// Names the attempt from now on.
        #[n(0)]
        attempt: AttemptId,
        /// Who offers.
        #[n(1)]
        introduction: Introduction,
        /// Versions the offerer speaks.
        #[n(2)]
        versions: VersionRange,
        /// The offerer's transport.
        #[n(3)]
        description: Description,
        /// Whether the offerer comes to a group's door and is no member: another one who is none
        /// is of no use to it.
        #[n(4)]
        newcomer: Option<bool>,
    },
    /// Accepts an attempt.
    #[n(1)]
    Answer {
        /// The attempt answered.
        #[n(0)]
        attempt: AttemptId,
        /// Who answers.
        #[n(1)]
        introduction: Introduction,
        /// The version from now on.
        #[n(2)]
        version: u16,
        /// The answerer's transport.
        #[n(3)]
        description: Description,
        /// The answerer's proof (see [`crate::proof`]).
        #[cbor(n(4), bytes)]
        signature: [u8; 64],
    },
    /// More addresses of the sender.
    #[n(2)]
    Candidates {
        /// The attempt they belong to.
        #[n(0)]
        attempt: AttemptId,
        /// Candidate lines.
        #[n(1)]
        list: Vec<String>,
    },
    /// ICE restart of a link that stands: new credentials, same certificate. Only the offerer of
    /// the attempt sends it, so restarts cannot collide.
    #[n(3)]
    Restart {
        /// The attempt of the link.
        #[n(0)]
        attempt: AttemptId,
        /// Counts restarts of this link from 1.
        #[n(1)]
        round: u32,
        /// The new transport.
        #[n(2)]
        description: Description,
    },
    /// Answers a restart.
    #[n(4)]
    Restarted {
        /// The attempt of the link.
        #[n(0)]
        attempt: AttemptId,
        /// The round answered.
        #[n(1)]
        round: u32,
        /// The new transport.
        #[n(2)]
        description: Description,
    },
    /// The answerer asks the offerer for a restart.
    #[n(5)]
    RestartWanted {
        /// The attempt of the link.
        #[n(0)]
        attempt: AttemptId,
    },
    /// The attempt or link ends.
    #[n(6)]
    Refuse {
        /// The attempt ended.
        #[n(0)]
        attempt: AttemptId,
        /// Why.
        #[n(1)]
        code: Code,
    },
}

/// Who somebody is, for the proof and for what follows.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Introduction {
    /// The identity claimed, and proven later.
    #[n(0)]
    pub peer: PeerId,
    /// Fresh randomness, so that no proof can be used again.
    #[cbor(n(1), bytes)]
    pub nonce: [u8; 32],
    /// Names the sender's sequence of interactive messages. A value that differs from last time
    /// means that the sequence begins anew.
    #[n(2)]
    pub session: u64,
    /// Binds the sender's node id to its identity: see [`crate::NodeId::derive`].
    #[cbor(n(3), bytes)]
    pub salt: [u8; 16],
}

impl Setup {
    /// The attempt the message belongs to.
    #[must_use]
    pub const fn attempt(&self) -> AttemptId {
        match self {
            Self::Offer { attempt, .. }
            | Self::Answer { attempt, .. }
            | Self::Candidates { attempt, .. }
            | Self::Restart { attempt, .. }
            | Self::Restarted { attempt, .. }
            | Self::RestartWanted { attempt }
            | Self::Refuse { attempt, .. } => *attempt,
        }
    }
}

impl Frame for Setup {
    const BYTES_MAX: usize = limits::SETUP_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Self::Offer { description, .. } => description.check(),
            Self::Answer { description, .. } => {
                let one = description.through.as_ref().is_none_or(|through| through.len() == 1);
                demand(one, "through")?;
                description.check()
            }
            Self::Restart { description, .. } | Self::Restarted { description, .. } => {
                // A link over a neighbor has nothing that could begin anew.
                demand(description.through.is_none(), "through")?;
                description.check()
            }
            Self::Candidates { list, .. } => {
                demand((1..=limits::CANDIDATES_MAX).contains(&list.len()), "list")?;
                demand(list.iter().all(|line| candidate_ok(line)), "candidate")
            }
            Self::RestartWanted { .. } | Self::Refuse { .. } => Ok(()),
        }
    }
}
