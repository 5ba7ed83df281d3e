//! Session descriptions, reduced to what differs between two data-channel-only connections.
//!
//! Browsers speak SDP (RFC 8866, 8829, 8841); of its 600 bytes, only the ICE credentials, the DTLS
//! fingerprint and role, and the message size vary here. The far side builds the SDP anew from
//! these, so nothing a peer writes is ever copied into an SDP unchecked.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, demand};
use crate::ids::NodeId;
use crate::limits;

/// What one side tells the other about its transport.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct Description {
    /// ICE user fragment.
    #[n(0)]
    pub ufrag: String,
    /// ICE password.
    #[n(1)]
    pub pwd: String,
    /// SHA-256 fingerprint of the DTLS certificate.
    #[cbor(n(2), bytes)]
    pub fingerprint: [u8; 32],
    /// Who opens the DTLS handshake.
    #[n(3)]
    pub dtls_role: DtlsRole,
    /// Largest message this side takes; 0 means no limit (RFC 8841).
    #[n(4)]
    pub message_bytes_max: u32,
    /// How the SCTP association begins (`a=sctp-init`), in Base64: where both sides say it, two
    /// round trips less pass until the channels open.
    #[n(5)]
    pub sctp_init: Option<String>,
    /// Neighbors of the sender, for a link over one of them; that one alone in an answer. There is
    /// no ICE and no DTLS then, and the fingerprint is a key (see [`crate::relay`]).
    #[n(6)]
    pub through: Option<Vec<NodeId>>,
}

/// The `a=setup` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum DtlsRole {
    /// Either; what an offer says.
    #[n(0)]
    ActPass,
    /// Opens the handshake.
    #[n(1)]
    Active,
    /// Waits for it.
    #[n(2)]
    Passive,
}

/// Why an SDP cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdpError {
    /// Longer than [`limits::SDP_BYTES`].
    #[error("session description is too long")]
    TooLong,
    /// It has no data channel section.
    #[error("session description has no data channel")]
    NoDataChannel,
    /// An attribute is missing or malformed.
    #[error("session description lacks a usable {0}")]
    Attribute(&'static str),
}

/// The message size when `a=max-message-size` is absent (RFC 8841).
const MESSAGE_BYTES_DEFAULT: u32 = 65_536;

impl Description {
    /// Reads the description that a browser made.
    ///
    /// # Errors
    /// See [`SdpError`].
    pub fn from_sdp(sdp: &str) -> Result<Self, SdpError> {
        if sdp.len() > limits::SDP_BYTES {
            return Err(SdpError::TooLong);
        }
        let attribute = |name: &'static str| {
            sdp.lines()
                .filter_map(|line| line.trim_end().strip_prefix("a="))
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.trim())
        };
        if !sdp.lines().any(|line| line.starts_with("m=application")) {
            return Err(SdpError::NoDataChannel);
        }
        let need = |name| attribute(name).ok_or(SdpError::Attribute(name));
        let description = Self {
            ufrag: need("ice-ufrag")?.to_string(),
            pwd: need("ice-pwd")?.to_string(),
            fingerprint: parse_fingerprint(need("fingerprint")?)
                .ok_or(SdpError::Attribute("fingerprint"))?,
            dtls_role: DtlsRole::parse(need("setup")?).ok_or(SdpError::Attribute("setup"))?,
            message_bytes_max: attribute("max-message-size")
                .map_or(Ok(MESSAGE_BYTES_DEFAULT), |text| {
                    parse_message_size(text).ok_or(SdpError::Attribute("max-message-size"))
                })?,
            // What says more than it may is as good as not said.
            sctp_init: attribute("sctp-init").filter(|it| sctp_init_ok(it)).map(String::from),
            through: None,
        };
        match description.check() {
            Ok(()) => Ok(description),
            Err(DecodeError::Limit(field)) => Err(SdpError::Attribute(field)),
            Err(_) => Err(SdpError::NoDataChannel),
        }
    }

    /// Builds the SDP that a browser takes. `revision` grows with every description of one
    /// connection.
    #[must_use]
    pub fn to_sdp(&self, revision: u32) -> String {
        let mut fingerprint = String::with_capacity(96);
        for (i, byte) in self.fingerprint.iter().enumerate() {
            let colon = if i == 0 { "" } else { ":" };
            fingerprint.push_str(&format!("{colon}{byte:02X}"));
        }
        let Self { ufrag, pwd, message_bytes_max, .. } = self;
        let setup = self.dtls_role.as_str();
        let mut sdp = format!(
            "v=0\r\no=- 1 {revision} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
             a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=ice-options:trickle\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\na=mid:0\r\n\
             a=sctp-port:5000\r\na=max-message-size:{message_bytes_max}\r\n"
        );
        if let Some(init) = &self.sctp_init {
            sdp.push_str("a=sctp-init:");
            sdp.push_str(init);
            sdp.push_str("\r\n");
        }
        sdp
    }

    /// The description of a link over one of these neighbors, with that key.
    #[must_use]
    pub const fn over(key: [u8; 32], neighbors: Vec<NodeId>) -> Self {
        Self {
            ufrag: String::new(),
            pwd: String::new(),
            fingerprint: key,
            dtls_role: DtlsRole::ActPass,
            message_bytes_max: limits::RELAY_FRAME_BYTES as u32,
            sctp_init: None,
            through: Some(neighbors),
        }
    }

    /// The largest message that may be sent to whoever sent this.
    #[must_use]
    pub fn message_limit(&self) -> usize {
        match usize::try_from(self.message_bytes_max) {
            Ok(0) | Err(_) => limits::FRAME_BYTES,
            Ok(bytes) => bytes.min(limits::FRAME_BYTES),
        }
    }

    /// Checks what came from another node.
    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        demand(self.sctp_init.as_deref().is_none_or(sctp_init_ok), "sctp-init")?;
        if let Some(through) = &self.through {
            demand((1..=limits::RELAY_CHOICE_MAX).contains(&through.len()), "through")?;
            let bytes = self.message_bytes_max as usize;
            demand(bytes == limits::RELAY_FRAME_BYTES, "max-message-size")?;
            return demand(self.ufrag.is_empty() && self.pwd.is_empty(), "ice-ufrag");
        }
        demand(ice_text_ok(&self.ufrag, 4), "ice-ufrag")?;
        demand(ice_text_ok(&self.pwd, 22), "ice-pwd")?;
        demand(self.message_limit() >= limits::FRAME_BYTES_MIN, "max-message-size")
    }
}

impl DtlsRole {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "actpass" => Some(Self::ActPass),
            "active" => Some(Self::Active),
            "passive" => Some(Self::Passive),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::ActPass => "actpass",
            Self::Active => "active",
            Self::Passive => "passive",
        }
    }
}

/// Whether a text from another node may be a candidate: one line of printable ASCII that begins as
/// RFC 8839 demands.
#[must_use]
pub fn candidate_ok(candidate: &str) -> bool {
    candidate.len() <= limits::CANDIDATE_BYTES
        && candidate.starts_with("candidate:")
        && candidate.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

/// One chunk of SCTP in Base64: the shortest has 20 bytes.
fn sctp_init_ok(text: &str) -> bool {
    (28..=limits::SCTP_INIT_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
}

/// ICE credentials are letters, digits, `+` and `/` (RFC 8839); browsers also emit `-` and `_`.
fn ice_text_ok(text: &str, bytes_min: usize) -> bool {
    (bytes_min..=limits::ICE_CREDENTIAL_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b))
}

fn parse_fingerprint(text: &str) -> Option<[u8; 32]> {
    let (algorithm, hex) = text.split_once(' ')?;
    if !algorithm.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let mut bytes = [0; 32];
    let mut parts = hex.trim().split(':');
    for byte in &mut bytes {
        // Of what the parser takes, a sign is not a digit.
        let digits = |part: &&str| part.len() == 2 && !part.starts_with('+');
        let part = parts.next().filter(digits)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

/// A size beyond 32 bits is as good as no limit; Firefox says 1,073,741,823.
fn parse_message_size(text: &str) -> Option<u32> {
    text.parse::<u64>().ok().map(|size| u32::try_from(size).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::{Description, DtlsRole, SdpError, candidate_ok};

    const CHROMIUM: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
        a=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
        a=ice-ufrag:kQ1r\r\na=ice-pwd:0y3mX+/sCzPvIY9NnQ1FQ7aB\r\na=ice-options:trickle\r\n\
        a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:\
        10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:FF\r\n\
        a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";

    #[test]
    fn what_a_browser_wrote_is_read_and_written_again() {
        let description = Description::from_sdp(CHROMIUM).unwrap();
        assert_eq!(description.ufrag, "kQ1r");
        assert_eq!(description.fingerprint[31], 0xff);
        assert_eq!(description.dtls_role, DtlsRole::ActPass);
        assert_eq!(description.message_limit(), 262_144);
        assert_eq!(Description::from_sdp(&description.to_sdp(3)), Ok(description));
    }

    #[test]
    fn a_missing_size_is_64_kib_and_zero_is_no_limit() {
        let without = CHROMIUM.replace("a=max-message-size:262144\r\n", "");
        assert_eq!(Description::from_sdp(&without).unwrap().message_limit(), 65_536);
        let unlimited = CHROMIUM.replace(":262144", ":0");
        assert_eq!(Description::from_sdp(&unlimited).unwrap().message_limit(), 262_144);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(Description::from_sdp(""), Err(SdpError::NoDataChannel));
        let sha1 = CHROMIUM.replace("sha-256", "sha-1");
        assert_eq!(Description::from_sdp(&sha1), Err(SdpError::Attribute("fingerprint")));
        let signed = CHROMIUM.replace("00:01", "+0:01");
        assert_eq!(Description::from_sdp(&signed), Err(SdpError::Attribute("fingerprint")));
        let short = CHROMIUM.replace("+/sCzPvIY9NnQ1FQ7aB", "");
        assert_eq!(Description::from_sdp(&short), Err(SdpError::Attribute("ice-pwd")));
        let small = CHROMIUM.replace(":262144", ":1200");
        assert_eq!(Description::from_sdp(&small), Err(SdpError::Attribute("max-message-size")));
        let long: String = core::iter::repeat_n('a', 40_000).collect();
        assert_eq!(Description::from_sdp(&long), Err(SdpError::TooLong));
    }

    #[test]
    fn how_sctp_begins_is_carried_where_it_is_said() {
        assert_eq!(Description::from_sdp(CHROMIUM).unwrap().sctp_init, None);
        let said = |text: &str| Description::from_sdp(&format!("{CHROMIUM}a=sctp-init:{text}\r\n"));
        let init = "AQAAFAAAAAEAAgAAAQABAAAAAAEA";
        let description = said(init).unwrap();
        assert_eq!(description.sctp_init.as_deref(), Some(init));
        assert_eq!(Description::from_sdp(&description.to_sdp(3)), Ok(description));
        assert_eq!(said("AQAAFA==").unwrap().sctp_init, None);
        assert_eq!(said("AQAAFAAAAAEAAgAAAQABAAA AAEA").unwrap().sctp_init, None);
    }

    #[test]
    fn a_candidate_cannot_smuggle_lines() {
        assert!(candidate_ok("candidate:1 1 udp 2122 10.0.0.1 5000 typ host"));
        assert!(!candidate_ok("candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\na=x"));
        assert!(!candidate_ok("a=candidate:1"));
    }
}
