//! TCP connections: who gets one, for how long, and what becomes of it.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::config::Config;
use super::places::{Most, Place, Places};
use super::routes;
use super::shared::Shared;
use super::stream::Stream;
use super::tls::PLAIN_REFUSED;
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
    turned_away: AtomicU64,
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

    fn enter(&self, address: IpAddr) -> Option<(OwnedSemaphorePermit, Place)> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some((permit, self.http.enter(address)?))
    }
}

/// Clients of one wide network of IPv6.
pub(super) const fn network_max(connections_per_address_max: usize) -> usize {
    connections_per_address_max.saturating_mul(limits::ADDRESSES_PER_NETWORK_MAX)
}

/// Accepts connections until `shutdown` is ready.
pub(super) async fn accept(
    listener: TcpListener,
    shared: &Arc<Shared>,
    shutdown: impl Future<Output = ()>,
) {
    let router = routes::router(Arc::clone(shared));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => return,
        };
        match accepted {
            Ok((stream, address)) => enter(stream, address, shared, &router),
            Err(error) => on_accept_error(&error).await,
        }
    }
}

fn enter(stream: TcpStream, address: SocketAddr, shared: &Arc<Shared>, router: &Router) {
    let Some((socket, place)) = shared.sockets.enter(address.ip()) else {
        shared.sockets.turned_away.fetch_add(1, Ordering::Relaxed);
        debug!(%address, "no place for another socket");
        return;
    };
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "the connection was lost at once");
        return;
    }
    let peer = Peer { address: address.ip(), socket: Arc::new(socket) };
    let (shared, router) = (Arc::clone(shared), router.clone());
    // Those who cannot be anything else need no look at what they send first.
    if shared.tls.is_none() && shared.turn.is_none() {
        tokio::spawn(serve_http(Stream::Plain(stream), peer, place, shared, router));
        return;
    }
    tokio::spawn(async move {
        let deadline = shared.config.request_deadline;
        match timeout(deadline, recognise(stream, &shared)).await {
            Ok(Some((Speaks::Http, stream))) => {
                serve_http(stream, peer, place, shared, router).await;
            }
            Ok(Some((Speaks::Turn, stream))) => {
                if let Some(turn) = &shared.turn {
                    turn.serve_stream(stream, address, deadline).await;
                }
            }
            Ok(None) | Err(_) => debug!("a connection said nothing that is understood"),
        }
    });
}

/// What is spoken over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Http,
    Turn,
}

/// Finds out from the first byte what a client wants; the protocols have none in common.
async fn recognise(mut stream: TcpStream, shared: &Shared) -> Option<(Speaks, Stream)> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    match (first, &shared.tls) {
        // The two highest bits of a STUN message are zero, and its methods are below 16.
        ([0..=1], _) if shared.turn.is_some() => Some((Speaks::Turn, Stream::Plain(stream))),
        ([TLS_HANDSHAKE], Some(tls)) => {
            let stream = tls.acceptor().accept(stream).await.ok()?;
            Some((Speaks::Http, Stream::Tls(Box::new(stream))))
        }
        (_, Some(_)) => {
            stream.write_all(PLAIN_REFUSED).await.ok()?;
            stream.shutdown().await.ok()?;
            None
        }
        (_, None) => Some((Speaks::Http, Stream::Plain(stream))),
    }
}

/// The kind of the first record of TLS.
const TLS_HANDSHAKE: u8 = 22;

/// Answers requests until the connection becomes a WebSocket, closes, or is too old.
async fn serve_http(stream: Stream, peer: Peer, place: Place, shared: Arc<Shared>, router: Router) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.config.request_deadline)
        .max_buf_size(limits::REQUEST_HEAD_BYTES)
        .max_headers(limits::REQUEST_HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut ending = shared.ending();
    let serve = async {
        let ending = async { ending.wait_for(|ending| *ending).await.is_ok() };
        let result = tokio::select! {
            result = &mut connection => result,
            _ = ending => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            debug!(%error, "an HTTP connection failed");
        }
    };
    if timeout(shared.config.http_deadline, serve).await.is_err() {
        debug!("an HTTP connection took too long");
    }
    drop(place);
}

/// A connection that failed before it was accepted concerns nobody. With no file left to open,
/// trying again at once would only burn time.
async fn on_accept_error(error: &io::Error) {
    let is_the_clients = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    );
    if !is_the_clients {
        warn!(%error, "no connection can be accepted");
        sleep(ACCEPT_PAUSE).await;
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
