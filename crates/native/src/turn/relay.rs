//! One relay on a TURN server, from the first question to its end.
//!
//! ```text
//! Sought -> Asking -> Stands -> Ending -> Over
//!             |  ^      |          |
//!             v  '------'<---------'    it is lost, or wanted again
//!          Refused                      until somebody wants it a while later
//! ```
//!
//! That something was done, or refused for good, counts only if the server has signed it.

mod answers;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};

use super::message::{self, Access, Answer, Credentials, Said, Wish};
use super::peers::Peers;
use super::requests::Requests;
use crate::udp::Datagram;

/// The other address of a server is tried that much later, if the first one does not answer.
const SECOND: Duration = Duration::from_millis(250);

/// For that long nobody asks again for a relay that was not to be had.
const REFUSED: Duration = Duration::from_secs(30);

/// A relay is renewed that long before its end, as a rule.
const AHEAD: Duration = Duration::from_secs(60);

/// After that long it is tried again to renew it.
const AGAIN: Duration = Duration::from_secs(15);

/// After such a silence something is sent, so that routers on the way remember it.
const SILENCE: Duration = Duration::from_secs(25);

/// Of a server that was heard of within that time nobody has to find out if it still knows us.
const HEARD_LATELY: Duration = Duration::from_secs(10);

/// One relay.
#[derive(Debug)]
pub(super) struct Relay {
    /// The newest ones; a relay goes on with those that it was made with.
    credentials: Credentials,
    stage: Stage,
    /// Which of its addresses the server answered from first.
    server: Option<SocketAddr>,
    access: Option<Access>,
    requests: Requests,
    peers: Peers,
    /// When the server last did what was asked.
    heard: Instant,
    /// When something was last sent to it.
    sent: Instant,
    /// What is to be sent.
    out: Vec<Datagram>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Where its server is has to be found out.
    Sought,
    Asking(Tried),
    Stands {
        at: SocketAddr,
        since: Instant,
        until: Instant,
        renews: Instant,
    },
    /// Then another one is asked for, if there is something that was tried.
    Ending(Option<Tried>),
    Refused(Instant),
    Over,
}

/// What was tried already to get a relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tried {
    /// To ask for an address of the other version of IP.
    other_version: bool,
    /// To end what was left of an earlier relay.
    ending: bool,
}

impl Relay {
    pub(super) fn new(now: Instant, credentials: Credentials) -> Self {
        Self {
            credentials,
            stage: Stage::Sought,
            server: None,
            access: None,
            requests: Requests::default(),
            peers: Peers::new(),
            heard: now,
            sent: now,
            out: Vec::new(),
        }
    }

    /// Where it is reached, while it stands.
    pub(super) const fn at(&self) -> Option<SocketAddr> {
        match self.stage {
            Stage::Stands { at, .. } => Some(at),
            _ => None,
        }
    }

    /// Whether packets from there may be of its server.
    pub(super) fn is_server(&self, from: SocketAddr) -> bool {
        self.server == Some(from) || self.requests.is_to(from)
    }

    /// Whether nothing of it is worth to be remembered: one that was refused is, for a while.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match self.stage {
            Stage::Over => true,
            Stage::Refused(until) => now >= until,
            _ => false,
        }
    }

    pub(super) const fn is_refused(&self) -> bool {
        matches!(self.stage, Stage::Refused(_))
    }

    /// Whether there is something to be ended.
    pub(super) const fn goes_on(&self) -> bool {
        !matches!(self.stage, Stage::Ending(None) | Stage::Over | Stage::Refused(_))
    }

    /// Somebody wants it, and names the newest credentials. Says whether its server has to be
    /// looked up.
    pub(super) fn want(&mut self, now: Instant, credentials: Credentials) -> bool {
        let is_new = self.credentials != credentials;
        self.credentials = credentials;
        match self.stage {
            Stage::Refused(until) if is_new || now >= until => self.begin(),
            Stage::Over => self.begin(),
            Stage::Ending(None) => {
                self.stage = Stage::Ending(Some(Tried::default()));
                false
            }
            // The server may have started anew, or this machine has moved.
            Stage::Stands { .. } if now >= self.heard + HEARD_LATELY => {
                self.renew(now);
                false
            }
            _ => false,
        }
    }

    fn begin(&mut self) -> bool {
        self.clear();
        self.stage = Stage::Sought;
        true
    }

    fn clear(&mut self) {
        self.requests = Requests::default();
        self.peers = Peers::new();
        self.server = None;
        self.access = None;
    }

    /// Its server has those addresses.
    pub(super) fn found(&mut self, now: Instant, servers: &[SocketAddr]) {
        if self.stage != Stage::Sought {
            return;
        }
        if servers.is_empty() {
            self.stage = Stage::Refused(now + REFUSED);
            return;
        }
        self.stage = Stage::Asking(Tried::default());
        for (server, wait) in servers.iter().zip([Duration::ZERO, SECOND]) {
            let wish = Wish::Relay { v6: server.is_ipv6() };
            self.requests.ask(now + wait, wish, *server, None, 0);
        }
        self.send_requests(now);
    }

    /// Nobody wants it any more.
    pub(super) fn end(&mut self, now: Instant) {
        match self.stage {
            Stage::Stands { .. } => self.ask_end(now, None),
            // The server may have made it already.
            Stage::Asking(_) if self.access.is_some() => self.ask_end(now, None),
            Stage::Ending(_) => self.stage = Stage::Ending(None),
            Stage::Sought | Stage::Asking(_) | Stage::Refused(_) | Stage::Over => {
                self.clear();
                self.stage = Stage::Over;
            }
        }
    }

    fn ask_end(&mut self, now: Instant, then: Option<Tried>) {
        self.stage = Stage::Ending(then);
        self.requests = Requests::default();
        self.peers = Peers::new();
        self.ask(now, Wish::End, 0);
    }

    fn renew(&mut self, now: Instant) {
        if !self.requests.asks(|wish| wish == Wish::Life) {
            self.ask(now, Wish::Life, 0);
        }
        if let Stage::Stands { renews, .. } = &mut self.stage {
            *renews = now + AGAIN;
        }
    }

    /// Asks the server that has answered.
    fn ask(&mut self, now: Instant, wish: Wish, round: u8) {
        let Some(server) = self.server else { return };
        self.requests.ask(now, wish, server, self.access.as_ref(), round);
        self.send_requests(now);
    }

    fn send_requests(&mut self, now: Instant) {
        while let Some(polled) = self.requests.poll(now) {
            match polled {
                Ok((to, bytes)) => self.put(now, to, bytes),
                Err(given_up) => self.unanswered(now, given_up.wish),
            }
        }
    }

    fn put(&mut self, now: Instant, server: SocketAddr, bytes: BytesMut) {
        // The system chooses the address that packets to there leave from.
        let local = match server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        self.sent = now;
        self.out.push(Datagram { local, peer: server, bytes, is_relayed: false });
    }

    /// What is to be sent.
    pub(super) fn take_out(&mut self) -> Vec<Datagram> {
        std::mem::take(&mut self.out)
    }

    /// Sends a packet to a peer, or keeps it until that may be talked with.
    pub(super) fn send(&mut self, now: Instant, peer: SocketAddr, bytes: BytesMut) {
        let (Stage::Stands { at, .. }, Some(server)) = (self.stage, self.server) else { return };
        if at.is_ipv4() != peer.is_ipv4() {
            return;
        }
        if let Some(bytes) = self.peers.wrap(now, peer, bytes) {
            self.put(now, server, bytes);
        }
        while let Some(wish) = self.peers.poll_wish() {
            self.ask(now, wish, 0);
        }
    }

    /// Takes what its server sent; gives it back if it is about something else, or as what a peer
    /// sent.
    pub(super) fn receive(&mut self, now: Instant, mut datagram: Datagram) -> Option<Datagram> {
        if let Some((number, length)) = message::channel_of(&datagram.bytes) {
            let local = self.at()?;
            let peer = self.peers.peer_of(number)?;
            datagram.bytes.advance(4);
            datagram.bytes.truncate(length);
            return Some(Datagram { local, peer, is_relayed: true, ..datagram });
        }
        match message::read(&datagram.bytes) {
            Some(Said::Data(peer, bytes)) => {
                let local = self.at()?;
                let is_permitted = self.peers.is_permitted(now, peer.ip());
                is_permitted.then_some(Datagram { local, peer, bytes, is_relayed: true })
            }
            Some(Said::Answer(answer)) if self.awaits(&answer, datagram.peer) => {
                self.on_answer(now, answer, datagram.peer);
                None
            }
            _ => Some(datagram),
        }
    }

    fn awaits(&self, answer: &Answer, from: SocketAddr) -> bool {
        self.requests.find(answer.id(), from).is_some()
    }

    /// When it wants [`Relay::on_time`].
    pub(super) fn deadline(&self) -> Option<Instant> {
        let stands = match self.stage {
            Stage::Stands { until, renews, .. } => Some(renews.min(until).min(self.sent + SILENCE)),
            _ => None,
        };
        stands.into_iter().chain(self.requests.deadline()).min()
    }

    /// Its time has come.
    pub(super) fn on_time(&mut self, now: Instant) {
        self.send_requests(now);
        let Stage::Stands { until, renews, .. } = self.stage else { return };
        if now >= until {
            self.lost(now);
            return;
        }
        if now >= renews {
            self.renew(now);
        }
        if now >= self.sent + SILENCE {
            self.sent = now;
            if let (Some(bytes), Some(server)) = (message::sign_of_life(), self.server) {
                self.put(now, server, bytes);
            }
        }
    }

    /// The server does not know it any more. One that forgets at once is not asked again soon.
    fn lost(&mut self, now: Instant) {
        let is_young = matches!(self.stage, Stage::Stands { since, .. } if now < since + REFUSED);
        self.requests = Requests::default();
        self.peers = Peers::new();
        match self.server {
            Some(_) if !is_young => self.ask_anew(now, Tried::default()),
            _ => self.stage = Stage::Refused(now + REFUSED),
        }
    }

    /// Asks the same server for another relay.
    fn ask_anew(&mut self, now: Instant, tried: Tried) {
        let Some(server) = self.server else { return };
        self.stage = Stage::Asking(tried);
        // With the newest credentials, which are signed with once the server asks for that.
        self.access = None;
        self.ask(now, Wish::Relay { v6: server.is_ipv6() != tried.other_version }, 0);
    }
}
