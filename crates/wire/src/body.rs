//! The body of a record: what only members read.

use alloc::string::String;
use alloc::vec::Vec;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, Frame, decode, demand, encode_with_capacity};
use crate::ids::{GroupId, KeyName, RecordId};
use crate::keys::EpochKey;
use crate::limits;
use crate::seal::NONCE_BYTES;
use crate::time::Millis;

const DOMAIN: &[u8] = b"lacis 2026 body 1";
const TAG_BYTES: usize = 16;

/// Bytes by which sealing makes a body longer.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

const _: () = assert!(OVERHEAD_BYTES == limits::BODY_SEAL_BYTES);

/// What an application puts into a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Body {
    /// What the record can be found by.
    #[n(0)]
    pub attributes: Vec<Attribute>,
    /// What the application makes of it.
    #[cbor(n(1), bytes)]
    pub data: Vec<u8>,
}

/// One property of a record. A name may stand more than once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Attribute {
    /// 1 to 40 letters and digits.
    #[n(0)]
    pub name: String,
    /// Its value.
    #[n(1)]
    pub value: Value,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Value {
    /// A number.
    #[n(0)]
    Int(#[n(0)] i64),
    /// A time.
    #[n(1)]
    Date(#[n(0)] Millis),
    /// A text.
    #[n(2)]
    Text(#[n(0)] String),
}

/// Where a body belongs; it opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The group.
    pub group: GroupId,
    /// The record.
    pub id: RecordId,
    /// Its version.
    pub version: u64,
    /// The key, by a name that no other key has: what opens under one key opens under no other.
    pub key: KeyName,
}

/// Why a sealed body was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenBodyError {
    /// The bytes are too few or too many for a sealed body.
    #[error("not a sealed body")]
    Malformed,
    /// The body was changed, or sealed with another key or for another place.
    #[error("sealed body does not authenticate")]
    Forged,
    /// Its author sealed what is not a body.
    #[error("what was sealed is not a body")]
    Invalid(#[source] DecodeError),
}

impl Body {
    /// Seals the body for one version of one record. `nonce` must be random and never used twice.
    #[must_use]
    pub fn seal(&self, key: &EpochKey, place: &Place, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
        let plain = encode_with_capacity(self, self.data.len().saturating_add(64));
        let cipher = XChaCha20Poly1305::new(&key.0.into());
        let payload = Payload { msg: &plain, aad: &associated(place) };
        // Sealing fails only beyond 256 GiB; an empty text would then fail to open.
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        let mut out = Vec::with_capacity(NONCE_BYTES.saturating_add(sealed.len()));
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    /// Opens what [`Body::seal`] made.
    ///
    /// # Errors
    /// See [`OpenBodyError`].
    pub fn open(key: &EpochKey, place: &Place, sealed: &[u8]) -> Result<Self, OpenBodyError> {
        if sealed.len() > limits::RECORD_BYTES {
            return Err(OpenBodyError::Malformed);
        }
        let (nonce, text) =
            sealed.split_first_chunk::<NONCE_BYTES>().ok_or(OpenBodyError::Malformed)?;
        let cipher = XChaCha20Poly1305::new(&key.0.into());
        let payload = Payload { msg: text, aad: &associated(place) };
        let plain =
            cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenBodyError::Forged)?;
        decode(&plain).map_err(OpenBodyError::Invalid)
    }
}

impl Frame for Body {
    const BYTES_MAX: usize = limits::BODY_BYTES;

    fn check(&self) -> Result<(), DecodeError> {
        demand(self.attributes.len() <= limits::ATTRIBUTES_MAX, "attributes")?;
        self.attributes.iter().try_for_each(Attribute::check)
    }
}

impl Attribute {
    fn check(&self) -> Result<(), DecodeError> {
        let length = (1..=limits::ATTRIBUTE_NAME_BYTES).contains(&self.name.len());
        let fine = self.name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        demand(length && fine, "attribute")?;
        match &self.value {
            Value::Int(_) | Value::Date(_) => Ok(()),
            Value::Text(text) => demand(text.len() <= limits::ATTRIBUTE_TEXT_BYTES, "value"),
        }
    }
}

fn associated(place: &Place) -> Vec<u8> {
    let mut aad = Vec::with_capacity(DOMAIN.len() + GroupId::LEN + RecordId::LEN + 24);
    aad.extend_from_slice(DOMAIN);
    aad.extend_from_slice(place.group.as_bytes());
    aad.extend_from_slice(place.id.as_bytes());
    aad.extend_from_slice(&place.version.to_be_bytes());
    aad.extend_from_slice(place.key.as_bytes());
    aad
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::{Body, OpenBodyError, Place};
    use crate::keys::EpochKey;
    use crate::{DecodeError, GroupId, KeyName, RecordId, limits};

    const PLACE: Place =
        Place { group: GroupId([1; 32]), id: RecordId([2; 16]), version: 3, key: KeyName([7; 16]) };

    #[test]
    fn a_body_opens_in_its_place_only_and_only_unchanged() {
        let key = EpochKey([4; 32]);
        let body = Body { attributes: vec![], data: b"bonjour".to_vec() };
        let sealed = body.seal(&key, &PLACE, [5; 24]);
        assert_eq!(Body::open(&key, &PLACE, &sealed), Ok(body));
        let elsewhere = [
            Place { group: GroupId([9; 32]), ..PLACE },
            Place { id: RecordId([9; 16]), ..PLACE },
            Place { version: 4, ..PLACE },
            Place { key: KeyName([9; 16]), ..PLACE },
        ];
        for place in elsewhere {
            assert_eq!(Body::open(&key, &place, &sealed), Err(OpenBodyError::Forged));
        }
        assert_eq!(Body::open(&EpochKey([0; 32]), &PLACE, &sealed), Err(OpenBodyError::Forged));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(Body::open(&key, &PLACE, &changed), Err(OpenBodyError::Forged), "{at}");
        }
        assert_eq!(Body::open(&key, &PLACE, &sealed[..23]), Err(OpenBodyError::Malformed));
    }

    #[test]
    fn the_longest_body_fits_a_record_and_one_byte_more_does_not() {
        let key = EpochKey([4; 32]);
        let of = |bytes| Body { attributes: vec![], data: vec![0; bytes] };
        // Two arrays and a length of four bytes.
        let most = limits::BODY_BYTES - 7;
        let sealed = of(most).seal(&key, &PLACE, [5; 24]);
        assert_eq!(sealed.len(), limits::RECORD_BYTES);
        assert_eq!(Body::open(&key, &PLACE, &sealed), Ok(of(most)));
        let sealed = of(most + 1).seal(&key, &PLACE, [5; 24]);
        assert_eq!(Body::open(&key, &PLACE, &sealed), Err(OpenBodyError::Malformed));
        let long = of(most + 1);
        let bytes = crate::codec::encode(&long);
        assert_eq!(crate::codec::decode::<Body>(&bytes), Err(DecodeError::TooLong));
    }
}
