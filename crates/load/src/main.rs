//! `lacis-load`: clients by the thousand for a Lacis signaling server, to see what it costs and
//! what it bears. Everything is bounded in count and time, and only addresses of this machine are
//! taken unless another one is allowed. The last line on standard output is one JSON object.
//!
//! Every client names an address of its own in `X-Forwarded-For`. A server that is started with
//! `--trust-proxy` counts them apart, so that its limits for one address stay on.

mod client;
mod crowd;
mod hold;
mod misbehave;
mod route;
mod slow;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use serde_json::Value;

#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// Address and port of the server
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", global = true)]
    server: SocketAddr,
    /// Take a server that is not on this machine. Only one that is yours
    #[arg(long, global = true)]
    allow_remote: bool,
    #[command(subcommand)]
    command: Command,
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
    match arguments.command {
        Command::Hold(options) => hold::run(server, &options),
        Command::Route(options) => route::run(server, &options),
        Command::Slow(options) => wait_for(slow::run(server, options)),
        Command::Misbehave => wait_for(misbehave::run(server)),
    }
}

/// On one thread: what is looked at is the server, which has the other cores to itself.
fn wait_for(figures: impl Future<Output = Result<Value>>) -> Result<Value> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(figures)
}
