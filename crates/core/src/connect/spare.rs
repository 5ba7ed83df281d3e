//! A connection made ahead of need.
//!
//! A browser takes a while to make a connection and to describe it, so both are done while there is
//! time. A newcomer offers: its spare makes an offer while a server is dialled and asked who is
//! there, and the offer leaves as soon as the answer names somebody. A server that is near answers
//! the dial sooner than a browser makes a connection, so it is asked first. Whoever is there
//! already answers: its spare only has to be there, and holds no port until it is used.

use alloc::vec::Vec;

use lacis_wire::limits;
use lacis_wire::proof::Role;
use lacis_wire::signal::IceServer;

use crate::cx::Cx;
use crate::event::ServerState;
use crate::ids::{LinkId, OpId};
use crate::io::{LinkAction, LinkInput};
use crate::signaling::Signaling;
use crate::time::Timestamp;

/// The connection for whoever needs one next, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    spare: Option<Spare>,
    /// When the next one is made.
    due: Option<Timestamp>,
    /// When one that offers is made, if no server is open before.
    offer_due: Option<Timestamp>,
}

#[derive(Debug)]
struct Spare {
    id: LinkId,
    offer: Option<Offering>,
    ice_servers: Vec<IceServer>,
}

/// The offer that a spare was told to make.
#[derive(Debug)]
pub(super) struct Offering {
    pub(super) op: OpId,
    /// What the driver has said of it so far.
    pub(super) heard: Vec<LinkInput<'static>>,
    /// Its candidates age.
    until: Timestamp,
}

impl Spares {
    pub(crate) const fn is_some(&self) -> bool {
        self.spare.is_some()
    }

    /// A room was joined: makes a spare that offers, unless there is a spare. It is made once a
    /// server was asked who is there, or shortly if none can be asked yet.
    pub(crate) fn want_offer(&mut self, cx: &mut Cx, signaling: &Signaling) {
        self.offer_due = Some(cx.now + limits::SPARE_HOLD);
        if signaling.servers.iter().any(|server| server.state() == ServerState::Open) {
            self.on_asked(cx, signaling);
        }
    }

    /// A server was asked who is there: until it answers, there is time.
    pub(crate) fn on_asked(&mut self, cx: &mut Cx, signaling: &Signaling) {
        if self.offer_due.take().is_some() {
            self.prepare_offer(cx, signaling);
        }
    }

    fn prepare_offer(&mut self, cx: &mut Cx, signaling: &Signaling) {
        if self.spare.is_some() {
            return;
        }
        self.prepare(cx, signaling);
        if let Some(spare) = &mut self.spare {
            let op = cx.op_id();
            cx.link(spare.id, LinkAction::Offer { op, restart: false });
            let until = cx.now + limits::SPARE_LIFE;
            spare.offer = Some(Offering { op, heard: Vec::new(), until });
        }
    }

    /// Makes a spare, unless there is one.
    fn prepare(&mut self, cx: &mut Cx, signaling: &Signaling) {
        if self.spare.is_none() && !signaling.rooms.is_empty() && !cx.is_suspended() {
            self.due = None;
            let (id, ice_servers) = (cx.link_id(), signaling.ice_servers(cx));
            let relay_only = cx.config.relay_only;
            cx.link(id, LinkAction::Create { ice_servers: ice_servers.clone(), relay_only });
            self.spare = Some(Spare { id, offer: None, ice_servers });
        }
    }

    /// Gives the spare away, if it can be used in that role and was made as a new connection would
    /// be made.
    pub(super) fn take(
        &mut self,
        cx: &mut Cx,
        ice_servers: &[IceServer],
        role: Role,
    ) -> Option<(LinkId, Option<Offering>)> {
        let spare = self.spare.as_ref()?;
        if spare.ice_servers != ice_servers {
            self.drop_spare(cx);
        } else if role == Role::Answerer && spare.offer.is_some() {
            return None;
        }
        self.spare.take().map(|spare| (spare.id, spare.offer))
    }

    /// The driver says something; whether it was of the spare. Nothing but how its offer goes comes
    /// of a connection that has no other end.
    pub(crate) fn on_input(&mut self, cx: &mut Cx, id: LinkId, input: &LinkInput<'_>) -> bool {
        let Some(spare) = self.spare.as_mut().filter(|spare| spare.id == id) else { return false };
        let heard = match input {
            LinkInput::CreateFailed(_) | LinkInput::Failed(..) => {
                self.drop_spare(cx);
                return true;
            }
            LinkInput::Described(op, sdp) => LinkInput::Described(*op, sdp.clone()),
            LinkInput::Candidate(line) => LinkInput::Candidate(line.clone()),
            LinkInput::Gathered => LinkInput::Gathered,
            _ => return true,
        };
        if let Some(offer) = &mut spare.offer
            && offer.heard.len() <= limits::CANDIDATES_MAX
        {
            offer.heard.push(heard);
        }
        true
    }

    /// A connection was used up. Making the next one would hold up what it was wanted for.
    pub(super) fn order(&mut self, now: Timestamp) {
        self.due = Some(now + limits::SPARE_DELAY);
    }

    /// When [`Spares::renew`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let renewed = match &self.spare {
            Some(spare) => spare.offer.as_ref().map(|offer| offer.until),
            None => self.due,
        };
        self.offer_due.into_iter().chain(renewed).min()
    }

    /// The remotes of a room are known: an offer that none of them is made will not be needed.
    pub(crate) fn retire_offer(&mut self, now: Timestamp) {
        let until = now + limits::SPARE_DELAY;
        if let Some(offer) = self.spare.as_mut().and_then(|spare| spare.offer.as_mut()) {
            offer.until = offer.until.min(until);
        }
    }

    /// Closes a spare that is of no use, and puts one that only waits in its place.
    pub(crate) fn renew(&mut self, cx: &mut Cx, signaling: &Signaling) {
        if signaling.rooms.is_empty() {
            self.drop_spare(cx);
        } else if self.offer_due.is_some_and(|at| cx.now >= at) {
            self.on_asked(cx, signaling);
        } else if self.deadline().is_some_and(|at| cx.now >= at) {
            self.drop_spare(cx);
            self.prepare(cx, signaling);
        }
    }

    pub(crate) fn drop_spare(&mut self, cx: &mut Cx) {
        (self.due, self.offer_due) = (None, None);
        if let Some(spare) = self.spare.take() {
            cx.link(spare.id, LinkAction::Close);
        }
    }
}
