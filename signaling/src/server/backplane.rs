//! What links servers so that they act as one: the trait, and the queue of commands before it.
//!
//! The hub decides what is said ([`Command`]) and what follows from what is heard ([`Event`]). A
//! backplane carries both, tells when it is there and when it is not, and never holds the hub up.

mod memory;
mod message;
mod redis;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lacis_wire::signal::Undelivered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::memory::Memory;
use self::redis::Redis;
use super::config::RunError;
use super::shared::Shared;
use crate::hub::{Command, Event, ServerId};
use crate::limits;

pub use self::memory::Bus;

/// Which servers a server acts as one with. Without any, its memory knows all there is to know.
#[derive(Clone, Debug)]
pub enum BackplaneOptions {
    /// Those in the same process that share the bus.
    Memory(Arc<Bus>),
    /// Those that share a Redis or Valkey, by its address: `redis://[[USER]:PASSWORD@]HOST[:PORT]`.
    Redis(String),
}

/// What the options name.
pub(super) fn open(options: &BackplaneOptions) -> Result<Box<dyn Backplane>, RunError> {
    match options {
        BackplaneOptions::Memory(bus) => Ok(Box::new(Memory(Arc::clone(bus)))),
        BackplaneOptions::Redis(address) => match Redis::new(address) {
            Ok(redis) => Ok(Box::new(redis)),
            Err(error) => Err(RunError::Backplane(error.to_string().into())),
        },
    }
}

/// Carries commands to other servers, and brings what they say.
pub(super) trait Backplane: fmt::Debug + Send {
    /// Does so until the inbox has ended and all before its end is done.
    fn run(
        self: Box<Self>,
        me: ServerId,
        inbox: Inbox,
        hub: Arc<Shared>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Where the hub puts its commands.
#[derive(Debug)]
pub(super) struct Outbox {
    sender: UnboundedSender<Option<Command>>,
    waiting: Arc<AtomicUsize>,
}

/// Where a backplane takes them from.
#[derive(Debug)]
pub(super) struct Inbox {
    receiver: UnboundedReceiver<Option<Command>>,
    waiting: Arc<AtomicUsize>,
}

/// A queue of commands. Its length is bounded by the clients and their topics, and by the bytes of
/// payloads.
pub(super) fn queue() -> (Outbox, Inbox) {
    let (sender, receiver) = unbounded_channel();
    let waiting = Arc::<AtomicUsize>::default();
    (Outbox { sender, waiting: Arc::clone(&waiting) }, Inbox { receiver, waiting })
}

impl Outbox {
    /// Takes a command, or gives what the hub is told because there is no room for it.
    pub(super) fn put(&self, command: Command) -> Option<Event> {
        let cost = cost_of(&command);
        if cost > 0 && self.waiting.load(Ordering::Relaxed) > limits::CLUSTER_QUEUE_BYTES {
            return failure_of(command, Undelivered::Full);
        }
        self.waiting.fetch_add(cost, Ordering::Relaxed);
        let Err(refused) = self.sender.send(Some(command)) else { return None };
        failure_of(refused.0?, Undelivered::Unknown)
    }

    /// Nothing comes after this.
    pub(super) fn end(&self) {
        // Whoever would have taken it may have ended by itself.
        let _ = self.sender.send(None);
    }
}

impl Inbox {
    /// The next commands in their order; none at the end.
    pub(super) async fn next(&mut self, most: usize) -> Vec<Command> {
        let mut batch = Vec::new();
        self.receiver.recv_many(&mut batch, most).await;
        self.taken(batch)
    }

    /// All that wait, and whether the end was among them.
    pub(super) fn drain(&mut self) -> (Vec<Command>, bool) {
        let mut batch = Vec::new();
        while let Ok(next) = self.receiver.try_recv() {
            batch.push(next);
        }
        let has_ended = batch.iter().any(Option::is_none);
        (self.taken(batch), has_ended)
    }

    fn taken(&mut self, batch: Vec<Option<Command>>) -> Vec<Command> {
        if batch.iter().any(Option::is_none) {
            // The next call finds nothing any more, and so the end.
            self.receiver.close();
        }
        let batch: Vec<Command> = batch.into_iter().flatten().collect();
        let bytes = batch.iter().map(cost_of).sum();
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        batch
    }
}

/// What the hub is told of a command that was not carried out, if anybody waits for it.
fn failure_of(command: Command, reason: Undelivered) -> Option<Event> {
    match command {
        Command::Pass { to, origin, .. } => {
            Some(Event::Returned { node: to, origin: origin?, reason })
        }
        // The hub does not wait for ever for samples, and says all else again at the next link.
        Command::Claim { .. }
        | Command::Release { .. }
        | Command::Announce { .. }
        | Command::Withdraw { .. }
        | Command::Contest { .. }
        | Command::Return { .. } => None,
    }
}

fn cost_of(command: &Command) -> usize {
    match command {
        Command::Pass { payload, .. } => payload.len() + limits::QUEUE_FRAME_BYTES,
        Command::Claim { .. }
        | Command::Release { .. }
        | Command::Announce { .. }
        | Command::Withdraw { .. }
        | Command::Contest { .. }
        | Command::Return { .. } => 0,
    }
}
