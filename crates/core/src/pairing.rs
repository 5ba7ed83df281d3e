//! Links that people set up by hand: what a server would carry is written as a text.
//!
//! ```text
//! pair(no text) --> text --(carried)--> pair(text) --> answer --(carried)--> complete_pairing
//! ```
//! The offerer does not know who will answer. Until it does, its attempt stands under a random node
//! id, which also is whom the sealed offer goes to.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::description::DtlsRole;
use lacis_wire::pairing::{Handover, PairingText, PairingTextError};
use lacis_wire::proof::Role;
use lacis_wire::setup::Setup;
use lacis_wire::{Code, NodeId, codec, limits, seal};

use crate::attempt::Answer;
use crate::error::PairError;
use crate::io::{Event, RoomId, Ticket};
use crate::link::Link;
use crate::node::Node;
use crate::offers::{Offer, Place};
use crate::remote::{Remote, Standing};
use crate::route::Route;
use crate::shared::Shared;
use crate::time::{Earliest, Timer, Timestamp};

/// One side of a pairing.
#[derive(Debug)]
pub(crate) struct Pairing {
    /// The other side, or what stands for it.
    node: NodeId,
    pub(crate) room: RoomId,
    /// Settles with our text.
    written: Ticket,
    /// Settles with the link.
    linked: Ticket,
    /// Our offer or answer, once it is made.
    setup: Option<Setup>,
    candidates: Vec<String>,
    /// Whether the browser has found all of its candidates.
    gathered: bool,
    /// When the text is written with what there is.
    due: Option<Timestamp>,
    /// Why the other side's offer was not accepted.
    refused: Option<Code>,
}

impl Pairing {
    const fn new(node: NodeId, room: RoomId, [written, linked]: [Ticket; 2]) -> Self {
        Self {
            node,
            room,
            written,
            linked,
            setup: None,
            candidates: Vec::new(),
            gathered: false,
            due: None,
            refused: None,
        }
    }

    /// Takes note of what is to reach the other side.
    fn collect(&mut self, now: Timestamp, setup: &Setup) {
        match setup {
            Setup::Offer { .. } | Setup::Answer { .. } => {
                self.due = Some(now + limits::GATHER_DEADLINE);
                self.setup = Some(waiting(setup.clone()));
            }
            Setup::Candidates { list, .. } => {
                let place = limits::PAIRING_CANDIDATES_MAX - self.candidates.len();
                let useful = list.iter().filter_map(|line| essential(line));
                self.candidates.extend(useful.take(place).map(String::from));
            }
            Setup::Refuse { code, .. } => self.refused = Some(*code),
            Setup::Restart { .. } | Setup::Restarted { .. } | Setup::RestartWanted { .. } => {}
        }
    }
}

/// Until a person has carried the answer, the offerer hears no DTLS. So it is the one to open the
/// handshake: an answerer that did would give up, or pause for up to a minute between its tries.
fn waiting(mut setup: Setup) -> Setup {
    if let Setup::Offer { description, .. } = &mut setup {
        description.dtls_role = DtlsRole::Active;
    }
    setup
}

/// A candidate without what nobody needs, if it is of any use: browsers listen on no TCP port.
fn essential(line: &str) -> Option<&str> {
    let is_udp = line.as_bytes().split(|byte| *byte == b' ').nth(2)?.eq_ignore_ascii_case(b"udp");
    let rest = b" generation ";
    let end = line.as_bytes().windows(rest.len()).position(|part| part == rest);
    line.get(..end.unwrap_or(line.len())).filter(|_| is_udp)
}

impl From<PairingTextError> for PairError {
    fn from(error: PairingTextError) -> Self {
        match error {
            PairingTextError::Damaged => Self::PairingDamaged,
            PairingTextError::Version => Self::PairingVersion,
            _ => Self::PairingUnknown,
        }
    }
}

impl Shared {
    fn pairing(&mut self, node: NodeId) -> Option<&mut Pairing> {
        self.pairings.iter_mut().find(|pairing| pairing.node == node)
    }

    /// Keeps for the text what would go through a server; says whether there is a text to write.
    pub(crate) fn collect(&mut self, to: NodeId, setup: &Setup) -> bool {
        let now = self.io.now;
        self.pairing(to).map(|pairing| pairing.collect(now, setup)).is_some()
    }

    /// The browser has found all candidates for a connection that is set up by hand.
    pub(crate) fn on_gathered(&mut self, node: NodeId) {
        if let Some(pairing) = self.pairing(node) {
            pairing.gathered = true;
        }
    }

    /// Writes the texts that are ready.
    pub(crate) fn write_pairings(&mut self) {
        let now = self.io.now;
        for pairing in &mut self.pairings {
            let is_due = pairing.due.is_some_and(|at| pairing.gathered || now >= at);
            let Some(setup) = pairing.setup.take_if(|_| is_due) else { continue };
            let Some(room) = self.rooms.get(&pairing.room) else { continue };
            pairing.due = None;
            let (node, ticket) = (pairing.node, pairing.written);
            let handover = Handover { setup, candidates: core::mem::take(&mut pairing.candidates) };
            let (plain, nonce) = (codec::encode(&handover), self.io.random());
            let payload = seal::seal(&room.keys, self.node, node, nonce, &plain);
            let text = PairingText { from: self.node, to: node, payload }.to_text();
            if self.tickets.close(ticket) {
                self.io.event(Event::Response { ticket, payload: text.into_bytes() });
            }
        }
    }

    /// Ends a pairing, if there is one with that node.
    pub(crate) fn end_pairing(&mut self, node: NodeId, result: Result<(), Code>) -> bool {
        let place = self.pairings.iter().position(|pairing| pairing.node == node);
        let Some(pairing) = place.map(|at| self.pairings.remove(at)) else { return false };
        self.settle(pairing.written, result.and(Err(Code::Replaced)));
        self.settle(pairing.linked, result);
        true
    }

    pub(crate) fn pairing_deadlines(&self, earliest: &mut Earliest) {
        earliest.see(self.pairings.iter().filter_map(|pairing| pairing.due).min(), Timer::Pairing);
    }

    /// Opens what somebody wrote in that room.
    fn open_pairing(&self, room: RoomId, text: &PairingText) -> Result<Handover, PairError> {
        let keys = self.rooms.get(&room).map(|room| &room.keys).ok_or(PairError::NotInRoom)?;
        let plain = seal::open(keys, text.from, text.to, &text.payload)
            .map_err(|_| PairError::PairingMismatch)?;
        codec::decode(&plain).map_err(|_| PairError::PairingDamaged)
    }
}

impl Remote {
    fn give_time(&mut self, deadline: Timestamp) {
        if let Some(attempt) =
            self.attempts.iter_mut().find(|link| link.route == Some(Route::Manual))
        {
            attempt.deadline = deadline;
        }
    }
}

impl Link {
    /// Whether it waits for an answer by hand, or has just got it. Chromium then reports a path as
    /// failed that was tried before there was anybody, and finds it.
    pub(crate) fn is_offered_by_hand(&self) -> bool {
        self.route == Some(Route::Manual) && self.role == Role::Offerer
    }
}

impl Node {
    /// Sets up a link to somebody who is in the same room, with no server between: `written` is
    /// settled by an [`Event::Response`] with a text that people carry to the other side, `linked`
    /// when there is a link. Without `offer` the text is an offer, whose answer goes to
    /// [`Node::complete_pairing`]; with the offer of the other side it is that answer.
    ///
    /// # Errors
    /// See [`PairError`]; the tickets are not used then.
    pub fn pair(
        &mut self,
        now: Timestamp,
        written: Ticket,
        linked: Ticket,
        room: RoomId,
        offer: Option<&str>,
    ) -> Result<(), PairError> {
        self.set_time(now);
        if self.closing.is_some() {
            return Err(PairError::Closed);
        }
        if !self.shared.rooms.contains_key(&room) {
            return Err(PairError::NotInRoom);
        }
        if !self.make_place() || self.remotes.len() >= limits::REMOTES_MAX {
            return Err(PairError::Busy);
        }
        match offer {
            None => self.offer_by_hand(room, [written, linked]),
            Some(text) => self.answer_by_hand(room, [written, linked], text)?,
        }
        self.shared.write_pairings();
        Ok(())
    }

    fn begin_pairing(&mut self, node: NodeId, room: RoomId, tickets: [Ticket; 2]) {
        self.shared.end_pairing(node, Err(Code::Replaced));
        for ticket in tickets {
            self.shared.tickets.open(ticket);
        }
        self.shared.pairings.push(Pairing::new(node, room, tickets));
        let shared = &mut self.shared;
        self.remotes.entry(node).or_insert_with(|| Remote::new(shared, node));
    }

    fn offer_by_hand(&mut self, room: RoomId, tickets: [Ticket; 2]) {
        let node = NodeId(self.shared.io.random());
        self.begin_pairing(node, room, tickets);
        self.with_remote(node, |remote, shared| {
            remote.offer_in(shared, room, Some(Route::Manual));
            remote.give_time(shared.io.now + limits::PAIRING_DEADLINE);
        });
    }

    fn answer_by_hand(
        &mut self,
        room: RoomId,
        tickets: [Ticket; 2],
        text: &str,
    ) -> Result<(), PairError> {
        let text = PairingText::parse(text)?;
        let node = text.from;
        let Handover { setup, candidates } = self.shared.open_pairing(room, &text)?;
        let Setup::Offer { attempt, introduction, versions, description } = setup else {
            return Err(PairError::PairingMismatch);
        };
        if node == self.shared.node || self.shared.seen.contains(node, attempt) {
            return Err(PairError::PairingMismatch);
        }
        self.begin_pairing(node, room, tickets);
        let offer =
            Offer { room, route: Route::Manual, attempt, introduction, versions, description };
        self.with_remote(node, |remote, shared| {
            remote.on_offer(shared, offer, Place { is_busy: false, is_crowded: false });
            if remote.attempt_named(attempt).is_some() {
                remote.on_candidates(shared, attempt, candidates);
                remote.give_time(shared.io.now + limits::PAIRING_DEADLINE);
            } else {
                let refused = shared.pairing(node).and_then(|pairing| pairing.refused);
                shared.end_pairing(node, Err(refused.unwrap_or(Code::Busy)));
                remote.forget_if_idle();
            }
        });
        Ok(())
    }

    /// Takes the answer to an offer that [`Node::pair`] wrote; `linked` is the ticket that it was
    /// given. A text that does not fit changes nothing: the right one may follow.
    ///
    /// # Errors
    /// See [`PairError`].
    pub fn complete_pairing(
        &mut self,
        now: Timestamp,
        linked: Ticket,
        answer: &str,
    ) -> Result<(), PairError> {
        self.set_time(now);
        let text = PairingText::parse(answer)?;
        let mut pairings = self.shared.pairings.iter();
        let waits = pairings.find(|pairing| pairing.linked == linked);
        let Some(&Pairing { node: stand_in, room, .. }) = waits else {
            return Err(PairError::PairingMismatch);
        };
        if text.to != self.shared.node {
            return Err(PairError::PairingMismatch);
        }
        let Handover { setup, candidates } = self.shared.open_pairing(room, &text)?;
        let Setup::Answer { attempt, introduction, version, description, signature } = setup else {
            return Err(PairError::PairingMismatch);
        };
        let own = |link: &&Link| link.attempt == attempt && link.remote.is_none();
        let remote = self.remotes.get(&stand_in);
        let Some(id) = remote.and_then(|it| it.attempts.iter().find(own)).map(|own| own.id) else {
            return Err(PairError::PairingMismatch);
        };
        if self.remotes.get(&text.from).is_some_and(|remote| remote.link.is_some()) {
            // They have found each other meanwhile.
            self.shared.end_pairing(stand_in, Ok(()));
            self.with_remote(stand_in, |remote, shared| {
                remote.fail_attempt(shared, id, Code::Replaced)
            });
            return Ok(());
        }
        self.name_member(stand_in, text.from, room);
        self.with_remote(text.from, |remote, shared| {
            remote.give_time(shared.io.now + limits::ATTEMPT_DEADLINE);
            remote.tell(shared);
            let answer = Answer { attempt, introduction, version, description, signature };
            remote.on_answer(shared, &answer, Some(Route::Manual));
            remote.on_candidates(shared, attempt, candidates);
        });
        Ok(())
    }

    /// The node that an attempt is with has become known. What waited for it there is given up,
    /// because our offer has named a new sequence of messages.
    fn name_member(&mut self, stand_in: NodeId, node: NodeId, room: RoomId) {
        if let Some(mut former) = self.remotes.remove(&node) {
            former.dissolve(&mut self.shared, Code::Replaced);
        }
        if let Some(mut remote) = self.remotes.remove(&stand_in) {
            remote.node = node;
            remote.rooms.insert(room, Standing::Named);
            self.remotes.insert(node, remote);
        }
        if let Some(pairing) = self.shared.pairing(stand_in) {
            pairing.node = node;
        }
    }

    /// Gives up the pairings that fit.
    pub(crate) fn cancel_pairings(&mut self, fits: impl Fn(&Pairing) -> bool) {
        let pairings = self.shared.pairings.iter().filter(|pairing| fits(pairing));
        for node in pairings.map(|pairing| pairing.node).collect::<Vec<_>>() {
            self.shared.end_pairing(node, Err(Code::Aborted));
            self.with_remote(node, |remote, shared| {
                let by_hand = remote.attempts.iter().find(|link| link.route == Some(Route::Manual));
                if let Some(id) = by_hand.map(|link| link.id) {
                    remote.fail_attempt(shared, id, Code::Aborted);
                }
            });
        }
    }

    pub(crate) fn cancel_pairing(&mut self, ticket: Ticket) {
        self.cancel_pairings(|pairing| pairing.written == ticket || pairing.linked == ticket);
    }
}
