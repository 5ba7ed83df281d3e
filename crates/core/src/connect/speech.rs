//! Frames about groups on one link: cut into parts, put together, and rationed for strangers.

use alloc::vec::Vec;

use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::{RoomTag, limits};

use super::channels::Channels;
use crate::cx::Cx;
use crate::rule::Rule;
use crate::time::Timestamp;

/// Where frames about groups stand on one link.
#[derive(Debug)]
pub(crate) struct Speech {
    /// What has come of a frame about a group, on control and on bulk.
    parts: [(RoomTag, Vec<u8>); 2],
    /// The room whose frame is on its way on bulk, not yet whole. Others wait for its end.
    speaking: Option<RoomTag>,
    /// How many frames of a stranger are looked at, and since when this counts.
    ration: (u32, Timestamp),
}

impl Speech {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self {
            parts: [(RoomTag([0; 16]), Vec::new()), (RoomTag([0; 16]), Vec::new())],
            speaking: None,
            ration: (limits::STRANGER_FRAMES, now),
        }
    }

    /// Whether one more frame about a group is looked at: those of strangers cost work before they
    /// have shown that they may ask for it.
    pub(crate) fn spend_ration(&mut self, now: Timestamp, is_stranger: bool) -> bool {
        if !is_stranger || !Rule::FramesOfStrangers.holds() {
            return true;
        }
        let (left, since) = &mut self.ration;
        let seconds = now.since(*since).as_secs();
        if seconds > 0 {
            let more = u32::try_from(seconds).unwrap_or(u32::MAX);
            *left = left.saturating_add(more).min(limits::STRANGER_FRAMES);
            *since = now;
        }
        let may = *left > 0;
        *left = left.saturating_sub(1);
        may
    }

    /// What has come of a frame about a group on a channel. The parts of one frame follow each
    /// other: one of another room means that the frame before is not continued.
    pub(crate) fn parts(&mut self, channel: Channel, room: RoomTag) -> &mut Vec<u8> {
        let [control, bulk] = &mut self.parts;
        let (of, parts) = if matches!(channel, Channel::Control) { control } else { bulk };
        if *of != room {
            *of = room;
            parts.clear();
        }
        parts
    }

    /// Whether a frame about a group may be sent on bulk: none of another room is on its way.
    pub(super) fn may_speak(&self, room: RoomTag) -> bool {
        self.speaking.is_none_or(|speaking| speaking == room)
    }

    /// Sends the next part of a frame about a group on bulk; `first` says that it begins one.
    pub(super) fn speak(
        &mut self,
        cx: &mut Cx,
        channels: &mut Channels,
        room: RoomTag,
        first: bool,
        (more, data): (bool, &[u8]),
    ) {
        if first && self.speaking.is_some() {
            self.take_back(cx, channels);
        }
        self.speaking = more.then_some(room);
        channels.send(cx, Channel::Bulk, &LinkFrame::Group { room, more, data });
    }

    /// What was begun is not continued: the other side drops what it has of that frame.
    fn take_back(&mut self, cx: &mut Cx, channels: &mut Channels) {
        if let Some(room) = self.speaking.take() {
            let end = LinkFrame::Group { room, more: false, data: &[] };
            channels.send(cx, Channel::Bulk, &end);
        }
    }

    /// The rooms are named anew: a frame of one that we left is not continued.
    pub(super) fn on_named(&mut self, cx: &mut Cx, channels: &mut Channels, tags: &[RoomTag]) {
        if self.speaking.is_some_and(|room| !tags.contains(&room)) {
            self.take_back(cx, channels);
        }
    }
}
