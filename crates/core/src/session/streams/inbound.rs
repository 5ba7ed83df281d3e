//! The receiving half of streams.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::link::{Body, Envelope, Kind, LinkFrame};
use lacis_wire::{Code, limits};

use super::{Streams, parity};
use crate::connect::Link;
use crate::cx::Cx;
use crate::error::StreamError;
use crate::event::Event;
use crate::ids::{RoomId, StreamId};
use crate::session::Session;
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
    pub(crate) fn fail(self, cx: &mut Cx, code: Code) {
        if matches!(self.content, Content::File { .. }) {
            cx.event(Event::StreamFailed { stream: self.id, code });
        }
    }

    pub(crate) fn idle_deadline(&self) -> Timestamp {
        self.active_at
            + match self.content {
                Content::Message(_) => limits::STREAM_IDLE,
                Content::File { .. } => limits::DEADLINE_MAX,
            }
    }

    /// A new link: its sender will name it again, and wait to hear how far it is.
    pub(crate) const fn on_new_link(&mut self, now: Timestamp) {
        self.active_at = now;
    }

    const fn is_accepted(&self) -> bool {
        !matches!(self.content, Content::File { accepted: false })
    }

    /// Grants as much as the window allows, if that is worth a frame.
    fn grant(&mut self, cx: &mut Cx, link: &mut Link, number: u32) {
        if self.taken - self.told >= TELL_EVERY || self.taken == self.size {
            self.tell(cx, link, number);
        }
    }

    /// Tells how far it is and what may follow.
    fn tell(&mut self, cx: &mut Cx, link: &mut Link, number: u32) {
        let upto = self.size.min(self.taken + limits::STREAM_WINDOW_BYTES);
        let (received, taken) = (self.received, self.taken);
        (self.credit, self.told) = (upto, taken);
        let frame = LinkFrame::Credit { stream: number, received, upto, taken };
        link.control(cx, &frame);
    }
}

impl Streams {
    fn reassembling(&self) -> u64 {
        let messages = self.inbound.values().filter(|s| matches!(s.content, Content::Message(_)));
        messages.map(|stream| stream.size).sum()
    }

    /// Bytes of messages that are not whole yet.
    pub(crate) fn gathered(&self) -> usize {
        let gathered = self.inbound.values().map(|stream| match &stream.content {
            Content::Message(buffer) => buffer.len(),
            Content::File { .. } => 0,
        });
        gathered.sum()
    }

    /// Ends the messages that are not whole yet, of a remote that has no link.
    pub(crate) fn end_messages(&mut self, cx: &mut Cx) {
        let is_message = |stream: &Inbound| matches!(stream.content, Content::Message(_));
        let inbound = self.inbound.iter().filter(|(_, stream)| is_message(stream));
        for number in inbound.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.end_theirs(cx, &mut None, number, Code::Busy);
        }
    }

    pub(crate) fn inbound_number(&self, id: StreamId) -> Option<u32> {
        self.inbound.iter().find(|(_, stream)| stream.id == id).map(|(number, _)| *number)
    }
}

impl Session {
    /// The other side opens a stream, or names one of an earlier link again, in a room that is
    /// shared if there is one.
    pub(crate) fn on_open(
        &mut self,
        cx: &mut Cx,
        link: &mut Link,
        number: u32,
        (room, envelope): (Option<RoomId>, &Envelope<'_>),
        (body, size): (Body, u64),
    ) {
        let theirs = parity(self.node, cx.me.node);
        let streams = &mut self.streams;
        if let Some(stream) = streams.inbound.get_mut(&number) {
            if room == Some(stream.room) && stream.size == size {
                return if stream.is_accepted() {
                    stream.tell(cx, link, number)
                };
            }
            return streams.end_theirs(cx, &mut Some(link), number, Code::Protocol);
        }
        if number % 2 == theirs && number <= streams.heard_of {
            return streams.repeat_end(cx, link, number);
        }
        let full = streams.inbound.len() >= limits::STREAMS_MAX;
        let large = body == Body::Message
            && streams.reassembling() + size > limits::REASSEMBLY_BYTES as u64;
        let refused = match room {
            _ if number % 2 != theirs => Err(Code::Protocol),
            None => Err(Code::NotInRoom),
            Some(_) if full || large => Err(Code::Busy),
            Some(room) => Ok(room),
        };
        if number % 2 == theirs {
            streams.heard_of = number;
        }
        match refused {
            Ok(room) => self.receive(cx, link, number, (room, envelope), (body, size)),
            Err(code) => streams.end_theirs(cx, &mut Some(link), number, code),
        }
    }

    /// A stream of the other side begins.
    fn receive(
        &mut self,
        cx: &mut Cx,
        link: &mut Link,
        number: u32,
        (room, envelope): (RoomId, &Envelope<'_>),
        (body, size): (Body, u64),
    ) {
        let id = cx.stream_id();
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
            active_at: cx.now,
        };
        match body {
            Body::Message => stream.tell(cx, link, number),
            Body::File { name, media_type } => {
                let node = self.node;
                cx.event(Event::File { stream: id, room, node, name, media_type, size });
            }
        }
        self.streams.inbound.insert(number, stream);
        self.complete(cx, Some(link), number);
    }

    /// The next bytes of a stream. More than was granted, or announced, breaks the protocol.
    pub(crate) fn on_chunk(&mut self, cx: &mut Cx, link: &mut Link, number: u32, data: &[u8]) {
        let streams = &mut self.streams;
        let Some(stream) = streams.inbound.get_mut(&number) else { return };
        stream.active_at = cx.now;
        if stream.received + data.len() as u64 > stream.credit {
            return streams.end_theirs(cx, &mut Some(link), number, Code::Protocol);
        }
        stream.received += data.len() as u64;
        match &mut stream.content {
            Content::Message(buffer) => {
                buffer.extend_from_slice(data);
                stream.taken = stream.received;
                stream.grant(cx, link, number);
            }
            Content::File { .. } => {
                let (stream, data) = (stream.id, data.to_vec());
                cx.event(Event::FileData { stream, data });
            }
        }
        self.complete(cx, Some(link), number);
    }

    /// Ends a stream whose last byte has come.
    fn complete(&mut self, cx: &mut Cx, mut link: Option<&mut Link>, number: u32) {
        let whole = |stream: &Inbound| stream.received == stream.size && stream.is_accepted();
        if !self.streams.inbound.get(&number).is_some_and(whole) {
            return;
        }
        let Some(stream) = self.streams.inbound.remove(&number) else { return };
        self.streams.note_end(cx, &mut link, number, Ok(()));
        match stream.content {
            Content::Message(payload) => {
                self.deliver(cx, stream.room, stream.kind, &stream.label, payload);
            }
            Content::File { .. } => cx.event(Event::FileEnd { stream: stream.id }),
        }
    }

    /// The application accepts a file. While there is no link, the sender hears of it on the next.
    pub(crate) fn accept_file(
        &mut self,
        cx: &mut Cx,
        mut link: Option<&mut Link>,
        number: u32,
    ) -> Result<(), StreamError> {
        let stream = self.streams.inbound.get_mut(&number).ok_or(StreamError::StreamUnknown)?;
        match &mut stream.content {
            Content::File { accepted } if !*accepted => *accepted = true,
            Content::File { .. } | Content::Message(_) => {
                return Err(StreamError::InvalidArgument);
            }
        }
        stream.active_at = cx.now;
        if let Some(link) = &mut link {
            stream.tell(cx, link, number);
        }
        self.complete(cx, link, number);
        Ok(())
    }

    /// The application has taken bytes of a file. Whatever is left of a stream that is complete
    /// needs no more credit, so an unknown number is no error here.
    pub(crate) fn take(&mut self, cx: &mut Cx, link: Option<&mut Link>, number: u32, bytes: u64) {
        let Some(stream) = self.streams.inbound.get_mut(&number) else { return };
        stream.taken = stream.received.min(stream.taken + bytes);
        stream.active_at = cx.now;
        if let Some(link) = link {
            stream.grant(cx, link, number);
        }
    }
}
