//! What both sides say to each other about one connection while it is set up, and whenever its path
//! is looked for anew: descriptions and candidates, and how they travel.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use lacis_wire::description::Description;
use lacis_wire::proof::Role;
use lacis_wire::setup::Setup;
use lacis_wire::{AttemptId, NodeId, limits};

use super::Env;
use crate::cx::Cx;
use crate::ids::{LinkId, OpId, RoomId};
use crate::io::LinkAction;
use crate::signaling::Route;

/// Where the setup of one connection stands.
#[derive(Debug)]
pub(crate) struct Negotiation {
    pub(crate) id: LinkId,
    pub(crate) attempt: AttemptId,
    pub(crate) role: Role,
    /// The room in which it was set up; its membership is proven by that.
    pub(crate) room: RoomId,
    /// The room with whose keys setup messages are sealed: that one, or one behind it.
    pub(crate) sealed_in: RoomId,
    pub(crate) route: Option<Route>,
    /// The operation the driver is at, and what it is for.
    op: Option<(OpId, Step)>,
    theirs: Candidates,
    ours: Candidates,
    /// Counts the remote descriptions that were set.
    revision: u32,
    /// Candidates of ours that were sent, until the other side has described anything.
    told: Vec<String>,
}

/// What an operation of the driver is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Offer,
    Accept,
    SetAnswer,
    RestartOffer,
    RestartAccept,
    RestartSet,
    Inspect,
}

/// Candidates of one side that wait until they may be passed on.
#[derive(Debug, Default)]
struct Candidates {
    waiting: Vec<String>,
    /// All that were taken: what comes once more is no other one.
    known: Vec<String>,
    /// How many came by each neighbor that handed some over, or without one.
    counts: Vec<(Option<NodeId>, usize)>,
    ready: bool,
    /// Whether one of them is that of a relay.
    relayed: bool,
}

/// How the candidate of a relay names its kind.
const RELAY: &[u8] = b" typ relay";

impl Candidates {
    /// Takes one; gives it back if it may be passed on at once. By one way no more are taken than
    /// [`limits::CANDIDATES_MAX`]: a path that needs more has other troubles, and who makes some up
    /// takes the place of none that others hand over.
    fn push(&mut self, by: Option<NodeId>, candidate: String) -> Option<String> {
        if self.known.contains(&candidate) {
            return None;
        }
        let known = self.counts.iter().position(|(it, _)| *it == by);
        if known.is_none() && self.counts.len() <= limits::LINKS_MAX {
            self.counts.push((by, 0));
        }
        let (_, count) = self.counts.iter_mut().find(|(it, _)| *it == by)?;
        if *count >= limits::CANDIDATES_MAX {
            return None;
        }
        *count += 1;
        self.known.push(candidate.clone());
        self.relayed |= candidate.as_bytes().windows(RELAY.len()).any(|part| part == RELAY);
        if self.ready {
            return Some(candidate);
        }
        self.waiting.push(candidate);
        None
    }

    /// From now on candidates pass; gives those that waited.
    fn release(&mut self) -> Vec<String> {
        self.ready = true;
        core::mem::take(&mut self.waiting)
    }
}

impl Negotiation {
    pub(super) fn new(id: LinkId, attempt: AttemptId, role: Role, sealed_in: RoomId) -> Self {
        Self {
            id,
            attempt,
            role,
            room: sealed_in,
            sealed_in,
            route: None,
            op: None,
            theirs: Candidates::default(),
            ours: Candidates::default(),
            revision: 0,
            told: Vec::new(),
        }
    }

    /// Sends a setup message about this connection; says whether there was a way.
    pub(super) fn signal(&mut self, env: &mut Env<'_>, node: NodeId, setup: &Setup) -> bool {
        env.signaling.send(env.cx, &mut self.route, self.sealed_in, node, setup)
    }

    /// Begins an operation of the driver.
    pub(super) fn begin(&mut self, cx: &mut Cx, step: Step) -> OpId {
        let op = cx.op_id();
        self.op = Some((op, step));
        op
    }

    /// Goes on with an operation that was begun already.
    pub(super) const fn resume(&mut self, op: OpId, step: Step) {
        self.op = Some((op, step));
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.op.is_none()
    }

    /// Ends an operation; gives what it was for, if it is the one under way.
    pub(super) fn finish(&mut self, op: OpId) -> Option<Step> {
        let (_, step) = self.op.take_if(|(current, _)| *current == op)?;
        Some(step)
    }

    /// Has the driver set what the other side described. Its candidates may follow at once: a
    /// browser that knows them before it opens ports has less to do than one that learns of them
    /// later.
    pub(super) fn set_remote(&mut self, cx: &mut Cx, step: Step, description: &Description) {
        self.revision += 1;
        self.told.clear();
        let op = self.begin(cx, step);
        let sdp = description.to_sdp(self.revision);
        let action = match step {
            Step::Accept | Step::RestartAccept => LinkAction::Accept { op, sdp },
            _ => LinkAction::SetAnswer { op, sdp },
        };
        cx.link(self.id, action);
        for candidate in self.theirs.release() {
            cx.link(self.id, LinkAction::AddCandidate(candidate));
        }
    }

    /// A candidate of the other side, and the neighbor that handed it over, if one did.
    pub(super) fn on_remote_candidate(
        &mut self,
        cx: &mut Cx,
        by: Option<NodeId>,
        candidate: String,
    ) {
        if let Some(now) = self.theirs.push(by, candidate) {
            cx.link(self.id, LinkAction::AddCandidate(now));
        }
    }

    /// The browser found a candidate.
    pub(super) fn on_local_candidate(
        &mut self,
        env: &mut Env<'_>,
        node: NodeId,
        candidate: String,
    ) {
        if let Some(now) = self.ours.push(None, candidate) {
            self.tell_candidates(env, node, vec![now]);
        }
    }

    fn tell_candidates(&mut self, env: &mut Env<'_>, node: NodeId, list: Vec<String>) {
        if self.revision == 0 {
            self.told.extend_from_slice(&list);
        }
        self.signal(env, node, &Setup::Candidates { attempt: self.attempt, list });
    }

    /// An offer is made once more, and may have been lost with what followed it.
    pub(super) fn offer_again(&mut self, env: &mut Env<'_>, node: NodeId, offer: &Setup) {
        self.signal(env, node, offer);
        let list = core::mem::take(&mut self.told);
        if !list.is_empty() {
            self.signal(env, node, &Setup::Candidates { attempt: self.attempt, list });
        }
    }

    /// Our description is on its way: candidates may follow it.
    pub(super) fn send_candidates(&mut self, env: &mut Env<'_>, node: NodeId) {
        let list = self.ours.release();
        if !list.is_empty() {
            self.tell_candidates(env, node, list);
        }
    }

    /// Whether a relay is known that may stand between.
    pub(super) const fn knows_relays(&self) -> bool {
        self.ours.relayed || self.theirs.relayed
    }

    /// A restart begins: candidates of the new generation wait again.
    pub(super) fn hold_candidates(&mut self) {
        self.theirs = Candidates::default();
        self.ours = Candidates::default();
    }
}
