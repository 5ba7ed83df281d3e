//! How many answers those get who have shown no credentials: so many in all, because whoever
//! forges an address has them sent to somebody else, and so many for each address and each wide
//! network, so that one flood does not keep the others from their first answer.

use std::net::IpAddr;
use std::time::Duration;

use crate::hub::{Bucket, RateLimit};
use crate::limits;
use crate::network::{network, wide_network};

/// Counts them in tables that do not grow. Addresses share their places by a keyed hash, so that
/// nobody chooses with whom.
#[derive(Debug)]
pub(super) struct Strangers {
    key: [u8; 32],
    limits: Limits,
    all: Bucket,
    addresses: Vec<Bucket>,
    networks: Vec<Bucket>,
}

/// How many answers there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) all: RateLimit,
    pub(super) of_address: RateLimit,
    /// Of one wide network of IPv6.
    pub(super) of_network: RateLimit,
}

impl Strangers {
    pub(super) fn new(key: [u8; 32], limits: Limits) -> Self {
        let full = |limit| Bucket::full(limit, Duration::ZERO);
        let places = |limit| vec![full(limit); limits::TURN_STRANGER_PLACES];
        let (addresses, networks) = (places(limits.of_address), places(limits.of_network));
        Self { key, limits, all: full(limits.all), addresses, networks }
    }

    /// Whether this one is answered.
    pub(super) fn take(&mut self, now: Duration, address: IpAddr) -> bool {
        let Limits { all, of_address, of_network } = self.limits;
        let octets = match network(address) {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        let at = place(&self.key, octets);
        if !self.addresses.get_mut(at).is_some_and(|bucket| bucket.take(of_address, now, 1)) {
            return false;
        }
        if let Some(wide) = wide_network(address) {
            let at = place(&self.key, wide.octets());
            if !self.networks.get_mut(at).is_some_and(|bucket| bucket.take(of_network, now, 1)) {
                return false;
            }
        }
        self.all.take(all, now, 1)
    }
}

fn place(key: &[u8; 32], octets: [u8; 16]) -> usize {
    let hash = blake3::keyed_hash(key, &octets);
    let hash = hash.as_bytes().first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    usize::try_from(hash).unwrap_or(0) % limits::TURN_STRANGER_PLACES
}
