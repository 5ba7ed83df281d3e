//! Another node: how it is reached, what waits for it, what came from it.
//!
//! ```text
//! known --(offer or answer)--> attempt --(proof)--> link --(broken)--> recovering --+
//!   ^                             |                  ^                    |         |
//!   +----(failed, tried again)----+                  +--(restart, or a    |       (too long)
//!                                                        new attempt)-----+         v
//!                                                                                 gone
//! ```
//! A remote outlives its links: what was sent and not acknowledged is sent again on the next one.
//! A link that works is only replaced by one that works too.

use alloc::vec::Vec;

use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::proof::Role;
use lacis_wire::setup::Setup;
use lacis_wire::{Code, NodeId, PeerId, RoomTag, limits};

use crate::frames::EarlyPart;
use crate::io::{Event, LinkAction, LinkId, RemoteState, RoomId};
use crate::link::{Ice, Link};
use crate::messages::Messages;
use crate::room::Room;
use crate::route::Route;
use crate::shared::Shared;
use crate::start::Start;
use crate::streams::Streams;
use crate::table::{Table, TableExt};
use crate::time::{Earliest, Timer, Timestamp};

/// Another node.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) node: NodeId,
    /// Its identity: claimed by its introduction, proven once there is a link.
    pub(crate) peer: Option<PeerId>,
    /// The rooms we share, and how sure that is.
    pub(crate) rooms: Table<RoomId, Standing>,
    /// The server that knew it last.
    pub(crate) route: Option<Route>,
    /// The room in which that server knew it, or in which it offered.
    pub(crate) met: Option<RoomId>,
    /// The connection in use, proven.
    pub(crate) link: Option<Link>,
    /// The connections being set up: our own, and one for each server through which it offers.
    pub(crate) attempts: Vec<Link>,
    /// When to offer next, if a link is wanted.
    pub(crate) want: Option<Timestamp>,
    pub(crate) failures: u32,
    /// Since when the link is broken or lost.
    pub(crate) lost_at: Option<Timestamp>,
    /// Whether servers said that nobody has its mailbox.
    pub(crate) absent: bool,
    /// Whether sealed messages in its name came damaged during the present attempt.
    pub(crate) tampered: bool,
    /// Names the sequence of our interactive messages to it.
    pub(crate) session: u64,
    pub(crate) messages: Messages,
    pub(crate) streams: Streams,
    /// Which start of which store it is, once it has said so.
    pub(crate) start: Option<Start>,
    /// Set when the remote is to be forgotten, and why.
    pub(crate) gone: Option<Code>,
    /// The rooms as both ends name them on the present link.
    tags: Vec<Tags>,
    /// The rooms that the other side last said it is in.
    shown: Option<Vec<RoomTag>>,
    /// The rooms in which the application knows it.
    told: Vec<RoomId>,
    /// Parts of frames about groups that overtook the list of rooms that names theirs.
    pub(crate) early: Vec<EarlyPart>,
}

/// How sure it is that a remote is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A server or an offer says so.
    Named,
    /// It was proven on an earlier link; the first list of rooms on the present one will tell.
    Known,
    /// It is proven on the present link, or was on the last one.
    Shown,
}

#[derive(Debug)]
struct Tags {
    room: RoomId,
    ours: RoomTag,
    theirs: RoomTag,
}

impl Remote {
    pub(crate) fn new(shared: &mut Shared, node: NodeId) -> Self {
        Self {
            node,
            peer: None,
            rooms: Table::new(),
            route: None,
            met: None,
            link: None,
            attempts: Vec::new(),
            want: None,
            failures: 0,
            lost_at: None,
            absent: false,
            tampered: false,
            session: shared.io.random_u64(),
            messages: Messages::default(),
            streams: Streams::default(),
            start: None,
            gone: None,
            tags: Vec::new(),
            shown: None,
            told: Vec::new(),
            early: Vec::new(),
        }
    }

    /// Whether the connection of that id is one of this remote's.
    pub(crate) fn owns(&self, id: LinkId) -> bool {
        self.attempts.iter().chain(&self.link).any(|link| link.id == id)
    }

    pub(crate) fn state(&self) -> RemoteState {
        match &self.link {
            Some(link) if self.lost_at.is_none() => match (link.path, link.until_path) {
                (Some(path), _) if path.relayed => RemoteState::Relayed,
                (None, Some(former)) => former,
                _ => RemoteState::Direct,
            },
            None if self.lost_at.is_none() => RemoteState::Connecting,
            _ => RemoteState::Recovering,
        }
    }

    /// Whether a link is wanted now and nothing is under way.
    pub(crate) fn wants_link(&self) -> bool {
        let working = self.link.as_ref().is_some_and(Link::is_healthy);
        self.want.is_some() && self.attempts.is_empty() && !working && self.gone.is_none()
    }

    /// Tells the application how the remote is reached, in every room where it is known.
    pub(crate) fn tell(&mut self, shared: &mut Shared) {
        let unlinked = self.link.is_none();
        let known =
            self.rooms.iter().filter(|(_, standing)| unlinked || **standing == Standing::Shown);
        for room in known.map(|(room, _)| *room).collect::<Vec<_>>() {
            self.tell_in(shared, room);
        }
    }

    /// Tells the application that the remote is no longer in a room, if it knows that it was.
    pub(crate) fn tell_left(&mut self, shared: &mut Shared, room: RoomId, code: Code) {
        if let Some(place) = self.told.iter().position(|told| *told == room) {
            self.told.swap_remove(place);
            shared.io.event(Event::RemoteLeft { room, node: self.node, code });
        }
    }

    pub(crate) fn tell_in(&mut self, shared: &mut Shared, room: RoomId) {
        if !shared.lets_in(room, self.node) {
            return;
        }
        if !self.told.contains(&room) {
            self.told.push(room);
        }
        shared.io.event(Event::Remote {
            room,
            node: self.node,
            peer: self.peer,
            state: self.state(),
            rtt: self.link.as_ref().and_then(|link| link.rtt),
        });
    }

    /// The attempt has proven itself: it becomes the link, and what waits is sent on it.
    pub(crate) fn establish(&mut self, shared: &mut Shared, id: LinkId) {
        let Some(mut link) = self.take_attempt(id) else { return };
        let is_new = self.link.is_none() && self.lost_at.is_none();
        let former = if is_new { RemoteState::Connecting } else { RemoteState::Recovering };
        // To ask a browser takes as long as a message; where no relay is, nobody waits for that.
        let waits = (link.knows_relays() || shared.knows_relays()) && link.inspect(&mut shared.io);
        link.until_path = waits.then_some(former);
        self.withdraw_attempts(shared, Code::Replaced, |_| true);
        if let Some(old) = self.link.take() {
            shared.io.link(old.id, LinkAction::Close);
        }
        if !shared.end_pairing(self.node, Ok(())) {
            shared.patience.on_success(self.node, shared.io.now.since(link.begun));
        }
        link.heard = shared.io.now;
        link.ping_due = shared.io.now + limits::FIRST_PING;
        link.ice = Ice::Connected;
        self.failures = 0;
        self.want = None;
        self.lost_at = None;
        self.absent = false;
        let is_known = self.messages.on_link(shared, link.remote_session);
        self.streams.on_link(shared, &mut link, is_known);
        for standing in self.rooms.values_mut() {
            if *standing == Standing::Shown {
                *standing = Standing::Known;
            }
        }
        self.rooms.insert(link.room, Standing::Shown);
        self.shown = None;
        self.early.clear();
        self.link = Some(link);
        self.name_rooms(shared);
        self.tell_start(shared);
        self.tell(shared);
        self.pump(shared);
        shared.order_spare();
    }

    /// Computes how rooms are named on the present link, and tells the other side which we are in.
    pub(crate) fn name_rooms(&mut self, shared: &mut Shared) {
        let Some(link) = &mut self.link else { return };
        let (ours, theirs) = (shared.node, self.node);
        let transcript = link.transcript;
        let (peer, set_up_in) = (self.peer, link.room);
        let is_told = |(room, known): &(RoomId, &Room)| {
            *room == set_up_in || peer.is_none_or(|peer| !known.barred.contains(&peer))
        };
        self.tags = shared
            .main_rooms()
            .filter(is_told)
            .map(|(room, known)| Tags {
                room,
                ours: known.keys.tag(&transcript, ours),
                theirs: known.keys.tag(&transcript, theirs),
            })
            .collect();
        let tags: Vec<RoomTag> = self.tags.iter().map(|tags| tags.ours).collect();
        link.on_named(&mut shared.io, &tags);
        link.control(&mut shared.io, &LinkFrame::Rooms { tags });
        if let Some(shown) = self.shown.take() {
            self.on_rooms(shared, shown);
        }
    }

    /// The other side says which rooms it is in; only tags that its key can make count. The list is
    /// kept, because we may join one of those rooms later.
    pub(crate) fn on_rooms(&mut self, shared: &mut Shared, shown: Vec<RoomTag>) {
        let verdicts: Vec<(RoomId, bool)> =
            self.tags.iter().map(|tags| (tags.room, shown.contains(&tags.theirs))).collect();
        self.shown = Some(shown);
        for (room, is_in) in verdicts {
            match (is_in, self.rooms.get(&room).copied()) {
                (true, None | Some(Standing::Named | Standing::Known)) => {
                    self.rooms.insert(room, Standing::Shown);
                    self.tell_in(shared, room);
                }
                (false, Some(_)) => {
                    self.rooms.remove(&room);
                    self.leave_room(shared, room, Code::Left);
                }
                (true, Some(Standing::Shown)) | (false, None) => {}
            }
        }
        if self.rooms.is_empty() {
            self.gone = Some(Code::Left);
        }
        self.take_early_parts(shared);
    }

    /// The room is no longer shared: nothing of it may stay behind.
    pub(crate) fn leave_room(&mut self, shared: &mut Shared, room: RoomId, code: Code) {
        self.messages.on_room_left(shared, room, code);
        self.streams.on_room_left(shared, self.link.as_mut(), room, code);
        self.tell_left(shared, room, code);
        self.change_seal(shared, room);
    }

    /// Setup messages were sealed with the key of a room that is no longer shared. The link takes
    /// another one; an attempt was agreed upon in that room and begins anew in another.
    fn change_seal(&mut self, shared: &mut Shared, left: RoomId) {
        let mut rooms = self.rooms.iter();
        let other = rooms.find(|(_, standing)| **standing == Standing::Shown);
        if let (Some(link), Some((&room, _))) = (&mut self.link, other)
            && link.room == left
        {
            (link.room, link.sealed_in) = (room, room);
        }
        if self.attempts.iter().any(|attempt| attempt.room == left) {
            let code = if self.rooms.is_empty() { Code::Left } else { Code::Replaced };
            self.withdraw_attempts(shared, code, |attempt| attempt.room == left);
            if !self.link.as_ref().is_some_and(Link::is_healthy) {
                self.want = Some(shared.io.now);
            }
        }
    }

    /// Setup messages that were sealed in one room are sealed in another one.
    pub(crate) fn seal_elsewhere(&mut self, from: RoomId, to: RoomId) {
        for link in self.attempts.iter_mut().chain(&mut self.link) {
            if link.sealed_in == from {
                link.sealed_in = to;
            }
        }
    }

    /// How we name a room on the present link.
    pub(crate) fn our_tag(&self, room: RoomId) -> Option<RoomTag> {
        let proven = self.rooms.get(&room) == Some(&Standing::Shown);
        self.tags.iter().find(|tags| tags.room == room && proven).map(|tags| tags.ours)
    }

    /// Whether the other side would name a room so that we are in.
    pub(crate) fn is_tag(&self, tag: RoomTag) -> bool {
        self.tags.iter().any(|tags| tags.theirs == tag)
    }

    /// The room that the other side names so. The tag itself proves that it is in the room, so what
    /// overtook its first list of rooms is not lost.
    pub(crate) fn room_of(&mut self, shared: &mut Shared, tag: RoomTag) -> Option<RoomId> {
        let room = self.tags.iter().find(|tags| tags.theirs == tag)?.room;
        let proven = self.rooms.get(&room) == Some(&Standing::Shown);
        if !proven && self.shown.is_none() {
            self.rooms.insert(room, Standing::Shown);
            self.tell_in(shared, room);
        }
        (proven || self.shown.is_none()).then_some(room)
    }

    /// Sends what waits, as far as the browser's buffers allow.
    pub(crate) fn pump(&mut self, shared: &mut Shared) {
        let Some(mut link) = self.link.take() else { return };
        self.pump_messages(shared, &mut link);
        self.pump_streams(shared, &mut link);
        self.link = Some(link);
    }

    /// Says goodbye and closes; the remote is forgotten next. `code` is why, seen from here.
    pub(crate) fn part(&mut self, shared: &mut Shared, code: Code) {
        self.withdraw_attempts(shared, code, |_| true);
        if let Some(link) = &mut self.link {
            link.control(&mut shared.io, &LinkFrame::Bye { code: Code::Left });
            if !link.is_healthy() {
                let farewell = Setup::Refuse { attempt: link.attempt, code };
                shared.signal(&mut link.route, link.sealed_in, self.node, &farewell);
            }
        }
        self.gone = Some(code);
    }

    /// Ends the link, or what is to become one, because it is of no use here.
    pub(crate) fn dismiss(&mut self, shared: &mut Shared, code: Code) {
        self.withdraw_attempts(shared, code, |_| true);
        if let Some(link) = &mut self.link {
            link.control(&mut shared.io, &LinkFrame::Bye { code });
        }
        self.gone = Some(code);
    }

    /// Settles whatever waits for the remote. The node forgets it after this.
    pub(crate) fn dissolve(&mut self, shared: &mut Shared, code: Code) {
        for link in self.link.take().into_iter().chain(self.attempts.drain(..)) {
            shared.io.link(link.id, LinkAction::Close);
        }
        shared.end_pairing(self.node, Err(code));
        self.messages.on_gone(shared, code);
        self.streams.on_gone(shared, code);
        self.rooms.drain();
        for room in core::mem::take(&mut self.told) {
            shared.io.event(Event::RemoteLeft { room, node: self.node, code });
        }
    }

    /// A remote that was only made to look at an offer, and the offer was refused, is forgotten.
    pub(crate) fn forget_if_idle(&mut self) {
        let known = !self.rooms.is_empty() || self.link.is_some() || !self.attempts.is_empty();
        if !known && self.want.is_none() {
            self.gone = Some(Code::Left);
        }
    }

    /// Whether nothing waits to reach the other side.
    pub(crate) fn is_flushed(&mut self) -> bool {
        let drained = self.link.as_mut().is_none_or(|link| link.buffered(Channel::Control) == 0);
        self.messages.is_empty() && drained
    }

    pub(crate) fn deadlines(&self, earliest: &mut Earliest) {
        for attempt in &self.attempts {
            let again = attempt.again.as_ref().map(|(at, _)| *at);
            earliest.see(Some(attempt.deadline), Timer::Attempt);
            earliest.see(again, Timer::Attempt);
        }
        earliest.see(self.gone_at(), Timer::Gone);
        self.messages.deadlines(earliest);
        self.streams.deadlines(self.link.is_some(), earliest);
        if let Some(link) = &self.link {
            earliest.see(Some(link.ping_due), Timer::KeepAlive);
            match (link.ice, link.restart.deadline) {
                (_, Some(deadline)) => earliest.see(Some(deadline), Timer::Restart),
                (Ice::Disconnected { since }, None) if !self.is_rebuilding() => {
                    earliest.see(Some(since + limits::DISCONNECTED_GRACE), Timer::Restart);
                }
                (Ice::New | Ice::Connected, None) => {
                    earliest.see(Some(link.heard + limits::LINK_SILENCE), Timer::KeepAlive);
                }
                (Ice::Disconnected { .. }, None) => {}
            }
        }
    }

    /// Whether a new connection is tried or scheduled already.
    pub(crate) fn is_rebuilding(&self) -> bool {
        self.want.is_some() || !self.attempts.is_empty()
    }

    /// When a remote that cannot be reached counts as gone.
    pub(crate) fn gone_at(&self) -> Option<Timestamp> {
        let patience =
            if self.absent { limits::ABSENT_DEADLINE } else { limits::RECOVERY_DEADLINE };
        self.lost_at.map(|lost| lost + patience)
    }

    /// The role on the present link decides who restarts ICE.
    pub(crate) fn is_offerer(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.role == Role::Offerer)
    }
}
