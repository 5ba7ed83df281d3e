//! Relays on TURN servers (RFC 8656) for the links of a port that find no other path.
//!
//! A server knows a relay by the two addresses between which it is asked for, and there is one
//! port, so all links share one relay on each server. What a relay sends and gets travels in
//! packets between the port and the server; here they are wrapped and unwrapped. Nothing here
//! reads a clock, or sends anything itself.

mod message;
mod peers;
mod relay;
mod requests;

use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lacis_wire::signal::IceServer;

use self::message::Credentials;
use self::relay::Relay;
use crate::addresses;
use crate::demux::Whose;
use crate::udp::Datagram;

/// So many servers are used at a time; one is enough.
const SERVERS_MAX: usize = 4;

/// A relay that no link wants ends after that: the next attempt may want it.
const UNUSED: Duration = Duration::from_secs(2);

/// The relays of a port.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    places: Vec<Place>,
    /// Servers whose addresses are to be found.
    sought: Vec<String>,
    out: VecDeque<Datagram>,
    /// Relays that have come to stand, and for which links.
    news: VecDeque<(Whose, SocketAddr)>,
}

/// A server.
#[derive(Debug)]
struct Place {
    /// Its host and port.
    name: String,
    relay: Relay,
    /// Links that want a relay there.
    links: HashSet<Whose>,
    /// Since when there are none.
    unused: Option<Instant>,
}

impl Turn {
    /// A link wants relays on those of the servers that are TURN servers over UDP.
    pub(crate) fn want(&mut self, now: Instant, whose: Whose, servers: &[IceServer]) {
        for server in servers {
            let (Some(username), Some(password)) = (&server.username, &server.credential) else {
                continue;
            };
            let credentials =
                Credentials { username: username.clone(), password: password.clone() };
            // One of each: no server names so many that there is no room for those of others.
            if let Some(name) = server.urls.iter().find_map(|url| place(url)) {
                self.want_at(now, whose, name, credentials);
            }
        }
        self.settle(now);
    }

    fn want_at(&mut self, now: Instant, whose: Whose, name: String, credentials: Credentials) {
        if let Some(place) = self.places.iter_mut().find(|place| place.name == name) {
            place.links.insert(whose);
            place.unused = None;
            if place.relay.want(now, credentials) {
                self.sought.push(name);
            }
            return;
        }
        if self.places.len() >= SERVERS_MAX
            && let Some(refused) = self.places.iter().position(|place| place.relay.is_refused())
        {
            self.places.remove(refused);
        }
        if self.places.len() < SERVERS_MAX {
            let relay = Relay::new(now, credentials);
            let links = HashSet::from([whose]);
            self.sought.push(name.clone());
            self.places.push(Place { name, relay, links, unused: None });
        }
    }

    /// Those links want none any more.
    pub(crate) fn leave(&mut self, now: Instant, goes: impl Fn(&Whose) -> bool) {
        for place in &mut self.places {
            place.links.retain(|whose| !goes(whose));
            if place.links.is_empty() {
                place.unused.get_or_insert(now);
            }
        }
        self.settle(now);
    }

    /// The relays that a link can use now.
    pub(crate) fn of(&self, whose: Whose) -> Vec<SocketAddr> {
        let wanted = self.places.iter().filter(|place| place.links.contains(&whose));
        wanted.filter_map(|place| place.relay.at()).collect()
    }

    /// A server whose addresses are to be found.
    pub(crate) fn poll_sought(&mut self) -> Option<String> {
        self.sought.pop()
    }

    /// A server has those addresses, those that are to be tried first in front.
    pub(crate) fn found(&mut self, now: Instant, name: &str, servers: &[SocketAddr]) {
        if let Some(place) = self.places.iter_mut().find(|place| place.name == name) {
            place.relay.found(now, servers);
        }
        self.settle(now);
    }

    /// Has a packet sent from a relay.
    pub(crate) fn send(&mut self, now: Instant, datagram: Datagram) {
        let Datagram { local, peer, bytes, .. } = datagram;
        let place = self.places.iter_mut().find(|place| place.relay.at() == Some(local));
        // One that is gone sends nothing.
        if let Some(place) = place {
            place.relay.send(now, peer, bytes);
            self.out.extend(place.relay.take_out());
        }
    }

    /// Takes what comes from a server. Gives back what is not about relays as it is, and what came
    /// to a relay as if it had come straight there.
    pub(crate) fn receive(&mut self, now: Instant, datagram: Datagram) -> Option<Datagram> {
        let from = datagram.peer;
        let Some(place) = self.places.iter_mut().find(|place| place.relay.is_server(from)) else {
            return Some(datagram);
        };
        let before = place.relay.at();
        let rest = place.relay.receive(now, datagram);
        self.out.extend(place.relay.take_out());
        if let Some(at) = place.relay.at().filter(|at| before != Some(*at)) {
            self.news.extend(place.links.iter().map(|whose| (*whose, at)));
        }
        if rest.is_none() {
            self.settle(now);
        }
        rest
    }

    /// When it wants [`Turn::on_time`].
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let of = |place: &Place| {
            let unused = place.unused.map(|since| since + UNUSED);
            unused.filter(|_| place.relay.goes_on()).into_iter().chain(place.relay.deadline())
        };
        self.places.iter().flat_map(of).min()
    }

    /// Its time has come.
    pub(crate) fn on_time(&mut self, now: Instant) {
        for place in &mut self.places {
            place.relay.on_time(now);
            let is_unused = place.unused.is_some_and(|since| now >= since + UNUSED);
            if is_unused && place.relay.goes_on() {
                place.relay.end(now);
            }
        }
        self.settle(now);
    }

    /// All relays end now.
    pub(crate) fn end(&mut self, now: Instant) {
        for place in &mut self.places {
            place.links.clear();
            place.unused = Some(now);
            place.relay.end(now);
        }
        self.settle(now);
    }

    /// Whether there is no relay.
    pub(crate) const fn is_over(&self) -> bool {
        self.places.is_empty()
    }

    /// What is to be sent.
    pub(crate) fn poll_send(&mut self) -> Option<Datagram> {
        self.out.pop_front()
    }

    /// A relay that stands now, and a link that wants it.
    pub(crate) fn poll_news(&mut self) -> Option<(Whose, SocketAddr)> {
        self.news.pop_front()
    }

    fn settle(&mut self, now: Instant) {
        self.places.retain_mut(|place| {
            self.out.extend(place.relay.take_out());
            place.unused.is_none() || !place.relay.is_over(now)
        });
    }
}

/// Host and port of a TURN server that is reached over UDP, by its address.
fn place(url: &str) -> Option<String> {
    let (place, transport) = url.split_once('?').unwrap_or((url, "transport=udp"));
    addresses::server(place, "turn:").filter(|_| transport == "transport=udp")
}

#[cfg(test)]
mod tests;
