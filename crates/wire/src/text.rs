//! Texts that people pass on: a prefix, a version, base32 of a frame and a checksum.

use alloc::string::String;
use alloc::vec::Vec;

use crate::ids::{from_base32, to_base32, truncate};

/// One kind of text.
pub(crate) struct TextForm {
    /// Two letters.
    pub(crate) prefix: &'static str,
    /// A digit.
    pub(crate) version: char,
    /// The context of the checksum.
    pub(crate) checksum: &'static str,
    /// Longest text, prefix and version not counted.
    pub(crate) chars_max: usize,
}

/// Why a text is not of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextError {
    Unknown,
    Damaged,
    Version,
}

impl TextForm {
    /// The text of an encoded frame.
    pub(crate) fn write(&self, mut fields: Vec<u8>) -> String {
        fields.extend_from_slice(&self.checksum(&fields));
        let mut text = String::from(self.prefix);
        text.push(self.version);
        text.push_str(&to_base32(&fields));
        text
    }

    /// Finds the text, alone or as the fragment of an address, and gives the encoded frame.
    pub(crate) fn read(&self, text: &str) -> Result<Vec<u8>, TextError> {
        let text = text.trim();
        let text = text.rsplit_once('#').map_or(text, |(_, fragment)| fragment);
        let prefix = text.get(..self.prefix.len()).ok_or(TextError::Unknown)?;
        let rest = text.get(self.prefix.len()..).unwrap_or_default();
        let version = rest.chars().next().ok_or(TextError::Unknown)?;
        if !prefix.eq_ignore_ascii_case(self.prefix) || !version.is_ascii_digit() {
            return Err(TextError::Unknown);
        }
        if version != self.version {
            return Err(TextError::Version);
        }
        let body = rest.get(1..).unwrap_or_default();
        if body.len() > self.chars_max {
            return Err(TextError::Damaged);
        }
        let mut bytes = from_base32(body).ok_or(TextError::Damaged)?;
        let (fields, sum) = bytes.split_last_chunk::<4>().ok_or(TextError::Damaged)?;
        if self.checksum(fields) != *sum {
            return Err(TextError::Damaged);
        }
        bytes.truncate(bytes.len().saturating_sub(4));
        Ok(bytes)
    }

    fn checksum(&self, fields: &[u8]) -> [u8; 4] {
        let mut hasher = blake3::Hasher::new_derive_key(self.checksum);
        hasher.update(fields);
        truncate(&hasher.finalize())
    }
}

/// Whether a text that is signed is short enough, and has neither control characters beside those
/// given nor marks that reverse what stands around it where it is shown.
pub(crate) fn text_ok(text: &str, bytes_max: usize, allowed: &[char]) -> bool {
    let shown = |c: char| !(c.is_control() || is_bidi(c)) || allowed.contains(&c);
    text.len() <= bytes_max && text.chars().all(shown)
}

/// Whether it is one of Unicode's `Bidi_Control`: marks, embeddings, overrides and isolates.
const fn is_bidi(c: char) -> bool {
    let is_mark = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}');
    is_mark || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
