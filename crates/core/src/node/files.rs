//! Files to and from the remotes of a room.

use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::link::{Body, Kind, file_ok};
use lacis_wire::{Code, NodeId, limits};

use super::Node;
use crate::error::{SendError, StreamError};
use crate::ids::{RoomId, StreamId, Ticket};
use crate::session::{Outgoing, Streams};
use crate::table::TableExt;
use crate::time::Timestamp;

impl Node {
    /// Offers a file. The ticket settles when the receiver has accepted it. The caller numbers the
    /// stream, by a number that no file of it has had.
    ///
    /// # Errors
    /// See [`SendError`]; the ticket is not used then.
    #[expect(clippy::too_many_arguments, reason = "each is one thing the caller decides")]
    pub fn open_file(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        stream: StreamId,
        room: RoomId,
        to: NodeId,
        name: &str,
        media_type: &str,
        size: u64,
    ) -> Result<(), SendError> {
        self.set_time(now);
        self.reach(room, to);
        self.check_send(room, Some(to), "file")?;
        if !file_ok(name, media_type) {
            return Err(SendError::InvalidArgument);
        }
        if size > limits::FILE_BYTES {
            return Err(SendError::TooLarge);
        }
        if !u32::try_from(stream.0).is_ok_and(|number| self.cx.files.take(number)) {
            return Err(SendError::InvalidArgument);
        }
        let head = Outgoing {
            room,
            kind: Kind::Direct,
            label: "file".into(),
            payload: Arc::default(),
            ticket: None,
        };
        let body = Body::File { name: name.into(), media_type: media_type.into() };
        self.cx.tickets.open(ticket);
        let opened = self.with_remote(to, |remote, env| {
            let streams = &mut remote.session.streams;
            let opened = streams.open_file(env.cx, (stream, ticket), head, body, size);
            remote.pump(env.cx);
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
        self.on_outbound(now, ticket, stream, |streams| streams.write(stream, ticket, data))
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
        let arrived = self.cx.arrived.iter().position(|id| *id == stream);
        if arrived.and_then(|at| self.cx.arrived.remove(at)).is_some() {
            self.set_time(now);
            self.cx.completed(ticket, Ok(()));
            return Ok(());
        }
        self.on_outbound(now, ticket, stream, |streams| streams.finish(stream, ticket))
    }

    fn on_outbound(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        stream: StreamId,
        act: impl FnOnce(&mut Streams) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        self.set_time(now);
        let mut remotes = self.remotes.values_mut();
        let owner = remotes.find(|remote| remote.session.streams.has_outbound(stream));
        let remote = owner.ok_or(StreamError::StreamUnknown)?;
        act(&mut remote.session.streams)?;
        self.cx.tickets.open(ticket);
        remote.session.streams.settle_ready(&mut self.cx, stream);
        self.changes.remote(remote.node());
        self.changes.writable(remote.node());
        Ok(())
    }

    /// Accepts a file; its bytes follow as [`crate::Event::FileData`].
    ///
    /// # Errors
    /// See [`StreamError`].
    pub fn accept_file(&mut self, now: Timestamp, stream: StreamId) -> Result<(), StreamError> {
        self.set_time(now);
        for remote in self.remotes.values_mut() {
            if let Some(number) = remote.session.streams.inbound_number(stream) {
                self.changes.remote(remote.node());
                let link = remote.connection.link_mut();
                return remote.session.accept_file(&mut self.cx, link, number);
            }
        }
        Err(StreamError::StreamUnknown)
    }

    /// Says that the application has taken bytes of a file, so that more may come.
    pub fn grant(&mut self, now: Timestamp, stream: StreamId, bytes: u64) {
        self.set_time(now);
        for remote in self.remotes.values_mut() {
            if let Some(number) = remote.session.streams.inbound_number(stream) {
                self.changes.remote(remote.node());
                let link = remote.connection.link_mut();
                remote.session.take(&mut self.cx, link, number, bytes);
            }
        }
    }

    /// Ends a file in either direction. The other side is told; here it ends as
    /// [`crate::Event::StreamFailed`].
    pub fn cancel_stream(&mut self, now: Timestamp, stream: StreamId, code: Code) {
        self.set_time(now);
        for remote in self.remotes.values_mut() {
            self.changes.remote(remote.node());
            let link = remote.connection.link_mut();
            remote.session.streams.cancel_stream(&mut self.cx, link, stream, code);
        }
    }
}
