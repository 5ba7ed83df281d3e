//! Everything that one node holds on this machine: links, sockets, a store and what it has of a
//! port, and the loop that waits for all of them.

mod links;
mod platform;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lacis_core::{Event, Input, LinkId, Node, OpId, SocketId, StoreReply, Timestamp};
use lacis_driver::Driver;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::link::Link;
use crate::port::Port;
use crate::socket::{self, Socket};
use crate::store::Store;

/// What one node runs on. It belongs to one thread.
#[derive(Debug)]
pub(crate) struct Machine {
    driver: Driver,
    pub(crate) clock: Clock,
    /// Nothing where no connections can be made.
    pub(crate) port: Option<Port>,
    /// Addresses outside of this machine that lead to its port.
    outside: Vec<SocketAddr>,
    links: HashMap<LinkId, Link>,
    /// Links that have something to say.
    touched: VecDeque<LinkId>,
    /// When links want to be called, and when each of them does.
    due: BTreeSet<(Instant, LinkId)>,
    deadlines: HashMap<LinkId, Instant>,
    sockets: HashMap<SocketId, Socket>,
    to_hear: mpsc::Sender<socket::Told>,
    from_sockets: mpsc::Receiver<socket::Told>,
    /// Sockets that say goodbye.
    leaving: Vec<JoinHandle<()>>,
    pub(crate) store: Option<Store>,
    from_store: mpsc::UnboundedReceiver<(OpId, StoreReply)>,
    /// When the one timer fires.
    timer: Option<Instant>,
    events: VecDeque<Event>,
    #[cfg(test)]
    pub(crate) log: Vec<lacis_driver::conformance::Logged>,
}

/// Frames of servers that wait to be read: a server that sends more waits with them.
const FRAMES_WAITING: usize = 64;

/// What need not be done at once is done at such moments, which are the same for all peers of a
/// program.
const IDLE_TICK: Duration = Duration::from_millis(500);

/// Something happened that ends a wait.
#[derive(Debug)]
pub(crate) enum Woken {
    Port,
    Socket(socket::Told),
    Store(OpId, StoreReply),
    Time,
}

/// What a machine is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) clock: Clock,
    pub(crate) port: Option<Port>,
    /// Addresses outside of this machine that lead to its port.
    pub(crate) outside: Vec<SocketAddr>,
    pub(crate) store: Option<Store>,
    pub(crate) from_store: mpsc::UnboundedReceiver<(OpId, StoreReply)>,
}

impl Machine {
    pub(crate) fn new(node: Node, parts: Parts) -> Self {
        let (to_hear, from_sockets) = mpsc::channel(FRAMES_WAITING);
        Self {
            driver: Driver::new(node),
            clock: parts.clock,
            port: parts.port,
            outside: parts.outside,
            links: HashMap::new(),
            touched: VecDeque::new(),
            due: BTreeSet::new(),
            deadlines: HashMap::new(),
            sockets: HashMap::new(),
            to_hear,
            from_sockets,
            leaving: Vec::new(),
            store: parts.store,
            from_store: parts.from_store,
            timer: None,
            events: VecDeque::new(),
            #[cfg(test)]
            log: Vec::new(),
        }
    }

    /// Lets the node do something, then carries out what it wants.
    pub(crate) fn with<T>(&mut self, act: impl FnOnce(&mut Node, Timestamp) -> T) -> T {
        let result = Driver::with(self, act);
        self.settle();
        result
    }

    /// Looks at the node without changing it.
    pub(crate) const fn node(&self) -> &Node {
        self.driver.node()
    }

    /// What the application hears next.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Waits until something happens. What a wait that is given up would have seen, the next one
    /// sees.
    pub(crate) async fn wait(&mut self) -> Woken {
        let Self { port, from_sockets, from_store, store, .. } = self;
        let time = self.timer.into_iter().chain(self.due.first().map(|(at, _)| *at)).min();
        let ready = async {
            match port {
                Some(port) => port.ready().await,
                None => std::future::pending().await,
            }
        };
        let time = async {
            match time {
                Some(time) => tokio::time::sleep_until(time.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some((op, reply)) = from_store.recv(), if store.is_some() => Woken::Store(op, reply),
            Some(told) = from_sockets.recv() => Woken::Socket(told),
            () = ready => Woken::Port,
            () = time => Woken::Time,
        }
    }

    /// Goes on after a wait.
    pub(crate) fn wake(&mut self, woken: Woken) {
        match woken {
            Woken::Port => self.receive(),
            Woken::Socket((id, input)) => self.on_socket(id, input),
            Woken::Store(op, reply) => Driver::input(self, Input::Store(op, reply)),
            Woken::Time => self.on_time(),
        }
        self.settle();
    }

    fn on_socket(&mut self, id: SocketId, input: Input<'static>) {
        // Of one that was hung up nothing is told.
        if !self.sockets.contains_key(&id) {
            return;
        }
        if matches!(input, Input::SocketClosed(..)) {
            self.sockets.remove(&id);
        }
        Driver::input(self, input);
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        while let Some((at, id)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, id));
            self.deadlines.remove(&id);
            if let Some(link) = self.links.get_mut(&id) {
                link.on_time(now);
                self.touched.push_back(id);
            }
        }
        if self.timer.is_some_and(|timer| timer <= now) {
            self.timer = None;
            Driver::timeout(self);
        }
    }

    /// Waits until what was said last has left, for a moment at most.
    pub(crate) async fn finish(&mut self) {
        /// Longer than a link lingers, and than a socket says goodbye.
        const WITHIN: Duration = Duration::from_millis(1_500);
        let until = tokio::time::Instant::now() + WITHIN;
        while self.links.values().any(Link::is_lingering) {
            match tokio::time::timeout_at(until, self.wait()).await {
                Ok(woken) => self.wake(woken),
                Err(_) => break,
            }
        }
        for leaving in std::mem::take(&mut self.leaving) {
            let _ = tokio::time::timeout_at(until, leaving).await;
        }
    }

    /// Lets go of everything.
    pub(crate) async fn let_go(self) {
        let Self { port, store, .. } = self;
        if let Some(port) = port {
            port.close().await;
        }
        // It finishes what it was asked, which holds up nobody else on this thread.
        let _ = tokio::task::spawn_blocking(move || drop(store)).await;
    }
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod same_ports;
#[cfg(test)]
mod seen_outside;
