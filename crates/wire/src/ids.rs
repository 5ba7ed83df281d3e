//! Identifiers. All are fixed-size byte strings; their text form is lower-case base32 (RFC 4648
//! alphabet, no padding), because it survives being read aloud, typed and put into a QR code.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base32ct::{Base32Unpadded, Encoding};
use lacis_derive::{Decode, Encode};

/// Lower-case base32 without padding.
pub(crate) fn to_base32(bytes: &[u8]) -> String {
    Base32Unpadded::encode_string(bytes)
}

/// Reads base32 without padding, in either case. The last letter may carry bits that stand for
/// nothing; they have to be zero, so that the same bytes never have two texts.
pub(crate) fn from_base32(text: &str) -> Option<Vec<u8>> {
    let text = text.to_ascii_lowercase();
    let bytes = Base32Unpadded::decode_vec(&text).ok()?;
    (to_base32(&bytes) == text).then_some(bytes)
}

/// The first bytes of a hash: what BLAKE3 gives when asked for a shorter output.
pub(crate) fn truncate<const N: usize>(hash: &blake3::Hash) -> [u8; N] {
    const { assert!(N <= blake3::OUT_LEN, "a hash has 32 bytes") };
    hash.as_bytes().first_chunk().copied().unwrap_or([0; N])
}

/// A text that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct ParseIdError;

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(
            #[n(0)]
            #[cbor(bytes)]
            pub [u8; $len],
        );

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The id's bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads the text form.
            ///
            /// # Errors
            /// [`ParseIdError`] when the text is not base32 or has another length.
            pub fn parse(text: &str) -> Result<Self, ParseIdError> {
                let bytes = from_base32(text).ok_or(ParseIdError)?;
                <[u8; $len]>::try_from(bytes.as_slice()).map(Self).map_err(|_| ParseIdError)
            }

            /// The text form.
            #[must_use]
            pub fn to_text(&self) -> String {
                to_base32(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_text())
            }
        }

        impl fmt::Debug for $name {
            /// Shows the first characters only: enough to tell ids apart in a trace.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text = self.to_text();
                write!(f, "{}({})", stringify!($name), text.get(..8).unwrap_or(&text))
            }
        }
    };
}

byte_id! {
    /// An identity: an Ed25519 public key.
    PeerId, 32
}
byte_id! {
    /// One running instance of a peer; random, new at every start.
    NodeId, 16
}
byte_id! {
    /// A rendezvous point at the signaling server; opaque to it.
    Topic, 32
}
byte_id! {
    /// A group: the Ed25519 public key at the root of its credentials.
    GroupId, 32
}
byte_id! {
    /// A record, through all its versions.
    RecordId, 16
}
byte_id! {
    /// A credential: the first half of the hash of its encoding, signature included.
    CredentialId, 16
}
byte_id! {
    /// The end of a membership, which a revocation makes; see [`EndId::derive`].
    EndId, 16
}
byte_id! {
    /// A key that seals bodies, by the record that gives it; see [`crate::keys::KeyPart::name`].
    KeyName, 16
}
byte_id! {
    /// What names a room on one link in one direction, and proves that the sender knows its key.
    RoomTag, 16
}

impl NodeId {
    /// The node id of an instance of `peer`: a hash of the identity and a random salt. Whoever
    /// introduces itself shows the salt, so nobody can claim the node id of another identity.
    #[must_use]
    pub fn derive(peer: &PeerId, salt: &[u8; 16]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("lacis 2026 node 1 id");
        hasher.update(peer.as_bytes());
        hasher.update(salt);
        Self(truncate(&hasher.finalize()))
    }
}

/// What of a record never changes, beside its creator.
#[derive(Clone, Copy, Debug)]
pub struct Birth<'a> {
    /// The type.
    pub kind: &'a str,
    /// When the first version was made, in milliseconds.
    pub created: u64,
    /// The latest end that any version may have, in milliseconds.
    pub latest: u64,
    /// The record in whose place it stands.
    pub replaces: Option<&'a RecordId>,
    /// Random; tells records apart that one creator makes at once.
    pub salt: &'a [u8; 8],
}

impl RecordId {
    /// The id of a new record. Its first half follows from the creator, so that nobody can take
    /// another's ids. Its second half follows from all that is never to change, so that no version
    /// can claim to have been something else from the beginning.
    #[must_use]
    pub fn derive(creator: &PeerId, birth: &Birth<'_>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("lacis 2026 record 1 birth");
        hasher.update(creator.as_bytes());
        hasher.update(&birth.created.to_le_bytes());
        hasher.update(&birth.latest.to_le_bytes());
        hasher.update(birth.salt);
        hasher.update(birth.replaces.map_or(&[0; Self::LEN], |id| id.as_bytes()));
        hasher.update(birth.kind.as_bytes());
        let mut bytes = [0; Self::LEN];
        let (half, rest) = bytes.split_at_mut(8);
        half.copy_from_slice(&creator_half(creator));
        rest.copy_from_slice(&truncate::<8>(&hasher.finalize()));
        Self(bytes)
    }

    /// Whether the record can be one of this creator.
    #[must_use]
    pub fn belongs_to(&self, creator: &PeerId) -> bool {
        self.0.first_chunk() == Some(&creator_half(creator))
    }
}

impl EndId {
    /// The end that the revocation of `author` with that random number makes of the membership of
    /// `subject`. It names both, so nobody can claim another one's end.
    #[must_use]
    pub fn derive(group: &GroupId, author: &PeerId, subject: &PeerId, nonce: &[u8; 16]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("lacis 2026 end 1");
        hasher.update(group.as_bytes()).update(author.as_bytes());
        hasher.update(subject.as_bytes()).update(nonce);
        Self(truncate(&hasher.finalize()))
    }
}

fn creator_half(creator: &PeerId) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new_derive_key("lacis 2026 record 1 creator");
    hasher.update(creator.as_bytes());
    truncate(&hasher.finalize())
}

/// One attempt to link two nodes; chosen at random by the one who offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct AttemptId(#[n(0)] pub u64);

#[cfg(test)]
mod tests {
    use super::{NodeId, ParseIdError, PeerId};

    #[test]
    fn text_form_round_trips_and_ignores_case() {
        let id = PeerId(core::array::from_fn(|i| u8::try_from(i * 7 % 251).unwrap_or(0)));
        let text = id.to_text();
        assert_eq!(text.len(), 52);
        assert_eq!(PeerId::parse(&text), Ok(id));
        assert_eq!(PeerId::parse(&text.to_uppercase()), Ok(id));
    }

    #[test]
    fn wrong_lengths_and_letters_are_refused() {
        assert_eq!(NodeId::parse(""), Err(ParseIdError));
        assert_eq!(NodeId::parse("a1"), Err(ParseIdError));
        assert_eq!(NodeId::parse(&PeerId([1; 32]).to_text()), Err(ParseIdError));
    }
}
