//! Setting a link up: offer, answer, candidates, proof.
//!
//! Who offers: the node that learns of the other, which is the newcomer. If both offer at once, the
//! offer of the greater node id wins and the other side drops its own.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use lacis_wire::description::Description;
use lacis_wire::link::LinkFrame;
use lacis_wire::proof::{self, Party, Role};
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::{AttemptId, Code, NodeId, PROTOCOL, VersionRange, limits};

use crate::io::{Event, LinkAction, RoomId};
use crate::link::{Link, Step};
use crate::member::{Member, Standing};
use crate::pairing::BY_HAND;
use crate::shared::Shared;
use crate::spare::Offering;

/// An offer as it came.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) room: RoomId,
    pub(crate) via: usize,
    pub(crate) attempt: AttemptId,
    pub(crate) introduction: Introduction,
    pub(crate) versions: VersionRange,
    pub(crate) description: Description,
}

impl Member {
    /// Offers a link in a room that is shared.
    pub(crate) fn offer(&mut self, shared: &mut Shared) {
        if let Some(&room) = self.rooms.keys().next() {
            self.offer_in(shared, room, self.via);
        }
    }

    /// Offers a link in a room, through a server or by hand.
    pub(crate) fn offer_in(&mut self, shared: &mut Shared, room: RoomId, via: Option<usize>) {
        self.want = None;
        self.tampered = false;
        let attempt = AttemptId(shared.io.random_u64());
        let (mut link, offer) = new_link(shared, Role::Offerer, room, attempt);
        link.via = via;
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

    fn begin(&mut self, shared: &mut Shared, mut attempt: Link) {
        attempt.deadline = shared.io.now + shared.patience.with(self.node);
        self.attempt = Some(attempt);
        if self.link.is_none() {
            self.tell(shared);
        }
    }

    /// Another node offers. `busy` says that there is no place for one more link.
    pub(crate) fn on_offer(&mut self, shared: &mut Shared, offer: Offer, busy: bool) {
        if !shared.seen.insert(self.node, offer.attempt) {
            return;
        }
        let mut via = Some(offer.via);
        if via != Some(BY_HAND) {
            self.via = via;
        }
        self.absent = false;
        let verdict = self.judge(shared, &offer, busy);
        match verdict {
            Ok(Some(version)) => self.accept(shared, offer, version),
            Ok(None) => {}
            Err(code) => {
                let refusal = Setup::Refuse { attempt: offer.attempt, code };
                shared.signal(&mut via, offer.room, self.node, &refusal);
            }
        }
    }

    /// The version to accept an offer with; nothing if our own offer wins.
    fn judge(&self, shared: &Shared, offer: &Offer, busy: bool) -> Result<Option<u16>, Code> {
        let version = PROTOCOL.agree(offer.versions).ok_or(Code::VersionMismatch)?;
        self.check_introduction(&offer.introduction)?;
        if let Some(own) = &self.attempt {
            let unanswered = own.role == Role::Offerer && own.remote.is_none();
            if unanswered && shared.node > self.node {
                return Ok(None);
            }
        } else if busy && self.link.is_none() {
            return Err(Code::Busy);
        }
        Ok(Some(version))
    }

    /// The node id must belong to the identity, and the identity cannot change.
    fn check_introduction(&self, introduction: &Introduction) -> Result<(), Code> {
        let same = self.link.is_none() || self.peer == Some(introduction.peer);
        let derived = NodeId::derive(&introduction.peer, &introduction.salt);
        if same && derived == self.node { Ok(()) } else { Err(Code::IdentityMismatch) }
    }

    fn accept(&mut self, shared: &mut Shared, offer: Offer, version: u16) {
        if let Some(own) = self.attempt.take() {
            shared.io.link(own.id, LinkAction::Close);
        }
        // On a link that stands the other side tells by itself which rooms it is in.
        if self.link.is_none() {
            self.rooms.entry(offer.room).or_insert(Standing::Named);
        }
        self.want = None;
        self.tampered = false;
        if self.link.is_none() {
            self.peer = Some(offer.introduction.peer);
        }
        let (mut link, _) = new_link(shared, Role::Answerer, offer.room, offer.attempt);
        link.via = Some(offer.via);
        link.version = version;
        introduce(self.node, &mut link, &offer.introduction, &offer.description);
        let op = link.begin(&mut shared.io, Step::Accept);
        let sdp = offer.description.to_sdp(next_revision(&mut link));
        shared.io.link(link.id, LinkAction::Accept { op, sdp });
        link.release_remote(&mut shared.io);
        self.begin(shared, link);
    }

    /// Our own description of an attempt is ready: sign it if we answer, and send it.
    pub(crate) fn on_described(&mut self, shared: &mut Shared, description: &Description) {
        let introduction = self.introduction(shared);
        let Some(link) = &mut self.attempt else { return };
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
        if link.role == Role::Offerer && link.via != Some(BY_HAND) {
            let at = shared.io.now + limits::OFFER_AGAIN;
            link.again = Some((at, Box::new(setup.clone())));
        }
        let sent = shared.signal(&mut link.via, link.room, self.node, &setup);
        if !sent {
            self.fail_attempt(shared, Code::SignalingUnreachable);
            return;
        }
        let ours = link.local_candidates.release();
        if !ours.is_empty() {
            let list = Setup::Candidates { attempt, list: ours };
            shared.signal(&mut link.via, link.room, self.node, &list);
        }
    }

    fn introduction(&self, shared: &Shared) -> Introduction {
        Introduction { peer: shared.peer, nonce: [0; 32], session: self.session, salt: shared.salt }
    }

    /// Our offer was answered. The answer's proof covers both fingerprints, so a change to either
    /// on the way ends the attempt here, before any packet.
    pub(crate) fn on_answer(
        &mut self,
        shared: &mut Shared,
        introduction: &Introduction,
        version: u16,
        description: &Description,
        signature: &[u8; 64],
    ) {
        let known = self.check_introduction(introduction);
        let Some(link) = &mut self.attempt else { return };
        if link.role != Role::Offerer || link.remote.is_some() {
            return;
        }
        introduce(self.node, link, introduction, description);
        link.version = version;
        let Some((offerer, answerer)) = link.parties() else { return };
        link.transcript = proof::transcript(version, link.attempt, &offerer, &answerer);
        let spoken = (PROTOCOL.min..=PROTOCOL.max).contains(&version);
        let proven = proof::verify(&introduction.peer, Role::Answerer, &link.transcript, signature);
        let verdict = match (spoken, known, proven) {
            (false, ..) => Err(Code::VersionMismatch),
            (_, Err(code), _) => Err(code),
            (.., false) => Err(Code::FingerprintMismatch),
            _ => Ok(()),
        };
        if let Err(code) = verdict {
            self.refuse_attempt(shared, code);
            return;
        }
        if self.link.is_none() {
            self.peer = Some(introduction.peer);
        }
        let op = link.begin(&mut shared.io, Step::SetAnswer);
        let sdp = description.to_sdp(next_revision(link));
        shared.io.link(link.id, LinkAction::SetAnswer { op, sdp });
        link.release_remote(&mut shared.io);
    }

    /// Candidates of the other side, for the attempt or for a restart of the link.
    pub(crate) fn on_candidates(
        &mut self,
        shared: &mut Shared,
        attempt: AttemptId,
        list: Vec<String>,
    ) {
        for link in [&mut self.attempt, &mut self.link].into_iter().flatten() {
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
        id: crate::LinkId,
        candidate: String,
    ) {
        if !lacis_wire::description::candidate_ok(&candidate) {
            return;
        }
        let mut own = [&mut self.attempt, &mut self.link].into_iter().flatten();
        let Some(link) = own.find(|link| link.id == id) else { return };
        if let Some(now) = link.local_candidates.push(candidate) {
            let setup = Setup::Candidates { attempt: link.attempt, list: vec![now] };
            shared.signal(&mut link.via, link.room, self.node, &setup);
        }
    }

    /// The control channel of the attempt is open. The offerer shows its proof and may go on at
    /// once, because the answer carried the other one; the answerer waits for it.
    pub(crate) fn on_attempt_open(&mut self, shared: &mut Shared) {
        let Some(link) = &mut self.attempt else { return };
        if link.role == Role::Offerer {
            let signature = proof::sign(&shared.key, Role::Offerer, &link.transcript);
            link.control(&mut shared.io, &LinkFrame::Proof { signature });
            self.establish(shared);
        }
    }

    /// The first frame on the control channel of an attempt that we answered.
    pub(crate) fn on_proof(&mut self, shared: &mut Shared, signature: &[u8; 64]) {
        let Some(link) = &mut self.attempt else { return };
        let Some(remote) = link.remote else { return };
        if link.role == Role::Answerer
            && proof::verify(&remote.peer, Role::Offerer, &link.transcript, signature)
        {
            link.accepted = true;
            self.peer = Some(remote.peer);
            self.establish(shared);
        } else {
            self.refuse_attempt(shared, Code::IdentityMismatch);
        }
    }

    /// Ends the attempt and tells the other side why.
    pub(crate) fn refuse_attempt(&mut self, shared: &mut Shared, code: Code) {
        if let Some(link) = &mut self.attempt {
            let refusal = Setup::Refuse { attempt: link.attempt, code };
            shared.signal(&mut link.via, link.room, self.node, &refusal);
        }
        self.fail_attempt(shared, code);
    }

    /// Ends the attempt; tries again later if that makes sense.
    pub(crate) fn fail_attempt(&mut self, shared: &mut Shared, code: Code) {
        let Some(link) = self.attempt.take() else { return };
        shared.io.link(link.id, LinkAction::Close);
        self.failures = self.failures.saturating_add(1);
        let by_hand = link.via == Some(BY_HAND);
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
        if recovering || self.link.is_some() {
            self.schedule(shared);
        } else if hopeless || answerer || self.failures >= tries {
            self.gone = Some(code);
        } else {
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

/// A connection for an attempt, and the offer that it is making already, if it is.
fn new_link(
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
    (Link::new(&shared.io, id, role, room, local, attempt), offer)
}

/// Our own end of a new attempt; the fingerprint follows with the description.
fn party(shared: &mut Shared) -> Party {
    let nonce = shared.io.random();
    Party { node: shared.node, peer: shared.peer, nonce, fingerprint: [0; 32] }
}

impl Member {
    /// Makes an offer once more that was not answered. Whoever has got it ignores this one.
    pub(crate) fn offer_again(&mut self, shared: &mut Shared) {
        let now = shared.io.now;
        let Some(link) = &mut self.attempt else { return };
        if let Some((_, offer)) = link.again.take_if(|(at, _)| now >= *at) {
            shared.signal(&mut link.via, link.room, self.node, &offer);
        }
    }
}

fn introduce(
    node: NodeId,
    link: &mut Link,
    introduction: &Introduction,
    description: &Description,
) {
    link.remote = Some(Party {
        node,
        peer: introduction.peer,
        nonce: introduction.nonce,
        fingerprint: description.fingerprint,
    });
    link.again = None;
    link.remote_session = introduction.session;
    link.set_frame_bytes(description.message_limit());
}

/// Counts the remote descriptions of one connection.
pub(crate) const fn next_revision(link: &mut Link) -> u32 {
    link.revision += 1;
    link.revision
}
