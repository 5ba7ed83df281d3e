//! What becomes of each packet.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
    ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT, ATTR_UNKNOWN_ATTRIBUTES,
    ATTR_XOR_PEER_ADDRESS, ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS, AttrType,
};
use rtc_stun::error_code::{
    CODE_ADDR_FAMILY_NOT_SUPPORTED, CODE_ALLOC_MISMATCH, CODE_ALLOC_QUOTA_REACHED,
    CODE_BAD_REQUEST, CODE_FORBIDDEN, CODE_INSUFFICIENT_CAPACITY, CODE_PEER_ADDR_FAMILY_MISMATCH,
    CODE_STALE_NONCE, CODE_UNAUTHORIZED, CODE_UNKNOWN_ATTRIBUTE, CODE_UNSUPPORTED_TRANS_PROTO,
    CODE_WRONG_CREDENTIALS, ErrorCode,
};
use rtc_stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, METHOD_ALLOCATE, METHOD_BINDING, METHOD_CHANNEL_BIND,
    METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND,
};

use super::TurnConfig;
use super::allocation::{Allocation, Taken};
use super::auth::{Nonces, REALM, client_of, has_ended, key_of};
use super::message::{COMMON, Reply, Request, channel_data, data_from, in_channel, is_same_family};
use super::peers::is_public;
use super::strangers::Strangers;
use crate::hub::Bucket;
use crate::limits;
use crate::network::{network, wide_network};

/// Life of a relay that is not refreshed (RFC 8656, 3.2), and the longest that may be asked for.
const LIFETIME: Duration = Duration::from_secs(600);
const LIFETIME_MAX: Duration = Duration::from_secs(3_600);
/// The protocol number of UDP, the only transport between a relay and its peers.
const UDP: u8 = 17;

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
    bytes: Bucket,
    relayed: u64,
}

/// A request that is not carried out.
struct Refusal {
    code: ErrorCode,
    unknown: Vec<AttrType>,
}

type Outcome<T> = Result<T, Refusal>;

impl Machine {
    /// A server without relays. The key makes its nonces.
    #[must_use]
    pub fn new(config: TurnConfig, nonce_key: [u8; 32]) -> Self {
        Self {
            strangers: Strangers::new(nonce_key, config.strangers, config.strangers_of_address),
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
        // strangers is asked first: to find out who asks costs more than to answer.
        let has_relay = self.has_relay(client);
        if !has_relay && !self.answers_stranger(now, client) {
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
        let limits = (self.config.strangers, self.config.strangers_of_address);
        self.strangers.take(limits, now, client.address.ip())
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

    fn carry_out(
        &mut self,
        now: Duration,
        client: Client,
        request: &Request,
        username: &str,
        effects: &mut impl Effects,
    ) -> Outcome<Reply> {
        let method = request.method();
        let known: &[AttrType] = match method {
            METHOD_ALLOCATE => {
                &[ATTR_REQUESTED_TRANSPORT, ATTR_LIFETIME, ATTR_REQUESTED_ADDRESS_FAMILY]
            }
            METHOD_REFRESH => &[ATTR_LIFETIME, ATTR_REQUESTED_ADDRESS_FAMILY],
            METHOD_CREATE_PERMISSION => &[ATTR_XOR_PEER_ADDRESS],
            METHOD_CHANNEL_BIND => &[ATTR_XOR_PEER_ADDRESS, ATTR_CHANNEL_NUMBER, ATTR_DATA],
            _ => return Err(CODE_BAD_REQUEST.into()),
        };
        let unknown = request.unknown(&[known, &COMMON].concat());
        if !unknown.is_empty() {
            return Err(Refusal { code: CODE_UNKNOWN_ATTRIBUTE, unknown });
        }
        if method == METHOD_ALLOCATE {
            return self.on_allocate(now, client, request, username, effects);
        }
        let allocation = self.allocations.get(&client).ok_or(CODE_ALLOC_MISMATCH)?;
        if allocation.username != username {
            return Err(CODE_WRONG_CREDENTIALS.into());
        }
        match method {
            METHOD_REFRESH => Ok(self.on_refresh(now, client, request, effects)),
            METHOD_CREATE_PERMISSION => self.on_permission(now, client, request, effects),
            _ => self.on_channel_bind(now, client, request, effects),
        }
    }

    fn on_allocate(
        &mut self,
        now: Duration,
        client: Client,
        request: &Request,
        username: &str,
        effects: &mut impl Effects,
    ) -> Outcome<Reply> {
        if let Some(held) = self.allocations.get(&client) {
            // The answer was lost on its way, or the client has forgotten its relay.
            let is_again = held.transaction == request.transaction() && held.username == username;
            let left = held.expires.saturating_sub(now);
            return match is_again {
                true => Ok(allocated(request, held.relayed, client, left)),
                false => Err(CODE_ALLOC_MISMATCH.into()),
            };
        }
        match request.value(ATTR_REQUESTED_TRANSPORT) {
            Some([UDP, ..]) => {}
            Some(_) => return Err(CODE_UNSUPPORTED_TRANS_PROTO.into()),
            None => return Err(CODE_BAD_REQUEST.into()),
        }
        let family = request.value(ATTR_REQUESTED_ADDRESS_FAMILY).and_then(|it| it.first());
        let ours = if self.config.address.is_ipv4() { 1 } else { 2 };
        if *family.unwrap_or(&1) != ours {
            return Err(CODE_ADDR_FAMILY_NOT_SUPPORTED.into());
        }
        let of_client = self.by_client.get(client_of(username)).copied().unwrap_or(0);
        let address = network(client.address.ip());
        let of_address = self.by_address.get(&address).copied().unwrap_or(0);
        let wide = wide_network(address);
        let of_network = wide.and_then(|wide| self.by_network.get(&wide)).copied().unwrap_or(0);
        if of_client >= self.config.allocations_per_client_max
            || of_address >= self.config.allocations_per_address_max
            || of_network >= self.config.allocations_per_network_max
        {
            return Err(CODE_ALLOC_QUOTA_REACHED.into());
        }
        if self.allocations.len() >= self.config.allocations_max {
            return Err(CODE_INSUFFICIENT_CAPACITY.into());
        }
        let port = effects.open(client).ok_or(CODE_INSUFFICIENT_CAPACITY)?;
        let relayed = SocketAddr::new(self.config.address, port);
        let lifetime = request.lifetime().unwrap_or(LIFETIME).clamp(LIFETIME, LIFETIME_MAX);
        let (transaction, expires) = (request.transaction(), now + lifetime);
        let TurnConfig { relay_bytes, requests, .. } = self.config;
        let allowed = (Bucket::full(relay_bytes, now), Bucket::full(requests, now));
        let allocation =
            Allocation::new(username.to_owned(), relayed, transaction, allowed, expires);
        self.allocations.insert(client, allocation);
        self.expiries.insert((expires, client));
        self.ports.insert(port);
        *self.by_client.entry(client_of(username).to_owned()).or_default() += 1;
        *self.by_address.entry(address).or_default() += 1;
        if let Some(wide) = wide {
            *self.by_network.entry(wide).or_default() += 1;
        }
        Ok(allocated(request, relayed, client, lifetime))
    }

    fn on_refresh(
        &mut self,
        now: Duration,
        client: Client,
        request: &Request,
        effects: &mut impl Effects,
    ) -> Reply {
        let asked = request.lifetime().unwrap_or(LIFETIME);
        let lifetime = match asked {
            Duration::ZERO => {
                self.remove(client, effects);
                Duration::ZERO
            }
            asked => asked.clamp(LIFETIME, LIFETIME_MAX),
        };
        if let Some(allocation) = self.allocations.get_mut(&client) {
            self.expiries.remove(&(allocation.expires, client));
            allocation.expires = now + lifetime;
            self.expiries.insert((allocation.expires, client));
        }
        Reply::success(request).with(ATTR_LIFETIME, &seconds(lifetime))
    }

    fn on_permission(
        &mut self,
        now: Duration,
        client: Client,
        request: &Request,
        effects: &mut impl Effects,
    ) -> Outcome<Reply> {
        if request.peer_count() > limits::TURN_PEERS_PER_REQUEST_MAX {
            return Err(CODE_INSUFFICIENT_CAPACITY.into());
        }
        let peers = request.peers().filter(|peers| !peers.is_empty()).ok_or(CODE_BAD_REQUEST)?;
        for peer in &peers {
            self.check_peer(*peer, effects)?;
        }
        let allocation = self.allocations.get_mut(&client).ok_or(CODE_ALLOC_MISMATCH)?;
        for peer in peers {
            allocation.permit(peer.ip(), now, self.config.permissions_max)?;
        }
        Ok(Reply::success(request))
    }

    fn on_channel_bind(
        &mut self,
        now: Duration,
        client: Client,
        request: &Request,
        effects: &mut impl Effects,
    ) -> Outcome<Reply> {
        let peers = (request.peer_count() == 1).then(|| request.peers()).flatten();
        let (Some(number), Some(&[peer])) = (request.channel(), peers.as_deref()) else {
            return Err(CODE_BAD_REQUEST.into());
        };
        self.check_peer(peer, effects)?;
        let allocation = self.allocations.get_mut(&client).ok_or(CODE_ALLOC_MISMATCH)?;
        allocation.bind(number, peer, now, self.config.permissions_max)?;
        Ok(Reply::success(request))
    }

    fn check_peer(&self, peer: SocketAddr, effects: &mut impl Effects) -> Outcome<()> {
        if !is_same_family(peer.ip(), self.config.address) {
            return Err(CODE_PEER_ADDR_FAMILY_MISMATCH.into());
        }
        // Which port it is shows when something is sent.
        if peer.ip() == self.config.address {
            return Ok(());
        }
        // A machine may have more than one address, and what listens at the others trusts it.
        let is_inside = !self.config.allow_private && effects.is_own(peer.ip().to_canonical());
        if is_inside || !self.may_reach(peer) {
            return Err(CODE_FORBIDDEN.into());
        }
        Ok(())
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

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, unknown: Vec::new() }
    }
}

impl From<Taken> for Refusal {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::Full => CODE_INSUFFICIENT_CAPACITY.into(),
            Taken::Conflict => CODE_BAD_REQUEST.into(),
        }
    }
}

fn allocated(request: &Request, relayed: SocketAddr, client: Client, left: Duration) -> Reply {
    Reply::success(request)
        .address(ATTR_XOR_RELAYED_ADDRESS, relayed)
        .with(ATTR_LIFETIME, &seconds(left))
        .address(ATTR_XORMAPPED_ADDRESS, outer(client))
}

/// How a client looks from outside. A socket for both families sees IPv4 in the clothes of IPv6.
const fn outer(client: Client) -> SocketAddr {
    SocketAddr::new(client.address.ip().to_canonical(), client.address.port())
}

/// What passing on a packet counts.
fn cost_of(data: &[u8]) -> usize {
    data.len().max(limits::TURN_PACKET_COST)
}

fn seconds(time: Duration) -> [u8; 4] {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX).to_be_bytes()
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
