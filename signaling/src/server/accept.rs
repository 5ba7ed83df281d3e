//! TCP connections: who gets one, for how long, and what becomes of it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::places::Place;
use super::routes;
use super::shared::Shared;
use super::sockets::Peer;
use super::stream::Stream;
use super::tls::PLAIN_REFUSED;
use crate::limits;

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
        let mut ending = shared.ending();
        let recognised = tokio::select! {
            recognised = timeout(deadline, recognise(stream, &shared)) => recognised,
            // Who has said nothing has nothing to lose.
            _ = ending.wait_for(|ending| *ending) => return,
        };
        match recognised {
            Ok(Some((Speaks::Http, stream))) => {
                serve_http(stream, peer, place, shared, router).await;
            }
            Ok(Some((Speaks::Turn, stream))) => {
                if let Some(turn) = &shared.turn {
                    turn.serve_stream(stream, address, deadline, ending).await;
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
                // A request of which half has come is not waited for, nor an answer that nobody
                // takes.
                match timeout(shared.config.close_deadline, connection).await {
                    Ok(result) => result,
                    Err(_) => return debug!("an HTTP connection did not end in time"),
                }
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
