//! Frames between pairs of clients.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use lacis_wire::NodeId;
use lacis_wire::codec::decode;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use serde_json::{Value, json};
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

use crate::client::{Client, PATIENCE};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Pairs of clients
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=9_000))]
    pairs: u32,
    /// Frames on their way at once in each pair
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    window: u32,
    /// Bytes of a payload
    #[arg(long, default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(8..=16_000))]
    bytes: u32,
    /// How long a client waits before it sends the next one
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1_000))]
    pause_ms: u64,
    /// For how long
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
}

/// What all pairs share.
#[derive(Debug)]
struct Game {
    began: Instant,
    until: Instant,
    pause: Duration,
    seen: RefCell<Seen>,
}

/// What was seen by all pairs together.
#[derive(Debug, Default)]
struct Seen {
    delivered: u64,
    undelivered: u64,
    /// Microseconds from sending to receiving, of each frame.
    taken: Vec<u32>,
}

pub(crate) async fn run(server: SocketAddr, options: Options) -> Result<Value> {
    let mut pairs = Vec::new();
    for number in 0..options.pairs {
        let first = Client::open(server, 2 * number).await?;
        let second = Client::open(server, 2 * number + 1).await?;
        pairs.push((first, second));
    }
    let began = Instant::now();
    let game = Rc::new(Game {
        began,
        until: began + Duration::from_secs(options.seconds),
        pause: Duration::from_millis(options.pause_ms),
        seen: RefCell::default(),
    });
    // A task for each pair: within one task they would not get the same turns.
    let local = LocalSet::new();
    let options = Rc::new(options);
    let playing: Vec<_> = pairs
        .into_iter()
        .map(|(first, second)| {
            local.spawn_local(play(first, second, Rc::clone(&options), Rc::clone(&game)))
        })
        .collect();
    for ended in local.run_until(try_join_all(playing)).await? {
        ended?;
    }
    let elapsed = began.elapsed().as_secs_f64();
    let mut seen = game.seen.borrow_mut();
    seen.taken.sort_unstable();
    let at = |part: f64| {
        let place = (seen.taken.len() as f64 * part) as usize;
        seen.taken.get(place.min(seen.taken.len().saturating_sub(1))).copied().unwrap_or(0)
    };
    Ok(json!({
        "pairs": options.pairs,
        "in_flight": options.pairs * options.window,
        "routed_per_s": (seen.delivered as f64 / elapsed).round(),
        "undelivered": seen.undelivered,
        "p50_us": at(0.5),
        "p99_us": at(0.99),
    }))
}

/// Both send back what they get, so that each frame that arrives brings the next.
async fn play(
    mut first: Client,
    mut second: Client,
    options: Rc<Options>,
    game: Rc<Game>,
) -> Result<()> {
    let mut payload = vec![0; usize::try_from(options.bytes)?];
    let (one, two) = (first.node, second.node);
    for _ in 0..options.window {
        send(&mut first, two, &mut payload, game.began).await?;
    }
    let patience = game.until.saturating_duration_since(Instant::now()) + PATIENCE;
    let turns = async {
        let (mut here, mut there) = (payload.clone(), payload);
        let forth = bounce(&mut second, one, &mut there, &game);
        let back = bounce(&mut first, two, &mut here, &game);
        // The first to end has seen the last moment; what is still on its way is not counted.
        tokio::select! {
            ended = forth => ended,
            ended = back => ended,
        }
    };
    timeout(patience, turns).await.context("no answer in time")?
}

async fn send(client: &mut Client, to: NodeId, payload: &mut [u8], began: Instant) -> Result<()> {
    let sent = u64::try_from(began.elapsed().as_micros())?;
    payload[..8].copy_from_slice(&sent.to_be_bytes());
    client.send(&ClientFrame::Send { to, seq: 0, payload }).await
}

/// Sends back whatever comes, until the time is over.
async fn bounce(client: &mut Client, to: NodeId, payload: &mut [u8], game: &Game) -> Result<()> {
    let Game { began, until, pause, seen } = game;
    while Instant::now() < *until {
        let bytes = client.receive().await?;
        match decode::<ServerFrame<'_>>(&bytes)? {
            ServerFrame::Deliver { payload: came, .. } => {
                let sent = came.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
                let taken = u64::try_from(began.elapsed().as_micros())?.saturating_sub(sent);
                let mut seen = seen.borrow_mut();
                seen.delivered += 1;
                seen.taken.push(u32::try_from(taken).unwrap_or(u32::MAX));
            }
            ServerFrame::Undelivered { .. } => seen.borrow_mut().undelivered += 1,
            ServerFrame::Bye { reason, .. } => bail!("the server says goodbye: {reason:?}"),
            _ => continue,
        }
        if *pause > Duration::ZERO {
            sleep(*pause).await;
        }
        send(client, to, payload, *began).await?;
    }
    Ok(())
}
