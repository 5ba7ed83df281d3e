//! Frames between pairs of clients.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use lacis_wire::NodeId;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use serde_json::{Value, json};

use crate::client::PATIENCE;
use crate::crowd::{Client, Crowd, Seen};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Pairs of clients
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=9_000))]
    pairs: u32,
    /// Frames on their way at once in each pair
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
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

/// What was seen by all pairs together.
struct Game {
    began: Instant,
    pause: Duration,
    /// Of each client, the other one of its pair.
    others: Vec<NodeId>,
    payload: Vec<u8>,
    delivered: u64,
    undelivered: u64,
    /// Microseconds from sending to receiving, of each frame.
    taken: Vec<u32>,
    /// Who sends next, and when. The pause is the same for all, so they are in order.
    due: VecDeque<(Instant, usize)>,
}

/// So many connect at once.
const AT_ONCE: usize = 64;

pub(crate) fn run(server: SocketAddr, options: &Options) -> Result<Value> {
    let mut crowd = Crowd::new(server)?;
    let nodes = gather(&mut crowd, 2 * usize::try_from(options.pairs)?)?;
    let mut game = Game {
        began: Instant::now(),
        pause: Duration::from_millis(options.pause_ms),
        others: (0..nodes.len()).map(|number| nodes[number ^ 1]).collect(),
        payload: vec![0; usize::try_from(options.bytes)?],
        delivered: 0,
        undelivered: 0,
        taken: Vec::new(),
        due: VecDeque::new(),
    };
    for number in (0..nodes.len()).step_by(2) {
        let Some(client) = crowd.client(number) else { continue };
        for _ in 0..options.window {
            game.send(number, client);
        }
        client.flush()?;
    }
    let until = game.began + Duration::from_secs(options.seconds);
    while Instant::now() < until {
        let first = game.due.front().map_or(until, |&(at, _)| at.min(until));
        let wait = first.saturating_duration_since(Instant::now());
        crowd.turn(wait, |number, client, seen| game.see(number, client, seen))?;
        while let Some(&(at, number)) = game.due.front()
            && at <= Instant::now()
        {
            game.due.pop_front();
            let Some(client) = crowd.client(number) else { continue };
            game.send(number, client);
            client.flush()?;
        }
    }
    Ok(game.figures(options))
}

/// Connects so many clients, and waits until the server knows all of them.
pub(crate) fn gather(crowd: &mut Crowd, count: usize) -> Result<Vec<NodeId>> {
    let (mut dialled, mut welcome) = (0, 0);
    let began = Instant::now();
    while welcome < count {
        while dialled < count && dialled - welcome < AT_ONCE {
            crowd.dial()?;
            dialled += 1;
        }
        crowd.turn(PATIENCE, |_, _, seen| {
            match seen {
                Seen::Welcome => welcome += 1,
                Seen::Frame(_) | Seen::Pong(_) | Seen::Greeting => {}
                Seen::Gone(reason) => return Err(reason),
            }
            Ok(())
        })?;
        ensure!(began.elapsed() < PATIENCE, "the clients do not get in");
    }
    Ok((0..count).filter_map(|number| crowd.client(number).map(|client| client.node)).collect())
}

impl Game {
    fn send(&mut self, number: usize, client: &mut Client) {
        let sent = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.payload[..8].copy_from_slice(&sent.to_be_bytes());
        let (to, payload) = (self.others[number], &self.payload[..]);
        client.send(&ClientFrame::Send { to, seq: 0, payload });
    }

    /// Whoever gets a frame sends one back, so that as many are on their way as before.
    fn see(&mut self, number: usize, client: &mut Client, seen: Seen<'_>) -> Result<()> {
        match seen {
            Seen::Frame(ServerFrame::Deliver { payload, .. }) => {
                let sent = payload.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
                let now = u64::try_from(self.began.elapsed().as_micros())?;
                self.delivered += 1;
                self.taken.push(u32::try_from(now.saturating_sub(sent)).unwrap_or(u32::MAX));
            }
            Seen::Frame(ServerFrame::Undelivered { .. }) => self.undelivered += 1,
            Seen::Frame(_) | Seen::Pong(_) | Seen::Greeting | Seen::Welcome => return Ok(()),
            Seen::Gone(reason) => bail!("a client is gone: {reason:#}"),
        }
        if self.pause == Duration::ZERO {
            self.send(number, client);
        } else {
            self.due.push_back((Instant::now() + self.pause, number));
        }
        Ok(())
    }

    fn figures(mut self, options: &Options) -> Value {
        let elapsed = self.began.elapsed().as_secs_f64();
        self.taken.sort_unstable();
        let taken = &self.taken;
        let at = |part: f64| {
            let place = (taken.len() as f64 * part) as usize;
            taken.get(place.min(taken.len().saturating_sub(1))).copied().unwrap_or(0)
        };
        json!({
            "pairs": options.pairs,
            "in_flight": options.pairs * options.window,
            "routed_per_s": (self.delivered as f64 / elapsed).round(),
            "undelivered": self.undelivered,
            "p50_us": at(0.5),
            "p99_us": at(0.99),
        })
    }
}
