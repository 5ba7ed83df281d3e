//! Keeping a link alive, and getting it back.
//!
//! `disconnected` for two seconds brings an ICE restart; a restart that brings nothing, or
//! `failed`, brings a new attempt beside the old link. Silence counts as a broken path only if our
//! own timers ran on time: a tab that slept does not blame others.

use core::time::Duration;

use lacis_wire::description::Description;
use lacis_wire::link::LinkFrame;
use lacis_wire::setup::Setup;
use lacis_wire::{AttemptId, Code, NodeId, limits};

use crate::attempt::next_revision;
use crate::io::{Event, LinkAction, LinkId, LinkState, Path, RoomId};
use crate::link::{Ice, Link, Step};
use crate::remote::Remote;
use crate::shared::Shared;

impl Remote {
    /// The state of one of our connections changed.
    pub(crate) fn on_link_state(&mut self, shared: &mut Shared, id: LinkId, state: LinkState) {
        if let Some(attempt) = self.attempt(id) {
            let by_hand = attempt.is_offered_by_hand();
            match state {
                LinkState::Failed if by_hand => {}
                LinkState::Failed => self.refuse_attempt(shared, id, Code::IceFailed),
                LinkState::DtlsFailed => self.refuse_attempt(shared, id, Code::DtlsFailed),
                LinkState::Connected | LinkState::Disconnected => {}
            }
        } else if self.link.as_ref().is_some_and(|link| link.id == id) {
            match state {
                LinkState::Connected => self.on_path_back(shared),
                LinkState::Disconnected => self.on_path_broken(shared),
                LinkState::Failed | LinkState::DtlsFailed => {
                    self.lose_link(shared);
                }
            }
        }
    }

    fn on_path_broken(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        let Some(link) = &mut self.link else { return };
        if link.ice == Ice::Connected {
            link.ice = Ice::Disconnected { since: now };
            link.ping_due = now;
        }
    }

    /// The path works again: ICE says so, or a ping came back over it.
    pub(crate) fn on_path_back(&mut self, shared: &mut Shared) {
        let Some(link) = &mut self.link else { return };
        link.ice = Ice::Connected;
        link.heard = shared.io.now;
        link.restart.deadline = None;
        let was_lost = self.lost_at.take().is_some();
        self.want = None;
        self.failures = 0;
        self.absent = false;
        self.withdraw_attempts(shared, Code::Replaced, |attempt| attempt.remote.is_none());
        if was_lost {
            self.tell(shared);
        }
        self.pump(shared);
    }

    /// Attempts are not needed any more, and the other side need not wait for them.
    pub(crate) fn withdraw_attempts(
        &mut self,
        shared: &mut Shared,
        code: Code,
        which: impl Fn(&Link) -> bool,
    ) {
        for mut attempt in self.attempts.extract_if(.., |attempt| which(attempt)) {
            let refusal = Setup::Refuse { attempt: attempt.attempt, code };
            shared.signal(&mut attempt.route, attempt.sealed_in, self.node, &refusal);
            shared.io.link(attempt.id, LinkAction::Close);
        }
    }

    /// The link is gone for good; the remote is looked for again.
    pub(crate) fn lose_link(&mut self, shared: &mut Shared) {
        let Some(link) = self.link.take() else { return };
        shared.io.link(link.id, LinkAction::Close);
        shared.link_lost = true;
        self.note_lost(shared);
        if self.attempts.is_empty() {
            self.schedule(shared);
        }
        self.tell(shared);
    }

    fn mark_lost(&mut self, shared: &mut Shared) {
        if self.note_lost(shared) {
            self.tell(shared);
        }
    }

    /// Remembers since when the remote cannot be reached; says whether that is news. What servers
    /// said of its mailbox before does not count.
    fn note_lost(&mut self, shared: &Shared) -> bool {
        let news = self.lost_at.is_none();
        if news {
            self.lost_at = Some(shared.io.now);
            self.absent = false;
        }
        news
    }

    fn start_restart(&mut self, shared: &mut Shared) {
        self.mark_lost(shared);
        let offerer = self.is_offerer();
        let Some(link) = &mut self.link else { return };
        link.restart.deadline = Some(shared.io.now + limits::RESTART_DEADLINE);
        if offerer {
            link.restart.round += 1;
            link.local_candidates.hold();
            link.remote_candidates.hold();
            let op = link.begin(&mut shared.io, Step::RestartOffer);
            shared.io.link(link.id, LinkAction::Offer { op, restart: true });
        } else {
            let setup = Setup::RestartWanted { attempt: link.attempt };
            shared.signal(&mut link.route, link.sealed_in, self.node, &setup);
        }
    }

    /// The other side wants ICE to begin anew.
    pub(crate) fn on_restart_wanted(&mut self, shared: &mut Shared, attempt: AttemptId) {
        let fits = |link: &Link| link.attempt == attempt && link.restart.deadline.is_none();
        if self.is_offerer() && self.link.as_ref().is_some_and(fits) {
            self.start_restart(shared);
        }
    }

    /// The offerer restarts ICE. The certificate must stay the one that was proven.
    pub(crate) fn on_restart(
        &mut self,
        shared: &mut Shared,
        attempt: AttemptId,
        round: u32,
        description: &Description,
    ) {
        let deadline = shared.io.now + limits::RESTART_DEADLINE;
        let offerer = self.is_offerer();
        let Some(link) = self.link.as_mut().filter(|link| link.attempt == attempt) else { return };
        let proven = link.remote.map(|remote| remote.fingerprint);
        if offerer || round <= link.restart.round {
            return;
        }
        if proven != Some(description.fingerprint) {
            return warn_fingerprint(shared, self.node);
        }
        link.restart.round = round;
        link.restart.deadline = Some(deadline);
        link.local_candidates.hold();
        link.remote_candidates.hold();
        let sdp = description.to_sdp(next_revision(link));
        let op = link.begin(&mut shared.io, Step::RestartAccept);
        shared.io.link(link.id, LinkAction::Accept { op, sdp });
        link.release_remote(&mut shared.io);
        // Where the break was noticed too, nobody waits for our own patience to end.
        if link.ice != Ice::Connected {
            self.mark_lost(shared);
        }
    }

    /// Our restart was answered.
    pub(crate) fn on_restarted(
        &mut self,
        shared: &mut Shared,
        attempt: AttemptId,
        round: u32,
        description: &Description,
    ) {
        let Some(link) = self.link.as_mut().filter(|link| link.attempt == attempt) else { return };
        let proven = link.remote.map(|remote| remote.fingerprint);
        let current = round == link.restart.round && link.restart.deadline.is_some();
        if !current {
            return;
        }
        if proven != Some(description.fingerprint) {
            return warn_fingerprint(shared, self.node);
        }
        let sdp = description.to_sdp(next_revision(link));
        let op = link.begin(&mut shared.io, Step::RestartSet);
        shared.io.link(link.id, LinkAction::SetAnswer { op, sdp });
        link.release_remote(&mut shared.io);
    }

    /// Our description for a restart is ready.
    pub(crate) fn on_restart_described(
        &mut self,
        shared: &mut Shared,
        step: Step,
        description: Description,
    ) {
        let Some(link) = &mut self.link else { return };
        let (attempt, round) = (link.attempt, link.restart.round);
        let setup = if step == Step::RestartOffer {
            Setup::Restart { attempt, round, description }
        } else {
            Setup::Restarted { attempt, round, description }
        };
        shared.signal(&mut link.route, link.sealed_in, self.node, &setup);
        let ours = link.local_candidates.release();
        if !ours.is_empty() {
            let list = Setup::Candidates { attempt, list: ours };
            shared.signal(&mut link.route, link.sealed_in, self.node, &list);
        }
    }

    pub(crate) fn on_pong(&mut self, shared: &mut Shared, nonce: u32) {
        let now = shared.io.now;
        let Some(link) = &mut self.link else { return };
        let Some((_, sent)) = link.ping.take_if(|(expected, _)| *expected == nonce) else {
            return;
        };
        link.rtt = Some(now.since(sent));
        if link.ice == Ice::Connected && self.lost_at.is_none() {
            self.tell(shared);
        } else {
            self.on_path_back(shared);
        }
    }

    /// Nobody knows which path is in use; the application is told without it.
    pub(crate) fn on_path_unknown(&mut self, shared: &mut Shared) {
        let waited = self.link.as_mut().and_then(|link| link.until_path.take());
        if waited.is_some() {
            self.tell(shared);
        }
    }

    pub(crate) fn on_path(&mut self, shared: &mut Shared, path: Path) {
        if let Some(link) = &mut self.link
            && link.path.replace(path) != Some(path)
        {
            self.tell(shared);
        }
    }

    /// No server has a mailbox of that node.
    pub(crate) fn on_undelivered(&mut self, shared: &mut Shared) {
        self.absent = true;
        let open = self.attempts.iter().find(|attempt| attempt.remote.is_none());
        if let Some(id) = open.map(|attempt| attempt.id) {
            self.fail_attempt(shared, id, Code::NoAnswer);
        }
    }

    /// Whether what is sealed with the key of a room may be about that attempt: before there is a
    /// link everything is sealed with that of the offer's room, after that with any that is shared.
    pub(crate) fn speaks_in(&self, shared: &Shared, attempt: AttemptId, room: RoomId) -> bool {
        let set_up = self.attempts.iter().find(|link| link.attempt == attempt);
        let is_shared = || self.rooms.contains_key(&shared.main(room));
        set_up.map_or_else(is_shared, |link| link.sealed_in == room)
    }

    /// The attempt or link was ended by the other side, through the server.
    pub(crate) fn on_refuse(&mut self, shared: &mut Shared, attempt: AttemptId, code: Code) {
        if let Some(id) = self.attempt_named(attempt) {
            self.on_attempt_refused(shared, id, code);
        }
        let is_that = |link: &Link| link.attempt == attempt;
        // It leaves, and its goodbye could not pass the broken link.
        let leaves = matches!(code, Code::Left | Code::Closed) && self.lost_at.is_some();
        if leaves && self.link.as_ref().is_some_and(is_that) {
            self.gone = Some(Code::Left);
            return;
        }
        // The answerer refused our proof, which we sent without waiting for its verdict.
        let refused = |link: &Link| is_that(link) && !link.accepted;
        if let Some(link) = self.link.take_if(|link| refused(link)) {
            shared.io.link(link.id, LinkAction::Close);
            shared.io.event(Event::ConnectFailed { room: link.room, node: self.node, code });
            self.gone = Some(code);
        }
    }

    /// The other side ends the attempt. One that leaves is not waited for, unless there is a link
    /// that works: on that it would have said goodbye.
    fn on_attempt_refused(&mut self, shared: &mut Shared, id: LinkId, code: Code) {
        let leaves = matches!(code, Code::Left | Code::Closed);
        let others = self.attempts.len() > 1 || self.link.as_ref().is_some_and(Link::is_healthy);
        if !leaves || others {
            return self.fail_attempt(shared, id, code);
        }
        let Some(attempt) = self.take_attempt(id) else { return };
        shared.io.link(attempt.id, LinkAction::Close);
        if code == Code::Left && self.link.is_none() && self.rooms.remove(&attempt.room).is_some() {
            self.leave_room(shared, attempt.room, code);
        }
        if code == Code::Closed || self.rooms.is_empty() || self.link.is_some() {
            self.gone = Some(Code::Left);
        } else {
            self.want = Some(shared.io.now);
        }
    }

    /// Does what is due.
    pub(crate) fn on_timeout(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        self.offer_again(shared);
        while let Some(late) = self.attempts.iter().find(|attempt| now >= attempt.deadline) {
            let code = match late.remote {
                _ if self.tampered => Code::SignalTampered,
                Some(_) => Code::Timeout,
                None => Code::NoAnswer,
            };
            self.refuse_attempt(shared, late.id, code);
        }
        if self.gone_at().is_some_and(|at| now >= at) {
            if now < shared.stalled_until {
                self.lost_at = Some(now);
            } else {
                self.gone = Some(Code::LinkLost);
                return;
            }
        }
        self.check_path(shared);
        self.keep_alive(shared);
        self.on_message_timeout(shared);
        self.streams.on_timeout(shared, self.link.as_mut());
        self.pump(shared);
    }

    fn check_path(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        let rebuilding = self.is_rebuilding();
        let Some(link) = &mut self.link else { return };
        if link.ice == Ice::Connected && now >= link.heard + limits::LINK_SILENCE {
            if now < shared.stalled_until {
                link.heard = now;
                link.ping_due = now;
            } else {
                link.ice = Ice::Disconnected { since: now };
            }
        }
        match (link.ice, link.restart.deadline) {
            (_, Some(deadline)) if now >= deadline => {
                link.restart.deadline = None;
                link.ice = Ice::Disconnected { since: now };
                self.mark_lost(shared);
                if !rebuilding {
                    self.schedule(shared);
                }
            }
            (Ice::Disconnected { since }, None)
                if !rebuilding && now >= since + limits::DISCONNECTED_GRACE =>
            {
                self.start_restart(shared);
            }
            _ => {}
        }
    }

    fn keep_alive(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        let Some(link) = &mut self.link else { return };
        if now < link.ping_due {
            return;
        }
        let interval = match link.ice {
            Ice::Disconnected { .. } => limits::BROKEN_PING_INTERVAL,
            Ice::New | Ice::Connected => limits::PING_INTERVAL,
        };
        link.ping_due = now + interval.max(Duration::from_millis(1));
        let nonce = shared.io.nonce();
        link.ping = Some((nonce, now));
        link.control(&mut shared.io, &LinkFrame::Ping { nonce });
        link.inspect(&mut shared.io);
        // The first answer has not come, and nobody waits for another.
        self.on_path_unknown(shared);
    }

    /// The device woke up: find out at once whether the link still stands.
    pub(crate) fn wake(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        if let Some(link) = &mut self.link {
            link.ping_due = now;
        }
        if self.want.is_some() {
            self.want = Some(now);
        }
    }
}

/// A restart cannot change the certificate. The link goes on with the one that was proven.
fn warn_fingerprint(shared: &mut Shared, node: NodeId) {
    let code = Code::FingerprintMismatch;
    shared.io.event(Event::Warning { code, node: Some(node) });
}
