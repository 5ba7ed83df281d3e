//! The receiving half of streams.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::link::{Body, Envelope, Kind, LinkFrame};
use lacis_wire::{Code, limits};

use crate::error::StreamError;
use crate::io::{Event, RoomId, StreamId};
use crate::link::Link;
use crate::member::Member;
use crate::shared::Shared;
use crate::streams::Streams;
use crate::time::Timestamp;

/// A stream that we receive.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) id: StreamId,
    pub(crate) room: RoomId,
    kind: Kind,
    label: String,
    size: u64,
    received: u64,
    credit: u64,
    /// Bytes handed over, or taken by the application if it is a file.
    taken: u64,
    /// How much of `taken` the sender has been told.
    told: u64,
    content: Content,
    active_at: Timestamp,
}

#[derive(Debug)]
enum Content {
    Message(Vec<u8>),
    /// Whether the application has accepted it.
    File {
        accepted: bool,
    },
}

/// Bytes taken after which the sender is told, so that its progress bar moves.
const TELL_EVERY: u64 = limits::STREAM_WINDOW_BYTES / 16;

impl Inbound {
    pub(crate) fn fail(self, shared: &mut Shared, code: Code) {
        if matches!(self.content, Content::File { .. }) {
            shared.io.event(Event::StreamFailed { stream: self.id, code });
        }
    }

    pub(crate) fn idle_deadline(&self) -> Timestamp {
        self.active_at
            + match self.content {
                Content::Message(_) => limits::STREAM_IDLE,
                Content::File { .. } => limits::DEADLINE_MAX,
            }
    }

    /// Grants as much as the window allows, if that is worth a frame.
    fn grant(&mut self, shared: &mut Shared, link: &mut Link, number: u32) {
        let upto = self.size.min(self.taken + limits::STREAM_WINDOW_BYTES);
        let first = self.credit == 0;
        if first || self.taken - self.told >= TELL_EVERY || self.taken == self.size {
            self.credit = upto;
            self.told = self.taken;
            let frame = LinkFrame::Credit { stream: number, upto, taken: self.taken };
            link.control(&mut shared.io, &frame);
        }
    }
}

impl Streams {
    fn reassembling(&self) -> u64 {
        let messages = self.inbound.values().filter(|s| matches!(s.content, Content::Message(_)));
        messages.map(|stream| stream.size).sum()
    }

    pub(crate) fn inbound_number(&self, id: StreamId) -> Option<u32> {
        self.inbound.iter().find(|(_, stream)| stream.id == id).map(|(number, _)| *number)
    }
}

impl Member {
    /// The other side opens a stream.
    pub(crate) fn on_open(
        &mut self,
        shared: &mut Shared,
        number: u32,
        envelope: &Envelope<'_>,
        body: Body,
        size: u64,
    ) {
        let room = self.room_of(shared, envelope.room);
        let room = room.filter(|room| shared.lets_in(*room, self.node));
        let fresh = number % 2 != u32::from(!self.is_offerer())
            && !self.streams.inbound.contains_key(&number);
        let full = self.streams.inbound.len() >= limits::STREAMS_MAX;
        let large = body == Body::Message
            && self.streams.reassembling() + size > limits::REASSEMBLY_BYTES as u64;
        let Some(link) = &mut self.link else { return };
        let room = match (room, fresh, full || large) {
            (Some(room), true, false) => room,
            (None, ..) => return refuse(shared, link, number, Code::NotInRoom),
            (_, false, _) => return refuse(shared, link, number, Code::Protocol),
            (.., true) => return refuse(shared, link, number, Code::Busy),
        };
        let id = shared.io.stream_id();
        let content = match &body {
            Body::Message => Content::Message(Vec::new()),
            Body::File { .. } => Content::File { accepted: false },
        };
        let mut stream = Inbound {
            id,
            room,
            kind: envelope.kind,
            label: String::from(envelope.label),
            size,
            received: 0,
            credit: 0,
            taken: 0,
            told: 0,
            content,
            active_at: shared.io.now,
        };
        match body {
            Body::Message => stream.grant(shared, link, number),
            Body::File { name, media_type } => {
                let node = self.node;
                shared.io.event(Event::File { stream: id, room, node, name, media_type, size });
            }
        }
        self.streams.inbound.insert(number, stream);
        self.complete(shared, number);
    }

    /// The next bytes of a stream. More than was granted, or announced, breaks the protocol.
    pub(crate) fn on_chunk(&mut self, shared: &mut Shared, number: u32, data: &[u8]) {
        let Some(link) = &mut self.link else { return };
        let Some(stream) = self.streams.inbound.get_mut(&number) else { return };
        stream.received += data.len() as u64;
        stream.active_at = shared.io.now;
        if stream.received > stream.credit {
            if let Some(stream) = self.streams.inbound.remove(&number) {
                stream.fail(shared, Code::Protocol);
            }
            return refuse(shared, link, number, Code::Protocol);
        }
        match &mut stream.content {
            Content::Message(buffer) => {
                buffer.extend_from_slice(data);
                stream.taken = stream.received;
                stream.grant(shared, link, number);
            }
            Content::File { .. } => {
                let (stream, data) = (stream.id, data.to_vec());
                shared.io.event(Event::FileData { stream, data });
            }
        }
        self.complete(shared, number);
    }

    /// Ends a stream whose last byte has come.
    fn complete(&mut self, shared: &mut Shared, number: u32) {
        let whole = |stream: &Inbound| {
            stream.received == stream.size
                && !matches!(stream.content, Content::File { accepted: false })
        };
        if !self.streams.inbound.get(&number).is_some_and(whole) {
            return;
        }
        let Some(stream) = self.streams.inbound.remove(&number) else { return };
        if let Some(link) = &mut self.link {
            link.control(&mut shared.io, &LinkFrame::Done { stream: number });
        }
        match stream.content {
            Content::Message(payload) => {
                self.deliver(shared, stream.room, stream.kind, &stream.label, payload);
            }
            Content::File { .. } => shared.io.event(Event::FileEnd { stream: stream.id }),
        }
    }

    /// The application accepts a file.
    pub(crate) fn accept_file(
        &mut self,
        shared: &mut Shared,
        number: u32,
    ) -> Result<(), StreamError> {
        let link = self.link.as_mut().ok_or(StreamError::StreamUnknown)?;
        let stream = self.streams.inbound.get_mut(&number).ok_or(StreamError::StreamUnknown)?;
        match &mut stream.content {
            Content::File { accepted } if !*accepted => *accepted = true,
            Content::File { .. } | Content::Message(_) => {
                return Err(StreamError::InvalidArgument);
            }
        }
        stream.active_at = shared.io.now;
        stream.grant(shared, link, number);
        self.complete(shared, number);
        Ok(())
    }

    /// The application has taken bytes of a file. Whatever is left of a stream that is complete
    /// needs no more credit, so an unknown number is no error here.
    pub(crate) fn take(&mut self, shared: &mut Shared, number: u32, bytes: u64) {
        let Some(link) = &mut self.link else { return };
        if let Some(stream) = self.streams.inbound.get_mut(&number) {
            stream.taken = stream.received.min(stream.taken + bytes);
            stream.active_at = shared.io.now;
            stream.grant(shared, link, number);
        }
    }
}

fn refuse(shared: &mut Shared, link: &mut Link, number: u32, code: Code) {
    link.control(&mut shared.io, &LinkFrame::Reset { stream: number, code });
}
