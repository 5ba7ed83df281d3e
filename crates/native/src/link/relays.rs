//! Relays of a link: which it has, when it begins to use them, and which the other side has.
//!
//! A path over a relay is found as fast as any other, and the first that works is taken. So a link
//! looks for a path without relays first; one that finds such a path keeps no place at a relay.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lacis_wire::signal::IceServer;

/// How long a path without relays is looked for: some round trips.
pub(super) const WITHOUT: Duration = Duration::from_millis(500);

/// So many relays of either side are remembered, the youngest ones.
const RELAYS_MAX: usize = 8;

/// The relays of a link.
#[derive(Debug)]
pub(super) struct Relays {
    servers: Vec<IceServer>,
    /// Whether nothing else may be used.
    only: bool,
    /// Those that the other side was told of.
    own: Vec<Own>,
    uses: Uses,
    /// Whether it holds places at them.
    are_held: bool,
    /// Those that the other side told of.
    theirs: Vec<SocketAddr>,
}

#[derive(Debug)]
struct Own {
    at: SocketAddr,
    /// Whether the connection is to be told of it, when relays are used.
    is_due: bool,
    /// Whether it was.
    is_used: bool,
}

/// When relays are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uses {
    /// Not before both sides know each other.
    Later,
    From(Instant),
    Now,
}

impl Relays {
    pub(super) fn new(mut servers: Vec<IceServer>, only: bool) -> Self {
        servers.retain(|server| server.credential.is_some());
        let uses = if only { Uses::Now } else { Uses::Later };
        Self { servers, only, own: Vec::new(), uses, are_held: false, theirs: Vec::new() }
    }

    pub(super) fn servers(&self) -> &[IceServer] {
        &self.servers
    }

    /// Whether nothing else may be used.
    pub(super) const fn are_only(&self) -> bool {
        self.only
    }

    /// A new search for a path begins, of which the other side is told those.
    pub(super) fn locate(&mut self, relays: &[SocketAddr]) {
        if !self.only {
            self.uses = Uses::Later;
        }
        self.are_held = true;
        for at in relays {
            // A connection that failed has forgotten what it was told.
            match self.own.iter_mut().find(|own| own.at == *at) {
                Some(own) => own.is_due = true,
                None => {
                    self.tell(*at);
                }
            }
        }
    }

    /// The other side is told of one more; gives how many there were, unless it is known.
    pub(super) fn tell(&mut self, at: SocketAddr) -> Option<usize> {
        if self.own.iter().any(|own| own.at == at) {
            return None;
        }
        if self.own.len() >= RELAYS_MAX {
            self.own.remove(0);
        }
        self.own.push(Own { at, is_due: true, is_used: false });
        Some(self.own.len() - 1)
    }

    /// Both sides know each other from now on.
    pub(super) fn wait(&mut self, now: Instant) {
        if self.uses == Uses::Later {
            self.uses = Uses::From(now + WITHOUT);
        }
    }

    /// When they are used.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self.uses {
            Uses::From(at) => Some(at),
            Uses::Later | Uses::Now => None,
        }
    }

    /// Time has passed; says whether they are used now. A link with a path needs none.
    pub(super) fn on_time(&mut self, now: Instant, has_path: bool) -> bool {
        let is_due = self.deadline().is_some_and(|at| now >= at);
        if is_due {
            self.uses = if has_path { Uses::Later } else { Uses::Now };
        }
        is_due && !has_path
    }

    /// A path was found; says whether that is to be looked at, once for each search.
    pub(super) const fn settle(&mut self) -> bool {
        std::mem::replace(&mut self.are_held, false)
    }

    /// One that packets may leave by from now on.
    pub(super) fn poll_use(&mut self) -> Option<SocketAddr> {
        let next = self.own.iter_mut().find(|own| own.is_due && self.uses == Uses::Now)?;
        (next.is_due, next.is_used) = (false, true);
        Some(next.at)
    }

    /// Whether packets from there leave by a relay.
    pub(super) fn carry(&self, local: SocketAddr) -> bool {
        self.own.iter().any(|own| own.at == local && own.is_used)
    }

    /// The other side tells of a candidate.
    pub(super) fn hear(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace().skip(4);
        let (Some(ip), Some(port), Some("typ"), Some("relay")) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return;
        };
        if let (Ok(ip), Ok(port)) = (ip.parse(), port.parse()) {
            if self.theirs.len() >= RELAYS_MAX {
                self.theirs.remove(0);
            }
            self.theirs.push(SocketAddr::new(ip, port));
        }
    }

    /// Whether that is a relay of the other side.
    pub(super) fn are_theirs(&self, ip: &str, port: u16) -> bool {
        let ip = ip.parse().ok();
        self.theirs.iter().any(|at| Some(at.ip()) == ip && at.port() == port)
    }
}
