//! The one UDP port of all peers of a thread. A task of the thread reads what comes, and each
//! machine finds what is for it.

mod shared;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use lacis_core::LinkId;
use lacis_wire::signal::IceServer;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, spawn_local};

use self::shared::{Shared, carry, find};
use crate::demux::{Sort, Whose};
use crate::mirror::Mirrors;
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
    /// A relay stands for a link.
    Relay(LinkId, SocketAddr),
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
    /// Wakes the task when something waits to be sent, or relays have less time.
    news: Rc<Notify>,
    /// Wakes whoever waits for the end of all relays.
    over: Rc<Notify>,
    task: JoinHandle<()>,
}

/// So long the end of all relays is waited for when a port closes.
const ENDING: Duration = Duration::from_millis(500);

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
        let shared = Rc::new(RefCell::new(Shared::new(udp, mirrors)));
        let (news, over) = (Rc::new(Notify::new()), Rc::new(Notify::new()));
        let wakes = (Rc::clone(&news), Rc::clone(&over));
        let task = spawn_local(carry(Rc::clone(&shared), wakes, found));
        Ok(Self::enter(Rc::new(Quay { shared, news, over, task })))
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

    /// A link wants relays on those servers; gives the ones that it can use now.
    pub(crate) fn want(
        &self,
        now: Instant,
        link: LinkId,
        servers: &[IceServer],
    ) -> Vec<SocketAddr> {
        let whose = self.whose(link);
        let mut shared = self.quay.shared.borrow_mut();
        shared.turn.want(now, whose, servers);
        while let Some(name) = shared.turn.poll_sought() {
            let (to, news) = (Rc::downgrade(&self.quay.shared), Rc::clone(&self.quay.news));
            spawn_local(find(to, news, name));
        }
        shared.turn.of(whose)
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
        match datagram.is_relayed {
            true => shared.turn.send(Instant::now(), datagram),
            false => shared.udp.send(datagram),
        }
    }

    /// Sends what is to be sent, now or as soon as the system takes it.
    pub(crate) fn flush(&self) {
        let mut shared = self.quay.shared.borrow_mut();
        shared.flush();
        if shared.udp.is_blocked() || shared.is_due_sooner() {
            self.quay.news.notify_one();
        }
    }

    /// A link is gone.
    pub(crate) fn forget(&self, link: LinkId) {
        self.quay.shared.borrow_mut().demux.forget(self.whose(link));
        self.let_go_of_relays(link);
    }

    /// A link wants no relay any more.
    pub(crate) fn let_go_of_relays(&self, link: LinkId) {
        let gone = self.whose(link);
        let mut shared = self.quay.shared.borrow_mut();
        shared.turn.leave(Instant::now(), |whose| *whose == gone);
        if shared.is_due_sooner() {
            self.quay.news.notify_one();
        }
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
            // A server that does not answer finds out by itself that nobody is there any more.
            let _ = tokio::time::timeout(ENDING, quay.end_relays()).await;
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

impl Quay {
    async fn end_relays(&self) {
        {
            let mut shared = self.shared.borrow_mut();
            shared.turn.end(Instant::now());
            shared.flush();
        }
        self.news.notify_one();
        while !self.shared.borrow().turn.is_over() {
            self.over.notified().await;
        }
    }
}

impl Drop for Quay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Inbox {
    fn put(&self, came: Came) {
        self.came.borrow_mut().push_back(came);
        self.news.notify_one();
    }
}
