//! Credentials for relays (TURN) that end by themselves: a user name that says until when, and a
//! password that only whoever has the secret can make. So servers and relays need to share nothing
//! else (draft-uberti-behave-turn-rest-00, as coturn has it too).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use lacis_wire::limits::ICE_URLS_MAX;
use lacis_wire::signal::IceServer;
use sha1::Sha1;

/// Relays that clients are handed credentials for.
#[derive(Clone, PartialEq, Eq)]
pub struct Relays {
    /// STUN servers, which need no credentials.
    pub stun: Vec<String>,
    /// TURN servers.
    pub turn: Vec<String>,
    /// Shared with the relays.
    pub secret: Vec<u8>,
    /// How long credentials are good. Clients get new ones when a fourth of it is left.
    pub lifetime: Duration,
}

impl Relays {
    /// Credentials for one client. `client` tells clients apart, and is nothing that a relay could
    /// recognise them by; `ends` is in seconds since 1970.
    #[must_use]
    pub fn grant(&self, client: u64, ends: u64) -> Vec<IceServer> {
        let username = format!("{ends}:{client:016x}");
        let credential = password(&self.secret, &username);
        // An entry has room for so many addresses only.
        let stun = self.stun.chunks(ICE_URLS_MAX).map(|urls| IceServer {
            urls: urls.to_vec(),
            username: None,
            credential: None,
        });
        let turn = self.turn.chunks(ICE_URLS_MAX).map(|urls| IceServer {
            urls: urls.to_vec(),
            username: Some(username.clone()),
            credential: Some(credential.clone()),
        });
        stun.chain(turn).collect()
    }
}

/// What belongs to a user name.
#[must_use]
pub fn password(secret: &[u8], username: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    mac.update(username.as_bytes());
    BASE64.encode(&mac.finalize().into_bytes())
}

/// Until when a user name is good, in seconds since 1970.
#[must_use]
pub fn end_of(username: &str) -> Option<u64> {
    username.split(':').next()?.parse().ok()
}

impl fmt::Debug for Relays {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stun, turn, lifetime, .. } = self;
        f.debug_struct("Relays")
            .field("stun", stun)
            .field("turn", turn)
            .field("lifetime", lifetime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{end_of, password};

    #[test]
    fn passwords_are_those_that_coturn_makes() {
        // Made by `printf 1792000000:a | openssl dgst -sha1 -hmac north -binary | base64`.
        assert_eq!(password(b"north", "1792000000:a"), "KeWb9Ih0HeTYTWrT/YNI28g00ws=");
        assert_eq!(end_of("1792000000:a"), Some(1_792_000_000));
        assert_eq!(end_of("1792000000"), Some(1_792_000_000));
        assert_eq!((end_of("anna"), end_of("")), (None, None));
    }
}
