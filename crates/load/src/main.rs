//! `lacis-load`: clients by the thousand for a Lacis signaling server, to see what it costs and
//! what it bears. Everything is bounded in count and time, and only addresses of this machine are
//! taken unless another one is allowed. The last line on standard output is one JSON object.
//!
//! Every client names an address of its own in `X-Forwarded-For`. A server that is started with
//! `--trust-proxy` counts them apart, so that its limits for one address stay on.

mod client;
mod crowd;
mod flood;
mod hold;
mod misbehave;
mod pings;
mod route;
mod slow;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{ArgGroup, Parser, Subcommand};
use serde_json::Value;

#[derive(Debug, Parser)]
#[command(version, about, subcommand_negates_reqs = true)]
#[command(group(ArgGroup::new("check").args(["pings", "flood"]).required(true)))]
struct Arguments {
    /// Address and port of the server
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", global = true)]
    server: SocketAddr,
    /// Take a server that is not on this machine. Only one that is yours
    #[arg(long, global = true)]
    allow_remote: bool,
    /// So many clients ping on the level of WebSockets while frames are routed to them. Fails if a
    /// frame is lost
    #[arg(long, value_name = "CLIENTS", value_parser = clap::value_parser!(u32).range(2..=9_000))]
    pings: Option<u32>,
    /// So many clients send far more than they may, each in its way, and stay. Fails if a socket of
    /// theirs is left 10 s later
    #[arg(long, value_name = "CLIENTS", value_parser = clap::value_parser!(u32).range(1..=500))]
    flood: Option<u32>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Joins with many clients, says how long that took, and holds them until standard input ends
    Hold(hold::Options),
    /// Sends frames between pairs of clients, with so many on their way at once
    Route(route::Options),
    /// Sends to a client that does not read, until the server drops it
    Slow(slow::Options),
    /// Breaks the rules in every way that it knows, and says how each connection ended
    Misbehave,
}

fn main() -> ExitCode {
    match start(Arguments::parse()) {
        Ok(figures) => {
            // Whoever has read enough may be gone.
            let _ = writeln!(io::stdout(), "{figures}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("error: {reason:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<Value> {
    let server = arguments.server;
    if !server.ip().is_loopback() && !arguments.allow_remote {
        bail!("{server} is not on this machine; see --allow-remote");
    }
    match (arguments.command, arguments.pings, arguments.flood) {
        (Some(Command::Hold(options)), None, None) => hold::run(server, &options),
        (Some(Command::Route(options)), None, None) => route::run(server, &options),
        (Some(Command::Slow(options)), None, None) => wait_for(slow::run(server, options)),
        (Some(Command::Misbehave), None, None) => wait_for(misbehave::run(server)),
        (None, Some(clients), None) => pings::run(server, clients),
        (None, None, Some(clients)) => wait_for(flood::run(server, clients)),
        _ => bail!("one thing at a time: a command, --pings or --flood"),
    }
}

/// On one thread: what is looked at is the server, which has the other cores to itself.
fn wait_for(figures: impl Future<Output = Result<Value>>) -> Result<Value> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(figures)
}
