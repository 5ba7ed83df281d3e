//! Ids, frames, records, credentials, limits, sealing and proofs of the Lacis protocol.
//!
//! Everything here is a value or a pure function: encode, decode, seal, sign, verify. Nothing
//! keeps state, nothing asks a clock or a random source of its own. Decoding is strict: a frame has
//! a maximum size, its bytes are its one encoding, and every field is checked against [`limits`]
//! before anyone sees it. Only frames between neighbors may hold fields of a later version.
//! `docs/protocol.md` describes the same formats in words.

#![no_std]

extern crate alloc;
// Derived code names this crate from wherever it stands.
extern crate self as lacis_wire;

pub mod body;
pub mod card;
mod channel;
pub mod code;
pub mod codec;
pub mod credential;
pub mod description;
mod error;
pub mod export;
pub mod fields;
pub mod gossip;
pub mod group;
mod ice;
pub mod ids;
pub mod invitation;
pub mod keys;
pub mod limits;
pub mod link;
pub mod memo;
mod naming;
pub mod pairing;
pub mod pen;
pub mod presence;
pub mod proof;
pub mod reader;
pub mod record;
pub mod relay;
pub mod roles;
pub mod room;
pub mod seal;
pub mod setup;
pub mod signal;
mod signature;
pub mod symbol;
pub mod system;
mod text;
pub mod time;
pub mod version;
pub mod writer;

pub use code::Code;
pub use error::DecodeError;
pub use ids::{
    AttemptId, CredentialId, EndId, GroupId, KeyName, NodeId, PeerId, RecordId, RoomTag, Topic,
};
pub use roles::Roles;
pub use time::Millis;
pub use version::{PROTOCOL, VersionRange};
