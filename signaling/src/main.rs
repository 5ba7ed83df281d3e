//! `lacis-signaling`: the signaling server as a program.

mod arguments;
mod check;
mod environment;
mod secret;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use lacis_signaling::prepare;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tracing::warn;

use self::arguments::{Arguments, LogFormat};

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.print_config {
        // Whoever asked may be gone.
        let _ = writeln!(io::stdout(), "{}", arguments.shown());
        return ExitCode::SUCCESS;
    }
    if let Some(url) = &arguments.check {
        return ended(check::check(&arguments, url.as_deref()));
    }
    let log = tracing_subscriber::fmt()
        .with_max_level(arguments.log)
        .with_writer(io::stderr)
        .with_ansi(false)
        // It would say by a panic that nobody reads the log any more.
        .log_internal_errors(false)
        .with_target(false);
    match arguments.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    for variable in environment::unknown() {
        warn!("{variable}");
    }
    ended(start(arguments))
}

fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // Nobody may be reading, which changes nothing.
            let _ = writeln!(io::stderr(), "error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<(), String> {
    let mut runtime = match arguments.threads {
        // Without anybody to share with, tasks are taken in turn: faster, and fair.
        Some(1) => tokio::runtime::Builder::new_current_thread(),
        Some(threads) => {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            runtime.worker_threads(threads);
            runtime
        }
        None => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
    let result = runtime.block_on(serve(arguments));
    // What has not ended by now was told to and had its time.
    runtime.shutdown_background();
    result
}

async fn serve(arguments: Arguments) -> Result<(), String> {
    let listen = arguments.listen;
    let config = arguments.configuration()?;
    config.check().map_err(|error| error.to_string())?;
    let refused = |error| format!("cannot listen on {listen}: {error}");
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let advice = config.advice(address);
    let prepared = prepare(listener, config).await.map_err(|error| error.to_string())?;
    // Before the address is printed: who reads it may ask the server to end at once.
    let deaf = |error| format!("cannot wait for signals: {error}");
    let shutdown = asked_to_end().map_err(deaf)?;
    let reload = asked_to_reload().map_err(deaf)?;
    // Last, because nothing fails from here on. Nobody may be reading, which is no reason not to
    // serve.
    let _ = writeln!(io::stdout(), "listening on {scheme}://{address}");
    if let Some(advice) = advice {
        let _ = writeln!(io::stderr(), "{advice}");
    }
    prepared.serve(reload, shutdown).await;
    Ok(())
}

/// Ready when a person or a service manager asks the server to end.
#[cfg(unix)]
fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Where Ctrl-C cannot be caught, it ends the program by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

/// Told when files that may have changed are to be read again.
#[cfg(unix)]
fn asked_to_reload() -> io::Result<Arc<Notify>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    let reload = Arc::new(Notify::new());
    let told = Arc::clone(&reload);
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            told.notify_one();
        }
    });
    Ok(reload)
}

#[cfg(not(unix))]
fn asked_to_reload() -> io::Result<Arc<Notify>> {
    Ok(Arc::default())
}
