//! Streams to and from one remote: messages too large for one frame, and files.
//!
//! The receiver grants credit, so that a slow one is never overrun; the sender takes turns between
//! streams chunk by chunk, so that a large one does not hold up a small one. Like messages, streams
//! belong to the remote and outlive its links: on a new one the sender names those that are not
//! done, and goes on where the receiver says that it is.

mod inbound;
mod outbound;
mod pace;
mod turns;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::link::{Body, Kind, LinkFrame};
use lacis_wire::{Code, NodeId, limits};

use super::Outgoing;
use crate::connect::Link;
use crate::cx::Cx;
use crate::error::{SendError, StreamError};
use crate::event::Event;
use crate::ids::{RoomId, StreamId, Ticket};
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};
use inbound::Inbound;
use outbound::Outbound;
use pace::Pace;

/// The streams between this node and one remote.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// At most [`limits::STREAMS_MAX`].
    pub(crate) outbound: Table<StreamId, Outbound>,
    /// At most [`limits::STREAMS_MAX`].
    pub(crate) inbound: Table<u32, Inbound>,
    /// Counts the streams we opened; with our parity it makes their numbers.
    pub(crate) opened: u32,
    /// The greatest number that the other side opened.
    pub(crate) heard_of: u32,
    /// How the last streams of the other side ended: what told it may have been lost with a link.
    /// It has at most [`limits::STREAMS_MAX`] of which it does not know.
    ended: VecDeque<(u32, Result<(), Code>)>,
    /// The last streams that we ended early. That, too, is said again on the next link.
    given_up: VecDeque<(u32, Code)>,
    /// The stream that sent last, for taking turns.
    pub(crate) turn: Option<StreamId>,
    pub(crate) pace: Pace,
}

/// Of two nodes the one with the smaller id numbers its streams evenly, the other oddly.
pub(crate) fn parity(opener: NodeId, other: NodeId) -> u32 {
    u32::from(opener > other)
}

impl Streams {
    /// A new link: everything that was under way is named again. If the other side has forgotten
    /// us, or is met for the first time, it knows nothing of what there was.
    pub(crate) fn on_link(&mut self, cx: &mut Cx, link: &mut Link, is_known: bool) {
        if !is_known {
            self.heard_of = 0;
            self.ended.clear();
            self.given_up.clear();
            let known = self.outbound.take_where(|_, stream| stream.number.is_some());
            for (id, stream) in known {
                stream.fail(cx, id, Code::LinkLost);
            }
            for (_, stream) in self.inbound.drain() {
                stream.fail(cx, Code::LinkLost);
            }
        }
        for stream in self.outbound.values_mut() {
            stream.on_new_link(cx.now);
        }
        for stream in self.inbound.values_mut() {
            stream.on_new_link(cx.now);
        }
        for &(stream, code) in &self.given_up {
            link.control(cx, &LinkFrame::Reset { stream, code });
        }
    }

    /// Takes a message that is sent in pieces.
    pub(crate) fn open_message(&mut self, cx: &mut Cx, message: Outgoing) -> Result<(), SendError> {
        let messages = self.outbound.values().filter(|stream| !stream.is_file());
        let waiting: usize = messages.map(|stream| stream.head.payload.len()).sum();
        let size = message.payload.len();
        if waiting + size > limits::BULK_BYTES || self.outbound.len() >= limits::STREAMS_MAX {
            return Err(SendError::WouldBlock);
        }
        let payload = Arc::clone(&message.payload);
        let mut stream = Outbound::new(message, Body::Message, size as u64, cx.now);
        stream.write(payload);
        self.outbound.insert(cx.stream_id(), stream);
        Ok(())
    }

    /// Offers a file.
    pub(crate) fn open_file(
        &mut self,
        cx: &Cx,
        (id, ticket): (StreamId, Ticket),
        head: Outgoing,
        body: Body,
        size: u64,
    ) -> Result<(), SendError> {
        if self.outbound.len() >= limits::STREAMS_MAX {
            return Err(SendError::WouldBlock);
        }
        let mut stream = Outbound::new(head, body, size, cx.now);
        stream.opening = Some(ticket);
        self.outbound.insert(id, stream);
        Ok(())
    }

    /// Whether there is a stream to the other side.
    pub(crate) fn is_sending(&self) -> bool {
        !self.outbound.is_empty()
    }

    /// Whether no stream is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.outbound.is_empty() && self.inbound.is_empty()
    }

    pub(crate) fn has_outbound(&self, id: StreamId) -> bool {
        self.outbound.contains_key(&id)
    }

    /// The rooms in which streams go out, and when something was sent of each last.
    pub(super) fn waiting_since(&self) -> impl Iterator<Item = (RoomId, Timestamp)> {
        self.outbound.values().map(|stream| (stream.head.room, stream.active_at))
    }

    /// The application writes the next bytes of a file.
    pub(crate) fn write(
        &mut self,
        id: StreamId,
        ticket: Ticket,
        data: Vec<u8>,
    ) -> Result<(), StreamError> {
        let stream = self.outbound.get_mut(&id).ok_or(StreamError::StreamUnknown)?;
        if stream.written + data.len() as u64 > stream.size {
            return Err(StreamError::TooLarge);
        }
        if data.len() > limits::WRITE_AHEAD_BYTES || stream.finishing.is_some() {
            return Err(StreamError::InvalidArgument);
        }
        stream.write(Arc::new(data));
        stream.writers.push_back((stream.written, ticket));
        Ok(())
    }

    /// Settles what may be settled at once after a write.
    pub(crate) fn settle_ready(&mut self, cx: &mut Cx, id: StreamId) {
        if let Some(stream) = self.outbound.get_mut(&id) {
            stream.settle_writers(cx);
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

    /// The application gives up a stream in either direction; the other side is told.
    pub(crate) fn cancel_stream(
        &mut self,
        cx: &mut Cx,
        mut link: Option<&mut Link>,
        id: StreamId,
        code: Code,
    ) {
        let number = self.inbound.iter().find(|(_, stream)| stream.id == id).map(|(it, _)| *it);
        if let Some(stream) = self.outbound.remove(&id) {
            self.end_ours(cx, &mut link, id, stream, code);
        } else if let Some(number) = number {
            self.end_theirs(cx, &mut link, number, code);
        }
    }

    /// The bytes of files that are kept until the receiver has them.
    pub(crate) fn kept_bytes(&self) -> usize {
        let files = self.outbound.values().filter(|stream| stream.is_file());
        files.map(|stream| stream.kept.bytes()).sum()
    }

    /// The number and handle of the stream that has a number.
    fn by_number(&mut self, number: u32) -> Option<(StreamId, &mut Outbound)> {
        let found = self.outbound.iter_mut().find(|(_, stream)| stream.number == Some(number))?;
        Some((*found.0, found.1))
    }

    pub(crate) fn on_credit(
        &mut self,
        cx: &mut Cx,
        mut link: Option<&mut Link>,
        number: u32,
        (received, upto, taken): (u64, u64, u64),
    ) {
        let now = cx.now;
        let Some((id, stream)) = self.by_number(number) else { return };
        let before = stream.progress();
        if !stream.on_credit(received, upto, taken) {
            if let Some(stream) = self.outbound.remove(&id) {
                self.end_ours(cx, &mut link, id, stream, Code::Protocol);
            }
            return;
        }
        // Whoever repeats what it said does not take more.
        if stream.progress() != before {
            stream.active_at = now;
        }
        let opening = stream.opening.take();
        if stream.is_file() {
            let (sent, taken) = (stream.sent, stream.taken);
            cx.event(Event::Progress { stream: id, sent, taken });
        }
        if let Some(ticket) = opening {
            cx.settle(ticket, Ok(()));
        }
    }

    pub(crate) fn on_done(&mut self, cx: &mut Cx, number: u32) {
        let Some((id, stream)) = self.by_number(number) else { return };
        if stream.sent < stream.size {
            return;
        }
        let Some(stream) = self.outbound.remove(&id) else { return };
        if stream.is_file() {
            let (sent, taken) = (stream.size, stream.size);
            cx.event(Event::Progress { stream: id, sent, taken });
            if stream.finishing.is_none() {
                remember(&mut cx.arrived, id);
            }
        }
        for ticket in stream.into_tickets() {
            cx.settle(ticket, Ok(()));
        }
    }

    pub(crate) fn on_reset(&mut self, cx: &mut Cx, number: u32, code: Code) {
        let found = self.by_number(number).map(|(id, _)| id);
        if let Some((id, stream)) = found.and_then(|id| Some((id, self.outbound.remove(&id)?))) {
            stream.fail(cx, id, code);
        } else if let Some(stream) = self.inbound.remove(&number) {
            stream.fail(cx, code);
        }
    }

    /// The remote is given up. Both sides say the same.
    pub(crate) fn on_gone(&mut self, cx: &mut Cx, code: Code) {
        for (_, stream) in self.inbound.drain() {
            stream.fail(cx, code);
        }
        for (id, stream) in self.outbound.drain() {
            stream.fail(cx, id, code);
        }
    }

    pub(crate) fn on_room_left(
        &mut self,
        cx: &mut Cx,
        link: Option<&mut Link>,
        room: RoomId,
        code: Code,
    ) {
        self.drop_where(cx, link, code, |stream| stream.head.room == room, |s| s.room == room);
    }

    pub(crate) fn on_timeout(&mut self, cx: &mut Cx, link: Option<&mut Link>) {
        let now = cx.now;
        let is_linked = link.is_some();
        let late = |at: Timestamp| now >= at;
        let idle = |stream: &Outbound| stream.idle_deadline(is_linked).is_some_and(late);
        let silent = |stream: &Inbound| is_linked && late(stream.idle_deadline());
        self.drop_where(cx, link, Code::Timeout, idle, silent);
    }

    fn drop_where(
        &mut self,
        cx: &mut Cx,
        mut link: Option<&mut Link>,
        code: Code,
        outbound: impl Fn(&Outbound) -> bool,
        inbound: impl Fn(&Inbound) -> bool,
    ) {
        for (id, stream) in self.outbound.take_where(|_, stream| outbound(stream)) {
            self.end_ours(cx, &mut link, id, stream, code);
        }
        let inbound = self.inbound.iter().filter(|(_, stream)| inbound(stream));
        for number in inbound.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.end_theirs(cx, &mut link, number, code);
        }
    }

    /// Ends a stream that we send; the other side is told now or on the next link.
    fn end_ours(
        &mut self,
        cx: &mut Cx,
        link: &mut Option<&mut Link>,
        id: StreamId,
        ours: Outbound,
        code: Code,
    ) {
        if let Some(stream) = ours.number {
            remember(&mut self.given_up, (stream, code));
            if let Some(link) = link {
                link.control(cx, &LinkFrame::Reset { stream, code });
            }
        }
        ours.fail(cx, id, code);
    }

    /// Ends a stream that comes, without success.
    pub(crate) fn end_theirs(
        &mut self,
        cx: &mut Cx,
        link: &mut Option<&mut Link>,
        number: u32,
        code: Code,
    ) {
        if let Some(stream) = self.inbound.remove(&number) {
            stream.fail(cx, code);
        }
        self.note_end(cx, link, number, Err(code));
    }

    /// Tells the sender how its stream ended, and remembers it in case that is lost.
    pub(crate) fn note_end(
        &mut self,
        cx: &mut Cx,
        link: &mut Option<&mut Link>,
        number: u32,
        result: Result<(), Code>,
    ) {
        remember(&mut self.ended, (number, result));
        if let Some(link) = link {
            say_end(cx, link, number, result);
        }
    }

    /// The sender names a stream of which it does not know that it has ended.
    pub(crate) fn repeat_end(&self, cx: &mut Cx, link: &mut Link, number: u32) {
        let known = self.ended.iter().find(|(ended, _)| *ended == number);
        // What is remembered no more nobody can tell.
        say_end(cx, link, number, known.map_or(Err(Code::LinkLost), |(_, result)| *result));
    }

    /// Questions that nobody waits for any more are not asked.
    pub(super) fn drop_questions(&mut self, cx: &mut Cx, link: Option<&mut Link>, over: &[u32]) {
        let is_over = |kind: Kind| matches!(kind, Kind::Request { id } if over.contains(&id));
        if !over.is_empty() {
            let of_one = |stream: &Outbound| is_over(stream.head.kind);
            self.drop_where(cx, link, Code::Aborted, of_one, |_| false);
        }
    }

    pub(crate) fn cancel(&mut self, cx: &mut Cx, link: Option<&mut Link>, ticket: Ticket) {
        self.drop_where(cx, link, Code::Aborted, |stream| stream.awaits(ticket), |_| false);
    }

    pub(crate) fn deadlines(&self, is_linked: bool, earliest: &mut Earliest) {
        let outbound = self.outbound.values().filter_map(|it| it.idle_deadline(is_linked));
        let inbound = self.inbound.values().filter(|_| is_linked).map(Inbound::idle_deadline);
        earliest.see(outbound.chain(inbound).min(), Timer::Stream);
    }
}

/// Keeps the last of what a link that breaks may have lost. No more streams than that are open.
fn remember<T>(last: &mut VecDeque<T>, news: T) {
    last.push_back(news);
    if last.len() > limits::STREAMS_MAX {
        last.pop_front();
    }
}

fn say_end(cx: &mut Cx, link: &mut Link, stream: u32, result: Result<(), Code>) {
    let frame = match result {
        Ok(()) => LinkFrame::Done { stream },
        Err(code) => LinkFrame::Reset { stream, code },
    };
    link.control(cx, &frame);
}
