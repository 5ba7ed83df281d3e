//! STUN messages, with the codec of webrtc-rs: what is read from one, and how answers are made.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hmac::{Hmac, Mac};
use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_FINGERPRINT, ATTR_LIFETIME, ATTR_MESSAGE_INTEGRITY,
    ATTR_NONCE, ATTR_REALM, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS, AttrType, RawAttribute,
};
use rtc_stun::error_code::{ErrorCode, ErrorCodeAttribute};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::message::{
    CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_SUCCESS_RESPONSE, METHOD_DATA, Message,
    MessageClass, MessageType, Method, Setter, TransactionId,
};
use rtc_stun::xoraddr::XorMappedAddress;
use sha1::Sha1;

use crate::limits;

const HEADER_BYTES: usize = 20;
const ATTRIBUTE_HEADER_BYTES: usize = 4;
const INTEGRITY_BYTES: usize = 20;
/// Channels are numbered from here to [`CHANNEL_LAST`] (RFC 8656, 12).
const CHANNEL_FIRST: u16 = 0x4000;
const CHANNEL_LAST: u16 = 0x7fff;

/// A message that was read, cut off behind what its signature covers.
#[derive(Debug)]
pub(super) struct Request {
    message: Message,
    /// Where the signature begins, if there is one.
    signed: Option<usize>,
}

impl Request {
    /// Nothing if it is not a whole message, or has more in it than any client says.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if attributes_in(bytes).nth(limits::TURN_ATTRIBUTES_MAX).is_some() {
            return None;
        }
        let mut message = Message { raw: bytes.to_vec(), ..Message::default() };
        message.decode().ok()?;
        let is_signature = |it: &RawAttribute| it.typ == ATTR_MESSAGE_INTEGRITY;
        let at = message.attributes.0.iter().position(is_signature);
        let signed = at.map(|at| {
            // What stands behind the signature is nobody's word.
            let behind = message.attributes.0.split_off(at);
            let size = |it: &RawAttribute| ATTRIBUTE_HEADER_BYTES + padded(it.value.len());
            let before = HEADER_BYTES + message.attributes.0.iter().map(size).sum::<usize>();
            message.attributes.0.extend(behind.into_iter().next());
            before
        });
        Some(Self { message, signed })
    }

    pub(super) fn method(&self) -> Method {
        self.message.typ.method
    }

    pub(super) fn class(&self) -> MessageClass {
        self.message.typ.class
    }

    pub(super) fn transaction(&self) -> TransactionId {
        self.message.transaction_id
    }

    pub(super) const fn is_signed(&self) -> bool {
        self.signed.is_some()
    }

    /// Whether the signature was made with this key. Takes the same time wherever it differs.
    pub(super) fn is_signed_with(&self, key: &[u8]) -> bool {
        let signed = self.signed.zip(self.value(ATTR_MESSAGE_INTEGRITY));
        let Some((before, signature)) = signed else { return false };
        let Some(text) = self.message.raw.get(..before) else { return false };
        // The length covers the signature and nothing behind it (RFC 8489, 14.5).
        let length = before - HEADER_BYTES + ATTRIBUTE_HEADER_BYTES + INTEGRITY_BYTES;
        let Ok(length) = u16::try_from(length) else { return false };
        let Some((start, rest)) = text.split_at_checked(2) else { return false };
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { return false };
        mac.update(start);
        mac.update(&length.to_be_bytes());
        mac.update(rest.get(2..).unwrap_or_default());
        mac.verify_slice(signature).is_ok()
    }

    pub(super) fn username(&self) -> Option<&str> {
        self.text(ATTR_USERNAME)
    }

    pub(super) fn realm(&self) -> Option<&str> {
        self.text(ATTR_REALM)
    }

    pub(super) fn nonce(&self) -> Option<&str> {
        self.text(ATTR_NONCE)
    }

    pub(super) fn lifetime(&self) -> Option<Duration> {
        let bytes = self.value(ATTR_LIFETIME)?.try_into().ok()?;
        Some(Duration::from_secs(u32::from_be_bytes(bytes).into()))
    }

    pub(super) fn channel(&self) -> Option<u16> {
        let number = self.value(ATTR_CHANNEL_NUMBER)?.first_chunk::<2>()?;
        let number = u16::from_be_bytes(*number);
        (CHANNEL_FIRST..=CHANNEL_LAST).contains(&number).then_some(number)
    }

    pub(super) fn data(&self) -> Option<&[u8]> {
        self.value(ATTR_DATA)
    }

    /// How many peers it names.
    pub(super) fn peer_count(&self) -> usize {
        let all = self.message.attributes.0.iter();
        all.filter(|it| it.typ == ATTR_XOR_PEER_ADDRESS).count()
    }

    /// The peers that it names; nothing if one of them cannot be read.
    pub(super) fn peers(&self) -> Option<Vec<SocketAddr>> {
        let all = self.message.attributes.0.iter();
        all.filter(|it| it.typ == ATTR_XOR_PEER_ADDRESS).map(|it| self.address(it)).collect()
    }

    /// The first value of that kind.
    pub(super) fn value(&self, kind: AttrType) -> Option<&[u8]> {
        let mut all = self.message.attributes.0.iter();
        all.find(|it| it.typ == kind).map(|it| &it.value[..])
    }

    /// Kinds that it demands to be understood, and that are not among those that are.
    pub(super) fn unknown(&self, known: &[AttrType]) -> Vec<AttrType> {
        let all = self.message.attributes.0.iter().map(|it| it.typ);
        all.filter(|kind| kind.0 < 0x8000 && !known.contains(kind)).collect()
    }

    fn text(&self, kind: AttrType) -> Option<&str> {
        core::str::from_utf8(self.value(kind)?).ok()
    }

    fn address(&self, attribute: &RawAttribute) -> Option<SocketAddr> {
        // The codec reads the first of a kind only.
        let mut alone = Message { transaction_id: self.transaction(), ..Message::default() };
        alone.attributes.0.push(attribute.clone());
        let mut address = XorMappedAddress::default();
        address.get_from_as(&alone, ATTR_XOR_PEER_ADDRESS).ok()?;
        Some(SocketAddr::new(address.ip, address.port))
    }
}

/// An answer, or an indication, that is being made.
#[derive(Debug)]
pub(super) struct Reply(Message);

impl Reply {
    pub(super) fn success(request: &Request) -> Self {
        Self::new(request.method(), CLASS_SUCCESS_RESPONSE, request.transaction())
    }

    pub(super) fn error(request: &Request, code: ErrorCode) -> Self {
        let mut reply = Self::new(request.method(), CLASS_ERROR_RESPONSE, request.transaction());
        // Without a reason in words it fits always.
        let _ = ErrorCodeAttribute { code, reason: Vec::new() }.add_to(&mut reply.0);
        reply
    }

    /// A message of a client, as tests need them.
    #[cfg(test)]
    pub(super) fn request(method: Method, class: MessageClass, transaction: [u8; 12]) -> Self {
        Self::new(method, class, TransactionId(transaction))
    }

    fn new(method: Method, class: MessageClass, transaction: TransactionId) -> Self {
        let mut message = Message::new();
        message.set_type(MessageType { method, class });
        message.transaction_id = transaction;
        message.write_header();
        Self(message)
    }

    pub(super) fn with(mut self, kind: AttrType, value: &[u8]) -> Self {
        self.0.add(kind, value);
        self
    }

    pub(super) fn address(mut self, kind: AttrType, address: SocketAddr) -> Self {
        let (ip, port) = (address.ip(), address.port());
        // Whatever it is, it has a family.
        let _ = XorMappedAddress { ip, port }.add_to_as(&mut self.0, kind);
        self
    }

    /// Signs it, as whoever shares the key can check.
    pub(super) fn signed(mut self, key: &[u8]) -> Self {
        let length = self.0.length;
        self.0.length += u32::try_from(ATTRIBUTE_HEADER_BYTES + INTEGRITY_BYTES).unwrap_or(0);
        self.0.write_length();
        if let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) {
            mac.update(&self.0.raw);
            let signature = mac.finalize().into_bytes();
            self.0.length = length;
            self.0.add(ATTR_MESSAGE_INTEGRITY, &signature);
        }
        self
    }

    pub(super) fn bytes(mut self) -> Vec<u8> {
        let _ = FINGERPRINT.add_to(&mut self.0);
        self.0.raw
    }
}

/// What a peer sends, as a message that names it.
pub(super) fn data_from(peer: SocketAddr, data: &[u8], transaction: [u8; 12]) -> Vec<u8> {
    Reply::new(METHOD_DATA, CLASS_INDICATION, TransactionId(transaction))
        .address(ATTR_XOR_PEER_ADDRESS, peer)
        .with(ATTR_DATA, data)
        .0
        .raw
}

/// The number of a channel and what is in it, if that is what came.
pub(super) fn channel_data(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    let [a, b, c, d] = *head;
    let number = u16::from_be_bytes([a, b]);
    let data = rest.get(..usize::from(u16::from_be_bytes([c, d])))?;
    (CHANNEL_FIRST..=CHANNEL_LAST).contains(&number).then_some((number, data))
}

/// What a peer sends, in its channel. Over TCP it has to fill words of four bytes.
pub(super) fn in_channel(number: u16, data: &[u8], fills_words: bool) -> Option<Vec<u8>> {
    let length = u16::try_from(data.len()).ok()?;
    let mut bytes = Vec::with_capacity(4 + padded(data.len()));
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(data);
    if fills_words {
        bytes.resize(4 + padded(data.len()), 0);
    }
    Some(bytes)
}

/// How long the first message of a stream is, once its head is there.
pub(crate) fn length_in_stream(bytes: &[u8]) -> Option<usize> {
    let [kind, _, c, d] = *bytes.first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([c, d]));
    // Two bits tell them apart: a channel begins with 01, a message with 00.
    Some(if kind & 0xc0 == 0x40 { 4 + padded(length) } else { HEADER_BYTES + length })
}

/// The attributes of a message, each with what stands behind it, without a look at what they say.
fn attributes_in(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    fn behind<'a>(attribute: &&'a [u8]) -> Option<&'a [u8]> {
        let [_, _, c, d] = *attribute.first_chunk::<ATTRIBUTE_HEADER_BYTES>()?;
        let length = usize::from(u16::from_be_bytes([c, d]));
        attribute.get(ATTRIBUTE_HEADER_BYTES + padded(length)..).filter(|rest| !rest.is_empty())
    }
    let first = bytes.get(HEADER_BYTES..).filter(|rest| !rest.is_empty());
    std::iter::successors(first, behind)
}

const fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}

/// Of the same family, so that one can be reached from the other.
pub(super) const fn is_same_family(a: IpAddr, b: IpAddr) -> bool {
    a.is_ipv4() == b.is_ipv4()
}

/// Kinds that every signed request has, and those that may be in any.
pub(super) const COMMON: [AttrType; 5] =
    [ATTR_USERNAME, ATTR_REALM, ATTR_NONCE, ATTR_MESSAGE_INTEGRITY, ATTR_FINGERPRINT];
