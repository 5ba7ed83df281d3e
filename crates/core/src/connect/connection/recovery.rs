//! Keeping a link alive, and getting it back.
//!
//! `disconnected` for two seconds brings an ICE restart; a restart that brings nothing, or
//! `failed`, brings a new attempt beside the old link. Silence counts as a broken path only if our
//! own timers ran on time: a tab that slept does not blame others.

use core::time::Duration;

use lacis_wire::description::Description;
use lacis_wire::link::LinkFrame;
use lacis_wire::setup::Setup;
use lacis_wire::{AttemptId, Code, limits};

use super::{Connection, News, Stage};
use crate::connect::Env;
use crate::connect::link::{Ice, Link};
use crate::connect::negotiation::Step;
use crate::io::{LinkAction, Path};
use crate::time::Timestamp;

impl Connection {
    pub(super) fn on_path_broken(&mut self, now: Timestamp) {
        if let Some(link) = self.link_mut()
            && link.ice == Ice::Connected
        {
            link.ice = Ice::Disconnected { since: now };
            link.ping_due = now;
        }
    }

    /// The path works again: ICE says so, or a ping came back over it.
    pub(super) fn on_path_back(&mut self, env: &mut Env<'_>) {
        let now = env.cx.now;
        let Some(link) = self.link_mut() else { return };
        link.ice = Ice::Connected;
        link.on_heard(now);
        link.restart.deadline = None;
        self.on_reached();
        self.withdraw_attempts(env, Code::Replaced, |attempt| attempt.is_open());
        self.stage = match core::mem::replace(&mut self.stage, Stage::Unlinked) {
            Stage::Lost { link: Some(link), .. } => {
                self.push(News::Changed);
                Stage::Linked(link)
            }
            other => other,
        };
        self.push(News::Writable);
    }

    /// The link is gone for good; the node is looked for again.
    pub(super) fn lose_link(&mut self, env: &mut Env<'_>) {
        let now = env.cx.now;
        let (since, has_slept, link) = match core::mem::replace(&mut self.stage, Stage::Unlinked) {
            Stage::Linked(link) => {
                // What servers said of its mailbox before does not count.
                self.unknown_at.clear();
                (now, false, link)
            }
            Stage::Lost { since, has_slept, link: Some(link) } => (since, has_slept, link),
            other => {
                self.stage = other;
                return;
            }
        };
        env.cx.link(link.id(), LinkAction::Close);
        self.stage = Stage::Lost { since, has_slept, link: None };
        self.changed = true;
        if self.attempts.is_empty() {
            self.schedule(env);
        }
        self.push(News::Down);
    }

    /// The path is broken, but may come back.
    fn mark_lost(&mut self, now: Timestamp) {
        self.stage = match core::mem::replace(&mut self.stage, Stage::Unlinked) {
            Stage::Linked(link) => {
                self.unknown_at.clear();
                self.changed = true;
                self.push(News::Changed);
                Stage::Lost { since: now, has_slept: false, link: Some(link) }
            }
            other => other,
        };
    }

    fn start_restart(&mut self, env: &mut Env<'_>) {
        if self.is_relayed() {
            // There is nothing that could begin anew.
            return self.lose_link(env);
        }
        let now = env.cx.now;
        self.mark_lost(now);
        let (node, offerer) = (self.node, self.is_offerer());
        let Some(link) = self.link_mut() else { return };
        link.restart.deadline = Some(now + limits::RESTART_DEADLINE);
        if offerer {
            link.restart.round += 1;
            link.negotiation.hold_candidates();
            let op = link.negotiation.begin(env.cx, Step::RestartOffer);
            env.cx.link(link.id(), LinkAction::Offer { op, restart: true });
        } else {
            let setup = Setup::RestartWanted { attempt: link.negotiation.attempt };
            link.negotiation.signal(env, node, &setup);
        }
    }

    /// The other side wants ICE to begin anew.
    pub(crate) fn on_restart_wanted(&mut self, env: &mut Env<'_>, attempt: AttemptId) {
        let fits =
            |link: &Link| link.negotiation.attempt == attempt && link.restart.deadline.is_none();
        if self.is_offerer() && self.link().is_some_and(fits) {
            self.start_restart(env);
        }
    }

    /// The link of that attempt, if what is described for it has the certificate that was proven:
    /// a restart cannot change it, and the link goes on with that.
    fn restarted_link(
        &mut self,
        env: &mut Env<'_>,
        attempt: AttemptId,
        description: &Description,
        fits: impl Fn(&Link) -> bool,
    ) -> Option<&mut Link> {
        let node = self.node;
        let link = self.link_mut().filter(|it| it.negotiation.attempt == attempt && fits(it))?;
        if link.remote.fingerprint != description.fingerprint {
            env.cx.warn(Code::FingerprintMismatch, node);
            return None;
        }
        Some(link)
    }

    /// The offerer restarts ICE.
    pub(crate) fn on_restart(
        &mut self,
        env: &mut Env<'_>,
        attempt: AttemptId,
        round: u32,
        description: &Description,
    ) {
        let now = env.cx.now;
        if self.is_offerer() {
            return;
        }
        let is_new = |link: &Link| round > link.restart.round;
        let Some(link) = self.restarted_link(env, attempt, description, is_new) else { return };
        link.restart.round = round;
        link.restart.deadline = Some(now + limits::RESTART_DEADLINE);
        // ICE tells nothing where it never noticed the break; what comes back over the path does.
        link.ping_due = now;
        link.negotiation.hold_candidates();
        link.negotiation.set_remote(env.cx, Step::RestartAccept, description);
        // Where the break was noticed too, nobody waits for our own patience to end.
        if link.ice != Ice::Connected {
            self.mark_lost(now);
        }
    }

    /// Our restart was answered.
    pub(crate) fn on_restarted(
        &mut self,
        env: &mut Env<'_>,
        attempt: AttemptId,
        round: u32,
        description: &Description,
    ) {
        let is_current =
            |link: &Link| round == link.restart.round && link.restart.deadline.is_some();
        if let Some(link) = self.restarted_link(env, attempt, description, is_current) {
            link.negotiation.set_remote(env.cx, Step::RestartSet, description);
        }
    }

    /// Our description for a restart is ready.
    pub(super) fn on_restart_described(
        &mut self,
        env: &mut Env<'_>,
        step: Step,
        description: Description,
    ) {
        let node = self.node;
        let Some(link) = self.link_mut() else { return };
        let (attempt, round) = (link.negotiation.attempt, link.restart.round);
        let setup = if step == Step::RestartOffer {
            Setup::Restart { attempt, round, description }
        } else {
            Setup::Restarted { attempt, round, description }
        };
        link.negotiation.signal(env, node, &setup);
        link.negotiation.send_candidates(env, node);
    }

    pub(crate) fn on_pong(&mut self, env: &mut Env<'_>, nonce: u32) {
        let now = env.cx.now;
        let Some(link) = self.link_mut() else { return };
        let Some((_, sent)) = link.ping.take_if(|(expected, _)| *expected == nonce) else {
            return;
        };
        link.rtt = Some(now.since(sent));
        if matches!(&self.stage, Stage::Linked(link) if link.is_healthy()) {
            self.push(News::Changed);
        } else {
            self.on_path_back(env);
        }
    }

    /// Nobody knows which path is in use; the application is told without it.
    pub(super) fn on_path_unknown(&mut self) {
        let waited = self.link_mut().and_then(|link| link.until_path.take());
        if waited.is_some() {
            self.push(News::Changed);
        }
    }

    pub(super) fn on_path(&mut self, path: Path) {
        if let Some(link) = self.link_mut()
            && link.path.replace(path) != Some(path)
        {
            self.push(News::Changed);
        }
    }

    /// Does what is due.
    pub(crate) fn on_timeout(&mut self, env: &mut Env<'_>) {
        let now = env.cx.now;
        let node = self.node;
        for attempt in &mut self.attempts {
            attempt.offer_again(env, node);
        }
        while let Some(late) = self.attempts.iter().find(|attempt| now >= attempt.deadline) {
            let code = match late.is_open() {
                _ if self.tampered => Code::SignalTampered,
                false => Code::Timeout,
                true => Code::NoAnswer,
            };
            self.refuse_attempt(env, late.id(), code);
        }
        if self.gone_at().is_some_and(|at| now >= at) {
            // Whoever slept has not looked for it meanwhile. Timers that are late each time are no
            // sleep.
            match &mut self.stage {
                Stage::Lost { since, has_slept, .. }
                    if now < env.cx.stalled_until && !*has_slept =>
                {
                    (*since, *has_slept) = (now, true);
                }
                _ => return self.close(env, Code::LinkLost),
            }
        }
        self.check_path(env);
        self.keep_alive(env);
    }

    fn check_path(&mut self, env: &mut Env<'_>) {
        let now = env.cx.now;
        let rebuilding = self.is_rebuilding();
        let Some(link) = self.link_mut() else { return };
        if link.ice == Ice::Connected && now >= link.silence_at() {
            if now < env.cx.stalled_until {
                link.on_heard(now);
                link.ping_due = now;
            } else if link.is_relayed() {
                return self.lose_link(env);
            } else {
                link.ice = Ice::Disconnected { since: now };
            }
        }
        match (link.ice, link.restart.deadline) {
            (_, Some(deadline)) if now >= deadline => {
                link.restart.deadline = None;
                link.ice = Ice::Disconnected { since: now };
                self.mark_lost(now);
                if !rebuilding {
                    self.schedule(env);
                }
            }
            (Ice::Disconnected { since }, None)
                if !rebuilding && now >= since + limits::DISCONNECTED_GRACE =>
            {
                self.start_restart(env);
            }
            _ => {}
        }
    }

    fn keep_alive(&mut self, env: &mut Env<'_>) {
        let now = env.cx.now;
        let Some(link) = self.link_mut() else { return };
        if now < link.ping_due {
            return;
        }
        let interval = match link.ice {
            Ice::Disconnected { .. } => limits::BROKEN_PING_INTERVAL,
            Ice::Connected => limits::PING_INTERVAL,
        };
        link.ping_due = now + interval.max(Duration::from_millis(1));
        let nonce = env.cx.nonce();
        link.ping = Some((nonce, now));
        link.control(env.cx, &LinkFrame::Ping { nonce });
        link.inspect(env.cx);
        // The first answer has not come, and nobody waits for another.
        self.on_path_unknown();
    }

    /// The device woke up: find out at once whether the link still stands.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        if let Some(link) = self.link_mut() {
            link.ping_due = now;
        }
        if self.dial_at.is_some() || self.is_relayed() {
            self.dial(now);
        }
    }
}
