//! A Lacis peer outside of browsers, with the notions of the npm package `lacis`.
//!
//! A [`Peer`] joins rooms by their secret links and groups by invitations, and links to pages and
//! to other programs alike. All links of a peer share one UDP port. What groups write is kept in a
//! store in one file.
//!
//! Everything about one peer happens on one thread, which it has for itself unless it was started
//! beside another ([`Peer::start_beside`]). So a program may use any runtime of tokio or none; the
//! futures here only wait for that thread.
//!
//! Where two find no path to each other, a relay of a TURN server over UDP stands between, if their
//! signaling server names one. What this version does not do: it asks for no relay over TCP or TLS;
//! and names under `.local`, behind which browsers hide addresses, are not looked up, so such pages
//! are linked because they find this peer, or over a relay.

mod addresses;
mod clock;
mod demux;
mod desk;
mod error;
mod event;
mod feed;
mod file;
mod file_writer;
mod group;
mod handle;
mod identity;
mod link;
mod machine;
mod mirror;
mod options;
mod peer;
mod port;
mod request;
mod room;
mod socket;
mod store;
mod turn;
mod udp;

pub use error::{Error, StartError, StoreError};
pub use event::{GroupUpdate, Message, PeerEvent, Presence, Remote, RoomEvent, WatchUpdate};
pub use file::{FileInfo, FileReader, IncomingFile};
pub use file_writer::FileWriter;
pub use group::{Export, Group, GroupEvents, GroupHolding, GroupOptions, Import, Watch};
pub use identity::Identity;
pub use options::Options;
pub use peer::{InvitationPreview, Peer, PeerEvents, group_of_invitation};
pub use request::Request;
pub use room::{Room, RoomEvents, SendOptions, create_room_link, create_room_link_at};

pub use lacis_core::{
    Condition, Content, Field, Filter, GroupEvent, GroupMember, GroupSync, InvitationInfo,
    InviteOptions, KeptGroup, MessageKind, Operator, Preview, Priority, Record, RemoteState,
    Report, RevokeOptions, RoomState, Search, ServerState, Subject, SyncPhase, Until,
};
pub use lacis_wire::body::{Attribute, Value};
pub use lacis_wire::record::{Header, RecordType};
pub use lacis_wire::room::RoomLink;
pub use lacis_wire::system::GroupProperties;
pub use lacis_wire::{Code, GroupId, Millis, NodeId, PeerId, RecordId, Roles, limits};
