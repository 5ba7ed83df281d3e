//! What comes over a link: decoding, and who handles what.

use alloc::vec::Vec;

use lacis_wire::description::Description;
use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::{Code, RoomTag, codec, limits};

use crate::io::{Event, Input, LinkId, LinkInput, MessageKind, OpId};
use crate::link::{Link, Step};
use crate::node::Node;
use crate::remote::Remote;
use crate::route::Route;
use crate::shared::Shared;
use crate::table::TableExt;
use crate::time::Timestamp;

impl Node {
    /// Takes the answer to [`crate::LinkAction::Send`]: the bytes that the channel buffers now, or
    /// nothing if it is closed. Most answers cost next to nothing: only where what waits falls
    /// below [`limits::BUFFERED_LOW_BYTES`] with them is there room for more.
    pub fn handle_sent(
        &mut self,
        now: Timestamp,
        id: LinkId,
        channel: Channel,
        buffered: Option<usize>,
    ) {
        let input = match buffered {
            Some(bytes) => {
                let link = self.remotes.values_mut().find_map(|remote| remote.slot(id));
                if !link.is_some_and(|link| link.on_sent(channel, bytes)) {
                    if self.closing.is_some() {
                        self.closing_progress();
                    }
                    return;
                }
                LinkInput::Buffered(channel, bytes)
            }
            None if channel.reliable() => LinkInput::ChannelClosed(channel),
            None => return,
        };
        self.handle_input(now, Input::Link(id, input));
    }
}

impl Remote {
    /// Something happened to one of our connections.
    pub(crate) fn on_link_input(&mut self, shared: &mut Shared, id: LinkId, input: LinkInput<'_>) {
        match input {
            LinkInput::Described(op, sdp) => self.on_sdp(shared, id, op, &sdp),
            LinkInput::Done(op) => {
                self.finish(op);
            }
            LinkInput::CreateFailed(code) => self.refuse_attempt(shared, id, code),
            LinkInput::Failed(op, code) => self.on_op_failed(shared, id, op, code),
            LinkInput::Path(op, path) => {
                if self.finish(op) == Some(Step::Inspect) {
                    self.on_path(shared, path);
                }
            }
            LinkInput::Candidate(candidate) => self.on_local_candidate(shared, id, candidate),
            LinkInput::Gathered => {
                if self.attempt(id).is_some_and(|link| link.route == Some(Route::Manual)) {
                    shared.on_gathered(self.node);
                }
            }
            LinkInput::State(state) => self.on_link_state(shared, id, state),
            LinkInput::ChannelOpened(channel) => self.on_channel_opened(shared, id, channel),
            LinkInput::ChannelClosed(channel) => self.on_channel_closed(shared, id, channel),
            LinkInput::Data(channel, bytes) => self.on_data(shared, id, channel, &bytes),
            LinkInput::Buffered(channel, bytes) => {
                if let Some(link) = self.slot(id) {
                    link.on_buffered(channel, bytes);
                }
                if bytes <= limits::BUFFERED_LOW_BYTES {
                    self.pump(shared);
                }
            }
        }
    }

    pub(crate) fn slot(&mut self, id: LinkId) -> Option<&mut Link> {
        self.link.iter_mut().chain(&mut self.attempts).find(|link| link.id == id)
    }

    fn finish(&mut self, op: OpId) -> Option<Step> {
        self.link.iter_mut().chain(&mut self.attempts).find_map(|link| link.finish(op))
    }

    fn on_sdp(&mut self, shared: &mut Shared, id: LinkId, op: OpId, sdp: &str) {
        let Some(step) = self.finish(op) else { return };
        match (step, Description::from_sdp(sdp)) {
            (Step::Offer | Step::Accept, Ok(description)) => {
                self.on_described(shared, id, &description);
            }
            (Step::RestartOffer | Step::RestartAccept, Ok(description)) => {
                self.on_restart_described(shared, step, description);
            }
            (Step::Offer | Step::Accept, Err(_)) => {
                self.refuse_attempt(shared, id, Code::Internal);
            }
            _ => {}
        }
    }

    fn on_op_failed(&mut self, shared: &mut Shared, id: LinkId, op: OpId, code: Code) {
        match self.finish(op) {
            Some(Step::Offer | Step::Accept | Step::SetAnswer) => {
                self.refuse_attempt(shared, id, code);
            }
            // A restart that cannot even begin gives way to a new attempt at its deadline.
            Some(Step::RestartOffer | Step::RestartAccept | Step::RestartSet) => {
                if let Some(link) = &mut self.link {
                    link.restart.deadline = Some(shared.io.now);
                }
            }
            Some(Step::Inspect) => self.on_path_unknown(shared),
            None => {}
        }
    }

    fn on_channel_opened(&mut self, shared: &mut Shared, id: LinkId, channel: Channel) {
        let Some(link) = self.slot(id) else { return };
        link.on_channel(channel, true);
        if self.attempt(id).is_some() {
            if channel == Channel::Control {
                self.on_attempt_open(shared, id);
            }
        } else {
            self.pump(shared);
        }
    }

    fn on_channel_closed(&mut self, shared: &mut Shared, id: LinkId, channel: Channel) {
        if let Some(link) = self.slot(id) {
            link.on_channel(channel, false);
        }
        if self.attempt(id).is_some() {
            self.refuse_attempt(shared, id, Code::LinkLost);
        } else if self.link.as_ref().is_some_and(|link| link.id == id) {
            self.lose_link(shared);
        }
    }

    fn on_data(&mut self, shared: &mut Shared, id: LinkId, channel: Channel, bytes: &[u8]) {
        let frame = codec::decode::<LinkFrame<'_>>(bytes);
        if self.attempt(id).is_some() {
            match (channel, frame) {
                (Channel::Control, Ok(LinkFrame::Proof { signature })) => {
                    self.on_proof(shared, id, &signature);
                }
                // What may be lost may also come too early.
                (Channel::Ephemeral, _) => {}
                _ => self.refuse_attempt(shared, id, Code::Protocol),
            }
            return;
        }
        let Some(link) = self.link.as_mut().filter(|link| link.id == id) else { return };
        link.heard = shared.io.now;
        link.accepted |= channel == Channel::Control;
        let fits = frame.as_ref().is_ok_and(|frame| may_travel(frame, channel));
        match frame {
            Ok(frame) if fits => self.on_frame(shared, channel, frame),
            _ if channel == Channel::Ephemeral => {}
            _ => {
                shared.io.event(Event::Warning { code: Code::Protocol, node: Some(self.node) });
                self.lose_link(shared);
            }
        }
    }

    fn on_frame(&mut self, shared: &mut Shared, channel: Channel, frame: LinkFrame<'_>) {
        match frame {
            // A second proof changes nothing.
            LinkFrame::Proof { .. } => {}
            LinkFrame::Rooms { tags } => self.on_rooms(shared, tags),
            LinkFrame::Ping { nonce } => {
                if let Some(link) = &mut self.link {
                    link.control(&mut shared.io, &LinkFrame::Pong { nonce });
                }
            }
            LinkFrame::Pong { nonce } => self.on_pong(shared, nonce),
            LinkFrame::Message { seq, ack, envelope, payload } => {
                self.on_message(shared, (seq, ack), &envelope, payload);
            }
            LinkFrame::Ack { upto } => self.on_ack(shared, upto),
            LinkFrame::Open { stream, envelope, body, size } => {
                self.on_open(shared, stream, &envelope, body, size);
            }
            LinkFrame::Chunk { stream, data } => self.on_chunk(shared, stream, data),
            LinkFrame::Credit { stream, received, upto, taken } => {
                let told = (received, upto, taken);
                self.streams.on_credit(shared, self.link.as_mut(), stream, told);
            }
            LinkFrame::Done { stream } => self.streams.on_done(shared, stream),
            LinkFrame::Reset { stream, code } => self.streams.on_reset(shared, stream, code),
            LinkFrame::Ephemeral { envelope, payload } => {
                let room = self.room_of(shared, envelope.room);
                if let Some(room) = room.filter(|room| shared.lets_in(*room, self.node)) {
                    shared.io.event(Event::Message {
                        room,
                        node: self.node,
                        label: envelope.label.into(),
                        payload: Vec::from(payload),
                        kind: MessageKind::Ephemeral,
                    });
                }
            }
            LinkFrame::Group { room, more, data } => {
                self.on_group_part(shared, channel, room, more, data);
            }
            LinkFrame::Start { store, number } => self.on_start(shared, store, number),
            LinkFrame::Bye { code } => self.gone = Some(code),
        }
        if self.gone.is_none() {
            self.pump(shared);
        }
    }
}

fn may_travel(frame: &LinkFrame<'_>, channel: Channel) -> bool {
    let either = matches!(frame, LinkFrame::Group { .. }) && channel != Channel::Ephemeral;
    either || channel_of(frame) == channel
}

const fn channel_of(frame: &LinkFrame<'_>) -> Channel {
    match frame {
        LinkFrame::Open { .. } | LinkFrame::Chunk { .. } => Channel::Bulk,
        LinkFrame::Ephemeral { .. } => Channel::Ephemeral,
        _ => Channel::Control,
    }
}

/// Most bytes of parts that are kept until a list of rooms names theirs: what a remote shows first.
const EARLY_BYTES: usize = 2 * limits::CHAIN_BYTES;

/// A part of a frame about a group, in a room in which the other side is not known to be yet.
#[derive(Debug)]
pub(crate) struct EarlyPart {
    room: RoomTag,
    more: bool,
    data: Vec<u8>,
}

impl Remote {
    /// A part of a frame about a group. The parts of one frame follow each other, so one buffer for
    /// each channel is enough; a frame that grows too long breaks the protocol, and one that ends
    /// with an empty part is taken back.
    fn on_group_part(
        &mut self,
        shared: &mut Shared,
        channel: Channel,
        tag: RoomTag,
        more: bool,
        data: &[u8],
    ) {
        let Some(room) = self.room_of(shared, tag) else {
            return self.keep_early_part(channel, tag, more, data);
        };
        let Some(link) = &mut self.link else { return };
        let parts = link.parts(channel, tag);
        if parts.len() + data.len() > limits::GROUP_FRAME_BYTES {
            parts.clear();
            shared.io.event(Event::Warning { code: Code::Protocol, node: Some(self.node) });
            return self.lose_link(shared);
        }
        parts.extend_from_slice(data);
        if !more {
            let frame = core::mem::take(parts);
            if data.is_empty() {
                return;
            }
            if !link.spend_ration(shared.io.now) {
                return shared.warn(Code::RateLimited, self.node);
            }
            shared.group_frames.push((room, self.node, frame));
        }
    }

    /// What travels on bulk may overtake the list of rooms, which travels on control. In a room of
    /// ours that the other side did not name it waits for the next list. More than fits is of
    /// somebody who has left the room, and was on its way.
    fn keep_early_part(&mut self, channel: Channel, room: RoomTag, more: bool, data: &[u8]) {
        if channel != Channel::Bulk || !self.is_tag(room) {
            return;
        }
        // Each part counts with what it costs beside its data, or empty ones would have no end.
        let cost = |bytes: usize| bytes + limits::FRAME_HEADER_BYTES;
        let kept: usize = self.early.iter().map(|part| cost(part.data.len())).sum();
        if kept + cost(data.len()) <= EARLY_BYTES {
            self.early.push(EarlyPart { room, more, data: Vec::from(data) });
        } else {
            self.early.clear();
        }
    }

    /// A list of rooms has come: what overtook it is heard now.
    pub(crate) fn take_early_parts(&mut self, shared: &mut Shared) {
        for EarlyPart { room, more, data } in core::mem::take(&mut self.early) {
            if self.room_of(shared, room).is_some() {
                self.on_group_part(shared, Channel::Bulk, room, more, &data);
            }
        }
    }
}
