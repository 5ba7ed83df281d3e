//! Messages to and from one remote: order, acknowledgement, repetition, questions and answers.
//!
//! Interactive messages are numbered across links. One that was sent and not acknowledged is kept
//! and sent again on the next link; the receiver drops what it has already. So a message arrives
//! once, in order, even when the link was replaced in between.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::link::{Channel, Envelope, Kind, LinkFrame};
use lacis_wire::{Code, limits};

use crate::error::SendError;
use crate::io::{Event, MessageKind, Priority, RequestId, RoomId, Ticket, Until};
use crate::link::Link;
use crate::remote::Remote;
use crate::shared::Shared;
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};

/// A message on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) room: RoomId,
    pub(crate) kind: Kind,
    pub(crate) label: String,
    pub(crate) payload: Arc<Vec<u8>>,
    /// What to settle, and when.
    pub(crate) ticket: Option<(Ticket, Until)>,
}

/// The messages between this node and one remote.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    waiting: VecDeque<(Option<u64>, Outgoing)>,
    waiting_bytes: usize,
    unacked: VecDeque<(u64, Outgoing)>,
    unacked_bytes: usize,
    last_sent: u64,
    /// Names the sequence that `last_received` counts.
    remote_session: Option<u64>,
    last_received: u64,
    /// Messages received and not acknowledged yet, and when that is due.
    unconfirmed: usize,
    unconfirmed_bytes: usize,
    ack_due: Option<Timestamp>,
    questions: Table<u32, Question>,
    next_question: u32,
    /// Requests of the remote that our application has not answered.
    asked: Table<RequestId, (RoomId, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Question {
    ticket: Ticket,
    room: RoomId,
    deadline: Timestamp,
}

/// Unacknowledged messages after which an acknowledgement is sent without delay.
const ACK_EVERY: usize = 32;
/// The same for their bytes: their sender waits when too many are on the way.
const ACK_EVERY_BYTES: usize = limits::UNACKED_BYTES / 4;

impl Messages {
    /// A new link: what was not acknowledged goes first again. If the remote has forgotten us in
    /// between, nobody knows what of that it has had, so it fails instead. Says whether the
    /// sequence is the one of the last link.
    pub(crate) fn on_link(&mut self, shared: &mut Shared, remote_session: u64) -> bool {
        let before = self.remote_session.replace(remote_session);
        let forgotten = before.is_some_and(|before| before != remote_session);
        if before != Some(remote_session) {
            self.last_received = 0;
        }
        for (seq, message) in core::mem::take(&mut self.unacked).into_iter().rev() {
            self.waiting_bytes += message.payload.len();
            self.waiting.push_front((Some(seq), message));
        }
        self.unacked_bytes = 0;
        if forgotten {
            self.on_forgotten(shared);
        }
        before == Some(remote_session)
    }

    fn on_forgotten(&mut self, shared: &mut Shared) {
        while let Some((_, message)) = self.waiting.pop_front_if(|(seq, _)| seq.is_some()) {
            self.waiting_bytes -= message.payload.len();
            fail(shared, &message, Code::LinkLost);
        }
        self.asked.clear();
        // Those whose request has not been sent yet are as good as new.
        let unsent: Vec<u32> =
            self.waiting.iter().filter_map(|(_, message)| question_of(message)).collect();
        for (_, question) in self.questions.take_where(|id, _| !unsent.contains(id)) {
            shared.settle(question.ticket, Err(Code::LinkLost));
        }
    }

    fn on_unconfirmed(&mut self, bytes: usize, due: Timestamp) {
        self.unconfirmed += 1;
        self.unconfirmed_bytes += bytes;
        self.ack_due = Some(self.ack_due.map_or(due, |earlier| earlier.min(due)));
    }

    const fn on_acknowledged(&mut self) {
        (self.unconfirmed, self.unconfirmed_bytes, self.ack_due) = (0, 0, None);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.unacked.is_empty()
    }

    fn on_ack(&mut self, shared: &mut Shared, upto: u64) {
        while self.unacked.front().is_some_and(|(seq, _)| *seq <= upto) {
            let Some((_, message)) = self.unacked.pop_front() else { break };
            self.unacked_bytes -= message.payload.len();
            if let Some((ticket, Until::Delivered)) = message.ticket {
                shared.settle(ticket, Ok(()));
            }
        }
    }

    /// Nothing of a room that is no longer shared may be sent.
    pub(crate) fn on_room_left(&mut self, shared: &mut Shared, room: RoomId, code: Code) {
        let (gone, kept): (VecDeque<_>, VecDeque<_>) = core::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, message)| message.room == room);
        self.waiting = kept;
        self.waiting_bytes = self.waiting.iter().map(|(_, message)| message.payload.len()).sum();
        for (_, message) in gone {
            fail(shared, &message, code);
        }
        for (_, message) in &mut self.unacked {
            if message.room == room {
                fail(shared, message, code);
                message.ticket = None;
            }
        }
        self.asked.retain(|_, (asked, _)| *asked != room);
        let lost = self.questions.take_where(|_, question| question.room == room);
        for (_, question) in lost {
            shared.settle(question.ticket, Err(code));
        }
    }

    pub(crate) fn on_gone(&mut self, shared: &mut Shared, code: Code) {
        let waiting = core::mem::take(&mut self.waiting).into_iter().map(|(_, message)| message);
        let unacked = core::mem::take(&mut self.unacked).into_iter().map(|(_, message)| message);
        for message in unacked.chain(waiting) {
            fail(shared, &message, code);
        }
        for (_, question) in self.questions.drain() {
            shared.settle(question.ticket, Err(code));
        }
    }

    pub(crate) fn deadlines(&self, earliest: &mut Earliest) {
        earliest.see(self.ack_due, Timer::Ack);
        let next = self.questions.values().map(|question| question.deadline).min();
        earliest.see(next, Timer::Request);
    }

    /// Forgets a message that was not sent yet because its ticket was cancelled.
    pub(crate) fn cancel(&mut self, ticket: Ticket) {
        let bytes = &mut self.waiting_bytes;
        self.waiting.retain(|(seq, message)| {
            let cancelled =
                seq.is_none() && message.ticket.is_some_and(|(waiting, _)| waiting == ticket);
            if cancelled {
                *bytes -= message.payload.len();
            }
            !cancelled
        });
        self.questions.retain(|_, question| question.ticket != ticket);
    }

    /// The room and number of a request that our application now answers.
    pub(crate) fn answer(&mut self, request: RequestId) -> Option<(RoomId, u32)> {
        self.asked.remove(&request)
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes + self.unacked_bytes
    }
}

const fn question_of(message: &Outgoing) -> Option<u32> {
    match message.kind {
        Kind::Request { id } => Some(id),
        Kind::Direct | Kind::Broadcast | Kind::Response { .. } => None,
    }
}

fn fail(shared: &mut Shared, message: &Outgoing, code: Code) {
    if let Some((ticket, _)) = message.ticket {
        shared.settle(ticket, Err(code));
    }
}

impl Remote {
    /// Takes a message to be sent.
    pub(crate) fn enqueue(
        &mut self,
        shared: &mut Shared,
        message: Outgoing,
        priority: Priority,
    ) -> Result<(), SendError> {
        let size = message.payload.len();
        let fits = size <= limits::INTERACTIVE_BYTES;
        let interactive = match priority {
            Priority::Automatic => fits,
            Priority::Interactive if fits => true,
            Priority::Interactive => return Err(SendError::TooLarge),
            Priority::Bulk => false,
        };
        if size > limits::MESSAGE_BYTES {
            return Err(SendError::TooLarge);
        }
        if !interactive {
            return self.streams.open_message(shared, message);
        }
        let queue = &mut self.messages;
        let count = queue.waiting.len() + queue.unacked.len();
        if queue.waiting_bytes() + size > limits::OUTBOX_BYTES || count >= limits::OUTBOX_MAX {
            return Err(SendError::WouldBlock);
        }
        queue.waiting_bytes += size;
        queue.waiting.push_back((None, message));
        Ok(())
    }

    /// Asks a question; the answer settles the ticket.
    pub(crate) fn ask(
        &mut self,
        shared: &mut Shared,
        mut message: Outgoing,
        ticket: Ticket,
        deadline: Timestamp,
    ) -> Result<(), SendError> {
        if self.messages.questions.len() >= limits::REQUESTS_MAX {
            return Err(SendError::WouldBlock);
        }
        self.messages.next_question = self.messages.next_question.wrapping_add(1);
        let id = self.messages.next_question;
        message.kind = Kind::Request { id };
        let room = message.room;
        self.enqueue(shared, message, Priority::Automatic)?;
        self.messages.questions.insert(id, Question { ticket, room, deadline });
        Ok(())
    }

    pub(crate) fn pump_messages(&mut self, shared: &mut Shared, link: &mut Link) {
        while link.has_room(Channel::Control)
            && self.messages.unacked_bytes < limits::UNACKED_BYTES
            && self.messages.unacked.len() < limits::UNACKED_MAX
        {
            let Some(room) = self.messages.waiting.front().map(|(_, message)| message.room) else {
                break;
            };
            let tag = self.our_tag(room);
            // The other side has not said on this link whether it is still in that room.
            if tag.is_none() && self.rooms.contains_key(&room) {
                break;
            }
            let Some((seq, message)) = self.messages.waiting.pop_front() else { break };
            self.messages.waiting_bytes -= message.payload.len();
            // What was sent in a room that is no longer shared is not sent again.
            let Some(room) = tag else {
                fail(shared, &message, Code::NotInRoom);
                continue;
            };
            if message.payload.len() > link.payload_bytes() {
                // The other side takes smaller frames than most: send it in pieces. One that may
                // have arrived already, over a link with larger frames, must not arrive twice.
                let ticket = message.ticket;
                let code = match seq {
                    Some(_) => Some(Code::LinkLost),
                    None => self.streams.open_message(shared, message).err().map(Code::from),
                };
                if let (Some(code), Some((ticket, _))) = (code, ticket) {
                    shared.settle(ticket, Err(code));
                }
                continue;
            }
            let queue = &mut self.messages;
            let seq = seq.unwrap_or_else(|| {
                queue.last_sent += 1;
                queue.last_sent
            });
            let envelope = Envelope { room, kind: message.kind, label: &message.label };
            let (ack, payload) = (queue.last_received, message.payload.as_slice());
            let frame = LinkFrame::Message { seq, ack, envelope, payload };
            link.send(&mut shared.io, Channel::Control, &frame);
            queue.on_acknowledged();
            if let Some((ticket, Until::Accepted)) = message.ticket {
                shared.settle(ticket, Ok(()));
            }
            queue.unacked_bytes += message.payload.len();
            queue.unacked.push_back((seq, message));
        }
        if self.messages.unconfirmed >= ACK_EVERY
            || self.messages.unconfirmed_bytes >= ACK_EVERY_BYTES
        {
            self.acknowledge(shared, link);
        }
    }

    fn acknowledge(&mut self, shared: &mut Shared, link: &mut Link) {
        self.messages.on_acknowledged();
        link.control(&mut shared.io, &LinkFrame::Ack { upto: self.messages.last_received });
    }

    /// An interactive message came.
    pub(crate) fn on_message(
        &mut self,
        shared: &mut Shared,
        (seq, ack): (u64, u64),
        envelope: &Envelope<'_>,
        payload: &[u8],
    ) {
        self.messages.on_ack(shared, ack);
        let delay = match envelope.kind {
            Kind::Broadcast => limits::BROADCAST_ACK_DELAY,
            _ => limits::ACK_DELAY,
        };
        self.messages.on_unconfirmed(payload.len(), shared.io.now + delay);
        if seq <= self.messages.last_received {
            return;
        }
        self.messages.last_received = seq;
        let room = self.room_of(shared, envelope.room);
        if let Some(room) = room.filter(|room| shared.lets_in(*room, self.node)) {
            self.deliver(shared, room, envelope.kind, envelope.label, payload.to_vec());
        }
    }

    pub(crate) fn on_ack(&mut self, shared: &mut Shared, upto: u64) {
        self.messages.on_ack(shared, upto);
    }

    /// Hands a complete message to the application.
    pub(crate) fn deliver(
        &mut self,
        shared: &mut Shared,
        room: RoomId,
        kind: Kind,
        label: &str,
        payload: Vec<u8>,
    ) {
        let (node, label) = (self.node, label.to_string());
        let event = match kind {
            Kind::Direct => {
                Event::Message { room, node, label, payload, kind: MessageKind::Direct }
            }
            Kind::Broadcast => {
                Event::Message { room, node, label, payload, kind: MessageKind::Broadcast }
            }
            Kind::Request { id } => {
                if self.messages.asked.len() >= limits::REQUESTS_MAX {
                    self.reply(shared, room, id, Err(Code::Busy));
                    return;
                }
                let request = shared.io.request_id();
                self.messages.asked.insert(request, (room, id));
                Event::Request { request, room, node, label, payload }
            }
            Kind::Response { id, refused } => {
                let Some(question) = self.messages.questions.remove(&id) else { return };
                let ticket = question.ticket;
                match refused {
                    Some(code) => {
                        shared.settle(ticket, Err(code));
                        return;
                    }
                    None if shared.tickets.close(ticket) => Event::Response { ticket, payload },
                    None => return,
                }
            }
        };
        shared.io.event(event);
    }

    /// Answers a question.
    pub(crate) fn reply(
        &mut self,
        shared: &mut Shared,
        room: RoomId,
        id: u32,
        answer: Result<Vec<u8>, Code>,
    ) {
        let refused = answer.as_ref().err().copied();
        let message = Outgoing {
            room,
            kind: Kind::Response { id, refused },
            label: "response".to_string(),
            payload: Arc::new(answer.unwrap_or_default()),
            ticket: None,
        };
        // If even an answer finds no place, the asker's deadline tells it.
        let _ = self.enqueue(shared, message, Priority::Automatic);
    }

    /// The other side wants to hear at once what has come.
    pub(crate) fn on_ping(&mut self, shared: &mut Shared, nonce: u32) {
        let Some(mut link) = self.link.take() else { return };
        if self.messages.unconfirmed > 0 {
            self.acknowledge(shared, &mut link);
        }
        link.control(&mut shared.io, &LinkFrame::Pong { nonce });
        self.link = Some(link);
    }

    /// We want to hear at once of what was sent.
    pub(crate) fn ask_for_acks(&mut self, shared: &mut Shared) {
        let nonce = shared.io.nonce();
        if let Some(link) = self.link.as_mut().filter(|_| !self.messages.unacked.is_empty()) {
            link.control(&mut shared.io, &LinkFrame::Ping { nonce });
        }
    }

    pub(crate) fn on_message_timeout(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        if self.messages.ack_due.is_some_and(|due| now >= due) {
            match self.link.take() {
                Some(mut link) => {
                    self.acknowledge(shared, &mut link);
                    self.link = Some(link);
                }
                None => self.messages.ack_due = None,
            }
        }
        let late = self.messages.questions.take_where(|_, question| now >= question.deadline);
        for (_, question) in late {
            shared.settle(question.ticket, Err(Code::Timeout));
        }
    }
}
