//! A connection made ahead of need.
//!
//! A browser takes a while to make a connection and to describe it, so both are done while there is
//! time. A newcomer offers: its spare makes an offer while a server is dialled and asked who is
//! there, and the offer leaves as soon as the answer names somebody. Whoever is there already
//! answers: its spare only has to be there, and holds no port until it is used.

use alloc::vec::Vec;

use lacis_wire::limits;
use lacis_wire::proof::Role;
use lacis_wire::signal::IceServer;

use crate::io::{LinkAction, LinkId, LinkInput, OpId};
use crate::shared::Shared;
use crate::time::Timestamp;

/// A connection for whoever needs one next.
#[derive(Debug)]
pub(crate) struct Spare {
    pub(crate) id: LinkId,
    pub(crate) offer: Option<Offering>,
    ice_servers: Vec<IceServer>,
}

/// The offer that a spare was told to make.
#[derive(Debug)]
pub(crate) struct Offering {
    pub(crate) op: OpId,
    /// What the driver has said of it so far.
    pub(crate) heard: Vec<LinkInput<'static>>,
    /// Its candidates age.
    until: Timestamp,
}

impl Shared {
    /// A room was joined: makes a spare that offers, unless there is a spare.
    pub(crate) fn prepare_offer(&mut self) {
        if self.spare.is_some() {
            return;
        }
        self.prepare_spare();
        if let Some(spare) = &mut self.spare {
            let op = self.io.op_id();
            self.io.link(spare.id, LinkAction::Offer { op, restart: false });
            let until = self.io.now + limits::SPARE_LIFE;
            spare.offer = Some(Offering { op, heard: Vec::new(), until });
        }
    }

    /// Makes a spare, unless there is one.
    pub(crate) fn prepare_spare(&mut self) {
        if self.spare.is_none() && !self.rooms.is_empty() && self.suspended_at.is_none() {
            self.spare_due = None;
            let (id, ice_servers) = (self.io.link_id(), self.ice_servers());
            self.io.link(id, self.create_action(ice_servers.clone()));
            self.spare = Some(Spare { id, offer: None, ice_servers });
        }
    }

    /// Gives the spare away, if it can be used in that role and was made as a new connection would
    /// be made.
    pub(crate) fn take_spare(&mut self, role: Role) -> Option<Spare> {
        let spare = self.spare.as_ref()?;
        if spare.ice_servers != self.ice_servers() {
            self.drop_spare();
        } else if role == Role::Answerer && spare.offer.is_some() {
            return None;
        }
        self.spare.take()
    }

    /// The driver says something; whether it was of the spare. Nothing but how its offer goes comes
    /// of a connection that has no other end.
    pub(crate) fn on_spare_input(&mut self, id: LinkId, input: &LinkInput<'_>) -> bool {
        let Some(spare) = self.spare.as_mut().filter(|spare| spare.id == id) else { return false };
        let heard = match input {
            LinkInput::CreateFailed(_) | LinkInput::Failed(..) => {
                self.drop_spare();
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
    pub(crate) fn order_spare(&mut self) {
        self.spare_due = Some(self.io.now + limits::SPARE_DELAY);
    }

    /// When [`Shared::renew_spare`] has something to do.
    pub(crate) fn spare_deadline(&self) -> Option<Timestamp> {
        match &self.spare {
            Some(spare) => spare.offer.as_ref().map(|offer| offer.until),
            None => self.spare_due,
        }
    }

    /// The remotes of a room are known: an offer that none of them is made will not be needed.
    pub(crate) fn retire_offer(&mut self) {
        let until = self.io.now + limits::SPARE_DELAY;
        if let Some(offer) = self.spare.as_mut().and_then(|spare| spare.offer.as_mut()) {
            offer.until = offer.until.min(until);
        }
    }

    /// Closes a spare that is of no use, and puts one that only waits in its place.
    pub(crate) fn renew_spare(&mut self) {
        if self.rooms.is_empty() {
            self.drop_spare();
        } else if self.spare_deadline().is_some_and(|at| self.io.now >= at) {
            self.drop_spare();
            self.prepare_spare();
        }
    }

    pub(crate) fn drop_spare(&mut self) {
        self.spare_due = None;
        if let Some(spare) = self.spare.take() {
            self.io.link(spare.id, LinkAction::Close);
        }
    }
}
