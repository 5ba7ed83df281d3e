//! The hub behind its lock, and the queue of each connection.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use lacis_wire::signal::ByeReason;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use super::address::AddressKeys;
use super::admission::Admission;
use super::batch::{Batch, Received};
use super::config::Config;
use super::outbox::Outbox;
use super::sockets::Sockets;
use super::tls::Tls;
use super::turn::Turn;
use crate::hub::{AddressKey, ConnId, Event, Hub, Input, Output, Stats};
use crate::limits;

/// What all tasks of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) keys: AddressKeys,
    pub(super) sockets: Sockets,
    pub(super) admission: Admission,
    pub(super) tls: Option<Tls>,
    pub(super) turn: Option<Arc<Turn>>,
    /// Turns true when the server begins to end.
    ending: watch::Sender<bool>,
    /// The hub's clock.
    start: Instant,
    /// Wakes the alarm clock, because the hub wants to be called earlier than it said.
    earlier: Notify,
    inner: Mutex<Inner>,
    warned_of_proxy: AtomicBool,
}

#[derive(Debug)]
struct Inner {
    hub: Hub,
    /// Leads to other servers, if there are to be any.
    outbox: Option<Outbox>,
    queues: HashMap<ConnId, Queue>,
    next_conn: u64,
    /// What the alarm clock waits for.
    armed: Option<Duration>,
}

/// What waits for one connection. The hub bounds its size.
#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    ping: bool,
    close: Option<ByeReason>,
    /// Tells the connection's task that there is something.
    filled: Arc<Notify>,
}

/// A connection as the hub knows it. The hub forgets it when this is dropped.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) shared: Arc<Shared>,
    pub(super) conn: ConnId,
    pub(super) filled: Arc<Notify>,
}

impl Shared {
    pub(super) fn new(
        config: Config,
        seed: [u8; 32],
        admission: Admission,
        tls: Option<Tls>,
        turn: Option<Arc<Turn>>,
        outbox: Option<Outbox>,
    ) -> Self {
        let hub = Hub::new(config.hub.clone(), seed);
        Self {
            keys: AddressKeys::default(),
            sockets: Sockets::new(&config),
            admission,
            tls,
            turn,
            ending: watch::Sender::new(false),
            start: Instant::now(),
            earlier: Notify::new(),
            inner: Mutex::new(Inner {
                hub,
                outbox,
                queues: HashMap::new(),
                next_conn: 0,
                armed: None,
            }),
            warned_of_proxy: AtomicBool::new(false),
            config,
        }
    }

    pub(super) fn stats(&self) -> Stats {
        self.lock().hub.stats()
    }

    /// Ready when the server begins to end.
    pub(super) fn ending(&self) -> watch::Receiver<bool> {
        self.ending.subscribe()
    }

    pub(super) fn is_ending(&self) -> bool {
        *self.ending.borrow()
    }

    pub(super) fn shut_down(&self) {
        self.ending.send_replace(true);
        self.with_hub(|hub, now| hub.handle_input(now, Input::Shutdown));
    }

    /// Hands the hub what the other servers say.
    pub(super) fn hear(&self, events: &[Event]) {
        self.with_hub(|hub, now| {
            for event in events {
                hub.handle_input(now, Input::Event(event));
            }
        });
    }

    /// Ends what is said to other servers.
    pub(super) fn say_no_more(&self) {
        if let Some(outbox) = &self.lock().outbox {
            outbox.end();
        }
    }

    /// A proxy that is not trusted makes all clients count as one, which shows only under load.
    pub(super) fn warn_of_proxy(&self) {
        if !self.warned_of_proxy.swap(true, Ordering::Relaxed) {
            warn!("requests come through a proxy; without --trust-proxy all count as one address");
        }
    }

    /// Tells the hub of a new connection. A refusal, of the hub or from before, comes as its first
    /// batch.
    pub(super) fn attach(
        self: &Arc<Self>,
        (address, network): (AddressKey, Option<AddressKey>),
        refusal: Option<ByeReason>,
    ) -> Attached {
        let filled = Arc::new(Notify::new());
        let mut inner = self.lock();
        let conn = ConnId(inner.next_conn);
        inner.next_conn += 1;
        inner.queues.insert(conn, Queue { filled: Arc::clone(&filled), ..Queue::default() });
        drop(inner);
        let input = match refusal {
            Some(reason) => Input::Refused { conn, reason },
            None => Input::Opened { conn, address, network },
        };
        self.with_hub(|hub, now| hub.handle_input(now, input));
        Attached { shared: Arc::clone(self), conn, filled }
    }

    /// Feeds the hub, hands its outputs to the queues and sees to the alarm clock.
    fn with_hub(&self, feed: impl FnOnce(&mut Hub, Duration)) {
        self.feed(feed, |_| ());
    }

    /// The same, and takes something under the same lock.
    fn feed<T>(
        &self,
        feed: impl FnOnce(&mut Hub, Duration),
        take: impl FnOnce(&mut Inner) -> T,
    ) -> T {
        let now = self.start.elapsed();
        let mut inner = self.lock();
        inner.hub.handle_wall(now, wall());
        feed(&mut inner.hub, now);
        inner.hand_out(now);
        let next = inner.hub.poll_timeout();
        let is_earlier = next.is_some_and(|next| inner.armed.is_none_or(|armed| next < armed));
        if is_earlier {
            inner.armed = next;
            self.earlier.notify_one();
        }
        take(&mut inner)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Where a panic ends its task alone, as in a build for tests, the others go on.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the clock of the world shows, since 1970.
pub(super) fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Inner {
    fn hand_out(&mut self, now: Duration) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                Output::Send { conn, frame } => {
                    self.fill(conn, |queue| queue.frames.push_back(frame));
                }
                Output::Ping { conn } => self.fill(conn, |queue| queue.ping = true),
                Output::Close { conn, reason } => {
                    debug!(conn = conn.0, ?reason, "closing");
                    self.fill(conn, |queue| queue.close(reason));
                }
                Output::Tell(command) => {
                    let refused = self.outbox.as_ref().and_then(|outbox| outbox.put(command));
                    if let Some(event) = refused {
                        self.hub.handle_input(now, Input::Event(&event));
                    }
                }
            }
        }
    }

    /// Adds to what waits for a connection, and wakes its task if it may sleep.
    fn fill(&mut self, conn: ConnId, add: impl FnOnce(&mut Queue)) {
        let Some(queue) = self.queues.get_mut(&conn) else { return };
        let was_empty = queue.frames.is_empty() && !queue.ping;
        add(queue);
        if was_empty || queue.close.is_some() {
            queue.filled.notify_one();
        }
    }
}

impl Attached {
    /// Hands the hub what came in, tells it how many frames have left, and takes what waits: all
    /// under one lock, so that nothing can come between.
    pub(super) fn exchange(&self, received: Vec<Received>, written: usize) -> Batch {
        let conn = self.conn;
        let take =
            |inner: &mut Inner| inner.queues.get_mut(&conn).map(Queue::take).unwrap_or_default();
        if received.is_empty() && written == 0 {
            return take(&mut self.shared.lock());
        }
        let hear = |hub: &mut Hub, now| {
            if written > 0 {
                hub.handle_input(now, Input::Written { conn, frames: written });
            }
            for received in &received {
                let input = match received {
                    Received::Frame(bytes) => Input::Frame { conn, bytes },
                    Received::Malformed => Input::Malformed { conn },
                    Received::Alive => Input::Alive { conn },
                };
                hub.handle_input(now, input);
            }
        };
        self.shared.feed(hear, take)
    }

    /// Tells the hub that some of what was taken has left, though no frame of it whole: on a slow
    /// line that is all there is to see of a client that reads all the time.
    pub(super) fn progressed(&self) {
        let conn = self.conn;
        self.shared.with_hub(|hub, now| {
            hub.handle_input(now, Input::Written { conn, frames: 0 });
        });
    }

    /// Whether the hub wants the connection closed, ahead of what waits for it.
    pub(super) fn is_closing(&self) -> bool {
        self.shared.lock().queues.get(&self.conn).is_some_and(|queue| queue.close.is_some())
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let conn = self.conn;
        self.shared.with_hub(|hub, now| hub.handle_input(now, Input::Closed { conn }));
        self.shared.lock().queues.remove(&conn);
    }
}

impl Queue {
    fn close(&mut self, reason: ByeReason) {
        self.close = Some(reason);
        if reason == ByeReason::SlowReader {
            // It has not read these and will not read them now.
            self.frames.drain(..self.frames.len().saturating_sub(1));
        }
    }

    /// Takes frames up to a limit, so that progress shows on a line that is slow but not dead. The
    /// last frames are taken all at once, because progress is no longer asked for.
    fn take(&mut self) -> Batch {
        let mut batch = Batch { ping: mem::take(&mut self.ping), ..Batch::default() };
        let mut bytes = 0;
        while (bytes < limits::WRITE_BATCH_BYTES || self.close.is_some())
            && let Some(frame) = self.frames.pop_front()
        {
            bytes += frame.len();
            batch.frames.push(frame);
        }
        if self.frames.is_empty() {
            // The memory of a burst does not stay with an idle client.
            self.frames = VecDeque::new();
            batch.close = self.close;
        }
        batch
    }
}

/// Calls the hub when it wants to be called.
pub(super) async fn keep_time(shared: Arc<Shared>) {
    loop {
        let armed = {
            let mut inner = shared.lock();
            inner.armed = inner.hub.poll_timeout();
            inner.armed
        };
        let earlier = shared.earlier.notified();
        match armed.and_then(|at| shared.start.checked_add(at)) {
            Some(at) => {
                tokio::select! {
                    () = sleep_until(at) => shared.with_hub(|hub, now| hub.handle_timeout(now)),
                    () = earlier => {}
                }
            }
            None => earlier.await,
        }
    }
}
