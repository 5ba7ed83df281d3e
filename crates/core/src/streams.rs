//! Streams to and from one member: messages too large for one frame, and files.
//!
//! The receiver grants credit, so that a slow one is never overrun; the sender takes turns between
//! streams chunk by chunk, so that a large one does not hold up a small one. Streams live as long
//! as the link they were opened on.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::link::{Body, Channel, Envelope, LinkFrame};
use lacis_wire::proof::Role;
use lacis_wire::{Code, limits};

use crate::error::{SendError, StreamError};
use crate::inbound::Inbound;
use crate::io::{Event, RoomId, StreamId, Ticket, Until};
use crate::link::Link;
use crate::member::Member;
use crate::messages::Outgoing;
use crate::pace::Pace;
use crate::shared::Shared;
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};

/// The streams between this node and one member.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    outbound: Table<StreamId, Outbound>,
    pub(crate) inbound: Table<u32, Inbound>,
    /// Counts the streams we opened; with the parity of our role it makes their numbers.
    opened: u32,
    parity: u32,
    /// The stream that sent last, for taking turns.
    turn: Option<StreamId>,
    pace: Pace,
}

/// A stream that we send.
#[derive(Debug)]
struct Outbound {
    /// Its number on the link, once it was opened there.
    number: Option<u32>,
    head: Outgoing,
    body: Body,
    size: u64,
    /// Bytes the application has written.
    written: u64,
    sent: u64,
    credit: u64,
    taken: u64,
    queue: VecDeque<(Arc<Vec<u8>>, usize)>,
    /// Writes that wait until their last byte is near the front, by that byte's position.
    writers: VecDeque<(u64, Ticket)>,
    /// Settled when the receiver has accepted the file.
    opening: Option<Ticket>,
    /// Settled when the receiver has every byte.
    finishing: Option<Ticket>,
    active_at: Timestamp,
}

impl Outbound {
    fn queued(&self) -> u64 {
        self.written - self.sent
    }

    fn is_file(&self) -> bool {
        matches!(self.body, Body::File { .. })
    }

    /// Settles everything that waits for this stream.
    fn fail(self, shared: &mut Shared, id: StreamId, code: Code) {
        let own = self.head.ticket.map(|(ticket, _)| ticket);
        let writers = self.writers.into_iter().map(|(_, ticket)| ticket);
        for ticket in own.into_iter().chain(self.opening).chain(writers).chain(self.finishing) {
            shared.settle(ticket, Err(code));
        }
        if matches!(self.body, Body::File { .. }) {
            shared.io.event(Event::StreamFailed { stream: id, code });
        }
    }

    /// When a stream that waits for the other side is given up. One that waits for its turn on the
    /// link is as good as the link.
    fn idle_deadline(&self) -> Option<Timestamp> {
        if self.is_file() {
            return Some(self.active_at + limits::DEADLINE_MAX);
        }
        let waits = self.number.is_some() && !self.may_send();
        waits.then(|| self.active_at + limits::STREAM_IDLE)
    }

    /// Whether there is something to send, and credit for it.
    fn may_send(&self) -> bool {
        self.queued() > 0 && self.credit > self.sent
    }
}

impl Streams {
    pub(crate) fn on_link(&mut self, role: Role) {
        self.parity = match role {
            Role::Offerer => 0,
            Role::Answerer => 1,
        };
    }

    /// Takes a message that is sent in pieces.
    pub(crate) fn open_message(
        &mut self,
        shared: &mut Shared,
        message: Outgoing,
    ) -> Result<(), SendError> {
        let waiting: usize = self
            .outbound
            .values()
            .filter(|stream| !stream.is_file())
            .map(|stream| stream.head.payload.len())
            .sum();
        let size = message.payload.len();
        if waiting + size > limits::BULK_BYTES || self.outbound.len() >= limits::STREAMS_MAX {
            return Err(SendError::WouldBlock);
        }
        let payload = Arc::clone(&message.payload);
        let id = shared.io.stream_id();
        let mut stream = self.outbound(shared, message, Body::Message, size as u64);
        stream.written = size as u64;
        stream.queue.push_back((payload, 0));
        self.outbound.insert(id, stream);
        Ok(())
    }

    /// Offers a file.
    pub(crate) fn open_file(
        &mut self,
        shared: &mut Shared,
        head: Outgoing,
        body: Body,
        size: u64,
        ticket: Ticket,
    ) -> Result<StreamId, SendError> {
        if self.outbound.len() >= limits::STREAMS_MAX {
            return Err(SendError::WouldBlock);
        }
        let id = shared.io.stream_id();
        let mut stream = self.outbound(shared, head, body, size);
        stream.opening = Some(ticket);
        self.outbound.insert(id, stream);
        Ok(id)
    }

    fn outbound(&self, shared: &Shared, head: Outgoing, body: Body, size: u64) -> Outbound {
        Outbound {
            number: None,
            head,
            body,
            size,
            written: 0,
            sent: 0,
            credit: 0,
            taken: 0,
            queue: VecDeque::new(),
            writers: VecDeque::new(),
            opening: None,
            finishing: None,
            active_at: shared.io.now,
        }
    }

    pub(crate) fn has_outbound(&self, id: StreamId) -> bool {
        self.outbound.contains_key(&id)
    }

    /// The application writes the next bytes of a file.
    pub(crate) fn write(
        &mut self,
        id: StreamId,
        ticket: Ticket,
        data: Vec<u8>,
    ) -> Result<(), StreamError> {
        let stream = self.outbound.get_mut(&id).ok_or(StreamError::StreamUnknown)?;
        let written = stream.written + data.len() as u64;
        if written > stream.size {
            return Err(StreamError::TooLarge);
        }
        if data.len() > limits::WRITE_AHEAD_BYTES || stream.finishing.is_some() {
            return Err(StreamError::InvalidArgument);
        }
        stream.written = written;
        stream.writers.push_back((written, ticket));
        if !data.is_empty() {
            stream.queue.push_back((Arc::new(data), 0));
        }
        Ok(())
    }

    /// Settles what may be settled at once after a write.
    pub(crate) fn settle_ready(&mut self, shared: &mut Shared, id: StreamId) {
        if let Some(stream) = self.outbound.get_mut(&id) {
            stream.settle_writers(shared);
        }
    }

    /// The application has written everything.
    pub(crate) fn finish(&mut self, id: StreamId, ticket: Ticket) -> Result<(), StreamError> {
        let stream = self.outbound.get_mut(&id).ok_or(StreamError::StreamUnknown)?;
        if stream.written != stream.size || stream.finishing.is_some() {
            return Err(StreamError::InvalidArgument);
        }
        stream.finishing = Some(ticket);
        Ok(())
    }

    /// The application gives up a stream of ours; tells its number if the other side knows it.
    pub(crate) fn abort(&mut self, shared: &mut Shared, id: StreamId, code: Code) -> Option<u32> {
        let stream = self.outbound.remove(&id)?;
        let number = stream.number;
        stream.fail(shared, id, code);
        number
    }

    /// The number and handle of the stream that has a number.
    fn by_number(&mut self, number: u32) -> Option<(StreamId, &mut Outbound)> {
        let found = self.outbound.iter_mut().find(|(_, stream)| stream.number == Some(number))?;
        Some((*found.0, found.1))
    }

    pub(crate) fn on_credit(&mut self, shared: &mut Shared, number: u32, upto: u64, taken: u64) {
        let now = shared.io.now;
        let Some((id, stream)) = self.by_number(number) else { return };
        stream.credit = stream.credit.max(upto.min(stream.size));
        stream.taken = stream.taken.max(taken.min(stream.sent));
        stream.active_at = now;
        let opening = stream.opening.take();
        if stream.is_file() {
            let (sent, taken) = (stream.sent, stream.taken);
            shared.io.event(Event::Progress { stream: id, sent, taken });
        }
        if let Some(ticket) = opening {
            shared.settle(ticket, Ok(()));
        }
    }

    pub(crate) fn on_done(&mut self, shared: &mut Shared, number: u32) {
        let Some((id, stream)) = self.by_number(number) else { return };
        if stream.sent < stream.size {
            return;
        }
        let Some(stream) = self.outbound.remove(&id) else { return };
        if stream.is_file() {
            let (sent, taken) = (stream.size, stream.size);
            shared.io.event(Event::Progress { stream: id, sent, taken });
        }
        let own = stream.head.ticket.map(|(ticket, _)| ticket);
        let writers = stream.writers.into_iter().map(|(_, ticket)| ticket);
        for ticket in own.into_iter().chain(stream.opening).chain(writers).chain(stream.finishing) {
            shared.settle(ticket, Ok(()));
        }
    }

    pub(crate) fn on_reset(&mut self, shared: &mut Shared, number: u32, code: Code) {
        if let Some((id, _)) = self.by_number(number) {
            self.abort(shared, id, code);
        } else if let Some(stream) = self.inbound.remove(&number) {
            stream.fail(shared, code);
        }
    }

    /// Streams end with their link; what was not opened yet waits for the next one.
    pub(crate) fn on_link_lost(&mut self, shared: &mut Shared, code: Code) {
        let opened = self.outbound.take_where(|_, stream| stream.number.is_some());
        for (id, stream) in opened {
            stream.fail(shared, id, code);
        }
        for (_, stream) in self.inbound.drain() {
            stream.fail(shared, code);
        }
    }

    pub(crate) fn on_gone(&mut self, shared: &mut Shared, code: Code) {
        self.on_link_lost(shared, code);
        for (id, stream) in self.outbound.drain() {
            stream.fail(shared, id, code);
        }
    }

    pub(crate) fn on_room_left(
        &mut self,
        shared: &mut Shared,
        link: Option<&mut Link>,
        room: RoomId,
        code: Code,
    ) {
        self.drop_where(shared, link, code, |stream| stream.head.room == room, |s| s.room == room);
    }

    pub(crate) fn on_timeout(&mut self, shared: &mut Shared, link: Option<&mut Link>) {
        let now = shared.io.now;
        let late = |at: Timestamp| now >= at;
        let idle = |stream: &Outbound| stream.idle_deadline().is_some_and(late);
        self.drop_where(shared, link, Code::Timeout, idle, |stream| late(stream.idle_deadline()));
    }

    fn drop_where(
        &mut self,
        shared: &mut Shared,
        mut link: Option<&mut Link>,
        code: Code,
        outbound: impl Fn(&Outbound) -> bool,
        inbound: impl Fn(&Inbound) -> bool,
    ) {
        let mut reset = |shared: &mut Shared, number: u32| {
            if let Some(link) = &mut link {
                link.control(&mut shared.io, &LinkFrame::Reset { stream: number, code });
            }
        };
        for (id, stream) in self.outbound.take_where(|_, stream| outbound(stream)) {
            if let Some(number) = stream.number {
                reset(shared, number);
            }
            stream.fail(shared, id, code);
        }
        for (number, stream) in self.inbound.take_where(|_, stream| inbound(stream)) {
            reset(shared, number);
            stream.fail(shared, code);
        }
    }

    pub(crate) fn cancel(&mut self, shared: &mut Shared, link: Option<&mut Link>, ticket: Ticket) {
        let own = |stream: &Outbound| {
            stream.head.ticket.is_some_and(|(t, _)| t == ticket)
                || stream.opening == Some(ticket)
                || stream.finishing == Some(ticket)
                || stream.writers.iter().any(|(_, t)| *t == ticket)
        };
        self.drop_where(shared, link, Code::Aborted, own, |_| false);
    }

    pub(crate) fn deadlines(&self, earliest: &mut Earliest) {
        let outbound = self.outbound.values().filter_map(Outbound::idle_deadline);
        let inbound = self.inbound.values().map(Inbound::idle_deadline);
        earliest.see(outbound.chain(inbound).min(), Timer::Stream);
    }

    /// The stream whose turn it is among those that may send.
    fn next_turn(&self, is_named: impl Fn(RoomId) -> bool) -> Option<StreamId> {
        let open = self.outbound.values().filter(|stream| stream.number.is_some());
        let assembled: u64 =
            open.filter(|stream| !stream.is_file()).map(|stream| stream.size).sum();
        // What the other side puts together is bounded; it would refuse more.
        let has_place = |stream: &Outbound| {
            stream.is_file() || assembled + stream.size <= limits::REASSEMBLY_BYTES as u64
        };
        let ready = |stream: &Outbound| {
            let goes_on = match stream.number {
                Some(_) => stream.may_send(),
                None => has_place(stream),
            };
            goes_on && is_named(stream.head.room)
        };
        let mut ids = self.outbound.iter().filter(|(_, stream)| ready(stream)).map(|(id, _)| *id);
        let first = ids.next()?;
        let after = self.turn.filter(|turn| *turn >= first);
        Some(after.and_then(|turn| ids.find(|id| *id > turn)).unwrap_or(first))
    }
}

impl Member {
    pub(crate) fn pump_streams(&mut self, shared: &mut Shared, link: &mut Link) {
        // Before the answerer has shown that it accepts us, bulk could overtake our proof.
        while link.accepted && link.has_room(Channel::Bulk) {
            // Until the other side has said on this link that it is in a room, that room's wait.
            let is_named = |room| self.our_tag(room).is_some();
            let Some(id) = self.streams.next_turn(is_named) else { break };
            self.streams.turn = Some(id);
            let room = self.streams.outbound.get(&id).map(|stream| stream.head.room);
            let Some(tag) = room.and_then(|room| self.our_tag(room)) else { break };
            self.streams.advance(shared, link, id, tag);
        }
    }
}

impl Streams {
    /// Sends the next frame of one stream.
    fn advance(
        &mut self,
        shared: &mut Shared,
        link: &mut Link,
        id: StreamId,
        room: lacis_wire::RoomTag,
    ) {
        let Some(stream) = self.outbound.get_mut(&id) else { return };
        stream.active_at = shared.io.now;
        let Some(number) = stream.number else {
            self.opened = self.opened.wrapping_add(1);
            let number = self.opened.wrapping_mul(2).wrapping_add(self.parity);
            stream.number = Some(number);
            let envelope = Envelope { room, kind: stream.head.kind, label: &stream.head.label };
            let (body, size) = (stream.body.clone(), stream.size);
            let frame = LinkFrame::Open { stream: number, envelope, body, size };
            link.send(&mut shared.io, Channel::Bulk, &frame);
            return;
        };
        let Some((chunk, at)) = stream.queue.front_mut() else { return };
        let allowed = usize::try_from(stream.credit - stream.sent).unwrap_or(usize::MAX);
        let rest = chunk.get(*at..).unwrap_or_default();
        let most = self.pace.chunk_bytes(rest.len(), link.payload_bytes()).min(allowed);
        let data = rest.get(..most).unwrap_or(rest);
        let count = data.len();
        link.send(&mut shared.io, Channel::Bulk, &LinkFrame::Chunk { stream: number, data });
        *at += count;
        if *at >= chunk.len() {
            stream.queue.pop_front();
        }
        stream.sent += count as u64;
        self.pace.on_sent(shared.io.now, count);
        stream.settle_writers(shared);
    }
}

impl Outbound {
    fn settle_writers(&mut self, shared: &mut Shared) {
        let reached = self.sent + limits::WRITE_AHEAD_BYTES as u64;
        while let Some((_, ticket)) = self.writers.pop_front_if(|(end, _)| *end <= reached) {
            shared.settle(ticket, Ok(()));
        }
        if self.sent == self.size
            && let Some((ticket, _)) =
                self.head.ticket.take_if(|(_, until)| *until == Until::Accepted)
        {
            shared.settle(ticket, Ok(()));
        }
    }
}
