//! The hub with sockets: HTTP and WebSocket connections in, outputs out.
//!
//! Each connection is one task that reads frames, hands them to the hub a batch at a time, and
//! writes what the hub has for it, also a batch at a time. The hub stands behind one lock, held
//! for microseconds and never across an await. One more task is the hub's alarm clock.

mod accept;
mod address;
mod addresses;
mod admission;
mod backplane;
mod batch;
mod bus;
mod config;
mod metrics;
mod outbox;
mod pages;
mod places;
mod routes;
mod session;
mod shared;
mod socket;
mod sockets;
mod stream;
mod tls;
mod turn;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{info, warn};

use self::admission::Admission;
use self::backplane::Backplane;
use self::outbox::Inbox;
use self::shared::Shared;
use self::tls::Tls;
use self::turn::Turn;
use crate::hub::ServerId;
use crate::limits;

pub use self::addresses::own_address;
pub use self::admission::TokenKeys;
pub use self::bus::Bus;
pub use self::config::{BackplaneOptions, Config, MetricsAt, RunError};
pub use self::tls::TlsFiles;
pub use self::turn::TurnOptions;

/// Serves until `shutdown` is ready, tells everybody, and returns when all are gone or the time for
/// that is over. At each `reload` certificate and keys are read again.
///
/// # Errors
/// [`RunError`] before the first connection is accepted, never later.
pub async fn run(
    listener: TcpListener,
    config: Config,
    reload: Arc<Notify>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), RunError> {
    prepare(listener, config).await?.serve(reload, shutdown).await;
    Ok(())
}

/// Reads and opens everything that a server needs.
///
/// # Errors
/// [`RunError`] for what cannot be read or opened. Afterwards nothing fails.
pub async fn prepare(listener: TcpListener, mut config: Config) -> Result<Prepared, RunError> {
    config.check()?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(RunError::Randomness)?;
    let me = ServerId(getrandom::u64().map_err(RunError::Randomness)?);
    config.hub.epoch = shared::wall();
    let tls = config.tls.clone().map(Tls::new).transpose();
    let tls = tls.map_err(|reason| RunError::Tls(reason.into()))?;
    let admission = Admission::new(config.origins.clone(), config.tokens.clone())
        .map_err(|reason| RunError::Tokens(reason.into()))?;
    let turn = open_turn(&listener, &mut config).await?;
    let backplane = config.backplane.as_ref().map(backplane::open).transpose()?;
    let figures = match config.metrics {
        MetricsAt::Address(address) => {
            let refused = |source| RunError::Metrics { address, source };
            Some(TcpListener::bind(address).await.map_err(refused)?)
        }
        MetricsAt::Here | MetricsAt::Off => None,
    };
    let (outbox, inbox) = outbox::queue();
    let outbox = backplane.is_some().then_some(outbox);
    let shared = Arc::new(Shared::new(config, seed, admission, tls, turn, outbox));
    let backplane = backplane.map(|backplane| (backplane, inbox));
    Ok(Prepared { listener, shared, me, backplane, figures })
}

/// A server that has all it needs and accepts nobody yet.
#[derive(Debug)]
pub struct Prepared {
    listener: TcpListener,
    shared: Arc<Shared>,
    me: ServerId,
    backplane: Option<(Box<dyn Backplane>, Inbox)>,
    /// Where figures are shown, if that is elsewhere.
    figures: Option<TcpListener>,
}

impl Prepared {
    /// Serves as [`run`] does.
    pub async fn serve(self, reload: Arc<Notify>, shutdown: impl Future<Output = ()> + Send) {
        let Self { listener, shared, me, backplane, figures } = self;
        // These end with this function, however it ends.
        let mut tasks = JoinSet::new();
        tasks.spawn(shared::keep_time(Arc::clone(&shared)));
        if let Some(turn) = &shared.turn {
            turn.serve(&mut tasks);
        }
        if let Some(listener) = figures {
            let router = routes::figures(Arc::clone(&shared));
            tasks.spawn(async move {
                // It ends with the server, and not before.
                let _ = axum::serve(listener, router).await;
            });
        }
        let mut linking = JoinSet::new();
        if let Some((backplane, inbox)) = backplane {
            linking.spawn(backplane.run(me, inbox, Arc::clone(&shared)));
        }
        let reloading = Arc::clone(&shared);
        tasks.spawn(async move {
            loop {
                reload.notified().await;
                reloading.admission.reload();
                if let Some(tls) = &reloading.tls {
                    tls.reload();
                }
            }
        });

        accept::accept(listener, &shared, shutdown).await;
        let stats = shared.stats();
        info!(connections = stats.connections, "shutting down");
        shared.shut_down();
        if timeout(shared.config.shutdown_deadline, shared.sockets.all_closed()).await.is_err() {
            warn!("ending with connections that did not close in time");
        }
        if let Some(turn) = &shared.turn {
            turn.close();
        }
        // The others hear that everybody here is gone, if they can be reached.
        shared.say_no_more();
        let _ = timeout(limits::CLUSTER_DEADLINE, linking.join_next()).await;
    }
}

/// Opens the relays, if there are to be any, and has the hub hand out credentials for them.
async fn open_turn(
    listener: &TcpListener,
    config: &mut Config,
) -> Result<Option<Arc<Turn>>, RunError> {
    let Some(options) = &config.turn else { return Ok(None) };
    let refused = |address| move |source| RunError::Turn { address, source };
    let address = listener.local_addr().map_err(refused((options.address, 0).into()))?;
    let mut secret = vec![0; 32];
    getrandom::fill(&mut secret).map_err(RunError::Randomness)?;
    config.hub.relays = Some(turn::offered(address.port(), options, secret.clone()));
    let turn = Turn::open(address, options, secret, config.hub.epoch).await;
    turn.map(Some).map_err(refused(address))
}
