//! What the application gets to see.

mod group;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::{Code, NodeId, PeerId};

use crate::ids::{RequestId, RoomId, StreamId, Ticket};
pub use group::{
    GroupEvent, GroupLoad, GroupMember, GroupReport, GroupSync, InvitationInfo, KeptGroup,
    NeighborReport, Preview, Record, SyncPhase,
};

/// What the application gets to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something asked for is done, or will not be done. Each ticket is completed once.
    Completed {
        /// The application's number.
        ticket: Ticket,
        /// What comes of it, or why nothing does.
        result: Result<Completion, Code>,
    },
    /// The connection to a signaling server changed.
    Server {
        /// Its address.
        url: String,
        /// What it is now.
        state: ServerState,
        /// Why, when it is not what it should be.
        code: Option<Code>,
        /// When it is dialled again.
        retry: Option<Duration>,
    },
    /// Whether any signaling server is open is known now, or is something else than before. A first
    /// dial is hope: as long as none has failed and none is open, nothing is known.
    Online {
        /// Whether one is.
        online: bool,
    },
    /// A room's connection to the outside changed.
    Room {
        /// The room.
        room: RoomId,
        /// What it is now.
        state: RoomState,
    },
    /// A remote node appeared or changed.
    Remote {
        /// The room.
        room: RoomId,
        /// The remote node.
        node: NodeId,
        /// Its identity; proven once it is linked, claimed or unknown before.
        peer: Option<PeerId>,
        /// How it is reached.
        state: RemoteState,
        /// Last round trip measured.
        rtt: Option<Duration>,
    },
    /// A remote node is gone.
    RemoteLeft {
        /// The room.
        room: RoomId,
        /// The remote node.
        node: NodeId,
        /// Why.
        code: Code,
    },
    /// A remote node says something of itself, and again before that would end; or nothing any
    /// more.
    Presence {
        /// The room, or the group.
        room: RoomId,
        /// The remote node.
        node: NodeId,
        /// Its identity.
        peer: PeerId,
        /// What it says; `None` once that is over.
        value: Option<Vec<u8>>,
    },
    /// An attempt to link to a remote node gave up.
    ConnectFailed {
        /// The room.
        room: RoomId,
        /// The node.
        node: NodeId,
        /// Why.
        code: Code,
    },
    /// A message came.
    Message {
        /// The room.
        room: RoomId,
        /// Who sent it.
        node: NodeId,
        /// The application's name for the sort of message.
        label: String,
        /// Its bytes.
        payload: Vec<u8>,
        /// To whom it was sent.
        kind: MessageKind,
    },
    /// A remote asks something; answer with [`crate::Node::respond`].
    Request {
        /// Names the answer.
        request: RequestId,
        /// The room.
        room: RoomId,
        /// Who asks.
        node: NodeId,
        /// The application's name for the sort of request.
        label: String,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// A remote wants to send a file; nothing flows until it is accepted.
    File {
        /// Names the stream.
        stream: StreamId,
        /// The room.
        room: RoomId,
        /// Who sends it.
        node: NodeId,
        /// Its name.
        name: String,
        /// Its media type, may be empty.
        media_type: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The next bytes of a file.
    FileData {
        /// The stream.
        stream: StreamId,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Every byte of a file came.
    FileEnd {
        /// The stream.
        stream: StreamId,
    },
    /// A file in either direction ended early.
    StreamFailed {
        /// The stream.
        stream: StreamId,
        /// Why.
        code: Code,
    },
    /// How far a file we send has come.
    Progress {
        /// The stream.
        stream: StreamId,
        /// Bytes handed to the network.
        sent: u64,
        /// Bytes the receiving application has taken.
        taken: u64,
    },
    /// Something happened in a group.
    Group {
        /// Its number on this node.
        group: RoomId,
        /// What.
        event: Box<GroupEvent>,
    },
    /// Something suspicious that needs no action.
    Warning {
        /// What.
        code: Code,
        /// Whose doing it seems to be.
        node: Option<NodeId>,
    },
}

/// What comes of something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// It is done.
    Done,
    /// The answer to a request, or the text of a pairing.
    Answer(Vec<u8>),
    /// The groups that are stored.
    Groups(Vec<KeptGroup>),
    /// The record that was read.
    Record(Box<Record>),
    /// What an invitation offers.
    Preview(Box<Preview>),
}

/// The connection to a signaling server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// Being dialled.
    Dialing,
    /// Open and greeted.
    Open,
    /// Lost; dialled again later.
    Waiting,
    /// Given up with the node.
    Closed,
}

/// A room's connection to the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomState {
    /// No server has answered yet.
    Connecting,
    /// At least one server knows that we are here.
    Open,
    /// No server knows; links that stand go on.
    Offline,
}

/// How a remote is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteState {
    /// Being linked for the first time.
    Connecting,
    /// Linked, packets go straight.
    Direct,
    /// Linked through a TURN server, or over a neighbor of both.
    Relayed,
    /// The link broke and is being rebuilt; what is sent waits.
    Recovering,
    /// Not linked, in a room where not everybody is: what is told to all reaches it through others,
    /// and to speak to it alone makes a link.
    Indirect,
}

/// To whom a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// To this remote only.
    Direct,
    /// To all, reliably.
    Broadcast,
    /// To all, with losses.
    Ephemeral,
}
