//! Setting a link up: offer, answer, candidates, proof.
//!
//! Who offers: the node that learns of the other, which is the newcomer.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::description::{self, Description};
use lacis_wire::proof::Role;
use lacis_wire::setup::Setup;
use lacis_wire::{AttemptId, Code, NodeId, limits};

use super::{Connection, News, Stage};
use crate::connect::attempt::{Answer, Attempt};
use crate::connect::negotiation::Step;
use crate::connect::{Env, Pool};
use crate::event::Event;
use crate::ids::{LinkId, RoomId};
use crate::io::LinkAction;
use crate::signaling::Route;

impl Connection {
    /// Offers a link in a room, through a server or by hand.
    pub(crate) fn offer(&mut self, env: &mut Env<'_>, room: RoomId, route: Option<Route>) {
        // A neighbor may be between who helps: there is no time to be patient with a path that none
        // has found, while what was linked is lost.
        let is_urgent = self.tried_over && self.lost_since().is_some();
        (self.dial_at, self.tampered, self.tried_over) = (None, false, false);
        let name = AttemptId(env.cx.random_u64());
        let (id, offer) = env.connection_for(Role::Offerer);
        let mut attempt = Attempt::new(env, id, Role::Offerer, room, name);
        attempt.negotiation.route = route;
        let Some(offer) = offer else {
            let op = attempt.negotiation.begin(env.cx, Step::Offer);
            env.cx.link(id, LinkAction::Offer { op, restart: false });
            return self.begin(env, attempt, is_urgent);
        };
        attempt.negotiation.resume(offer.op, Step::Offer);
        self.begin(env, attempt, is_urgent);
        for input in offer.heard {
            self.on_input(env, id, input);
        }
    }

    /// Offers a link over one of these neighbors.
    pub(crate) fn offer_over(
        &mut self,
        env: &mut Env<'_>,
        room: RoomId,
        route: Option<Route>,
        neighbors: Vec<NodeId>,
    ) {
        (self.dial_at, self.tampered, self.tried_over) = (None, false, true);
        let name = AttemptId(env.cx.random_u64());
        let id = env.cx.relayed_id();
        let mut attempt = Attempt::new(env, id, Role::Offerer, room, name);
        attempt.negotiation.route = route;
        let description = attempt.offer_over(env.cx, neighbors);
        self.begin(env, attempt, true);
        self.on_described(env, id, &description);
    }

    /// Whether the next attempt is one over a neighbor: others have found no path, and the last was
    /// none of those.
    pub(crate) fn seeks_neighbor(&self, pool: &Pool) -> bool {
        let pathless = pool.pathless.count(self.node) >= limits::RELAY_AFTER;
        pathless && !self.has_healthy_link() && !self.tried_over && !pool.relays.is_full()
    }

    pub(super) fn begin(&mut self, env: &mut Env<'_>, mut attempt: Attempt, is_urgent: bool) {
        if !is_urgent {
            attempt.deadline = env.cx.now + env.pool.patience.with(self.node);
        }
        self.attempts.push(attempt);
        self.changed = true;
        if !self.is_linked() {
            self.push(News::Changed);
        }
    }

    /// Our own description of an attempt is ready.
    pub(super) fn on_described(
        &mut self,
        env: &mut Env<'_>,
        id: LinkId,
        description: &Description,
    ) {
        let (node, session) = (self.node, self.session);
        let Some(attempt) = self.attempt(id) else { return };
        if !attempt.describe(env, node, session, description) {
            self.fail_attempt(env, id, Code::SignalingUnreachable);
        }
    }

    /// Our offer was answered. The answer's proof covers both fingerprints, so a change to either
    /// on the way ends the attempt here, before any packet. An answer that is wrong and came by
    /// another server than the offer went to ends nothing: the right one may follow.
    pub(crate) fn on_answer(&mut self, env: &mut Env<'_>, answer: &Answer, route: Route) {
        let known = self.check_introduction(&answer.introduction);
        let node = self.node;
        let named = |own: &&mut Attempt| own.negotiation.attempt == answer.attempt;
        let Some(attempt) = self.attempts.iter_mut().find(named) else { return };
        if attempt.role() != Role::Offerer || !attempt.is_open() {
            return;
        }
        let (id, expected) = (attempt.id(), attempt.negotiation.route == Some(route));
        match known.and_then(|()| attempt.on_answer(env, node, answer)) {
            Ok(()) if self.is_linked() => {}
            Ok(()) => self.peer = Some(answer.introduction.peer),
            // What members hand over may be of any of them.
            Err(code) if expected && route != Route::Mesh => self.refuse_attempt(env, id, code),
            Err(code) => env.cx.warn(code, node),
        }
    }

    /// Candidates of the other side, for the attempts of that name or for a restart of the link,
    /// and the neighbor that handed them over, if one did.
    pub(crate) fn on_candidates(
        &mut self,
        env: &mut Env<'_>,
        name: AttemptId,
        by: Option<NodeId>,
        list: Vec<String>,
    ) {
        let attempts = self.attempts.iter_mut().map(|attempt| &mut attempt.negotiation);
        let link = match &mut self.stage {
            Stage::Linked(link) | Stage::Lost { link: Some(link), .. } => Some(link),
            _ => None,
        };
        let all = attempts.chain(link.map(|link| &mut link.negotiation));
        for negotiation in all.filter(|it| it.attempt == name) {
            for candidate in &list {
                negotiation.on_remote_candidate(env.cx, by, candidate.clone());
            }
        }
    }

    /// The browser found a candidate for one of our connections.
    pub(super) fn on_local_candidate(&mut self, env: &mut Env<'_>, id: LinkId, candidate: String) {
        let node = self.node;
        if description::candidate_ok(&candidate)
            && let Some(negotiation) = self.negotiation(id)
        {
            negotiation.on_local_candidate(env, node, candidate);
        }
    }

    /// The control channel of the attempt is open. The offerer shows its proof and may go on at
    /// once, because the answer carried the other one; the answerer waits for it.
    pub(super) fn on_attempt_open(&mut self, env: &mut Env<'_>, id: LinkId) {
        if self.attempt(id).is_some_and(|attempt| attempt.show_proof(env.cx)) {
            self.establish(env, id, false);
        }
    }

    /// The first frame on the control channel of an attempt that we answered.
    pub(super) fn on_proof(&mut self, env: &mut Env<'_>, id: LinkId, signature: &[u8; 64]) {
        let Some(attempt) = self.attempt(id) else { return };
        let Some(remote) = attempt.remote else { return };
        if attempt.is_proven_by(signature) {
            self.peer = Some(remote.party.peer);
            self.establish(env, id, true);
        } else {
            self.refuse_attempt(env, id, Code::IdentityMismatch);
        }
    }

    /// Ends the attempt and tells the other side why.
    pub(super) fn refuse_attempt(&mut self, env: &mut Env<'_>, id: LinkId, code: Code) {
        let node = self.node;
        if let Some(attempt) = self.attempt(id) {
            let refusal = Setup::Refuse { attempt: attempt.negotiation.attempt, code };
            attempt.negotiation.signal(env, node, &refusal);
        }
        self.fail_attempt(env, id, code);
    }

    /// Ends the attempt; tries again later if that makes sense.
    pub(crate) fn fail_attempt(&mut self, env: &mut Env<'_>, id: LinkId, code: Code) {
        let Some(attempt) = self.take_attempt(id) else { return };
        env.cx.link(id, LinkAction::Close);
        let by_hand = attempt.is_manual();
        if !id.is_relayed() && !by_hand {
            self.on_pathless(env, code);
        }
        if !self.attempts.is_empty() && !by_hand {
            return self.fail_beside(env, &attempt, code);
        }
        self.failures = self.failures.saturating_add(1);
        self.failed = Some(code);
        if attempt.negotiation.route == Some(Route::Mesh) {
            // A server may be a better way by now.
            self.route = None;
        }
        let late = matches!(code, Code::Timeout | Code::NoAnswer) && !self.is_absent();
        if late && !by_hand && !id.is_relayed() {
            env.pool.patience.on_late(self.node);
        }
        if by_hand {
            env.signaling.end_pairing(env.cx, self.node, Err(code));
        } else if !self.is_relayed() {
            env.cx.event(Event::ConnectFailed { room: attempt.room(), node: self.node, code });
        }
        let hopeless =
            by_hand || matches!(code, Code::Busy | Code::VersionMismatch | Code::WebrtcBlocked);
        let answerer = attempt.role() == Role::Answerer;
        // Whoever comes back to a server learns of us there, and offers.
        let tries = if self.is_absent() { 2 } else { limits::ATTEMPTS_PER_NODE };
        match &self.stage {
            Stage::Closed(_) => {}
            Stage::Linked(link) | Stage::Lost { link: Some(link), .. } if link.is_healthy() => {
                // It is not needed, unless that goes over a neighbor.
                self.look_for_path(env);
            }
            Stage::Linked(_) | Stage::Lost { .. } => self.schedule(env),
            Stage::Unlinked => {
                let pointless = answerer && self.dial_at.is_none() && !self.is_awaited;
                if hopeless || pointless || self.failures >= tries {
                    self.close(env, code);
                } else {
                    self.schedule(env);
                }
            }
        }
    }

    /// An attempt has failed beside another one that goes on. Our own is made anew if that does not
    /// prove itself either.
    fn fail_beside(&mut self, env: &mut Env<'_>, attempt: &Attempt, code: Code) {
        env.cx.warn(code, self.node);
        if attempt.role() == Role::Offerer {
            self.failures = self.failures.saturating_add(1);
            self.failed = Some(code);
            self.schedule(env);
        }
    }

    /// An attempt has found no path, if that is why it failed.
    fn on_pathless(&self, env: &mut Env<'_>, code: Code) {
        if matches!(code, Code::IceFailed | Code::Timeout) {
            let count = env.pool.pathless.count(self.node);
            env.pool.pathless.set(self.node, count.saturating_add(1));
        }
    }

    /// Beside a link over a neighbor a direct path is looked for, by the side that offered that.
    pub(super) fn look_for_path(&mut self, env: &mut Env<'_>) {
        if self.is_relayed() && self.is_offerer() {
            let (min, max) = (limits::DIRECT_AGAIN_MIN, limits::DIRECT_AGAIN_MAX);
            let tried = env.pool.pathless.count(self.node).saturating_sub(limits::RELAY_AFTER);
            let wait = env.cx.backoff(tried, min, max);
            self.dial(env.cx.now + wait);
        }
    }

    /// Schedules the next offer.
    pub(super) fn schedule(&mut self, env: &mut Env<'_>) {
        let wait = env.cx.backoff(self.failures, limits::RELINK_MIN, limits::RELINK_MAX);
        let stagger = match env.cx.me.node > self.node || self.lost_since().is_none() {
            true => core::time::Duration::ZERO,
            false => limits::RELINK_STAGGER,
        };
        self.dial(env.cx.now + wait + stagger);
    }

    /// Whether no server that is left has a mailbox of that node.
    pub(super) const fn is_absent(&self) -> bool {
        self.absent && !self.unknown_at.is_empty()
    }

    /// A server has no mailbox of that node. Another one may, and members may reach it all the
    /// same. What goes another way is not touched by what this one says.
    pub(crate) fn on_undelivered(&mut self, env: &mut Env<'_>, index: usize) {
        let said = Some(Route::Server(index));
        if !self.unknown_at.contains(&index) {
            self.unknown_at.push(index);
        }
        let place = self.met.or_else(|| self.attempts.first().map(|own| own.negotiation.sealed_in));
        let elsewhere = env.signaling.open_beside(place, &self.unknown_at);
        self.absent = env.signaling.are_all(place, &self.unknown_at);
        let is_by_it = |own: &&Attempt| own.is_open() && own.negotiation.route == said;
        let open = self.attempts.iter().find(is_by_it).map(Attempt::id);
        let members = place.and_then(|room| env.signaling.members_of(room));
        let next = elsewhere.map(Route::Server).or(members).filter(|it| self.route != Some(*it));
        let Some(next) = next else {
            return open.into_iter().for_each(|id| self.fail_attempt(env, id, Code::NoAnswer));
        };
        let restarts = self.link_mut().filter(|link| !link.is_healthy());
        let restarts = restarts.filter(|link| link.negotiation.route == said);
        let is_lost = restarts.is_some();
        if let Some(link) = restarts {
            link.negotiation.route = Some(next);
        }
        if self.route == said || open.is_some() || is_lost {
            self.route = Some(next);
        }
        if let Some(id) = open {
            self.take_attempt(id);
            env.cx.link(id, LinkAction::Close);
        }
        if open.is_some() || (self.route == Some(next) && self.lost_since().is_some()) {
            self.dial(env.cx.now);
        }
    }

    /// The attempt or link was ended by the other side, through the server. Gives the room of an
    /// attempt with which it has left: it is not waited for, unless there is a link that works: on
    /// that it would have said goodbye. Who hands something over may have said that itself: it ends
    /// nothing but a link that is lost.
    pub(crate) fn on_refuse(
        &mut self,
        env: &mut Env<'_>,
        route: Route,
        name: AttemptId,
        code: Code,
    ) -> Option<RoomId> {
        let is_sure = route != Route::Mesh;
        let leaves = matches!(code, Code::Left | Code::Closed);
        if let Some(id) = self.attempt_named(name).filter(|_| is_sure) {
            let others = self.attempts.len() > 1 || self.has_healthy_link();
            // One that is not needed any more has not failed.
            let is_over = (leaves && !others) || (code == Code::Replaced && others);
            if is_over {
                env.cx.link(id, LinkAction::Close);
                let attempt = self.take_attempt(id);
                if self.has_healthy_link() {
                    self.look_for_path(env);
                } else if attempt.as_ref().is_some_and(|it| it.role() == Role::Offerer) && !leaves {
                    self.schedule(env);
                }
                return attempt.filter(|_| leaves).map(|attempt| attempt.room());
            }
            self.fail_attempt(env, id, code);
        }
        let link = self.link().filter(|link| link.negotiation.attempt == name)?;
        // It leaves, and its goodbye could not pass the broken link.
        if leaves && self.lost_since().is_some() {
            self.close(env, Code::Left);
        } else if !link.accepted && is_sure && code == Code::Replaced {
            // Another one has proven itself there first.
            self.lose_link(env);
        } else if !link.accepted && is_sure {
            // The answerer refused our proof, which we sent without waiting for its verdict.
            let room = link.room();
            env.cx.event(Event::ConnectFailed { room, node: self.node, code });
            self.close(env, code);
        }
        None
    }

    /// Something in its name was damaged on the way; says whether that is news. An attempt goes on,
    /// because anybody may send garbage in anybody's name; but if it fails, that is why.
    pub(crate) const fn on_tampered(&mut self) -> bool {
        !core::mem::replace(&mut self.tampered, true)
    }
}
