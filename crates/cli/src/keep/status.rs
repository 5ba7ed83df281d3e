//! Where a keeper answers how it is: `/health` for people and balancers, `/metrics` for Prometheus.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use lacis_native::{RemoteState, ServerState};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::shards::Shards;
use super::standing::{GroupStanding, Standing};
use crate::failure::Failure;

/// Those who ask are a monitor or two.
const CONNECTIONS_MAX: usize = 32;
const REQUEST_DEADLINE: Duration = Duration::from_secs(10);
const CONNECTION_DEADLINE: Duration = Duration::from_secs(60);
const HEAD_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct StatusServer {
    listener: TcpListener,
    address: SocketAddr,
}

#[derive(Clone)]
struct Shared {
    standing: Arc<Standing>,
    shards: Shards,
}

impl StatusServer {
    pub(super) async fn bind(at: SocketAddr) -> Result<Self, Failure> {
        let refused = |error| Failure::system(&format!("cannot listen on {at}"), error);
        let listener = TcpListener::bind(at).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(self, standing: Arc<Standing>, shards: Shards) {
        let router = Router::new()
            .route("/health", get(health))
            .route("/metrics", get(metrics))
            .with_state(Shared { standing, shards });
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                // With no file left to open, trying again at once would only burn time.
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                let router = router.clone();
                tokio::spawn(async move {
                    answer(stream, router).await;
                    drop(place);
                });
            }
        }
    }
}

async fn answer(stream: TcpStream, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_DEADLINE)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // One that fails or takes too long concerns nobody.
    let _ = timeout(CONNECTION_DEADLINE, connection).await;
}

/// How many links to others there are, and to servers; nothing once the keeper ends.
async fn connections(shards: &Shards) -> Option<(usize, usize)> {
    let (mut links, mut servers) = (0, 0);
    for peer in shards.peers().await {
        let report = peer.report().await.ok()?;
        let is_linked =
            |state: RemoteState| matches!(state, RemoteState::Direct | RemoteState::Relayed);
        links += report.remotes.iter().filter(|it| is_linked(it.state)).count();
        servers += report.servers.iter().filter(|it| it.state == ServerState::Open).count();
    }
    Some((links, servers))
}

async fn health(State(Shared { standing, shards }): State<Shared>) -> Response {
    // Stores that are being repaired answer nobody yet.
    let connections = match standing.is_open() {
        true => connections(&shards).await,
        false => Some((0, 0)),
    };
    let word = if connections.is_some() { standing.word() } else { "ending" };
    let (_, servers) = connections.unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    let body = json!({
        "status": word, "version": version, "groups": standing.groups(), "servers": servers,
    });
    let status = if word == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, format!("{body}\n")).into_response()
}

async fn metrics(State(Shared { standing, shards }): State<Shared>) -> Response {
    let connections = match standing.is_open() {
        true => connections(&shards).await,
        false => None,
    };
    let (links, servers) = connections.unwrap_or_default();
    let groups = standing.all().into_iter();
    let groups = groups.map(|(id, it)| (id.to_text().chars().take(8).collect(), it)).collect();
    let mut registry = Registry::with_prefix("lacis_keeper");
    registry.register_collector(Box::new(Snapshot { groups, links, servers }));
    let mut body = String::new();
    // Writing to memory does not fail.
    let _ = text::encode(&mut body, &registry);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")];
    (headers, body).into_response()
}

/// The figures of one moment.
#[derive(Debug)]
struct Snapshot {
    /// By how their ids begin.
    groups: Vec<(String, GroupStanding)>,
    links: usize,
    servers: usize,
}

type Figure = (&'static str, &'static str, fn(&GroupStanding) -> u64);

/// What is told of each group.
const FIGURES: [Figure; 5] = [
    ("records", "Records that are stored, those of the system among them", |it| {
        u64::try_from(it.figures.records).unwrap_or(u64::MAX)
    }),
    ("bytes", "Bytes of their bodies", |it| it.figures.bytes),
    ("full", "Whether the budget is used up and nothing more is taken", |it| {
        u64::from(it.figures.is_full)
    }),
    ("failing", "Whether what came cannot be stored", |it| u64::from(it.is_failing)),
    ("present", "Nodes of members that are linked", |it| {
        u64::try_from(it.present).unwrap_or(u64::MAX)
    }),
];

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let gauge = |value: u64| ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        for (name, help, value) in [
            ("groups", "Groups that are kept", count(self.groups.len())),
            ("links", "Links to other nodes", count(self.links)),
            ("servers", "Servers that are connected", count(self.servers)),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            gauge(value).encode(descriptor)?;
        }
        for (name, help, value) in FIGURES {
            let name = format!("group_{name}");
            let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Gauge)?;
            for (id, standing) in &self.groups {
                let labels = [("group", id.as_str())];
                gauge(value(standing)).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
