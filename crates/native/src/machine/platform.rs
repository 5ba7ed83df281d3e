//! A machine does what its node wants.

use std::ops::DerefMut;
use std::time::{Duration, Instant};

use lacis_core::{Event, LinkAction, LinkId, OpId, SocketId, StoreRequest, Timestamp};
use lacis_driver::{Driver, Platform};
use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;
use lacis_wire::{Code, Millis};

use super::{IDLE_TICK, Machine};
use crate::clock;
use crate::link::Link;
use crate::socket::Socket;

/// What is due after that may be a tick late.
const FAR: Duration = Duration::from_secs(2);

impl Platform for Machine {
    fn driver(&mut self) -> impl DerefMut<Target = Driver> {
        &mut self.driver
    }

    fn now(&mut self) -> Timestamp {
        self.clock.now()
    }

    fn wall(&mut self) -> Millis {
        self.clock.wall()
    }

    fn arm(&mut self, at: Timestamp) {
        let at = self.clock.instant(at);
        // Nobody waits for what is that far off, and all peers of a program wake at once for it.
        let is_far = at >= Instant::now() + FAR;
        self.timer = Some(if is_far { clock::next_tick(at, IDLE_TICK) } else { at });
    }

    fn dial(&mut self, id: SocketId, url: String) -> Result<(), Option<u16>> {
        let socket = Socket::dial(id, &url, self.to_hear.clone()).map_err(|()| None)?;
        self.sockets.insert(id, socket);
        Ok(())
    }

    fn transmit(&mut self, id: SocketId, bytes: Vec<u8>) {
        if let Some(socket) = self.sockets.get(&id) {
            socket.send(bytes);
        }
    }

    fn hang_up(&mut self, id: SocketId) {
        let Some(socket) = self.sockets.remove(&id) else { return };
        self.leaving.retain(|task| !task.is_finished());
        self.leaving.extend(socket.hang_up());
    }

    fn create(
        &mut self,
        id: LinkId,
        servers: Vec<IceServer>,
        relay_only: bool,
    ) -> Result<(), Code> {
        let Some(port) = &self.port else { return Err(Code::WebrtcBlocked) };
        let now = Instant::now();
        if !relay_only {
            port.ask(now, &servers);
        }
        let link = Link::create(now, servers, relay_only).map_err(|_| Code::WebrtcBlocked)?;
        self.links.insert(id, link);
        Ok(())
    }

    fn operate(&mut self, id: LinkId, action: LinkAction) {
        self.begin(id, action);
    }

    fn send(&mut self, id: LinkId, channel: Channel, bytes: Vec<u8>) -> Option<usize> {
        let link = self.links.get_mut(&id).filter(|link| !link.is_lingering())?;
        let buffered = link.send(Instant::now(), channel, &bytes);
        if self.touched.back() != Some(&id) {
            self.touched.push_back(id);
        }
        buffered
    }

    fn close(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.close(Instant::now());
            self.touched.push_back(id);
        }
    }

    fn store(&mut self, op: OpId, request: StoreRequest) -> Result<(), Code> {
        match &self.store {
            Some(store) if store.ask(op, request) => Ok(()),
            _ => Err(Code::StoreFailed),
        }
    }

    fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    #[cfg(test)]
    fn sees(&mut self, seen: lacis_driver::Seen<'_>) {
        self.log.push(seen.into());
    }
}
