//! What a node is started with.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::room::server_ok;
use lacis_wire::signal::IceServer;
use lacis_wire::{Millis, limits};

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses of signaling servers, `ws://` or `wss://`.
    pub servers: Vec<String>,
    /// ICE servers to use instead of those that the signaling servers name.
    pub ice_servers: Option<Vec<IceServer>>,
    /// Whether only relayed paths may be used.
    pub relay_only: bool,
    /// Seed of the identity's key pair.
    pub identity: [u8; 32],
    /// The time of day at the moment the node is made; [`crate::Input::Wall`] tells it later.
    pub wall: Millis,
    /// Whether there is a store that keeps what the node writes.
    pub store: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            ice_servers: None,
            relay_only: false,
            identity: [0; 32],
            wall: Millis(0),
            store: false,
        }
    }
}

/// Why a configuration is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// More signaling servers than [`limits::SERVERS_MAX`].
    #[error("too many signaling servers")]
    TooManyServers,
    /// An address is not one of a WebSocket server.
    #[error("a signaling address is not a ws:// or wss:// address")]
    Address,
    /// More ICE servers than [`limits::ICE_SERVERS_MAX`].
    #[error("too many ICE servers")]
    TooManyIceServers,
    /// An ICE server has an address that is none, or lacks credentials that it needs.
    #[error("an ICE server has an address or credentials that no browser takes")]
    IceServer,
}

impl Config {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.servers.len() > limits::SERVERS_MAX {
            return Err(ConfigError::TooManyServers);
        }
        if !self.servers.iter().all(|url| server_ok(url)) {
            return Err(ConfigError::Address);
        }
        let ice = self.ice_servers.as_ref().map_or(0, Vec::len);
        if ice > limits::ICE_SERVERS_MAX {
            return Err(ConfigError::TooManyIceServers);
        }
        let is_good = |server: &IceServer| server.usable().as_ref() == Some(server);
        if !self.ice_servers.iter().flatten().all(is_good) {
            return Err(ConfigError::IceServer);
        }
        Ok(())
    }
}
