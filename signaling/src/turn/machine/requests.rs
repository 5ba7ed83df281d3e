//! What a client with credentials may ask for: a relay, its life, whom it reaches.

use std::net::SocketAddr;
use std::time::Duration;

use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_LIFETIME, ATTR_REQUESTED_ADDRESS_FAMILY,
    ATTR_REQUESTED_TRANSPORT, ATTR_XOR_PEER_ADDRESS, ATTR_XOR_RELAYED_ADDRESS,
    ATTR_XORMAPPED_ADDRESS, AttrType,
};
use rtc_stun::error_code::{
    CODE_ADDR_FAMILY_NOT_SUPPORTED, CODE_ALLOC_MISMATCH, CODE_ALLOC_QUOTA_REACHED,
    CODE_BAD_REQUEST, CODE_FORBIDDEN, CODE_INSUFFICIENT_CAPACITY, CODE_PEER_ADDR_FAMILY_MISMATCH,
    CODE_UNKNOWN_ATTRIBUTE, CODE_UNSUPPORTED_TRANS_PROTO, CODE_WRONG_CREDENTIALS, ErrorCode,
};
use rtc_stun::message::{
    METHOD_ALLOCATE, METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_REFRESH,
};

use super::{Client, Effects, Machine, outer};
use crate::hub::Bucket;
use crate::limits;
use crate::network::{network, wide_network};
use crate::turn::TurnConfig;
use crate::turn::allocation::{Allocation, Taken};
use crate::turn::auth::client_of;
use crate::turn::message::{COMMON, Reply, Request, is_same_family};

/// Life of a relay that is not refreshed (RFC 8656, 3.2), and the longest that may be asked for.
const LIFETIME: Duration = Duration::from_secs(600);
const LIFETIME_MAX: Duration = Duration::from_secs(3_600);
/// The protocol number of UDP, the only transport between a relay and its peers.
const UDP: u8 = 17;

/// A request that is not carried out.
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) unknown: Vec<AttrType>,
}

pub(super) type Outcome<T> = Result<T, Refusal>;

impl Machine {
    /// Does what a request asks for that is known to be its client's.
    pub(super) fn carry_out(
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
        self.check_kind(request)?;
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

    /// Whether a relay of the kind that is asked for is to be had at all.
    fn check_kind(&self, request: &Request) -> Outcome<()> {
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
        Ok(())
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

fn seconds(time: Duration) -> [u8; 4] {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX).to_be_bytes()
}
