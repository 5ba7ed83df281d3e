//! Messages on their way: queued, sent as far as the link takes them, and handed to the
//! application.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::link::{Channel, Envelope, Kind, LinkFrame};
use lacis_wire::{Code, limits, presence};

use super::{ACK_EVERY, ACK_EVERY_BYTES, Asked, Outgoing, Question, Waiting, fail};
use crate::connect::Link;
use crate::cx::Cx;
use crate::error::SendError;
use crate::event::{Completion, Event, MessageKind};
use crate::ids::{RoomId, Ticket};
use crate::io::{Priority, Until};
use crate::session::{Aside, Session, SharedRooms};
use crate::table::TableExt;
use crate::time::Timestamp;

impl Session {
    /// Takes a message to be sent.
    pub(crate) fn enqueue(
        &mut self,
        cx: &mut Cx,
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
            return self.streams.open_message(cx, message);
        }
        let queue = &mut self.messages;
        let count = queue.waiting.len() + queue.unacked.len();
        if queue.waiting_bytes() + size > limits::OUTBOX_BYTES || count >= limits::OUTBOX_MAX {
            return Err(SendError::WouldBlock);
        }
        queue.wait(cx, message);
        Ok(())
    }

    /// Asks a question; the answer settles the ticket.
    pub(crate) fn ask(
        &mut self,
        cx: &mut Cx,
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
        self.enqueue(cx, message, Priority::Automatic)?;
        self.messages.questions.insert(id, Question { ticket, room, deadline });
        Ok(())
    }

    /// Sends messages that wait, as far as the link takes them.
    pub(crate) fn pump_messages(&mut self, cx: &mut Cx, link: &mut Link, rooms: &SharedRooms) {
        while link.has_room(Channel::Control)
            && self.messages.unacked_bytes < limits::UNACKED_BYTES
            && self.messages.unacked.len() < limits::UNACKED_MAX
        {
            let Some((at, room)) = self.messages.next_waiting(rooms) else { break };
            let tag = rooms.our_tag(room);
            // The other side has not said on this link whether it is still in that room.
            if tag.is_none() && rooms.contains(room) {
                break;
            }
            let Some(Waiting { seq, message, .. }) = self.messages.waiting.remove(at) else {
                break;
            };
            self.messages.waiting_bytes -= message.payload.len();
            // What was sent in a room that is no longer cx is not sent again.
            let Some(room) = tag else {
                fail(cx, &message, Code::NotInRoom);
                continue;
            };
            if message.payload.len() > link.payload_bytes() {
                // The other side takes smaller frames than most: send it in pieces. One that may
                // have arrived already, over a link with larger frames, must not arrive twice.
                let ticket = message.ticket;
                let code = match seq {
                    Some(_) => Some(Code::LinkLost),
                    None => self.streams.open_message(cx, message).err().map(Code::from),
                };
                if let (Some(code), Some((ticket, _))) = (code, ticket) {
                    cx.settle(ticket, Err(code));
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
            link.send(cx, Channel::Control, &frame);
            queue.on_acknowledged();
            if let Some((ticket, Until::Accepted)) = message.ticket {
                cx.settle(ticket, Ok(()));
            }
            queue.await_ack(cx.now, seq, message);
        }
        if self.messages.unconfirmed >= ACK_EVERY
            || self.messages.unconfirmed_bytes >= ACK_EVERY_BYTES
        {
            self.acknowledge(cx, link);
        }
    }

    fn acknowledge(&mut self, cx: &mut Cx, link: &mut Link) {
        self.messages.on_acknowledged();
        link.control(cx, &LinkFrame::Ack { upto: self.messages.last_received });
    }

    /// An interactive message came, in a room that is shared if there is one.
    pub(crate) fn on_message(
        &mut self,
        cx: &mut Cx,
        (seq, ack): (u64, u64),
        room: Option<RoomId>,
        envelope: &Envelope<'_>,
        payload: &[u8],
    ) {
        self.messages.on_ack(cx, ack);
        let delay = match envelope.kind {
            Kind::Broadcast | Kind::Gossip => limits::BROADCAST_ACK_DELAY,
            _ => limits::ACK_DELAY,
        };
        self.messages.on_unconfirmed(payload.len(), cx.now + delay);
        if seq <= self.messages.last_received {
            return;
        }
        self.messages.last_received = seq;
        if let Some(room) = room {
            self.deliver(cx, room, envelope.kind, envelope.label, payload.to_vec());
        }
    }

    pub(crate) fn on_ack(&mut self, cx: &mut Cx, upto: u64) {
        self.messages.on_ack(cx, upto);
    }

    /// Hands a complete message to the application.
    pub(crate) fn deliver(
        &mut self,
        cx: &mut Cx,
        room: RoomId,
        kind: Kind,
        label: &str,
        payload: Vec<u8>,
    ) {
        if label == presence::LABEL {
            // Nothing else has that label.
            if matches!(kind, Kind::Direct | Kind::Broadcast) {
                self.aside.push(Aside::Presence(room, payload));
            }
            return;
        }
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
                    self.reply(cx, room, id, Err(Code::Busy));
                    return;
                }
                let request = cx.request_id();
                let until = cx.now + limits::DEADLINE_MAX;
                self.messages.asked.insert(request, Asked { room, id, until });
                Event::Request { request, room, node, label, payload }
            }
            Kind::Gossip => return self.aside.push(Aside::Gossip(room, payload)),
            Kind::Response { id, refused } => {
                let Some(question) = self.messages.questions.remove(&id) else { return };
                let ticket = question.ticket;
                return match refused {
                    Some(code) => cx.settle(ticket, Err(code)),
                    None => cx.complete(ticket, Completion::Answer(payload)),
                };
            }
        };
        cx.event(event);
    }

    /// Answers a question. Whoever asked hears at once of an answer that is too large or finds no
    /// place, and so does the application.
    pub(crate) fn reply(
        &mut self,
        cx: &mut Cx,
        room: RoomId,
        id: u32,
        answer: Result<Vec<u8>, Code>,
    ) {
        let refused = answer.as_ref().err().copied();
        let response = |refused, payload| Outgoing {
            room,
            kind: Kind::Response { id, refused },
            label: "response".to_string(),
            payload: Arc::new(payload),
            ticket: None,
        };
        let message = response(refused, answer.unwrap_or_default());
        if let Err(error) = self.enqueue(cx, message, Priority::Automatic) {
            cx.event(Event::Warning { code: error.into(), node: Some(self.node) });
            // No more of these than questions: one finds place where nothing else does.
            self.messages.wait(cx, response(Some(Code::HandlerFailed), Vec::new()));
        }
    }

    /// The other side wants to hear at once what has come.
    pub(crate) fn on_ping(&mut self, cx: &mut Cx, link: &mut Link, nonce: u32) {
        if self.messages.unconfirmed > 0 {
            self.acknowledge(cx, link);
        }
        link.control(cx, &LinkFrame::Pong { nonce });
    }

    /// We want to hear at once of what was sent.
    pub(crate) fn ask_for_acks(&self, cx: &mut Cx, link: &mut Link) {
        if !self.messages.unacked.is_empty() {
            let nonce = cx.nonce();
            link.control(cx, &LinkFrame::Ping { nonce });
        }
    }

    /// Does what is due; gives the numbers of questions whose time is over.
    pub(in crate::session) fn on_message_timeout(
        &mut self,
        cx: &mut Cx,
        link: Option<&mut Link>,
    ) -> Vec<u32> {
        let now = cx.now;
        if self.messages.ack_due.is_some_and(|due| now >= due) {
            match link {
                Some(link) => self.acknowledge(cx, link),
                None => self.messages.ack_due = None,
            }
        }
        self.messages.asked.retain(|_, asked| now < asked.until);
        let late = self.messages.questions.take_where(|_, question| now >= question.deadline);
        let over: Vec<u32> = late.iter().map(|(id, _)| *id).collect();
        for (_, question) in late {
            cx.settle(question.ticket, Err(Code::Timeout));
        }
        self.messages.drop_questions(&over);
        over
    }
}
