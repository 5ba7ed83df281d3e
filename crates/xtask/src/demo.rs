//! `cargo xtask demo`: from a bare machine to an address that two tabs can open.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

use crate::products::Build;
use crate::shell::Run;
use crate::{products, setup};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Port to listen on; without it the first free one from 8080 on
    #[arg(long)]
    port: Option<u16>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    // Asked first, because the answer must not come after minutes of building.
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, choose_port(options.port)?));
    let tools = setup::ready()?;
    products::web(&tools)?;
    let server = products::server(Build::Quick)?;

    let mut command = Run::new(server)
        .args(["--listen", &listen.to_string(), "--pages"])
        .arg(products::pages())
        .into_command();
    let child = command.stdout(Stdio::piped()).spawn().context("the server does not start")?;
    let mut server = Server(child);
    let stopping = stop_with_us(&server.0)?;
    announce(&mut server.0)?;
    let status = server.0.wait().context("waiting for the server")?;
    if !status.success() && !stopping.load(Ordering::SeqCst) {
        bail!("the server ended by itself: {status}");
    }
    Ok(())
}

/// The server, which does not outlive this program, whatever goes wrong on the way.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the server says where it listens, tells the person, then passes on what it says.
fn announce(child: &mut Child) -> Result<()> {
    let stdout = child.stdout.take().context("the server has no standard output")?;
    let mut out = io::stdout();
    for line in BufReader::new(stdout).lines() {
        let line = line.context("reading from the server")?;
        match line.split_once("listening on ") {
            Some((_, address)) => {
                let address = address.trim().trim_end_matches('/');
                writeln!(out, "\nOpen {address}/")?;
                writeln!(out, "and the invitation it gives in a second tab. Ctrl-C ends it all.")?;
            }
            None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// The port asked for, or the first free one of a few.
fn choose_port(wanted: Option<u16>) -> Result<u16> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    match wanted {
        Some(port) if is_free(&port) => Ok(port),
        Some(port) => bail!("port {port} is in use; leave --port out to take a free one"),
        None => FIRST_PORTS.into_iter().find(is_free).context("no port from 8080 to 8099 is free"),
    }
}

/// Ends the server when this program is asked to end. In a terminal Ctrl-C reaches both, but
/// whoever started this one alone ends this one alone.
#[cfg(unix)]
fn stop_with_us(child: &Child) -> Result<Arc<AtomicBool>> {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let stopping = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopping);
    let server = Pid::from_raw(i32::try_from(child.id())?);
    ctrlc::set_handler(move || {
        flag.store(true, Ordering::SeqCst);
        // It may have ended already; then there is nothing left to do.
        let _ = kill(server, Signal::SIGTERM);
    })?;
    Ok(stopping)
}

/// Elsewhere a console ends all of its programs together.
#[cfg(not(unix))]
fn stop_with_us(_child: &Child) -> Result<Arc<AtomicBool>> {
    Ok(Arc::new(AtomicBool::new(false)))
}

const FIRST_PORTS: std::ops::Range<u16> = 8080..8100;
