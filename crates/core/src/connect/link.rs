//! A connection that has proven itself: who is at the other end, what was heard, and what its path
//! is good for.

use core::time::Duration;

use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::proof::{Party, Role};
use lacis_wire::{RoomTag, limits};

use super::channels::Channels;
use super::negotiation::{Negotiation, Step};
use super::speech::Speech;
use super::turn::Turn;
use crate::cx::Cx;
use crate::event::RemoteState;
use crate::ids::{LinkId, RoomId};
use crate::io::{LinkAction, Path};
use crate::time::Timestamp;

/// A connection that has proven itself.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) negotiation: Negotiation,
    pub(crate) channels: Channels,
    pub(crate) speech: Speech,
    /// Whose turn it is on bulk.
    pub(super) turn: Turn,
    /// The other end, as it has proven to be.
    pub(super) remote: Party,
    /// Names the sequence of messages that it goes on with.
    pub(crate) remote_session: u64,
    pub(crate) transcript: [u8; 32],
    pub(super) ice: Ice,
    pub(super) restart: Restart,
    pub(crate) rtt: Option<Duration>,
    pub(crate) path: Option<Path>,
    /// What the application is told of a new link until it is known whether a relay stands between,
    /// if one may.
    pub(super) until_path: Option<RemoteState>,
    /// When it proved itself.
    pub(crate) since: Timestamp,
    pub(crate) heard: Timestamp,
    /// The ping on its way, and when it left.
    pub(super) ping: Option<(u32, Timestamp)>,
    pub(super) ping_due: Timestamp,
    /// Since when nobody knows what the link is good for.
    pub(crate) stranger_since: Option<Timestamp>,
    /// Since when something is under way on it, as was seen when its place was wanted last.
    pub(crate) busy_since: Option<Timestamp>,
    /// Whether the other side has shown that it accepts us; before that only the control channel
    /// is in order with our proof.
    pub(crate) accepted: bool,
    /// When it was needed last, if it goes over a neighbor.
    pub(crate) needed: Timestamp,
}

/// What ICE says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ice {
    Connected,
    Disconnected { since: Timestamp },
}

/// Where an ICE restart stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Restart {
    pub(super) round: u32,
    /// Set while one is under way.
    pub(super) deadline: Option<Timestamp>,
}

impl Link {
    pub(crate) const fn id(&self) -> LinkId {
        self.negotiation.id
    }

    /// Whether it goes over a neighbor: then it is no neighbor's itself.
    pub(crate) const fn is_relayed(&self) -> bool {
        self.id().is_relayed()
    }

    pub(crate) const fn role(&self) -> Role {
        self.negotiation.role
    }

    /// The room in which it was set up; its membership is proven by that.
    pub(crate) const fn room(&self) -> RoomId {
        self.negotiation.room
    }

    /// ICE restarts so far.
    pub(crate) const fn restarts(&self) -> u32 {
        self.restart.round
    }

    pub(crate) const fn is_healthy(&self) -> bool {
        matches!(self.ice, Ice::Connected) && self.restart.deadline.is_none()
    }

    /// Asks the driver which path is in use, unless it is busy. Says whether it is asked.
    pub(super) fn inspect(&mut self, cx: &mut Cx) -> bool {
        let is_idle = self.negotiation.is_idle() && !self.is_relayed();
        if is_idle {
            let op = self.negotiation.begin(cx, Step::Inspect);
            cx.link(self.id(), LinkAction::Inspect(op));
        }
        is_idle
    }

    pub(crate) fn send(&mut self, cx: &mut Cx, channel: Channel, frame: &LinkFrame<'_>) {
        self.channels.send(cx, channel, frame);
    }

    /// Sends where only the control channel keeps the order that is needed.
    pub(crate) fn control(&mut self, cx: &mut Cx, frame: &LinkFrame<'_>) {
        self.channels.control(cx, frame);
    }

    /// Whether more may be handed to the browser without queueing there.
    pub(crate) const fn has_room(&self, channel: Channel) -> bool {
        self.channels.has_room(channel)
    }

    /// Whether it takes more on bulk. Before the answerer has shown that it accepts us, bulk could
    /// overtake our proof.
    pub(crate) const fn takes_bulk(&self) -> bool {
        self.accepted && self.has_room(Channel::Bulk)
    }

    /// Whether whoever has the turn may send more on bulk.
    pub(crate) const fn has_turn(&self) -> bool {
        self.takes_bulk() && !self.is_turn_over()
    }

    /// Whether enough was sent in this turn.
    pub(crate) const fn is_turn_over(&self) -> bool {
        self.turn.is_over(self.channels.sent_on_bulk())
    }

    /// The group whose turn it is on bulk; that of streams if none.
    pub(crate) const fn turn(&self) -> Option<RoomId> {
        self.turn.of
    }

    /// The turn of another one begins.
    pub(crate) const fn pass_turn(&mut self, next: Option<RoomId>) {
        self.turn = Turn::new(next, self.channels.sent_on_bulk());
    }

    /// The largest payload that fits into one frame here.
    pub(crate) const fn payload_bytes(&self) -> usize {
        self.channels.payload_bytes()
    }

    /// Whether a frame about a group may be sent on bulk: none of another room is on its way.
    pub(crate) fn may_speak(&self, room: RoomTag) -> bool {
        self.speech.may_speak(room)
    }

    /// Sends the next part of a frame about a group on bulk; `first` says that it begins one.
    pub(crate) fn speak(&mut self, cx: &mut Cx, room: RoomTag, first: bool, part: (bool, &[u8])) {
        self.speech.speak(cx, &mut self.channels, room, first, part);
    }

    /// The rooms are named anew: a frame of one that we left is not continued.
    pub(crate) fn on_named(&mut self, cx: &mut Cx, tags: &[RoomTag]) {
        self.speech.on_named(cx, &mut self.channels, tags);
    }

    /// Whether one more frame about a group is looked at.
    pub(crate) fn spend_ration(&mut self, now: Timestamp) -> bool {
        self.speech.spend_ration(now, self.stranger_since.is_some())
    }

    /// Something was heard, so the path works.
    pub(super) const fn on_heard(&mut self, now: Timestamp) {
        self.heard = now;
    }

    /// When silence means that the path is broken.
    pub(super) fn silence_at(&self) -> Timestamp {
        self.heard + limits::LINK_SILENCE
    }
}
