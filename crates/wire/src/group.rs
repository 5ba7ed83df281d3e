//! Group frames: what two members say about a group they share, over a link between them.
//!
//! They travel in [`crate::link::LinkFrame::Group`], cut into parts where one frame of the link is
//! too small for them. Nothing but [`GroupFrame::Enter`], [`GroupFrame::Refuse`],
//! [`GroupFrame::Apply`] and [`GroupFrame::Admit`] is heeded before both sides have shown that they
//! are members.

use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::code::Code;
use crate::codec::{DecodeError, Frame, demand};
use crate::credential::Chain;
use crate::keys::EpochKey;
use crate::limits;
use crate::record::{Header, RecordType};
use crate::time::Millis;

/// Bytes of the name of a copy in a list of names.
pub const NAME_BYTES: usize = 32;

/// A frame about a group.
#[expect(clippy::large_enum_variant, reason = "frames are read and handled one by one")]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub enum GroupFrame {
    /// First of all: who we are here.
    #[n(0)]
    Enter {
        /// The sender's clock, for group time.
        #[n(0)]
        clock: Millis,
        /// What makes the sender a member; nothing if it wants to become one.
        #[n(1)]
        chain: Option<Chain>,
        /// The types that the sender wants to have first, the most urgent first.
        #[n(2)]
        first: Vec<RecordType>,
    },
    /// The sender does not take the receiver for a member, or does not admit it.
    #[n(1)]
    Refuse {
        /// Why.
        #[n(0)]
        code: Code,
    },
    /// Asks to be admitted; only ever told to somebody who may.
    #[n(2)]
    Apply {
        /// An encoded [`crate::invitation::OpenInvitation`].
        #[cbor(n(0), bytes)]
        invitation: Vec<u8>,
    },
    /// Makes an applicant a member.
    #[n(3)]
    Admit {
        /// Its chain.
        #[n(0)]
        chain: Chain,
        /// The keys of [`Self::Keys`], for one that may read.
        #[n(1)]
        keys: Vec<GivenKey>,
    },
    /// Keys that open what the group has written, for a member that may read.
    #[n(4)]
    Keys {
        /// One an epoch.
        #[n(0)]
        keys: Vec<GivenKey>,
    },
    /// What the sender holds, shelf by shelf, in their order; empty ones are left out.
    #[n(5)]
    Summary {
        /// At most one entry a shelf.
        #[n(0)]
        shelves: Vec<Shelf>,
    },
    /// A question of the reconciliation of one shelf.
    #[n(6)]
    Ask {
        /// The shelf.
        #[n(0)]
        shelf: u8,
        /// A Negentropy message.
        #[cbor(n(1), bytes)]
        message: Vec<u8>,
    },
    /// Its answer.
    #[n(7)]
    Answer {
        /// The shelf.
        #[n(0)]
        shelf: u8,
        /// A Negentropy message.
        #[cbor(n(1), bytes)]
        message: Vec<u8>,
    },
    /// Names of copies that the receiver lacks and the sender has.
    #[n(8)]
    Have {
        /// Names of [`NAME_BYTES`] each.
        #[cbor(n(0), bytes)]
        names: Vec<u8>,
    },
    /// Names of copies that the sender asks for.
    #[n(9)]
    Want {
        /// Names of [`NAME_BYTES`] each.
        #[cbor(n(0), bytes)]
        names: Vec<u8>,
    },
    /// Names of copies that were asked for and that the sender does not hold any more.
    #[n(10)]
    Missing {
        /// Names of [`NAME_BYTES`] each.
        #[cbor(n(0), bytes)]
        names: Vec<u8>,
    },
    /// The sender has told all that the receiver lacks of one shelf, or that nothing is lacking.
    #[n(11)]
    Done {
        /// The shelf.
        #[n(0)]
        shelf: u8,
    },
    /// A copy of a record.
    #[n(12)]
    Record {
        /// Its header.
        #[n(0)]
        header: Header,
        /// Its body as it is signed.
        #[cbor(n(1), bytes)]
        body: Vec<u8>,
    },
}

/// What a member holds of one shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Shelf {
    /// 0 for the types of the system, 1 to 32 for the others.
    #[n(0)]
    pub number: u8,
    /// How many copies.
    #[n(1)]
    pub count: u32,
    /// Equal only if the copies are.
    #[cbor(n(2), bytes)]
    pub fingerprint: [u8; 16],
}

/// The key of an epoch, as one member gives it to another inside a link.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GivenKey {
    /// The epoch.
    #[n(0)]
    pub epoch: u32,
    /// Its key.
    #[n(1)]
    pub key: EpochKey,
}

impl Frame for GroupFrame {
    const BYTES_MAX: usize = limits::GROUP_FRAME_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Self::Enter { chain, first, .. } => {
                demand(first.len() <= limits::PRIORITIES_MAX, "first")?;
                chain.as_ref().map_or(Ok(()), Frame::check)
            }
            Self::Admit { chain, keys } => {
                chain.check()?;
                keys_ok(keys)
            }
            Self::Apply { invitation } => {
                demand(invitation.len() <= limits::INVITATION_BYTES, "invitation")
            }
            Self::Keys { keys } => keys_ok(keys),
            Self::Summary { shelves } => {
                demand(shelves.is_sorted_by(|a, b| a.number < b.number), "shelves")?;
                shelves.iter().try_for_each(|shelf| demand(shelf_ok(shelf.number), "shelf"))
            }
            Self::Ask { shelf, message } | Self::Answer { shelf, message } => {
                let fits = message.len() as u64 <= limits::RECONCILE_BYTES;
                demand(fits, "message")?;
                demand(shelf_ok(*shelf), "shelf")
            }
            Self::Have { names } | Self::Want { names } | Self::Missing { names } => {
                let whole = names.len().is_multiple_of(NAME_BYTES);
                let few = names.len() <= limits::NAMES_MAX * NAME_BYTES;
                demand(whole && few && !names.is_empty(), "names")
            }
            Self::Done { shelf } => demand(shelf_ok(*shelf), "shelf"),
            Self::Record { header, body } => {
                header.check()?;
                demand(body.len() <= limits::RECORD_BYTES, "body")
            }
            Self::Refuse { .. } => Ok(()),
        }
    }
}

const fn shelf_ok(number: u8) -> bool {
    number <= limits::SHELVES
}

fn keys_ok(keys: &[GivenKey]) -> Result<(), DecodeError> {
    demand(keys.len() <= limits::GIVEN_KEYS_MAX, "keys")?;
    demand(keys.iter().all(|key| key.epoch >= 1), "epoch")
}
