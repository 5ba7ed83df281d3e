//! What servers of one process tell each other by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lacis_wire::signal::Undelivered;
use lacis_wire::{NodeId, Topic};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use crate::hub::{Command, Event, ServerId};

/// What servers of one process share.
#[derive(Debug, Default)]
pub struct Bus(Mutex<State>);

/// Who is there, and what of them is known.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) servers: BTreeMap<ServerId, UnboundedSender<Event>>,
    mailboxes: BTreeMap<NodeId, BTreeSet<ServerId>>,
    topics: BTreeMap<Topic, BTreeMap<(NodeId, ServerId), Instant>>,
}

impl Bus {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn carry_out(&mut self, me: ServerId, command: Command) {
        match command {
            Command::Claim { node, proof } => {
                self.tell_others(me, node, &Event::Claimed { node, proof, by: me });
                self.mailboxes.entry(node).or_default().insert(me);
            }
            Command::Release { node } => {
                if let Some(servers) = self.mailboxes.get_mut(&node) {
                    servers.remove(&me);
                    if servers.is_empty() {
                        self.mailboxes.remove(&node);
                    }
                }
            }
            Command::Announce { topic, node, ttl, sample } => {
                let members = self.topics.entry(topic).or_default();
                let now = Instant::now();
                members.retain(|_, ends| *ends > now);
                members.insert((node, me), now + ttl.max(Duration::from_millis(1)));
                if let Some((lookup, most)) = sample {
                    // Everybody's turn comes: each question starts elsewhere.
                    let first = usize::try_from(lookup.0).unwrap_or(0) % members.len();
                    let some = members.keys().cycle().skip(first).take(most.min(members.len()));
                    let nodes = some.map(|&(node, _)| node).collect();
                    self.tell(me, Event::Found { lookup, nodes });
                }
            }
            Command::Withdraw { topic, node } => {
                if let Some(members) = self.topics.get_mut(&topic) {
                    members.remove(&(node, me));
                    if members.is_empty() {
                        self.topics.remove(&topic);
                    }
                }
            }
            Command::Pass { from, to, payload, origin } => {
                let event = Event::Passed { from, to, payload, by: me, origin };
                if self.tell_others(me, to, &event) == 0
                    && let Some(origin) = origin
                {
                    let reason = Undelivered::Unknown;
                    self.tell(me, Event::Returned { node: to, origin, reason });
                }
            }
            Command::Contest { to, node, proof } => {
                self.tell(to, Event::Contested { node, proof });
            }
            Command::Return { to, node, origin, reason } => {
                self.tell(to, Event::Returned { node, origin, reason });
            }
        }
    }

    fn tell(&self, server: ServerId, event: Event) {
        if let Some(sender) = self.servers.get(&server) {
            // One that is about to end needs to hear nothing more.
            let _ = sender.send(event);
        }
    }

    /// Tells those that have a mailbox, and gives their number.
    fn tell_others(&self, me: ServerId, node: NodeId, event: &Event) -> usize {
        let all = self.mailboxes.get(&node).into_iter().flatten();
        let others = all.filter(|&&server| server != me);
        others.map(|&server| self.tell(server, event.clone())).count()
    }

    pub(super) fn remove(&mut self, me: ServerId) {
        self.servers.remove(&me);
        self.mailboxes.retain(|_, servers| {
            servers.remove(&me);
            !servers.is_empty()
        });
        self.topics.retain(|_, members| {
            members.retain(|&(_, server), _| server != me);
            !members.is_empty()
        });
    }
}
