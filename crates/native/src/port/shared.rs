//! What all machines at a port share, and the task that reads and sends for them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};
use tokio::task::yield_now;

use super::{Came, Inbox, Packet};
use crate::demux::{Demux, Sort};
use crate::mirror::{self, Mirrors};
use crate::turn::Turn;
use crate::udp::{Datagram, Udp};

/// So long the address of a TURN server is waited for.
const LOOKED_UP: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) udp: Udp,
    pub(super) demux: Demux,
    pub(super) mirrors: Mirrors,
    pub(super) turn: Turn,
    /// When the task that reads will look at the relays.
    armed: Option<Instant>,
    inboxes: BTreeMap<u32, Rc<Inbox>>,
    next: u32,
}

/// Reads and sends for all machines.
pub(super) async fn carry(
    shared: Rc<RefCell<Shared>>,
    (news, over): (Rc<Notify>, Rc<Notify>),
    mut found: mpsc::UnboundedReceiver<mirror::Found>,
) {
    loop {
        let (socket, interest) = shared.borrow().udp.to_wait_for();
        let due = shared.borrow_mut().arm();
        let time = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = socket.ready(interest) => {
                let is_all = shared.borrow_mut().exchange();
                if !is_all {
                    // Whoever something came for takes it before more is read.
                    yield_now().await;
                }
            }
            Some(server) = found.recv() => shared.borrow_mut().look_into(server),
            () = time => shared.borrow_mut().on_time(),
            () = news.notified() => {}
        }
        if shared.borrow().turn.is_over() {
            over.notify_one();
        }
    }
}

/// Finds the addresses of a TURN server, one of each version of IP at most.
pub(super) async fn find(shared: Weak<RefCell<Shared>>, news: Rc<Notify>, name: String) {
    let all = tokio::time::timeout(LOOKED_UP, tokio::net::lookup_host(&name)).await;
    // One that has no address is one candidate fewer.
    let all: Vec<SocketAddr> = all.into_iter().flatten().flatten().collect();
    // The port may be closed meanwhile.
    let Some(shared) = shared.upgrade() else { return };
    let shared = &mut *shared.borrow_mut();
    let reaches_v6 = shared.udp.bound().is_ipv6();
    let of = |v4: bool| all.iter().copied().find(move |at| at.is_ipv4() == v4);
    let servers: Vec<_> =
        [of(true), of(false).filter(|_| reaches_v6)].into_iter().flatten().collect();
    shared.turn.found(Instant::now(), &name, &servers);
    shared.flush();
    news.notify_one();
}

impl Shared {
    pub(super) fn new(udp: Udp, mirrors: Mirrors) -> Self {
        let (demux, turn, inboxes) = (Demux::default(), Turn::default(), BTreeMap::new());
        Self { udp, demux, mirrors, turn, armed: None, inboxes, next: 0 }
    }

    pub(super) fn enter(&mut self, inbox: Rc<Inbox>) -> u32 {
        let machine = self.next;
        self.next += 1;
        self.inboxes.insert(machine, inbox);
        machine
    }

    pub(super) fn leave(&mut self, machine: u32) {
        self.inboxes.remove(&machine);
        self.demux.forget_all(machine);
        self.turn.leave(Instant::now(), |whose| whose.machine == machine);
    }

    /// When relays want to be looked at; that it is looked then is remembered.
    fn arm(&mut self) -> Option<Instant> {
        self.armed = self.turn.deadline();
        self.armed
    }

    /// Whether relays are due before somebody looks.
    pub(super) fn is_due_sooner(&self) -> bool {
        !self.turn.is_over()
            && self.turn.deadline().is_some_and(|at| self.armed.is_none_or(|armed| at < armed))
    }

    fn on_time(&mut self) {
        self.turn.on_time(Instant::now());
        self.flush();
    }

    /// Sends what waits, and tells of relays that have come to stand.
    pub(super) fn flush(&mut self) {
        while let Some(datagram) = self.turn.poll_send() {
            self.udp.send(datagram);
        }
        self.udp.flush();
        while let Some((whose, at)) = self.turn.poll_news() {
            if let Some(inbox) = self.inboxes.get(&whose.machine) {
                inbox.put(Came::Relay(whose.link, at));
            }
        }
    }

    /// Says whether all that came has been read.
    fn exchange(&mut self) -> bool {
        self.udp.flush();
        let (came, is_all) = self.udp.receive();
        came.into_iter().for_each(|datagram| self.hand_out(datagram));
        self.flush();
        is_all
    }

    /// Asks a STUN server.
    fn look_into(&mut self, server: SocketAddr) {
        if let Some(request) = self.mirrors.request(server) {
            self.udp.send(request);
            self.udp.flush();
        }
    }

    /// Gives a packet to whomever it is for.
    fn hand_out(&mut self, datagram: Datagram) {
        let datagram = match self.turn.is_over() {
            true => Some(datagram),
            false => self.turn.receive(Instant::now(), datagram),
        };
        let Some(mut datagram) = datagram else { return };
        let way = (datagram.local, datagram.peer);
        let tagged = self.demux.tagged(way, &mut datagram.bytes);
        let Some(sort) = Sort::of(&datagram.bytes) else { return };
        if tagged.is_none()
            && sort == Sort::Stun
            && !datagram.is_relayed
            && let Some(news) = self.mirrors.answer(&datagram)
        {
            if let Some((at, base)) = news {
                self.inboxes.values().for_each(|inbox| inbox.put(Came::Seen(at, base)));
            }
            return;
        }
        let all = match tagged {
            Some(whose) => vec![whose],
            None => self.demux.find(way, &datagram.bytes),
        };
        let is_doubtful = all.len() > 1;
        let Some((last, others)) = all.split_last() else { return };
        for whose in others {
            let bytes = datagram.bytes.clone();
            let copy = Datagram { bytes, ..datagram };
            let link = whose.link;
            self.put(whose.machine, Packet { link, sort, is_doubtful, datagram: copy });
        }
        self.put(last.machine, Packet { link: last.link, sort, is_doubtful, datagram });
    }

    fn put(&self, machine: u32, packet: Packet) {
        if let Some(inbox) = self.inboxes.get(&machine) {
            inbox.put(Came::Packet(packet));
        }
    }
}
