//! Whom a relay may talk with: a permission for each address, and a channel for those who are sent
//! more than checks. Both last for minutes, and are renewed when something is sent meanwhile: a
//! link does so every few seconds.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::message::{self, Wish};
use crate::demux::Sort;

/// A relay talks with so many peers at a time, as many as our own server lets it.
const PEERS_MAX: usize = 64;

/// Peers that are remembered, with those whom the server refuses.
const KNOWN_MAX: usize = 2 * PEERS_MAX;

/// Packets that wait for a permission: the first checks of a few links.
const WAITING_MAX: usize = 16;

/// How long a permission lasts (RFC 8656, 9), and a channel (12). The server counts from a little
/// earlier.
const PERMISSION: Lasting = Lasting::of(300, 240);
const CHANNEL: Lasting = Lasting::of(600, 480);

/// For that long nobody asks again for what was refused, or for what nobody answered.
const REFUSED: Duration = Duration::from_secs(120);
const UNANSWERED: Duration = Duration::from_secs(5);

/// The first and the last number of a channel (RFC 8656, 12). They are given in turn, so that none
/// comes back before its last use is long over.
const FIRST: u16 = 0x4000;
const LAST: u16 = 0x4fff;

/// The peers of one relay.
#[derive(Debug)]
pub(super) struct Peers {
    permissions: HashMap<IpAddr, Grant>,
    channels: HashMap<SocketAddr, Channel>,
    by_number: HashMap<u16, SocketAddr>,
    next: u16,
    /// Packets for those who are not permitted yet.
    waiting: Vec<(SocketAddr, BytesMut)>,
    /// What the server is to be asked for.
    wishes: Vec<Wish>,
}

/// How long something that was granted lasts, and after how much of it it is renewed.
#[derive(Clone, Copy)]
struct Lasting {
    all: Duration,
    fresh: Duration,
}

impl Lasting {
    const fn of(all: u64, fresh: u64) -> Self {
        Self { all: Duration::from_secs(all), fresh: Duration::from_secs(fresh) }
    }
}

#[derive(Debug)]
struct Channel {
    number: u16,
    grant: Grant,
}

/// What the server was asked for.
#[derive(Debug, Default)]
struct Grant {
    is_asked: bool,
    given: Option<Instant>,
    refused_until: Option<Instant>,
}

impl Grant {
    fn stands(&self, now: Instant, lasting: Lasting) -> bool {
        self.given.is_some_and(|at| now < at + lasting.all)
    }

    fn is_refused(&self, now: Instant) -> bool {
        self.refused_until.is_some_and(|until| now < until)
    }

    /// Whether it takes a place at the server, or may soon.
    fn counts(&self, now: Instant, lasting: Lasting) -> bool {
        self.is_asked || self.stands(now, lasting)
    }

    /// Whether the server is to be asked for it now.
    fn ask(&mut self, now: Instant, lasting: Lasting) -> bool {
        let is_fresh = self.given.is_some_and(|at| now < at + lasting.fresh);
        let asks = !is_fresh && !self.is_asked && !self.is_refused(now);
        self.is_asked |= asks;
        asks
    }

    const fn give(&mut self, now: Instant) {
        *self = Self { is_asked: false, given: Some(now), refused_until: None };
    }

    fn refuse(&mut self, until: Instant) {
        self.is_asked = false;
        self.refused_until = Some(until);
    }
}

impl Peers {
    pub(super) fn new() -> Self {
        Self {
            permissions: HashMap::new(),
            channels: HashMap::new(),
            by_number: HashMap::new(),
            next: FIRST,
            waiting: Vec::new(),
            wishes: Vec::new(),
        }
    }

    /// What the server is to be asked for next.
    pub(super) fn poll_wish(&mut self) -> Option<Wish> {
        self.wishes.pop()
    }

    /// Wraps a packet to a peer for the server; nothing if it waits, or cannot be sent.
    pub(super) fn wrap(
        &mut self,
        now: Instant,
        peer: SocketAddr,
        bytes: BytesMut,
    ) -> Option<BytesMut> {
        let grant = self.permission(now, peer.ip())?;
        if grant.ask(now, PERMISSION) {
            self.wishes.push(Wish::Permit(peer.ip()));
        }
        let grant = self.permissions.get(&peer.ip())?;
        if !grant.stands(now, PERMISSION) {
            if grant.is_asked && self.waiting.len() < WAITING_MAX {
                self.waiting.push((peer, bytes));
            }
            return None;
        }
        // Checks of paths that come to nothing need no channel.
        if Sort::of(&bytes) == Some(Sort::Stun) && !self.channels.contains_key(&peer) {
            return message::data_to(peer, &bytes);
        }
        match self.channel(now, peer) {
            Some(number) => message::in_channel(number, &bytes),
            None => message::data_to(peer, &bytes),
        }
    }

    /// The permission for an address, if there is room for it.
    fn permission(&mut self, now: Instant, ip: IpAddr) -> Option<&mut Grant> {
        if !self.permissions.contains_key(&ip) {
            if self.permissions.len() >= KNOWN_MAX {
                self.permissions.retain(|_, grant| grant.counts(now, PERMISSION));
            }
            let count = |grant: &&Grant| grant.counts(now, PERMISSION);
            if self.permissions.values().filter(count).count() >= PEERS_MAX {
                return None;
            }
        }
        Some(self.permissions.entry(ip).or_default())
    }

    /// The channel to a peer, if it can be used already. Asks for it where there is room.
    fn channel(&mut self, now: Instant, peer: SocketAddr) -> Option<u16> {
        if !self.channels.contains_key(&peer) {
            if self.channels.len() >= PEERS_MAX {
                let is_over = |(_, it): &(&SocketAddr, &Channel)| !it.grant.counts(now, CHANNEL);
                let (over, number) =
                    self.channels.iter().find(is_over).map(|(peer, it)| (*peer, it.number))?;
                self.channels.remove(&over);
                self.by_number.remove(&number);
            }
            let number = self.next;
            self.next = if number == LAST { FIRST } else { number + 1 };
            self.channels.insert(peer, Channel { number, grant: Grant::default() });
            self.by_number.insert(number, peer);
        }
        let Channel { number, grant } = self.channels.get_mut(&peer)?;
        if grant.ask(now, CHANNEL) {
            self.wishes.push(Wish::Channel(*number, peer));
        }
        grant.stands(now, CHANNEL).then_some(*number)
    }

    /// The server has done what was wished for; gives the packets that waited for it.
    pub(super) fn granted(&mut self, now: Instant, wish: Wish) -> Vec<(SocketAddr, BytesMut)> {
        let permitted = match wish {
            Wish::Permit(ip) => ip,
            Wish::Channel(_, peer) => {
                if let Some(channel) = self.channels.get_mut(&peer) {
                    channel.grant.give(now);
                }
                // It permits as well.
                peer.ip()
            }
            Wish::Relay { .. } | Wish::Life | Wish::End => return Vec::new(),
        };
        if let Some(grant) = self.permissions.get_mut(&permitted) {
            grant.give(now);
        }
        self.waiting_for(permitted)
    }

    /// It has not: it `refuses`, or does not answer.
    pub(super) fn not_granted(&mut self, now: Instant, wish: Wish, refuses: bool) {
        let until = now + if refuses { REFUSED } else { UNANSWERED };
        match wish {
            Wish::Permit(ip) => {
                if let Some(grant) = self.permissions.get_mut(&ip) {
                    grant.refuse(until);
                }
                self.waiting_for(ip);
            }
            Wish::Channel(_, peer) => {
                if let Some(channel) = self.channels.get_mut(&peer) {
                    channel.grant.refuse(until);
                }
            }
            Wish::Relay { .. } | Wish::Life | Wish::End => {}
        }
    }

    fn waiting_for(&mut self, ip: IpAddr) -> Vec<(SocketAddr, BytesMut)> {
        let waiting = std::mem::take(&mut self.waiting);
        let (for_it, others): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(peer, _)| peer.ip() == ip);
        self.waiting = others;
        for_it
    }

    /// To whom a channel leads.
    pub(super) fn peer_of(&self, number: u16) -> Option<SocketAddr> {
        self.by_number.get(&number).copied()
    }

    /// Whether the server passes on what comes from there.
    pub(super) fn is_permitted(&self, now: Instant, ip: IpAddr) -> bool {
        self.permissions.get(&ip).is_some_and(|grant| grant.stands(now, PERMISSION))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use bytes::BytesMut;

    use super::{KNOWN_MAX, PEERS_MAX, Peers, WAITING_MAX};
    use crate::turn::message::Wish;

    fn check() -> BytesMut {
        BytesMut::from(&[0, 1][..])
    }

    fn data() -> BytesMut {
        BytesMut::from(&[23, 254, 253, 0, 1][..])
    }

    #[test]
    fn what_is_remembered_of_peers_is_bounded() {
        let (mut peers, now) = (Peers::new(), Instant::now());
        for number in 0..1_000_u32 {
            let ip = std::net::Ipv4Addr::from_bits(0x0a00_0000 + number);
            peers.wrap(now, (ip, 1).into(), check());
            if let Some(wish) = peers.poll_wish() {
                match number % 2 {
                    0 => drop(peers.granted(now, wish)),
                    _ => peers.not_granted(now, wish, true),
                }
            }
        }
        let given = peers.permissions.values().filter(|grant| grant.given.is_some()).count();
        assert_eq!(given, PEERS_MAX);
        assert!(peers.permissions.len() <= KNOWN_MAX);
        for port in 1..1_000 {
            assert!(peers.wrap(now, ([10, 0, 0, 0], port).into(), data()).is_some());
            if let Some(wish) = peers.poll_wish() {
                peers.granted(now, wish);
            }
        }
        assert_eq!((peers.channels.len(), peers.by_number.len()), (PEERS_MAX, PEERS_MAX));
        // When those are over there is room again.
        let later = now + Duration::from_secs(601);
        peers.wrap(later, ([10, 1, 0, 0], 1).into(), data());
        assert_eq!(peers.poll_wish(), Some(Wish::Permit([10, 1, 0, 0].into())));
    }

    #[test]
    fn what_waits_for_a_permission_is_sent_with_it_or_dropped() {
        let (mut peers, now) = (Peers::new(), Instant::now());
        let (anna, bert) = (([10, 0, 0, 1], 1).into(), ([10, 0, 0, 2], 1).into());
        for _ in 0..20 {
            assert_eq!(peers.wrap(now, anna, check()), None);
        }
        let wish = peers.poll_wish().unwrap();
        assert_eq!(peers.poll_wish(), None, "it is asked for once");
        assert_eq!(peers.granted(now, wish).len(), WAITING_MAX);
        assert!(peers.wrap(now, anna, check()).is_some());
        assert_eq!(peers.wrap(now, bert, check()), None);
        let wish = peers.poll_wish().unwrap();
        peers.not_granted(now, wish, true);
        assert_eq!((peers.wrap(now, bert, check()), peers.poll_wish()), (None, None));
        assert_eq!(peers.waiting.len(), 0);
        assert!(peers.is_permitted(now, anna.ip()) && !peers.is_permitted(now, bert.ip()));
    }
}
