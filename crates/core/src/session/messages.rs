//! Messages to and from one remote: order, acknowledgement, repetition, questions and answers.
//!
//! Interactive messages are numbered across links. One that was sent and not acknowledged is kept
//! and sent again on the next link; the receiver drops what it has already. So a message arrives
//! once, in order, even when the link was replaced in between.

mod delivery;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::link::Kind;
use lacis_wire::{Code, limits};

use crate::cx::Cx;
use crate::ids::{RequestId, RoomId, Ticket};
use crate::io::Until;
use crate::session::SharedRooms;
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

/// A message that waits to be sent, under its number if it was sent before, and since when.
#[derive(Debug)]
struct Waiting {
    seq: Option<u64>,
    since: Timestamp,
    message: Outgoing,
}

/// A message that was sent.
#[derive(Debug)]
struct Sent {
    seq: u64,
    at: Timestamp,
    message: Outgoing,
}

/// The messages between this node and one remote.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    unacked: VecDeque<Sent>,
    unacked_bytes: usize,
    /// When the other side acknowledged something last, or had acknowledged everything.
    acked_at: Timestamp,
    /// Since when the link works all the while.
    works_since: Timestamp,
    last_sent: u64,
    /// Names the sequence that `last_received` counts.
    remote_session: Option<u64>,
    last_received: u64,
    /// Messages received and not acknowledged yet, and when that is due.
    unconfirmed: usize,
    unconfirmed_bytes: usize,
    ack_due: Option<Timestamp>,
    /// Our requests that were not answered yet; at most [`limits::REQUESTS_MAX`].
    questions: Table<u32, Question>,
    next_question: u32,
    /// Requests of the remote that our application has not answered; at most
    /// [`limits::REQUESTS_MAX`].
    asked: Table<RequestId, Asked>,
}

/// A request of the remote.
#[derive(Clone, Copy, Debug)]
struct Asked {
    room: RoomId,
    id: u32,
    /// Nobody waits for an answer for longer.
    until: Timestamp,
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
    pub(crate) fn on_link(&mut self, cx: &mut Cx, remote_session: u64) -> bool {
        let before = self.remote_session.replace(remote_session);
        let forgotten = before.is_some_and(|before| before != remote_session);
        if before != Some(remote_session) {
            self.last_received = 0;
        }
        for Sent { seq, message, .. } in core::mem::take(&mut self.unacked).into_iter().rev() {
            self.waiting_bytes += message.payload.len();
            self.waiting.push_front(Waiting { seq: Some(seq), since: cx.now, message });
        }
        self.unacked_bytes = 0;
        if forgotten {
            self.on_forgotten(cx);
        }
        before == Some(remote_session)
    }

    fn on_forgotten(&mut self, cx: &mut Cx) {
        let bytes = &mut self.waiting_bytes;
        self.waiting.retain_mut(|Waiting { seq, message, .. }| {
            // Gossip is heard once however often it comes, and before what was told after it.
            let is_kept = seq.take().is_none() || message.kind == Kind::Gossip;
            if !is_kept {
                *bytes -= message.payload.len();
                fail(cx, message, Code::LinkLost);
            }
            is_kept
        });
        self.asked.clear();
        // Those whose request has not been sent yet are as good as new.
        let unsent: Vec<u32> =
            self.waiting.iter().filter_map(|it| question_of(&it.message)).collect();
        for (_, question) in self.questions.take_where(|id, _| !unsent.contains(id)) {
            cx.settle(question.ticket, Err(Code::LinkLost));
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

    /// Whether nothing waits, for the other side or for an answer of either. Gossip that was sent
    /// needs no acknowledgement: others pass it on, too.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
            && self.unacked.iter().all(|sent| sent.message.kind == Kind::Gossip)
            && self.questions.is_empty()
            && self.asked.is_empty()
    }

    /// A message is to be sent behind all others.
    fn wait(&mut self, cx: &Cx, message: Outgoing) {
        self.waiting_bytes += message.payload.len();
        self.waiting.push_back(Waiting { seq: None, since: cx.now, message });
    }

    /// A message was sent.
    fn await_ack(&mut self, now: Timestamp, seq: u64, message: Outgoing) {
        if self.unacked.is_empty() {
            self.acked_at = now;
        }
        self.unacked_bytes += message.payload.len();
        self.unacked.push_back(Sent { seq, at: now, message });
    }

    fn on_ack(&mut self, cx: &mut Cx, upto: u64) {
        while let Some(Sent { message, .. }) = self.unacked.pop_front_if(|sent| sent.seq <= upto) {
            self.acked_at = cx.now;
            self.unacked_bytes -= message.payload.len();
            if let Some((ticket, Until::Delivered)) = message.ticket {
                cx.settle(ticket, Ok(()));
            }
        }
    }

    /// Nothing of a room that is no longer cx may be sent.
    pub(crate) fn on_room_left(&mut self, cx: &mut Cx, room: RoomId, code: Code) {
        let (gone, kept): (VecDeque<_>, VecDeque<_>) =
            core::mem::take(&mut self.waiting).into_iter().partition(|it| it.message.room == room);
        self.waiting = kept;
        self.waiting_bytes = self.waiting().map(|message| message.payload.len()).sum();
        for Waiting { message, .. } in gone {
            fail(cx, &message, code);
        }
        for Sent { message, .. } in &mut self.unacked {
            if message.room == room {
                fail(cx, message, code);
                message.ticket = None;
            }
        }
        self.asked.retain(|_, asked| asked.room != room);
        let lost = self.questions.take_where(|_, question| question.room == room);
        for (_, question) in lost {
            cx.settle(question.ticket, Err(code));
        }
    }

    pub(crate) fn on_gone(&mut self, cx: &mut Cx, code: Code) {
        let waiting = core::mem::take(&mut self.waiting).into_iter().map(|it| it.message);
        let unacked = core::mem::take(&mut self.unacked).into_iter().map(|sent| sent.message);
        for message in unacked.chain(waiting) {
            fail(cx, &message, code);
        }
        for (_, question) in self.questions.drain() {
            cx.settle(question.ticket, Err(code));
        }
    }

    /// Whether the other side has acknowledged nothing for long, over a link that works all the
    /// while, or one message after the other as rarely as that allows.
    pub(super) fn is_unheard(&mut self, now: Timestamp, works: bool) -> bool {
        if !works {
            (self.acked_at, self.works_since) = (now, now);
        }
        self.unheard_at().is_some_and(|at| now >= at)
    }

    /// When what was sent is taken for unheard.
    fn unheard_at(&self) -> Option<Timestamp> {
        let first = self.unacked.front()?.at.max(self.works_since);
        Some((self.acked_at + limits::STREAM_IDLE).min(first + limits::STREAM_IDLE * 3))
    }

    pub(super) const fn works_since(&self) -> Timestamp {
        self.works_since
    }

    /// What was not sent yet.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Outgoing> {
        self.waiting.iter().map(|it| &it.message)
    }

    /// The rooms in which something was not sent yet, and since when.
    pub(super) fn waiting_since(&self) -> impl Iterator<Item = (RoomId, Timestamp)> {
        self.waiting.iter().map(|it| (it.message.room, it.since))
    }

    pub(crate) fn deadlines(&self, is_linked: bool, earliest: &mut Earliest) {
        earliest.see(self.ack_due, Timer::Ack);
        earliest.see(self.unheard_at().filter(|_| is_linked), Timer::Ack);
        let next = self.questions.values().map(|question| question.deadline);
        let next = next.chain(self.asked.values().map(|asked| asked.until)).min();
        earliest.see(next, Timer::Request);
    }

    /// Forgets a message or a question that was not sent yet because its ticket was cancelled.
    /// Gives the numbers of questions that nobody waits for any more.
    pub(crate) fn cancel(&mut self, ticket: Ticket) -> Vec<u32> {
        self.drop_unsent(|message| message.ticket.is_some_and(|(waiting, _)| waiting == ticket));
        let over = self.questions.take_where(|_, question| question.ticket == ticket);
        let over: Vec<u32> = over.into_iter().map(|(id, _)| id).collect();
        self.drop_questions(&over);
        over
    }

    /// Questions that nobody waits for any more are not asked.
    fn drop_questions(&mut self, over: &[u32]) {
        if !over.is_empty() {
            self.drop_unsent(|message| question_of(message).is_some_and(|id| over.contains(&id)));
        }
    }

    fn drop_unsent(&mut self, is_over: impl Fn(&Outgoing) -> bool) {
        let bytes = &mut self.waiting_bytes;
        self.waiting.retain(|Waiting { seq, message, .. }| {
            let is_dropped = seq.is_none() && is_over(message);
            if is_dropped {
                *bytes -= message.payload.len();
            }
            !is_dropped
        });
    }

    /// The room and number of a request that our application now answers.
    pub(crate) fn answer(&mut self, request: RequestId) -> Option<(RoomId, u32)> {
        self.asked.remove(&request).map(|asked| (asked.room, asked.id))
    }

    /// Which message is sent next, and in which room. What waits for the other side to hear words
    /// in its room holds up no other room, unless it was sent before: that keeps its order.
    pub(super) fn next_waiting(&self, rooms: &SharedRooms) -> Option<(usize, RoomId)> {
        for (at, Waiting { seq, message, .. }) in self.waiting.iter().enumerate() {
            if !rooms.is_held(message.room) {
                return Some((at, message.room));
            }
            if seq.is_some() {
                break;
            }
        }
        None
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes + self.unacked_bytes
    }
}

const fn question_of(message: &Outgoing) -> Option<u32> {
    match message.kind {
        Kind::Request { id } => Some(id),
        Kind::Direct | Kind::Broadcast | Kind::Response { .. } | Kind::Gossip => None,
    }
}

fn fail(cx: &mut Cx, message: &Outgoing, code: Code) {
    if let Some((ticket, _)) = message.ticket {
        cx.settle(ticket, Err(code));
    }
}
