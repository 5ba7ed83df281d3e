//! Data channels: queues, a line of limited speed, losses, and what closing does.
//!
//! Messages of one end share its line and take turns between channels, whole message by whole
//! message, as SCTP does without interleaving. On a reliable channel a lost packet delays its
//! message and all behind it on the same channel.

use std::time::Duration;

use lacis_core::LinkInput;
use lacis_wire::limits;
use lacis_wire::link::Channel;

use super::connection::{IceState, LaneState};
use super::{Rtc, tell};
use crate::fabric::Fabric;
use crate::happening::Happening;
use crate::happening::rtc::{ConnectionId, Parcel, Step};

impl Rtc {
    /// `send()`; gives what the channel buffers then, if it is open.
    pub(crate) fn send(
        &mut self,
        fabric: &mut Fabric,
        id: ConnectionId,
        channel: Channel,
        bytes: Vec<u8>,
    ) -> Option<usize> {
        // Of one that was lost on the way nothing is heard, not even that.
        let Some(connection) = self.connections.get_mut(&id) else { return Some(bytes.len()) };
        let limit = connection.remote.as_ref().map_or(0, |remote| remote.message_limit);
        let lane = connection.lane(channel);
        if lane.state == LaneState::Open && bytes.len() <= limit {
            lane.buffered += bytes.len();
            lane.queue.push_back(bytes);
            let buffered = lane.buffered;
            self.transmit(fabric, id);
            return Some(buffered);
        }
        if lane.state == LaneState::Connecting {
            self.fault(id, "a message on a channel that was never open");
        } else if lane.state == LaneState::Open {
            self.fault(id, "a message larger than the other side takes");
        }
        None
    }

    pub(super) fn open(&mut self, fabric: &mut Fabric, id: ConnectionId, channel: Channel) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let lane = connection.lane(channel);
        if lane.state != LaneState::Connecting {
            return;
        }
        lane.state = LaneState::Open;
        let early = std::mem::take(&mut lane.early);
        tell(fabric, id, LinkInput::ChannelOpened(channel));
        for bytes in early {
            tell(fabric, id, LinkInput::Data(channel, bytes.into()));
        }
    }

    /// Puts the next message on the line, if that is free.
    fn transmit(&mut self, fabric: &mut Fabric, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(other) = connection.associate else { return };
        if connection.line.sending.is_some() || connection.line.in_flight >= WINDOW_BYTES {
            return;
        }
        for offset in 1..=Channel::ALL.len() {
            let turn = (connection.line.turn + offset) % Channel::ALL.len();
            let Some(channel) = Channel::ALL.get(turn).copied() else { continue };
            if let Some(bytes) = connection.lane(channel).queue.pop_front() {
                let (here, there) = (fabric.net.access(id.tab), fabric.net.access(other.tab));
                let speed = here.bandwidth.min(there.bandwidth).max(1);
                let micros = (bytes.len() as u64 + PACKET_HEADER) * 1_000_000 / speed;
                connection.line.turn = turn;
                connection.line.sending = Some((channel, bytes));
                fabric.after(Duration::from_micros(micros), Happening::Rtc(id, Step::Sent));
                return;
            }
        }
    }

    pub(super) fn sent(&mut self, fabric: &mut Fabric, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some((channel, bytes)) = connection.line.sending.take() else { return };
        let Some(other) = connection.associate else { return };
        let relayed = connection.is_relayed();
        connection.line.in_flight += bytes.len();
        let lane = connection.lane(channel);
        let before = lane.buffered;
        lane.buffered -= bytes.len();
        lane.sent += 1;
        let (after, place) = (lane.buffered, lane.sent);
        if before > limits::BUFFERED_LOW_BYTES && after <= limits::BUFFERED_LOW_BYTES {
            tell(fabric, id, LinkInput::Buffered(channel, after));
        }
        let mut flight = fabric.flight(id.tab, other.tab, relayed);
        let loss = fabric.net.loss_between(id.tab, other.tab);
        let packets = bytes.len() / PACKET_BYTES + 1;
        let lost = (0..packets.min(12)).filter(|_| fabric.random.chance(loss)).count();
        if lost > 0 && channel.reliable() {
            flight += flight * 2 + fabric.random.millis(50, 250 + 250 * lost as u64);
        }
        let parcel = Parcel { from: id, channel, place, bytes, again: lost > 0 };
        if lost == 0 || channel.reliable() {
            self.launch(fabric, other, flight, parcel);
        } else if let Some(connection) = self.connections.get_mut(&id) {
            connection.line.in_flight -= parcel.bytes.len();
        }
        self.transmit(fabric, id);
    }

    /// What fits into the first packets of a line that is free leaves with the call that sent it,
    /// before whatever is called next.
    pub(super) fn flush(&mut self, fabric: &mut Fabric, id: ConnectionId) {
        let mut rest = FIRST_BYTES;
        while let Some(connection) = self.connections.get(&id) {
            let Some((_, bytes)) = &connection.line.sending else { break };
            if bytes.len() > rest {
                break;
            }
            rest -= bytes.len();
            self.sent(fabric, id);
        }
    }

    /// Sends a message on its way.
    fn launch(
        &mut self,
        fabric: &mut Fabric,
        other: ConnectionId,
        flight: Duration,
        parcel: Parcel,
    ) {
        let at = fabric.now + flight;
        if let Some(sender) = self.connections.get_mut(&parcel.from) {
            let lane = sender.lane(parcel.channel);
            lane.clear_at = lane.clear_at.max(at);
        }
        fabric.at(at, Happening::Rtc(other, Step::Arrive(parcel)));
    }

    pub(super) fn arrive(&mut self, fabric: &mut Fabric, id: ConnectionId, parcel: Parcel) {
        let reliable = parcel.channel.reliable();
        let passes = fabric.net.joins(id.tab, parcel.from.tab);
        if !self.connections.contains_key(&id) {
            return;
        }
        if let Some(sender) = self.connections.get_mut(&parcel.from) {
            let works = passes && sender.ice.state != IceState::Failed;
            if reliable && !works {
                sender.line.held.push_back(parcel);
                sender.wake(fabric);
                return;
            }
            sender.line.in_flight = sender.line.in_flight.saturating_sub(parcel.bytes.len());
            self.transmit(fabric, parcel.from);
            if !works {
                return;
            }
        } else if !passes || parcel.again {
            // Nobody is there to send it again.
            return;
        }
        if let Some(tally) = &mut self.tally {
            tally.on_arrived((parcel.from.tab, id.tab), &parcel.bytes);
        }
        let Some(receiver) = self.connections.get_mut(&id) else { return };
        let lane = receiver.lane(parcel.channel);
        let mut ready = vec![parcel.bytes];
        if reliable {
            lane.waiting.extend(ready.pop().map(|bytes| (parcel.place, bytes)));
            while let Some(bytes) = lane.waiting.remove(&(lane.received + 1)) {
                lane.received += 1;
                ready.push(bytes);
            }
        }
        match lane.state {
            LaneState::Connecting => lane.early.extend(ready),
            LaneState::Open => {
                for bytes in ready {
                    tell(fabric, id, LinkInput::Data(parcel.channel, bytes.into()));
                }
            }
            LaneState::Closed => {}
        }
    }

    /// The path works again: what did not come through is sent again, in order.
    pub(super) fn send_again(&mut self, fabric: &mut Fabric, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(other) = connection.associate else { return };
        if connection.ice.state == IceState::Failed {
            return;
        }
        let relayed = connection.is_relayed();
        for parcel in std::mem::take(&mut connection.line.held) {
            let flight = fabric.flight(id.tab, other.tab, relayed) + fabric.random.millis(20, 400);
            self.launch(fabric, other, flight, parcel);
        }
    }

    pub(super) fn remote_closed(
        &mut self,
        fabric: &mut Fabric,
        id: ConnectionId,
        from: ConnectionId,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.associate != Some(from) {
            return;
        }
        for channel in Channel::ALL {
            let lane = connection.lane(channel);
            if lane.state != LaneState::Closed {
                lane.state = LaneState::Closed;
                lane.queue.clear();
                tell(fabric, id, LinkInput::ChannelClosed(channel));
            }
        }
    }
}

/// Bytes of a packet that belong to a message.
const PACKET_BYTES: usize = 1150;

/// Ten packets, the congestion window that a connection begins with.
const FIRST_BYTES: usize = 10 * PACKET_BYTES;

/// What a message costs on the line beside its bytes.
const PACKET_HEADER: u64 = 60;

/// Bytes on the way and not acknowledged: a congestion window of some size.
const WINDOW_BYTES: usize = 512 * 1024;
