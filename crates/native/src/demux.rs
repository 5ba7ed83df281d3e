//! Whose a datagram is: all links of a peer share one port.
//!
//! A link is recognised by its ICE user fragment when the other side looks for a path, and by the
//! two addresses between which packets travel afterwards. Two peers with one port each have the
//! same two addresses on all links between them, so each says that it has one ([`SHARED`]) and the
//! other puts a [`Tag`] before whatever is not STUN. Without it all of these links are given the
//! packet: what is encrypted is understood by one of them alone.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use bytes::{Buf, BytesMut};
use lacis_core::LinkId;

/// Between which two addresses something travels: ours, and theirs.
pub(crate) type Way = (SocketAddr, SocketAddr);

/// What stands behind a candidate that leads to the one port of a peer (RFC 8839, 5.1: whoever does
/// not know it ignores it).
pub(crate) const SHARED: &str = " port shared";

/// Says which link a packet is for: the first bytes of the user fragment of whoever gets it, behind
/// a byte that nothing else on such a port begins with (RFC 7983).
pub(crate) type Tag = [u8; 9];

const TAGGED: u8 = 0xc1;

/// The tag of packets to the side with that user fragment, unless it is too short for one.
pub(crate) fn tag_of(fragment: &str) -> Option<Tag> {
    let first = fragment.as_bytes().first_chunk::<8>()?;
    let mut tag = [TAGGED; 9];
    tag.iter_mut().skip(1).zip(first).for_each(|(to, byte)| *to = *byte);
    Some(tag)
}

/// Which link is recognised by what.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_tag: HashMap<Tag, LinkId>,
    by_fragment: HashMap<Vec<u8>, LinkId>,
    by_way: HashMap<Way, Vec<LinkId>>,
    known: HashMap<LinkId, Known>,
}

/// What one link is recognised by.
#[derive(Debug, Default)]
struct Known {
    fragments: Vec<Vec<u8>>,
    ways: VecDeque<Way>,
}

/// A link remembers so many ways: every address of ours with every candidate of theirs would be
/// more than any link has use for.
const WAYS_MAX: usize = 256;

/// A link goes by so many user fragments: each new search for a path brings one.
const FRAGMENTS_MAX: usize = 4;

/// What sort of packet it is, by its first byte (RFC 7983).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Stun,
    /// Of a handshake that is not finished.
    DtlsPlain,
    DtlsSealed,
}

impl Sort {
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0..=3, ..] => Some(Self::Stun),
            // The epoch: until it changes nothing is encrypted.
            [20..=63, _, _, 0, 0, ..] => Some(Self::DtlsPlain),
            [20..=63, _, _, _, _, ..] => Some(Self::DtlsSealed),
            _ => None,
        }
    }
}

impl Demux {
    /// From now on a link is found by that user fragment.
    pub(crate) fn name(&mut self, link: LinkId, fragment: &str) {
        if let Some(tag) = tag_of(fragment) {
            self.by_tag.insert(tag, link);
        }
        let fragment = fragment.as_bytes().to_vec();
        let known = self.known.entry(link).or_default();
        if known.fragments.contains(&fragment) {
            return;
        }
        if known.fragments.len() >= FRAGMENTS_MAX {
            let old = known.fragments.remove(0);
            self.by_fragment.remove(&old);
            if let Some(tag) = std::str::from_utf8(&old).ok().and_then(tag_of) {
                self.by_tag.remove(&tag);
            }
        }
        known.fragments.push(fragment.clone());
        self.by_fragment.insert(fragment, link);
    }

    /// A link sends that way, so what comes that way may be for it.
    pub(crate) fn sent(&mut self, link: LinkId, way: Way) {
        let links = self.by_way.entry(way).or_default();
        if links.contains(&link) {
            return;
        }
        links.push(link);
        let ways = &mut self.known.entry(link).or_default().ways;
        ways.push_back(way);
        if ways.len() > WAYS_MAX
            && let Some(old) = ways.pop_front()
        {
            self.leave(link, old);
        }
    }

    /// A link is gone.
    pub(crate) fn forget(&mut self, link: LinkId) {
        let Some(known) = self.known.remove(&link) else { return };
        for fragment in known.fragments {
            self.by_fragment.remove(&fragment);
        }
        self.by_tag.retain(|_, of| *of != link);
        for way in known.ways {
            self.leave(link, way);
        }
    }

    fn leave(&mut self, link: LinkId, way: Way) {
        if let Some(links) = self.by_way.get_mut(&way) {
            links.retain(|it| *it != link);
            if links.is_empty() {
                self.by_way.remove(&way);
            }
        }
    }

    /// Takes the tag off a packet; gives the link that it names, if that sends the same way.
    pub(crate) fn tagged(&self, way: Way, bytes: &mut BytesMut) -> Option<LinkId> {
        let tag = *bytes.first_chunk::<9>()?;
        let link = *self.by_tag.get(&tag)?;
        self.by_way.get(&way)?.contains(&link).then(|| bytes.advance(tag.len()))?;
        Some(link)
    }

    /// The links that a packet without a tag may be for.
    pub(crate) fn find(&self, way: Way, bytes: &[u8]) -> Vec<LinkId> {
        if let Some(fragment) = asked_of(bytes) {
            return self.by_fragment.get(fragment).copied().into_iter().collect();
        }
        self.by_way.get(&way).cloned().unwrap_or_default()
    }
}

/// The user fragment of whoever a binding request asks: the part of its user name before the colon
/// (RFC 8445, 7.2.2).
fn asked_of(bytes: &[u8]) -> Option<&[u8]> {
    const REQUEST: [u8; 2] = [0, 1];
    const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
    const USER_NAME: [u8; 2] = [0, 6];
    let (head, mut rest) = bytes.split_at_checked(20)?;
    if !head.starts_with(&REQUEST) || head.get(4..8)? != COOKIE {
        return None;
    }
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let [kind @ .., high, low] = *head;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if kind == USER_NAME {
            let name = after.get(..length)?;
            return name.split(|byte| *byte == b':').next();
        }
        rest = after.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use lacis_core::LinkId;

    use bytes::BytesMut;

    use super::{Demux, Sort, WAYS_MAX, asked_of, tag_of};

    /// A binding request with a user name behind another attribute.
    fn request(user: &str) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        bytes.extend([7; 12]);
        bytes.extend([0x80, 0x22, 0, 3, 1, 2, 3, 0]);
        bytes.extend([0, 6, 0, u8::try_from(user.len()).unwrap()]);
        bytes.extend(user.bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn a_request_is_for_the_link_that_it_names() {
        let mut demux = Demux::default();
        demux.name(LinkId(1), "ours");
        demux.name(LinkId(2), "other");
        let way = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
        assert_eq!(demux.find(way, &request("other:theirs")), [LinkId(2)]);
        assert_eq!(demux.find(way, &request("nobody:theirs")), []);
        demux.forget(LinkId(2));
        assert_eq!(demux.find(way, &request("other:theirs")), []);
    }

    #[test]
    fn what_comes_back_is_for_those_who_sent_that_way() {
        let mut demux = Demux::default();
        let way = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
        let sealed = [23, 254, 253, 0, 1];
        assert_eq!(demux.find(way, &sealed), []);
        demux.sent(LinkId(1), way);
        demux.sent(LinkId(2), way);
        demux.sent(LinkId(1), way);
        assert_eq!(demux.find(way, &sealed), [LinkId(1), LinkId(2)]);
        demux.forget(LinkId(1));
        assert_eq!(demux.find(way, &sealed), [LinkId(2)]);
    }

    #[test]
    fn a_tag_names_a_link_that_sends_that_way() {
        let mut demux = Demux::default();
        let way = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
        demux.name(LinkId(1), "abcdefghij");
        demux.name(LinkId(2), "klmnopqrst");
        assert_eq!(tag_of("short"), None);
        let packet = || {
            let mut packet = BytesMut::from(&tag_of("klmnopqrst").unwrap()[..]);
            packet.extend_from_slice(b"sealed");
            packet
        };
        let mut refused = packet();
        assert_eq!(demux.tagged(way, &mut refused), None);
        assert_eq!(refused, packet());
        demux.sent(LinkId(2), way);
        let mut taken = packet();
        assert_eq!(demux.tagged(way, &mut taken), Some(LinkId(2)));
        assert_eq!(taken, "sealed");
        demux.forget(LinkId(2));
        assert_eq!(demux.tagged(way, &mut packet()), None);
    }

    #[test]
    fn a_link_remembers_so_many_ways() {
        let mut demux = Demux::default();
        let way = |port: usize| {
            let peer = format!("10.0.0.2:{port}").parse().unwrap();
            ("10.0.0.1:1".parse().unwrap(), peer)
        };
        for port in 1..=WAYS_MAX + 1 {
            demux.sent(LinkId(1), way(port));
        }
        assert_eq!(demux.find(way(1), &[23; 9]), []);
        assert_eq!(demux.find(way(2), &[23; 9]), [LinkId(1)]);
        demux.forget(LinkId(1));
        assert!(demux.by_way.is_empty() && demux.known.is_empty());
    }

    #[test]
    fn no_bytes_do_harm() {
        let whole = request("ours:theirs");
        assert_eq!(asked_of(&whole), Some(&b"ours"[..]));
        for end in 0..whole.len() {
            let _ = asked_of(&whole[..end]);
        }
        let mut long = whole;
        long[31] = 255;
        assert_eq!(asked_of(&long), None);
    }

    #[test]
    fn sorts_are_told_by_the_first_byte_and_the_epoch() {
        assert_eq!(Sort::of(&[0, 1]), Some(Sort::Stun));
        assert_eq!(Sort::of(&[22, 254, 253, 0, 0, 0]), Some(Sort::DtlsPlain));
        assert_eq!(Sort::of(&[23, 254, 253, 0, 1, 0]), Some(Sort::DtlsSealed));
        assert_eq!(Sort::of(&[128, 0, 0, 0, 0, 0]), None);
        assert_eq!(Sort::of(&[22, 254]), None);
        assert_eq!(Sort::of(&[]), None);
    }
}
