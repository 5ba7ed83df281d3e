//! The queue of commands for other servers, between the hub and a backplane.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lacis_wire::signal::Undelivered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::hub::{Command, Event};
use crate::limits;

/// Where the hub puts its commands.
#[derive(Debug)]
pub(super) struct Outbox {
    sender: UnboundedSender<Option<Command>>,
    waiting: Arc<Waiting>,
}

/// Where a backplane takes them from.
#[derive(Debug)]
pub(super) struct Inbox {
    receiver: UnboundedReceiver<Option<Command>>,
    waiting: Arc<Waiting>,
}

/// What lies between both.
#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    /// Whether commands were dropped, so that the others have to be told everything anew.
    has_dropped: AtomicBool,
}

/// A queue of commands. Beyond one size it takes no payloads, beyond another nothing.
pub(super) fn queue() -> (Outbox, Inbox) {
    let (sender, receiver) = unbounded_channel();
    let waiting = Arc::<Waiting>::default();
    (Outbox { sender, waiting: Arc::clone(&waiting) }, Inbox { receiver, waiting })
}

impl Outbox {
    /// Takes a command, or gives what the hub is told because there is no room for it.
    pub(super) fn put(&self, command: Command) -> Option<Event> {
        let waiting = self.waiting.bytes.load(Ordering::Relaxed);
        if matches!(command, Command::Pass { .. }) && waiting > limits::CLUSTER_QUEUE_BYTES {
            return failure_of(command, Undelivered::Full);
        }
        if waiting > limits::CLUSTER_COMMANDS_BYTES {
            self.waiting.has_dropped.store(true, Ordering::Relaxed);
            return None;
        }
        self.waiting.bytes.fetch_add(cost_of(&command), Ordering::Relaxed);
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

    /// Whether commands were dropped since this was asked, because too many waited.
    pub(super) fn has_dropped(&self) -> bool {
        self.waiting.has_dropped.swap(false, Ordering::Relaxed)
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
        self.waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
        batch
    }
}

/// What the hub is told of a command that was not carried out, if anybody waits for it.
pub(super) fn failure_of(command: Command, reason: Undelivered) -> Option<Event> {
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
    let payload = match command {
        Command::Pass { payload, .. } => payload.len(),
        Command::Claim { .. }
        | Command::Release { .. }
        | Command::Announce { .. }
        | Command::Withdraw { .. }
        | Command::Contest { .. }
        | Command::Return { .. } => 0,
    };
    payload + size_of::<Command>()
}

#[cfg(test)]
mod tests {
    use super::{Command, Event, Undelivered, limits, queue};
    use crate::hub::{ConnId, Origin};
    use bytes::Bytes;
    use lacis_wire::NodeId;

    #[test]
    fn what_waits_is_bounded_and_a_loss_is_told() {
        let (outbox, mut inbox) = queue();
        let node = NodeId([1; 16]);
        let origin = Origin { conn: ConnId(1), seq: 2 };
        let pass = || Command::Pass {
            from: node,
            to: node,
            payload: Bytes::from(vec![0; 1 << 20]),
            origin: Some(origin),
        };
        let refused = (0..100).find_map(|_| outbox.put(pass()));
        let expected = Event::Returned { node, origin, reason: Undelivered::Full };
        assert_eq!(refused, Some(expected));
        // What is not a payload still goes, but not for ever.
        let most = limits::CLUSTER_COMMANDS_BYTES / size_of::<Command>();
        for _ in 0..most + 1_000 {
            assert_eq!(outbox.put(Command::Release { node }), None);
        }
        assert!(inbox.has_dropped() && !inbox.has_dropped());
        let (waiting, has_ended) = inbox.drain();
        assert!(waiting.len() <= most && !has_ended);
        assert_eq!(outbox.put(pass()), None);
        assert_eq!(outbox.put(Command::Release { node }), None);
        assert!(!inbox.has_dropped());
    }
}
