//! From network addresses to the opaque keys that the hub counts by.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::hub::AddressKey;
use crate::network::{network, wide_network};

/// Turns addresses into keys that mean nothing outside of this process.
#[derive(Debug, Default)]
pub(super) struct AddressKeys {
    random: RandomState,
}

impl AddressKeys {
    pub(super) fn key(&self, address: IpAddr) -> AddressKey {
        AddressKey(self.random.hash_one(network(address)))
    }

    pub(super) fn wide(&self, address: IpAddr) -> Option<AddressKey> {
        wide_network(address).map(|wide| AddressKey(self.random.hash_one(wide)))
    }
}

/// The client's address: the peer's, or what the proxy in front says, if it is to be trusted.
///
/// Of several entries the last one counts: it was added by the proxy next to us, and whatever
/// stands before it may be invented.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trust_proxy: bool) -> IpAddr {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    match last.and_then(|text| read(text.trim())) {
        Some(address) if trust_proxy => address,
        _ => peer,
    }
}

/// An address; some proxies name the port too.
fn read(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::{AddressKeys, HeaderMap, IpAddr, client_address};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|_| panic!("{text} is no address"))
    }

    #[test]
    fn a_subscriber_has_one_key() {
        let keys = AddressKeys::default();
        let key = |text| keys.key(ip(text));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        let wide = |text| keys.wide(ip(text));
        assert!(wide("2001:db8::1").is_some() && wide("2001:db8::1") == wide("2001:db8:0:1::1"));
        assert_ne!(wide("2001:db8::1"), wide("2001:db8:1::1"));
        assert_eq!(wide("::ffff:192.0.2.1"), None);
    }

    #[test]
    fn only_the_last_word_of_a_trusted_proxy_counts() {
        let mut headers = HeaderMap::new();
        let peer = ip("127.0.0.1");
        assert_eq!(client_address(peer, &headers, true), peer);
        headers.append("x-forwarded-for", "203.0.113.5, 198.51.100.7".try_into().unwrap());
        assert_eq!(client_address(peer, &headers, true), ip("198.51.100.7"));
        assert_eq!(client_address(peer, &headers, false), peer);
        for (named, address) in [
            ("192.0.2.7:4711", "192.0.2.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
        ] {
            headers.append("x-forwarded-for", named.try_into().unwrap());
            assert_eq!(client_address(peer, &headers, true), ip(address));
        }
        headers.append("x-forwarded-for", "nonsense".try_into().unwrap());
        assert_eq!(client_address(peer, &headers, true), peer);
    }
}
