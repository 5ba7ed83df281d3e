//! The data channels of one connection: which are open, and how much waits in each.

use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::{codec, limits};

use crate::cx::Cx;
use crate::ids::LinkId;
use crate::io::LinkAction;

/// The three data channels of a connection.
#[derive(Debug)]
pub(crate) struct Channels {
    link: LinkId,
    lanes: [Lane; 3],
    frame_bytes: usize,
    /// Bytes, where streams and groups take turns.
    sent_on_bulk: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    open: bool,
    /// Bytes in the outputs, which the driver has not taken yet.
    queued: usize,
    /// Bytes that the driver has taken, as far as it has told.
    buffered: usize,
}

impl Channels {
    pub(super) fn new(link: LinkId) -> Self {
        Self {
            link,
            lanes: [Lane::default(); 3],
            frame_bytes: limits::FRAME_BYTES,
            sent_on_bulk: 0,
        }
    }

    const fn lane(&self, channel: Channel) -> &Lane {
        let [control, bulk, ephemeral] = &self.lanes;
        match channel {
            Channel::Control => control,
            Channel::Bulk => bulk,
            Channel::Ephemeral => ephemeral,
        }
    }

    const fn lane_mut(&mut self, channel: Channel) -> &mut Lane {
        let [control, bulk, ephemeral] = &mut self.lanes;
        match channel {
            Channel::Control => control,
            Channel::Bulk => bulk,
            Channel::Ephemeral => ephemeral,
        }
    }

    pub(super) const fn set_open(&mut self, channel: Channel, open: bool) {
        self.lane_mut(channel).open = open;
    }

    pub(crate) const fn is_open(&self, channel: Channel) -> bool {
        self.lane(channel).open
    }

    /// Whether more may be handed to the browser without queueing there.
    pub(crate) const fn has_room(&self, channel: Channel) -> bool {
        self.is_open(channel) && self.buffered(channel) < limits::BUFFERED_HIGH_BYTES
    }

    /// Bytes on their way to the network, here and in the browser.
    pub(crate) const fn buffered(&self, channel: Channel) -> usize {
        let lane = self.lane(channel);
        lane.queued.saturating_add(lane.buffered)
    }

    /// The driver tells how much its buffer holds.
    pub(crate) const fn on_buffered(&mut self, channel: Channel, bytes: usize) {
        self.lane_mut(channel).buffered = bytes;
    }

    /// The answer to a send. Says whether there is room now and was none.
    pub(crate) const fn on_sent(&mut self, channel: Channel, bytes: usize) -> bool {
        let had_room = self.buffered(channel) <= limits::BUFFERED_LOW_BYTES;
        self.on_buffered(channel, bytes);
        !had_room && self.buffered(channel) <= limits::BUFFERED_LOW_BYTES
    }

    /// How many bytes were sent on bulk so far.
    pub(crate) const fn sent_on_bulk(&self) -> u64 {
        self.sent_on_bulk
    }

    /// The driver takes a message. What it tells of its buffer afterwards counts this one, and not
    /// those that still wait in the outputs.
    pub(crate) const fn on_taken(&mut self, channel: Channel, bytes: usize) {
        let lane = self.lane_mut(channel);
        lane.queued = lane.queued.saturating_sub(bytes);
        lane.buffered = lane.buffered.saturating_add(bytes);
    }

    /// One of the two ends takes messages of so many bytes: a platform sends none that are larger
    /// than it takes itself.
    pub(super) fn limit_frames(&mut self, bytes: usize) {
        self.frame_bytes = self.frame_bytes.min(bytes).max(limits::FRAME_BYTES_MIN);
    }

    /// The largest payload that fits into one frame here.
    pub(crate) const fn payload_bytes(&self) -> usize {
        self.frame_bytes.saturating_sub(limits::FRAME_HEADER_BYTES)
    }

    pub(crate) fn send(&mut self, cx: &mut Cx, channel: Channel, frame: &LinkFrame<'_>) {
        let payload = match frame {
            LinkFrame::Chunk { data, .. } | LinkFrame::Group { data, .. } => data.len(),
            LinkFrame::Message { payload, .. } | LinkFrame::Ephemeral { payload, .. } => {
                payload.len()
            }
            _ => 0,
        };
        let bytes = codec::encode_with_capacity(frame, payload + limits::FRAME_HEADER_BYTES);
        if matches!(channel, Channel::Bulk) {
            self.sent_on_bulk = self.sent_on_bulk.saturating_add(bytes.len() as u64);
        }
        let lane = self.lane_mut(channel);
        lane.queued = lane.queued.saturating_add(bytes.len());
        cx.link(self.link, LinkAction::Send(channel, bytes));
    }

    /// Sends where only the control channel keeps the order that is needed.
    pub(crate) fn control(&mut self, cx: &mut Cx, frame: &LinkFrame<'_>) {
        if self.is_open(Channel::Control) {
            self.send(cx, Channel::Control, frame);
        }
    }
}
