//! Who asks: nonces without memory, and credentials that end by themselves.

use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::hub::{end_of, password};

/// How long a nonce is good (RFC 8656, 5 recommends an hour at most).
const NONCE_LIFETIME: Duration = Duration::from_secs(3_600);
const NONCE_TIME_BYTES: usize = 8;
const NONCE_MAC_BYTES: usize = 16;

/// The realm of all credentials. It only separates servers that a client could mix up.
pub(super) const REALM: &str = "lacis";

/// Makes and checks nonces.
#[derive(Debug)]
pub(super) struct Nonces {
    key: [u8; 32],
}

impl Nonces {
    pub(super) const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// A nonce for whoever is at this address now.
    pub(super) fn make(&self, now: Duration, client: SocketAddr) -> String {
        let time = now.as_secs().to_be_bytes();
        HEXLOWER.encode(&[&time[..], &self.mac(time, client)].concat())
    }

    pub(super) fn is_good(&self, nonce: &str, now: Duration, client: SocketAddr) -> bool {
        let Ok(bytes) = HEXLOWER.decode(nonce.as_bytes()) else { return false };
        let Some((time, mac)) = bytes.split_first_chunk::<NONCE_TIME_BYTES>() else {
            return false;
        };
        let made = Duration::from_secs(u64::from_be_bytes(*time));
        // It proves nothing but that an answer has arrived there, so its comparison may be quick.
        mac == self.mac(*time, client) && now.saturating_sub(made) < NONCE_LIFETIME
    }

    fn mac(&self, time: [u8; NONCE_TIME_BYTES], client: SocketAddr) -> [u8; NONCE_MAC_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&time).update(client.to_string().as_bytes());
        let mut mac = [0; NONCE_MAC_BYTES];
        hasher.finalize_xof().fill(&mut mac);
        mac
    }
}

/// The key that signs what a user says (RFC 8489, 9.2.2).
pub(super) fn key_of(secret: &[u8], username: &str) -> [u8; 16] {
    use md5::{Digest, Md5};

    let password = password(secret, username);
    Md5::digest(format!("{username}:{REALM}:{password}").as_bytes()).into()
}

/// Whether credentials have ended. Without an end they never were good.
pub(super) fn has_ended(username: &str, wall: Duration) -> bool {
    end_of(username).is_none_or(|end| end < wall.as_secs())
}

/// What tells clients apart: credentials are renewed, but the client in them stays.
pub(super) fn client_of(username: &str) -> &str {
    username.split_once(':').map_or("", |(_, client)| client)
}

#[cfg(test)]
mod tests {
    use super::{Duration, NONCE_LIFETIME, Nonces, client_of, has_ended};

    #[test]
    fn a_nonce_is_good_for_an_hour_at_its_address() {
        let nonces = Nonces::new([1; 32]);
        let (here, there) = ("192.0.2.1:5".parse().unwrap(), "192.0.2.1:6".parse().unwrap());
        let now = Duration::from_secs(7);
        let nonce = nonces.make(now, here);
        assert!(nonces.is_good(&nonce, now, here));
        assert!(nonces.is_good(&nonce, now + NONCE_LIFETIME - Duration::from_secs(1), here));
        assert!(!nonces.is_good(&nonce, now + NONCE_LIFETIME, here));
        assert!(!nonces.is_good(&nonce, now, there));
        assert!(!Nonces::new([2; 32]).is_good(&nonce, now, here));
        for bad in ["", "00", "zz", &nonce[1..], &nonce.to_uppercase()] {
            assert!(!nonces.is_good(bad, now, here), "{bad}");
        }
    }

    #[test]
    fn credentials_say_when_they_end_and_whose_they_are() {
        let wall = Duration::from_secs(100);
        assert!(!has_ended("100:a", wall));
        assert!(has_ended("99:a", wall) && has_ended("a", wall) && has_ended("", wall));
        assert_eq!((client_of("100:a"), client_of("100")), ("a", ""));
    }
}
