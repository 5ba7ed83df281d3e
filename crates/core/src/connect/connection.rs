//! How another node is reached: attempts, the link, and getting it back.
//!
//! ```text
//! Unlinked --(an attempt proves itself)--> Linked --(broken)--> Lost --(too long)--> Closed
//!                                            ^                   |
//!                                            +-(path back, or a -+
//!                                                 new attempt)
//! ```
//! Attempts stand beside that: an offer of the other side may come while a link works, and of
//! several attempts the one that first proves itself is the link (`docs/adr`).

mod ending;
mod inputs;
pub(crate) mod offers;
mod recovery;
mod setup;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::proof::Role;
use lacis_wire::{AttemptId, Code, NodeId, PeerId, limits};

use super::Env;
use super::attempt::Attempt;
use super::channels::Channels;
use super::link::{Ice, Link};
use crate::event::RemoteState;
use crate::ids::{LinkId, RoomId};
use crate::signaling::Route;
use crate::time::{Earliest, Timer, Timestamp};

/// The connection to another node, whatever has become of it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) node: NodeId,
    /// Its identity: claimed by its introduction, proven once there is a link.
    pub(crate) peer: Option<PeerId>,
    /// Names the sequence of our messages to it.
    pub(super) session: u64,
    pub(super) stage: Stage,
    /// The connections being set up: our own, and one for each server through which it offers.
    pub(super) attempts: Vec<Attempt>,
    /// When to offer next, if a link is wanted.
    pub(super) dial_at: Option<Timestamp>,
    /// Attempts that failed since the last link.
    pub(super) failures: u32,
    /// Why the last of them did.
    pub(crate) failed: Option<Code>,
    /// The servers that said that nobody has its mailbox.
    pub(super) unknown_at: Vec<usize>,
    /// When it was named last, or met.
    pub(crate) named_at: Timestamp,
    /// Whether no other server is left where it may have one.
    pub(super) absent: bool,
    /// Whether sealed messages in its name came damaged during the present attempt.
    pub(super) tampered: bool,
    /// Whether the last attempt of ours was one over a neighbor.
    pub(super) tried_over: bool,
    /// Whether something waits for it.
    pub(crate) is_awaited: bool,
    /// The server that knew it last.
    pub(super) route: Option<Route>,
    /// The room in which that server knew it, or in which it offered.
    pub(super) met: Option<RoomId>,
    /// Whether there are other connections than before, or one is wanted at another time.
    changed: bool,
    news: VecDeque<News>,
}

/// Where the link stands.
#[derive(Debug)]
pub(super) enum Stage {
    /// There was none yet.
    Unlinked,
    /// It works, as far as is known.
    Linked(Link),
    /// It is broken. Its path may come back while the connection stands.
    /// `has_slept` says whether the time counts anew since this node slept.
    Lost { since: Timestamp, has_slept: bool, link: Option<Link> },
    /// The node is to be forgotten.
    Closed(Code),
}

/// What happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// There is a new link.
    Up,
    /// The link is lost.
    Down,
    /// The node is reached otherwise than before, or a round trip was measured.
    Changed,
    /// More may be sent than before.
    Writable,
    /// It offers in a room.
    Offered(RoomId),
}

impl Connection {
    pub(crate) const fn new(node: NodeId, session: u64, now: Timestamp) -> Self {
        Self {
            node,
            peer: None,
            session,
            stage: Stage::Unlinked,
            attempts: Vec::new(),
            dial_at: None,
            failures: 0,
            failed: None,
            unknown_at: Vec::new(),
            named_at: now,
            absent: false,
            tampered: false,
            tried_over: false,
            is_awaited: false,
            route: None,
            met: None,
            changed: true,
            news: VecDeque::new(),
        }
    }

    /// The node that an attempt is with has become known.
    pub(crate) const fn rename(&mut self, node: NodeId) {
        self.node = node;
        self.changed = true;
    }

    /// What happened, in order. Drained after every call.
    pub(crate) fn poll(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// Whether there are other connections than there were, or one is wanted at another time.
    pub(crate) const fn take_changed(&mut self) -> bool {
        core::mem::replace(&mut self.changed, false)
    }

    /// The connections there are.
    pub(crate) fn ids(&self) -> impl Iterator<Item = LinkId> {
        self.link().map(Link::id).into_iter().chain(self.attempts.iter().map(Attempt::id))
    }

    /// The same twice in a row is no news.
    pub(super) fn push(&mut self, news: News) {
        if self.news.back() != Some(&news) {
            self.news.push_back(news);
        }
    }

    pub(crate) const fn link(&self) -> Option<&Link> {
        match &self.stage {
            Stage::Linked(link) | Stage::Lost { link: Some(link), .. } => Some(link),
            Stage::Unlinked | Stage::Lost { link: None, .. } | Stage::Closed(_) => None,
        }
    }

    pub(crate) const fn link_mut(&mut self) -> Option<&mut Link> {
        match &mut self.stage {
            Stage::Linked(link) | Stage::Lost { link: Some(link), .. } => Some(link),
            Stage::Unlinked | Stage::Lost { link: None, .. } | Stage::Closed(_) => None,
        }
    }

    /// Whether there is a connection that is or was a link.
    pub(crate) const fn is_linked(&self) -> bool {
        self.link().is_some()
    }

    /// Since when it cannot be reached, after it could.
    pub(crate) const fn lost_since(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Lost { since, .. } => Some(since),
            _ => None,
        }
    }

    /// Why the node is to be forgotten, if it is.
    pub(crate) const fn closed(&self) -> Option<Code> {
        match self.stage {
            Stage::Closed(code) => Some(code),
            _ => None,
        }
    }

    pub(crate) fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    pub(crate) const fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) const fn route(&self) -> Option<Route> {
        self.route
    }

    pub(crate) const fn met(&self) -> Option<RoomId> {
        self.met
    }

    /// A server or members name the node, in a room: a link is wanted, unless there is one or it is
    /// made. An offer that went another way, and that nobody has answered, is not waited for.
    pub(crate) fn on_named(&mut self, env: &mut Env<'_>, route: Route, room: RoomId) {
        self.unknown_at.clear();
        self.named_at = env.cx.now;
        if self.is_linked() {
            return;
        }
        (self.route, self.met) = (Some(route), Some(room));
        let now = env.cx.now;
        self.withdraw_attempts(env, Code::Replaced, |own| {
            let is_that = own.negotiation.route == Some(route);
            own.is_unanswered() && !is_that && !own.is_fresh(now)
        });
        if self.attempts.is_empty() {
            self.dial(self.dial_at.map_or(now, |at| at.min(now)));
        }
    }

    /// Whether nothing is under way with it.
    pub(crate) fn is_idle(&self) -> bool {
        !self.is_linked() && self.attempts.is_empty() && self.lost_since().is_none()
    }

    pub(crate) fn has_healthy_link(&self) -> bool {
        self.link().is_some_and(Link::is_healthy)
    }

    /// Whether there is one that goes over a neighbor.
    pub(crate) fn is_relayed(&self) -> bool {
        self.link().is_some_and(Link::is_relayed)
    }

    /// Whether there is one that goes over none: with a neighbor.
    pub(crate) fn is_near(&self) -> bool {
        self.is_linked() && !self.is_relayed()
    }

    /// When a link is to be offered, if one is wanted and nothing is under way.
    pub(crate) fn wants_link(&self) -> Option<Timestamp> {
        let is_settled = self.has_healthy_link() && !self.is_relayed();
        let rests = self.attempts.is_empty() && !is_settled;
        self.dial_at.filter(|_| rests && self.closed().is_none())
    }

    /// A link is wanted by then.
    pub(crate) const fn dial(&mut self, at: Timestamp) {
        self.dial_at = Some(at);
        self.changed = true;
    }

    pub(crate) const fn state(&self) -> RemoteState {
        match &self.stage {
            Stage::Linked(link) => match (link.path, link.until_path) {
                (Some(path), _) if path.relayed() => RemoteState::Relayed,
                (None, Some(former)) => former,
                _ => RemoteState::Direct,
            },
            Stage::Unlinked | Stage::Closed(_) => RemoteState::Connecting,
            Stage::Lost { .. } => RemoteState::Recovering,
        }
    }

    /// The channels of the connection of that id.
    pub(crate) fn channels(&mut self, id: LinkId) -> Option<&mut Channels> {
        if self.is_link(id) {
            return self.link_mut().map(|link| &mut link.channels);
        }
        self.attempt(id).map(|attempt| &mut attempt.channels)
    }

    /// Whether the link is the connection of that id.
    pub(super) fn is_link(&self, id: LinkId) -> bool {
        self.link().is_some_and(|link| link.id() == id)
    }

    /// The attempt of that connection.
    pub(super) fn attempt(&mut self, id: LinkId) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.id() == id)
    }

    /// The connection of the attempt of that name.
    pub(crate) fn attempt_named(&self, name: AttemptId) -> Option<LinkId> {
        let named = self.attempts.iter().find(|attempt| attempt.negotiation.attempt == name);
        named.map(Attempt::id)
    }

    /// Our attempt of that name, if nobody has answered it yet.
    pub(crate) fn open_attempt(&self, name: AttemptId) -> Option<LinkId> {
        let is_that = |own: &&Attempt| own.negotiation.attempt == name && own.is_open();
        self.attempts.iter().find(is_that).map(Attempt::id)
    }

    /// Whether the messages about an attempt are sealed with the key of that room; `None` if there
    /// is no such attempt. Of several under one name one is the true one.
    pub(crate) fn is_sealed_in(&self, name: AttemptId, room: RoomId) -> Option<bool> {
        let named = self.attempts.iter().filter(|own| own.negotiation.attempt == name);
        named.map(|own| own.negotiation.sealed_in == room).max()
    }

    pub(super) fn take_attempt(&mut self, id: LinkId) -> Option<Attempt> {
        let place = self.attempts.iter().position(|attempt| attempt.id() == id)?;
        self.changed = true;
        Some(self.attempts.remove(place))
    }

    /// The attempt that is set up by hand.
    pub(crate) fn manual_attempt(&self) -> Option<LinkId> {
        self.attempts.iter().find(|attempt| attempt.is_manual()).map(Attempt::id)
    }

    /// The attempt that is set up by hand may take until then.
    pub(crate) fn give_time(&mut self, deadline: Timestamp) {
        if let Some(id) = self.manual_attempt()
            && let Some(attempt) = self.attempt(id)
        {
            attempt.deadline = deadline;
        }
    }

    /// It can be reached: what was remembered of failures is over.
    pub(super) fn on_reached(&mut self) {
        self.changed = true;
        (self.failures, self.failed) = (0, None);
        self.dial_at = None;
        self.unknown_at.clear();
    }

    /// The role on the present link decides who restarts ICE.
    pub(super) fn is_offerer(&self) -> bool {
        self.link().is_some_and(|link| link.role() == Role::Offerer)
    }

    /// Whether a new connection is tried or scheduled already.
    pub(super) const fn is_rebuilding(&self) -> bool {
        self.dial_at.is_some() || !self.attempts.is_empty()
    }

    /// When a node that cannot be reached counts as gone: not while people bring it here.
    pub(super) fn gone_at(&self) -> Option<Timestamp> {
        let patience =
            if self.is_absent() { limits::ABSENT_DEADLINE } else { limits::RECOVERY_DEADLINE };
        let by_hand = self.attempts.iter().filter(|attempt| attempt.is_manual());
        let until = by_hand.map(|attempt| attempt.deadline).max();
        self.lost_since().map(|lost| (lost + patience).max(until.unwrap_or(lost)))
    }

    pub(crate) fn deadlines(&self, earliest: &mut Earliest) {
        for attempt in &self.attempts {
            earliest.see(Some(attempt.deadline), Timer::Attempt);
            earliest.see(attempt.again_at(), Timer::Attempt);
        }
        earliest.see(self.gone_at(), Timer::Gone);
        let Some(link) = self.link() else { return };
        earliest.see(Some(link.ping_due), Timer::KeepAlive);
        match (link.ice, link.restart.deadline) {
            (_, Some(deadline)) => earliest.see(Some(deadline), Timer::Restart),
            (Ice::Disconnected { since }, None) if !self.is_rebuilding() => {
                earliest.see(Some(since + limits::DISCONNECTED_GRACE), Timer::Restart);
            }
            (Ice::Connected, None) => earliest.see(Some(link.silence_at()), Timer::KeepAlive),
            (Ice::Disconnected { .. }, None) => {}
        }
    }
}
