//! `lacis serve`: the server and a keeper in one process, for whoever runs one small machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lacis_signaling::{Config, TurnOptions, own_address, prepare};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tracing_subscriber::filter::LevelFilter;

use crate::arguments::{Common, ServeOptions};
use crate::failure::Failure;
use crate::keep;
use crate::output::Output;
use crate::signals::End;

pub(crate) async fn run(
    output: &Output,
    common: &Common,
    options: ServeOptions,
) -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // It would say by a panic that nobody reads the log any more.
        .log_internal_errors(false)
        .with_target(false)
        .init();
    let end = End::listen()?;
    let listen = options.listen;
    let refused = |error| Failure::system(&format!("cannot listen on {listen}"), error);
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let config = Config {
        pages: options.pages,
        trust_proxy: options.trust_proxy,
        turn: relays(listen),
        ..Config::default()
    };
    let advice = config.advice(address);
    let prepared = prepare(listener, config).await;
    let prepared = prepared.map_err(|error| Failure::new(error.to_string()))?;
    let (close, closing) = oneshot::channel();
    let server = tokio::spawn(prepared.serve(Arc::new(Notify::new()), async {
        // Either is the end.
        let _ = closing.await;
    }));
    output.say(&json!({ "event": "listening", "address": address.to_string() }), || {
        format!("listening on http://{address}")
    });
    if let Some(advice) = advice {
        output.note(&json!({ "event": "advice", "text": advice }), advice);
    }
    let mut common = common.clone();
    common.server.insert(0, format!("ws://{}/ws", reached_at(address)));
    let kept = keep::keep(output, &common, options.keep, end).await;
    let _ = close.send(());
    server.await.map_err(|error| Failure::system("the server failed", error))?;
    kept
}

/// How the keeper reaches the server of its own process.
fn reached_at(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if !ip.is_unspecified() => address,
        IpAddr::V4(_) => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(_) => SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), address.port()),
    }
}

/// Relays for those whom networks keep apart, unless only this machine is served.
fn relays(listen: SocketAddr) -> Option<TurnOptions> {
    const LIFETIME: Duration = Duration::from_secs(3_600);
    if listen.ip().is_loopback() {
        return None;
    }
    let named = Some(listen.ip()).filter(|address| !address.is_unspecified());
    Some(TurnOptions {
        address: named.or_else(own_address)?,
        host: None,
        ports: 49_152..=65_535,
        allow_private: false,
        lifetime: LIFETIME,
    })
}
