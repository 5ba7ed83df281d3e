//! How many answers those get who have shown no credentials: so many in all, because whoever
//! forges an address has them sent to somebody else, and so many for each address, so that one
//! flood does not keep the others from their first answer.

use std::net::IpAddr;
use std::time::Duration;

use crate::hub::{Bucket, RateLimit};
use crate::limits;
use crate::network::network;

/// Counts them in a table that does not grow. Addresses share its places by a keyed hash, so that
/// nobody chooses with whom.
#[derive(Debug)]
pub(super) struct Strangers {
    key: [u8; 32],
    all: Bucket,
    places: Vec<Bucket>,
}

impl Strangers {
    pub(super) fn new(key: [u8; 32], all: RateLimit, each: RateLimit) -> Self {
        let (all, each) = (Bucket::full(all, Duration::ZERO), Bucket::full(each, Duration::ZERO));
        Self { key, all, places: vec![each; limits::TURN_STRANGER_PLACES] }
    }

    /// Whether this one is answered.
    pub(super) fn take(
        &mut self,
        (all, each): (RateLimit, RateLimit),
        now: Duration,
        address: IpAddr,
    ) -> bool {
        let octets = match network(address) {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        let hash = blake3::keyed_hash(&self.key, &octets);
        let hash = hash.as_bytes().first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        let place = usize::try_from(hash).unwrap_or(0) % self.places.len().max(1);
        let Some(place) = self.places.get_mut(place) else { return false };
        place.take(each, now, 1) && self.all.take(all, now, 1)
    }
}
