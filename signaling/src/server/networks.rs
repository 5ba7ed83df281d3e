//! Wider networks of IPv6. A subscriber often has a /48 and so 65,536 of the /64 networks that the
//! hub counts as one address each; nobody is to fill the server from one of these.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::limits;

/// Counts the connections of each.
#[derive(Debug)]
pub(super) struct Networks {
    counts: Arc<Mutex<HashMap<u64, usize>>>,
    most: usize,
}

/// A connection's place in its network, for as long as it is kept.
#[derive(Debug)]
pub(super) struct NetworkPlace {
    counts: Arc<Mutex<HashMap<u64, usize>>>,
    prefix: u64,
}

/// There are as many connections as one network may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NetworkFull;

impl Networks {
    pub(super) fn new(connections_per_address_max: usize) -> Self {
        let most = connections_per_address_max.saturating_mul(limits::ADDRESSES_PER_NETWORK_MAX);
        Self { counts: Arc::default(), most }
    }

    /// Counts a connection in; an address of IPv4 is counted by the hub alone.
    pub(super) fn enter(&self, address: IpAddr) -> Result<Option<NetworkPlace>, NetworkFull> {
        let IpAddr::V6(address) = address.to_canonical() else { return Ok(None) };
        let prefix = prefix_of(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(prefix).or_default();
        if *count >= self.most {
            return Err(NetworkFull);
        }
        *count += 1;
        Ok(Some(NetworkPlace { counts: Arc::clone(&self.counts), prefix }))
    }
}

impl Drop for NetworkPlace {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.prefix) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.prefix);
            }
        }
    }
}

/// The first 48 bits.
fn prefix_of(address: Ipv6Addr) -> u64 {
    let [a, b, c, ..] = address.segments();
    u64::from(a) << 32 | u64::from(b) << 16 | u64::from(c)
}

#[cfg(test)]
mod tests {
    use super::{NetworkFull, Networks, limits};

    #[test]
    fn a_wide_network_has_a_limit_of_its_own() {
        let networks = Networks::new(1);
        let enter = |text: String| networks.enter(text.parse().unwrap());
        let most = limits::ADDRESSES_PER_NETWORK_MAX;
        let mut places: Vec<_> =
            (0..most).map(|it| enter(format!("2001:db8:1:{it:x}::1")).unwrap()).collect();
        assert_eq!(enter("2001:db8:1:ffff::1".into()).unwrap_err(), NetworkFull);
        assert!(enter("2001:db8:2::1".into()).unwrap().is_some());
        places.pop();
        places.push(enter("2001:db8:1:ffff::1".into()).unwrap());
        for _ in 0..2 * most {
            assert!(enter("192.0.2.1".into()).unwrap().is_none());
            assert!(enter("::ffff:192.0.2.1".into()).unwrap().is_none());
        }
        drop(places);
        assert!(networks.counts.lock().unwrap().is_empty());
    }
}
