//! Streams take turns on a link, chunk by chunk, so that a large one does not hold up a small one.

use lacis_wire::link::{Channel, Envelope, LinkFrame};
use lacis_wire::{RoomTag, limits};

use super::outbound::{Outbound, Stage};
use super::{Streams, parity};
use crate::connect::Link;
use crate::cx::Cx;
use crate::ids::{RoomId, StreamId};
use crate::session::{Session, SharedRooms};

impl Session {
    pub(crate) fn pump_streams(&mut self, cx: &mut Cx, link: &mut Link, rooms: &SharedRooms) {
        let parity = parity(cx.me.node, self.node);
        while link.has_turn() {
            // Until the other side has said on this link that it is in a room, that room's wait.
            let is_named = |room| rooms.word_tag(room).is_some();
            let Some(id) = self.streams.next_turn(is_named) else { break };
            self.streams.turn = Some(id);
            let room = self.streams.outbound.get(&id).map(|stream| stream.head.room);
            let Some(tag) = room.and_then(|room| rooms.word_tag(room)) else { break };
            self.streams.advance(cx, link, id, (tag, parity));
        }
    }
}

impl Streams {
    /// The stream whose turn it is among those that may send.
    fn next_turn(&self, is_named: impl Fn(RoomId) -> bool) -> Option<StreamId> {
        // Those of earlier links are named first and in their order, so that whoever gets a number
        // knows that all before it were named.
        let again = |stream: &Outbound| stream.number.filter(|_| stream.stage == Stage::Unnamed);
        let known = self.outbound.iter().filter_map(|(id, stream)| Some((again(stream)?, *id)));
        if let Some((_, id)) = known.min() {
            let room = self.outbound.get(&id).map(|stream| stream.head.room);
            return room.is_some_and(is_named).then_some(id);
        }
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

    /// Sends the next frame of one stream.
    fn advance(
        &mut self,
        cx: &mut Cx,
        link: &mut Link,
        id: StreamId,
        (room, parity): (RoomTag, u32),
    ) {
        let Some(stream) = self.outbound.get_mut(&id) else { return };
        stream.active_at = cx.now;
        let opened = &mut self.opened;
        let number = *stream.number.get_or_insert_with(|| {
            *opened = opened.wrapping_add(1);
            opened.wrapping_mul(2).wrapping_add(parity)
        });
        if stream.stage == Stage::Unnamed {
            stream.stage = Stage::Named;
            let envelope = Envelope { room, kind: stream.head.kind, label: &stream.head.label };
            let (body, size) = (stream.body.clone(), stream.size);
            let frame = LinkFrame::Open { stream: number, envelope, body, size };
            link.send(cx, Channel::Bulk, &frame);
            return;
        }
        let rest = stream.kept.after(stream.sent);
        let allowed = usize::try_from(stream.credit - stream.sent).unwrap_or(usize::MAX);
        let most = self.pace.chunk_bytes(rest.len(), link.payload_bytes()).min(allowed);
        let data = rest.get(..most).unwrap_or(rest);
        let count = data.len();
        link.send(cx, Channel::Bulk, &LinkFrame::Chunk { stream: number, data });
        stream.on_sent(count);
        self.pace.on_sent(cx.now, count);
        stream.settle_writers(cx);
    }
}
