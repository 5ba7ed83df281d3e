//! Setting a link up: offer, answer, candidates, proof.
//!
//! Who offers: the node that learns of the other, which is the newcomer. What becomes of the offers
//! of others is in `offers.rs`; of several attempts the one that first proves itself is the link.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use lacis_wire::description::Description;
use lacis_wire::link::LinkFrame;
use lacis_wire::proof::{self, Party, Role};
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::{AttemptId, Code, NodeId, PROTOCOL, PeerId, limits};

use crate::io::{Event, LinkAction, LinkId, RoomId};
use crate::link::{Link, Step};
use crate::remote::Remote;
use crate::route::Route;
use crate::shared::Shared;
use crate::spare::Offering;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) attempt: AttemptId,
    pub(crate) introduction: Introduction,
    pub(crate) version: u16,
    pub(crate) description: Description,
    pub(crate) signature: [u8; 64],
}

impl Remote {
    /// Offers a link in a room that is shared.
    pub(crate) fn offer(&mut self, shared: &mut Shared) {
        if let Some(&room) = self.rooms.keys().next() {
            let place = shared.place_in(room, self.met);
            self.offer_in(shared, place, self.route);
        }
    }

    /// Offers a link in a room, through a server or by hand.
    pub(crate) fn offer_in(&mut self, shared: &mut Shared, room: RoomId, route: Option<Route>) {
        self.want = None;
        self.tampered = false;
        let attempt = AttemptId(shared.io.random_u64());
        let (mut link, offer) = new_link(shared, Role::Offerer, room, attempt);
        link.route = route;
        let id = link.id;
        let Some(offer) = offer else {
            let op = link.begin(&mut shared.io, Step::Offer);
            shared.io.link(id, LinkAction::Offer { op, restart: false });
            return self.begin(shared, link);
        };
        link.op = Some((offer.op, Step::Offer));
        self.begin(shared, link);
        for input in offer.heard {
            self.on_link_input(shared, id, input);
        }
    }

    pub(crate) fn begin(&mut self, shared: &mut Shared, mut attempt: Link) {
        attempt.deadline = shared.io.now + shared.patience.with(self.node);
        self.attempts.push(attempt);
        if self.link.is_none() {
            self.tell(shared);
        }
    }

    /// Our own description of an attempt is ready: sign it if we answer, and send it.
    pub(crate) fn on_described(
        &mut self,
        shared: &mut Shared,
        id: LinkId,
        description: &Description,
    ) {
        let introduction = self.introduction(shared);
        let Some(link) = self.attempts.iter_mut().find(|link| link.id == id) else { return };
        link.local.fingerprint = description.fingerprint;
        let (attempt, description) = (link.attempt, description.clone());
        let introduction = Introduction { nonce: link.local.nonce, ..introduction };
        let setup = match link.role {
            Role::Offerer => {
                Setup::Offer { attempt, introduction, versions: PROTOCOL, description }
            }
            Role::Answerer => {
                let Some((offerer, answerer)) = link.parties() else { return };
                link.transcript = proof::transcript(link.version, attempt, &offerer, &answerer);
                let signature = proof::sign(&shared.key, Role::Answerer, &link.transcript);
                let version = link.version;
                Setup::Answer { attempt, introduction, version, description, signature }
            }
        };
        if link.role == Role::Offerer && link.route != Some(Route::Manual) {
            let at = shared.io.now + limits::OFFER_AGAIN;
            link.again = Some((at, Box::new(setup.clone())));
        }
        let sent = shared.signal(&mut link.route, link.sealed_in, self.node, &setup);
        if !sent {
            self.fail_attempt(shared, id, Code::SignalingUnreachable);
            return;
        }
        let ours = link.local_candidates.release();
        if !ours.is_empty() {
            let list = Setup::Candidates { attempt, list: ours };
            shared.signal(&mut link.route, link.sealed_in, self.node, &list);
        }
    }

    fn introduction(&self, shared: &Shared) -> Introduction {
        Introduction { peer: shared.peer, nonce: [0; 32], session: self.session, salt: shared.salt }
    }

    /// Our offer was answered. The answer's proof covers both fingerprints, so a change to either
    /// on the way ends the attempt here, before anything is said. An answer that is wrong and came
    /// by another server than the offer went to ends nothing, the right one may follow; so that one
    /// is verified first. Otherwise the browser begins meanwhile.
    pub(crate) fn on_answer(&mut self, shared: &mut Shared, answer: &Answer, route: Option<Route>) {
        let Answer { introduction, description, .. } = answer;
        let known = self.check_introduction(introduction);
        let node = self.node;
        let named = |link: &&mut Link| link.attempt == answer.attempt;
        let Some(link) = self.attempts.iter_mut().find(named) else { return };
        if link.role != Role::Offerer || link.remote.is_some() {
            return;
        }
        let (id, expected) = (link.id, link.route == route);
        let later = expected && route != Some(Route::Manual);
        let verdict = known.and_then(|()| check_answer(node, link, answer));
        let is_proven =
            |transcript| later || proves(introduction.peer, transcript, &answer.signature);
        match verdict {
            Ok(transcript) if is_proven(&transcript) => link.transcript = transcript,
            Ok(_) if expected => {
                return self.refuse_attempt(shared, id, Code::FingerprintMismatch);
            }
            Ok(_) => return shared.warn(Code::FingerprintMismatch, node),
            Err(code) if expected => return self.refuse_attempt(shared, id, code),
            Err(code) => return shared.warn(code, node),
        }
        introduce(node, link, introduction, description);
        link.unverified = later.then_some(answer.signature);
        link.version = answer.version;
        if self.link.is_none() {
            self.peer = Some(introduction.peer);
        }
        let op = link.begin(&mut shared.io, Step::SetAnswer);
        let sdp = description.to_sdp(next_revision(link));
        shared.io.link(link.id, LinkAction::SetAnswer { op, sdp });
        link.release_remote(&mut shared.io);
    }

    /// The browser is at work on an answer: time to verify it, and to sign for what comes next. Says
    /// whether the attempt goes on.
    pub(crate) fn on_answer_set(&mut self, shared: &mut Shared, id: LinkId) -> bool {
        let Some(link) = self.attempt(id) else { return false };
        if let (Some(signature), Some(remote)) = (link.unverified.take(), link.remote)
            && !proves(remote.peer, &link.transcript, &signature)
        {
            self.refuse_attempt(shared, id, Code::FingerprintMismatch);
            return false;
        }
        if link.role == Role::Offerer && link.proof.is_none() {
            link.proof = Some(proof::sign(&shared.key, Role::Offerer, &link.transcript));
        }
        true
    }

    /// Candidates of the other side, for the attempt or for a restart of the link.
    pub(crate) fn on_candidates(
        &mut self,
        shared: &mut Shared,
        attempt: AttemptId,
        list: Vec<String>,
    ) {
        for link in self.attempts.iter_mut().chain(&mut self.link) {
            if link.attempt == attempt {
                for candidate in list {
                    if let Some(now) = link.remote_candidates.push(candidate) {
                        shared.io.link(link.id, LinkAction::AddCandidate(now));
                    }
                }
                return;
            }
        }
    }

    /// The browser found a candidate for one of our connections.
    pub(crate) fn on_local_candidate(
        &mut self,
        shared: &mut Shared,
        id: LinkId,
        candidate: String,
    ) {
        if !lacis_wire::description::candidate_ok(&candidate) {
            return;
        }
        let mut own = self.attempts.iter_mut().chain(&mut self.link);
        let Some(link) = own.find(|link| link.id == id) else { return };
        if let Some(now) = link.local_candidates.push(candidate) {
            let setup = Setup::Candidates { attempt: link.attempt, list: vec![now] };
            shared.signal(&mut link.route, link.sealed_in, self.node, &setup);
        }
    }

    /// The control channel of the attempt is open. The offerer shows its proof and may go on at
    /// once, because the answer carried the other one; the answerer waits for it.
    pub(crate) fn on_attempt_open(&mut self, shared: &mut Shared, id: LinkId) {
        if !self.on_answer_set(shared, id) {
            return;
        }
        let Some(link) = self.attempt(id) else { return };
        if let Some(signature) = link.proof {
            link.control(&mut shared.io, &LinkFrame::Proof { signature });
            self.establish(shared, id);
        }
    }

    /// The first frame on the control channel of an attempt that we answered.
    pub(crate) fn on_proof(&mut self, shared: &mut Shared, id: LinkId, signature: &[u8; 64]) {
        let Some(link) = self.attempt(id) else { return };
        let Some(remote) = link.remote else { return };
        if link.role == Role::Answerer
            && proof::verify(&remote.peer, Role::Offerer, &link.transcript, signature)
        {
            link.accepted = true;
            self.peer = Some(remote.peer);
            self.establish(shared, id);
        } else {
            self.refuse_attempt(shared, id, Code::IdentityMismatch);
        }
    }

    /// Ends the attempt and tells the other side why.
    pub(crate) fn refuse_attempt(&mut self, shared: &mut Shared, id: LinkId, code: Code) {
        let node = self.node;
        if let Some(link) = self.attempt(id) {
            let refusal = Setup::Refuse { attempt: link.attempt, code };
            shared.signal(&mut link.route, link.sealed_in, node, &refusal);
        }
        self.fail_attempt(shared, id, code);
    }

    /// Ends the attempt; tries again later if that makes sense.
    pub(crate) fn fail_attempt(&mut self, shared: &mut Shared, id: LinkId, code: Code) {
        let Some(link) = self.take_attempt(id) else { return };
        shared.io.link(link.id, LinkAction::Close);
        if !self.attempts.is_empty() && link.route != Some(Route::Manual) {
            return self.fail_beside(shared, &link, code);
        }
        self.failures = self.failures.saturating_add(1);
        let by_hand = link.route == Some(Route::Manual);
        let late = matches!(code, Code::Timeout | Code::NoAnswer) && !self.absent;
        if late && !by_hand {
            shared.patience.on_late(self.node);
        }
        if by_hand {
            shared.end_pairing(self.node, Err(code));
        } else {
            shared.io.event(Event::ConnectFailed { room: link.room, node: self.node, code });
        }
        let recovering = self.lost_at.is_some();
        let hopeless =
            by_hand || matches!(code, Code::Busy | Code::VersionMismatch | Code::WebrtcBlocked);
        let answerer = link.role == Role::Answerer;
        // Whoever comes back to a server learns of us there, and offers.
        let tries = if self.absent { 2 } else { limits::ATTEMPTS_PER_NODE };
        if self.link.as_ref().is_some_and(Link::is_healthy) {
            // It is not needed.
        } else if recovering || self.link.is_some() {
            self.schedule(shared);
        } else if hopeless || (answerer && self.want.is_none()) || self.failures >= tries {
            self.gone = Some(code);
        } else {
            self.schedule(shared);
        }
    }

    /// An attempt has failed beside another one that goes on. Our own is made anew if that does not
    /// prove itself either.
    fn fail_beside(&mut self, shared: &mut Shared, link: &Link, code: Code) {
        shared.warn(code, self.node);
        if link.role == Role::Offerer {
            self.failures = self.failures.saturating_add(1);
            self.schedule(shared);
        }
    }

    /// Schedules the next offer.
    pub(crate) fn schedule(&mut self, shared: &mut Shared) {
        let wait = shared.io.backoff(self.failures, limits::RELINK_MIN, limits::RELINK_MAX);
        let stagger = match shared.node > self.node || self.lost_at.is_none() {
            true => core::time::Duration::ZERO,
            false => limits::RELINK_STAGGER,
        };
        self.want = Some(shared.io.now + wait + stagger);
    }
}

/// What an answer must be before its proof is looked at; gives the transcript that this covers.
fn check_answer(node: NodeId, link: &Link, answer: &Answer) -> Result<[u8; 32], Code> {
    if !(PROTOCOL.min..=PROTOCOL.max).contains(&answer.version) {
        return Err(Code::VersionMismatch);
    }
    let remote = party_of(node, &answer.introduction, &answer.description);
    Ok(proof::transcript(answer.version, link.attempt, &link.local, &remote))
}

fn proves(peer: PeerId, transcript: &[u8; 32], signature: &[u8; 64]) -> bool {
    proof::verify(&peer, Role::Answerer, transcript, signature)
}

/// A connection for an attempt that is sealed in a room, and the offer that it is making already,
/// if it is.
pub(crate) fn new_link(
    shared: &mut Shared,
    role: Role,
    room: RoomId,
    attempt: AttemptId,
) -> (Link, Option<Offering>) {
    let (id, offer) = match shared.take_spare(role) {
        Some(spare) => (spare.id, spare.offer),
        None => {
            let id = shared.io.link_id();
            shared.io.link(id, shared.create_action(shared.ice_servers()));
            (id, None)
        }
    };
    let local = party(shared);
    let mut link = Link::new(&shared.io, id, role, room, local, attempt);
    link.room = shared.main(room);
    (link, offer)
}

/// Our own end of a new attempt; the fingerprint follows with the description.
fn party(shared: &mut Shared) -> Party {
    let nonce = shared.io.random();
    Party { node: shared.node, peer: shared.peer, nonce, fingerprint: [0; 32] }
}

impl Remote {
    /// The attempt of that connection.
    pub(crate) fn attempt(&mut self, id: LinkId) -> Option<&mut Link> {
        self.attempts.iter_mut().find(|link| link.id == id)
    }

    /// The connection of the attempt of that name.
    pub(crate) fn attempt_named(&self, attempt: AttemptId) -> Option<LinkId> {
        self.attempts.iter().find(|link| link.attempt == attempt).map(|link| link.id)
    }

    pub(crate) fn take_attempt(&mut self, id: LinkId) -> Option<Link> {
        let place = self.attempts.iter().position(|link| link.id == id)?;
        Some(self.attempts.remove(place))
    }

    /// Makes an offer once more that was not answered. Whoever has got it ignores this one.
    pub(crate) fn offer_again(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        for link in &mut self.attempts {
            if let Some((_, offer)) = link.again.take_if(|(at, _)| now >= *at) {
                shared.signal(&mut link.route, link.sealed_in, self.node, &offer);
            }
        }
    }
}

fn party_of(node: NodeId, introduction: &Introduction, description: &Description) -> Party {
    Party {
        node,
        peer: introduction.peer,
        nonce: introduction.nonce,
        fingerprint: description.fingerprint,
    }
}

pub(crate) fn introduce(
    node: NodeId,
    link: &mut Link,
    introduction: &Introduction,
    description: &Description,
) {
    link.remote = Some(party_of(node, introduction, description));
    link.again = None;
    link.remote_session = introduction.session;
    link.set_frame_bytes(description.message_limit());
}

/// Counts the remote descriptions of one connection.
pub(crate) const fn next_revision(link: &mut Link) -> u32 {
    link.revision += 1;
    link.revision
}
