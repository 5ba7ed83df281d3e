//! Clients that join and then idle.

use std::io::Read;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use lacis_wire::signal::{ClientFrame, ServerFrame};
use serde_json::{Value, json};

use crate::client::{PATIENCE, topic_of};
use crate::crowd::{Client, Crowd, Seen};

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

/// How far all of them have come.
#[derive(Debug, Default)]
struct Progress {
    joined: u32,
    failed: u32,
}

pub(crate) fn run(server: SocketAddr, options: &Options) -> Result<Value> {
    let mut crowd = Crowd::new(server)?;
    let mut progress = Progress::default();
    let began = Instant::now();
    let mut last = began;
    let mut dialled = 0;
    while progress.joined + progress.failed < options.clients {
        let under_way = dialled - progress.joined - progress.failed;
        for _ in under_way..u32::from(options.at_once).min(options.clients - dialled + under_way) {
            crowd.dial()?;
            dialled += 1;
        }
        let before = progress.joined + progress.failed;
        crowd.turn(PATIENCE, |number, client, seen| see(&mut progress, number, client, seen))?;
        if progress.joined + progress.failed > before {
            last = Instant::now();
        }
        ensure!(last.elapsed() < PATIENCE, "no client has joined for {PATIENCE:?}");
    }
    let figures = json!({
        "clients": progress.joined,
        "refused": progress.failed,
        "joins_per_s": (f64::from(progress.joined) / began.elapsed().as_secs_f64()).round(),
    });
    // Told at once, because whoever asked looks at the server while they idle.
    println!("{figures}");
    let waker = crowd.waker()?;
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = waker.wake();
    });
    let until = Instant::now() + Duration::from_secs(options.seconds);
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        if crowd.turn(left, |number, client, seen| see(&mut progress, number, client, seen))? {
            break;
        }
    }
    Ok(figures)
}

fn see(progress: &mut Progress, number: usize, client: &mut Client, seen: Seen<'_>) -> Result<()> {
    match seen {
        Seen::Greeting => {
            let topic = topic_of(u32::try_from(number)?);
            client.send(&ClientFrame::Join { topic, want: 4 });
        }
        Seen::Frame(ServerFrame::Joined { .. }) => progress.joined += 1,
        Seen::Frame(_) | Seen::Pong(_) | Seen::Welcome => {}
        Seen::Gone(reason) => {
            eprintln!("a client is gone: {reason:#}");
            progress.failed += 1;
        }
    }
    Ok(())
}
