//! What an operator, a test or the simulator may set.

use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::signal::IceServer;

use super::rate::Rates;
use super::relays::Relays;
use crate::limits;
use crate::rate_limit::RateLimit;

/// The limits and deadlines of a [`Hub`](super::Hub). The default serves the open Internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubConfig {
    /// Connections in all.
    pub connections_max: usize,
    /// Connections from one address.
    pub connections_per_address_max: usize,
    /// Topics in all.
    pub topics_max: usize,
    /// Topics that count for one address: those of which one of its connections was the first
    /// member, or is the first of those that are left.
    pub topics_per_address_max: usize,
    /// Topics that one connection may be announced under.
    pub topics_per_connection_max: usize,
    /// Members of one topic.
    pub members_per_topic_max: usize,
    /// Bytes that may wait for one connection.
    pub queue_bytes_max: usize,
    /// Bytes that may wait for all connections together.
    pub queues_bytes_max: usize,
    /// Time until `Hello`.
    pub hello_deadline: Duration,
    /// Silence after which a client is pinged.
    pub ping_interval: Duration,
    /// Silence after which a connection is taken for dead.
    pub silence_max: Duration,
    /// Time after which a connection whose queue does not get shorter is closed.
    pub stall_max: Duration,
    /// Life of an announcement that is not refreshed.
    pub topic_ttl: Duration,
    /// What one connection may send.
    pub connection_rates: Rates,
    /// Refusals for sending too much, before the connection is closed for it.
    pub connection_refusals: RateLimit,
    /// What all connections from one address may send together.
    pub address_rates: Rates,
    /// Connections that may be opened from one address.
    pub address_opens: RateLimit,
    /// The earliest time a client comes back after a shutdown.
    pub shutdown_retry: Duration,
    /// Clients come back spread over this long after that time.
    pub shutdown_retry_spread: Duration,
    /// Handed to every client in `Welcome`.
    pub ice_servers: Vec<IceServer>,
    /// Relays that clients get credentials for.
    pub relays: Option<Relays>,
    /// What tokens are made and read with, by which clients go on with a session at another time.
    /// Without it there are none.
    pub secret: Option<Vec<u8>>,
    /// The clock of the world when the hub's clock was at zero, since 1970, until
    /// [`Hub::handle_wall`](super::Hub::handle_wall) is told what it shows.
    pub epoch: Duration,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            connections_max: limits::CONNECTIONS_MAX,
            connections_per_address_max: limits::CONNECTIONS_PER_ADDRESS_MAX,
            topics_max: limits::TOPICS_MAX,
            topics_per_address_max: limits::TOPICS_PER_ADDRESS_MAX,
            topics_per_connection_max: limits::TOPICS_PER_CONNECTION_MAX,
            members_per_topic_max: limits::MEMBERS_PER_TOPIC_MAX,
            queue_bytes_max: limits::QUEUE_BYTES_MAX,
            queues_bytes_max: limits::QUEUES_BYTES_MAX,
            hello_deadline: limits::HELLO_DEADLINE,
            ping_interval: limits::PING_INTERVAL,
            silence_max: limits::SILENCE_MAX,
            stall_max: limits::STALL_MAX,
            topic_ttl: lacis_wire::limits::TOPIC_TTL,
            connection_rates: Rates {
                frames: limits::CONNECTION_FRAMES,
                bytes: limits::CONNECTION_BYTES,
                joins: limits::CONNECTION_JOINS,
            },
            connection_refusals: limits::CONNECTION_REFUSALS,
            address_rates: Rates {
                frames: limits::ADDRESS_FRAMES,
                bytes: limits::ADDRESS_BYTES,
                joins: limits::ADDRESS_JOINS,
            },
            address_opens: limits::ADDRESS_OPENS,
            shutdown_retry: limits::SHUTDOWN_RETRY,
            shutdown_retry_spread: limits::SHUTDOWN_RETRY_SPREAD,
            ice_servers: Vec::new(),
            relays: None,
            secret: None,
            epoch: Duration::ZERO,
        }
    }
}
