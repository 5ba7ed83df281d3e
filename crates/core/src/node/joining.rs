//! Joining rooms and leaving them.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::gossip::News;
use lacis_wire::room::{RoomKeys, RoomLink};
use lacis_wire::{Code, PeerId, limits};

use super::Node;
use crate::broadcast::Broadcast;
use crate::error::JoinError;
use crate::event::ServerState;
use crate::ids::{RoomId, Ticket};
use crate::remote::Remote;
use crate::signaling::{Room, Server, Signaling};
use crate::table::TableExt;
use crate::time::Timestamp;

impl Node {
    /// Joins a room. The ticket settles when the first server has answered, or fails after
    /// `patience`; the room stays joined either way, and goes on trying, until it is left. The
    /// caller numbers it, by a number that no room or group has had.
    ///
    /// # Errors
    /// See [`JoinError`]; [`JoinError::TooManyRooms`] also if there are as many sessions with
    /// servers as there may be, and none with those of the room.
    pub fn join(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        room: RoomId,
        link: &RoomLink,
        patience: Duration,
    ) -> Result<(), JoinError> {
        self.join_room(now, ticket, (room, None), link.keys(), &link.servers, patience)
    }

    /// Joins a room by its keys; that of a group bears the group's number, is not shown to whom it
    /// has shut out, and lets in only those whom the group admits.
    pub(crate) fn join_room(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        (id, barred): (RoomId, Option<Vec<PeerId>>),
        keys: RoomKeys,
        servers: &[String],
        patience: Duration,
    ) -> Result<(), JoinError> {
        self.set_time(now);
        self.changes.everything();
        if self.closing.is_some() {
            return Err(JoinError::Closed);
        }
        if self.signaling.rooms.values().any(|room| room.keys == keys) {
            return Err(JoinError::AlreadyJoined);
        }
        if self.signaling.main_rooms().count() >= limits::ROOMS_MAX {
            return Err(JoinError::TooManyRooms);
        }
        if barred.is_none() && !self.cx.rooms.take(id.0) {
            return Err(JoinError::InvalidArgument);
        }
        let (servers, _) = self.meeting_places(servers);
        if servers.is_empty() && self.signaling.servers.len() >= limits::SESSIONS_MAX {
            return Err(JoinError::TooManyRooms);
        }
        let mut room = Room::new(id, keys, servers);
        if let Some(barred) = barred {
            (room.admitted, room.barred) = (Some(Vec::new()), barred);
            // Whether it is announced, the group decides.
            room.is_quiet = true;
        }
        room.joining = Some((ticket, now + patience.min(limits::DEADLINE_MAX)));
        room.announce_all(&mut self.cx, &self.signaling.servers);
        self.cx.tickets.open(ticket);
        self.signaling.rejoin(&room.keys);
        let is_of_group = room.admitted.is_some();
        let broadcast = Broadcast::new(room.keys.topic, now, is_of_group);
        self.broadcasts.insert(id, broadcast);
        self.signaling.rooms.insert(id, room);
        // Groups may only have met there before.
        self.signaling.review_servers(&mut self.cx, false);
        if !self.is_busy() {
            self.pool.spares.want_offer(&mut self.cx, &self.signaling);
        }
        for node in self.remotes.keys().copied().collect::<Vec<_>>() {
            self.with_remote(node, Remote::name_rooms);
        }
        Ok(())
    }

    /// The servers a room meets at: those that its link names, dialled if they are new, or all if
    /// it names none. Says whether there was a session for each.
    pub(super) fn meeting_places(&mut self, named: &[String]) -> (Vec<usize>, bool) {
        // Before the first is dialled: what is dialled here is in no room yet.
        if self.signaling.servers.len() >= limits::SESSIONS_MAX {
            self.signaling.review_servers(&mut self.cx, true);
        }
        let mut is_whole = true;
        let mut places = Vec::new();
        for url in named {
            let is_known = |it: &Server| it.url == *url && it.state() != ServerState::Closed;
            let known = self.signaling.servers.iter().position(is_known);
            let index = known.or_else(|| self.dial(url));
            is_whole &= index.is_some();
            places.extend(index.filter(|place| !places.contains(place)));
        }
        if named.is_empty() {
            places.extend(0..self.signaling.servers.len());
        }
        (places, is_whole)
    }

    /// Dials one more server, if there may be one, and says which it is.
    fn dial(&mut self, url: &str) -> Option<usize> {
        let Self { cx, signaling, .. } = self;
        let is_over = |it: &Server| it.state() == ServerState::Closed;
        let free = signaling.servers.iter().position(is_over);
        let place = free.unwrap_or(signaling.servers.len());
        if place >= limits::SESSIONS_MAX {
            return None;
        }
        let mut server = Server::new(cx, url.into());
        if cx.suspended_at.is_some() {
            server.pause(cx);
        }
        match signaling.servers.get_mut(place) {
            Some(over) => *over = server,
            None => signaling.servers.push(server),
        }
        Some(place)
    }

    /// Leaves a room. Remotes with whom no other room is shared are parted from.
    pub fn leave(&mut self, now: Timestamp, room: RoomId) {
        self.set_time(now);
        self.changes.everything();
        self.cancel_pairings(|pairing| pairing.room == room);
        self.tell_room(room, News::Gone);
        self.end_broadcast(room);
        self.leave_presence(room);
        let Some(joining) = self.signaling.drop_room(&mut self.cx, room) else { return };
        self.pool.spares.renew(&mut self.cx, &self.signaling);
        if let Some((ticket, _)) = joining {
            self.cx.settle(ticket, Err(Code::Aborted));
        }
        for node in self.remotes.keys().copied().collect::<Vec<_>>() {
            self.with_remote(node, |remote, env| {
                if remote.rooms.remove(room) {
                    remote.leave_room(env, room, Code::Left);
                }
                if remote.rooms.is_empty() {
                    remote.connection.part(env, Code::Left);
                } else {
                    // Also who is not in that room has been told that we are, and may join it.
                    remote.name_rooms(env);
                }
            });
        }
        self.leave_places(room);
    }

    pub(crate) fn rooms_timeout(&mut self) {
        if self.cx.suspended_at.is_some() {
            return;
        }
        let now = self.cx.now;
        let mut late = Vec::new();
        let Self { cx, signaling, .. } = self;
        let Signaling { rooms, servers, .. } = signaling;
        for room in rooms.values_mut() {
            room.refresh(cx, servers);
            if let Some((ticket, _)) = room.joining.take_if(|(_, deadline)| now >= *deadline) {
                let trouble = room.servers.iter().filter_map(|index| servers.get(*index));
                let code = trouble.filter_map(|server| server.trouble).next();
                late.push((ticket, code.unwrap_or(Code::SignalingUnreachable)));
            }
        }
        for (ticket, code) in late {
            self.cx.settle(ticket, Err(code));
        }
        self.ask_again();
        self.end_places();
    }

    /// Asks again who is in rooms where somebody had no place, and too few are linked, or none of
    /// those who are has let this node in.
    fn ask_again(&mut self) {
        let now = self.cx.now;
        if !self.signaling.rooms.values().any(|room| room.may_ask_again(now)) {
            return;
        }
        let overlay = self.overlay();
        let mut asked = Vec::new();
        for (id, room) in &mut self.signaling.rooms {
            let standing = overlay.standing(*id);
            let few = standing.lacks() && standing.linked + standing.coming < limits::NEIGHBORS;
            let lacks = few || room.is_newcomer;
            if room.is_asked_again(now, lacks) {
                asked.push(*id);
            }
        }
        let Signaling { rooms, servers, .. } = &self.signaling;
        for room in rooms.values().filter(|room| asked.contains(&room.main)) {
            room.announce_all(&mut self.cx, servers);
        }
    }
}
