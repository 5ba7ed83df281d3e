//! The addresses that the server answers at.

use std::sync::Arc;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Extension, Request, State};
use axum::http::{Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use hyper_util::rt::TokioIo;

use super::address::client_address;
use super::config::MetricsAt;
use super::shared::Shared;
use super::socket::{Socket, accept_key};
use super::sockets::Peer;
use super::stream::Stream;
use super::{metrics, pages, session};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let router = Router::new()
        .route("/ws", any(open_socket))
        .route("/health", get(health))
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready));
    let router = match shared.config.metrics {
        MetricsAt::Here => router.route("/metrics", get(metrics::show)),
        // The pages have no such file either.
        MetricsAt::Off | MetricsAt::Address(_) => {
            router.route("/metrics", get(async || StatusCode::NOT_FOUND))
        }
    };
    let router = match &shared.config.pages {
        Some(folder) => router.fallback_service(pages::service(folder)),
        None => router.route("/", get(introduction)),
    };
    router.with_state(shared)
}

/// What is answered at the address of figures alone.
pub(super) fn figures(shared: Arc<Shared>) -> Router {
    Router::new().route("/metrics", get(metrics::show)).with_state(shared)
}

async fn open_socket(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
) -> Response {
    // A body would be taken for the first frames, and a proxy may think otherwise of where it ends.
    if request.method() != Method::GET || request.version() != Version::HTTP_11 {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if !request.body().is_end_stream() {
        return (StatusCode::BAD_REQUEST, [(header::CONNECTION, "close")]).into_response();
    }
    let headers = request.headers();
    let Some(accept) = accept_key(headers) else {
        return (StatusCode::UPGRADE_REQUIRED, [(header::UPGRADE, "websocket")]).into_response();
    };
    if !shared.config.trust_proxy && headers.contains_key("x-forwarded-for") {
        shared.warn_of_proxy();
    }
    let address = client_address(peer.address, headers, shared.config.trust_proxy);
    let from = (shared.keys.key(address), shared.keys.wide(address));
    let Some(place) = shared.sockets.enter_websocket(address) else {
        let answer = [(header::CONNECTION, "close"), (header::RETRY_AFTER, "10")];
        return (StatusCode::SERVICE_UNAVAILABLE, answer).into_response();
    };
    // Told over the WebSocket, because a page learns nothing of an answer that is none.
    let refusal = shared.admission.refusal(request.uri(), headers);
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // The connection may be lost before; then there is nobody to serve.
        let upgraded = upgrade.await.ok().and_then(|io| io.downcast::<TokioIo<Stream>>().ok());
        let Some(parts) = upgraded else { return };
        let (stream, early) = (parts.io.into_inner(), parts.read_buf);
        let socket = Socket::new(stream, &early);
        // It holds the buffer that the request was read into.
        drop(early);
        session::serve(socket, shared, from, refusal).await;
        drop((peer.socket, place));
    });
    let answer = [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, answer).into_response()
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let (status, word) = match shared.is_ending() {
        false => (StatusCode::OK, "ok"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "ending"),
    };
    let version = env!("CARGO_PKG_VERSION");
    let connections = shared.stats().connections;
    let body = format!(
        "{{\"status\":\"{word}\",\"version\":\"{version}\",\"connections\":{connections}}}\n"
    );
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

/// Whether new clients should be sent here.
async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    match shared.is_ending() {
        false => "ready\n".into_response(),
        true => (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response(),
    }
}

async fn introduction() -> &'static str {
    "This is a Lacis signaling server. It helps peers find each other and then stays out of it.\n\
     \n\
     WebSocket endpoint: /ws\n\
     Health:             /health\n\
     Metrics:            /metrics\n"
}
