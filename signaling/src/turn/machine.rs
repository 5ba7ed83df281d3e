//! What becomes of each packet.

mod requests;

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rtc_stun::attributes::{
    ATTR_NONCE, ATTR_REALM, ATTR_UNKNOWN_ATTRIBUTES, ATTR_XORMAPPED_ADDRESS,
};
use rtc_stun::error_code::{CODE_BAD_REQUEST, CODE_STALE_NONCE, CODE_UNAUTHORIZED, ErrorCode};
use rtc_stun::message::{CLASS_INDICATION, CLASS_REQUEST, METHOD_BINDING, METHOD_SEND};

use self::requests::Refusal;
use super::TurnConfig;
use super::allocation::Allocation;
use super::auth::{Nonces, REALM, client_of, has_ended, key_of};
use super::message::{Reply, Request, channel_data, data_from, in_channel};
use super::peers::is_public;
use super::strangers::{Limits, Strangers};
use crate::hub::Bucket;
use crate::limits;
use crate::network::{network, wide_network};

/// The other end of a relay, and how it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client {
    /// As it looks from here.
    pub address: SocketAddr,
    /// The number of its connection, if it comes over TCP.
    pub stream: Option<u64>,
}

/// Something to be sent. It may be lost, as packets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// To a client.
    ToClient(Vec<u8>),
    /// From the relay of the client to a peer.
    ToPeer(SocketAddr, Vec<u8>),
}

/// What the machine needs from outside.
pub trait Effects {
    /// Opens a relay for a client; gives its port, or nothing if there is none to be had.
    fn open(&mut self, client: Client) -> Option<u16>;
    /// Closes it.
    fn close(&mut self, client: Client);
    /// Whether an address is one of this machine. Asked for every peer that is named.
    fn is_own(&mut self, address: IpAddr) -> bool;
    /// Twelve bytes that nobody can foresee.
    fn random(&mut self) -> [u8; 12];
}

/// The server without its sockets.
#[derive(Debug)]
pub struct Machine {
    config: TurnConfig,
    nonces: Nonces,
    allocations: HashMap<Client, Allocation>,
    expiries: BTreeSet<(Duration, Client)>,
    by_client: HashMap<String, usize>,
    by_address: HashMap<IpAddr, usize>,
    by_network: HashMap<Ipv6Addr, usize>,
    /// Ports of relays, which peers with a relay here are reached under.
    ports: BTreeSet<u16>,
    strangers: Strangers,
    /// Of those who have no relay, but have shown that they hear what is sent to their address.
    heard: Strangers,
    bytes: Bucket,
    relayed: u64,
}

impl Machine {
    /// A server without relays. The key makes its nonces.
    #[must_use]
    pub fn new(config: TurnConfig, nonce_key: [u8; 32]) -> Self {
        let answers = Limits {
            all: config.strangers,
            of_address: config.strangers_of_address,
            of_network: config.strangers_of_network,
        };
        Self {
            strangers: Strangers::new(nonce_key, answers),
            heard: Strangers::new(nonce_key, answers),
            nonces: Nonces::new(nonce_key),
            allocations: HashMap::new(),
            expiries: BTreeSet::new(),
            by_client: HashMap::new(),
            by_address: HashMap::new(),
            by_network: HashMap::new(),
            ports: BTreeSet::new(),
            bytes: Bucket::full(config.relays_bytes, Duration::ZERO),
            relayed: 0,
            config,
        }
    }

    /// Relays that are open.
    #[must_use]
    pub fn allocations(&self) -> usize {
        self.allocations.len()
    }

    /// Whether this client has one.
    #[must_use]
    pub fn has_relay(&self, client: Client) -> bool {
        self.allocations.contains_key(&client)
    }

    /// Bytes passed on so far.
    #[must_use]
    pub const fn relayed_bytes(&self) -> u64 {
        self.relayed
    }

    /// When to call [`Machine::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// Takes in what the clock of the world shows, by which credentials end.
    pub fn handle_wall(&mut self, now: Duration, wall: Duration) {
        self.config.epoch = wall.saturating_sub(now);
    }

    /// Closes relays that have ended.
    pub fn handle_timeout(&mut self, now: Duration, effects: &mut impl Effects) {
        while let Some(&(at, client)) = self.expiries.first()
            && at <= now
        {
            self.remove(client, effects);
        }
    }

    /// Whoever came over TCP is gone, and the relay with it.
    pub fn handle_closed(&mut self, client: Client, effects: &mut impl Effects) {
        self.remove(client, effects);
    }

    /// A packet of a client.
    pub fn handle_client(
        &mut self,
        now: Duration,
        client: Client,
        bytes: &[u8],
        effects: &mut impl Effects,
    ) -> Option<Packet> {
        self.handle_timeout(now, effects);
        if let Some((number, data)) = channel_data(bytes) {
            let peer = self.allocations.get(&client)?.peer_of(number, now)?;
            return self.relay(now, client, peer, data);
        }
        let request = Request::read(bytes)?;
        match (request.class(), request.method()) {
            (CLASS_REQUEST, METHOD_BINDING) => self.on_binding(now, client, &request),
            (CLASS_INDICATION, METHOD_SEND) => {
                // Nobody has to sign it, so those without a relay cost nothing.
                let allocation = self.allocations.get(&client)?;
                if request.peer_count() != 1 {
                    return None;
                }
                let (data, peer) = (request.data()?, *request.peers()?.first()?);
                allocation.permits(peer.ip(), now).then(|| self.relay(now, client, peer, data))?
            }
            (CLASS_REQUEST, _) => self.on_request(now, client, &request, effects),
            _ => None,
        }
    }

    /// A packet of a peer, for the relay of a client.
    pub fn handle_peer(
        &mut self,
        now: Duration,
        client: Client,
        peer: SocketAddr,
        data: &[u8],
        effects: &mut impl Effects,
    ) -> Option<Packet> {
        let allocation = self.allocations.get_mut(&client)?;
        let cost = cost_of(data);
        if !allocation.permits(peer.ip(), now)
            || !allocation.spend(self.config.relay_bytes, now, cost)
            || !self.bytes.take(self.config.relays_bytes, now, cost)
        {
            return None;
        }
        self.relayed += data.len() as u64;
        let bytes = match allocation.channel_to(peer, now) {
            Some(number) => in_channel(number, data, client.stream.is_some())?,
            None => data_from(peer, data, effects.random()),
        };
        Some(Packet::ToClient(bytes))
    }

    fn relay(
        &mut self,
        now: Duration,
        client: Client,
        peer: SocketAddr,
        data: &[u8],
    ) -> Option<Packet> {
        // It was one when it was permitted, but a relay of ours may have closed since.
        if !self.may_reach(peer) {
            return None;
        }
        let allocation = self.allocations.get_mut(&client)?;
        let cost = cost_of(data);
        let passes = allocation.spend(self.config.relay_bytes, now, cost)
            && self.bytes.take(self.config.relays_bytes, now, cost);
        self.relayed += if passes { data.len() as u64 } else { 0 };
        passes.then(|| Packet::ToPeer(peer, data.to_vec()))
    }

    fn on_binding(&mut self, now: Duration, client: Client, request: &Request) -> Option<Packet> {
        if !self.answers_stranger(now, client) {
            return None;
        }
        let reply = Reply::success(request).address(ATTR_XORMAPPED_ADDRESS, outer(client));
        Some(Packet::ToClient(reply.bytes()))
    }

    fn on_request(
        &mut self,
        now: Duration,
        client: Client,
        request: &Request,
        effects: &mut impl Effects,
    ) -> Option<Packet> {
        // Who has a relay has an allowance of its own, whatever others do. For all else the one of
        // strangers is asked first: to find out who asks costs more than to answer. Who shows a
        // nonce of ours has heard it, so floods from forged addresses take nothing from it.
        let has_relay = self.has_relay(client);
        let has_heard =
            request.nonce().is_some_and(|it| self.nonces.is_good(it, now, client.address));
        let is_answered = match (has_relay, has_heard) {
            (true, _) => true,
            (false, true) => self.heard.take(now, client.address.ip()),
            (false, false) => self.answers_stranger(now, client),
        };
        if !is_answered {
            return None;
        }
        let (username, key) = match self.authenticate(now, client, request) {
            Ok(known) => known,
            Err(code) if !has_relay || self.answers_stranger(now, client) => {
                let nonce = self.nonces.make(now, client.address);
                let reply = Reply::error(request, code)
                    .with(ATTR_REALM, REALM.as_bytes())
                    .with(ATTR_NONCE, nonce.as_bytes());
                return Some(Packet::ToClient(reply.bytes()));
            }
            Err(_) => return None,
        };
        if let Some(allocation) = self.allocations.get_mut(&client)
            && !allocation.hears(self.config.requests, now)
        {
            return None;
        }
        let outcome = self.carry_out(now, client, request, &username, effects);
        let reply = match outcome {
            Ok(reply) => reply,
            Err(Refusal { code, unknown }) => {
                let kinds: Vec<u8> = unknown.iter().flat_map(|kind| kind.0.to_be_bytes()).collect();
                let reply = Reply::error(request, code);
                if kinds.is_empty() { reply } else { reply.with(ATTR_UNKNOWN_ATTRIBUTES, &kinds) }
            }
        };
        Some(Packet::ToClient(reply.signed(&key).bytes()))
    }

    fn answers_stranger(&mut self, now: Duration, client: Client) -> bool {
        self.strangers.take(now, client.address.ip())
    }

    /// Who asks, and the key to answer with (RFC 8489, 9.2.4).
    fn authenticate(
        &self,
        now: Duration,
        client: Client,
        request: &Request,
    ) -> Result<(String, [u8; 16]), ErrorCode> {
        if !request.is_signed() {
            return Err(CODE_UNAUTHORIZED);
        }
        let said = (request.username(), request.realm(), request.nonce());
        let (Some(username), Some(realm), Some(nonce)) = said else { return Err(CODE_BAD_REQUEST) };
        if !self.nonces.is_good(nonce, now, client.address) {
            return Err(CODE_STALE_NONCE);
        }
        let key = key_of(&self.config.secret, username);
        // A relay outlives the credentials that it was made with: an agent cannot change them.
        let is_held =
            self.allocations.get(&client).is_some_and(|allocation| allocation.username == username);
        let has_ended = !is_held && has_ended(username, self.config.epoch + now);
        if realm != REALM || has_ended || !request.is_signed_with(&key) {
            return Err(CODE_UNAUTHORIZED);
        }
        Ok((username.to_owned(), key))
    }

    /// Whether a relay may send there. At our own address there are relays, and other things that
    /// nobody is to reach from here.
    fn may_reach(&self, peer: SocketAddr) -> bool {
        if peer.ip() == self.config.address {
            return self.ports.contains(&peer.port());
        }
        self.config.allow_private || is_public(peer.ip())
    }

    fn remove(&mut self, client: Client, effects: &mut impl Effects) {
        let Some(allocation) = self.allocations.remove(&client) else { return };
        self.expiries.remove(&(allocation.expires, client));
        self.ports.remove(&allocation.relayed.port());
        release(&mut self.by_client, client_of(&allocation.username));
        release(&mut self.by_address, &network(client.address.ip()));
        if let Some(wide) = wide_network(client.address.ip()) {
            release(&mut self.by_network, &wide);
        }
        effects.close(client);
    }
}

/// How a client looks from outside. A socket for both families sees IPv4 in the clothes of IPv6.
const fn outer(client: Client) -> SocketAddr {
    SocketAddr::new(client.address.ip().to_canonical(), client.address.port())
}

/// What passing on a packet counts.
fn cost_of(data: &[u8]) -> usize {
    data.len().max(limits::TURN_PACKET_COST)
}

/// One less of something that is counted; what is not there any more takes no memory.
fn release<K, Q>(counts: &mut HashMap<K, usize>, key: &Q)
where
    K: std::borrow::Borrow<Q> + Eq + std::hash::Hash,
    Q: Eq + std::hash::Hash + ?Sized,
{
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
