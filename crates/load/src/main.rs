//! `lacis-load`: clients by the thousand for a Lacis signaling server, to see what it costs and
//! what it bears. Everything is bounded in count and time, and only addresses of this machine are
//! taken unless another one is allowed. The last line on standard output is one JSON object.
//!
//! Every client names an address of its own in `X-Forwarded-For`. A server that is started with
//! `--trust-proxy` counts them apart, so that its limits for one address stay on.

mod client;
mod hold;
mod misbehave;
mod route;
mod slow;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

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

fn start(arguments: Arguments) -> Result<serde_json::Value> {
    let server = arguments.server;
    if !server.ip().is_loopback() && !arguments.allow_remote {
        bail!("{server} is not on this machine; see --allow-remote");
    }
    // One thread: what is measured is the server, and it has the other cores to itself.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let figures = runtime.block_on(async {
        match arguments.command {
            Command::Hold(options) => hold::run(server, options).await,
            Command::Route(options) => route::run(server, options).await,
            Command::Slow(options) => slow::run(server, options).await,
            Command::Misbehave => misbehave::run(server).await,
        }
    });
    // A read from standard input that has not ended would be waited for.
    runtime.shutdown_background();
    figures
}
