//! How many sockets there may be: in all, from one address, and from one wider network of IPv6. A
//! subscriber often has a /48 and so 65,536 of the /64 networks that count as one address each;
//! nobody is to fill the server from one of these.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::network::{network, wide_network};

/// Counts sockets of one kind, for as long as their places are kept.
#[derive(Debug)]
pub(super) struct Places {
    counts: Arc<Mutex<Counts>>,
    most: Most,
}

/// The limits of one kind of sockets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) all: usize,
    pub(super) of_address: usize,
    /// Of one /48; an address of IPv4 is in no such network.
    pub(super) of_network: usize,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_origin: HashMap<Origin, usize>,
}

/// Where sockets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    Address(IpAddr),
    Network(Ipv6Addr),
}

/// The place of one socket.
#[derive(Debug)]
pub(super) struct Place {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
}

impl Places {
    pub(super) fn new(most: Most) -> Self {
        Self { counts: Arc::default(), most }
    }

    /// Counts a socket in; there is no place for it beyond one of the limits.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut counts = lock(&self.counts);
        let count = |origin: &Origin| counts.by_origin.get(origin).copied().unwrap_or(0);
        let has_place = |origin: Origin| match origin {
            Origin::Address(_) => count(&origin) < self.most.of_address,
            Origin::Network(_) => count(&origin) < self.most.of_network,
        };
        if counts.all >= self.most.all || !origins_of(address).all(has_place) {
            return None;
        }
        counts.all += 1;
        for origin in origins_of(address) {
            *counts.by_origin.entry(origin).or_default() += 1;
        }
        Some(Place { counts: Arc::clone(&self.counts), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.all -= 1;
        for origin in origins_of(self.address) {
            if let Some(count) = counts.by_origin.get_mut(&origin) {
                *count -= 1;
                if *count == 0 {
                    counts.by_origin.remove(&origin);
                }
            }
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

fn origins_of(address: IpAddr) -> impl Iterator<Item = Origin> {
    let wide = wide_network(address).map(Origin::Network);
    [Origin::Address(network(address))].into_iter().chain(wide)
}

#[cfg(test)]
mod tests {
    use super::{Most, Place, Places};

    fn places(all: usize, of_address: usize, of_network: usize) -> Places {
        Places::new(Most { all, of_address, of_network })
    }

    fn enter(places: &Places, address: &str) -> Option<Place> {
        places.enter(address.parse().unwrap())
    }

    #[test]
    fn an_address_has_so_many_places_and_gets_one_back() {
        let places = places(100, 2, 100);
        let first = enter(&places, "192.0.2.1").unwrap();
        let _second = enter(&places, "::ffff:192.0.2.1").unwrap();
        assert!(enter(&places, "192.0.2.1").is_none());
        let _other = enter(&places, "192.0.2.2").unwrap();
        drop(first);
        let _third = enter(&places, "192.0.2.1").unwrap();
        let _six = (enter(&places, "2001:db8::1").unwrap(), enter(&places, "2001:db8::2").unwrap());
        assert!(enter(&places, "2001:db8::3").is_none());
    }

    #[test]
    fn a_wide_network_has_a_limit_of_its_own() {
        let places = places(100, 2, 4);
        let mut held: Vec<Place> =
            (0..4).map(|it| enter(&places, &format!("2001:db8:1:{it:x}::1")).unwrap()).collect();
        assert!(enter(&places, "2001:db8:1:ffff::1").is_none());
        held.extend(enter(&places, "2001:db8:2::1"));
        held.remove(0);
        held.extend(enter(&places, "2001:db8:1:ffff::1"));
        // The first /64 of a /48 is not taken for the whole of it.
        held.extend(enter(&places, "2001:db8:3::1"));
        assert_eq!(held.len(), 6);
        drop(held);
        let counts = super::lock(&places.counts);
        assert!(counts.all == 0 && counts.by_origin.is_empty());
    }

    #[test]
    fn all_together_have_a_limit() {
        let places = places(3, 2, 2);
        let held: Vec<Option<Place>> =
            (1..=4).map(|it| enter(&places, &format!("192.0.2.{it}"))).collect();
        assert_eq!(held.iter().flatten().count(), 3);
    }
}
