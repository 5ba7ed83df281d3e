//! STUN (RFC 8489) and TURN (RFC 8656): tells clients how they look from outside, and relays for
//! those who cannot be linked directly. What is relayed is encrypted between the peers.
//!
//! [`Machine`] decides everything and is pure: it owns no socket, no clock and no randomness, and
//! nothing in it grows with what strangers send. Nonces are made of time and a keyed hash, so that
//! none has to be remembered. Messages are read and written by the STUN codec of webrtc-rs; why its
//! server is not used is told in `docs/adr/0009-turn.md`.

mod allocation;
mod auth;
mod machine;
mod message;
mod peers;
mod strangers;

#[cfg(test)]
mod tests;

pub use self::machine::{Client, Effects, Machine, Packet};
pub(crate) use self::message::length_in_stream;
pub use self::peers::is_public;

use core::time::Duration;
use std::net::IpAddr;

use crate::hub::RateLimit;
use crate::limits;

/// What a relay may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnConfig {
    /// Shared with whoever hands out credentials.
    pub secret: Vec<u8>,
    /// Under which address relays are reached from outside.
    pub address: IpAddr,
    /// Whether peers may be in private networks or on this machine. Not on the open Internet:
    /// clients would reach what stands behind a firewall.
    pub allow_private: bool,
    /// Relays in all.
    pub allocations_max: usize,
    /// Relays of one client, as its credentials tell clients apart.
    pub allocations_per_client_max: usize,
    /// Relays of one address.
    pub allocations_per_address_max: usize,
    /// Relays of one wide network of IPv6.
    pub allocations_per_network_max: usize,
    /// Peers that one relay may talk with at a time.
    pub permissions_max: usize,
    /// Bytes that one relay may pass on, in both directions together.
    pub relay_bytes: RateLimit,
    /// Bytes that all relays may pass on.
    pub relays_bytes: RateLimit,
    /// Answers for those who have shown no credentials, in all. Whoever forges the address of
    /// somebody else has the answers sent there.
    pub strangers: RateLimit,
    /// The same, for one address.
    pub strangers_of_address: RateLimit,
    /// The same, for one wide network of IPv6.
    pub strangers_of_network: RateLimit,
    /// Requests of one relay's client that are carried out.
    pub requests: RateLimit,
    /// The clock of the world when the machine's clock was at zero, since 1970, until
    /// [`Machine::handle_wall`] is told what it shows.
    pub epoch: Duration,
}

impl TurnConfig {
    /// For relays under that address.
    #[must_use]
    pub const fn new(secret: Vec<u8>, address: IpAddr, epoch: Duration) -> Self {
        Self {
            secret,
            address,
            allow_private: false,
            allocations_max: limits::TURN_ALLOCATIONS_MAX,
            allocations_per_client_max: limits::TURN_ALLOCATIONS_PER_CLIENT_MAX,
            allocations_per_address_max: limits::TURN_ALLOCATIONS_PER_ADDRESS_MAX,
            allocations_per_network_max: limits::TURN_ALLOCATIONS_PER_NETWORK_MAX,
            permissions_max: limits::TURN_PERMISSIONS_MAX,
            relay_bytes: limits::TURN_RELAY_BYTES,
            relays_bytes: limits::TURN_RELAYS_BYTES,
            strangers: limits::TURN_STRANGERS,
            strangers_of_address: limits::TURN_STRANGERS_OF_ADDRESS,
            strangers_of_network: limits::TURN_STRANGERS_OF_NETWORK,
            requests: limits::TURN_REQUESTS,
            epoch,
        }
    }
}
