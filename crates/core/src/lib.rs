//! The Lacis node: one sans-IO, deterministic state machine that decides everything.
//!
//! A [`Node`] talks to signaling servers, finds the other members of its rooms, links to them,
//! proves who is who, carries messages and files, and gets links back that broke. It has no clock,
//! no randomness, no sockets and no threads of its own; a driver lends it all of that.
//!
//! # The contract
//!
//! **After every call that takes `&mut Node`, drain [`Node::poll_output`] to `None`, carry the
//! outputs out in order, and then ask [`Node::poll_timeout`] when to call
//! [`Node::handle_timeout`].**
//!
//! ```
//! use lacis_core::{Config, Input, Node, Output, Timestamp};
//!
//! let config = Config { servers: vec!["wss://example.org/ws".into()], ..Config::default() };
//! let mut node = Node::new(config, [7; 32], Timestamp::ZERO)?;
//! let mut dialled = Vec::new();
//! while let Some(output) = node.poll_output() {
//!     if let Output::Dial(socket, url) = output {
//!         dialled.push((socket, url));
//!     }
//! }
//! let (socket, url) = dialled.remove(0);
//! assert_eq!(url, "wss://example.org/ws");
//! node.handle_input(Timestamp::from_micros(50), Input::SocketOpened(socket));
//! assert!(matches!(node.poll_output(), Some(Output::Transmit(_, _))));
//! assert!(node.poll_timeout().is_some());
//! # Ok::<(), lacis_core::ConfigError>(())
//! ```
//!
//! A run is reproducible: the same seed and the same inputs give the same outputs, natively and in
//! Wasm. Ids of sockets, links and operations are never used twice, so a callback that comes late
//! is recognised and ignored.

#![no_std]

extern crate alloc;

mod broadcast;
mod clock;
mod config;
mod connect;
mod cx;
mod error;
mod event;
pub mod graph;
mod group;
mod ids;
mod io;
mod many;
#[doc(hidden)]
pub mod meter;
mod node;
mod overlay;
mod paths;
mod presence;
mod relays;
mod remote;
mod rule;
mod session;
mod signaling;
mod sorting;
mod start;
mod store;
mod table;
mod tickets;
mod time;
mod wall;

pub use config::{Config, ConfigError};
pub use error::{JoinError, OpenError, PairError, SendError, StreamError};
pub use event::{
    Completion, Event, GroupEvent, GroupLoad, GroupMember, GroupReport, GroupSync, InvitationInfo,
    KeptGroup, MessageKind, NeighborReport, Preview, Record, RemoteState, RoomState, ServerState,
    SyncPhase,
};
pub use group::{
    Condition, Field, Filter, InviteOptions, Operator, Paging, RevokeOptions, Search, Subject,
};
pub use ids::{LinkId, OpId, RequestId, RoomId, SocketId, StreamId, Ticket};
pub use io::{
    CandidateKind, Input, LinkAction, LinkInput, LinkState, Output, Path, Priority, Until,
};
pub use node::{Content, LinkReport, Node, RemoteReport, Report, RoomReport, ServerReport};
pub use rule::Rule;
pub use signaling::Route;
pub use store::{StoreChange, StorePage, StoreReply, StoreRequest, StoreTable};
pub use time::{Timer, Timestamp};
