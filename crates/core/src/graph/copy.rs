//! A record in one of its versions, what becomes of one that is offered, and what that changes.

use alloc::vec::Vec;

use lacis_wire::record::{CopyName, Header, RecordType};
use lacis_wire::{Code, PeerId, RecordId};

use super::judge::Refusal;

/// A record in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What was signed.
    pub header: Header,
    /// The body as it travels: sealed, or in clear for a system record. Nothing, for a version that
    /// has ended.
    pub body: Vec<u8>,
}

/// What became of a version that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is live now, and is worth passing on.
    Taken,
    /// It was held already.
    Known,
    /// A version that wins over it is live.
    Older,
    /// A version by somebody else wins over it; it is kept aside, and the caller keeps it too.
    Beaten,
    /// An end leaves it unnamed; it is kept aside, and the caller keeps it too.
    SetAside,
    /// It waits until its credential is known.
    Deferred,
    /// It is dated further ahead than clocks differ, and waits.
    Ahead,
    /// Its time is over.
    Expired,
    /// It breaks a rule.
    Refused(Refusal),
}

/// What changed for the application and for the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A record has another version than before, perhaps its last.
    Record {
        /// Which.
        id: RecordId,
        /// Whether it was not there before.
        is_new: bool,
    },
    /// A record is gone: it ended, or lost its right to be there.
    Gone {
        /// Which.
        id: RecordId,
        /// Its type.
        kind: RecordType,
    },
    /// A version is of no use any more.
    Erased {
        /// Which.
        name: CopyName,
        /// Its type.
        kind: RecordType,
        /// Whether its header stays.
        keeps_header: bool,
    },
    /// Of somebody who was shut out, something is not named and was set aside.
    SetAside {
        /// Who wrote it.
        author: PeerId,
        /// What.
        name: CopyName,
    },
    /// A version that was live counts no longer, and its author would not know why.
    Lost {
        /// Which record.
        id: RecordId,
        /// Who wrote the version.
        author: PeerId,
        /// Somebody else was faster, its author's budget is used up, or it may not write it.
        code: Code,
    },
    /// Somebody has another credential than before; nobody else's rights follow from that.
    Member(PeerId),
    /// The rights of anybody may be others than before.
    Rights,
    /// There are other key records than before, or other ends for them to cover.
    Keys,
    /// Other words of admins about where the group meets are live than before.
    Servers,
}

/// What a replica holds of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketSummary {
    /// The bucket.
    pub bucket: u8,
    /// How many versions.
    pub count: u32,
    /// Equal only if the versions are.
    pub fingerprint: [u8; 16],
}
