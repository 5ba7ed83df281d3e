//! How many sockets there are, and who has them.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::debug;

use super::config::Config;
use super::places::{Most, Place, Places};
use crate::limits;

/// Counts open sockets: all of them, and by what they are.
#[derive(Debug)]
pub(super) struct Sockets {
    all: Arc<Semaphore>,
    all_max: u32,
    /// Those that are no WebSockets (yet).
    http: Places,
    /// WebSockets from their upgrade to their end, with those that are refused or being closed.
    websockets: Places,
    pub(super) turned_away: AtomicU64,
}

/// The other end of a connection, as the handlers of requests see it.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    /// Lives as long as the socket, through its upgrade.
    pub(super) socket: Arc<OwnedSemaphorePermit>,
}

impl Sockets {
    pub(super) fn new(config: &Config) -> Self {
        let all_max = config.hub.connections_max.saturating_add(config.http_max);
        let all_max = all_max.min(Semaphore::MAX_PERMITS);
        let all_max = u32::try_from(all_max).unwrap_or(u32::MAX);
        // Behind a proxy all come from one address, which is the proxy's.
        let http_of_address =
            if config.trust_proxy { config.http_max } else { config.http_per_address_max };
        let of_address = config.hub.connections_per_address_max;
        let closing = limits::CLOSING_PER_ADDRESS_MAX;
        Self {
            all: Arc::new(Semaphore::new(usize::try_from(all_max).unwrap_or(0))),
            all_max,
            http: Places::new(Most {
                all: config.http_max,
                of_address: http_of_address,
                of_network: http_of_address.saturating_mul(limits::HTTP_ADDRESSES_PER_NETWORK_MAX),
            }),
            websockets: Places::new(Most {
                all: usize::MAX,
                of_address: of_address.saturating_add(closing),
                of_network: network_max(of_address).saturating_add(closing),
            }),
            turned_away: AtomicU64::new(0),
        }
    }

    /// Sockets open now.
    pub(super) fn count(&self) -> usize {
        usize::try_from(self.all_max).unwrap_or(0).saturating_sub(self.all.available_permits())
    }

    /// Sockets closed at once, because there were too many.
    pub(super) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// Ready when no socket is open.
    pub(super) async fn all_closed(&self) {
        // It is never closed, so this does not fail.
        let _ = self.all.acquire_many(self.all_max).await;
    }

    /// The place of a WebSocket. There is none for who has sockets enough, of clients or of those
    /// that are refused: to be told why over a WebSocket takes one more.
    pub(super) fn enter_websocket(&self, address: IpAddr) -> Option<Place> {
        let place = self.websockets.enter(address);
        if place.is_none() {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
            debug!(%address, "no place for another WebSocket");
        }
        place
    }

    /// The place of a connection that says nothing yet.
    pub(super) fn enter(&self, address: IpAddr) -> Option<(OwnedSemaphorePermit, Place)> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some((permit, self.http.enter(address)?))
    }
}

/// Clients of one wide network of IPv6.
const fn network_max(connections_per_address_max: usize) -> usize {
    connections_per_address_max.saturating_mul(limits::ADDRESSES_PER_NETWORK_MAX)
}
