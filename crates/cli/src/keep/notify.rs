//! What a service manager is told, as systemd has it: readiness, the end, and signs of life.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// The service manager that started this process, if one did that wants to be told.
#[derive(Debug)]
pub(super) struct Manager {
    #[cfg(unix)]
    socket: Option<(std::os::unix::net::UnixDatagram, std::os::unix::net::SocketAddr)>,
    /// How often it wants a sign of life.
    every: Option<Duration>,
}

impl Manager {
    #[cfg(unix)]
    pub(super) fn from_environment() -> Self {
        let named = std::env::var_os("NOTIFY_SOCKET");
        let address = named.as_deref().and_then(address);
        let socket = address.and_then(|address| {
            let socket = std::os::unix::net::UnixDatagram::unbound().ok()?;
            Some((socket, address))
        });
        let variable = |name| std::env::var(name).ok();
        let is_ours =
            variable("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let every = variable("WATCHDOG_USEC").filter(|_| is_ours && socket.is_some());
        let every = every.and_then(|text| text.parse().ok()).filter(|micros| *micros > 0);
        // Twice as often as it has to be.
        Self { socket, every: every.map(|micros: u64| Duration::from_micros(micros / 2)) }
    }

    #[cfg(not(unix))]
    pub(super) fn from_environment() -> Self {
        Self { every: None }
    }

    pub(super) fn ready(&self) {
        self.tell("READY=1");
    }

    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    pub(super) fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    /// When signs of life are due, from now on.
    pub(super) fn signs(&self) -> Signs {
        Signs(self.every.map(|every| {
            let mut signs = interval_at(Instant::now() + every, every);
            signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
            signs
        }))
    }

    #[cfg(unix)]
    fn tell(&self, what: &str) {
        if let Some((socket, address)) = &self.socket {
            // A manager that does not hear it does what it does with those who say nothing.
            let _ = socket.send_to_addr(what.as_bytes(), address);
        }
    }

    #[cfg(not(unix))]
    fn tell(&self, _: &str) {}
}

/// When signs of life are due: at the same times whatever else happens in between, because a keeper
/// with much to do lives as well as one with nothing.
#[derive(Debug)]
pub(super) struct Signs(Option<Interval>);

impl Signs {
    /// Ready when one is due. A wait that is given up loses nothing.
    pub(super) async fn due(&mut self) {
        match &mut self.0 {
            Some(signs) => {
                signs.tick().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// A path, or a name that begins with @.
#[cfg(unix)]
fn address(named: &std::ffi::OsStr) -> Option<std::os::unix::net::SocketAddr> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::SocketAddr;

    match named.as_bytes().strip_prefix(b"@") {
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt;
            SocketAddr::from_abstract_name(name).ok()
        }
        #[cfg(not(target_os = "linux"))]
        Some(_) => None,
        None => SocketAddr::from_pathname(named).ok(),
    }
}
