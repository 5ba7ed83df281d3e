//! One signaling server.

use std::time::Duration;

use lacis_signaling::hub::{Hub, HubConfig};

/// A server: the real hub, while it is up.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) config: HubConfig,
    pub(super) hub: Option<Hub>,
    /// The timer that counts; those before it are void.
    pub(super) timer: u32,
    pub(super) armed: Option<Duration>,
}

impl Server {
    pub(super) fn new(config: HubConfig, seed: [u8; 32]) -> Self {
        let mut server = Self { config, hub: None, timer: 0, armed: None };
        server.start(seed);
        server
    }

    pub(super) fn start(&mut self, seed: [u8; 32]) {
        self.hub = Some(Hub::new(self.config.clone(), seed));
        self.armed = None;
    }
}
