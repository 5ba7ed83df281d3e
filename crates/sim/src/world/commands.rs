//! What applications in tabs ask of their nodes, and what follows from that for the truth.

use std::time::Duration;

use lacis_core::{
    JoinError, MessageKind, Node, OpenError, Priority, RoomId, SendError, StreamId, Ticket,
    Timestamp, Until,
};
use lacis_wire::{Code, PeerId, limits};

use super::World;
use crate::app::Sending;
use crate::content;
use crate::ids::TabId;
use crate::truth::{FileFacts, Letter, LetterKind, Promise, Purpose};

/// How a message is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mail {
    /// Its length in bytes.
    pub size: usize,
    /// How urgent it is.
    pub priority: Priority,
    /// When it counts as sent.
    pub until: Until,
}

impl Mail {
    /// A message that counts as sent when it was delivered.
    #[must_use]
    pub const fn delivered(size: usize) -> Self {
        Self { size, priority: Priority::Automatic, until: Until::Delivered }
    }

    /// Whether it keeps its place among others.
    const fn is_ordered(self) -> bool {
        !matches!(self.priority, Priority::Bulk) && self.size <= WHOLE_BYTES
    }
}

/// A message of this size travels whole to every browser; larger ones may overtake each other.
const WHOLE_BYTES: usize = limits::FRAME_BYTES_MIN - limits::FRAME_HEADER_BYTES;

impl World {
    /// Lets a node do something, and carries out what follows. Nothing if the tab is gone.
    pub fn command<T>(
        &mut self,
        tab: TabId,
        act: impl FnOnce(&mut Node, Timestamp) -> T,
    ) -> Option<T> {
        let result = self.act(tab, act)?;
        self.events += 1;
        self.drain(tab);
        Some(result)
    }

    /// A number that no room, group or file of a tab has had.
    pub fn number(&mut self, tab: TabId) -> u32 {
        let known = &mut self.tabs[tab.0];
        known.numbers += 1;
        known.numbers
    }

    /// Lets a node open a group, under a new number or, if it is open, that which it has.
    pub fn open_group(
        &mut self,
        tab: TabId,
        mut act: impl FnMut(&mut Node, Timestamp, RoomId) -> Result<(), OpenError>,
    ) -> Option<Result<RoomId, Code>> {
        let number = RoomId(self.number(tab));
        self.command(tab, |node, now| OpenError::resolve(number, |number| act(node, now, number)))
    }

    pub(super) fn ticket(
        &mut self,
        tab: TabId,
        purpose: Purpose,
        patience: Option<Duration>,
    ) -> Ticket {
        let known = &mut self.tabs[tab.0];
        known.tickets += 1;
        let ticket = known.tickets;
        let promise = Promise {
            purpose,
            issued: self.fabric.now,
            deadline: patience.map(|patience| self.fabric.now + patience),
            frozen_before: self.truth.frozen(tab),
            settled: None,
        };
        self.truth.promises.insert((tab, ticket), promise);
        ticket
    }

    /// A ticket that the node refused is as good as never given.
    pub(super) fn refused<E>(
        &mut self,
        tab: TabId,
        ticket: Ticket,
        result: Result<(), E>,
    ) -> Result<Ticket, E> {
        if result.is_err() {
            self.truth.promises.remove(&(tab, ticket));
        }
        result.map(|()| ticket)
    }

    /// Joins a room with the usual patience.
    ///
    /// # Panics
    /// If the node refuses.
    pub fn join(&mut self, tab: TabId, room: usize) -> Ticket {
        self.try_join(tab, room, Duration::from_secs(10)).expect("the room can be joined")
    }

    /// Joins a room.
    ///
    /// # Errors
    /// What the node says.
    pub fn try_join(
        &mut self,
        tab: TabId,
        room: usize,
        patience: Duration,
    ) -> Result<Ticket, JoinError> {
        let ticket = self.ticket(tab, Purpose::Join, Some(patience));
        let link = self.rooms[room].clone();
        let id = RoomId(self.number(tab));
        let result = self.act(tab, |node, now| node.join(now, ticket, id, &link, patience));
        let Some(result) = result else { return Err(JoinError::Closed) };
        if result.is_ok() {
            self.tabs[tab.0].rooms.insert(room, id);
            self.truth.rooms.insert((tab, id), room);
        }
        let result = self.refused(tab, ticket, result);
        self.drain(tab);
        result
    }

    /// Leaves a room.
    pub fn leave(&mut self, tab: TabId, room: usize) {
        if let Some(id) = self.tabs[tab.0].rooms.remove(&room) {
            self.command(tab, |node, now| node.leave(now, id));
        }
    }

    /// Sends a message to one member.
    ///
    /// # Errors
    /// What the node says.
    pub fn send(
        &mut self,
        tab: TabId,
        room: usize,
        to: TabId,
        mail: Mail,
    ) -> Result<Ticket, SendError> {
        let id = *self.tabs[tab.0].rooms.get(&room).ok_or(SendError::NotInRoom)?;
        let letter = Letter {
            from: tab,
            room,
            to: Some(to),
            kind: LetterKind::Message(MessageKind::Direct),
            size: mail.size,
            ordered: mail.is_ordered(),
        };
        let number = self.note_letter(letter);
        let purpose = Purpose::Send { message: number, until: mail.until };
        let ticket = self.ticket(tab, purpose, None);
        let (label, bytes) = (content::label(number), content::bytes(number, 0, mail.size));
        let to = self.tabs[to.0].node_id;
        let Mail { priority, until, .. } = mail;
        let result = self.command(tab, |node, now| {
            node.send(now, ticket, id, to, &label, bytes, priority, until)
        });
        self.refused(tab, ticket, result.unwrap_or(Err(SendError::Closed)))
    }

    /// Sends a message to each node of an identity.
    ///
    /// # Errors
    /// What the node says.
    pub fn send_to_peer(
        &mut self,
        tab: TabId,
        room: usize,
        to: PeerId,
        mail: Mail,
    ) -> Result<Ticket, SendError> {
        let id = *self.tabs[tab.0].rooms.get(&room).ok_or(SendError::NotInRoom)?;
        let letter = Letter {
            from: tab,
            room,
            to: None,
            kind: LetterKind::Message(MessageKind::Direct),
            size: mail.size,
            ordered: mail.is_ordered(),
        };
        let number = self.note_letter(letter);
        let ticket = self.ticket(tab, Purpose::Broadcast { message: number }, None);
        let (label, bytes) = (content::label(number), content::bytes(number, 0, mail.size));
        let Mail { priority, until, .. } = mail;
        let result = self.command(tab, |node, now| {
            node.send_to_peer(now, ticket, id, to, &label, bytes, priority, until)
        });
        self.refused(tab, ticket, result.unwrap_or(Err(SendError::Closed)))
    }

    fn note_letter(&mut self, letter: Letter) -> u64 {
        let number = self.truth.next_number();
        self.truth.messages.insert(number, letter);
        number
    }

    /// Sends a message to everybody.
    ///
    /// # Errors
    /// What the node says.
    pub fn broadcast(
        &mut self,
        tab: TabId,
        room: usize,
        size: usize,
        reliable: bool,
    ) -> Result<Ticket, SendError> {
        let id = *self.tabs[tab.0].rooms.get(&room).ok_or(SendError::NotInRoom)?;
        let kind = if reliable { MessageKind::Broadcast } else { MessageKind::Ephemeral };
        let letter = Letter {
            from: tab,
            room,
            to: None,
            kind: LetterKind::Message(kind),
            size,
            ordered: reliable && size <= WHOLE_BYTES,
        };
        let number = self.note_letter(letter);
        let ticket = self.ticket(tab, Purpose::Broadcast { message: number }, None);
        let (label, bytes) = (content::label(number), content::bytes(number, 0, size));
        let result = self.command(tab, |node, now| {
            if reliable {
                node.broadcast(now, ticket, id, &label, bytes)
            } else {
                node.broadcast_ephemeral(now, ticket, id, &label, &bytes)
            }
        });
        self.refused(tab, ticket, result.unwrap_or(Err(SendError::Closed)))
    }

    /// Asks a member something.
    ///
    /// # Errors
    /// What the node says.
    pub fn request(
        &mut self,
        tab: TabId,
        room: usize,
        to: TabId,
        size: usize,
        patience: Duration,
    ) -> Result<Ticket, SendError> {
        let id = *self.tabs[tab.0].rooms.get(&room).ok_or(SendError::NotInRoom)?;
        let letter = Letter {
            from: tab,
            room,
            to: Some(to),
            kind: LetterKind::Request,
            size,
            ordered: size <= WHOLE_BYTES,
        };
        let number = self.note_letter(letter);
        let ticket = self.ticket(tab, Purpose::Request { message: number }, Some(patience));
        let (label, bytes) = (content::label(number), content::bytes(number, 0, size));
        let to = self.tabs[to.0].node_id;
        let result = self
            .command(tab, |node, now| node.request(now, ticket, id, to, &label, bytes, patience));
        self.refused(tab, ticket, result.unwrap_or(Err(SendError::Closed)))
    }

    /// Offers a file; the application writes it once it is accepted. Gives the stream and the
    /// number of the file.
    ///
    /// # Errors
    /// What the node says.
    pub fn send_file(
        &mut self,
        tab: TabId,
        room: usize,
        to: TabId,
        size: u64,
    ) -> Result<(StreamId, u64), SendError> {
        let id = *self.tabs[tab.0].rooms.get(&room).ok_or(SendError::NotInRoom)?;
        let number = self.truth.next_number();
        let facts = FileFacts { from: tab, to, room, size, received: 0, ended: false };
        self.truth.files.insert(number, facts);
        let ticket = self.ticket(tab, Purpose::Open { file: number }, None);
        let (name, to) = (content::label(number), self.tabs[to.0].node_id);
        let stream = StreamId(self.number(tab).into());
        // What the node says while it is asked may already need to be known.
        let result = self.act(tab, |node, now| {
            node.open_file(now, ticket, stream, id, to, &name, "text/plain", size)
        });
        let Some(result) = result else { return Err(SendError::Closed) };
        if result.is_ok() {
            let known = &mut self.tabs[tab.0];
            known.app.sending.insert(stream, Sending { number, size, written: 0 });
            known.app.after.insert(ticket, stream);
        }
        let taken = self.refused(tab, ticket, result);
        self.drain(tab);
        taken.map(|_| (stream, number))
    }

    /// Takes every file that the tab has been offered so far, without thinking about it. Waits
    /// until one has come.
    ///
    /// # Panics
    /// If none comes.
    pub fn accept_files(&mut self, tab: TabId) {
        let offered = |world: &Self| !world.tabs[tab.0].app.receiving.is_empty();
        self.expect(Duration::from_secs(5), "a file is offered", offered);
        let streams: Vec<StreamId> = self.tabs[tab.0].app.receiving.keys().copied().collect();
        for stream in streams {
            self.command(tab, |node, now| node.accept_file(now, stream).expect("it is open"));
        }
    }

    /// Writes the next piece of a file, or finishes it. Whoever cancelled it meanwhile has had
    /// its tickets settled already.
    pub(super) fn write_on(&mut self, tab: TabId, stream: StreamId) {
        let known = &self.tabs[tab.0];
        let Some(sending) = known.app.sending.get(&stream).copied() else { return };
        let piece = known.app.manners.piece_bytes as u64;
        let len = usize::try_from((sending.size - sending.written).min(piece)).unwrap_or(0);
        let file = sending.number;
        let is_last = len == 0;
        let purpose = if is_last { Purpose::Finish { file } } else { Purpose::Write { file } };
        let ticket = self.ticket(tab, purpose, None);
        let known = &mut self.tabs[tab.0];
        if is_last {
            known.app.sending.remove(&stream);
        } else {
            known.app.after.insert(ticket, stream);
            if let Some(sending) = known.app.sending.get_mut(&stream) {
                sending.written += len as u64;
            }
        }
        let bytes = content::bytes(file, sending.written, len);
        let result = self.command(tab, |node, now| match is_last {
            true => node.finish(now, ticket, stream),
            false => node.write(now, ticket, stream, bytes),
        });
        if result.is_none_or(|result| result.is_err()) {
            self.truth.promises.remove(&(tab, ticket));
        }
    }

    /// Gives up waiting for something.
    pub fn cancel(&mut self, tab: TabId, ticket: Ticket) {
        self.command(tab, |node, now| node.cancel(now, ticket));
    }

    /// Leaves cleanly.
    pub fn close(&mut self, tab: TabId) -> Ticket {
        let ticket = self.ticket(tab, Purpose::Close, Some(limits::CLOSE_DEADLINE));
        self.command(tab, |node, now| node.close(now, ticket));
        ticket
    }
}
