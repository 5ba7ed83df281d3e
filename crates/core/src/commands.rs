//! What the application may ask of a node.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::link::{Body, Channel, Envelope, Kind, LinkFrame, file_ok, label_ok};
use lacis_wire::room::{RoomKeys, RoomLink};
use lacis_wire::{Code, NodeId, PeerId, limits};

use crate::error::{JoinError, SendError, StreamError};
use crate::io::{Event, Priority, RequestId, RoomId, StreamId, Ticket, Until};
use crate::messages::Outgoing;
use crate::node::Node;
use crate::remote::{Remote, Standing};
use crate::room::Room;
use crate::server::Server;
use crate::table::TableExt;
use crate::time::Timestamp;

impl Node {
    /// Joins a room. The ticket settles when the first server has answered, or fails after
    /// `patience`; the room stays joined either way, and goes on trying, until it is left.
    ///
    /// # Errors
    /// See [`JoinError`].
    pub fn join(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        link: &RoomLink,
        patience: Duration,
    ) -> Result<RoomId, JoinError> {
        self.join_room(now, ticket, link.keys(), &link.servers, patience, None)
    }

    /// Joins a room by its keys; that of a group bears the group's number, is not shown to whom it
    /// has shut out, and lets in only those whom the group admits.
    pub(crate) fn join_room(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        keys: RoomKeys,
        servers: &[String],
        patience: Duration,
        group: Option<(RoomId, Vec<PeerId>)>,
    ) -> Result<RoomId, JoinError> {
        self.set_time(now);
        if self.closing.is_some() {
            return Err(JoinError::Closed);
        }
        if self.shared.rooms.values().any(|room| room.keys == keys) {
            return Err(JoinError::AlreadyJoined);
        }
        if self.shared.main_rooms().count() >= limits::ROOMS_MAX {
            return Err(JoinError::TooManyRooms);
        }
        let servers = self.meeting_places(servers);
        let id = group.as_ref().map_or_else(|| self.shared.io.room_id(), |(id, _)| *id);
        let mut room = Room::new(id, keys, servers);
        if let Some((_, barred)) = group {
            (room.admitted, room.barred) = (Some(Vec::new()), barred);
            // Whether it is announced, the group decides.
            room.is_quiet = true;
        }
        room.joining = Some((ticket, now + patience.min(limits::DEADLINE_MAX)));
        room.announce_all(&mut self.shared.io, &self.shared.servers);
        self.shared.tickets.open(ticket);
        self.shared.left_rooms.remove(&room.keys);
        self.shared.rooms.insert(id, room);
        if !self.is_busy() {
            self.shared.prepare_offer();
        }
        for node in self.remotes.keys().copied().collect::<Vec<_>>() {
            self.with_remote(node, Remote::name_rooms);
        }
        Ok(id)
    }

    /// The servers a room meets at: those its link names, dialled if they are new, or all.
    fn meeting_places(&mut self, named: &[String]) -> Vec<usize> {
        let mut places = Vec::new();
        for url in named {
            let known = self.shared.servers.iter().position(|server| server.url == *url);
            let index = known.or_else(|| {
                let place = self.shared.servers.len();
                (place < limits::SERVERS_MAX).then(|| {
                    let mut server = Server::new(&mut self.shared.io, url.clone());
                    if self.shared.suspended_at.is_some() {
                        server.pause(&mut self.shared.io);
                    }
                    self.shared.servers.push(server);
                    place
                })
            });
            places.extend(index.filter(|place| !places.contains(place)));
        }
        if places.is_empty() {
            places.extend(0..self.shared.servers.len());
        }
        places
    }

    /// Leaves a room. Remotes with whom no other room is shared are parted from.
    pub fn leave(&mut self, now: Timestamp, room: RoomId) {
        self.set_time(now);
        self.cancel_pairings(|pairing| pairing.room == room);
        let Some(joining) = self.shared.drop_room(room) else { return };
        self.shared.renew_spare();
        if let Some((ticket, _)) = joining {
            self.shared.settle(ticket, Err(Code::Aborted));
        }
        for node in self.remotes.keys().copied().collect::<Vec<_>>() {
            self.with_remote(node, |remote, shared| {
                if remote.rooms.remove(&room).is_some() {
                    remote.leave_room(shared, room, Code::Left);
                }
                if remote.rooms.is_empty() {
                    remote.part(shared, Code::Left);
                } else {
                    // Also who is not in that room has been told that we are, and may join it.
                    remote.name_rooms(shared);
                }
            });
        }
        self.leave_places(room);
    }

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
        self.check_send(room, Some(to), label)?;
        let message = Outgoing {
            room,
            kind: Kind::Direct,
            label: label.into(),
            payload: Arc::new(payload),
            ticket: Some((ticket, until)),
        };
        self.shared.tickets.open(ticket);
        let taken = self.with_remote(to, |remote, shared| {
            let taken = remote.enqueue(shared, message, priority);
            remote.pump(shared);
            taken
        });
        self.taken(ticket, taken)
    }

    fn taken<T>(
        &mut self,
        ticket: Ticket,
        result: Option<Result<T, SendError>>,
    ) -> Result<T, SendError> {
        let result = result.unwrap_or(Err(SendError::RemoteUnknown));
        if result.is_err() {
            self.shared.tickets.close(ticket);
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
        if payload.len() > limits::MESSAGE_BYTES {
            return Err(SendError::TooLarge);
        }
        let message = Outgoing {
            room,
            kind: Kind::Broadcast,
            label: label.into(),
            payload: Arc::new(payload),
            ticket: Some((ticket, Until::Accepted)),
        };
        let present: Vec<NodeId> = self
            .remotes
            .values()
            .filter(|remote| {
                let standing = remote.rooms.get(&room);
                self.shared.lets_in(room, remote.node)
                    && matches!(standing, Some(Standing::Known | Standing::Shown))
            })
            .map(|remote| remote.node)
            .collect();
        if present.is_empty() {
            self.shared.io.event(Event::Settled { ticket, result: Ok(()) });
            return Ok(());
        }
        self.shared.tickets.open_parts(ticket, present.len());
        let mut refused = Vec::new();
        for &node in &present {
            let taken = self.with_remote(node, |remote, shared| {
                let taken = remote.enqueue(shared, message.clone(), Priority::Automatic);
                remote.pump(shared);
                taken
            });
            refused.extend(taken.and_then(Result::err));
        }
        if let Some(error) = refused.first().copied()
            && refused.len() == present.len()
        {
            self.shared.tickets.close(ticket);
            return Err(error);
        }
        for error in refused {
            self.shared.io.event(Event::Warning { code: error.into(), node: None });
            self.shared.settle(ticket, Err(error.into()));
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
        for remote in self.remotes.values_mut() {
            if !self.shared.lets_in(room, remote.node) {
                continue;
            }
            let Some(tag) = remote.our_tag(room) else { continue };
            let Some(link) = &mut remote.link else { continue };
            // A queue of stale cursors helps nobody: what finds no place at once is dropped.
            if link.accepted && link.has_room(Channel::Ephemeral) {
                let envelope = Envelope { room: tag, kind: Kind::Broadcast, label };
                let frame = LinkFrame::Ephemeral { envelope, payload };
                link.send(&mut self.shared.io, Channel::Ephemeral, &frame);
            }
        }
        self.shared.io.event(Event::Settled { ticket, result: Ok(()) });
        Ok(())
    }

    /// Asks a remote something. The ticket settles with [`Event::Response`], or fails.
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
        self.check_send(room, Some(to), label)?;
        let deadline = now + patience.min(limits::DEADLINE_MAX);
        let message = Outgoing {
            room,
            kind: Kind::Direct,
            label: label.into(),
            payload: Arc::new(payload),
            ticket: None,
        };
        self.shared.tickets.open(ticket);
        let taken = self.with_remote(to, |remote, shared| {
            let taken = remote.ask(shared, message, ticket, deadline);
            remote.pump(shared);
            taken
        });
        self.taken(ticket, taken)
    }

    /// Answers a request. An answer to one that has gone meanwhile is dropped.
    pub fn respond(&mut self, now: Timestamp, request: RequestId, answer: Result<Vec<u8>, Code>) {
        self.set_time(now);
        for remote in self.remotes.values_mut() {
            if let Some((room, id)) = remote.messages.answer(request) {
                remote.reply(&mut self.shared, room, id, answer);
                remote.pump(&mut self.shared);
                return;
            }
        }
    }

    /// Offers a file. The ticket settles when the receiver has accepted it.
    ///
    /// # Errors
    /// See [`SendError`]; the ticket is not used then.
    #[expect(clippy::too_many_arguments, reason = "each is one thing the caller decides")]
    pub fn open_file(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        room: RoomId,
        to: NodeId,
        name: &str,
        media_type: &str,
        size: u64,
    ) -> Result<StreamId, SendError> {
        self.set_time(now);
        self.check_send(room, Some(to), "file")?;
        if !file_ok(name, media_type) {
            return Err(SendError::InvalidArgument);
        }
        if size > limits::FILE_BYTES {
            return Err(SendError::TooLarge);
        }
        let head = Outgoing {
            room,
            kind: Kind::Direct,
            label: "file".into(),
            payload: Arc::default(),
            ticket: None,
        };
        let body = Body::File { name: name.into(), media_type: media_type.into() };
        self.shared.tickets.open(ticket);
        let opened = self.with_remote(to, |remote, shared| {
            let opened = remote.streams.open_file(shared, head, body, size, ticket);
            remote.pump(shared);
            opened
        });
        self.taken(ticket, opened)
    }

    /// Writes the next bytes of a file, at most [`limits::WRITE_AHEAD_BYTES`]. The ticket settles
    /// when the next write may follow.
    ///
    /// # Errors
    /// See [`StreamError`]; the ticket is not used then.
    pub fn write(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        stream: StreamId,
        data: Vec<u8>,
    ) -> Result<(), StreamError> {
        self.on_outbound(now, ticket, stream, |remote| remote.streams.write(stream, ticket, data))
    }

    /// Says that the whole file was written. The ticket settles when the receiver has every byte.
    ///
    /// # Errors
    /// See [`StreamError`]; the ticket is not used then.
    pub fn finish(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        stream: StreamId,
    ) -> Result<(), StreamError> {
        self.on_outbound(now, ticket, stream, |remote| remote.streams.finish(stream, ticket))
    }

    fn on_outbound(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        stream: StreamId,
        act: impl FnOnce(&mut Remote) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        self.set_time(now);
        let owner = self.remotes.values_mut().find(|remote| remote.streams.has_outbound(stream));
        let remote = owner.ok_or(StreamError::StreamUnknown)?;
        act(remote)?;
        self.shared.tickets.open(ticket);
        remote.streams.settle_ready(&mut self.shared, stream);
        remote.pump(&mut self.shared);
        Ok(())
    }

    /// Accepts a file; its bytes follow as [`Event::FileData`].
    ///
    /// # Errors
    /// See [`StreamError`].
    pub fn accept_file(&mut self, now: Timestamp, stream: StreamId) -> Result<(), StreamError> {
        self.set_time(now);
        for remote in self.remotes.values_mut() {
            if let Some(number) = remote.streams.inbound_number(stream) {
                return remote.accept_file(&mut self.shared, number);
            }
        }
        Err(StreamError::StreamUnknown)
    }

    /// Says that the application has taken bytes of a file, so that more may come.
    pub fn grant(&mut self, now: Timestamp, stream: StreamId, bytes: u64) {
        self.set_time(now);
        for remote in self.remotes.values_mut() {
            if let Some(number) = remote.streams.inbound_number(stream) {
                remote.take(&mut self.shared, number, bytes);
            }
        }
    }

    /// Ends a file in either direction. The other side is told; here it ends as
    /// [`Event::StreamFailed`].
    pub fn cancel_stream(&mut self, now: Timestamp, stream: StreamId, code: Code) {
        self.set_time(now);
        for remote in self.remotes.values_mut() {
            let Remote { streams, link, .. } = remote;
            streams.cancel_stream(&mut self.shared, link.as_mut(), stream, code);
        }
    }

    /// Gives up waiting: an open ticket settles with [`Code::Aborted`], and what was not sent yet
    /// is not sent.
    pub fn cancel(&mut self, now: Timestamp, ticket: Ticket) {
        self.set_time(now);
        if !self.shared.tickets.is_open(ticket) {
            return;
        }
        self.cancel_pairing(ticket);
        for remote in self.remotes.values_mut() {
            remote.messages.cancel(ticket);
            remote.streams.cancel(&mut self.shared, remote.link.as_mut(), ticket);
        }
        for group in self.groups.open.values_mut() {
            group.cancel(ticket);
        }
        for room in self.shared.rooms.values_mut() {
            room.joining.take_if(|(joining, _)| *joining == ticket);
        }
        if self.shared.tickets.close(ticket) {
            self.shared.io.event(Event::Settled { ticket, result: Err(Code::Aborted) });
        }
    }

    /// The device woke up, became visible or is online again: servers are dialled and links
    /// checked at once.
    pub fn wake(&mut self, now: Timestamp) {
        self.set_time(now);
        self.check_all();
        self.handle_timeout(now);
    }

    /// Makes it due to look whether servers and remotes are still there.
    pub(crate) fn check_all(&mut self) {
        if self.shared.suspended_at.is_some() {
            return;
        }
        for server in &mut self.shared.servers {
            server.wake(&mut self.shared.io);
        }
        for remote in self.remotes.values_mut() {
            remote.wake(&mut self.shared);
        }
    }

    fn check_send(&self, room: RoomId, to: Option<NodeId>, label: &str) -> Result<(), SendError> {
        if self.closing.is_some() {
            return Err(SendError::Closed);
        }
        if !self.shared.rooms.contains_key(&room) {
            return Err(SendError::NotInRoom);
        }
        if !label_ok(label) {
            return Err(SendError::LabelInvalid);
        }
        let known = |node| self.remotes.get(&node).is_some_and(|m| m.rooms.contains_key(&room));
        let is_in = |node| known(node) && self.shared.lets_in(room, node);
        if to.is_some_and(|node| !is_in(node)) {
            return Err(SendError::RemoteUnknown);
        }
        Ok(())
    }

    pub(crate) fn rooms_timeout(&mut self) {
        if self.shared.suspended_at.is_some() {
            return;
        }
        let now = self.shared.io.now;
        let mut late = Vec::new();
        let crate::shared::Shared { rooms, servers, io, .. } = &mut self.shared;
        for room in rooms.values_mut() {
            room.refresh(io, servers);
            if let Some((ticket, _)) = room.joining.take_if(|(_, deadline)| now >= *deadline) {
                let trouble = room.servers.iter().filter_map(|index| servers.get(*index));
                let code = trouble.filter_map(|server| server.trouble).next();
                late.push((ticket, code.unwrap_or(Code::SignalingUnreachable)));
            }
        }
        for (ticket, code) in late {
            self.shared.settle(ticket, Err(code));
        }
        self.end_places();
    }
}
