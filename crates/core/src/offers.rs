//! Offers of others: which of them are accepted, and where they stand beside each other.
//!
//! An offer shows that somebody knows the key of the room and has the mailbox of that node at that
//! server, no more: at a server where the node is not, anybody can have it. So an offer never ends
//! another attempt, unless it comes through the same server; whichever attempt proves itself first
//! ends the others.

use lacis_wire::description::Description;
use lacis_wire::proof::Role;
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::{AttemptId, Code, NodeId, PROTOCOL, VersionRange};

use crate::attempt::{introduce, new_link, next_revision};
use crate::io::{LinkAction, LinkId, RoomId};
use crate::link::{Link, Step};
use crate::remote::{Remote, Standing};
use crate::route::Route;
use crate::shared::Shared;

/// An offer as it came.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) room: RoomId,
    pub(crate) route: Route,
    pub(crate) attempt: AttemptId,
    pub(crate) introduction: Introduction,
    pub(crate) versions: VersionRange,
    pub(crate) description: Description,
}

/// Whether there is place for one more connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// None for a node with which nothing is under way yet.
    pub(crate) is_busy: bool,
    /// None beside an attempt that is under way.
    pub(crate) is_crowded: bool,
}

impl Remote {
    /// Another node offers.
    pub(crate) fn on_offer(&mut self, shared: &mut Shared, offer: Offer, place: Place) {
        if !shared.seen.insert(self.node, offer.attempt) {
            return;
        }
        let mut route = Some(offer.route);
        if route != Some(Route::Manual) {
            (self.route, self.met) = (route, Some(offer.room));
        }
        self.absent = false;
        let verdict = self.judge(shared, &offer, place);
        match verdict {
            Ok(Some(version)) => self.accept(shared, offer, version),
            Ok(None) => {}
            Err(code) => {
                let refusal = Setup::Refuse { attempt: offer.attempt, code };
                shared.signal(&mut route, offer.room, self.node, &refusal);
            }
        }
    }

    /// The version to accept an offer with; nothing if our own offer wins.
    fn judge(&self, shared: &Shared, offer: &Offer, place: Place) -> Result<Option<u16>, Code> {
        let version = PROTOCOL.agree(offer.versions).ok_or(Code::VersionMismatch)?;
        self.check_introduction(&offer.introduction)?;
        let is_open = |own: &Link| own.role == Role::Offerer && own.remote.is_none();
        if self.attempts.iter().any(is_open) && shared.node > self.node {
            return Ok(None);
        }
        let is_first = self.attempts.is_empty();
        let full = if is_first { place.is_busy && self.link.is_none() } else { place.is_crowded };
        if full && self.same_mailbox(offer.route).is_none() {
            return Err(Code::Busy);
        }
        Ok(Some(version))
    }

    /// The attempt that an offer through that server takes the place of. Whoever has the mailbox
    /// there has it alone: it offered before, or it got our offer, and its own has won.
    fn same_mailbox(&self, route: Route) -> Option<LinkId> {
        let is_that = |own: &&Link| match own.role {
            Role::Answerer => own.answers == Some(route),
            Role::Offerer => own.remote.is_none() && own.route == Some(route),
        };
        self.attempts.iter().find(is_that).map(|own| own.id)
    }

    /// The node id must belong to the identity, and the identity cannot change.
    pub(crate) fn check_introduction(&self, introduction: &Introduction) -> Result<(), Code> {
        let same = self.link.is_none() || self.peer == Some(introduction.peer);
        let derived = NodeId::derive(&introduction.peer, &introduction.salt);
        if same && derived == self.node { Ok(()) } else { Err(Code::IdentityMismatch) }
    }

    fn accept(&mut self, shared: &mut Shared, offer: Offer, version: u16) {
        while let Some(former) = self.same_mailbox(offer.route) {
            self.take_attempt(former);
            shared.io.link(former, LinkAction::Close);
        }
        // On a link that stands the other side tells by itself which rooms it is in.
        if self.link.is_none() {
            self.rooms.entry(shared.main(offer.room)).or_insert(Standing::Named);
        }
        self.tampered = false;
        if self.link.is_none() {
            self.peer = Some(offer.introduction.peer);
        }
        let (mut link, _) = new_link(shared, Role::Answerer, offer.room, offer.attempt);
        link.route = Some(offer.route);
        link.answers = Some(offer.route);
        link.version = version;
        introduce(self.node, &mut link, &offer.introduction, &offer.description);
        let op = link.begin(&mut shared.io, Step::Accept);
        let sdp = offer.description.to_sdp(next_revision(&mut link));
        shared.io.link(link.id, LinkAction::Accept { op, sdp });
        link.release_remote(&mut shared.io);
        self.begin(shared, link);
    }
}
