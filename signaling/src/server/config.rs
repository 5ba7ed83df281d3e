//! What the server around the hub may be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lacis_wire::codec::{decode, encode};
use lacis_wire::signal::ServerFrame;

use super::admission::TokenKeys;
use super::bus::Bus;
use super::tls::TlsFiles;
use super::turn::{self, TurnOptions};
use crate::hub::HubConfig;
use crate::limits;

/// Settings of a server. The default serves the open Internet.
#[derive(Clone, Debug)]
pub struct Config {
    /// Limits and deadlines of signaling.
    pub hub: HubConfig,
    /// A folder to serve as pages, with an `index.html`.
    pub pages: Option<PathBuf>,
    /// Web origins whose pages may connect; all, if there are none. Clients that are no browsers
    /// name no origin and are let in: they could name any.
    pub origins: Vec<String>,
    /// Whether a reverse proxy stands in front, whose `X-Forwarded-For` names the client.
    pub trust_proxy: bool,
    /// Where `/metrics` is answered.
    pub metrics: MetricsAt,
    /// Whose signature lets a client in; everybody is let in, if not given.
    pub tokens: Option<TokenKeys>,
    /// Where the certificate is, for a server that speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Relays at this server's own port; none, if not given.
    pub turn: Option<TurnOptions>,
    /// Which servers this one acts as one with; it is alone, if not given.
    pub backplane: Option<BackplaneOptions>,
    /// Connections that are not WebSockets (yet).
    pub http_max: usize,
    /// The same, from one address.
    pub http_per_address_max: usize,
    /// Time for the head of a request to come in.
    pub request_deadline: Duration,
    /// Life of a connection that does not become a WebSocket.
    pub http_deadline: Duration,
    /// Time for a client to take its `Bye` and close.
    pub close_deadline: Duration,
    /// Time for all clients to be gone at a shutdown.
    pub shutdown_deadline: Duration,
}

/// Where figures are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsAt {
    /// At the address of the server.
    #[default]
    Here,
    /// Nowhere.
    Off,
    /// At an address of their own, over plain HTTP.
    Address(SocketAddr),
}

/// Which servers a server acts as one with. Without any, its memory knows all there is to know.
#[derive(Clone, Debug)]
pub enum BackplaneOptions {
    /// Those in the same process that share the bus.
    Memory(Arc<Bus>),
    /// Those that share a Redis or Valkey, by its address: `redis://[[USER]:PASSWORD@]HOST[:PORT]`.
    Redis(String),
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// What is named as the folder of pages is no folder, or has no page to begin with.
    #[error("cannot serve pages from {path}: {source}")]
    Pages {
        /// As it was given.
        path: Box<str>,
        /// What the system says.
        source: std::io::Error,
    },
    /// More or longer ICE servers than a frame may carry.
    #[error("the ICE servers do not fit into a frame: {0}")]
    IceServers(lacis_wire::DecodeError),
    /// The certificate or its key cannot be read, or they do not belong together.
    #[error("TLS: {0}")]
    Tls(Box<str>),
    /// The keys of tokens cannot be read.
    #[error("keys of tokens: {0}")]
    Tokens(Box<str>),
    /// The address of the backplane makes no sense.
    #[error("backplane: {0}")]
    Backplane(Box<str>),
    /// The port for STUN and TURN is taken.
    #[error("cannot relay at {address}: {source}")]
    Turn {
        /// Address and port, for UDP.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The address for figures is taken, or none of this machine.
    #[error("cannot show metrics at {address}: {source}")]
    Metrics {
        /// As it was given.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system gives no random numbers.
    #[error("no source of randomness: {0}")]
    Randomness(getrandom::Error),
}

impl Config {
    /// What whoever starts the server at an address had better know.
    #[must_use]
    pub fn advice(&self, address: SocketAddr) -> Option<&'static str> {
        let is_bare = self.tls.is_none() && !self.trust_proxy && !address.ip().is_loopback();
        is_bare.then_some(
            "browsers on other machines let pages from http:// neither keep identities nor groups: \
             use TLS, here or in a proxy (docs/operating.md)",
        )
    }

    /// Finds out before the start what would not work later.
    ///
    /// # Errors
    /// [`RunError::Pages`] and [`RunError::IceServers`].
    pub fn check(&self) -> Result<(), RunError> {
        if let Some(path) = &self.pages {
            let refused = |source| RunError::Pages { path: path.to_string_lossy().into(), source };
            std::fs::read_dir(path).map_err(refused)?;
            // Whoever names the folder around it would find out by a 404.
            if !path.join("index.html").is_file() {
                let kind = std::io::ErrorKind::NotFound;
                return Err(refused(std::io::Error::new(kind, "there is no index.html in it")));
            }
        }
        let ice_servers = self.hub.ice_servers.clone();
        fits(&ServerFrame::Welcome { version: u16::MAX, ice_servers })?;
        // Our own stand in place of others.
        let own = self.turn.as_ref().map(|options| turn::offered(u16::MAX, options, vec![0; 32]));
        let Some(relays) = own.or_else(|| self.hub.relays.clone()) else { return Ok(()) };
        let servers = relays.grant(u64::MAX, u64::MAX);
        fits(&ServerFrame::IceServers { servers, lifetime_ms: u32::MAX })
    }
}

/// Whether clients could read it.
fn fits(frame: &ServerFrame<'_>) -> Result<(), RunError> {
    decode::<ServerFrame<'_>>(&encode(frame)).map(|_| ()).map_err(RunError::IceServers)
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hub: HubConfig::default(),
            pages: None,
            origins: Vec::new(),
            trust_proxy: false,
            metrics: MetricsAt::Here,
            tokens: None,
            tls: None,
            turn: None,
            backplane: None,
            http_max: limits::HTTP_MAX,
            http_per_address_max: limits::HTTP_PER_ADDRESS_MAX,
            request_deadline: limits::REQUEST_DEADLINE,
            http_deadline: limits::HTTP_DEADLINE,
            close_deadline: limits::CLOSE_DEADLINE,
            shutdown_deadline: limits::SHUTDOWN_DEADLINE,
        }
    }
}
