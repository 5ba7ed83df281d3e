//! Links: packets to them and from them, and what they tell.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lacis_core::{Input, LinkAction, LinkId};
use lacis_driver::Driver;

use super::{IDLE_TICK, Machine};
use crate::addresses;
use crate::clock;
use crate::demux::{SHARED, Sort};
use crate::link::Link;
use crate::port::{Came, Packet, Port};

/// A link that is due at once again is called a little later: nothing that it waits for is finer.
const SOON: Duration = Duration::from_millis(1);

/// The lines of the candidates: first those that packets leave from, then those under which the
/// same are reached from outside.
fn candidates(
    port: &Port,
    outside: &[SocketAddr],
    seen: &[(SocketAddr, SocketAddr)],
) -> [Vec<String>; 2] {
    let hosts = port.hosts();
    let line = |(place, at): (usize, &SocketAddr)| addresses::candidate(place, *at, None) + SHARED;
    let own = hosts.iter().enumerate().map(line).collect();
    let base_of = |at: &SocketAddr| {
        let same = |base: &&SocketAddr| base.is_ipv4() == at.is_ipv4() && !base.ip().is_loopback();
        hosts.iter().find(same).copied()
    };
    let named = outside.iter().filter_map(|at| Some((*at, base_of(at)?)));
    let seen = seen.iter().copied().filter(|(at, _)| !outside.contains(at));
    let outer = named.chain(seen).enumerate().map(|(place, (at, base))| {
        addresses::candidate(hosts.len() + place, at, Some(base)) + SHARED
    });
    [own, outer.collect()]
}

impl Machine {
    /// Has a link do something, and be found by what came of it.
    pub(super) fn begin(&mut self, id: LinkId, action: LinkAction) {
        let Self { links, port: Some(port), outside, .. } = self else { return };
        let Some(link) = links.get_mut(&id).filter(|link| !link.is_lingering()) else { return };
        if matches!(action, LinkAction::Offer { .. } | LinkAction::Accept { .. }) {
            // A machine that cannot say where it is now is where it was.
            let _ = port.look_around();
            let [hosts, outside] = candidates(port, outside, &port.seen());
            let relays = port.want(Instant::now(), id, link.servers());
            link.locate(&hosts, &outside, &relays);
        }
        if let Some(fragment) = link.operate(Instant::now(), action) {
            port.name(id, &fragment);
        }
        self.touched.push_back(id);
    }

    /// Goes on until no link has anything to say and the node has heard it all.
    pub(super) fn settle(&mut self) {
        while let Some(id) = self.touched.pop_front() {
            self.pump(id);
            while let Some(told) = self.links.get_mut(&id).and_then(Link::poll_told) {
                Driver::input(self, Input::Link(id, told));
            }
        }
    }

    fn pump(&mut self, id: LinkId) {
        let now = Instant::now();
        let Self { links, port, .. } = self;
        let (Some(link), Some(port)) = (links.get_mut(&id), port) else { return };
        link.pump(now, &mut |datagram| port.send(id, datagram));
        if link.lets_go_of_relays() {
            port.let_go_of_relays(id);
        }
        port.flush();
        if link.is_done() {
            links.remove(&id);
            port.forget(id);
        }
        self.set_deadline(id, now);
    }

    fn set_deadline(&mut self, id: LinkId, now: Instant) {
        let link = self.links.get_mut(&id);
        let due = link.and_then(|link| Some((link.deadline()?, link.idles_until(now))));
        let due = due.map(|(at, idles_until)| match idles_until {
            Some(until) => clock::next_tick(until.max(at).max(now + SOON), IDLE_TICK),
            None => at.max(now + SOON),
        });
        let before = match due {
            Some(at) => self.deadlines.insert(id, at),
            None => self.deadlines.remove(&id),
        };
        if let Some(before) = before {
            self.due.remove(&(before, id));
        }
        if let Some(at) = due {
            self.due.insert((at, id));
        }
    }

    /// Tells all links of an address that a STUN server saw.
    fn on_seen(&mut self, at: SocketAddr, base: SocketAddr) {
        let line = addresses::candidate(0, at, Some(base)) + SHARED;
        for (id, link) in &mut self.links {
            link.tell_candidate(&line);
            self.touched.push_back(*id);
        }
    }

    /// Tells a link of a relay that stands for it.
    fn on_relay(&mut self, id: LinkId, at: SocketAddr) {
        if let Some(link) = self.links.get_mut(&id) {
            link.tell_relay(at);
            self.touched.push_back(id);
        }
    }

    /// Takes what came at the port.
    pub(super) fn receive(&mut self) {
        let now = Instant::now();
        while let Some(came) = self.port.as_ref().and_then(Port::take) {
            match came {
                Came::Packet(packet) => self.give(now, packet),
                Came::Seen(at, base) => self.on_seen(at, base),
                Came::Relay(link, at) => self.on_relay(link, at),
            }
        }
    }

    fn give(&mut self, now: Instant, packet: Packet) {
        let Packet { link: id, sort, is_doubtful, datagram } = packet;
        let Some(link) = self.links.get_mut(&id) else { return };
        // What is in the clear is for one whose handshake is not over.
        if is_doubtful && sort == Sort::DtlsPlain && link.is_secure() {
            return;
        }
        link.receive(now, datagram, sort == Sort::Stun);
        if self.touched.back() != Some(&id) {
            self.touched.push_back(id);
        }
    }
}
