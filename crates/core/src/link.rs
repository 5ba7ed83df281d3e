//! One connection to another node: its channels, what it has heard, and where its setup stands.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::proof::{Party, Role};
use lacis_wire::setup::Setup;
use lacis_wire::{AttemptId, PROTOCOL, RoomTag, codec, limits};

use crate::io::{LinkAction, LinkId, OpId, Path, RemoteState, RoomId};
use crate::route::Route;
use crate::rule::Rule;
use crate::shared::Io;
use crate::time::Timestamp;

/// One connection to another node.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: LinkId,
    pub(crate) attempt: AttemptId,
    pub(crate) role: Role,
    /// The room in which it was set up; its membership is proven by that.
    pub(crate) room: RoomId,
    /// The room with whose keys setup messages are sealed: that one, or one behind it.
    pub(crate) sealed_in: RoomId,
    /// How its setup goes.
    pub(crate) route: Option<Route>,
    /// How the offer came that it answers; `None` if it offers itself.
    pub(crate) answers: Option<Route>,
    pub(crate) version: u16,
    pub(crate) local: Party,
    pub(crate) remote: Option<Party>,
    pub(crate) remote_session: u64,
    pub(crate) transcript: [u8; 32],
    /// The answer's proof, if it was not looked at yet.
    pub(crate) unverified: Option<[u8; 64]>,
    /// Our proof, if we offered.
    pub(crate) proof: Option<[u8; 64]>,
    /// The operation the driver is at, and what it is for.
    pub(crate) op: Option<(OpId, Step)>,
    /// When its setup began, and when that must be done.
    pub(crate) begun: Timestamp,
    pub(crate) deadline: Timestamp,
    pub(crate) remote_candidates: Candidates,
    pub(crate) local_candidates: Candidates,
    /// Counts the remote descriptions that were set.
    pub(crate) revision: u32,
    pub(crate) ice: Ice,
    pub(crate) restart: Restart,
    pub(crate) rtt: Option<Duration>,
    pub(crate) path: Option<Path>,
    /// What the application is told of a new link until it is known whether a relay stands between,
    /// if one may.
    pub(crate) until_path: Option<RemoteState>,
    pub(crate) heard: Timestamp,
    /// The ping on its way, and when it left.
    pub(crate) ping: Option<(u32, Timestamp)>,
    pub(crate) ping_due: Timestamp,
    /// The offer, until it is answered, and when it is made once more.
    pub(crate) again: Option<(Timestamp, Box<Setup>)>,
    /// Since when nobody knows what the link is good for.
    pub(crate) stranger_since: Option<Timestamp>,
    /// How many frames of a stranger are looked at, and since when this counts.
    ration: (u32, Timestamp),
    /// Whether the other side has shown that it accepts us; before that only the control channel
    /// is in order with our proof.
    pub(crate) accepted: bool,
    frame_bytes: usize,
    channels: [Lane; 3],
    /// What has come of a frame about a group, on control and on bulk.
    parts: [(RoomTag, Vec<u8>); 2],
    /// The room whose frame is on its way on bulk, not yet whole. Others wait for its end.
    speaking: Option<RoomTag>,
}

/// What an operation of the driver is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Offer,
    Accept,
    SetAnswer,
    RestartOffer,
    RestartAccept,
    RestartSet,
    Inspect,
}

/// What ICE says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ice {
    New,
    Connected,
    Disconnected { since: Timestamp },
}

/// Where an ICE restart stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Restart {
    pub(crate) round: u32,
    /// Set while one is under way.
    pub(crate) deadline: Option<Timestamp>,
}

/// Candidates of one side that wait until they may be passed on.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    waiting: Vec<String>,
    count: usize,
    ready: bool,
    /// Whether one of them is that of a relay.
    relayed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    open: bool,
    /// Bytes in the outputs, which the driver has not taken yet.
    queued: usize,
    /// Bytes that the driver has taken, as far as it has told.
    buffered: usize,
}

/// How the candidate of a relay names its kind.
const RELAY: &[u8] = b" typ relay";

impl Candidates {
    /// Takes one; gives it back if it may be passed on at once. More than
    /// [`limits::CANDIDATES_MAX`] are dropped: a path that needs more has other troubles.
    pub(crate) fn push(&mut self, candidate: String) -> Option<String> {
        if self.count >= limits::CANDIDATES_MAX {
            return None;
        }
        self.count += 1;
        self.relayed |= candidate.as_bytes().windows(RELAY.len()).any(|part| part == RELAY);
        if self.ready {
            return Some(candidate);
        }
        self.waiting.push(candidate);
        None
    }

    /// From now on candidates pass; gives those that waited.
    pub(crate) fn release(&mut self) -> Vec<String> {
        self.ready = true;
        core::mem::take(&mut self.waiting)
    }

    /// A restart begins: candidates of the new generation wait again.
    pub(crate) fn hold(&mut self) {
        *self = Self::default();
    }
}

impl Link {
    pub(crate) fn new(
        io: &Io,
        id: LinkId,
        role: Role,
        room: RoomId,
        local: Party,
        attempt: AttemptId,
    ) -> Self {
        let now = io.now;
        Self {
            id,
            attempt,
            role,
            room,
            sealed_in: room,
            route: None,
            answers: None,
            version: PROTOCOL.max,
            local,
            remote: None,
            remote_session: 0,
            transcript: [0; 32],
            unverified: None,
            proof: None,
            op: None,
            begun: now,
            deadline: now + limits::ATTEMPT_DEADLINE,
            remote_candidates: Candidates::default(),
            local_candidates: Candidates::default(),
            revision: 0,
            ice: Ice::New,
            restart: Restart::default(),
            rtt: None,
            path: None,
            until_path: None,
            heard: now,
            ping: None,
            ping_due: now,
            again: None,
            stranger_since: None,
            ration: (limits::STRANGER_FRAMES, now),
            accepted: false,
            frame_bytes: limits::FRAME_BYTES_MIN,
            channels: [Lane::default(); 3],
            parts: [(RoomTag([0; 16]), Vec::new()), (RoomTag([0; 16]), Vec::new())],
            speaking: None,
        }
    }

    /// Whether one more frame about a group is looked at: those of strangers cost work before they
    /// have shown that they may ask for it.
    pub(crate) fn spend_ration(&mut self, now: Timestamp) -> bool {
        if self.stranger_since.is_none() || !Rule::FramesOfStrangers.holds() {
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

    /// Whether a relay is known that may stand between.
    pub(crate) const fn knows_relays(&self) -> bool {
        self.local_candidates.relayed || self.remote_candidates.relayed
    }

    /// Asks the driver which path is in use, unless it is busy. Says whether it is asked.
    pub(crate) fn inspect(&mut self, io: &mut Io) -> bool {
        let is_idle = self.op.is_none();
        if is_idle {
            let op = self.begin(io, Step::Inspect);
            io.link(self.id, LinkAction::Inspect(op));
        }
        is_idle
    }

    fn lane(&mut self, channel: Channel) -> &mut Lane {
        let [control, bulk, ephemeral] = &mut self.channels;
        match channel {
            Channel::Control => control,
            Channel::Bulk => bulk,
            Channel::Ephemeral => ephemeral,
        }
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
    pub(crate) fn may_speak(&self, room: RoomTag) -> bool {
        self.speaking.is_none_or(|speaking| speaking == room)
    }

    /// Sends the next part of a frame about a group on bulk; `first` says that it begins one.
    pub(crate) fn speak(
        &mut self,
        io: &mut Io,
        room: RoomTag,
        first: bool,
        (more, data): (bool, &[u8]),
    ) {
        if first && self.speaking.is_some() {
            self.take_back(io);
        }
        self.speaking = more.then_some(room);
        self.send(io, Channel::Bulk, &LinkFrame::Group { room, more, data });
    }

    /// What was begun is not continued: the other side drops what it has of that frame.
    pub(crate) fn take_back(&mut self, io: &mut Io) {
        if let Some(room) = self.speaking.take() {
            self.send(io, Channel::Bulk, &LinkFrame::Group { room, more: false, data: &[] });
        }
    }

    /// The rooms are named anew: a frame of one that we left is not continued.
    pub(crate) fn on_named(&mut self, io: &mut Io, tags: &[RoomTag]) {
        if self.speaking.is_some_and(|room| !tags.contains(&room)) {
            self.take_back(io);
        }
    }

    pub(crate) fn on_channel(&mut self, channel: Channel, open: bool) {
        self.lane(channel).open = open;
    }

    pub(crate) fn on_buffered(&mut self, channel: Channel, bytes: usize) {
        self.lane(channel).buffered = bytes;
    }

    pub(crate) fn is_open(&mut self, channel: Channel) -> bool {
        self.lane(channel).open
    }

    /// Whether more may be handed to the browser without queueing there.
    pub(crate) fn has_room(&mut self, channel: Channel) -> bool {
        self.is_open(channel) && self.buffered(channel) < limits::BUFFERED_HIGH_BYTES
    }

    /// Bytes on their way to the network, here and in the browser.
    pub(crate) fn buffered(&mut self, channel: Channel) -> usize {
        let lane = self.lane(channel);
        lane.queued.saturating_add(lane.buffered)
    }

    /// The driver takes a message. What it tells of its buffer afterwards counts this one, and not
    /// those that still wait in the outputs.
    pub(crate) fn on_taken(&mut self, channel: Channel, bytes: usize) {
        let lane = self.lane(channel);
        lane.queued = lane.queued.saturating_sub(bytes);
        lane.buffered = lane.buffered.saturating_add(bytes);
    }

    pub(crate) fn set_frame_bytes(&mut self, bytes: usize) {
        self.frame_bytes = bytes.clamp(limits::FRAME_BYTES_MIN, limits::FRAME_BYTES);
    }

    /// The largest payload that fits into one frame here.
    pub(crate) const fn payload_bytes(&self) -> usize {
        self.frame_bytes.saturating_sub(limits::FRAME_HEADER_BYTES)
    }

    pub(crate) fn send(&mut self, io: &mut Io, channel: Channel, frame: &LinkFrame<'_>) {
        let payload = match frame {
            LinkFrame::Chunk { data, .. } | LinkFrame::Group { data, .. } => data.len(),
            LinkFrame::Message { payload, .. } | LinkFrame::Ephemeral { payload, .. } => {
                payload.len()
            }
            _ => 0,
        };
        let bytes = codec::encode_with_capacity(frame, payload + limits::FRAME_HEADER_BYTES);
        let lane = self.lane(channel);
        lane.queued = lane.queued.saturating_add(bytes.len());
        io.link(self.id, LinkAction::Send(channel, bytes));
    }

    /// Sends where only the control channel keeps the order that is needed.
    pub(crate) fn control(&mut self, io: &mut Io, frame: &LinkFrame<'_>) {
        if self.is_open(Channel::Control) {
            self.send(io, Channel::Control, frame);
        }
    }

    /// Begins an operation of the driver.
    pub(crate) fn begin(&mut self, io: &mut Io, step: Step) -> OpId {
        let op = io.op_id();
        self.op = Some((op, step));
        op
    }

    /// Ends an operation; gives what it was for, if it is the one under way.
    pub(crate) fn finish(&mut self, op: OpId) -> Option<Step> {
        let (_, step) = self.op.take_if(|(current, _)| *current == op)?;
        Some(step)
    }

    /// The remote description is on its way to the driver: candidates may follow it. A browser that
    /// knows them before it opens ports has less to do than one that learns of them later.
    pub(crate) fn release_remote(&mut self, io: &mut Io) {
        for candidate in self.remote_candidates.release() {
            io.link(self.id, LinkAction::AddCandidate(candidate));
        }
    }

    /// Both ends in the order of the transcript.
    pub(crate) fn parties(&self) -> Option<(Party, Party)> {
        let remote = self.remote?;
        Some(match self.role {
            Role::Offerer => (self.local, remote),
            Role::Answerer => (remote, self.local),
        })
    }

    pub(crate) const fn is_healthy(&self) -> bool {
        matches!(self.ice, Ice::Connected) && self.restart.deadline.is_none()
    }
}
