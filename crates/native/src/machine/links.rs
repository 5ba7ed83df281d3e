//! Links: packets to them and from them, and what they tell.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lacis_core::{Input, LinkAction, LinkId};
use lacis_driver::Driver;

use super::Machine;
use crate::addresses;
use crate::demux::{SHARED, Sort};
use crate::link::Link;
use crate::udp::{Datagram, Port};

/// A link that is due at once again is called a little later: nothing that it waits for is finer.
const SOON: Duration = Duration::from_millis(1);

/// Links that idle are called together: the library wants to be called five times a second for each
/// connection, and does something once in two seconds.
const IDLE_TICK: Duration = Duration::from_millis(500);

/// The lines of the candidates: first those that packets leave from, then those under which the
/// same are reached from outside.
fn candidates(
    port: &Port,
    outside: &[SocketAddr],
    seen: &[(SocketAddr, SocketAddr)],
) -> [Vec<String>; 2] {
    let hosts: Vec<SocketAddr> = port.hosts().collect();
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
        let Self { links, port: Some(port), demux, outside, mirrors, .. } = self else { return };
        let Some(link) = links.get_mut(&id).filter(|link| !link.is_lingering()) else { return };
        if matches!(action, LinkAction::Offer { .. } | LinkAction::Accept { .. }) {
            // A machine that cannot say where it is now is where it was.
            let _ = port.look_around();
            let [hosts, outside] = candidates(port, outside, &mirrors.seen());
            link.locate(&hosts, &outside);
        }
        if let Some(fragment) = link.operate(Instant::now(), action) {
            demux.name(id, &fragment);
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
        let Self { links, port, demux, .. } = self;
        let (Some(link), Some(port)) = (links.get_mut(&id), port) else { return };
        link.pump(now, &mut |datagram| {
            demux.sent(id, (datagram.local, datagram.peer));
            port.send(datagram);
        });
        if link.is_done() {
            links.remove(&id);
            demux.forget(id);
        }
        self.set_deadline(id, now);
    }

    fn set_deadline(&mut self, id: LinkId, now: Instant) {
        let link = self.links.get_mut(&id);
        let due = link.and_then(|link| Some((link.deadline()?, link.is_idle(now))));
        let due = due.map(|(at, is_idle)| {
            let at = at.max(now + SOON);
            if is_idle { self.clock.next_tick(at, IDLE_TICK) } else { at }
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

    /// Asks a STUN server.
    pub(super) fn look_into(&mut self, server: SocketAddr) {
        let Self { port: Some(port), mirrors, .. } = self else { return };
        if let Some(request) = mirrors.request(server) {
            port.send(request);
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

    /// Takes what came at the port, and sends what waits there.
    pub(super) fn receive(&mut self) {
        let now = Instant::now();
        let Some(port) = &mut self.port else { return };
        port.flush();
        for datagram in port.receive() {
            self.take(now, datagram);
        }
    }

    fn take(&mut self, now: Instant, mut datagram: Datagram) {
        let way = (datagram.local, datagram.peer);
        let tagged = self.demux.tagged(way, &mut datagram.bytes);
        let Some(sort) = Sort::of(&datagram.bytes) else { return };
        if tagged.is_none()
            && sort == Sort::Stun
            && let Some(news) = self.mirrors.answer(&datagram)
        {
            if let Some((at, base)) = news {
                self.on_seen(at, base);
            }
            return;
        }
        let mut ids = match tagged {
            Some(id) => vec![id],
            None => self.demux.find(way, &datagram.bytes),
        };
        if ids.len() > 1 && sort == Sort::DtlsPlain {
            let is_new = |id: &LinkId| self.links.get(id).is_some_and(|link| !link.is_secure());
            ids.retain(is_new);
        }
        let (last, others) = match ids.split_last() {
            Some((last, others)) => (*last, others),
            None => return,
        };
        for id in others {
            let Datagram { local, peer, ref bytes } = datagram;
            let copy = Datagram { local, peer, bytes: bytes.clone() };
            self.give(now, *id, copy, sort);
        }
        self.give(now, last, datagram, sort);
    }

    fn give(&mut self, now: Instant, id: LinkId, datagram: Datagram, sort: Sort) {
        if let Some(link) = self.links.get_mut(&id) {
            link.receive(now, datagram, sort == Sort::Stun);
            if self.touched.back() != Some(&id) {
                self.touched.push_back(id);
            }
        }
    }
}
