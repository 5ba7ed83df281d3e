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

mod attempt;
mod clock;
mod closing;
mod commands;
mod config;
mod error;
mod frames;
pub mod graph;
mod group;
mod group_commands;
mod group_reading;
mod groups;
mod inbound;
mod invitation_commands;
mod io;
mod link;
mod messages;
mod node;
mod offers;
mod outbound;
mod pace;
mod pairing;
mod patience;
mod places;
mod recovery;
mod remote;
mod report;
mod room;
mod route;
mod rule;
mod server;
mod shared;
mod sorting;
mod spare;
mod start;
mod store;
mod strangers;
mod streams;
mod suspension;
mod table;
mod tickets;
mod time;
mod turns;
mod wall;

pub use config::{Config, ConfigError};
pub use error::{JoinError, PairError, SendError, StreamError};
pub use group::{
    Condition, Field, Filter, GroupEvent, GroupLoad, GroupMember, GroupSync, InvitationInfo,
    InviteOptions, KeptGroup, Operator, Paging, Preview, Record, RevokeOptions, Search, Subject,
    SyncPhase,
};
pub use group_commands::Content;
pub use io::{
    Event, Input, LinkAction, LinkId, LinkInput, LinkState, MessageKind, OpId, Output, Path,
    Priority, RemoteState, RequestId, RoomId, RoomState, ServerState, SocketId, StreamId, Ticket,
    Until,
};
pub use node::Node;
pub use report::{LinkReport, RemoteReport, Report, RoomReport, ServerReport};
pub use rule::Rule;
pub use store::{StoreChange, StoreReply, StoreRequest, StoreTable};
pub use time::{Timer, Timestamp};
