//! `lacis-signaling`: the signaling server as a program.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use lacis_signaling::hub::HubConfig;
use lacis_signaling::{Config, limits, run};
use lacis_wire::signal::IceServer;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Helps peers find each other and connect, and passes nothing on but sealed setup messages.
#[derive(Debug, Parser)]
#[command(version, about, after_help = "Every option can also be set by its variable.")]
struct Arguments {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "LACIS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Folder to serve as pages
    #[arg(long, env = "LACIS_PAGES", value_name = "FOLDER")]
    pages: Option<PathBuf>,
    /// Web origin whose pages may connect, such as https://example.org; all, if none is given. Can
    /// be given several times, in the variable separated by spaces
    #[arg(long, env = "LACIS_ALLOW_ORIGIN", value_name = "ORIGIN")]
    #[arg(value_delimiter = ' ', value_parser = parse_origin)]
    allow_origin: Vec<String>,
    /// STUN or TURN server for clients to use. Can be given several times, in the variable
    /// separated by spaces
    #[arg(long, env = "LACIS_ICE_SERVER", value_name = "URL[,USER,CREDENTIAL]")]
    #[arg(value_delimiter = ' ', value_parser = parse_ice_server)]
    ice_server: Vec<IceServer>,
    /// Take client addresses from X-Forwarded-For. Only behind a reverse proxy that sets it
    #[arg(long, env = "LACIS_TRUST_PROXY")]
    trust_proxy: bool,
    /// Signaling connections in all
    #[arg(long, env = "LACIS_CONNECTIONS_MAX", value_name = "COUNT")]
    #[arg(default_value_t = limits::CONNECTIONS_MAX)]
    connections_max: usize,
    /// Signaling connections from one address (IPv4) or one /64 network (IPv6)
    #[arg(long, env = "LACIS_CONNECTIONS_PER_ADDRESS_MAX", value_name = "COUNT")]
    #[arg(default_value_t = limits::CONNECTIONS_PER_ADDRESS_MAX)]
    connections_per_address_max: usize,
    /// Topics in all
    #[arg(long, env = "LACIS_TOPICS_MAX", value_name = "COUNT")]
    #[arg(default_value_t = limits::TOPICS_MAX)]
    topics_max: usize,
    /// Members of one topic
    #[arg(long, env = "LACIS_MEMBERS_PER_TOPIC_MAX", value_name = "COUNT")]
    #[arg(default_value_t = limits::MEMBERS_PER_TOPIC_MAX)]
    members_per_topic_max: usize,
    /// Threads that serve connections; as many as the machine has cores, if not given
    #[arg(long, env = "LACIS_THREADS", value_name = "COUNT", value_parser = parse_threads)]
    threads: Option<usize>,
    /// How much to log to standard error: off, error, warn, info, debug or trace. Client addresses
    /// appear from debug on
    #[arg(long, env = "LACIS_LOG", value_name = "LEVEL", default_value = "info")]
    log: LevelFilter,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_max_level(arguments.log)
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false)
        .init();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<(), String> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = arguments.threads {
        runtime.worker_threads(threads);
    }
    let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
    let result = runtime.block_on(serve(arguments));
    // What has not ended by now was told to and had its time.
    runtime.shutdown_background();
    result
}

async fn serve(arguments: Arguments) -> Result<(), String> {
    let listen = arguments.listen;
    let config = configuration(arguments);
    config.check().map_err(|error| error.to_string())?;
    let refused = |error| format!("cannot listen on {listen}: {error}");
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    // Before the address is printed: who reads it may ask the server to end at once.
    let shutdown = asked_to_end().map_err(|error| format!("cannot wait for signals: {error}"))?;
    // Nobody may be reading, which is no reason not to serve.
    let _ = writeln!(io::stdout(), "listening on http://{address}");
    run(listener, config, shutdown).await.map_err(|error| error.to_string())
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

fn configuration(arguments: Arguments) -> Config {
    Config {
        hub: HubConfig {
            connections_max: arguments.connections_max,
            connections_per_address_max: arguments.connections_per_address_max,
            topics_max: arguments.topics_max,
            members_per_topic_max: arguments.members_per_topic_max,
            ice_servers: arguments.ice_server,
            ..HubConfig::default()
        },
        pages: arguments.pages,
        origins: arguments.allow_origin,
        trust_proxy: arguments.trust_proxy,
        ..Config::default()
    }
}

/// An origin as a browser writes it: scheme and host, the port unless it is the usual one.
fn parse_origin(text: &str) -> Result<String, String> {
    let origin = text.trim_end_matches('/');
    match origin.split_once("://") {
        Some((scheme, host)) if !scheme.is_empty() && !host.is_empty() && !host.contains('/') => {
            Ok(origin.to_ascii_lowercase())
        }
        _ => Err("an origin looks like https://example.org".into()),
    }
}

/// `stun:host:port`, or `turn:host:port,user,credential`.
fn parse_ice_server(text: &str) -> Result<IceServer, String> {
    let mut parts = text.splitn(3, ',');
    let url = parts.next().unwrap_or_default();
    let (username, credential) = (parts.next(), parts.next());
    let has_scheme =
        |names: &[&str]| url.split_once(':').is_some_and(|(scheme, _)| names.contains(&scheme));
    if has_scheme(&["turn", "turns"]) && credential.is_none() {
        return Err("a TURN server needs a user and a credential: turn:HOST,USER,CREDENTIAL".into());
    }
    if !has_scheme(&["stun", "stuns", "turn", "turns"]) {
        return Err("an ICE server looks like stun:example.org:3478".into());
    }
    Ok(IceServer {
        urls: vec![url.to_owned()],
        username: username.map(str::to_owned),
        credential: credential.map(str::to_owned),
    })
}

fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=1024) => Ok(threads),
        _ => Err("a number from 1 to 1024".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Arguments, parse_ice_server, parse_origin};

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn origins_are_taken_as_browsers_write_them() {
        assert_eq!(parse_origin("https://Example.org/"), Ok("https://example.org".into()));
        assert_eq!(parse_origin("http://localhost:8080"), Ok("http://localhost:8080".into()));
        for text in ["example.org", "https://", "://x", "https://example.org/chat", ""] {
            assert!(parse_origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ice_servers_have_a_scheme_and_turn_servers_credentials() {
        let turn = parse_ice_server("turn:example.org:3478,anna,pass,word").unwrap();
        assert_eq!(turn.urls, ["turn:example.org:3478"]);
        assert_eq!(turn.username.as_deref(), Some("anna"));
        assert_eq!(turn.credential.as_deref(), Some("pass,word"));
        assert!(parse_ice_server("stun:example.org").is_ok());
        for text in ["example.org", "turn:example.org", "turn:example.org,anna", "http://x", ""] {
            assert!(parse_ice_server(text).is_err(), "{text}");
        }
    }
}
