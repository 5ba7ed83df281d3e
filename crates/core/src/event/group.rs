//! What the application hears of a group.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::body::Body;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{GroupProperties, OpenInvitation};
use lacis_wire::{Code, Millis, NodeId, PeerId, RecordId, Roles};

use crate::ids::{RoomId, Ticket};

/// A record as the application sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Everything but the body.
    pub header: Header,
    /// What it says; nothing for a tombstone, and for one whose key is not known here yet.
    pub body: Option<Body>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its identity.
    pub peer: PeerId,
    /// What it may do now; nothing if its time is over or it was taken back.
    pub roles: Option<Roles>,
    /// Until when.
    pub until: Millis,
    /// Whether a node of it is here now, by a link or through others.
    pub present: bool,
}

/// What the application hears of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// A record has a new version, perhaps its first, perhaps its last.
    Record {
        /// The record.
        record: Record,
        /// Whether it is the first version that this node holds.
        is_new: bool,
        /// Whether this node wrote it.
        is_own: bool,
        /// The member whose page gave it, if it has just come from one.
        from: Option<PeerId>,
        /// The searches of [`crate::Node::watch_records`] that it fits, in the order of their
        /// numbers.
        watches: Vec<u32>,
    },
    /// A record is gone: it expired, or its author had been shut out when it was made.
    Gone {
        /// Which.
        id: RecordId,
        /// Its type.
        kind: RecordType,
    },
    /// A member is new, came, went, or may do other things, or for another time, than before.
    Member(GroupMember),
    /// What the founder says of the group is known now, or is something else than before.
    Properties(GroupProperties),
    /// The group meets at other servers than before.
    Servers,
    /// Some of what a query looks for; the query's ticket is completed after the last.
    Found {
        /// The application's number.
        ticket: Ticket,
        /// Records, in the order of their ids.
        records: Vec<Record>,
    },
    /// Where this node stands with what others hold is something else than before.
    Sync,
    /// All records of these types that the neighbors held are here now, and were not before.
    Synced {
        /// The types known here that this is true of.
        kinds: Vec<RecordType>,
        /// Whether it is true of every type.
        all: bool,
    },
    /// The application is asked whether a record is taken, and answers by the number.
    Approve {
        /// Names the question.
        number: u32,
        /// The record.
        record: Record,
    },
    /// A part of the file to which the group is exported, in which it stands as
    /// [`lacis_wire::export::framed`] makes it.
    Exported {
        /// The ticket of the export.
        ticket: Ticket,
        /// The part.
        part: Vec<u8>,
    },
    /// The group is not open any more: the file was not taken whole for which it was opened.
    Closed {
        /// Why not.
        code: Code,
    },
    /// Bodies that were locked can be read now.
    Unlocked,
    /// Somebody was shut out, and no admin who is here makes a key that takes account of that: what
    /// is written may be read by whoever was.
    KeyOld,
    /// There is a key again that takes account of everybody who was shut out.
    KeyRenewed,
    /// The open invitations are others than before, or somebody came by one.
    Invitations,
    /// A new key was not made.
    KeyFailed {
        /// Why.
        code: Code,
    },
    /// Of somebody who was shut out, something is not named by whoever did that. It is kept for a
    /// while, and comes back if an admin names it.
    SetAside {
        /// Who wrote it.
        author: PeerId,
        /// How many versions.
        count: usize,
    },
    /// Our clock differs from that of the members by more than clocks do that are right, or does no
    /// longer.
    Clock {
        /// By how many milliseconds that of the members is ahead; nothing if all is well.
        ahead: Option<i64>,
    },
    /// What this node wrote by a clock that was ahead is written anew, so that others take it.
    Rewritten {
        /// The record.
        old: RecordId,
        /// The record in its place, or the same one.
        new: RecordId,
    },
    /// What this identity wrote and this node had taken counts no longer: [`Code::Superseded`] if
    /// somebody else was faster, [`Code::OverBudget`], [`Code::Revoked`] or [`Code::NotAllowed`].
    Rejected {
        /// The record.
        id: RecordId,
        /// Why.
        code: Code,
    },
    /// A record of the system is of a format that a newer version has written.
    UpdateNeeded,
    /// What is to be stored is not: it is tried again, and would not outlast a crash until then.
    Unsaved {
        /// Why.
        code: Code,
    },
    /// All that could not be stored is stored.
    Saved,
    /// What was stored came back damaged and was dropped; it is fetched from others.
    Damaged {
        /// The records.
        count: usize,
    },
    /// Another member, or somebody who should be one, does not take this node for a member.
    Refused {
        /// Why.
        code: Code,
    },
}

/// What an open group has in memory beside the records that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupLoad {
    /// Versions that wait for their author's credential, or for their time.
    pub waiting: usize,
    /// Their bytes.
    pub waiting_bytes: usize,
    /// Versions that are set aside.
    pub aside: usize,
    /// Bytes of frames that wait to be sent.
    pub frame_bytes: usize,
    /// Names of copies that are to be asked for or sent.
    pub names: usize,
    /// Those of them that a neighbor is to give, of the one with the most.
    pub awaited: usize,
    /// Bytes of bodies kept in memory.
    pub body_bytes: usize,
}

/// How a group stands, for people who ask why something does not come.
#[derive(Clone, Debug)]
pub struct GroupReport {
    /// Its number on this node, and that of its room while it is connected.
    pub group: RoomId,
    /// Records that are held, deleted ones among them.
    pub held: usize,
    /// Versions that came and wait for their author's credential, or for their time.
    pub waiting: usize,
    /// Versions that are set aside, since whoever wrote them was shut out.
    pub aside: usize,
    /// Why the store refuses what is written, if it does.
    pub unsaved: Option<Code>,
    /// The linked members.
    pub neighbors: Vec<NeighborReport>,
}

/// How a linked member of a group stands with this node.
#[derive(Clone, Debug)]
pub struct NeighborReport {
    /// Its running instance.
    pub node: NodeId,
    /// Whether both have shown each other to be members.
    pub is_introduced: bool,
    /// Whether only names of new records travel to it, which come over another link first.
    pub is_lazy: bool,
    /// Whether all that it holds was compared with what is held here.
    pub is_compared: bool,
    /// Versions that it is known to have, and that are not here.
    pub missing: usize,
    /// Versions that are to be sent to it.
    pub sending: usize,
}

/// A group that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptGroup {
    /// The group.
    pub id: lacis_wire::GroupId,
    /// What it is called.
    pub name: String,
}

/// An open invitation of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationInfo {
    /// Its record.
    pub id: RecordId,
    /// Who made it.
    pub issuer: PeerId,
    /// What it says.
    pub says: OpenInvitation,
    /// Those who came by it.
    pub used_by: Vec<PeerId>,
}

impl InvitationInfo {
    /// Whether nobody but its issuer lets in by it.
    pub(crate) const fn is_exact(&self) -> bool {
        self.says.flags & OpenInvitation::EXACT != 0
    }
}

/// What an open invitation offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What the founder says of the group.
    pub properties: GroupProperties,
    /// The invitation, without those who came by it.
    pub invitation: InvitationInfo,
    /// How many did, as far as the member knows that answered.
    pub used: u32,
}

/// Where a node stands with what others hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncPhase {
    /// No member is linked whose records could be compared with.
    Alone,
    /// What a member holds is compared or fetched.
    Fetching,
    /// All that the linked members hold is here.
    Whole,
}

/// How old what is held can be at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSync {
    /// Where this node stands.
    pub phase: SyncPhase,
    /// The group time at which it last held all that a linked member held; `None` if it never did.
    pub at: Option<Millis>,
}
