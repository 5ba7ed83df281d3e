//! Figures for Prometheus, taken from the hub's own counters when asked for.

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use lacis_wire::signal::ByeReason;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::shared::Shared;
use crate::hub::{Received, Stats};

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Response {
    let (relays, relayed_bytes) =
        shared.turn.as_ref().map(|turn| turn.figures()).unwrap_or_default();
    let snapshot = Snapshot {
        relays,
        relayed_bytes,
        stats: shared.stats(),
        sockets: shared.sockets.count(),
        turned_away: shared.sockets.turned_away(),
    };
    let mut registry = Registry::with_prefix("lacis");
    registry.register_collector(Box::new(snapshot));
    let mut body = String::new();
    // Writing to memory does not fail.
    let _ = text::encode(&mut body, &registry);
    let headers = [
        (header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

/// The figures of one moment.
#[derive(Debug)]
struct Snapshot {
    stats: Stats,
    sockets: usize,
    turned_away: u64,
    relays: usize,
    relayed_bytes: u64,
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (name, help, value) in self.gauges() {
            let value = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            value.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        for (name, help, value) in self.counters() {
            let value = ConstCounter::new(value);
            value.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        for (name, help, label, values) in self.families() {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (word, value) in values {
                ConstCounter::new(value).encode(family.encode_family(&[(label, word)])?)?;
            }
        }
        Ok(())
    }
}

type Figure<T> = (&'static str, &'static str, T);

/// Name, help, label, and the value for each word that the label may have.
type Family = (&'static str, &'static str, &'static str, Vec<(&'static str, u64)>);

impl Snapshot {
    fn gauges(&self) -> [Figure<usize>; 9] {
        let stats = &self.stats;
        [
            ("sockets", "Open TCP connections of any kind", self.sockets),
            ("connections", "Open signaling connections", stats.connections),
            ("nodes", "Connections that said hello", stats.nodes),
            ("topics", "Topics with members", stats.topics),
            ("members", "Members of all topics together", stats.members),
            ("addresses", "Client addresses counted", stats.addresses),
            ("queued_bytes", "Bytes that wait for clients to read", stats.queued_bytes),
            ("relays", "Relays (TURN) that are open", self.relays),
            ("backplane_linked", "1 if the other servers can be reached", stats.linked.into()),
        ]
    }

    fn counters(&self) -> [Figure<u64>; 14] {
        let stats = &self.stats;
        [
            ("sockets_turned_away", "TCP connections closed for want of room", self.turned_away),
            ("connections_opened", "Signaling connections let in", stats.opened),
            ("connections_lost", "Signaling connections ended by the client", stats.lost),
            ("received_bytes", "Bytes of frames from clients", stats.received_bytes),
            ("sent_frames", "Frames to clients", stats.sent),
            ("sent_bytes", "Bytes of frames to clients", stats.sent_bytes),
            ("delivered", "Payloads put into a mailbox", stats.delivered),
            ("expired", "Announcements not refreshed in time", stats.expired),
            ("pings", "WebSocket pings sent", stats.pings),
            ("resumed", "Sessions that went on with a token", stats.resumed),
            ("passed", "Payloads handed on to other servers", stats.passed),
            ("lookups_late", "Joins that other servers did not answer in time", stats.lookups_late),
            ("backplane_lost", "Times that the other servers were lost", stats.unlinked),
            ("relayed_bytes", "Bytes that relays passed on", self.relayed_bytes),
        ]
    }

    fn families(&self) -> [Family; 4] {
        let stats = &self.stats;
        let Received { hello, join, leave, send, ping, resume, malformed } = stats.received;
        let received = [
            ("hello", hello),
            ("join", join),
            ("leave", leave),
            ("send", send),
            ("ping", ping),
            ("resume", resume),
            ("malformed", malformed),
        ];
        let undelivered = [
            ("unknown", stats.undelivered_unknown),
            ("full", stats.undelivered_full),
            ("rate-limited", stats.undelivered_rate_limited),
        ];
        let refused = [
            ("too-many-topics", stats.refused_too_many_topics),
            ("server-full", stats.refused_server_full),
            ("rate-limited", stats.refused_rate_limited),
        ];
        let closed = ByeReason::ALL.iter().map(|&reason| (word(reason), stats.closed_for(reason)));
        [
            ("received_frames", "Frames from clients", "kind", received.into()),
            ("undelivered", "Payloads not delivered", "reason", undelivered.into()),
            ("joins_refused", "Joins not carried out", "reason", refused.into()),
            (
                "connections_closed",
                "Signaling connections ended by the server, or not let in",
                "reason",
                closed.collect(),
            ),
        ]
    }
}

/// A reason as the value of a label.
const fn word(reason: ByeReason) -> &'static str {
    match reason {
        ByeReason::Shutdown => "shutdown",
        ByeReason::Protocol => "protocol",
        ByeReason::Version => "version",
        ByeReason::NodeTaken => "node-taken",
        ByeReason::RateLimited => "rate-limited",
        ByeReason::SlowReader => "slow-reader",
        ByeReason::Timeout => "timeout",
        ByeReason::Full => "full",
        ByeReason::Replaced => "replaced",
        ByeReason::Origin => "origin",
        ByeReason::Unauthorized => "unauthorized",
    }
}
