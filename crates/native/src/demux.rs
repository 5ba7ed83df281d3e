//! Whose a datagram is: all links of all peers of a thread share one port.
//!
//! A link is recognised by its ICE user fragment when the other side looks for a path, and by the
//! two addresses between which packets travel afterwards. Two peers with one port each have the
//! same two addresses on all links between them, so each says that it has one ([`SHARED`]) and the
//! other puts a [`Tag`] before whatever is not STUN. Without it all of these links are given the
//! packet: what is encrypted is understood by one of them alone. The answer to a binding request
//! has neither tag nor fragment; it is for the link that asked.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use bytes::{Buf, BytesMut};
use lacis_core::LinkId;

/// A link of one of the machines at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Whose {
    pub(crate) machine: u32,
    pub(crate) link: LinkId,
}

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

/// What a binding request and its answer have in common (RFC 8489, 5).
type Transaction = [u8; 12];

/// Which link is recognised by what.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_tag: HashMap<Tag, Whose>,
    by_fragment: HashMap<Vec<u8>, Whose>,
    by_way: HashMap<Way, Vec<Whose>>,
    /// Who asked, until the answer comes.
    by_transaction: HashMap<Transaction, Whose>,
    known: HashMap<Whose, Known>,
}

/// What one link is recognised by.
#[derive(Debug, Default)]
struct Known {
    fragments: Vec<Vec<u8>>,
    ways: VecDeque<Way>,
    asked: VecDeque<Transaction>,
}

/// A link remembers so many ways: every address of ours with every candidate of theirs would be
/// more than any link has use for.
const WAYS_MAX: usize = 256;

/// A link goes by so many user fragments: each new search for a path brings one.
const FRAGMENTS_MAX: usize = 4;

/// So many requests of a link are remembered; the answers to others are given to every link that
/// sends the same way.
const ASKED_MAX: usize = 16;

/// A packet that does not say whose it is, is given to so many links, the youngest ones. Whoever
/// does not tag what it sends has a way for each link.
const DOUBTFUL_MAX: usize = 16;

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
    pub(crate) fn name(&mut self, whose: Whose, fragment: &str) {
        if let Some(tag) = tag_of(fragment) {
            self.by_tag.insert(tag, whose);
        }
        let fragment = fragment.as_bytes().to_vec();
        let known = self.known.entry(whose).or_default();
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
        self.by_fragment.insert(fragment, whose);
    }

    /// A link sends that, so what comes the same way may be for it.
    pub(crate) fn sent(&mut self, whose: Whose, way: Way, bytes: &[u8]) {
        if let Some((REQUEST, transaction)) = transaction_of(bytes) {
            self.asks(whose, transaction);
        }
        let all = self.by_way.entry(way).or_default();
        if all.contains(&whose) {
            return;
        }
        all.push(whose);
        let ways = &mut self.known.entry(whose).or_default().ways;
        ways.push_back(way);
        if ways.len() > WAYS_MAX
            && let Some(old) = ways.pop_front()
        {
            self.leave(whose, old);
        }
    }

    fn asks(&mut self, whose: Whose, transaction: Transaction) {
        let asked = &mut self.known.entry(whose).or_default().asked;
        if asked.len() >= ASKED_MAX
            && let Some(old) = asked.pop_front()
        {
            self.by_transaction.remove(&old);
        }
        asked.push_back(transaction);
        self.by_transaction.insert(transaction, whose);
    }

    /// A link is gone.
    pub(crate) fn forget(&mut self, whose: Whose) {
        let Some(known) = self.known.remove(&whose) else { return };
        for fragment in known.fragments {
            self.by_fragment.remove(&fragment);
        }
        self.by_tag.retain(|_, of| *of != whose);
        for transaction in known.asked {
            self.by_transaction.remove(&transaction);
        }
        for way in known.ways {
            self.leave(whose, way);
        }
    }

    /// All links of a machine are gone.
    pub(crate) fn forget_all(&mut self, machine: u32) {
        let all: Vec<Whose> =
            self.known.keys().filter(|whose| whose.machine == machine).copied().collect();
        all.into_iter().for_each(|whose| self.forget(whose));
    }

    fn leave(&mut self, whose: Whose, way: Way) {
        if let Some(all) = self.by_way.get_mut(&way) {
            all.retain(|it| *it != whose);
            if all.is_empty() {
                self.by_way.remove(&way);
            }
        }
    }

    /// Takes the tag off a packet; gives the link that it names, if that sends the same way.
    pub(crate) fn tagged(&self, way: Way, bytes: &mut BytesMut) -> Option<Whose> {
        let tag = *bytes.first_chunk::<9>()?;
        let whose = *self.by_tag.get(&tag)?;
        self.by_way.get(&way)?.contains(&whose).then(|| bytes.advance(tag.len()))?;
        Some(whose)
    }

    /// The links that a packet without a tag may be for.
    pub(crate) fn find(&mut self, way: Way, bytes: &[u8]) -> Vec<Whose> {
        if let Some(fragment) = asked_of(bytes) {
            return self.by_fragment.get(fragment).copied().into_iter().collect();
        }
        let all = self.by_way.get(&way).map(Vec::as_slice).unwrap_or_default();
        let whose = match transaction_of(bytes) {
            Some((REQUEST, _)) | None => None,
            Some((_, id)) => self.by_transaction.get(&id).map(|whose| (id, *whose)),
        };
        match whose.filter(|(_, whose)| all.contains(whose)) {
            Some((id, whose)) => {
                self.by_transaction.remove(&id);
                if let Some(known) = self.known.get_mut(&whose) {
                    known.asked.retain(|asked| *asked != id);
                }
                vec![whose]
            }
            None => all.iter().rev().take(DOUBTFUL_MAX).copied().collect(),
        }
    }
}

/// The first bytes of a binding request.
const REQUEST: [u8; 2] = [0, 1];

/// What every STUN message has in one place.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Whether it is a binding request.
pub(crate) fn is_request(bytes: &[u8]) -> bool {
    matches!(transaction_of(bytes), Some((REQUEST, _)))
}

/// What sort of STUN message it is, and of which transaction.
fn transaction_of(bytes: &[u8]) -> Option<([u8; 2], Transaction)> {
    let (kind, rest) = bytes.split_first_chunk()?;
    let (cookie, rest) = rest.get(2..)?.split_first_chunk()?;
    (*cookie == COOKIE && kind[0] <= 3).then(|| Some((*kind, *rest.first_chunk()?)))?
}

/// The user fragment of whoever a binding request asks: the part of its user name before the colon
/// (RFC 8445, 7.2.2).
fn asked_of(bytes: &[u8]) -> Option<&[u8]> {
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
mod tests;
