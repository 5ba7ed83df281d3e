//! One attempt to link: a connection from its offer to the proof.

use alloc::boxed::Box;
use alloc::vec::Vec;

use lacis_wire::description::Description;
use lacis_wire::link::LinkFrame;
use lacis_wire::proof::{self, Party, Role, Terms};
use lacis_wire::relay::{self, RelaySeal};
use lacis_wire::setup::{Introduction, Setup};
use lacis_wire::{AttemptId, Code, NodeId, PROTOCOL, Topic, VersionRange, limits};

use super::Env;
use super::channels::Channels;
use super::link::{Ice, Link, Restart};
use super::negotiation::{Negotiation, Step};
use super::speech::Speech;
use super::turn::Turn;
use crate::cx::Cx;
use crate::ids::{LinkId, RoomId};
use crate::io::Path;
use crate::signaling::Route;
use crate::time::Timestamp;

/// A connection that is being set up.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(super) negotiation: Negotiation,
    pub(super) channels: Channels,
    /// How the offer came that it answers; `None` if it offers itself.
    pub(super) answers: Option<Route>,
    /// The neighbor that handed that offer over, if one did.
    pub(super) handed_by: Option<NodeId>,
    version: u16,
    /// The versions that were offered.
    offered: VersionRange,
    /// The topic of the room with whose keys the offer was sealed.
    topic: Topic,
    local: Party,
    pub(super) remote: Option<Remote>,
    transcript: [u8; 32],
    /// Our proof, if we offered.
    proof: Option<[u8; 64]>,
    pub(super) begun: Timestamp,
    pub(super) deadline: Timestamp,
    /// The offer, until it is answered, and when it is made once more.
    again: Option<(Timestamp, Box<Setup>)>,
    /// The neighbors over one of whom it is offered to go, if it is.
    through: Vec<NodeId>,
    /// Of one over a neighbor: what our key follows from, until what both have in common is known.
    secret: [u8; 32],
}

/// The other end, as it has introduced itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remote {
    pub(super) party: Party,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) attempt: AttemptId,
    pub(crate) introduction: Introduction,
    pub(crate) version: u16,
    pub(crate) description: Description,
    pub(crate) signature: [u8; 64],
}

impl Attempt {
    /// An attempt by a connection, sealed in a room.
    pub(super) fn new(
        env: &mut Env<'_>,
        id: LinkId,
        role: Role,
        room: RoomId,
        attempt: AttemptId,
    ) -> Self {
        let nonce = env.cx.random();
        let me = &env.cx.me;
        let now = env.cx.now;
        let mut negotiation = Negotiation::new(id, attempt, role, room);
        negotiation.room = env.signaling.main(room);
        Self {
            negotiation,
            channels: Channels::new(id),
            answers: None,
            handed_by: None,
            version: PROTOCOL.max,
            offered: PROTOCOL,
            topic: env.signaling.topic(room),
            // The fingerprint follows with the description.
            local: Party { node: me.node, peer: me.peer, nonce, fingerprint: [0; 32], session: 0 },
            remote: None,
            transcript: [0; 32],
            proof: None,
            begun: now,
            deadline: now + limits::ATTEMPT_DEADLINE,
            again: None,
            through: Vec::new(),
            secret: [0; 32],
        }
    }

    pub(crate) const fn id(&self) -> LinkId {
        self.negotiation.id
    }

    pub(crate) const fn role(&self) -> Role {
        self.negotiation.role
    }

    /// The room in which it is set up.
    pub(crate) const fn room(&self) -> RoomId {
        self.negotiation.room
    }

    pub(crate) const fn begun(&self) -> Timestamp {
        self.begun
    }

    pub(crate) const fn handed_by(&self) -> Option<NodeId> {
        self.handed_by
    }

    /// Whether nobody has answered it yet.
    pub(crate) const fn is_open(&self) -> bool {
        self.remote.is_none()
    }

    /// Whether it is an offer of ours that nobody has answered, and that people do not carry.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.role() == Role::Offerer && self.is_open() && !self.is_manual()
    }

    /// Whether it has not taken long yet.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.begun) < limits::ATTEMPT_FRESH
    }

    pub(crate) fn is_manual(&self) -> bool {
        self.negotiation.route == Some(Route::Manual)
    }

    /// Whether it waits for an answer by hand, or has just got it. Chromium then reports a path as
    /// failed that was tried before there was anybody, and finds it.
    pub(super) fn is_offered_by_hand(&self) -> bool {
        self.is_manual() && self.role() == Role::Offerer
    }

    /// Our own description is ready: signed if we answer, and sent. Says whether there was a way.
    pub(super) fn describe(
        &mut self,
        env: &mut Env<'_>,
        node: NodeId,
        session: u64,
        description: &Description,
    ) -> bool {
        (self.local.fingerprint, self.local.session) = (description.fingerprint, session);
        self.channels.limit_frames(description.message_limit());
        let (attempt, description) = (self.negotiation.attempt, description.clone());
        let me = &env.cx.me;
        let (peer, nonce, salt) = (me.peer, self.local.nonce, me.salt);
        let introduction = Introduction { peer, nonce, session, salt };
        let setup = match self.role() {
            Role::Offerer => {
                let newcomer = env.signaling.is_newcomer(self.room()).then_some(true);
                // It may be sealed elsewhere by now than in the room it began in.
                self.topic = env.signaling.topic(self.negotiation.sealed_in);
                Setup::Offer { attempt, introduction, versions: PROTOCOL, description, newcomer }
            }
            Role::Answerer => {
                let Some(remote) = &self.remote else { return true };
                let version = self.version;
                self.transcript =
                    proof::transcript(&self.terms(version), &remote.party, &self.local);
                let signature = proof::sign(&env.cx.me.key, Role::Answerer, &self.transcript);
                Setup::Answer { attempt, introduction, version, description, signature }
            }
        };
        if self.role() == Role::Offerer && !self.is_manual() {
            self.again = Some((env.cx.now + limits::OFFER_AGAIN, Box::new(setup.clone())));
        }
        let sent = self.negotiation.signal(env, node, &setup);
        if sent {
            self.negotiation.send_candidates(env, node);
        }
        sent
    }

    /// Makes an offer once more that was not answered. Whoever has got it ignores this one.
    pub(super) fn offer_again(&mut self, env: &mut Env<'_>, node: NodeId) {
        let now = env.cx.now;
        if let Some((_, offer)) = self.again.take_if(|(at, _)| now >= *at) {
            self.negotiation.offer_again(env, node, &offer);
        }
    }

    /// When the offer is made once more.
    pub(super) fn again_at(&self) -> Option<Timestamp> {
        self.again.as_ref().map(|(at, _)| *at)
    }

    /// An offer came that this attempt answers, in a version that both speak.
    pub(super) fn answer(
        &mut self,
        env: &mut Env<'_>,
        node: NodeId,
        (version, offered): (u16, VersionRange),
        (introduction, description): (&Introduction, &Description),
    ) {
        (self.version, self.offered) = (version, offered);
        self.introduce(node, introduction, description);
        if !self.id().is_relayed() {
            self.negotiation.set_remote(env.cx, Step::Accept, description);
        }
    }

    /// What an offer over one of these neighbors says.
    pub(super) fn offer_over(&mut self, cx: &mut Cx, neighbors: Vec<NodeId>) -> Description {
        self.secret = cx.random();
        self.through.clone_from(&neighbors);
        Description::over(relay::public_key(&self.secret), neighbors)
    }

    /// What the answer to an offer over that neighbor says; `None` if it shows no key.
    pub(super) fn answer_over(&mut self, cx: &mut Cx, by: NodeId) -> Option<Description> {
        let offered = self.remote?.party.fingerprint;
        let (shown, common) = relay::answer(&offered, cx.rng())?;
        self.secret = common;
        Some(Description::over(shown, Vec::from([by])))
    }

    /// Both sides know what they have in common, and what both sign: a neighbor carries the rest.
    pub(super) fn begin_over(&self, env: &mut Env<'_>, node: NodeId, by: NodeId) {
        let seal = RelaySeal::new(&self.secret, &self.transcript, self.role());
        env.pool.relays.begin(self.id(), (node, by), self.negotiation.attempt, seal);
    }

    /// Our offer was answered, and the answer's proof holds.
    pub(super) fn on_answer(
        &mut self,
        env: &mut Env<'_>,
        node: NodeId,
        answer: &Answer,
    ) -> Result<(), Code> {
        if !(PROTOCOL.min..=PROTOCOL.max).contains(&answer.version) {
            return Err(Code::VersionMismatch);
        }
        let Answer { introduction, description, signature, .. } = answer;
        let by = description.through.as_ref().and_then(|through| through.first().copied());
        // It goes over one who was offered, and nobody else learns that the two talk.
        if by.map_or(self.id().is_relayed(), |by| !self.through.contains(&by)) {
            return Err(Code::Protocol);
        }
        // Since it was offered others may have taken all places.
        if by.is_some() && env.pool.relays.is_full() {
            return Err(Code::IceFailed);
        }
        let party = party_of(node, introduction, description);
        let transcript = proof::transcript(&self.terms(answer.version), &self.local, &party);
        if !proof::verify(&introduction.peer, Role::Answerer, &transcript, signature) {
            return Err(Code::FingerprintMismatch);
        }
        self.transcript = transcript;
        self.version = answer.version;
        self.introduce(node, introduction, description);
        let Some(by) = by else {
            self.negotiation.set_remote(env.cx, Step::SetAnswer, description);
            return Ok(());
        };
        self.secret =
            relay::common(&self.secret, &description.fingerprint).ok_or(Code::Protocol)?;
        self.begin_over(env, node, by);
        Ok(())
    }

    /// What both ends sign beside who they are.
    const fn terms(&self, version: u16) -> Terms {
        let (offered, attempt, topic) = (self.offered, self.negotiation.attempt, self.topic);
        Terms { version, offered, attempt, topic }
    }

    /// The browser is at work on an answer: time to sign for what comes next.
    pub(super) fn on_answer_set(&mut self, cx: &Cx) {
        if self.role() == Role::Offerer && self.proof.is_none() && !self.is_open() {
            self.proof = Some(proof::sign(&cx.me.key, Role::Offerer, &self.transcript));
        }
    }

    fn introduce(&mut self, node: NodeId, introduction: &Introduction, description: &Description) {
        let party = party_of(node, introduction, description);
        self.remote = Some(Remote { party });
        self.again = None;
        self.channels.limit_frames(description.message_limit());
    }

    /// Shows our proof as the offerer; says whether there is one.
    pub(super) fn show_proof(&mut self, cx: &mut Cx) -> bool {
        self.on_answer_set(cx);
        if let Some(signature) = self.proof {
            self.channels.control(cx, &LinkFrame::Proof { signature });
        }
        self.proof.is_some()
    }

    /// Whether that is the proof of whoever offered.
    pub(super) fn is_proven_by(&self, signature: &[u8; 64]) -> bool {
        self.role() == Role::Answerer
            && self.remote.is_some_and(|remote| {
                let peer = &remote.party.peer;
                proof::verify(peer, Role::Offerer, &self.transcript, signature)
            })
    }

    /// The attempt has proven itself: it becomes the link. `accepted` says whether the other side
    /// has shown that it accepts us.
    pub(super) fn prove(self, now: Timestamp, accepted: bool) -> Option<Link> {
        let remote = self.remote?;
        let path = self.id().is_relayed().then_some(Path::OVER_PEER);
        Some(Link {
            negotiation: self.negotiation,
            channels: self.channels,
            speech: Speech::new(now),
            turn: Turn::default(),
            remote: remote.party,
            remote_session: remote.party.session,
            transcript: self.transcript,
            ice: Ice::Connected,
            since: now,
            restart: Restart::default(),
            rtt: None,
            path,
            until_path: None,
            heard: now,
            ping: None,
            ping_due: now + limits::FIRST_PING,
            stranger_since: None,
            busy_since: None,
            accepted,
            needed: now,
        })
    }
}

fn party_of(node: NodeId, introduction: &Introduction, description: &Description) -> Party {
    Party {
        node,
        peer: introduction.peer,
        nonce: introduction.nonce,
        fingerprint: description.fingerprint,
        session: introduction.session,
    }
}
