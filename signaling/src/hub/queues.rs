//! What waits for each connection, and what finds no room there.
//!
//! What others send is refused beyond a limit, and its senders are told; nobody is closed for what
//! others send. The room beyond is for the server's own words, all of which a client asks for: who
//! lets these pile up does not read.

use alloc::vec::Vec;

use bytes::Bytes;
use lacis_wire::NodeId;
use lacis_wire::codec::{encode, encode_with_capacity};
use lacis_wire::signal::{ByeReason, ServerFrame};

use super::Hub;
use super::ids::{AddressKey, ConnId};
use super::session::{Sender, Waiting};
use super::types::Output;
use crate::limits;

impl Hub {
    /// Queues a frame of the server's own, or closes the connection because it does not read.
    pub(super) fn send(&mut self, conn: ConnId, frame: &ServerFrame<'_>) -> bool {
        let frame = encode(frame);
        let Some(session) = self.sessions.get(&conn) else { return false };
        if session.queued + cost_of(&frame) > self.config.queue_bytes_max {
            self.close(conn, ByeReason::SlowReader);
            return false;
        }
        self.queue(conn, frame, None, None);
        true
    }

    /// Puts a payload into a mailbox, if there is room. The sender hears of it if the mailbox
    /// closes before the payload has left; `payer` is whose share of the room it takes.
    pub(super) fn put(
        &mut self,
        target: ConnId,
        from: NodeId,
        payload: &[u8],
        (sender, payer): (Option<Sender>, AddressKey),
    ) -> bool {
        let deliver = ServerFrame::Deliver { from, payload };
        let frame = encode_with_capacity(&deliver, FRAME_HEADER_BYTES + payload.len());
        let is_put = self.has_room(target, payer, cost_of(&frame));
        if is_put {
            self.queue(target, frame, sender, Some(payer));
        }
        self.stats.delivered += u64::from(is_put);
        is_put
    }

    fn has_room(&mut self, target: ConnId, payer: AddressKey, cost: usize) -> bool {
        let (config, all) = (&self.config, self.queued_bytes);
        let Some(session) = self.sessions.get(&target) else { return false };
        let fourth = config.queue_bytes_max / 4;
        session.queued + cost <= fourth * limits::QUEUE_FOURTHS_OF_PAYLOADS
            && session.share_of(payer) + cost <= fourth * limits::QUEUE_FOURTHS_OF_SENDER
            && all.saturating_add(cost) <= config.queues_bytes_max
            && self.addresses.may_wait(config, session.source, cost)
    }

    fn queue(
        &mut self,
        conn: ConnId,
        frame: Vec<u8>,
        sender: Option<Sender>,
        payer: Option<AddressKey>,
    ) {
        let cost = cost_of(&frame);
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let was_empty = session.queued == 0;
        if was_empty {
            session.progressed = self.now;
        }
        session.wait(Waiting { cost, sender, payer });
        self.queued_bytes += cost;
        self.addresses.queue(session.source, cost);
        self.push(conn, frame);
        if was_empty {
            self.rearm_before(conn, self.now.saturating_add(self.config.stall_max));
        }
    }

    pub(super) fn on_written(&mut self, conn: ConnId, frames: usize) {
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let cost = session.written(frames);
        session.progressed = self.now;
        self.queued_bytes -= cost;
        self.addresses.unqueue(session.source, cost);
    }

    /// Hands out a frame that waits for nobody.
    pub(super) fn push(&mut self, conn: ConnId, frame: Vec<u8>) {
        self.stats.sent += 1;
        self.stats.sent_bytes += frame.len() as u64;
        self.outputs.push_back(Output::Send { conn, frame: Bytes::from(frame) });
    }
}

fn cost_of(frame: &[u8]) -> usize {
    frame.len() + limits::QUEUE_FRAME_BYTES
}

/// What a frame of any kind needs beside its payload.
const FRAME_HEADER_BYTES: usize = 64;
