//! Another node, as this one deals with it: the connection to it, what is said over that, and the
//! rooms that both are in.

mod frames;
mod rooms;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::gossip::NamedGossip;
use lacis_wire::proof::Role;
use lacis_wire::setup::Setup;
use lacis_wire::{AttemptId, Code, NodeId, limits};

use crate::connect::{Answer, Attempt, Connection, Env, News, Offer};
use crate::cx::Cx;
use crate::error::SendError;
use crate::ids::{LinkId, RoomId};
use crate::io::{LinkInput, Priority};
use crate::relays::Relayed;
use crate::session::{Aside, Outgoing, RoomProof, Session, SharedRooms};
use crate::signaling::{Route, Signaling};
use crate::start::Start;
use crate::time::{Earliest, Timer, Timestamp};
use frames::EarlyPart;

/// Another node.
#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) connection: Connection,
    pub(crate) session: Session,
    pub(crate) rooms: SharedRooms,
    /// Which start of which store it is, once it has said so.
    pub(crate) start: Option<Start>,
    /// The rooms in which the application knows it.
    told: Vec<RoomId>,
    /// The rooms in which others tell that it is there.
    pub(crate) present: Vec<RoomId>,
    /// Parts of frames about groups that overtook the list of rooms that names theirs.
    early: Vec<EarlyPart>,
    /// What the node is to hear.
    heard: VecDeque<Heard>,
}

/// What a node hears of a remote one.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A frame about the group whose room that is.
    GroupFrame(RoomId, Vec<u8>),
    /// A setup message that it hands on: from whom, for whom, how often that may go on.
    Carried(NodeId, NodeId, u8, Vec<u8>),
    /// What it says over this node to another one, or another one over it.
    Relayed(Relayed),
    /// Names of gossip in a room, and whether it lacks that.
    Names(RoomId, bool, Vec<NamedGossip>),
    /// A message that is not for the application.
    Aside(Aside),
    /// It is no longer in a room, in which the application knows it.
    Parted(RoomId, Code),
    /// It has said which start of which store it is.
    Started,
    /// Its link is lost.
    Lost,
    /// Its link takes more than before, or something else is to go over it.
    Writable,
    /// There is another link, or other rooms are shared.
    Neighbours,
}

impl Remote {
    pub(crate) fn new(cx: &mut Cx, node: NodeId) -> Self {
        Self {
            connection: Connection::new(node, cx.random_u64(), cx.now),
            session: Session::new(node),
            rooms: SharedRooms::default(),
            start: None,
            told: Vec::new(),
            present: Vec::new(),
            early: Vec::new(),
            heard: VecDeque::new(),
        }
    }

    pub(crate) const fn node(&self) -> NodeId {
        self.connection.node
    }

    /// The node that an attempt is with has become known.
    pub(crate) const fn rename(&mut self, node: NodeId) {
        self.connection.rename(node);
        self.session.node = node;
    }

    /// What the node is to hear, in order.
    pub(crate) fn poll(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// Something happened to one of the connections.
    pub(crate) fn on_link_input(&mut self, env: &mut Env<'_>, id: LinkId, input: LinkInput<'_>) {
        self.connection.is_awaited = !self.session.is_idle();
        match input {
            LinkInput::Data(channel, bytes) => {
                if let Some(frame) = self.connection.on_data(env, id, channel, &bytes) {
                    self.on_frame(env, channel, frame);
                }
            }
            LinkInput::Buffered(channel, bytes) => {
                if let Some(channels) = self.connection.channels(id) {
                    channels.on_buffered(channel, bytes);
                }
                if bytes <= limits::BUFFERED_LOW_BYTES {
                    self.on_writable(env.cx);
                }
            }
            input => self.connection.on_input(env, id, input),
        }
    }

    /// Follows what has happened to the connection. Called after everything that may change it.
    pub(crate) fn follow(&mut self, env: &mut Env<'_>) {
        while let Some(news) = self.connection.poll() {
            match news {
                News::Up => self.on_up(env),
                News::Down => {
                    self.heard.push_back(Heard::Lost);
                    self.heard.push_back(Heard::Neighbours);
                    self.tell(env);
                }
                News::Changed => self.tell(env),
                News::Writable => self.on_writable(env.cx),
                News::Offered(room) => self.rooms.claim(room),
            }
        }
        for aside in self.session.take_aside() {
            self.heard.push_back(Heard::Aside(aside));
        }
        if self.rooms.take_changed() {
            self.heard.push_back(Heard::Neighbours);
        }
    }

    /// The link takes more than before.
    fn on_writable(&mut self, cx: &mut Cx) {
        self.pump(cx);
        self.heard.push_back(Heard::Writable);
    }

    /// There is a new link: what waits is sent on it.
    fn on_up(&mut self, env: &mut Env<'_>) {
        let Some(link) = self.connection.link_mut() else { return };
        self.session.on_link(env.cx, link);
        self.rooms.on_link(link.room());
        self.early.clear();
        self.name_rooms(env);
        self.tell_start(env.cx);
        self.tell(env);
        self.pump(env.cx);
    }

    /// Sends messages that wait, as far as the link takes them. What else waits takes turns with
    /// groups on bulk, which the node sees to.
    pub(crate) fn pump(&mut self, cx: &mut Cx) {
        if let Some(link) = self.connection.link_mut() {
            self.session.pump_messages(cx, link, &self.rooms);
            if link.takes_bulk() && self.session.streams.is_sending() {
                self.heard.push_back(Heard::Writable);
            }
        }
    }

    /// Takes a message to be sent, and sends it if it can.
    pub(crate) fn send(
        &mut self,
        cx: &mut Cx,
        message: Outgoing,
        priority: Priority,
    ) -> Result<(), SendError> {
        let taken = self.session.enqueue(cx, message, priority);
        self.pump(cx);
        taken
    }

    /// It offers a link, for which there is place.
    pub(crate) fn on_offer(&mut self, env: &mut Env<'_>, offer: Offer, version: u16) {
        self.connection.accept(env, offer, version);
        self.follow(env);
    }

    /// The place of a shared room where it can be reached now.
    pub(crate) fn meeting(&self, signaling: &Signaling) -> Option<RoomId> {
        let met = self.connection.met();
        let mut places = self.rooms.iter().map(|(room, _)| signaling.place_in(room, met));
        places.find(|place| signaling.reaches(*place))
    }

    /// Offers a link in a room that is shared, over a neighbor if some are given.
    pub(crate) fn offer(&mut self, env: &mut Env<'_>, between: Vec<NodeId>) {
        if let Some(place) = self.meeting(env.signaling) {
            let route = self.connection.route();
            match between.is_empty() {
                true => self.connection.offer(env, place, route),
                false => self.connection.offer_over(env, place, route, between),
            }
        }
    }

    /// A setup message came, sealed with the key of a room.
    pub(crate) fn on_setup(
        &mut self,
        env: &mut Env<'_>,
        (route, by): (Route, Option<NodeId>),
        room: RoomId,
        setup: Setup,
    ) {
        if !self.speaks_in(env, setup.attempt(), room) {
            return;
        }
        let connection = &mut self.connection;
        connection.is_awaited = !self.session.is_idle();
        match setup {
            Setup::Offer { .. } => {}
            Setup::Answer { attempt, introduction, version, description, signature } => {
                let answer = Answer { attempt, introduction, version, description, signature };
                connection.on_answer(env, &answer, route);
            }
            Setup::Candidates { attempt, list } => {
                connection.on_candidates(env, attempt, by, list);
            }
            Setup::Restart { attempt, round, description } => {
                connection.on_restart(env, attempt, round, &description);
            }
            Setup::Restarted { attempt, round, description } => {
                connection.on_restarted(env, attempt, round, &description);
            }
            Setup::RestartWanted { attempt } => connection.on_restart_wanted(env, attempt),
            Setup::Refuse { attempt, code } => {
                if let Some(room) = connection.on_refuse(env, route, attempt, code) {
                    self.on_left(env, room, code);
                }
            }
        }
    }

    /// Whether what is sealed with the key of a room may be about that attempt: before there is a
    /// link everything is sealed with that of the offer's room, after that with any that is shared.
    fn speaks_in(&self, env: &Env<'_>, attempt: AttemptId, room: RoomId) -> bool {
        let is_shared = || self.rooms.contains(env.signaling.main(room));
        self.connection.is_sealed_in(attempt, room).unwrap_or_else(is_shared)
    }

    /// It leaves while a link was being set up in a room.
    fn on_left(&mut self, env: &mut Env<'_>, room: RoomId, code: Code) {
        let is_linked = self.connection.is_linked();
        if code == Code::Left && !is_linked && self.rooms.remove(room) {
            self.leave_room(env, room, code);
        }
        if code == Code::Closed || self.rooms.is_empty() || is_linked {
            self.connection.close(env, Code::Left);
        } else {
            self.connection.dial(env.cx.now);
        }
    }

    /// Settles whatever waits for the remote. The node forgets it after this. Gives the rooms in
    /// which the application knows it, and whether it has shown that it is in them.
    pub(crate) fn dissolve(&mut self, env: &mut Env<'_>, code: Code) -> Vec<(RoomId, bool)> {
        self.connection.close(env, code);
        self.session.on_gone(env.cx, code);
        let told = core::mem::take(&mut self.told).into_iter();
        let told = told.map(|room| (room, self.hears(room))).collect();
        self.rooms.clear();
        told
    }

    /// Whether what is said in a room reaches it, now or once its link is back.
    pub(crate) fn hears(&self, room: RoomId) -> bool {
        matches!(self.rooms.proof(room), Some(RoomProof::Previous | RoomProof::Proven))
    }

    /// A remote that was only made to look at an offer, and the offer was refused, is forgotten.
    pub(crate) fn forget_if_idle(&mut self, env: &mut Env<'_>) {
        let connection = &self.connection;
        let waits = connection.lost_since().is_none() && connection.is_idle();
        if waits && self.rooms.is_empty() && connection.wants_link().is_none() {
            self.connection.close(env, Code::Left);
        }
    }

    /// Does what is due.
    pub(crate) fn on_timeout(&mut self, env: &mut Env<'_>) {
        self.connection.is_awaited = !self.session.is_idle();
        self.connection.on_timeout(env);
        self.follow(env);
        let works = self.connection.has_healthy_link()
            && !env.cx.is_suspended()
            && env.cx.now >= env.cx.stalled_until;
        if self.session.is_unheard(env.cx.now, works, &self.rooms) {
            self.connection.dismiss(env, Code::Protocol);
        }
        if self.connection.closed().is_none() {
            self.session.on_timeout(env.cx, self.connection.link_mut());
            self.pump(env.cx);
        }
    }

    pub(crate) fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let mut earliest = Earliest::default();
        self.connection.deadlines(&mut earliest);
        self.session.deadlines(self.connection.is_linked(), &self.rooms, &mut earliest);
        earliest.get()
    }

    /// Whether nothing waits to reach the other side, or nothing can.
    pub(crate) fn is_flushed(&self) -> bool {
        self.connection.link().is_none_or(|link| self.session.is_flushed(link))
    }

    /// Whether it is in a room that is not a group's, as far as it has shown.
    pub(crate) fn is_company(&self, signaling: &Signaling) -> bool {
        let mut shown = self.rooms.iter().filter(|(_, proof)| *proof != RoomProof::Claimed);
        shown.any(|(room, _)| !signaling.is_of_group(room))
    }

    /// When an attempt of its own can make place, of which nothing has come so far; if that is all
    /// that is known of it.
    pub(crate) fn knocks_until(&self, signaling: &Signaling) -> Option<Timestamp> {
        let connection = &self.connection;
        let attempts = connection.attempts();
        let is_theirs = |own: &Attempt| own.role() == Role::Answerer && !own.is_manual();
        let knocks = !connection.is_linked()
            && connection.lost_since().is_none()
            && attempts.iter().all(is_theirs);
        let in_group = attempts.iter().all(|own| signaling.is_of_group(own.room()));
        let time = if in_group { limits::STRANGER_GRACE } else { limits::ATTEMPT_FRESH };
        let mut placed = attempts.iter().filter(|own| knocks && !own.id().is_relayed());
        placed.next().map(|own| own.begun() + time)
    }

    /// Tells the other side of a new link which start we are, if that is known.
    pub(crate) fn tell_start(&mut self, cx: &mut Cx) {
        if let (Some(start), Some(link)) = (cx.me.start, self.connection.link_mut()) {
            link.control(cx, &start.frame());
        }
    }

    /// The other side says which start it is. What it says first counts.
    fn on_start(&mut self, start: Start) {
        if self.start.is_none() {
            self.start = Some(start);
            self.heard.push_back(Heard::Started);
        }
    }
}
