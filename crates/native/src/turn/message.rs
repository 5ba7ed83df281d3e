//! Messages to a TURN server, and from it (RFC 8656), with the STUN codec of `rtc`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use rtc::crypto::{RTCCryptoProvider, default_provider};
use rtc::stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
    ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS,
    ATTR_XOR_RELAYED_ADDRESS, AttrType,
};
use rtc::stun::fingerprint::FINGERPRINT;
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{
    CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE,
    METHOD_BINDING, METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_DATA, METHOD_REFRESH,
    METHOD_SEND, Message, MessageClass, MessageType, Method, Setter, TransactionId,
};
use rtc::stun::xoraddr::XorMappedAddress;

use crate::identity::random;

/// What a request and its answer have in common.
pub(super) type Id = [u8; 12];

/// The protocol number of UDP.
const UDP: u8 = 17;

/// How long a relay is to live, in seconds, unless it is asked for again.
const LIFETIME: u32 = 600;

/// The longest message that is read: an answer, or what a peer sent, which is about a packet long.
const MESSAGE_BYTES: usize = 2_048;

/// The longest realm and nonce (RFC 8489, 14.9 and 14.10).
const TEXT_BYTES: usize = 763;

/// Numbers of channels begin here, and end before 0x8000 (RFC 8656, 12).
const CHANNELS: u8 = 0x40;

static CRYPTO: LazyLock<Option<Arc<dyn RTCCryptoProvider>>> =
    LazyLock::new(|| default_provider().ok());

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A relay whose address is of version 6, or 4.
    Relay { v6: bool },
    /// That it lives on.
    Life,
    /// That it ends.
    End,
    /// That a peer may be talked with.
    Permit(IpAddr),
    /// A short way to name a peer.
    Channel(u16, SocketAddr),
}

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) username: String,
    pub(super) password: String,
}

/// What requests are signed with.
#[derive(Clone)]
pub(super) struct Access {
    credentials: Credentials,
    realm: String,
    nonce: String,
    key: Vec<u8>,
}

/// What a server says.
#[derive(Debug)]
pub(super) enum Said {
    Answer(Answer),
    /// A peer sends that.
    Data(SocketAddr, BytesMut),
}

/// The answer to a request.
#[derive(Debug)]
pub(super) struct Answer(Message);

impl fmt::Debug for Credentials {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

impl Access {
    /// For what a server asked for. Nothing if it cannot be computed.
    pub(super) fn new(credentials: Credentials, realm: String, nonce: String) -> Option<Self> {
        let crypto = CRYPTO.as_ref()?.crypto();
        let Credentials { username, password } = credentials.clone();
        let key =
            MessageIntegrity::long_term_integrity_key(username, realm.clone(), password, crypto);
        Some(Self { credentials, realm, nonce, key: key.ok()? })
    }

    pub(super) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }
}

impl Wish {
    const fn method(self) -> Method {
        match self {
            Self::Relay { .. } => METHOD_ALLOCATE,
            Self::Life | Self::End => METHOD_REFRESH,
            Self::Permit(_) => METHOD_CREATE_PERMISSION,
            Self::Channel(..) => METHOD_CHANNEL_BIND,
        }
    }

    /// The request for it.
    pub(super) fn request(self, id: Id, access: Option<&Access>) -> Option<BytesMut> {
        let mut message = begun(self.method(), CLASS_REQUEST, id);
        match self {
            Self::Relay { v6 } => {
                message.add(ATTR_REQUESTED_TRANSPORT, &[UDP, 0, 0, 0]);
                if v6 {
                    message.add(ATTR_REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]);
                }
            }
            Self::Life => message.add(ATTR_LIFETIME, &LIFETIME.to_be_bytes()),
            Self::End => message.add(ATTR_LIFETIME, &[0; 4]),
            Self::Permit(ip) => name(&mut message, SocketAddr::new(ip, 0))?,
            Self::Channel(number, peer) => {
                let [high, low] = number.to_be_bytes();
                message.add(ATTR_CHANNEL_NUMBER, &[high, low, 0, 0]);
                name(&mut message, peer)?;
            }
        }
        if let Some(Access { credentials, realm, nonce, key }) = access {
            message.add(ATTR_USERNAME, credentials.username.as_bytes());
            message.add(ATTR_REALM, realm.as_bytes());
            message.add(ATTR_NONCE, nonce.as_bytes());
            let crypto = CRYPTO.as_ref()?.crypto();
            let signed = MessageIntegrity::new_raw_integrity_with_provider(key.clone(), crypto);
            signed.add_to(&mut message).ok()?;
        }
        FINGERPRINT.add_to(&mut message).ok()?;
        Some(BytesMut::from(&message.raw[..]))
    }
}

/// Something that nobody answers, so that whatever stands between remembers the way.
pub(super) fn sign_of_life() -> Option<BytesMut> {
    let message = begun(METHOD_BINDING, CLASS_INDICATION, random().ok()?);
    Some(BytesMut::from(&message.raw[..]))
}

/// What is to be sent to a peer, in a message that names it.
pub(super) fn data_to(peer: SocketAddr, data: &[u8]) -> Option<BytesMut> {
    let mut message = begun(METHOD_SEND, CLASS_INDICATION, random().ok()?);
    name(&mut message, peer)?;
    message.add(ATTR_DATA, data);
    Some(BytesMut::from(&message.raw[..]))
}

/// The same in its channel.
pub(super) fn in_channel(number: u16, data: &[u8]) -> Option<BytesMut> {
    let mut bytes = BytesMut::with_capacity(4 + data.len());
    bytes.put_u16(number);
    bytes.put_u16(u16::try_from(data.len()).ok()?);
    bytes.extend_from_slice(data);
    Some(bytes)
}

/// The number of a channel and how much is in it, behind the first four bytes, if that is what
/// came.
pub(super) fn channel_of(bytes: &[u8]) -> Option<(u16, usize)> {
    let [a, b, c, d] = *bytes.first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([c, d]));
    let fits = a & 0xc0 == CHANNELS && length <= bytes.len() - 4;
    fits.then_some((u16::from_be_bytes([a, b]), length))
}

/// Reads what a server says.
pub(super) fn read(bytes: &[u8]) -> Option<Said> {
    if bytes.len() > MESSAGE_BYTES || bytes.first()? & 0xc0 != 0 {
        return None;
    }
    let mut message = Message { raw: bytes.to_vec(), ..Message::default() };
    message.decode().ok()?;
    match (message.typ.class, message.typ.method) {
        (CLASS_INDICATION, METHOD_DATA) => {
            let peer = address(&message, ATTR_XOR_PEER_ADDRESS)?;
            let data = message.get(ATTR_DATA).ok()?;
            Some(Said::Data(peer, BytesMut::from(&data[..])))
        }
        (CLASS_SUCCESS_RESPONSE | CLASS_ERROR_RESPONSE, _) => Some(Said::Answer(Answer(message))),
        _ => None,
    }
}

impl Answer {
    pub(super) const fn id(&self) -> Id {
        self.0.transaction_id.0
    }

    /// Why it was refused, nothing if it was not.
    pub(super) fn refusal(&self) -> Option<u16> {
        if self.0.typ.class == CLASS_SUCCESS_RESPONSE {
            return None;
        }
        let code = self.0.get(ATTR_ERROR_CODE).unwrap_or_default();
        let code = code.get(2..4).and_then(|code| <[u8; 2]>::try_from(code).ok());
        Some(code.map_or(0, |[hundreds, rest]| u16::from(hundreds) * 100 + u16::from(rest)))
    }

    /// Whether somebody signed it who knows the key.
    pub(super) fn is_signed_with(&mut self, key: &[u8]) -> bool {
        let crypto = CRYPTO.as_ref();
        crypto.is_some_and(|it| MessageIntegrity::check(&mut self.0, key, it.crypto()).is_ok())
    }

    /// Realm and nonce that requests are to name.
    pub(super) fn challenge(&self) -> Option<(String, String)> {
        Some((self.text(ATTR_REALM)?, self.text(ATTR_NONCE)?))
    }

    /// The address of the relay.
    pub(super) fn relayed(&self) -> Option<SocketAddr> {
        let at = address(&self.0, ATTR_XOR_RELAYED_ADDRESS)?;
        (!at.ip().is_unspecified() && !at.ip().is_multicast() && at.port() != 0).then_some(at)
    }

    /// How long it lives.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        let seconds = self.0.get(ATTR_LIFETIME).ok()?.try_into().ok()?;
        Some(Duration::from_secs(u32::from_be_bytes(seconds).into()))
    }

    fn text(&self, kind: AttrType) -> Option<String> {
        let text = self.0.get(kind).ok().filter(|text| text.len() <= TEXT_BYTES)?;
        String::from_utf8(text).ok()
    }
}

fn begun(method: Method, class: MessageClass, id: Id) -> Message {
    let mut message = Message::new();
    message.set_type(MessageType { method, class });
    message.transaction_id = TransactionId(id);
    message.write_header();
    message
}

fn name(message: &mut Message, peer: SocketAddr) -> Option<()> {
    let (ip, port) = (peer.ip(), peer.port());
    XorMappedAddress { ip, port }.add_to_as(message, ATTR_XOR_PEER_ADDRESS).ok()
}

fn address(message: &Message, kind: AttrType) -> Option<SocketAddr> {
    let mut address = XorMappedAddress::default();
    address.get_from_as(message, kind).ok()?;
    Some(SocketAddr::new(address.ip.to_canonical(), address.port))
}
