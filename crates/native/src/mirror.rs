//! STUN servers, which say under which address others see the one port of a peer.
//!
//! One answer serves all links, so a server is asked again only for a link that is made a while
//! later.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use lacis_wire::signal::IceServer;
use rtc::stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Getter, Message, TransactionId};
use rtc::stun::xoraddr::XorMappedAddress;
use tokio::sync::mpsc;

use crate::addresses;
use crate::udp::Datagram;

/// After that long an answer may be outdated.
const FRESH: Duration = Duration::from_secs(60);

/// A request or its answer may be lost, so there are some, so long apart.
const PAUSES: [Duration; 3] =
    [Duration::ZERO, Duration::from_millis(250), Duration::from_millis(750)];

/// So many servers are asked and remembered; one is enough.
const SERVERS_MAX: usize = 4;

/// Answers that are waited for: the servers' addresses of both versions, a few times over.
const ASKED_MAX: usize = 64;

/// Where a server is that is to be asked.
pub(crate) type Found = SocketAddr;

/// What servers said.
#[derive(Debug)]
pub(crate) struct Mirrors {
    found: mpsc::UnboundedSender<Found>,
    /// When a server was asked last, by its address.
    servers: HashMap<String, Instant>,
    asked: HashMap<TransactionId, SocketAddr>,
    /// What each server saw, and the address of this machine that it answered to.
    seen: HashMap<SocketAddr, (SocketAddr, SocketAddr)>,
}

impl Mirrors {
    /// Addresses of servers are looked up, and go to `found`.
    pub(crate) fn new(found: mpsc::UnboundedSender<Found>) -> Self {
        Self { found, servers: HashMap::new(), asked: HashMap::new(), seen: HashMap::new() }
    }

    /// Has those servers asked that were not asked lately.
    pub(crate) fn ask(&mut self, now: Instant, servers: &[IceServer]) {
        let urls = servers.iter().flat_map(|server| &server.urls);
        for place in urls.filter_map(|url| addresses::server(url, "stun:")) {
            let is_fresh = |at: &Instant| now.saturating_duration_since(*at) < FRESH;
            if self.servers.get(&place).is_some_and(is_fresh) {
                continue;
            }
            self.servers.retain(|_, at| is_fresh(at));
            if self.servers.len() >= SERVERS_MAX {
                return;
            }
            self.servers.insert(place.clone(), now);
            let found = self.found.clone();
            tokio::task::spawn_local(async move {
                // One that has no address is one candidate fewer.
                let Ok(all) = tokio::net::lookup_host(place).await else { return };
                let all: Vec<SocketAddr> = all.collect();
                let of = |v4: bool| all.iter().copied().find(move |at| at.is_ipv4() == v4);
                for pause in PAUSES {
                    tokio::time::sleep(pause).await;
                    for at in [of(true), of(false)].into_iter().flatten() {
                        // Nobody asks any more once the peer is gone.
                        let _ = found.send(at);
                    }
                }
            });
        }
    }

    /// The request to a server that was found.
    pub(crate) fn request(&mut self, server: SocketAddr) -> Option<Datagram> {
        let mut message = Message::new();
        let id = TransactionId(crate::identity::random().ok()?);
        message.build(&[Box::new(BINDING_REQUEST), Box::new(id)]).ok()?;
        if self.asked.len() >= ASKED_MAX {
            self.asked.clear();
        }
        self.asked.insert(id, server);
        // The system chooses the address that packets to there leave from.
        let any = match server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let bytes = BytesMut::from(&message.raw[..]);
        Some(Datagram { local: any, peer: server, bytes, is_relayed: false })
    }

    /// Whether a packet is the answer of a server. Gives what that saw, if it is news, and the
    /// address of this machine that it belongs to.
    pub(crate) fn answer(
        &mut self,
        datagram: &Datagram,
    ) -> Option<Option<(SocketAddr, SocketAddr)>> {
        let id = TransactionId(*datagram.bytes.get(8..20)?.first_chunk()?);
        if *self.asked.get(&id)? != datagram.peer {
            return None;
        }
        self.asked.remove(&id);
        let mut message = Message { raw: datagram.bytes.to_vec(), ..Message::default() };
        let mut mapped = XorMappedAddress::default();
        let is_read = message.decode().is_ok()
            && message.typ == BINDING_SUCCESS
            && mapped.get_from(&message).is_ok();
        let outer = SocketAddr::new(mapped.ip.to_canonical(), mapped.port);
        // A machine that is seen as it is needs no other candidate.
        if !is_read || outer == datagram.local {
            return Some(None);
        }
        let news = (outer, datagram.local);
        let is_known = self.seen.values().any(|known| *known == news);
        if self.seen.len() >= SERVERS_MAX * 2 {
            self.seen.clear();
        }
        self.seen.insert(datagram.peer, news);
        Some((!is_known).then_some(news))
    }

    /// The addresses that were seen, each with the one of this machine.
    pub(crate) fn seen(&self) -> Vec<(SocketAddr, SocketAddr)> {
        let mut seen: Vec<_> = self.seen.values().copied().collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use bytes::BytesMut;
    use rtc::stun::message::{BINDING_SUCCESS, Message, TransactionId};
    use rtc::stun::xoraddr::XorMappedAddress;
    use tokio::sync::mpsc::unbounded_channel;

    use super::Mirrors;
    use crate::udp::Datagram;

    #[test]
    fn an_answer_counts_once_and_from_whom_was_asked() {
        let mut mirrors = Mirrors::new(unbounded_channel().0);
        let server: SocketAddr = "192.0.2.1:3478".parse().unwrap();
        let (local, outer): (SocketAddr, SocketAddr) =
            ("10.0.0.1:5".parse().unwrap(), "203.0.113.9:7".parse().unwrap());
        let mut answer = |from: SocketAddr, told: SocketAddr| {
            let request = mirrors.request(server).unwrap();
            let id = TransactionId(*request.bytes[8..20].first_chunk().unwrap());
            let mapped = XorMappedAddress { ip: told.ip(), port: told.port() };
            let mut message = Message::new();
            message.build(&[Box::new(BINDING_SUCCESS), Box::new(id), Box::new(mapped)]).unwrap();
            let bytes = BytesMut::from(&message.raw[..]);
            mirrors.answer(&Datagram { local, peer: from, bytes, is_relayed: false })
        };
        assert_eq!(answer("192.0.2.2:3478".parse().unwrap(), outer), None);
        assert_eq!(answer(server, local), Some(None));
        assert_eq!(answer(server, outer), Some(Some((outer, local))));
        assert_eq!(answer(server, outer), Some(None));
        assert_eq!(mirrors.seen(), [(outer, local)]);
    }
}
