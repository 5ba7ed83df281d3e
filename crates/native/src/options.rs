//! What a peer is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use lacis_wire::limits;

use crate::identity::Identity;

/// What a peer is started with.
///
/// ```
/// use lacis_native::{Identity, Options};
///
/// let options = Options::new(Identity::generate()?)
///     .signaling("wss://example.org/ws")
///     .store("group.lacis")
///     .listen("0.0.0.0:4433".parse()?)
///     .advertise("203.0.113.7:4433".parse()?);
/// # let _ = options;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) identity: Identity,
    pub(crate) signaling: Vec<String>,
    pub(crate) store: Option<PathBuf>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) advertise: Vec<SocketAddr>,
    pub(crate) loopback: bool,
    pub(crate) relay_only: bool,
    pub(crate) clock_offset: i64,
    pub(crate) links: usize,
    pub(crate) group_bytes: Option<u64>,
}

impl Options {
    /// A peer of that identity: without servers, without a store, on any free port.
    #[must_use]
    pub const fn new(identity: Identity) -> Self {
        Self {
            identity,
            signaling: Vec::new(),
            store: None,
            listen: None,
            advertise: Vec::new(),
            loopback: false,
            relay_only: false,
            clock_offset: 0,
            links: limits::LINKS_MAX,
            group_bytes: None,
        }
    }

    /// Adds a server that introduces peers to each other, a `ws://` or `wss://` address. All are
    /// used at once; one that works is enough.
    #[must_use]
    pub fn signaling(mut self, url: impl Into<String>) -> Self {
        self.signaling.push(url.into());
        self
    }

    /// Keeps groups in that file, which is made if there is none. One peer at a time owns it, for
    /// one identity. Without a store groups are gone with the peer.
    #[must_use]
    pub fn store(mut self, path: impl Into<PathBuf>) -> Self {
        self.store = Some(path.into());
        self
    }

    /// Binds the UDP port of all links to that address. By default it is any free port of all
    /// addresses of this machine.
    #[must_use]
    pub const fn listen(mut self, at: SocketAddr) -> Self {
        self.listen = Some(at);
        self
    }

    /// Tells others of one more address, from which packets come to the port: that of a router
    /// which forwards it.
    #[must_use]
    pub fn advertise(mut self, at: SocketAddr) -> Self {
        self.advertise.push(at);
        self
    }

    /// Tells others also of the addresses that lead nowhere but to this machine, for links to
    /// peers on it. Default: false.
    #[must_use]
    pub const fn loopback(mut self, loopback: bool) -> Self {
        self.loopback = loopback;
        self
    }

    /// Links over relays alone, so that others learn no address of this machine: they see that of
    /// the relay, which the signaling server names. Relays are asked for over UDP; where none is to
    /// be had there are no links. Default: false.
    #[must_use]
    pub const fn relay_only(mut self, relay_only: bool) -> Self {
        self.relay_only = relay_only;
        self
    }

    /// Allows so many links at once, 12 to 64; each costs some 155 kB. Default: 12. Who is in more
    /// groups of two than that serves them in turn.
    #[must_use]
    pub const fn links(mut self, links: usize) -> Self {
        self.links = links;
        self
    }

    /// Sets how many bytes of bodies may be held of each group, from before it is connected on, as
    /// [`Group::limit`](crate::Group::limit) does for one that is open. Default: no limit.
    #[must_use]
    pub const fn group_bytes(mut self, bytes: u64) -> Self {
        self.group_bytes = Some(bytes);
        self
    }

    /// Corrects the clock of this machine by so many milliseconds, where it is known to be wrong
    /// and cannot be set. Default: 0.
    #[must_use]
    pub const fn clock_offset(mut self, millis: i64) -> Self {
        self.clock_offset = millis;
        self
    }
}
