//! Clients that join and then idle.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::StreamExt;
use futures_util::stream::iter;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::client::{Client, topic_of};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many join
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=19_000))]
    clients: u32,
    /// How many are on their way in at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=200))]
    at_once: u16,
    /// They leave after so many seconds at the latest
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

pub(crate) async fn run(server: SocketAddr, options: Options) -> Result<Value> {
    let began = Instant::now();
    let joining = iter(0..options.clients).map(async |number| {
        let mut client = Client::open(server, number).await?;
        client.join(topic_of(number)).await?;
        anyhow::Ok(client)
    });
    let results: Vec<_> = joining.buffer_unordered(options.at_once.into()).collect().await;
    let taken = began.elapsed();
    let asked = results.len();
    let mut clients = Vec::with_capacity(asked);
    for result in results {
        match result {
            Ok(client) => clients.push(client),
            Err(reason) => eprintln!("a client did not join: {reason:#}"),
        }
    }
    let joins_per_s = clients.len() as f64 / taken.as_secs_f64();
    let figures = json!({
        "clients": clients.len(),
        "refused": asked - clients.len(),
        "joins_per_s": joins_per_s.round(),
    });
    // Told at once, because whoever asked looks at the server while they idle.
    println!("{figures}");
    let mut nothing = Vec::new();
    let mut input = tokio::io::stdin();
    let ended = input.read_to_end(&mut nothing);
    let _ = timeout(Duration::from_secs(options.seconds), ended).await;
    drop(clients);
    Ok(figures)
}
