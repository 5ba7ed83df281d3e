//! Rooms: a secret link gives the topic to meet at and the keys that seal and prove.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, decode, demand, encode};
use crate::ids::{NodeId, RoomTag, Topic, truncate};
use crate::limits;
use crate::text::{TextError, TextForm};

/// What every room link begins with.
pub const PREFIX: &str = "lr";

/// The version of the link format that this crate writes.
pub const VERSION: char = '1';

const FORM: TextForm = TextForm {
    prefix: PREFIX,
    version: VERSION,
    checksum: "lacis 2026 room 1 checksum",
    chars_max: limits::ROOM_LINK_CHARS,
};

/// Of the topic, the key that seals and the key that proves.
const ROOM_CONTEXTS: [&str; 3] =
    ["lacis 2026 room 1 topic", "lacis 2026 room 1 seal", "lacis 2026 room 1 prove"];

/// The same for a meeting key of a group.
const GROUP_CONTEXTS: [&str; 3] =
    ["lacis 2026 group 1 topic", "lacis 2026 group 1 seal", "lacis 2026 group 1 prove"];

/// A room: whoever knows the link is in it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct RoomLink {
    /// The secret from which everything else follows.
    #[cbor(n(0), bytes)]
    pub secret: [u8; 16],
    /// Signaling servers where its members meet; none means those of whoever opens it.
    #[n(1)]
    pub servers: Vec<String>,
}

impl core::fmt::Debug for RoomLink {
    /// Leaves the secret out, so that it never reaches a log.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RoomLink").field("servers", &self.servers).finish_non_exhaustive()
    }
}

/// Why a text is not a room link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoomLinkError {
    /// Nothing in the text looks like a room link.
    #[error("not a room link")]
    Unknown,
    /// Characters are missing, added or changed.
    #[error("the room link is damaged")]
    Damaged,
    /// The link was made by a newer version.
    #[error("the room link needs a newer version")]
    Version,
}

impl From<TextError> for RoomLinkError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Unknown => Self::Unknown,
            TextError::Damaged => Self::Damaged,
            TextError::Version => Self::Version,
        }
    }
}

impl Frame for RoomLink {
    const BYTES_MAX: usize = limits::ROOM_LINK_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(self.servers.len() <= limits::ROOM_LINK_SERVERS_MAX, "servers")?;
        demand(self.servers.iter().all(|url| server_ok(url)), "server")
    }
}

impl RoomLink {
    /// The text form: `lr1` and the base32 of the fields and a checksum of 4 bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        FORM.write(encode(self))
    }

    /// Reads the text form, alone or as the fragment of an address.
    ///
    /// # Errors
    /// See [`RoomLinkError`].
    pub fn parse(text: &str) -> Result<Self, RoomLinkError> {
        decode(&FORM.read(text)?).map_err(|_| RoomLinkError::Damaged)
    }

    /// A short public tag of the room, 16 characters: equal for equal rooms, and no way in.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = self.keys().topic.to_text();
        text.truncate(16);
        text
    }

    /// The keys of the room.
    #[must_use]
    pub fn keys(&self) -> RoomKeys {
        RoomKeys::derive(&self.secret, ROOM_CONTEXTS)
    }
}

/// A key by which the members of a group, and those who store for them, find each other: that of
/// its topic, or that of its door. It does what the secret of a room does, and opens nothing that
/// the group keeps.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct MeetingKey(
    #[n(0)]
    #[cbor(bytes)]
    pub [u8; 16],
);

impl core::fmt::Debug for MeetingKey {
    /// Leaves the key out, so that it never reaches a log.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MeetingKey").finish_non_exhaustive()
    }
}

impl MeetingKey {
    /// The keys that follow.
    #[must_use]
    pub fn keys(&self) -> RoomKeys {
        RoomKeys::derive(&self.0, GROUP_CONTEXTS)
    }
}

/// The keys that follow from a room's secret or a group's meeting key.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomKeys {
    /// Where members meet.
    pub topic: Topic,
    /// Seals what passes through the server.
    pub(crate) seal: [u8; 32],
    prove: [u8; 32],
}

impl core::fmt::Debug for RoomKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RoomKeys").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl RoomKeys {
    fn derive(secret: &[u8], [topic, seal, prove]: [&str; 3]) -> Self {
        Self {
            topic: Topic(blake3::derive_key(topic, secret)),
            seal: blake3::derive_key(seal, secret),
            prove: blake3::derive_key(prove, secret),
        }
    }

    /// The tag by which `sender` names the room on the link with that transcript. Nobody without
    /// the room's key can make it, and it is worth nothing on another link or in the other
    /// direction.
    #[must_use]
    pub fn tag(&self, transcript: &[u8; 32], sender: NodeId) -> RoomTag {
        let mut hasher = blake3::Hasher::new_keyed(&self.prove);
        hasher.update(transcript);
        hasher.update(sender.as_bytes());
        RoomTag(truncate(&hasher.finalize()))
    }
}

/// Whether a text may be the address of a signaling server.
#[must_use]
pub fn server_ok(url: &str) -> bool {
    let rest = url.strip_prefix("wss://").or_else(|| url.strip_prefix("ws://"));
    rest.is_some_and(|rest| !rest.is_empty())
        && url.len() <= limits::URL_BYTES
        && url.chars().all(|c| c.is_ascii_graphic())
}

/// Whether a text may be the address of a server to which an admin sends all members of a group:
/// nobody on the way reads what they say there, unless it is on their own device, and no name or
/// password is in it.
#[must_use]
pub fn group_server_ok(url: &str) -> bool {
    // As bytes: slices of text bring along much that a page would have to load.
    let bytes = url.as_bytes();
    let secure = bytes.strip_prefix(b"wss://");
    let Some(rest) = secure.or_else(|| bytes.strip_prefix(b"ws://")) else { return false };
    let length = rest.iter().take_while(|it| !matches!(it, b'/' | b'?')).count();
    let authority = rest.get(..length).unwrap_or_default();
    let own: [&[u8]; 3] = [b"localhost", b"127.0.0.1", b"[::1]"];
    let is = |host: &&[u8]| matches!(authority.strip_prefix(*host), Some([] | [b':', ..]));
    let is_fine = secure.is_some() || own.iter().any(is);
    let is_plain = !authority.contains(&b'@') && !bytes.iter().any(|it| matches!(it, b'#' | b'\\'));
    is_fine && is_plain && !matches!(authority, [] | [b':', ..]) && server_ok(url)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;

    use super::{RoomLink, RoomLinkError};

    fn link() -> RoomLink {
        RoomLink { secret: [7; 16], servers: vec!["wss://example.org/ws".to_string()] }
    }

    #[test]
    fn a_link_survives_its_text_alone_and_inside_an_address() {
        let text = link().to_text();
        assert_eq!(RoomLink::parse(&text), Ok(link()));
        assert_eq!(RoomLink::parse(&format!(" https://a.example/chat/#{text}\n")), Ok(link()));
        assert_eq!(RoomLink::parse(&text.to_uppercase()), Ok(link()));
    }

    #[test]
    fn every_single_change_is_noticed() {
        // Without servers the last letter has bits to spare.
        let short = RoomLink { servers: vec![], ..link() };
        for text in [link().to_text(), short.to_text()] {
            for at in 3..text.len() {
                for other in "abcdefghijklmnopqrstuvwxyz234567".chars() {
                    let mut letters: vec::Vec<char> = text.chars().collect();
                    if core::mem::replace(&mut letters[at], other) == other {
                        continue;
                    }
                    let changed: alloc::string::String = letters.into_iter().collect();
                    assert_eq!(RoomLink::parse(&changed), Err(RoomLinkError::Damaged), "{changed}");
                }
                let cut = &text[..at];
                assert_eq!(RoomLink::parse(cut), Err(RoomLinkError::Damaged), "{cut}");
            }
        }
    }

    #[test]
    fn other_texts_and_newer_versions_are_told_apart() {
        for text in ["", "lr", "hello", "https://example.org/", "lrx234", "\u{e9}\u{e9}"] {
            assert_eq!(RoomLink::parse(text), Err(RoomLinkError::Unknown), "{text}");
        }
        assert_eq!(RoomLink::parse("lr2aaaa"), Err(RoomLinkError::Version));
    }

    #[test]
    fn tags_differ_by_direction_and_link() {
        let keys = link().keys();
        let (a, b) = (crate::NodeId([1; 16]), crate::NodeId([2; 16]));
        assert_ne!(keys.tag(&[0; 32], a), keys.tag(&[0; 32], b));
        assert_ne!(keys.tag(&[0; 32], a), keys.tag(&[1; 32], a));
    }
}
