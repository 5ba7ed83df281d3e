//! Messages and requests to the remotes of a room.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::link::{GOSSIP_LABEL, Kind, label_ok};
use lacis_wire::{Code, NodeId, PeerId, limits, presence};

use super::Node;
use crate::error::SendError;
use crate::event::Event;
use crate::ids::{RequestId, RoomId, Ticket};
use crate::io::{Priority, Until};
use crate::session::Outgoing;
use crate::table::TableExt;
use crate::time::Timestamp;

impl Node {
    /// Sends a message to one remote. The ticket settles as `until` says.
    ///
    /// # Errors
    /// See [`SendError`]; the ticket is not used then.
    #[expect(clippy::too_many_arguments, reason = "each is one thing the caller decides")]
    pub fn send(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        room: RoomId,
        to: NodeId,
        label: &str,
        payload: Vec<u8>,
        priority: Priority,
        until: Until,
    ) -> Result<(), SendError> {
        self.set_time(now);
        self.reach(room, to);
        self.check_send(room, Some(to), label)?;
        let message = Outgoing {
            room,
            kind: Kind::Direct,
            label: label.into(),
            payload: Arc::new(payload),
            ticket: Some((ticket, until)),
        };
        self.cx.tickets.open(ticket);
        self.send_to_each(ticket, &[to], &message, priority)
    }

    /// Hands a message to a remote.
    pub(super) fn hand(
        &mut self,
        node: NodeId,
        message: &Outgoing,
        priority: Priority,
    ) -> Result<(), SendError> {
        let sent =
            self.with_remote(node, |remote, env| remote.send(env.cx, message.clone(), priority));
        sent.unwrap_or(Err(SendError::RemoteUnknown))
    }

    pub(super) fn taken<T>(
        &mut self,
        ticket: Ticket,
        result: Option<Result<T, SendError>>,
    ) -> Result<T, SendError> {
        let result = result.unwrap_or(Err(SendError::RemoteUnknown));
        if result.is_err() {
            self.cx.tickets.close(ticket);
        }
        result
    }

    /// Sends a message to every remote of a room. The ticket settles when it was handed to the
    /// network for each of those who are there now.
    ///
    /// # Errors
    /// See [`SendError`]. A remote whose queue is full does not get the message, and if that
    /// happens to all of them the call fails.
    pub fn broadcast(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        room: RoomId,
        label: &str,
        payload: Vec<u8>,
    ) -> Result<(), SendError> {
        self.set_time(now);
        self.check_send(room, None, label)?;
        if payload.len() > limits::GOSSIP_PAYLOAD_BYTES {
            return Err(SendError::TooLarge);
        }
        let (message, present) = self.addressed(room, label, payload);
        let message = Outgoing { ticket: Some((ticket, Until::Accepted)), ..message };
        if present.is_empty() {
            self.cx.completed(ticket, Ok(()));
            return Ok(());
        }
        self.cx.tickets.open_parts(ticket, present.len());
        self.send_to_each(ticket, &present, &message, Priority::Automatic)
    }

    /// Sends a message to an identity: to each of its nodes in a room that has shown that it is
    /// one. The ticket settles when all of them are done as `until` says, and fails if none is.
    ///
    /// # Errors
    /// See [`SendError`]; the ticket is not used then.
    #[expect(clippy::too_many_arguments, reason = "each is one thing the caller decides")]
    pub fn send_to_peer(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        room: RoomId,
        to: PeerId,
        label: &str,
        payload: Vec<u8>,
        priority: Priority,
        until: Until,
    ) -> Result<(), SendError> {
        self.set_time(now);
        self.check_send(room, None, label)?;
        let mut nodes = Vec::new();
        for node in self.present(room) {
            let remote = self.remotes.get(&node);
            if remote.is_some_and(|remote| remote.connection.peer == Some(to)) {
                nodes.push(node);
            }
        }
        let far = self.broadcasts.get(&room).into_iter().flat_map(|it| it.members());
        for (node, peer) in far {
            if peer == to && !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        if nodes.is_empty() {
            return Err(SendError::NotConnected);
        }
        nodes.iter().for_each(|node| self.reach(room, *node));
        let message = Outgoing {
            room,
            kind: Kind::Direct,
            label: label.into(),
            payload: Arc::new(payload),
            ticket: Some((ticket, until)),
        };
        self.cx.tickets.open_any(ticket, nodes.len());
        self.send_to_each(ticket, &nodes, &message, priority)
    }

    /// Hands a message to each of these nodes. If none of them takes it, the ticket is not used.
    fn send_to_each(
        &mut self,
        ticket: Ticket,
        nodes: &[NodeId],
        message: &Outgoing,
        priority: Priority,
    ) -> Result<(), SendError> {
        let mut refused = Vec::new();
        for node in nodes {
            let error = self.hand(*node, message, priority).err();
            refused.extend(error.map(|error| (*node, error)));
        }
        if let Some((_, error)) = refused.first().copied()
            && refused.len() == nodes.len()
        {
            self.cx.tickets.close(ticket);
            return Err(error);
        }
        for (node, error) in refused {
            self.not_given(message, node);
            self.cx.event(Event::Warning { code: error.into(), node: None });
            self.cx.settle(ticket, Err(error.into()));
        }
        Ok(())
    }

    /// Sends a message to every linked remote of a room, once and without any promise. The ticket
    /// settles at once.
    ///
    /// # Errors
    /// See [`SendError`]; the ticket is not used then.
    pub fn broadcast_ephemeral(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        room: RoomId,
        label: &str,
        payload: &[u8],
    ) -> Result<(), SendError> {
        self.set_time(now);
        self.check_send(room, None, label)?;
        if payload.len() > limits::EPHEMERAL_BYTES {
            return Err(SendError::TooLarge);
        }
        match self.flooded_ephemeral(room, label, payload) {
            Some(gossip) => self.send_ephemeral(room, (Kind::Gossip, GOSSIP_LABEL), &gossip, &[]),
            None => self.send_ephemeral(room, (Kind::Broadcast, label), payload, &[]),
        }
        self.cx.completed(ticket, Ok(()));
        Ok(())
    }

    /// Asks a remote something. The ticket is completed with [`Completion::Answer`], or fails.
    ///
    /// [`Completion::Answer`]: crate::Completion::Answer
    ///
    /// # Errors
    /// See [`SendError`]; the ticket is not used then.
    #[expect(clippy::too_many_arguments, reason = "each is one thing the caller decides")]
    pub fn request(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        room: RoomId,
        to: NodeId,
        label: &str,
        payload: Vec<u8>,
        patience: Duration,
    ) -> Result<(), SendError> {
        self.set_time(now);
        self.reach(room, to);
        self.check_send(room, Some(to), label)?;
        let deadline = now + patience.min(limits::DEADLINE_MAX);
        let message = Outgoing {
            room,
            kind: Kind::Direct,
            label: label.into(),
            payload: Arc::new(payload),
            ticket: None,
        };
        self.cx.tickets.open(ticket);
        let taken = self.with_remote(to, |remote, env| {
            let taken = remote.session.ask(env.cx, message, ticket, deadline);
            remote.pump(env.cx);
            taken
        });
        self.taken(ticket, taken)
    }

    /// Answers a request. An answer to one that has gone meanwhile is dropped.
    pub fn respond(&mut self, now: Timestamp, request: RequestId, answer: Result<Vec<u8>, Code>) {
        self.set_time(now);
        for remote in self.remotes.values_mut() {
            if let Some((room, id)) = remote.session.messages.answer(request) {
                remote.session.reply(&mut self.cx, room, id, answer);
                remote.pump(&mut self.cx);
                self.changes.remote(remote.node());
                self.changes.writable(remote.node());
                return;
            }
        }
    }

    pub(super) fn check_send(
        &self,
        room: RoomId,
        to: Option<NodeId>,
        label: &str,
    ) -> Result<(), SendError> {
        if self.closing.is_some() {
            return Err(SendError::Closed);
        }
        if !self.signaling.rooms.contains_key(&room) {
            return Err(SendError::NotInRoom);
        }
        if !label_ok(label) || label == presence::LABEL {
            return Err(SendError::LabelInvalid);
        }
        let known = |node| self.remotes.get(&node).is_some_and(|it| it.rooms.contains(room));
        let is_told = |node| self.broadcasts.get(&room).is_some_and(|it| it.is_here(node));
        let is_in = |node| known(node) && (self.signaling.lets_in(room, node) || is_told(node));
        if to.is_some_and(|node| !is_in(node)) {
            return Err(SendError::RemoteUnknown);
        }
        Ok(())
    }
}
