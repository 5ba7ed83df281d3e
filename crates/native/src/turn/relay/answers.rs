//! What follows from an answer, or from none.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{AHEAD, REFUSED, Relay, Stage, Tried};
use crate::turn::message::{Access, Answer, Wish};
use crate::turn::requests::Request;

/// So often a server may want the same request signed in another way.
const ROUNDS_MAX: u8 = 3;

/// Codes of refusals (RFC 8656, 19).
const UNAUTHORIZED: u16 = 401;
const ALLOCATION_MISMATCH: u16 = 437;
const STALE_NONCE: u16 = 438;
const FAMILY_NOT_SUPPORTED: u16 = 440;
const WRONG_CREDENTIALS: u16 = 441;

/// The longest that a relay is taken to live, whatever the server says.
const LIFETIME_MAX: Duration = Duration::from_secs(3_600);

impl Relay {
    /// A request was answered.
    pub(super) fn on_answer(&mut self, now: Instant, mut answer: Answer, from: SocketAddr) {
        let Some(request) = self.requests.find(answer.id(), from) else { return };
        let refusal = answer.refusal();
        if let Some(UNAUTHORIZED | STALE_NONCE | WRONG_CREDENTIALS) = refusal {
            // Nobody signs these. Who forges one has seen the request, and could drop it as well.
            if let Some(request) = self.requests.take(answer.id()) {
                self.on_challenge(now, &request, refusal == Some(STALE_NONCE), &answer, from);
            }
            return;
        }
        let key = request.key.clone();
        if !key.is_some_and(|key| answer.is_signed_with(&key)) {
            return;
        }
        let Some(request) = self.requests.take(answer.id()) else { return };
        self.heard = now;
        match refusal {
            None => self.done(now, request.wish, &answer),
            Some(code) => self.refused(now, request.wish, code),
        }
    }

    /// The server wants it signed, or signed in another way.
    fn on_challenge(
        &mut self,
        now: Instant,
        request: &Request,
        is_stale: bool,
        answer: &Answer,
        from: SocketAddr,
    ) {
        if self.server.is_none() {
            self.server = Some(from);
            // Its other address is not needed.
            self.requests.drop_all(|wish| matches!(wish, Wish::Relay { .. }));
        }
        let used = self.access.as_ref().map(|access| access.credentials().clone());
        let credentials = match used {
            // They were not what was wrong.
            Some(used) if is_stale || request.key.is_none() => used,
            Some(used) if used == self.credentials => return self.turned_away(now, request.wish),
            _ => self.credentials.clone(),
        };
        let access = answer
            .challenge()
            .filter(|_| request.round < ROUNDS_MAX)
            .and_then(|(realm, nonce)| Access::new(credentials, realm, nonce));
        if access.is_none() {
            return self.turned_away(now, request.wish);
        }
        self.access = access;
        self.ask(now, request.wish, request.round + 1);
    }

    /// The server does not take the credentials.
    fn turned_away(&mut self, now: Instant, wish: Wish) {
        match wish {
            Wish::Relay { .. } => self.stage = Stage::Refused(now + REFUSED),
            Wish::Life => self.lost(now),
            Wish::End => self.ended(now),
            Wish::Permit(_) | Wish::Channel(..) => self.peers.not_granted(now, wish, true),
        }
    }

    fn done(&mut self, now: Instant, wish: Wish, answer: &Answer) {
        match wish {
            Wish::Relay { .. } => match answer.relayed() {
                Some(at) => self.stands(now, at, now, answer),
                None => self.stage = Stage::Refused(now + REFUSED),
            },
            Wish::Life => {
                if let Stage::Stands { at, since, .. } = self.stage {
                    self.stands(now, at, since, answer);
                }
            }
            Wish::End => self.ended(now),
            Wish::Permit(_) | Wish::Channel(..) => {
                for (peer, bytes) in self.peers.granted(now, wish) {
                    self.send(now, peer, bytes);
                }
            }
        }
    }

    fn stands(&mut self, now: Instant, at: SocketAddr, since: Instant, answer: &Answer) {
        let life = answer.lifetime().unwrap_or_default().min(LIFETIME_MAX);
        let until = now + life;
        // Whatever the server says, it is not asked more often than that.
        let renews = now + life.saturating_sub(AHEAD).max(life / 2).max(super::AGAIN);
        self.stage = Stage::Stands { at, since, until, renews };
    }

    fn refused(&mut self, now: Instant, wish: Wish, code: u16) {
        match (wish, code, self.stage) {
            (Wish::Relay { .. }, ALLOCATION_MISMATCH, Stage::Asking(tried)) if !tried.ending => {
                self.ask_end(now, Some(Tried { ending: true, ..tried }));
            }
            (Wish::Relay { .. }, FAMILY_NOT_SUPPORTED, Stage::Asking(tried))
                if !tried.other_version =>
            {
                self.ask_anew(now, Tried { other_version: true, ..tried });
            }
            (Wish::Relay { .. }, ..) => self.stage = Stage::Refused(now + REFUSED),
            (Wish::End, ..) => self.ended(now),
            (_, ALLOCATION_MISMATCH, _) => self.lost(now),
            // It is tried again in time.
            (Wish::Life, ..) => {}
            (Wish::Permit(_) | Wish::Channel(..), ..) => self.peers.not_granted(now, wish, true),
        }
    }

    /// Nobody answered.
    pub(super) fn unanswered(&mut self, now: Instant, wish: Wish) {
        match wish {
            Wish::Relay { .. } if !self.requests.asks(|it| matches!(it, Wish::Relay { .. })) => {
                self.stage = Stage::Refused(now + REFUSED);
            }
            Wish::End => self.ended(now),
            Wish::Permit(_) | Wish::Channel(..) => self.peers.not_granted(now, wish, false),
            Wish::Relay { .. } | Wish::Life => {}
        }
    }

    /// It has ended, as far as anybody can tell.
    fn ended(&mut self, now: Instant) {
        match self.stage {
            Stage::Ending(Some(tried)) => self.ask_anew(now, tried),
            Stage::Ending(None) => {
                self.clear();
                self.stage = Stage::Over;
            }
            _ => {}
        }
    }
}
