//! Servers of one process as one: for tests, and for whoever runs several inside a program.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc::unbounded_channel;

use super::Backplane;
use crate::hub::{Event, ServerId};
use crate::server::bus::Bus;
use crate::server::outbox::Inbox;
use crate::server::shared::Shared;

/// One server's place on a bus.
#[derive(Debug)]
pub(in crate::server) struct Memory(pub(in crate::server) Arc<Bus>);

impl Backplane for Memory {
    fn run(
        self: Box<Self>,
        me: ServerId,
        mut inbox: Inbox,
        hub: Arc<Shared>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (sender, mut events) = unbounded_channel();
        let bus = self.0;
        bus.lock().servers.insert(me, sender);
        let place = Place { bus, me };
        Box::pin(async move {
            hub.hear(&[Event::Linked]);
            loop {
                tokio::select! {
                    biased;
                    Some(event) = events.recv() => hub.hear(&[event]),
                    batch = inbox.next(64) => {
                        if batch.is_empty() {
                            break;
                        }
                        let mut state = place.bus.lock();
                        for command in batch {
                            state.carry_out(me, command);
                        }
                    }
                }
            }
        })
    }
}

/// A server that is on the bus, however it ends.
struct Place {
    bus: Arc<Bus>,
    me: ServerId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.bus.lock().remove(self.me);
    }
}
