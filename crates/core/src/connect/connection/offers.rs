//! Offers of others: which of them are accepted, and where they stand beside each other.
//!
//! An offer shows that somebody knows the key of the room and has the mailbox of that node at that
//! server, no more: at a server where the node is not, anybody can have it. So an offer never ends
//! another attempt, unless it comes through the same server; whichever attempt proves itself first
//! ends the others.

use lacis_wire::description::Description;
use lacis_wire::proof::Role;
use lacis_wire::setup::Introduction;
use lacis_wire::{AttemptId, Code, NodeId, PROTOCOL, VersionRange};

use super::{Connection, News};
use crate::connect::attempt::Attempt;
use crate::connect::link::Link;
use crate::connect::{Env, Print};
use crate::ids::{LinkId, RoomId};
use crate::io::LinkAction;
use crate::signaling::Route;

/// An offer as it came.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) room: RoomId,
    pub(crate) route: Route,
    /// The neighbor that handed it over, if one did.
    pub(crate) handed_by: Option<NodeId>,
    /// What it is recognised by when it comes again.
    pub(crate) print: Print,
    pub(crate) attempt: AttemptId,
    pub(crate) introduction: Introduction,
    pub(crate) versions: VersionRange,
    pub(crate) description: Description,
    /// Whether whoever offers is no member of the group at whose door it does.
    pub(crate) is_newcomer: bool,
    /// Over whom it goes, if it is to go over one of the neighbors that it names and one of them is
    /// a neighbor here.
    pub(crate) by: Option<NodeId>,
}

impl Connection {
    /// What becomes of an offer if there is place: the version to accept it with, or why it is
    /// refused. Nothing is done about one that came already, or over which our own offer wins.
    pub(crate) fn judge(&self, env: &Env<'_>, offer: &Offer) -> Result<u16, Option<Code>> {
        // Under its name there may be others, which somebody has changed on the way, until one of
        // them has proven itself.
        let is_linked_so = |link: &Link| link.negotiation.attempt == offer.attempt;
        if env.pool.seen.contains(self.node, offer.print) || self.link().is_some_and(is_linked_so) {
            return Err(None);
        }
        let version = PROTOCOL.agree(offer.versions).ok_or(Code::VersionMismatch)?;
        self.check_introduction(&offer.introduction)?;
        // An offer of ours wins if it is on its way as this one was. One that goes another way, by
        // another server too, may never arrive.
        let wins = |own: &Attempt| {
            own.role() == Role::Offerer
                && own.is_open()
                && own.negotiation.route == Some(offer.route)
        };
        if self.attempts.iter().any(wins) && env.cx.me.node > self.node {
            return Err(None);
        }
        // Over a neighbor it is of no use beside a link that goes over none.
        if offer.description.through.is_some() && self.is_near() && self.has_healthy_link() {
            return Err(Some(Code::Replaced));
        }
        // Two who both want to be let in are of no use to each other.
        if offer.is_newcomer && env.signaling.is_newcomer(offer.room) {
            return Err(Some(Code::Busy));
        }
        Ok(version)
    }

    /// The attempt that an offer through that server takes the place of. Whoever has the mailbox
    /// there has it alone: it offered before, or it got our offer, and its own has won.
    pub(crate) fn same_mailbox(&self, route: Route) -> Option<LinkId> {
        // What members hand on may be of any of them.
        if route == Route::Mesh {
            return None;
        }
        let is_that = |own: &&Attempt| match own.role() {
            Role::Answerer => own.answers == Some(route),
            Role::Offerer => own.is_open() && own.negotiation.route == Some(route),
        };
        self.attempts.iter().find(is_that).map(Attempt::id)
    }

    /// The node id must belong to the identity, and the identity cannot change.
    pub(super) fn check_introduction(&self, introduction: &Introduction) -> Result<(), Code> {
        let same = !self.is_linked() || self.peer == Some(introduction.peer);
        let derived = NodeId::derive(&introduction.peer, &introduction.salt);
        if same && derived == self.node { Ok(()) } else { Err(Code::IdentityMismatch) }
    }

    /// Accepts an offer for which there is place.
    pub(crate) fn accept(&mut self, env: &mut Env<'_>, offer: Offer, version: u16) {
        env.pool.seen.insert(self.node, offer.print);
        if offer.route != Route::Manual {
            (self.route, self.met) = (Some(offer.route), Some(offer.room));
        }
        self.unknown_at.clear();
        while let Some(former) = self.same_mailbox(offer.route) {
            self.take_attempt(former);
            env.cx.link(former, LinkAction::Close);
        }
        self.tampered = false;
        // On a link that stands the other side tells by itself which rooms it is in.
        if !self.is_linked() {
            self.peer = Some(offer.introduction.peer);
            self.push(News::Offered(env.signaling.main(offer.room)));
        }
        let id = match offer.by {
            Some(_) => env.cx.relayed_id(),
            None => env.connection_for(Role::Answerer).0,
        };
        let mut attempt = Attempt::new(env, id, Role::Answerer, offer.room, offer.attempt);
        attempt.negotiation.route = Some(offer.route);
        (attempt.answers, attempt.handed_by) = (Some(offer.route), offer.handed_by);
        let versions = (version, offer.versions);
        attempt.answer(env, self.node, versions, (&offer.introduction, &offer.description));
        self.begin(env, attempt, offer.by.is_some());
        if let Some(by) = offer.by {
            self.answer_over(env, id, by);
        }
    }

    fn answer_over(&mut self, env: &mut Env<'_>, id: LinkId, by: NodeId) {
        let Some(attempt) = self.attempt(id) else { return };
        let Some(description) = attempt.answer_over(env.cx, by) else {
            return self.refuse_attempt(env, id, Code::Protocol);
        };
        self.on_described(env, id, &description);
        let node = self.node;
        if let Some(attempt) = self.attempt(id) {
            attempt.begin_over(env, node, by);
        }
    }
}
