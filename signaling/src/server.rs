//! The hub with sockets: HTTP and WebSocket connections in, outputs out.
//!
//! Each connection is one task that reads frames, hands them to the hub a batch at a time, and
//! writes what the hub has for it, also a batch at a time. The hub stands behind one lock, held
//! for microseconds and never across an await. One more task is the hub's alarm clock.

mod accept;
mod address;
mod config;
mod metrics;
mod pages;
mod routes;
mod session;
mod shared;
mod socket;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{info, warn};

use self::shared::Shared;

pub use self::config::{Config, RunError};

/// Serves until `shutdown` is ready, tells everybody, and returns when all are gone or the time for
/// that is over.
///
/// # Errors
/// [`RunError`] before the first connection is accepted, never later.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), RunError> {
    config.check()?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(RunError::Randomness)?;
    let shared = Arc::new(Shared::new(config, seed));

    // Ends with this function, however it ends.
    let mut alarm = JoinSet::new();
    alarm.spawn(shared::keep_time(Arc::clone(&shared)));

    accept::accept(listener, &shared, shutdown).await;
    let stats = shared.stats();
    info!(connections = stats.connections, "shutting down");
    shared.shut_down();
    if timeout(shared.config.shutdown_deadline, shared.sockets.all_closed()).await.is_err() {
        warn!("ending with connections that did not close in time");
    }
    Ok(())
}
