//! What goes into a node and what comes out of it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;
use lacis_wire::{Code, Millis};

use crate::event::Event;
use crate::ids::{LinkId, OpId, SocketId};
use crate::store::{StoreChange, StoreReply, StoreRequest};

/// What the driver tells the node. Bytes that came from elsewhere are borrowed or owned, as suits
/// the driver; the node copies what it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A socket to a signaling server is open.
    SocketOpened(SocketId),
    /// A frame came from a signaling server.
    SocketFrame(SocketId, Cow<'a, [u8]>),
    /// A socket failed or was closed, with the WebSocket close code if there is one.
    SocketClosed(SocketId, Option<u16>),
    /// Something happened to a link.
    Link(LinkId, LinkInput<'a>),
    /// The store answers.
    Store(OpId, StoreReply),
    /// What the clock on the wall says now. A driver tells it before every
    /// [`crate::Node::handle_timeout`], whenever the device or the page wakes up, and before other
    /// inputs as often as it likes: monotonic clocks stand still while a machine sleeps.
    Wall(Millis),
}

/// What happens to a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkInput<'a> {
    /// [`LinkAction::Offer`] or [`LinkAction::Accept`] is done; the local session description.
    Described(OpId, String),
    /// [`LinkAction::SetAnswer`] is done.
    Done(OpId),
    /// [`LinkAction::Create`] failed: there is no such connection, and nothing more is said of it.
    CreateFailed(Code),
    /// An operation failed.
    Failed(OpId, Code),
    /// The answer to [`LinkAction::Inspect`].
    Path(OpId, Path),
    /// A local candidate was found.
    Candidate(String),
    /// All local candidates were found.
    Gathered,
    /// The state of the connection changed.
    State(LinkState),
    /// A data channel is open.
    ChannelOpened(Channel),
    /// A data channel closed.
    ChannelClosed(Channel),
    /// A message came.
    Data(Channel, Cow<'a, [u8]>),
    /// Bytes in the browser's send buffer, told when they have fallen to
    /// [`lacis_wire::limits::BUFFERED_LOW_BYTES`].
    Buffered(Channel, usize),
}

impl Input<'_> {
    /// The same with bytes of its own, for one that waits for its turn.
    #[must_use]
    pub fn into_owned(self) -> Input<'static> {
        match self {
            Self::SocketOpened(socket) => Input::SocketOpened(socket),
            Self::SocketFrame(socket, bytes) => {
                Input::SocketFrame(socket, Cow::Owned(bytes.into_owned()))
            }
            Self::SocketClosed(socket, code) => Input::SocketClosed(socket, code),
            Self::Link(link, input) => Input::Link(link, input.into_owned()),
            Self::Store(op, reply) => Input::Store(op, reply),
            Self::Wall(reading) => Input::Wall(reading),
        }
    }
}

impl LinkInput<'_> {
    /// The same with bytes of its own, for one that waits for its turn.
    #[must_use]
    pub fn into_owned(self) -> LinkInput<'static> {
        match self {
            Self::Described(op, sdp) => LinkInput::Described(op, sdp),
            Self::Done(op) => LinkInput::Done(op),
            Self::CreateFailed(code) => LinkInput::CreateFailed(code),
            Self::Failed(op, code) => LinkInput::Failed(op, code),
            Self::Path(op, path) => LinkInput::Path(op, path),
            Self::Candidate(line) => LinkInput::Candidate(line),
            Self::Gathered => LinkInput::Gathered,
            Self::State(state) => LinkInput::State(state),
            Self::ChannelOpened(channel) => LinkInput::ChannelOpened(channel),
            Self::ChannelClosed(channel) => LinkInput::ChannelClosed(channel),
            Self::Data(channel, bytes) => LinkInput::Data(channel, Cow::Owned(bytes.into_owned())),
            Self::Buffered(channel, bytes) => LinkInput::Buffered(channel, bytes),
        }
    }
}

/// The state of a connection, as `RTCPeerConnection.connectionState` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// ICE and DTLS stand.
    Connected,
    /// ICE lost the path and looks for it.
    Disconnected,
    /// ICE gave up.
    Failed,
    /// DTLS failed: the certificate was not the one promised, or the transport broke.
    DtlsFailed,
}

/// How packets travel: the candidates of both ends that ICE has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// Our end; `None` if the platform does not say.
    pub local: Option<CandidateKind>,
    /// The other end.
    pub remote: Option<CandidateKind>,
}

impl Path {
    /// Over a neighbor.
    pub(crate) const OVER_PEER: Self =
        Self { local: Some(CandidateKind::Peer), remote: Some(CandidateKind::Peer) };

    /// Whether a TURN server stands between, or another peer.
    #[must_use]
    pub const fn relayed(self) -> bool {
        use CandidateKind::{Peer, Relay};
        matches!(self.local, Some(Relay | Peer)) || matches!(self.remote, Some(Relay | Peer))
    }
}

/// What an address is that a link may use, as ICE names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// One of the machine itself.
    Host,
    /// One that a STUN server has seen, of a router.
    ServerReflexive,
    /// One that only the other end has seen.
    PeerReflexive,
    /// One of a TURN server.
    Relay,
    /// None: what is said goes, sealed, over a neighbor of both.
    Peer,
}

impl CandidateKind {
    const ALL: [Self; 4] = [Self::Host, Self::ServerReflexive, Self::PeerReflexive, Self::Relay];

    /// The kind of that name in descriptions and statistics.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name there.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::ServerReflexive => "srflx",
            Self::PeerReflexive => "prflx",
            Self::Relay => "relay",
            Self::Peer => "peer",
        }
    }
}

/// What the node wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a WebSocket to that address.
    Dial(SocketId, String),
    /// Send a binary message.
    Transmit(SocketId, Vec<u8>),
    /// Close the WebSocket; nothing more is heard of it.
    HangUp(SocketId),
    /// Do something with a link.
    Link(LinkId, LinkAction),
    /// Ask the store; it answers with [`Input::Store`], in any order.
    Store(OpId, StoreRequest),
    /// The first changes of a write that [`Output::Store`] is going to ask for under the same
    /// number, whose own follow them. They are made with it or not at all, and until then the store
    /// may get ready. Only a driver that calls [`crate::Node::gather`] gets them.
    StorePart(OpId, Vec<StoreChange>),
    /// Tell the application.
    Event(Event),
}

/// What is to be done with a link. What changes a description or adds a candidate is done one after
/// the other, in the order given, as a browser's chain of operations does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkAction {
    /// Make the connection object and its three negotiated channels, or tell
    /// [`LinkInput::CreateFailed`].
    Create {
        /// STUN and TURN servers.
        ice_servers: Vec<IceServer>,
        /// Whether only relayed candidates may be used.
        relay_only: bool,
    },
    /// Make an offer and set it as local description.
    Offer {
        /// Names the result.
        op: OpId,
        /// Whether ICE is to begin anew.
        restart: bool,
    },
    /// Set a remote offer, make an answer and set it as local description.
    Accept {
        /// Names the result.
        op: OpId,
        /// The offer.
        sdp: String,
    },
    /// Set the remote answer.
    SetAnswer {
        /// Names the result.
        op: OpId,
        /// The answer.
        sdp: String,
    },
    /// Add a remote candidate.
    AddCandidate(String),
    /// Send a message, and hand its answer to [`crate::Node::handle_sent`].
    Send(Channel, Vec<u8>),
    /// Find out the path in use.
    Inspect(OpId),
    /// Close and forget the connection, but let what was just sent leave first: a goodbye that is
    /// cut off helps nobody. Nothing more is heard of it.
    Close,
}

/// How urgent a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Interactive if it fits, bulk otherwise.
    #[default]
    Automatic,
    /// In order, ahead of all bulk; at most [`lacis_wire::limits::INTERACTIVE_BYTES`].
    Interactive,
    /// Beside everything else; at most [`lacis_wire::limits::MESSAGE_BYTES`].
    Bulk,
}

/// When a message counts as sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// It was handed to the network.
    #[default]
    Accepted,
    /// The other node has it.
    Delivered,
}
