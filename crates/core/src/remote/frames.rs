//! What comes over a link, and who handles what.

use alloc::vec::Vec;

use lacis_wire::link::{Channel, Kind, LinkFrame};
use lacis_wire::{Code, RoomTag, limits, presence};

use super::{Heard, Remote};
use crate::connect::Env;
use crate::event::{Event, MessageKind};
use crate::relays::{Relayed, Said};
use crate::session::Aside;
use crate::start::Start;

/// Most bytes of parts that are kept until a list of rooms names theirs: what a remote shows first.
const EARLY_BYTES: usize = 2 * limits::CHAIN_BYTES;

/// A part of a frame about a group, in a room in which the other side is not known to be yet.
#[derive(Debug)]
pub(super) struct EarlyPart {
    room: RoomTag,
    more: bool,
    data: Vec<u8>,
}

impl Remote {
    /// A frame came over the link.
    pub(super) fn on_frame(&mut self, env: &mut Env<'_>, channel: Channel, frame: LinkFrame<'_>) {
        match frame {
            // A second proof changes nothing.
            LinkFrame::Proof { .. } => {}
            LinkFrame::Rooms { tags } => self.on_rooms(env, tags),
            LinkFrame::Ping { nonce } => {
                if let Some(link) = self.connection.link_mut() {
                    self.session.on_ping(env.cx, link, nonce);
                }
            }
            LinkFrame::Pong { nonce } => {
                self.connection.on_pong(env, nonce);
                self.follow(env);
            }
            LinkFrame::Ephemeral { envelope, payload } => {
                let Some(room) = self.open_room(env, envelope.room) else { return };
                let is_said = matches!(envelope.kind, Kind::Direct | Kind::Broadcast);
                if envelope.kind == Kind::Gossip {
                    self.heard.push_back(Heard::Aside(Aside::Gossip(room, Vec::from(payload))));
                } else if is_said && envelope.label != presence::LABEL {
                    env.cx.event(Event::Message {
                        room,
                        node: self.node(),
                        label: envelope.label.into(),
                        payload: Vec::from(payload),
                        kind: MessageKind::Ephemeral,
                    });
                }
            }
            LinkFrame::Group { room, more, data } => {
                self.on_group_part(env, channel, room, more, data);
            }
            LinkFrame::Names { room, lacks, names } => {
                if let Some(room) = self.open_room(env, room) {
                    self.heard.push_back(Heard::Names(room, lacks, names));
                }
            }
            LinkFrame::Start { store, number } => self.on_start(Start { store, number }),
            LinkFrame::Carry { from, to, hops, payload } => {
                self.heard.push_back(Heard::Carried(from, to, hops, Vec::from(payload)));
            }
            LinkFrame::Relay { from, to, attempt, taken, sealed } => {
                let said = Said::More(taken, Vec::from(sealed));
                self.on_relayed(Relayed { from, to, attempt, said });
            }
            LinkFrame::RelayEnd { from, to, attempt } => {
                self.on_relayed(Relayed { from, to, attempt, said: Said::End });
            }
            LinkFrame::Bye { code } => self.connection.close(env, code),
            frame => self.on_session_frame(env, frame),
        }
        self.pump(env.cx);
    }

    /// Nothing goes over two neighbors.
    fn on_relayed(&mut self, relayed: Relayed) {
        if self.connection.is_near() {
            self.heard.push_back(Heard::Relayed(relayed));
        }
    }

    /// A frame of a message or of a stream.
    fn on_session_frame(&mut self, env: &mut Env<'_>, frame: LinkFrame<'_>) {
        let room = match &frame {
            LinkFrame::Message { envelope, .. } | LinkFrame::Open { envelope, .. } => {
                self.open_room(env, envelope.room)
            }
            _ => None,
        };
        let (cx, session) = (&mut *env.cx, &mut self.session);
        let Some(link) = self.connection.link_mut() else { return };
        link.needed = cx.now;
        match frame {
            LinkFrame::Message { seq, ack, envelope, payload } => {
                session.on_message(cx, (seq, ack), room, &envelope, payload);
            }
            LinkFrame::Ack { upto } => session.on_ack(cx, upto),
            LinkFrame::Open { stream, envelope, body, size } => {
                session.on_open(cx, link, stream, (room, &envelope), (body, size));
            }
            LinkFrame::Chunk { stream, data } => session.on_chunk(cx, link, stream, data),
            LinkFrame::Credit { stream, received, upto, taken } => {
                let told = (received, upto, taken);
                session.streams.on_credit(cx, Some(link), stream, told);
            }
            LinkFrame::Done { stream } => session.streams.on_done(cx, stream),
            LinkFrame::Reset { stream, code } => session.streams.on_reset(cx, stream, code),
            _ => {}
        }
    }

    /// A part of a frame about a group. The parts of one frame follow each other, so one buffer for
    /// each channel is enough; a frame that grows too long breaks the protocol, and one that ends
    /// with an empty part is taken back.
    fn on_group_part(
        &mut self,
        env: &mut Env<'_>,
        channel: Channel,
        tag: RoomTag,
        more: bool,
        data: &[u8],
    ) {
        let Some(room) = self.room_of(env, tag) else {
            return self.keep_early_part(channel, tag, more, data);
        };
        let Some(link) = self.connection.link_mut() else { return };
        let parts = link.speech.parts(channel, tag);
        if parts.len() + data.len() > limits::GROUP_FRAME_BYTES {
            parts.clear();
            return self.connection.on_broken_protocol(env);
        }
        parts.extend_from_slice(data);
        if !more {
            let frame = core::mem::take(parts);
            if data.is_empty() {
                return;
            }
            if !link.spend_ration(env.cx.now) {
                return env.cx.warn(Code::RateLimited, self.node());
            }
            self.heard.push_back(Heard::GroupFrame(room, frame));
        }
    }

    /// What travels on bulk may overtake the list of rooms, which travels on control. In a room of
    /// ours that the other side did not name it waits for the next list. More than fits is of
    /// somebody who has left the room, and was on its way.
    fn keep_early_part(&mut self, channel: Channel, room: RoomTag, more: bool, data: &[u8]) {
        if channel != Channel::Bulk || !self.rooms.is_tag(room) {
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
    pub(super) fn take_early_parts(&mut self, env: &mut Env<'_>) {
        for EarlyPart { room, more, data } in core::mem::take(&mut self.early) {
            if self.room_of(env, room).is_some() {
                self.on_group_part(env, Channel::Bulk, room, more, &data);
            }
        }
    }
}
