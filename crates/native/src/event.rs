//! What a peer and its rooms tell.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lacis_core::{GroupEvent, MessageKind, Record, RemoteState, RoomState, ServerState};
use lacis_wire::{Code, NodeId, PeerId};

use crate::feed;
use crate::file::IncomingFile;
use crate::request::Request;

/// Another node in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its id, which is new each time it starts.
    pub node: NodeId,
    /// Its identity; proven once it is linked, claimed or unknown before.
    pub peer: Option<PeerId>,
    /// How it is reached.
    pub state: RemoteState,
    /// The last round trip measured.
    pub rtt: Option<Duration>,
}

impl Remote {
    /// Whether it is reached now: by a link, or through others.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        matches!(self.state, RemoteState::Direct | RemoteState::Relayed | RemoteState::Indirect)
    }
}

/// A message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who sent it.
    pub from: NodeId,
    /// The application's name for the sort of message.
    pub label: String,
    /// What it says.
    pub data: Bytes,
    /// To whom it was sent.
    pub kind: MessageKind,
}

/// What somebody who is here says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Whose it is.
    pub node: NodeId,
    /// Its identity.
    pub peer: PeerId,
    /// What it says; `None` once that is over.
    pub value: Option<Bytes>,
}

impl Presence {
    fn bytes(&self) -> usize {
        self.value.as_ref().map_or(0, Bytes::len)
    }
}

/// What a room tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RoomEvent {
    /// How the room stands with the servers is something else than before.
    State(RoomState),
    /// Somebody was found; the link may still be made.
    RemoteJoined(Remote),
    /// A remote's state or round trip is something else than before.
    RemoteChanged(Remote),
    /// A remote is gone.
    RemoteLeft {
        /// As it was.
        remote: Remote,
        /// Why: [`Code::Left`] for a goodbye, [`Code::LinkLost`] when it just fell silent.
        code: Code,
    },
    /// One attempt to link to somebody gave up; more may follow.
    ConnectFailed {
        /// The node that was not reached.
        node: NodeId,
        /// Why the attempt gave up.
        code: Code,
    },
    /// A message came.
    Message(Message),
    /// Somebody says something of itself, or nothing any more.
    Presence(Presence),
    /// Somebody asks something.
    Request(Request),
    /// Somebody offers a file.
    File(IncomingFile),
    /// So many events were lost, because they were not read in time.
    Missed(u64),
}

impl feed::Event for RoomEvent {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(message) => message.data.len(),
            Self::Presence(presence) => presence.bytes(),
            Self::Request(request) => request.data().len(),
            _ => 0,
        }
    }

    fn missed(count: u64) -> Self {
        Self::Missed(count)
    }
}

/// What a peer tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerEvent {
    /// The connection to a server changed.
    Server {
        /// Its address.
        url: String,
        /// What it is now.
        state: ServerState,
        /// Why it is not open, where that is known.
        code: Option<Code>,
        /// After what time it is dialled again.
        retry: Option<Duration>,
    },
    /// Whether any server is open is known now, or is something else than before.
    Online(bool),
    /// Something was not as it should be, and was dealt with.
    Warning {
        /// What it was.
        code: Code,
        /// The node it is about, if it is about one.
        node: Option<NodeId>,
    },
    /// So many events were lost, because they were not read in time.
    Missed(u64),
}

impl feed::Event for PeerEvent {
    fn bytes(&self) -> usize {
        0
    }

    fn missed(count: u64) -> Self {
        Self::Missed(count)
    }
}

/// What a group tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupUpdate {
    /// Something happened.
    Event(Arc<GroupEvent>),
    /// A member says something of itself, or nothing any more.
    Presence(Presence),
    /// So many events were lost, because they were not read in time.
    Missed(u64),
}

/// What a watch tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchUpdate {
    /// A record that fits is new, or has a new version.
    Record(Arc<Record>),
    /// So many were lost, because they were not read in time: query again.
    Missed(u64),
}

impl feed::Event for GroupUpdate {
    fn bytes(&self) -> usize {
        match self {
            Self::Event(event) => match &**event {
                GroupEvent::Record { record, .. } => weight(record),
                _ => 0,
            },
            Self::Presence(presence) => presence.bytes(),
            Self::Missed(_) => 0,
        }
    }

    fn missed(count: u64) -> Self {
        Self::Missed(count)
    }
}

impl feed::Event for WatchUpdate {
    fn bytes(&self) -> usize {
        match self {
            Self::Record(record) => weight(record),
            Self::Missed(_) => 0,
        }
    }

    fn missed(count: u64) -> Self {
        Self::Missed(count)
    }
}

fn weight(record: &Record) -> usize {
    record.body.as_ref().map_or(0, |body| body.data.len())
}
