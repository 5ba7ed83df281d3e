//! What nodes want, and how it is carried out.

use std::time::Duration;

use lacis_core::{Input, LinkAction, LinkId, Output, StoreRequest};

use super::World;
use crate::checks::Glimpse;
use crate::happening::{Call, Happening};
use crate::ids::TabId;
use crate::rtc::ConnectionId;
use crate::saboteur::Outgoing;
use crate::signaling::SocketKey;

impl World {
    /// Carries out what a node wants, arms its timer, and lets its application react. What follows
    /// from a reaction is reacted to after it, not within.
    pub(super) fn drain(&mut self, id: TabId) {
        while let Some(output) = self.poll(id) {
            self.observe(id, &output);
            self.carry_out(id, output);
        }
        self.arm(id);
        self.glimpse(id);
        if !std::mem::replace(&mut self.is_reacting, true) {
            while let Some((tab, event)) = self.reactions.pop_front() {
                self.react(tab, event);
            }
            self.is_reacting = false;
        }
    }

    fn poll(&mut self, id: TabId) -> Option<Output> {
        self.tabs.get_mut(id.0)?.node.as_mut()?.poll_output()
    }

    fn observe(&mut self, id: TabId, output: &Output) {
        if self.trace {
            println!("{:>14?} tab {} -> {}", self.fabric.now, id.0, crate::checks::short(output));
        }
        self.fingerprint.add(self.fabric.now, id, output);
        let verdict = self.checks.output(&self.truth, id, output);
        self.judge(verdict);
        self.record(id, output);
    }

    fn carry_out(&mut self, id: TabId, output: Output) {
        let fabric = &mut self.fabric;
        match output {
            Output::Dial(socket, url) => {
                self.signaling.dial(fabric, SocketKey { tab: id, id: socket }, &url);
            }
            Output::Transmit(socket, bytes) => {
                self.signaling.transmit(fabric, SocketKey { tab: id, id: socket }, bytes);
            }
            Output::HangUp(socket) => {
                self.signaling.hang_up(fabric, SocketKey { tab: id, id: socket });
            }
            Output::Link(link, action) => {
                let action = self.sabotaged(id, link, action);
                let fabric = &mut self.fabric;
                if let Some(tab) = self.tabs.get_mut(id.0) {
                    tab.note_action(link, &action);
                }
                let told = self.rtc.act(fabric, ConnectionId { tab: id, link }, action);
                if let Some(input) = told
                    && let Some(tab) = self.tabs.get_mut(id.0)
                {
                    let now = tab.now(self.fabric.now);
                    self.events += 1;
                    if let Some(node) = &mut tab.node {
                        node.handle_input(now, Input::Link(link, input));
                    }
                }
                if let Some(fault) = self.rtc.faults.pop() {
                    self.judge(Err(fault));
                }
            }
            Output::Store(op, request) => {
                let delay = fabric.random.upto(Duration::from_millis(30));
                let mut at = fabric.now + delay;
                let is_change =
                    matches!(request, StoreRequest::Write(_) | StoreRequest::Erase { .. });
                if is_change && let Some(tab) = self.tabs.get_mut(id.0) {
                    // Changes are made in the order in which they were asked.
                    at = at.max(tab.stored_until);
                    tab.stored_until = at;
                }
                fabric.at(at, Happening::Call(id, Call::Store(op, request)));
            }
            Output::Event(event) => {
                if let Some(tab) = self.tabs.get_mut(id.0) {
                    tab.seen.note(&event);
                }
                self.reactions.push_back((id, event));
            }
        }
    }

    /// What a saboteur puts in the place of a message: all but the last are sent here.
    fn sabotaged(&mut self, tab: TabId, link: LinkId, action: LinkAction) -> LinkAction {
        let LinkAction::Send(channel, bytes) = action else { return action };
        let Some(saboteur) = self.saboteurs.get_mut(&tab) else {
            return LinkAction::Send(channel, bytes);
        };
        let mut sent = saboteur.change(Outgoing { link, channel, bytes: &bytes });
        let last = sent.pop().unwrap_or((channel, bytes));
        for (channel, bytes) in sent {
            let action = LinkAction::Send(channel, bytes);
            // How much its channel buffers is no concern of its own node.
            let _ = self.rtc.act(&mut self.fabric, ConnectionId { tab, link }, action);
        }
        LinkAction::Send(last.0, last.1)
    }

    /// Sets the tab's timer to when its node wants to be called.
    pub(super) fn arm(&mut self, id: TabId) {
        let Some(tab) = self.tabs.get_mut(id.0) else { return };
        let Some(node) = &mut tab.node else { return };
        let next = node.poll_timeout().map(|(at, _)| at);
        if next == tab.armed {
            return;
        }
        tab.armed = next;
        tab.timer += 1;
        if let Some(at) = next {
            let lag = self.fabric.random.millis(0, 4);
            let fires = tab.fires_at(at) + lag;
            self.fabric.at(fires, Happening::Call(id, Call::Timer(tab.timer)));
        }
    }

    fn glimpse(&mut self, id: TabId) {
        let Some(node) = self.tabs.get(id.0).and_then(|tab| tab.node.as_ref()) else { return };
        let glimpse = Glimpse {
            report: node.report(),
            connections: self.rtc.count(id),
            // What a saboteur adds is not its node's fault.
            buffered_max: if self.saboteurs.contains_key(&id) {
                0
            } else {
                self.rtc.buffered_max(id)
            },
        };
        let verdict = self.checks.glimpse(&self.truth, id, &glimpse);
        self.judge(verdict);
    }
}
