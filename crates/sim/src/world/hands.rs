//! What the driver of a simulated tab works with.

use std::ops::DerefMut;
use std::time::Duration;

use lacis_core::{Event, LinkAction, LinkId, OpId, Output, SocketId, StoreRequest, Timestamp};
use lacis_driver::{Driver, Platform, Seen};
use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;
use lacis_wire::{Code, Millis};

use super::{World, wall_at};
use crate::happening::{Call, Happening};
use crate::ids::TabId;
use crate::rtc::ConnectionId;
use crate::saboteur::Outgoing;
use crate::signaling::SocketKey;

/// One tab of a world, as the platform of its driver.
#[derive(Debug)]
pub(super) struct Hands<'a> {
    pub(super) world: &'a mut World,
    pub(super) id: TabId,
}

impl Platform for Hands<'_> {
    fn driver(&mut self) -> impl DerefMut<Target = Driver> {
        let tab = self.world.tabs.get_mut(self.id.0);
        tab.and_then(|tab| tab.driver.as_mut()).expect("there are hands only for who is there")
    }

    fn now(&mut self) -> Timestamp {
        let now = self.world.fabric.now;
        self.world.tabs.get(self.id.0).map(|tab| tab.now(now)).unwrap_or_default()
    }

    fn wall(&mut self) -> Millis {
        let error = self.world.tabs.get(self.id.0).map_or(0, |tab| tab.wall_error);
        wall_at(self.world.fabric.now, error)
    }

    fn arm(&mut self, at: Timestamp) {
        self.world.set_timer(self.id, Some(at));
    }

    fn dial(&mut self, socket: SocketId, url: String) -> Result<(), Option<u16>> {
        let key = self.socket(socket);
        self.world.signaling.dial(&mut self.world.fabric, key, &url);
        Ok(())
    }

    fn transmit(&mut self, socket: SocketId, bytes: Vec<u8>) {
        let key = self.socket(socket);
        self.world.signaling.transmit(&mut self.world.fabric, key, bytes);
    }

    fn hang_up(&mut self, socket: SocketId) {
        let key = self.socket(socket);
        self.world.signaling.hang_up(&mut self.world.fabric, key);
    }

    fn create(
        &mut self,
        link: LinkId,
        ice_servers: Vec<IceServer>,
        relay_only: bool,
    ) -> Result<(), Code> {
        let id = self.connection(link);
        self.world.rtc.create(&mut self.world.fabric, id, &ice_servers, relay_only)
    }

    fn operate(&mut self, link: LinkId, action: LinkAction) {
        let id = self.connection(link);
        self.world.rtc.act(&mut self.world.fabric, id, action);
        self.judge_browser();
    }

    fn send(&mut self, link: LinkId, channel: Channel, bytes: Vec<u8>) -> Option<usize> {
        let Some((channel, bytes)) = self.sabotaged(link, channel, bytes) else {
            // Its node takes it for sent.
            return Some(0);
        };
        let id = self.connection(link);
        let sent = self.world.rtc.send(&mut self.world.fabric, id, channel, bytes);
        self.judge_browser();
        sent
    }

    fn close(&mut self, link: LinkId) {
        let id = self.connection(link);
        self.world.rtc.close(&mut self.world.fabric, id);
    }

    fn store(&mut self, op: OpId, request: StoreRequest) -> Result<(), Code> {
        let fabric = &mut self.world.fabric;
        let delay = fabric.random.upto(Duration::from_millis(30));
        let mut at = fabric.now + delay;
        let is_change = matches!(request, StoreRequest::Write(_) | StoreRequest::Erase { .. });
        if let Some(tab) = self.world.tabs.get_mut(self.id.0) {
            // Changes are made in the order in which they were asked, and are seen from then on.
            at = at.max(tab.stored_until);
            if is_change {
                tab.stored_until = at;
            }
        }
        fabric.at(at, Happening::Call(self.id, Call::Store(op, request)));
        Ok(())
    }

    fn tell(&mut self, event: Event) {
        if let Some(tab) = self.world.tabs.get_mut(self.id.0) {
            tab.seen.note(&event);
        }
        self.world.reactions.push_back((self.id, event));
    }

    fn sees(&mut self, seen: Seen<'_>) {
        #[cfg(test)]
        if let Some(log) = self.world.logs.get_mut(&self.id) {
            // Its checkers know nothing of what a scenario asks for.
            return log.push(seen.into());
        }
        match seen {
            Seen::Input(input) => {
                self.world.events += 1;
                self.world.trace(self.id, "<-", input);
            }
            Seen::Output(output) => self.observe(output),
            Seen::Timeout => self.world.events += 1,
        }
    }
}

impl Hands<'_> {
    const fn socket(&self, id: SocketId) -> SocketKey {
        SocketKey { tab: self.id, id }
    }

    const fn connection(&self, link: LinkId) -> ConnectionId {
        ConnectionId { tab: self.id, link }
    }

    fn observe(&mut self, output: &Output) {
        let world = &mut *self.world;
        world.trace(self.id, "->", output);
        world.fingerprint.add(world.fabric.now, self.id, output);
        let verdict = world.checks.output(&world.truth, self.id, output);
        world.judge(verdict);
        world.record(self.id, output);
        if let Output::Link(link, action) = output
            && let Some(tab) = world.tabs.get_mut(self.id.0)
        {
            tab.note_action(*link, action);
        }
    }

    /// What a saboteur puts in the place of a message, if anything: all but the last are sent here.
    fn sabotaged(
        &mut self,
        link: LinkId,
        channel: Channel,
        bytes: Vec<u8>,
    ) -> Option<(Channel, Vec<u8>)> {
        let id = self.connection(link);
        let Some(saboteur) = self.world.saboteurs.get_mut(&self.id) else {
            return Some((channel, bytes));
        };
        let mut sent = saboteur.change(Outgoing { link, channel, bytes: &bytes });
        let last = sent.pop();
        for (channel, bytes) in sent {
            // How much its channel buffers is no concern of its own node.
            let _ = self.world.rtc.send(&mut self.world.fabric, id, channel, bytes);
        }
        last
    }

    /// Nobody may ask for what a browser refuses.
    fn judge_browser(&mut self) {
        if let Some(fault) = self.world.rtc.faults.pop() {
            self.world.judge(Err(fault));
        }
    }
}
