//! What connections end for: another takes their place, a goodbye, a room that is left.

use lacis_wire::link::LinkFrame;
use lacis_wire::proof::Role;
use lacis_wire::setup::Setup;
use lacis_wire::{Code, limits};

use super::{Connection, News, Stage};
use crate::connect::Env;
use crate::connect::attempt::Attempt;
use crate::connect::link::Link;
use crate::event::RemoteState;
use crate::ids::{LinkId, RoomId};
use crate::io::LinkAction;
use crate::time::Timestamp;

impl Connection {
    /// The attempt has proven itself: it becomes the link, and a former one is closed.
    pub(super) fn establish(&mut self, env: &mut Env<'_>, id: LinkId, accepted: bool) {
        if id.is_relayed() && self.is_near() && self.has_healthy_link() {
            return self.refuse_attempt(env, id, Code::Replaced);
        }
        let Some(attempt) = self.take_attempt(id) else { return };
        let (begun, now) = (attempt.begun, env.cx.now);
        let Some(mut link) = attempt.prove(now, accepted) else { return };
        let former = match self.stage {
            Stage::Unlinked => RemoteState::Connecting,
            _ => RemoteState::Recovering,
        };
        // To ask a browser takes as long as a message; where no relay is, nobody waits for that.
        let is_relayed = link.negotiation.knows_relays() || env.signaling.knows_relays(env.cx);
        link.until_path = (is_relayed && link.inspect(env.cx)).then_some(former);
        // What somebody has changed on its way has the same name: nobody waits for that.
        let name = link.negotiation.attempt;
        for twin in self.attempts.extract_if(.., |own| own.negotiation.attempt == name) {
            env.cx.link(twin.id(), LinkAction::Close);
        }
        // Two offers that went different ways may both have been answered. Each side has one that
        // it may go on with before the other side has seen its proof: the greater node's stays.
        let decides = accepted || env.cx.me.node > self.node;
        self.withdraw_attempts(env, Code::Replaced, |own| decides || own.role() == Role::Offerer);
        if let Some(old) = self.link() {
            env.cx.link(old.id(), LinkAction::Close);
        }
        let is_relayed = link.is_relayed();
        if !env.signaling.end_pairing(env.cx, self.node, Ok(())) && !is_relayed {
            env.pool.patience.on_success(self.node, now.since(begun));
        }
        // Whoever has answered an offer over a neighbor knows of that what the other side does.
        let count = env.pool.pathless.count(self.node).max(limits::RELAY_AFTER);
        env.pool.pathless.set(self.node, if is_relayed { count } else { 0 });
        self.stage = Stage::Linked(link);
        self.on_reached();
        self.tried_over = false;
        self.look_for_path(env);
        env.pool.spares.order(now);
        self.push(News::Up);
    }

    /// Attempts are not needed any more, and the other side need not wait for them.
    pub(super) fn withdraw_attempts(
        &mut self,
        env: &mut Env<'_>,
        code: Code,
        which: impl Fn(&Attempt) -> bool,
    ) {
        self.changed = true;
        // Whoever is put aside has left, for others.
        let code = if code == Code::Suspended { Code::Left } else { code };
        for mut attempt in self.attempts.extract_if(.., |attempt| which(attempt)) {
            let refusal = Setup::Refuse { attempt: attempt.negotiation.attempt, code };
            attempt.negotiation.signal(env, self.node, &refusal);
            env.cx.link(attempt.id(), LinkAction::Close);
        }
    }

    /// Says goodbye and closes. `code` is why, seen from here.
    pub(crate) fn part(&mut self, env: &mut Env<'_>, code: Code) {
        self.withdraw_attempts(env, code, |_| true);
        let node = self.node;
        if let Some(link) = self.link_mut() {
            link.control(env.cx, &LinkFrame::Bye { code: Code::Left });
            if !link.is_healthy() {
                let farewell =
                    Setup::Refuse { attempt: link.negotiation.attempt, code: Code::Left };
                link.negotiation.signal(env, node, &farewell);
            }
        }
        self.close(env, code);
    }

    /// Ends the link, or what is to become one, because it is of no use here.
    pub(crate) fn dismiss(&mut self, env: &mut Env<'_>, code: Code) {
        self.withdraw_attempts(env, code, |_| true);
        if let Some(link) = self.link_mut() {
            link.control(env.cx, &LinkFrame::Bye { code });
        }
        self.close(env, code);
    }

    /// Whether it may make way for a link that people make: no link works, and nobody has answered
    /// what is to become one.
    pub(crate) fn may_make_way(&self) -> bool {
        (self.lost_since().is_some() || !self.is_linked())
            && (self.is_linked() || !self.attempts.is_empty())
            && self.attempts.iter().all(Attempt::is_unanswered)
    }

    /// Whether it may make way for one that was named now: it has failed before, and what is to
    /// become a link is not answered this time either.
    pub(crate) fn is_given_up(&self, now: Timestamp) -> bool {
        let is_fresh = |own: &Attempt| own.is_fresh(now);
        self.failures > 0
            && self.may_make_way()
            && !self.attempts.is_empty()
            && !self.attempts.iter().any(is_fresh)
    }

    /// Ends what is to become a link, because another one is wanted more. Who was linked is looked
    /// for again.
    pub(crate) fn make_way(&mut self, env: &mut Env<'_>) {
        if self.lost_since().is_none() {
            return self.dismiss(env, Code::Busy);
        }
        self.withdraw_attempts(env, Code::Busy, |_| true);
        self.lose_link(env);
        self.schedule(env);
    }

    /// Closes whatever there is. The node is forgotten after this.
    pub(crate) fn close(&mut self, env: &mut Env<'_>, code: Code) {
        if self.closed().is_some() {
            return;
        }
        let link = self.link().map(Link::id);
        let attempts = self.attempts.iter().map(Attempt::id);
        for id in link.into_iter().chain(attempts) {
            env.cx.link(id, LinkAction::Close);
        }
        self.attempts.clear();
        self.changed = true;
        self.stage = Stage::Closed(code);
        env.signaling.end_pairing(env.cx, self.node, Err(code));
    }

    /// A room is no longer shared, and setup messages must not be sealed with its key: the link
    /// takes another one, and an attempt in it begins anew, if another room is left.
    pub(crate) fn on_room_left(
        &mut self,
        env: &mut Env<'_>,
        left: RoomId,
        proven: Option<RoomId>,
        is_last: bool,
    ) {
        if let (Some(link), Some(room)) = (self.link_mut(), proven)
            && link.room() == left
        {
            (link.negotiation.room, link.negotiation.sealed_in) = (room, room);
        }
        if self.attempts.iter().any(|attempt| attempt.room() == left) {
            let code = if is_last { Code::Left } else { Code::Replaced };
            self.withdraw_attempts(env, code, |attempt| attempt.room() == left);
            if !self.has_healthy_link() {
                self.dial(env.cx.now);
            }
        }
    }

    /// Setup messages that were sealed in one room are sealed in another one.
    pub(crate) fn seal_elsewhere(&mut self, from: RoomId, to: RoomId) {
        let attempts = self.attempts.iter_mut().map(|attempt| &mut attempt.negotiation);
        let link = match &mut self.stage {
            Stage::Linked(link) | Stage::Lost { link: Some(link), .. } => Some(link),
            _ => None,
        };
        for negotiation in attempts.chain(link.map(|link| &mut link.negotiation)) {
            if negotiation.sealed_in == from {
                negotiation.sealed_in = to;
            }
        }
    }
}
