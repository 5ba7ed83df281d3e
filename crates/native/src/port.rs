//! The one UDP port of all peers of a thread. A task of the thread reads what comes, and each
//! machine finds what is for it.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::Instant;

use lacis_core::LinkId;
use lacis_wire::signal::IceServer;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, spawn_local, yield_now};

use crate::demux::{Demux, Sort, Whose};
use crate::mirror::{self, Mirrors};
use crate::udp::{Datagram, Udp};

/// What one machine has of the port.
pub(crate) struct Port {
    quay: Rc<Quay>,
    machine: u32,
    inbox: Rc<Inbox>,
}

/// A port that somebody may still have.
#[derive(Clone, Debug, Default)]
pub(crate) struct WeakPort(Weak<Quay>);

/// What came for a machine.
#[derive(Debug)]
pub(crate) enum Came {
    Packet(Packet),
    /// A STUN server sees the port at the first address; the second is that of this machine.
    Seen(SocketAddr, SocketAddr),
}

/// A packet for a link.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) link: LinkId,
    pub(crate) sort: Sort,
    /// Whether it may be for another link, which has been given it as well.
    pub(crate) is_doubtful: bool,
    pub(crate) datagram: Datagram,
}

/// The socket, the task that reads it, and who is there.
#[derive(Debug)]
struct Quay {
    shared: Rc<RefCell<Shared>>,
    /// Wakes the task when something waits to be sent.
    blocked: Rc<Notify>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    udp: Udp,
    demux: Demux,
    mirrors: Mirrors,
    inboxes: BTreeMap<u32, Rc<Inbox>>,
    next: u32,
}

/// What came for a machine and was not taken. It is bounded by what one read gives: machines take
/// all that is theirs before the next.
#[derive(Debug, Default)]
struct Inbox {
    came: RefCell<VecDeque<Came>>,
    news: Notify,
}

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Port").field("machine", &self.machine).finish_non_exhaustive()
    }
}

impl Port {
    /// Binds a port, as [`Udp::bind`] does. It belongs to tasks of one thread.
    pub(crate) fn bind(at: Option<SocketAddr>, loopback: bool) -> io::Result<Self> {
        let udp = Udp::bind(at, loopback)?;
        let (to_find, found) = mpsc::unbounded_channel();
        let mirrors = Mirrors::new(to_find);
        let (demux, inboxes) = (Demux::default(), BTreeMap::new());
        let shared = Shared { udp, demux, mirrors, inboxes, next: 0 };
        let shared = Rc::new(RefCell::new(shared));
        let blocked = Rc::new(Notify::new());
        let task = spawn_local(carry(Rc::clone(&shared), Rc::clone(&blocked), found));
        Ok(Self::enter(Rc::new(Quay { shared, blocked, task })))
    }

    /// The same port, for other machines while this one has it.
    pub(crate) fn downgrade(&self) -> WeakPort {
        WeakPort(Rc::downgrade(&self.quay))
    }

    fn enter(quay: Rc<Quay>) -> Self {
        let inbox = Rc::new(Inbox::default());
        let machine = quay.shared.borrow_mut().enter(Rc::clone(&inbox));
        Self { quay, machine, inbox }
    }

    /// Where it is bound.
    pub(crate) fn bound(&self) -> SocketAddr {
        self.quay.shared.borrow().udp.bound()
    }

    /// Looks which addresses the machine has now: it may have moved.
    pub(crate) fn look_around(&self) -> io::Result<()> {
        self.quay.shared.borrow_mut().udp.look_around()
    }

    /// Under which addresses of this machine it can be reached.
    pub(crate) fn hosts(&self) -> Vec<SocketAddr> {
        self.quay.shared.borrow().udp.hosts().collect()
    }

    /// Has those STUN servers asked that were not asked lately.
    pub(crate) fn ask(&self, now: Instant, servers: &[IceServer]) {
        self.quay.shared.borrow_mut().mirrors.ask(now, servers);
    }

    /// The addresses that STUN servers saw, each with the one of this machine.
    pub(crate) fn seen(&self) -> Vec<(SocketAddr, SocketAddr)> {
        self.quay.shared.borrow().mirrors.seen()
    }

    /// From now on a link is found by that user fragment.
    pub(crate) fn name(&self, link: LinkId, fragment: &str) {
        self.quay.shared.borrow_mut().demux.name(self.whose(link), fragment);
    }

    /// Has a packet of a link sent by the next [`Port::flush`].
    pub(crate) fn send(&self, link: LinkId, datagram: Datagram) {
        let mut shared = self.quay.shared.borrow_mut();
        let way = (datagram.local, datagram.peer);
        shared.demux.sent(self.whose(link), way, &datagram.bytes);
        shared.udp.send(datagram);
    }

    /// Sends what is to be sent, now or as soon as the system takes it.
    pub(crate) fn flush(&self) {
        let mut shared = self.quay.shared.borrow_mut();
        shared.udp.flush();
        if shared.udp.is_blocked() {
            self.quay.blocked.notify_one();
        }
    }

    /// A link is gone.
    pub(crate) fn forget(&self, link: LinkId) {
        self.quay.shared.borrow_mut().demux.forget(self.whose(link));
    }

    /// Waits until something has come.
    pub(crate) async fn ready(&self) {
        while self.inbox.came.borrow().is_empty() {
            self.inbox.news.notified().await;
        }
    }

    /// Takes what came next.
    pub(crate) fn take(&self) -> Option<Came> {
        self.inbox.came.borrow_mut().pop_front()
    }

    /// Lets go of it; comes back when it is free for others, if this was the last machine.
    pub(crate) async fn close(self) {
        let quay = Rc::clone(&self.quay);
        drop(self);
        if let Ok(mut quay) = Rc::try_unwrap(quay) {
            quay.task.abort();
            // It was called off, which is what its end says.
            let _ = (&mut quay.task).await;
        }
    }

    const fn whose(&self, link: LinkId) -> Whose {
        Whose { machine: self.machine, link }
    }
}

impl WeakPort {
    /// The port for one more machine, if it is still there.
    pub(crate) fn port(&self) -> Option<Port> {
        self.0.upgrade().map(Port::enter)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.quay.shared.borrow_mut().leave(self.machine);
    }
}

impl Drop for Quay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads and sends for all machines.
async fn carry(
    shared: Rc<RefCell<Shared>>,
    blocked: Rc<Notify>,
    mut found: mpsc::UnboundedReceiver<mirror::Found>,
) {
    loop {
        let (socket, interest) = shared.borrow().udp.to_wait_for();
        tokio::select! {
            _ = socket.ready(interest) => {
                let is_all = shared.borrow_mut().exchange();
                if !is_all {
                    // Whoever something came for takes it before more is read.
                    yield_now().await;
                }
            }
            Some(server) = found.recv() => shared.borrow_mut().look_into(server),
            () = blocked.notified() => {}
        }
    }
}

impl Shared {
    fn enter(&mut self, inbox: Rc<Inbox>) -> u32 {
        let machine = self.next;
        self.next += 1;
        self.inboxes.insert(machine, inbox);
        machine
    }

    fn leave(&mut self, machine: u32) {
        self.inboxes.remove(&machine);
        self.demux.forget_all(machine);
    }

    /// Says whether all that came has been read.
    fn exchange(&mut self) -> bool {
        self.udp.flush();
        let (came, is_all) = self.udp.receive();
        came.into_iter().for_each(|datagram| self.hand_out(datagram));
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
    fn hand_out(&mut self, mut datagram: Datagram) {
        let way = (datagram.local, datagram.peer);
        let tagged = self.demux.tagged(way, &mut datagram.bytes);
        let Some(sort) = Sort::of(&datagram.bytes) else { return };
        if tagged.is_none()
            && sort == Sort::Stun
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
            let Datagram { local, peer, ref bytes } = datagram;
            let copy = Datagram { local, peer, bytes: bytes.clone() };
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

impl Inbox {
    fn put(&self, came: Came) {
        self.came.borrow_mut().push_back(came);
        self.news.notify_one();
    }
}
