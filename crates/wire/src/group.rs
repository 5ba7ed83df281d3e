//! Group frames: what two members say about a group they share, over a link between them.
//!
//! They travel in [`crate::link::LinkFrame::Group`], cut into parts where one frame of the link is
//! too small for them. Nothing but [`GroupFrame::Enter`], [`GroupFrame::Refuse`],
//! [`GroupFrame::JoinRequest`], [`GroupFrame::JoinAccept`], [`GroupFrame::PreviewRequest`] and
//! [`GroupFrame::Preview`] counts before both sides have shown that they are members.

use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::code::Code;
use crate::codec::{DecodeError, Frame, demand};
use crate::credential::{Chain, InvitationUse};
use crate::ids::KeyName;
use crate::keys::EpochKey;
use crate::limits;
use crate::record::{Header, RecordType};
use crate::symbol::SYMBOL_BYTES;
use crate::time::Millis;
use crate::writer::{self, Array};

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
        /// What a member holds, if it understands [`GroupFrame::Sketch`].
        #[n(3)]
        held: Option<Holding>,
        /// The names of the whole keys that it holds, the first 8 bytes of each, by exclusive or:
        /// whoever would give the same need not.
        #[cbor(n(4), bytes)]
        keys: Option<[u8; 8]>,
    },
    /// The sender does not take the receiver for a member, or does not admit it.
    #[n(1)]
    Refuse {
        /// Why.
        #[n(0)]
        code: Code,
    },
    /// Asks to be admitted by an open invitation.
    #[n(2)]
    JoinRequest {
        /// Proves that the sender has its link.
        #[n(0)]
        invitation: InvitationUse,
    },
    /// Makes a newcomer a member, or shows a member a better chain.
    #[n(3)]
    JoinAccept {
        /// Its chain.
        #[n(0)]
        chain: Chain,
    },
    /// Keys of key records that the sender holds whole, for a receiver that may have them.
    #[n(4)]
    Keys {
        /// Those that open what the group has written, for a member that may read.
        #[n(0)]
        keys: Vec<GivenKey>,
        /// Those that open where members meet, for a keeper.
        #[n(1)]
        meetings: Vec<GivenKey>,
    },
    /// What the sender holds, bucket by bucket, in their order; empty ones are left out.
    #[n(5)]
    Summary {
        /// At most one entry a bucket.
        #[n(0)]
        buckets: Vec<Bucket>,
    },
    /// A message of the initiator of the reconciliation of one bucket.
    #[n(6)]
    Query {
        /// The bucket.
        #[n(0)]
        bucket: u8,
        /// A Negentropy message.
        #[cbor(n(1), bytes)]
        message: Vec<u8>,
    },
    /// What the responder says to it.
    #[n(7)]
    Reply {
        /// The bucket.
        #[n(0)]
        bucket: u8,
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
    /// The sender has told all that the receiver lacks of one bucket, or that nothing is missing.
    #[n(11)]
    Done {
        /// The bucket.
        #[n(0)]
        bucket: u8,
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
    /// Asks what an open invitation offers, and does not take it.
    #[n(13)]
    PreviewRequest {
        /// Proves that the sender has its link, by [`InvitationUse::prove_look`].
        #[n(0)]
        invitation: InvitationUse,
    },
    /// Says what an open invitation offers.
    #[n(14)]
    Preview {
        /// Of whoever made the invitation, up to the credential under which it did.
        #[n(0)]
        chain: Chain,
        /// What the founder says of the group: its record, as [`GroupFrame::Record`].
        #[cbor(n(1), bytes)]
        properties: Vec<u8>,
        /// The record of the invitation, likewise.
        #[cbor(n(2), bytes)]
        invitation: Vec<u8>,
        /// How many came by it, as far as the sender knows. Nobody signed that.
        #[n(3)]
        used: u32,
    },
    /// What the responder holds, with symbols of it if the initiator may hold something else.
    #[n(15)]
    Sketch {
        /// How much, and what is equal only if all of it is.
        #[n(0)]
        held: Holding,
        /// The place of the first symbol.
        #[n(1)]
        from: u16,
        /// Symbols of [`SYMBOL_BYTES`] each.
        #[cbor(n(2), bytes)]
        symbols: Vec<u8>,
    },
    /// The initiator cannot tell yet in what the two differ.
    #[n(16)]
    More {
        /// [`Holding::fingerprint`] of the set whose symbols it has.
        #[cbor(n(0), bytes)]
        fingerprint: [u8; 16],
        /// The place of the first symbol that it lacks; from [`limits::SYMBOLS_MAX`] on it asks for
        /// [`GroupFrame::Summary`].
        #[n(1)]
        from: u16,
    },
    /// The sender has told all that the receiver lacks of every bucket, or tells it here.
    #[n(17)]
    Told {
        /// Names of copies that follow without being asked for, of [`NAME_BYTES`] each.
        #[cbor(n(0), bytes)]
        unasked: Vec<u8>,
    },
}

/// What a member holds of all buckets together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Holding {
    /// How many copies.
    #[n(0)]
    pub count: u32,
    /// The sum of the fingerprints of the buckets: equal only if the copies are.
    #[cbor(n(1), bytes)]
    pub fingerprint: [u8; 16],
}

/// What a member holds of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Bucket {
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

/// A key, as one member gives it to another inside a link.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GivenKey {
    /// The key record that promises it.
    #[n(0)]
    pub name: KeyName,
    /// The key.
    #[n(1)]
    pub key: EpochKey,
}

impl GroupFrame {
    /// The bytes of a [`GroupFrame::Record`], without another copy of what is in it.
    #[must_use]
    pub fn record_bytes(header: &Header, body: &Vec<u8>) -> Vec<u8> {
        let mut out = Vec::with_capacity(body.len() + limits::HEADER_BYTES);
        writer::variant(&mut out, 12);
        let mut fields = Array::open(&mut out);
        fields.put(&mut out, header);
        fields.put_bytes(&mut out, body);
        out
    }
}

impl Frame for GroupFrame {
    const BYTES_MAX: usize = limits::GROUP_FRAME_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Self::Enter { chain, first, .. } => {
                demand(first.len() <= limits::PRIORITIES_MAX, "first")?;
                first.iter().try_for_each(RecordType::check)?;
                chain.as_ref().map_or(Ok(()), Frame::check)
            }
            Self::JoinAccept { chain } => chain.check(),
            Self::Keys { keys, meetings } => {
                demand(keys.len().max(meetings.len()) <= limits::GIVEN_KEYS_MAX, "keys")
            }
            Self::Summary { buckets } => {
                demand(buckets.is_sorted_by(|a, b| a.number < b.number), "buckets")?;
                buckets.iter().try_for_each(|bucket| demand(bucket_ok(bucket.number), "bucket"))
            }
            Self::Query { bucket, message } | Self::Reply { bucket, message } => {
                let fits = message.len() as u64 <= limits::RECONCILE_BYTES;
                demand(fits, "message")?;
                demand(bucket_ok(*bucket), "bucket")
            }
            Self::Have { names } | Self::Want { names } | Self::Missing { names } => {
                let whole = names.len().is_multiple_of(NAME_BYTES);
                let few = names.len() <= limits::NAMES_MAX * NAME_BYTES;
                demand(whole && few && !names.is_empty(), "names")
            }
            Self::Done { bucket } => demand(bucket_ok(*bucket), "bucket"),
            Self::Sketch { from, symbols, .. } => {
                demand(symbols.len().is_multiple_of(SYMBOL_BYTES), "symbols")?;
                let end = usize::from(*from) + symbols.len() / SYMBOL_BYTES;
                demand(end <= limits::SYMBOLS_MAX, "symbols")
            }
            Self::Told { unasked } => {
                let whole = unasked.len().is_multiple_of(NAME_BYTES);
                demand(whole && unasked.len() <= limits::UNASKED_MAX * NAME_BYTES, "unasked")
            }
            Self::Record { header, body } => {
                header.check()?;
                demand(body.len() <= limits::RECORD_BYTES, "body")
            }
            Self::Preview { chain, properties, invitation, .. } => {
                let longest = properties.len().max(invitation.len());
                demand(longest <= limits::PREVIEW_RECORD_BYTES, "record")?;
                chain.check()
            }
            Self::Refuse { .. }
            | Self::JoinRequest { .. }
            | Self::PreviewRequest { .. }
            | Self::More { .. } => Ok(()),
        }
    }
}

const fn bucket_ok(number: u8) -> bool {
    number <= limits::BUCKETS
}
